"""The simulated AI platform behind real HTTP: streams, dropped connections, control addresses, files, restarts."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.aigc_simulator import AiPlatform
from local.settings import ROOT
from local.simulating.server import SimulatorServer
from tests.unit.local.aigc_caller import Caller, fragments, system_text, user_text, verdict_of
from tests.unit.local.served import served

QUICK = ("--first-text-ms", "0", "--piece-ms", "0")
SAFETY_S = 60.0  # ends a test that hangs; no assertion depends on it
serving = partial(served, AiPlatform, *QUICK)


@pytest.fixture(autouse=True)
def _no_caller_is_answered_with_an_error_of_the_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.name.startswith(("aiohttp", "asyncio"))] == []


def until(condition: Callable[[], bool]) -> None:
    """Waits for another thread; a test that hangs here has failed."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.005)


def faults(server: SimulatorServer[AiPlatform], **given: Any) -> None:
    httpx.put(f"{server.url}/_simulator/faults", json=given, trust_env=False).raise_for_status()


def ask_parts(caller: Caller) -> list[tuple[str, Any]]:
    fields = {"access_token": caller.token, "prompt": system_text("须附证明材料"), "question": user_text()}
    return [(name, (None, value)) for name, value in fields.items()]


def test_a_stream_goes_out_piece_by_piece() -> None:
    with (
        serving("--piece-ms", "20") as server,
        Caller(server.url) as caller,
        caller.http.stream("POST", "/api/v1/talk_stream", files=ask_parts(caller)) as response,
    ):
        pieces = response.iter_raw()
        first = next(pieces)
        still_running = server.simulator.streaming
        rest = list(pieces)

    assert still_running == 1
    assert len(rest) > 5
    text, events = fragments((first + b"".join(rest)).decode())
    assert verdict_of(text)["verdict"] == "approve"
    assert events == ["end"]
    assert response.headers["x-simulator"] == "aigc"


def test_streams_go_out_side_by_side_while_other_calls_are_answered() -> None:
    with serving("--first-text-ms", "60000") as server, Caller(server.url) as caller:
        with (
            caller.http.stream("POST", "/api/v1/talk_stream", files=ask_parts(caller)),
            caller.http.stream("POST", "/api/v1/talk_stream", files=ask_parts(caller)),
        ):
            models = caller.http.get("/api/v1/models", params={"access_token": caller.token})
            state = caller.http.get("/_simulator/state").json()
        until(lambda: server.simulator.streaming == 0)

        assert models.json()["code"] == 0
        assert (state["streaming"], state["most_streaming"]) == (2, 2)
        assert server.simulator.counts()["talk_stream"] == {"unheard": 2}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("cut", httpx.RemoteProtocolError),
        ("reset", httpx.ReadError),
        ("reset_after", httpx.RemoteProtocolError),
        ("stall", httpx.ReadTimeout),
        ("timeout_before", httpx.ReadTimeout),
    ],
)
def test_a_dropped_stream_is_really_dropped(kind: str, error: type[Exception]) -> None:
    with serving() as server, Caller(server.url) as caller:
        faults(server, fail_next=[kind])
        patience = 0.2 if error is httpx.ReadTimeout else SAFETY_S

        with pytest.raises((error, httpx.ReadError) if kind == "cut" else error):
            caller.http.post("/api/v1/talk_stream", files=ask_parts(caller), timeout=patience)

        until(lambda: server.simulator.streaming == 0)
        assert caller.ask("talk_stream").status_code == 200


def test_a_server_that_stops_cuts_its_streams_off() -> None:
    with (
        serving("--piece-ms", "60000") as server,
        Caller(server.url) as caller,
        caller.http.stream("POST", "/api/v1/talk_stream", files=ask_parts(caller)) as response,
    ):
        pieces = response.iter_raw()
        next(pieces)

        threading.Thread(target=server.stop).start()

        with pytest.raises(httpx.TransportError):
            list(pieces)


def test_control_addresses_show_and_set_and_refuse() -> None:
    with serving() as server, Caller(server.url) as caller:
        caller.upload()
        faults(server, fail_next=["http_503"], matching="请柬")
        state = caller.http.get("/_simulator/state").json()
        refused = [
            caller.http.put("/_simulator/faults", json={"fail_next": ["no_such"]}),
            caller.http.put("/_simulator/faults", json={"mathcing": "x"}),
        ]
        answers = [caller.ask().status_code, caller.ask().status_code]
        caller.http.post("/_simulator/expire_files").raise_for_status()
        files = caller.http.get("/_simulator/state").json()["files"]
        calls = caller.http.get("/_simulator/calls", params={"since": 1}).json()

    assert [file["name"] for file in state["files"]] == ["附件1.pdf"]
    assert [answer.status_code for answer in refused] == [400, 400]
    assert answers == [503, 200]
    assert files == []
    assert [call["operation"] for call in calls["calls"]] == ["upload", "talk", "talk"]
    assert "请柬" in calls["calls"][-1]["asked"]["question"]


def test_sample_attachments_are_served_and_nothing_else(tmp_path: Path) -> None:
    # given
    folder = tmp_path / "attachments"
    folder.mkdir()
    (folder / "发票.pdf").write_bytes(b"%PDF-1.7")
    (folder / ".hidden").write_text("x")
    (tmp_path / "secret").write_text("x")

    # when
    with serving("--attachments", str(folder)) as server:
        there = httpx.get(f"{server.url}/files/发票.pdf", trust_env=False)
        others = [
            httpx.get(f"{server.url}/files/{name}", trust_env=False).status_code
            for name in ("no.pdf", ".hidden", "%2e%2e/secret", "..%2fsecret", "")
        ]
        calls = len(server.simulator.calls)

    # then
    assert (there.content, there.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert set(others) == {404}
    assert calls == 0


def test_a_restarted_simulator_has_lost_nothing(tmp_path: Path) -> None:
    # given
    state = tmp_path / "aigc.json"
    with serving(state=state) as server, Caller(server.url) as caller:
        file_id = caller.upload().json()["data"]["file_id"]

    # when
    with serving(state=state) as server, Caller(server.url) as again:
        again.token = caller.token
        answer = again.ask(file_ids=f'["{file_id}"]')

    # then
    assert answer.json()["code"] == 0
    assert state.stat().st_mode & 0o777 == 0o600


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.aigc_simulator", *QUICK, "--state-file", str(tmp_path / "aigc.json")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().removeprefix("Aigc simulator: ").strip()
        with Caller(url) as caller:
            answer = caller.ask()
        program.send_signal(signal.SIGTERM)

    assert answer.json()["code"] == 0
    assert program.returncode == 0
    assert (tmp_path / "aigc.json").exists()
