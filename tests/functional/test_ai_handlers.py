"""The functions of AI approval from their handlers to what is outside: queues, tables, parameters, AI platform."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.aigc_simulator import Faults
from taskbridge.ai.jobs import NOBODY, AiJob, AiJobStatus, DryRun
from taskbridge.ai.messages import JobMessage, RuleChanged, encode_ai_message
from taskbridge.ai.rules import Check, DefaultRule
from taskbridge.ai.seats import AnalysisStatus
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_rules import RuleTable
from tests.builders import event, task
from tests.functional.ai_deployment import AiDeployment

FORM = {"fields": [{"key": "reason", "label": "事由", "type": "text", "value": "出差"}]}
NODE = {"node_id": "node-2", "node_name": "院系审批", "aiExamineRule": "须有事由", "aiExamineAuto": True}
UID = "u-2"


@pytest.fixture
def deployed(ministack: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[AiDeployment]:
    made = AiDeployment(ministack, clients, monkeypatch)
    yield made
    made.close()


def published(sequence: int = 1, **changes: Any) -> dict[str, Any]:
    return event("node_published", sequence, session=None, node={**NODE, **changes}, id=f"pub{sequence}")


def received(sequence: int = 1, task_id: str = "T1", **changes: Any) -> dict[str, Any]:
    given = task(task_id, node_kind="approve", form=FORM)
    return event("task_received", sequence, sess_id=f"S-{task_id}", tasks=[given], **changes)


def ended(sequence: int, action: str = "task_completed", task_id: str = "T1") -> dict[str, Any]:
    given = task(task_id, node_kind="approve", status="completed", form=FORM)
    return event(action, sequence, sess_id=f"S-{task_id}", tasks=[given])


def test_a_task_is_tracked_and_analysed_with_one_token_for_the_fleet(deployed: AiDeployment) -> None:
    assert deployed.track(published(), received()) == []
    assert deployed.analyse() == []

    seat = deployed.seat(UID, "T1")
    assert seat.analysis is not None
    assert (seat.analysis.status, bool(seat.analysis.verdict)) == (AnalysisStatus.DONE, True)
    # and another process takes the token from the parameter store
    deployed.forget()
    deployed.track(received(task_id="T2"))
    assert deployed.analyse() == []
    assert deployed.ai.tokens_issued == 1


def test_a_changed_rule_removes_what_the_one_before_answered(deployed: AiDeployment) -> None:
    # given
    deployed.track(published(), received())
    deployed.analyse()

    # when
    deployed.track(published(2, aiExamineRule="须有事由。金额不超过 5000 元。"))
    deployed.track(RuleChanged("leave", "node-2"))

    # then
    assert deployed.seat(UID, "T1").analysis is None


def test_a_job_keeps_its_message_until_each_of_its_tasks_is_tried(deployed: AiDeployment) -> None:
    # given
    deployed.track(published(), received(), received(task_id="T2"))
    deployed.track(ended(2), ended(2, task_id="T2"))
    job = AiJob(
        id="j1",
        uid=UID,
        app_id="leave",
        node_id="node-2",
        wanted=DryRun(rule="须有事由"),
        task_ids=("T1", "T2"),
        created_at=datetime.now(UTC).isoformat(),
    )
    deployed.jobs().add(job, time.time())
    message = JobMessage(UID, "j1")

    # then: one task a turn, and nothing else in the queue
    assert deployed.analyse(message) == [encode_ai_message(message)]
    assert deployed.analyse(message) == []
    found = deployed.job(UID, "j1")
    assert (found.status, [bool(trial.verdict_now) for trial in found.trials]) == (AiJobStatus.DONE, [True, True])
    # and a message that comes once more finds nothing to do
    assert deployed.analyse(message) == []
    assert deployed.job(UID, "j1") == found


def test_a_night_asks_about_finished_tasks_with_a_fact_changed(deployed: AiDeployment) -> None:
    # given: a node whose clause is computed, and a task that was decided there
    amount = {"fields": [{"key": "amount", "label": "金额", "type": "number", "value": 4800}]}
    limit = Check("金额不超过 5000 元", "amount <= 5000", confirmed=True, covers=True)
    rules = RuleTable(deployed.clients["dynamodb"], deployed.tables.AiRuleTable, deployed.tables.AiRuleVersionTable)
    rules.save_default(DefaultRule(app_id="leave", node_id="node-2", rule=limit.clause, checks=(limit,)), 0)
    for number, (action, status) in enumerate([("task_received", "init"), ("task_completed", "completed")], start=1):
        given = task("T1", node_kind="approve", status=status, form=amount)
        deployed.track(event(action, number, sess_id="S-T1", tasks=[given]))
    deployed.set_ai(nightly_flips=20)

    # when
    deployed.begin_night()
    while deployed.analyse():
        pass

    # then
    (job,) = deployed.jobs().list_nights()
    message = JobMessage(NOBODY, job.id)
    while deployed.analyse(message):
        pass
    (job,) = deployed.jobs().list_nights()
    assert (job.status, job.seats()) == (AiJobStatus.DONE, [])
    assert [answer.kind for answer in job.flips] == ["", "number", "harmless"]


def test_an_ai_platform_that_does_not_answer_leaves_the_message(deployed: AiDeployment) -> None:
    deployed.track(published(), received())
    deployed.ai.faults = Faults(down=True)

    (staying,) = deployed.analyse()

    assert "T1" in staying
    assert deployed.seat(UID, "T1").analysis is not None


@pytest.mark.parametrize(("keeps", "answered"), [("true", True), ("false", False)])
def test_the_texts_of_a_deleted_instance_stay_on_the_audit_log_only_where_that_is_asked_for(
    deployed: AiDeployment, keeps: str, answered: bool
) -> None:
    deployed.setting("KEEP_AUDIT_TEXTS", keeps)
    deployed.track(published(), received())
    deployed.analyse()

    deployed.track(ended(2, "instance_deleted"))

    entries = AuditTable(deployed.clients["dynamodb"], deployed.tables.AiAuditTable).for_task("T1").items
    assert entries
    assert [bool(entry.question and entry.answer) for entry in entries] == [answered] * len(entries)
