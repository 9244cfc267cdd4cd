"""What must hold when a simulated world has come to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from local.jinzhi_simulator.records import ViolationKind
from tests.simulation.histories import History, expected_state
from tests.simulation.world import PLATFORM, Findings, World

SETTLED = {"succeeded", "superseded", "skipped"}


def check_world(world: World, histories: Iterable[History]) -> list[str]:
    """Every promise, held against the task center, its ledger and the logs."""
    histories = list(histories)
    findings = Findings()
    for history in histories:
        _check_state(world, history, findings)
        _check_accounted(world, history, findings)
    _check_ages(world, findings)
    forgotten = {item["taskId"] for sent in world.sent if sent.forgotten for item in sent.body.get("insertModel") or []}
    for violation in world.center.violations:
        excused = violation.kind is ViolationKind.SECOND_INSERT and violation.task_id in forgotten
        findings.expect(excused, f"violation: {violation}")
    findings.expect(not world.dead, f"{len(world.dead)} dead letters")
    return findings.problems


def _check_state(world: World, history: History, findings: Findings) -> None:
    """The task center shows what the highest sequences imply."""
    expected = expected_state(history)
    found = {
        task.task_id: (task.status, task.processors, task.node_name)
        for task in world.center.tasks.values()
        if task.sess_id == history.sess_id
    }
    findings.expect(found == expected.tasks, f"{history.sess_id}: expected {expected.tasks}, the center has {found}")
    instance = world.center.instances.get(history.sess_id)
    status = instance.status if instance else None
    findings.expect(
        status == expected.instance,
        f"{history.sess_id}: expected instance {expected.instance}, the center has {status}",
    )


def _check_accounted(world: World, history: History, findings: Findings) -> None:
    """Every event has a log that is settled."""
    for event in history.events:
        log = world.logs.items.get((event["id"], PLATFORM))
        known = event["id"] in world.unrouted or (log is not None and log.status in SETTLED)
        findings.expect(known, f"{event['id']}: not accounted for: {log.status if log else 'no log'}")
        named = {task["task_id"] for task in event["tasks"]}
        if log is not None:
            findings.expect(named <= set(log.entries), f"{event['id']}: no entry for {named - set(log.entries)}")


def _check_ages(world: World, findings: Findings) -> None:
    """No request is older than one that was acknowledged before it; nothing is inserted twice."""
    newest: dict[str, int] = {}
    inserted: Counter[str] = Counter()
    for sent in world.sent:
        inserts = sent.body.get("insertModel") or []
        for item in inserts + (sent.body.get("updateModel") or {}).get("taskModels", []):
            task_id, age = item["taskId"], int(item["nodeName"].split("@")[1])
            findings.expect(age >= newest.get(task_id, -1), f"{task_id}: sent @{age} after @{newest.get(task_id)}")
            if sent.acknowledged:
                newest[task_id] = max(age, newest.get(task_id, -1))
        for item in inserts:
            findings.expect(not inserted[item["taskId"]], f"{item['taskId']}: inserted again")
            inserted[item["taskId"]] += sent.acknowledged and not sent.forgotten
