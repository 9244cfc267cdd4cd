"""The simulator behind real HTTP on the loopback: connections, control endpoints, state over a restart."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.jinzhi_simulator import Faults, Snapshot, TaskCenter, casp
from local.simulating.command_line import build, parse_arguments
from local.simulating.keeping import read_snapshot, write_snapshot
from tests.unit.local.jinzhi_samples import sample_insert, sample_update
from tests.unit.local.served import served

ROOT = Path(__file__).parents[3]
SAFETY_S = 60.0  # ends a test that hangs; no assertion depends on it
serving = partial(served, TaskCenter)
CREDENTIALS = {"appId": "taskbridge", "appSecret": "simulated-secret"}


@pytest.fixture(autouse=True)
def _no_caller_is_answered_with_an_error_of_the_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.name.startswith(("aiohttp", "asyncio"))] == []


@contextmanager
def calling(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=SAFETY_S, trust_env=False, verify=False) as client:
        token = client.get(casp.TOKEN_PATH, headers=CREDENTIALS).json()["data"]
        client.headers.update({"appId": "taskbridge", "accessToken": token})
        yield client


def insert(client: httpx.Client, task_id: str = "task-1", **changed: Any) -> httpx.Response:
    return client.post(casp.TASK_PATH, json={"insertModel": [sample_insert(task_id, **changed)]})


def test_todos_are_pushed_looked_at_and_counted() -> None:
    with serving() as server, calling(server.url) as client:
        assert insert(client).json()["errcode"] == "0"
        client.post(casp.TASK_PATH, json={"updateModel": {"taskModels": [sample_update("task-9")]}})

        state = client.get("/_simulator/state").json()
        calls = client.get("/_simulator/calls", params={"since": 1}).json()

    assert [(task["task_id"], task["processors"]) for task in state["tasks"]] == [("task-1", ["10001"])]
    assert state["counts"]["update_task"] == {"refused": 1}
    assert (state["requests"], state["calls"], state["violations"]) == (3, 3, [])
    assert [call["operation"] for call in calls["calls"]] == ["insert_task", "update_task"]
    assert (calls["last"], calls["total"]) == (3, 3)


def test_control_endpoints_refuse_what_they_do_not_know() -> None:
    with serving() as server, calling(server.url) as client:
        answers = [
            client.get("/_simulator/nothing"),
            client.delete("/_simulator/faults"),
            client.put("/_simulator/faults", json={"failure_rate": 2}),
            client.put("/_simulator/faults", json={"failurerate": 1}),
            client.get("/_simulator/calls?since=x"),
        ]
        health = client.get("/_simulator/health")

    assert [answer.status_code for answer in answers] == [404, 405, 400, 400, 400]
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert {answer.headers["X-Simulator"] for answer in (*answers, health)} == {"jinzhi"}


def test_faults_are_set_and_reset_over_http() -> None:
    with serving() as server, calling(server.url) as client:
        client.put("/_simulator/faults", json={"fail_next": ["http_503"], "latency_ms": 1}).raise_for_status()
        assert client.get("/_simulator/faults").json()["fail_next"] == ["http_503"]
        assert insert(client).status_code == 503
        assert insert(client).json()["errcode"] == "0"
        client.post("/_simulator/expire_tokens")
        assert insert(client).json()["errcode"] == "993"
        client.post("/_simulator/reset")
        assert client.get("/_simulator/state").json()["tasks"] == []


@pytest.mark.parametrize(
    ("kind", "error", "acted"),
    [
        ("reset", httpx.ReadError, False),
        ("reset_after", httpx.RemoteProtocolError, True),
        ("timeout_before", httpx.ReadTimeout, False),
        ("timeout_after", httpx.ReadTimeout, True),
        ("down", httpx.ReadError, False),
    ],
)
def test_dropped_call_is_really_dropped(kind: str, error: type[Exception], acted: bool) -> None:
    with serving() as server, calling(server.url) as client:
        client.put("/_simulator/faults", json={"fail_next": [kind]})
        patience = 0.1 if error is httpx.ReadTimeout else SAFETY_S

        with pytest.raises(error):
            client.post(casp.TASK_PATH, json={"insertModel": [sample_insert()]}, timeout=patience)

        until(lambda: len(server.simulator.calls) == 2)
        assert len(client.get("/_simulator/state").json()["tasks"]) == acted


def test_a_call_that_hangs_ends_when_hanging_is_over() -> None:
    with serving() as server, calling(server.url) as client, ThreadPoolExecutor(1) as caller:
        # given
        client.put("/_simulator/faults", json={"fail_next": ["timeout_before"], "hang_s": 10 * SAFETY_S})
        call = caller.submit(lambda: insert(client))
        until(lambda: len(server.simulator.calls) == 2)

        # when
        client.put("/_simulator/faults", json={"hang_s": 0})

        # then
        with pytest.raises(httpx.RemoteProtocolError):
            call.result()
        assert insert(client, "task-2").status_code == 200


def test_caller_that_hangs_up_during_the_latency_is_not_counted_as_told() -> None:
    with serving() as server, calling(server.url) as client:
        client.put("/_simulator/faults", json={"latency_ms": 60_000})

        with pytest.raises(httpx.ReadTimeout):
            client.post(casp.TASK_PATH, json={"insertModel": [sample_insert()]}, timeout=0.05)
        until(lambda: len(server.simulator.calls) == 2)
        client.put("/_simulator/faults", json={})
        insert(client)

        calls = client.get("/_simulator/calls?since=1").json()["calls"]
        assert [call["verdict"] for call in calls] == ["unheard", "acknowledged"]
        assert client.get("/_simulator/state").json()["violations"] == []


def test_fifty_callers_at_once_each_get_their_answer() -> None:
    with serving() as server, calling(server.url) as client:
        server.simulator.faults = Faults(latency_ms=50)
        limits = httpx.Limits(max_connections=50)
        many = httpx.Client(
            base_url=server.url, headers=client.headers, limits=limits, timeout=SAFETY_S, trust_env=False, verify=False
        )
        with many, ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda number: insert(many, f"task-{number}").json(), range(50)))

        assert {answer["errcode"] for answer in answers} == {"0"}
        assert len(server.simulator.tasks) == 50


def test_malformed_http_is_refused_without_harm() -> None:
    def exchange(url: str, request: bytes) -> bytes:
        host, port = url.removeprefix("http://").split(":")
        with closing(socket.create_connection((host, int(port)), timeout=SAFETY_S)) as connection:
            connection.sendall(request)
            return connection.recv(4096)

    with serving() as server:
        head = f"POST {casp.TASK_PATH} HTTP/1.1\r\nHost: a\r\n".encode()
        assert b" 400 " in exchange(server.url, head + b"Content-Length: x\r\n\r\n")
        assert b" 411 " in exchange(server.url, head + b"Transfer-Encoding: chunked\r\n\r\n")
        assert b" 413 " in exchange(server.url, head + b"Content-Length: 10000001\r\n\r\n")
        assert b"x-simulator: jinzhi" in exchange(server.url, b"nonsense / HTTP/1.1\r\n\r\n").lower()
        assert b" 405 " in exchange(server.url, f"HEAD {casp.TASK_PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode())


def test_page_shows_todos_by_person_and_escapes_what_came_from_outside() -> None:
    with serving() as server, calling(server.url) as client:
        attack = "<script>alert(1)</script>"
        link = [{"type": "PC", "url": 'https://a/"onmouseover="alert(1)'}]
        insert(client, subject=attack, nodeName=attack, urls=link)

        page = client.get("/")
        client.get("/favicon.ico")
        assert server.simulator.requests == 2

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "待办" in page.text
    assert "10001" in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script" not in page.text
    assert 'https://a/"' not in page.text


def test_state_survives_a_restart(tmp_path: Path) -> None:
    state_file = tmp_path / "state" / "jinzhi.json"
    with serving(state=state_file) as server, calling(server.url) as client:
        insert(client, "task-1")
        insert(client, "task-2")
        client.post(casp.DELETE_TASK_PATH, json={"taskId": "task-2"})
        token = client.headers["accessToken"]
        before = client.get("/_simulator/state").json()

    with (
        serving(state=state_file) as server,
        httpx.Client(base_url=server.url, trust_env=False, verify=False) as client,
    ):
        assert client.get("/_simulator/state").json() == before
        client.headers.update({"appId": "taskbridge", "accessToken": token})
        assert insert(client, "task-2").json()["errcode"] == "41001"
    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    assert len(read_snapshot(state_file, Snapshot).violations) == 1


def test_unreadable_state_file_is_not_overwritten(tmp_path: Path) -> None:
    state_file = tmp_path / "jinzhi.json"
    state_file.write_text('{"tasks": 1}')

    with pytest.raises(ValueError, match=r"jinzhi\.json"):
        build(TaskCenter, parse_arguments(TaskCenter, ["--state-file", str(state_file)]))


def test_changes_are_saved_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.simulating.server.SAVE_INTERVAL_S", 0.01)
    state_file = tmp_path / "jinzhi.json"

    with serving(state=state_file) as server, calling(server.url) as client:
        insert(client)
        until(lambda: [task.task_id for task in read_snapshot(state_file, Snapshot).tasks] == ["task-1"])


def test_save_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_file = tmp_path / "jinzhi.json"
    left = [OSError("the disk is full"), OSError("the disk is full")]

    def write(path: Path, snapshot: Snapshot) -> None:
        if left:
            raise left.pop()
        write_snapshot(path, snapshot)

    monkeypatch.setattr("local.simulating.server.SAVE_INTERVAL_S", 0.01)
    monkeypatch.setattr("local.simulating.server.write_snapshot", write)

    with serving(state=state_file) as server, calling(server.url) as client:
        insert(client)
        until(lambda: [task.task_id for task in read_snapshot(state_file, Snapshot).tasks] == ["task-1"])


def test_process_started_by_command_saves_on_sigterm(tmp_path: Path) -> None:
    state_file = tmp_path / "jinzhi.json"
    command = [sys.executable, "-m", "local.jinzhi_simulator", "--state-file", str(state_file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with calling(url) as client:
            insert(client)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0

    assert [task.task_id for task in read_snapshot(state_file, Snapshot).tasks] == ["task-1"]


def test_stopped_server_drops_those_who_still_hold_a_connection() -> None:
    with serving() as server, calling(server.url) as client:
        server.stop()

        with pytest.raises(httpx.TransportError):
            insert(client)

        assert not server.simulator.tasks


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)
