"""Random histories through the whole stack: shuffled, doubled, with a failing task center and killed workers."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from local.emulator import emulator_pid
from tests.simulation.histories import History, expected_state, random_history
from tests.stack.harness import RunningStack

FAULTS = {
    "failure_rate": 0.2,
    "kinds": [
        *("http_500", "http_503", "reset", "html", "expired_token", "timeout_before"),
        *("http_500_after", "reset_after", "html_after", "timeout_after"),
    ],
    "hang_s": 0.5,
}
SETTLED = {"succeeded", "superseded", "skipped"}
KILLS = 3
INVOCATION_S = 30.0  # at most so long a worker knows an answer that it has not written down


def test_instances_end_as_the_highest_sequences_imply(stack: RunningStack, request: pytest.FixtureRequest) -> None:
    histories = _histories(seed=7, count=request.config.getoption("--instances"), first=0)
    stack.simulator.set_faults(FAULTS)

    rows = _deliver(stack, histories, lambda: None)

    assert {row.status for row in rows} <= SETTLED
    _check_state(stack, histories)
    _check_calls(stack, histories, killed_at=[])


def test_a_killed_worker_changes_nothing_about_the_end(stack: RunningStack) -> None:
    histories = _histories(seed=11, count=60, first=1000)
    stack.simulator.set_faults({"latency_ms": 50})
    killed_at: list[float] = []

    rows = _deliver(stack, histories, lambda: _kill_in_the_middle(stack, killed_at))

    assert len(killed_at) == KILLS
    assert {row.status for row in rows} <= SETTLED
    _check_state(stack, histories)
    _check_calls(stack, histories, killed_at)


def _histories(*, seed: int, count: int, first: int) -> list[History]:
    rng = random.Random(seed)
    return [random_history(rng, first + number) for number in range(count)]


def _deliver(stack: RunningStack, histories: Iterable[History], meanwhile: Callable[[], None]) -> list[Any]:
    """Put every event on the bus, shuffled, a fifth of them twice; wait until all are accounted for."""
    rng = random.Random(3)
    events = [event for history in histories for event in history.events]
    events += rng.sample(events, len(events) // 5)
    rng.shuffle(events)
    stack.put_events(*events)
    meanwhile()
    rows = stack.wait_until_settled(*dict.fromkeys(event["id"] for event in events))
    stack.simulator.set_faults({})
    return rows


def _kill_in_the_middle(stack: RunningStack, killed_at: list[float]) -> None:
    """Kill the push worker while the task center is being called, again and again."""
    while len(killed_at) < KILLS:
        seen = len(stack.simulator.calls())
        while len(stack.simulator.calls(seen)) < 30:
            time.sleep(0.01)
        for pid in _push_workers(stack):
            os.kill(pid, signal.SIGKILL)
            killed_at.append(time.time())


def _push_workers(stack: RunningStack) -> list[int]:
    """Processes of the push function: children of the emulator, told by the folder they run in."""
    parent = emulator_pid(stack.settings)
    name = stack.outputs["PushTaskFunctionName"]
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent(entry) == parent and name in _command(entry)
    ]


def _parent(process: Path) -> int:
    try:
        return int(process.joinpath("stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(process: Path) -> str:
    try:
        return process.joinpath("cmdline").read_text()
    except OSError:
        return ""


def _check_state(stack: RunningStack, histories: Iterable[History]) -> None:
    state = stack.simulator.state()
    tasks = {task["task_id"]: task for task in state["tasks"]}
    instances = {instance["sess_id"]: instance["status"] for instance in state["instances"]}
    for history in histories:
        expected = expected_state(history)
        found = {
            name: (task["status"], tuple(task["processors"]), task["node_name"])
            for name, task in tasks.items()
            if task["sess_id"] == history.sess_id
        }
        assert found == expected.tasks
        assert instances.get(history.sess_id) == expected.instance


def _check_calls(stack: RunningStack, histories: Iterable[History], killed_at: list[float]) -> None:
    """No stale request, no second insert but of what was answered to a worker that died, nothing after a deletion."""
    mine = {history.sess_id for history in histories}
    newest: dict[str, int] = {}
    inserted: Counter[str] = Counter()
    for call in stack.simulator.calls():
        if call["sess_id"] not in mine or call["operation"] not in ("insert_task", "update_task"):
            continue
        task_id, age = call["task_id"], int(call["node_name"].partition("@")[2])
        assert age >= newest.get(task_id, -1), f"{task_id}: sent @{age} after @{newest[task_id]}"
        if call["verdict"] == "acknowledged":
            newest[task_id] = age
            forgotten = any(0 <= killed - call["at"] < INVOCATION_S for killed in killed_at)
            inserted[task_id] += call["operation"] == "insert_task" and not forgotten
    assert set(inserted.values()) <= {0, 1}
    violations = [v for v in stack.simulator.state()["violations"] if v["sess_id"] in mine]
    assert [v for v in violations if not (killed_at and v["kind"] == "second_insert")] == []
