"""AI approval through the whole stack: from the event to the verdict, and what later events do to it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.stack.harness import PATIENCE_S, RunningStack
from tests.stack.tables import SeatRow

RULE = "1. 报销金额不超过 5000 元。\n2. 电子发票价税合计等于报销金额。"
OTHER_RULE = "1. 报销金额不超过 1000 元。"


class Claim:
    """An expense claim of an application of its own, whose node has a rule that is asked automatically."""

    def __init__(self, stack: RunningStack, rule: str = RULE) -> None:
        self.stack = stack
        self.name = uuid.uuid4().hex[:8]
        self.task_id = f"T-{self.name}"
        self.sequence = 0
        stack.wait_until_settled(self.publish(rule))

    def publish(self, rule: str) -> str:
        """The node is published; returns the event's id."""
        node = {
            "node_id": "accounting",
            "node_name": "财务初审",
            "aiExamineRule": rule,
            "aiExamineFileKey": ["invoice"],
            "aiExamineAuto": True,
        }
        return self.tell("node_published", tasks=None, node=node)

    def receive(self, *uids: str, amount: str = "1286.50") -> str:
        """The task comes to these people, with a form and a PDF."""
        invoice = {
            "name": "发票.pdf",
            "url": self.stack.attachment("invoice-1286.pdf"),
            "mime": "application/pdf",
            "size": 30_000,
        }
        form = {
            "fields": [
                {"key": "number", "label": "单号", "type": "serial", "value": self.name},
                {"key": "amount", "label": "报销金额", "type": "money", "value": {"amount": amount}},
                {"key": "invoice", "label": "电子发票", "type": "file", "value": [invoice]},
            ]
        }
        return self.tell("task_received", self.task("init", uids or ("a-1",), form=form))

    def task(self, status: str, uids: tuple[str, ...], **more: Any) -> dict[str, Any]:
        assignees = [{"uid": uid, "number": uid, "name": uid} for uid in uids]
        node = {"node_id": "accounting", "node_name": "财务初审"}
        return {"task_id": self.task_id, "status": status, "assignees": assignees, **node, **more}

    def tell(self, action: str, *tasks: dict[str, Any], session: str = "running", **more: Any) -> str:
        """Put an event of this claim on the bus; returns its id."""
        self.sequence += 1
        event: dict[str, Any] = {
            "version": "1",
            "id": f"ev-{self.name}-{self.sequence}",
            "event": f"action.{action}.t1",
            "sequence": self.sequence,
            "occurred_at": "2026-11-22T09:00:00+08:00",
            "app": {"app_id": f"expense-{self.name}", "name": "费用报销"},
            **{name: value for name, value in more.items() if value is not None},
        }
        if action != "node_published":
            initiator = {"uid": "u-1", "number": "2024010117", "name": "周雨桐"}
            event |= {"session": {"sess_id": f"P-{self.name}", "status": session, "initiator": initiator}}
            event |= {"tasks": list(tasks)}
        self.stack.put_events(event)
        return str(event["id"])

    def seats(self, *uids: str) -> list[SeatRow]:
        return self.stack.seats(*((uid, self.task_id) for uid in uids))

    def wait(self, uid: str, until: Callable[[SeatRow], bool]) -> SeatRow:
        """Look at a seat until it is as it has to be."""
        rows = self.stack.wait_for_seats(
            (uid, self.task_id), until=lambda rows: len(rows) == 1 and bool(rows) and until(rows[0])
        )
        return rows[0]

    def questions(self) -> int:
        """How often the platform was asked about this claim, whose number stands in the form."""
        return sum(self.name in json.dumps(call, ensure_ascii=False) for call in self.stack.questions())

    def analysed(self, uid: str = "a-1") -> SeatRow:
        return self.wait(uid, lambda row: row.status == "done")


@pytest.fixture
def claim(stack: RunningStack) -> Claim:
    stack.ai.set_faults({})
    return Claim(stack)


def test_a_form_and_a_pdf_lead_to_a_finished_analysis(claim: Claim) -> None:
    claim.receive()

    row = claim.analysed()

    assert row.verdict == "approve"
    assert row.text
    assert claim.questions() == 1


def test_a_changed_approver_takes_the_result_and_asks_for_nothing_that_was_answered(claim: Claim) -> None:
    claim.receive("a-1")
    claim.analysed("a-1")

    claim.tell("approver_changed", claim.task("init", ("a-2",)))

    assert claim.analysed("a-2").verdict == "approve"
    assert claim.seats("a-1") == []
    assert claim.questions() == 1, "the same material by the same rule has its answer"


@pytest.mark.parametrize(
    ("action", "session", "decision"),
    [
        ("task_completed", "running", "approved"),
        ("task_aborted", "running", ""),
        ("instance_terminated", "aborted", ""),
        ("instance_completed", "completed", ""),
    ],
)
def test_what_ends_the_task_leaves_the_verdict_beside_the_decision(
    claim: Claim, action: str, session: str, decision: str
) -> None:
    claim.receive()
    claim.analysed()

    status = "completed" if decision else "aborted"
    claim.tell(action, claim.task(status, ("a-1",), **({"decision": decision} if decision else {})), session=session)

    row = claim.wait("a-1", lambda row: row.status == "processed")
    assert (row.verdict, row.decision) == ("approve", decision)


