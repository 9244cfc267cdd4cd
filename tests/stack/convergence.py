"""Histories through a whole stack, and what has to have become of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from tests.simulation.histories import History, expected_state
from tests.stack.harness import RunningStack

SETTLED = {"succeeded", "superseded", "skipped"}
INVOCATION_S = 30.0  # at most so long a worker knows an answer that it has not written down


def deliver(stack: RunningStack, histories: Iterable[History], meanwhile: Callable[[], None]) -> list[Any]:
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


def check_state(stack: RunningStack, histories: Iterable[History]) -> None:
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


def check_calls(stack: RunningStack, histories: Iterable[History], killed_at: list[float]) -> None:
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


def second_inserts(stack: RunningStack, histories: Iterable[History], first_call: int) -> int:
    """How many todos were inserted again, as the first answer was lost with whoever heard it."""
    mine = {history.sess_id for history in histories}
    inserted = Counter(
        call["task_id"]
        for call in stack.simulator.calls(first_call)
        if call["sess_id"] in mine and call["operation"] == "insert_task" and call["verdict"] == "acknowledged"
    )
    return sum(count - 1 for count in inserted.values())
