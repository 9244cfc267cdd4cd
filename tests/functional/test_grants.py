"""Calls that are seldom made, so that each grant of template.yaml has one: see calls.json."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import push_task.app
from admin_api import erasure, health
from admin_api.ids import encode_id
from admin_api.push import events
from admin_api.wiring import QUEUES
from local.jinzhi_simulator import Faults
from taskbridge.ai.jobs import AiJob, DryRun
from taskbridge.ai.messages import AnalyseMessage, RuleChanged
from taskbridge.push.messages import EventMessage, encode_message
from taskbridge.tables import parts
from taskbridge.tables.ai_rules import RuleTable
from taskbridge.tables.ai_tasks import TaskTable
from tests.api import build_client, build_services
from tests.builders import event, message, on_bus, task, user
from tests.functional.ai_deployment import AiDeployment
from tests.functional.aws import Tables
from tests.functional.deployment import context
from tests.functional.test_ai_handlers import UID, ended, published, received
from tests.functional.test_handlers import due
from tests.unit.push_task.worker import CALLS


@pytest.fixture
def deployed(ministack: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[AiDeployment]:
    made = AiDeployment(ministack, clients, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def tiny_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items that hold little: what is larger goes into parts."""
    monkeypatch.setattr(parts, "PART_BYTES", 100)


def test_the_push_function_keeps_what_is_large_in_parts(deployed: AiDeployment, tiny_items: None) -> None:
    for each in (event(), event("task_completed", 2)):
        deployed.route(each)
        assert deployed.push() == []

    assert deployed.center.tasks["T1"].status == "COMPLETE"


def test_the_reconciler_keeps_what_is_large_in_parts(deployed: AiDeployment, tiny_items: None) -> None:
    due(deployed)

    deployed.reconcile()

    assert deployed.push() == []
    assert set(deployed.center.tasks) == {"T1"}


def test_the_api_shows_logs_that_are_large(deployed: AiDeployment, tiny_items: None) -> None:
    deployed.route(event())
    deployed.push()
    services = build_services(deployed.clients["dynamodb"], deployed.tables)

    shown = build_client(services, events.router).get(f"/v1/events/{encode_id('S1-e1')}").json

    assert [each["status"] for each in shown["targets"]] == ["succeeded"]


def test_the_tracking_function_keeps_large_logs_in_parts(deployed: AiDeployment, tiny_items: None) -> None:
    assert deployed.track(published(), received()) == []
    assert deployed.track(received()) == []


def test_the_router_keeps_a_large_rejected_event_whole_and_tells_ai_approval(deployed: AiDeployment) -> None:
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(250_000))

    assert deployed.route(on_bus(event(id="bad", sequence=-1, note=noise)), received()) == []

    assert len(deployed.unrouted("bad").body) > 400_000
    answer = deployed.clients["sqs"].receive_message(QueueUrl=deployed.ai_queue_url)
    assert len(answer["Messages"]) == 1


def test_a_task_of_many_people_is_tracked_in_pieces(deployed: AiDeployment) -> None:
    people = [user(f"u-{number}", f"2026{number:03}") for number in range(60)]
    given = task(node_kind="approve", assignees=people)

    assert deployed.track(event(tasks=[given])) == []

    answer = deployed.clients["sqs"].receive_message(QueueUrl=deployed.ai_queue_url)
    assert answer["Messages"]