def test_a_deleted_instance_leaves_nothing(claim: Claim) -> None:
    claim.receive()
    claim.analysed()

    event_id = claim.tell("instance_deleted", session="aborted", backup={"task_ids": [claim.task_id]})

    claim.stack.wait_until_settled(event_id)
    assert claim.seats("a-1") == []


def test_a_changed_rule_takes_the_result(claim: Claim) -> None:
    claim.receive()
    claim.analysed()

    claim.publish(OTHER_RULE)

    row = claim.wait("a-1", lambda row: row.status == "")
    assert row.verdict == ""


def test_an_unchanged_rule_takes_nothing(claim: Claim) -> None:
    claim.receive()
    claim.analysed()

    claim.stack.wait_until_settled(claim.publish(RULE))

    assert claim.analysed().verdict == "approve"
    assert claim.questions() == 1


# What overtakes the analysis


@pytest.fixture
def slow(claim: Claim) -> Claim:
    """The platform takes its time, and is being asked."""
    claim.stack.ai.set_faults({"latency_ms": 3000, "operations": ["talk_stream"]})
    claim.receive("a-1")
    claim.wait("a-1", lambda row: row.status == "running")
    return claim


def test_a_decision_that_overtakes_the_analysis_stands_alone(slow: Claim) -> None:
    slow.tell("task_completed", slow.task("completed", ("a-1",), decision="rejected"))
    slow.wait("a-1", lambda row: row.status == "processed")
    slow.stack.wait_until_settled()

    row = slow.wait("a-1", lambda row: row.status == "processed")
    assert (row.verdict, row.decision) == ("", "rejected"), "the late answer is in the audit log only"


def test_an_approver_who_changes_meanwhile_has_no_result(slow: Claim) -> None:
    slow.tell("approver_changed", slow.task("init", ("a-2",)))
    assert slow.analysed("a-2").verdict == "approve"
    slow.stack.wait_until_settled()
    assert slow.seats("a-1") == []
    assert slow.questions() == 1


def test_a_rule_that_changes_meanwhile_leaves_no_result(slow: Claim) -> None:
    slow.publish(OTHER_RULE)
    slow.stack.wait_until_settled()
    slow.wait("a-1", lambda row: row.status == "")


def test_an_instance_that_is_deleted_meanwhile_leaves_nothing(slow: Claim) -> None:
    event_id = slow.tell("instance_deleted", session="aborted", backup={"task_ids": [slow.task_id]})
    slow.stack.wait_until_settled(event_id)
    slow.stack.wait_until_settled()
    assert slow.seats("a-1") == []


# Once


def test_unchanged_attachments_are_uploaded_once(claim: Claim) -> None:
    claim.receive("a-1")
    claim.analysed("a-1")
    uploads = [call for call in claim.stack.ai.calls() if call["operation"] == "upload"]

    claim.receive("a-1", amount="1286.51")
    claim.wait("a-1", lambda row: row.status == "done" and claim.questions() == 2)

    assert [call for call in claim.stack.ai.calls() if call["operation"] == "upload"] == uploads


def test_many_assignees_with_one_rule_are_one_question(claim: Claim) -> None:
    people = tuple(f"a-{number}" for number in range(20))
    claim.receive(*people)

    claim.stack.wait_for_seats(
        *((uid, claim.task_id) for uid in people),
        until=lambda rows: len(rows) == len(people) and all(row.status == "done" for row in rows),
    )

    assert claim.questions() == 1


def test_a_state_change_waits_for_no_model_call(claim: Claim) -> None:
    """As many calls as may be hang for longer than the test lasts; the change is stored while they do."""
    hangs = {"failure_rate": 1.0, "kinds": ["timeout_before"], "operations": ["talk_stream"], "hang_s": PATIENCE_S}
    claim.stack.ai.set_faults(hangs)
    hanging = [Claim(claim.stack) for _ in range(4)]
    for number, each in enumerate(hanging):
        each.receive("a-1", amount=f"{number + 1}.00")
    keys = [("a-1", each.task_id) for each in hanging]
    claim.stack.wait_for_seats(*keys, until=lambda rows: [row.status for row in rows] == ["running"] * 4)

    claim.receive("a-9")
    claim.tell("task_completed", claim.task("completed", ("a-9",), decision="approved"))

    claim.wait("a-9", lambda row: row.decision == "approved")
    assert [row.status for row in claim.stack.seats(*keys)] == ["running"] * 4
    claim.stack.ai.set_faults({"hang_s": 0})  # else the next analysis waits until these calls are given up
    for each in hanging:
        each.tell("instance_deleted", session="aborted", backup={"task_ids": [each.task_id]})
