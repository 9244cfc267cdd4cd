"""What `up`, `down`, `run` and `status` promise."""

from __future__ import annotations

import io
import json
import os
import pty
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from local.aigc_simulator.model import AiPlatform
from local.aigc_simulator.records import Settings as AigcSettings
from local.emulator import emulator_pid, emulator_service
from local.errors import StackError
from local.jinzhi_simulator import Settings, TaskCenter
from local.processes import stop
from local.settings import ROOT, StackSettings
from local.simulating.server import SimulatorServer
from local.simulators import aigc_simulator, jinzhi_simulator
from local.stack import down, read_outputs_file, status, up
from local.steps import Steps
from tests.stack.harness import new_settings, running, task_received


def quiet(_text: str) -> None:
    """Nobody reads along."""


def unheard() -> Steps:
    """Steps that nobody reads along."""
    return Steps(io.StringIO())


@contextmanager
def foreign_program(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program that has nothing to do with the stack."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *arguments]) as program:
        try:
            yield program
        finally:
            program.kill()


@contextmanager
def foreign_task_center(settings: StackSettings) -> Iterator[tuple[str, TaskCenter]]:
    """A task center that runs elsewhere: in this process."""
    account = settings.account
    center = TaskCenter(
        time.time,
        random.Random(1),
        Settings(app_id=account.app_id, app_secret=account.app_secret, scene_code=account.scene_code),
    )
    server = SimulatorServer(("127.0.0.1", 0), center, None)
    server.start()
    try:
        yield server.url, center
    finally:
        server.stop()


def processes_of(settings: StackSettings) -> tuple[int | None, ...]:
    """The process ids of the emulator and of the simulators."""
    return (emulator_pid(settings), jinzhi_simulator(settings).pid, aigc_simulator(settings).pid)


def command(name: str) -> list[str]:
    """The command line of a command."""
    return [sys.executable, "-m", "local", name]


def environment(settings: StackSettings) -> dict[str, str]:
    """The environment that makes these settings."""
    return {**os.environ, "STATE_DIR": str(settings.state_dir), "AWS_PORT": str(settings.aws_port)}


def read_until(terminal: int, text: bytes) -> bytes:
    """What a terminal shows, until it shows `text` or the program has ended."""
    shown = b""
    while text not in shown:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    return shown


def test_up_writes_outputs_for_everybody(own_settings: StackSettings) -> None:
    # when
    up(own_settings, unheard())

    # then
    outputs = json.loads(own_settings.outputs_file.read_text(encoding="utf-8"))
    assert outputs["endpoint_url"] == own_settings.endpoint_url
    assert {"EventBusName", "IngestQueueUrl", "PushQueueUrl", "PushDeadLetterQueueUrl"} <= set(outputs)
    assert {"ConfigurationTableName", "InstanceTableName", "PushLogTableName", "EventTableName"} <= set(outputs)
    assert {"AiQueueUrl", "AnalysisQueueUrl", "AiTaskTableName", "AiAnswerTableName"} <= set(outputs)
    assert outputs["region"]
    assert set(outputs["tokens"]) == {"admin", "ops", "approver-1", "approver-2"}


def test_up_again_changes_nothing(own_settings: StackSettings) -> None:
    # given
    first = up(own_settings, unheard())
    processes = processes_of(own_settings)
    said = io.StringIO()

    # when
    again = up(own_settings, Steps(said))

    # then
    assert {**again, "tokens": {}} == {**first, "tokens": {}}
    assert again["tokens"].keys() == first["tokens"].keys()  # good for another day
    assert processes_of(own_settings) == processes
    assert said.getvalue() == ""


def test_status_tells_what_runs(own_settings: StackSettings) -> None:
    # given
    up(own_settings, unheard())

    # then
    rows = status(own_settings)
    assert rows["AWS emulator"].startswith("running")
    assert rows["JinZhi simulator"].startswith("running")
    assert rows["Aigc simulator"].startswith("running")
    assert rows["AWS endpoint"] == own_settings.endpoint_url


def test_a_stopped_stack_has_lost_nothing_when_it_is_started_again_and_goes_on(own_settings: StackSettings) -> None:
    # given: a todo that is there, and events that are anywhere between the bus and the task center
    settled, later = task_received(), task_received()
    under_way = [task_received() for _ in range(30)]
    with running(own_settings) as stack:
        stack.put_events(settled)
        assert stack.status_of(settled["id"]) == "succeeded"
        stack.put_events(*under_way)

    # when
    down(own_settings, quiet)
    stopped = processes_of(own_settings)

    # then
    assert stopped == (None, None, None)
    with running(own_settings) as stack:
        stack.put_events(later)
        rows = stack.wait_until_settled(*(event["id"] for event in (settled, *under_way, later)))
        assert {row.status for row in rows} == {"succeeded"}
        assert {event["tasks"][0]["task_id"] for event in (settled, *under_way, later)} <= set(stack.todos())
        assert stack.simulator.state()["violations"] == []
        mappings = stack.aws.functions.list_event_source_mappings()["EventSourceMappings"]
        assert {mapping["State"] for mapping in mappings} == {"Enabled"}
        rules = stack.aws.events.list_rules()["Rules"]
        assert {"ENABLED"} == {rule["State"] for rule in rules if "ScheduleExpression" in rule}


def test_a_crashed_stack_starts_again_over_its_stale_pid_files(own_settings: StackSettings) -> None:
    # given: a saved stack whose processes were killed, and whose numbers other programs have now
    up(own_settings, unheard())
    down(own_settings, quiet)
    up(own_settings, unheard())
    for pid in processes_of(own_settings):
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    event = task_received()

    with foreign_program() as other:
        emulator_service(own_settings).pid_file.write_text(str(other.pid))

        # when
        with running(own_settings) as stack:
            stack.put_events(event)

            # then
            assert stack.status_of(event["id"]) == "succeeded"
        assert other.poll() is None


def test_jinzhi_host_replaces_the_simulator(own_settings: StackSettings) -> None:
    # given
    up(own_settings, unheard())
    event = task_received()
    with foreign_task_center(own_settings) as (url, center):
        elsewhere = replace(own_settings, jinzhi_host=url)

        # when
        outputs = up(elsewhere, unheard())
        with_foreign = jinzhi_simulator(own_settings).pid
        with running(own_settings) as stack:
            # the platform has moved back to the bundled simulator
            stack.put_events(event)
            stack.wait_until_settled(event["id"])
            todos = stack.todos()

    # then
    assert outputs["task_center_url"] == url
    assert outputs["simulator_url"] == ""
    assert with_foreign is None
    assert event["tasks"][0]["task_id"] in todos
    assert center.tasks == {}


def test_aigc_host_replaces_the_simulator(own_settings: StackSettings) -> None:
    # given
    account = own_settings.ai_account
    platform = AiPlatform(
        time.time,
        random.Random(1),
        AigcSettings(app_id=account.app_id, app_secret=account.app_secret, first_text_ms=0, piece_ms=0),
    )
    server = SimulatorServer(("127.0.0.1", 0), platform)
    server.start()
    try:
        # when
        outputs = up(replace(own_settings, aigc_host=server.url), unheard())
        bundled = aigc_simulator(own_settings).pid
    finally:
        server.stop()
    back = up(own_settings, unheard())

    # then
    assert (outputs["ai_platform_url"], outputs["ai_simulator_url"]) == (server.url, "")
    assert bundled is None
    assert back["ai_platform_url"] == back["ai_simulator_url"] != ""


def test_run_plays_the_samples_and_ends_by_itself_where_that_is_asked(own_settings: StackSettings) -> None:
    # when
    done = subprocess.run(
        [*command("run"), "--once"],
        env=environment(own_settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    # then
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The samples ended as they should" in done.stdout
    assert "T-LEAVE-1-A" in done.stdout
    assert "AI: AT-LEAVE-1 for approver-1: approve 【模拟器】" in done.stdout
    assert "The AI said something of" in done.stdout
    assert processes_of(own_settings) == (None, None, None)


def test_run_on_a_terminal_stays_up_until_interrupted(own_settings: StackSettings) -> None:
    # given
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        command("run"), env=environment(own_settings), cwd=ROOT, stdout=its_end, stderr=its_end, start_new_session=True
    ) as program:
        os.close(its_end)
        shown = read_until(terminal, b"Ctrl-C stops it")
        was_up = emulator_pid(own_settings) is not None

        # when
        program.send_signal(signal.SIGINT)
        shown += read_until(terminal, b"AI platform simulator stopped")
        os.close(terminal)

    # then
    assert was_up, shown.decode(errors="replace")
    link, others = b"/console/sign-in?login_hint=admin", (b"Task center", b"HTTP API", b"Logs")
    assert 0 < shown.index(link) < min(shown.rindex(each) for each in others), "the console stands first"
    assert program.returncode == 0
    assert processes_of(own_settings) == (None, None, None)


def test_a_stack_that_is_up_cannot_be_started_on_a_second_port(own_settings: StackSettings) -> None:
    # given
    up(own_settings, unheard())
    moved = new_settings(own_settings.state_dir)

    # then
    with pytest.raises(StackError, match=f"running on port {own_settings.aws_port}"):
        up(moved, unheard())
    assert emulator_pid(own_settings) is not None


def test_a_stopped_stack_moves_to_another_port_with_all_that_it_holds(own_settings: StackSettings) -> None:
    # given
    event = task_received()
    with running(own_settings) as stack:
        stack.put_events(event)
        stack.wait_until_settled(event["id"])
    down(own_settings, quiet)
    moved, later = new_settings(own_settings.state_dir), task_received()

    # when
    with running(moved) as stack:
        stack.put_events(later)
        rows = stack.wait_until_settled(event["id"], later["id"])
        todos = stack.todos()
    down(moved, quiet)

    # then
    assert moved.aws_port != own_settings.aws_port
    assert [row.status for row in rows] == ["succeeded", "succeeded"]
    assert {each["tasks"][0]["task_id"] for each in (event, later)} <= set(todos)


def test_a_taken_port_is_named_with_its_variable(tmp_path: Path) -> None:
    # given
    settings = new_settings(tmp_path)
    taken = socket.create_server(("127.0.0.1", settings.aws_port))

    # then
    with taken, pytest.raises(StackError, match=f"Port {settings.aws_port} .* AWS_PORT="):
        up(settings, unheard())


def test_stop_leaves_a_program_alone_that_has_an_old_process_number(tmp_path: Path) -> None:
    # given
    service = emulator_service(new_settings(tmp_path))
    with foreign_program(service.mark) as other:
        service.pid_file.write_text(str(other.pid))

        # when
        stopped = stop(service, timeout_s=1)

        # then
        assert not stopped
        assert other.poll() is None
        assert not service.pid_file.exists()


def test_down_without_a_stack_does_nothing(tmp_path: Path) -> None:
    settings = new_settings(tmp_path / "never")

    down(settings, quiet)

    assert not settings.state_dir.exists()
    with pytest.raises(StackError, match="make up"):
        read_outputs_file(settings)