def test_an_analysis_that_somebody_else_began_meanwhile_is_looked_at_again(
    deployed: AiDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, refused = TaskTable.begin, [False]
    monkeypatch.setattr(TaskTable, "begin", lambda *given: refused.pop() if refused else begin(*given))

    assert deployed.track(published(), received()) == []

    assert not refused
    assert deployed.seat(UID, "T1").analysis is not None


def test_a_persons_changed_rule_clears_what_waits_for_that_person(deployed: AiDeployment) -> None:
    deployed.track(published(), received())

    assert deployed.track(RuleChanged("leave", "node-2", UID)) == []


def test_an_analysis_whose_rule_changed_while_it_waited_is_asked_anew(deployed: AiDeployment) -> None:
    # given
    deployed.track(published(), received())
    rules = RuleTable(deployed.clients["dynamodb"], deployed.tables.AiRuleTable, deployed.tables.AiRuleVersionTable)
    stands = rules.default("leave", "node-2")
    assert stands is not None
    rules.save_default(msgspec.structs.replace(stands, rule="须有事由和日期"), stands.version)

    # then: the first turn asks for the other analysis, the second makes it
    before = deployed.seat(UID, "T1").analysis
    deployed.analyse()
    deployed.analyse()
    after = deployed.seat(UID, "T1").analysis
    assert before is not None
    assert after is not None
    assert (after.id != before.id, bool(after.verdict)) == (True, True)


def test_the_form_of_a_deleted_task_goes(deployed: AiDeployment) -> None:
    deployed.track(published(), received())
    deployed.analyse()

    assert deployed.track(ended(2, "instance_deleted")) == []


def test_what_a_deleted_instance_may_have_left_is_deleted_again(deployed: AiDeployment) -> None:
    # given: an analysis whose first worker died, and whose instance was deleted then
    deployed.track(published(), received())
    analysis = deployed.seat(UID, "T1").analysis
    assert analysis is not None
    deployed.track(ended(2, "instance_deleted"))

    # when
    assert deployed.analyse(AnalyseMessage(UID, "T1", analysis.id), receives=2) == []

    # then
    assert deployed.clients["sqs"].receive_message(QueueUrl=deployed.ai_queue_url)["Messages"]


def test_health_looks_at_every_table_and_queue(clients: dict[str, Any], tables: Tables) -> None:
    queues = {}
    for name in QUEUES:
        suffix = ".fifo" if name.startswith("push") else ""
        attributes = {"FifoQueue": "true"} if suffix else {}
        made = clients["sqs"].create_queue(QueueName=f"0a1b2c3d-{name}{suffix}", Attributes=attributes)
        queues[name] = made["QueueUrl"]
    services = build_services(clients["dynamodb"], tables, sqs=clients["sqs"], queues=queues)

    report = build_client(services, health.router).as_("", "").get("/v1/health").json

    assert report["status"] == "ok"


def test_the_router_tells_an_event_of_another_that_has_its_id(deployed: AiDeployment) -> None:
    for action in ("coffee_made", "tea_made"):
        assert deployed.route(event(action, id="odd")) == []

    assert deployed.unrouted("odd").status == "skipped"


def test_the_push_function_writes_a_log_again_and_tells_it_of_a_clash(deployed: AiDeployment) -> None:
    def push(told: EventMessage) -> list[Any]:
        record = {"messageId": "m", "receiptHandle": "r", "body": encode_message(told)}
        answer = push_task.app.handler({"Records": [{**record, "attributes": {}}]}, context())
        return list(answer["batchItemFailures"])

    # given: a first try that fails, and another instance that used the same event id
    deployed.center.faults = Faults(fail_next=("http_503",), operations=CALLS)
    assert push(message()) != []

    # then
    assert push(message()) == []
    assert push(msgspec.structs.replace(message(sess_id="S2", tasks=["T2"]), event_id="S1-e1")) == []
    assert set(deployed.center.tasks) == {"T1", "T2"}


def test_the_tracking_function_tells_a_log_of_a_clash(deployed: AiDeployment) -> None:
    assert deployed.track(received(), received(task_id="T2", id="S-T1-e1")) == []


def test_a_person_is_erased_from_large_documents_and_from_jobs(deployed: AiDeployment, tiny_items: None) -> None:
    # given
    deployed.track(published(), received())
    wanted = DryRun(rule="须有事由")
    job = AiJob(id="j1", uid=UID, app_id="leave", node_id="node-2", wanted=wanted, task_ids=("T1",), created_at="")
    deployed.jobs().add(job, time.time())
    services = build_services(deployed.clients["dynamodb"], deployed.tables)

    # when
    answer = build_client(services, erasure.router).delete(f"/v1/people/{UID}").json

    # then
    assert (answer["finished"], answer["erased"]["documents"], answer["erased"]["jobs"]) == (True, 1, 1)
