"""The functions from their handlers to what is outside: queue, tables, parameters, task center, output."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import push_task.app
from local.jinzhi_simulator import Answer, Faults
from push_task.leave import OUT_OF_TIME
from taskbridge.access import token_cache
from taskbridge.access.tokens_ssm import SsmTokenStore
from taskbridge.access.tokens_valkey import ValkeyTokenStore
from taskbridge.errors import ConfigurationError
from taskbridge.push.messages import encode_message, parse_message
from taskbridge.push.trigger_rules import TriggerRule
from taskbridge.tables.instances import StoredInstance
from taskbridge.tables.push_log_pages import LogPage
from tests.builders import PLATFORM, as_json, event, instance_after, message, on_bus, session, sync, task, user
from tests.functional.deployment import SECRET, Deployment, Output, context
from tests.unit.push_task.worker import CALLS

SUBJECT = "张三的请假申请"
PERSONAL = (SUBJECT, "张三", "李四", "Zhang San", "机密-7391")


@pytest.fixture
def deployed(ministack: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    made = Deployment(ministack, clients, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Callable[[], Output]:
    """Reads what was written since it was read last."""
    return lambda: Output(capsys.readouterr().out)


# From the bus to the task center


def test_an_event_goes_all_the_way(deployed: Deployment) -> None:
    assert deployed.route(event(), event(sess_id="S2", tasks=["T2"])) == []
    assert deployed.push() == []

    assert {each.subject for each in deployed.center.tasks.values()} == {SUBJECT}
    assert set(deployed.center.tasks) == {"T1", "T2"}
    log = deployed.log("S1-e1")
    assert (log.status, log.received_at) == ("succeeded", "2026-11-22T01:30:05.000+00:00")
    assert deployed.receive() == []


def test_the_queue_holds_one_message_for_each_event_and_platform_without_forms(deployed: Deployment) -> None:
    deployed.save_platform("jz-2")
    form = {"fields": [{"key": "k", "label": "事由", "type": "text", "value": "机密-7391"}]}

    deployed.route(event(tasks=[task(form=form)]))

    bodies = [each["Body"] for each in deployed.receive()]
    assert {parse_message(body).platform_id for body in bodies} == {"jz", "jz-2"}
    assert "7391" not in "".join(bodies)


def test_the_same_event_twice_is_one_message(deployed: Deployment) -> None:
    deployed.route(event())
    deployed.route(event())

    assert len(deployed.receive()) == 1


def test_what_goes_nowhere_is_kept_with_the_reason(deployed: Deployment) -> None:
    rejected = on_bus(event(id="bad", sequence=-1))

    assert deployed.route(event("coffee_made", id="odd"), rejected) == []

    assert deployed.receive() == []
    assert (deployed.unrouted("odd").status, deployed.unrouted("odd").reason) == (
        "skipped",
        "unknown action coffee_made",
    )
    assert (deployed.unrouted("bad").status, deployed.unrouted("bad").body) == ("rejected", rejected)


def test_a_rule_sends_only_what_it_names(deployed: Deployment) -> None:
    rule = TriggerRule("r1", "规则", actions=("task_completed",), targets=("push:jz",))
    deployed.configurator.save_rule(rule)

    deployed.route(event(sequence=1), event("task_completed", 2))

    (only,) = [parse_message(each["Body"]) for each in deployed.receive()]
    assert only == message("task_completed", 2)
    assert deployed.unrouted("S1-e1").status == "skipped"


def test_events_stay_in_the_ingest_queue_while_the_push_queue_does_not_take_them(deployed: Deployment) -> None:
    deployed.setting("PUSH_QUEUE_URL", deployed.queue_url.replace("push", "gone"))

    assert deployed.route(event(), event("coffee_made", id="odd"), event(sequence=2)) == ["m0", "m2"]

    assert deployed.unrouted("odd").status == "skipped"


def test_a_call_that_failed_keeps_its_message_invisible_for_a_while(deployed: Deployment) -> None:
    deployed.center.faults = Faults(fail_next=("http_503",), operations=CALLS)
    deployed.route(event(), event(sess_id="S2", tasks=["T2"]))

    (staying,) = deployed.push()

    assert deployed.receive() == []  # hidden
    assert deployed.log(parse_message(staying).event_id).status == "retrying"  # type: ignore[union-attr]


def test_a_message_that_cannot_be_read_stays_for_the_dead_letter_queue(deployed: Deployment) -> None:
    sqs = {"QueueUrl": deployed.queue_url, "MessageGroupId": "g"}
    deployed.clients["sqs"].send_message(**sqs, MessageBody="not json", MessageDeduplicationId="1")

    assert deployed.push() == ["not json"]


def test_without_time_nothing_is_called_and_nothing_is_lost(deployed: Deployment) -> None:
    record = {"messageId": "m", "receiptHandle": "r", "body": encode_message(message()), "attributes": {}}

    answer = push_task.app.handler({"Records": [record]}, context(seconds=4))

    assert answer == {"batchItemFailures": []}  # waiting costs no receive
    assert deployed.log("S1-e1").entries["T1"].reason == OUT_OF_TIME
    assert list(deployed.center.calls) == []


def test_a_token_is_shared_by_processes_through_the_parameter_store(deployed: Deployment) -> None:
    deployed.route(event())
    deployed.push()
    deployed.forget()
    deployed.route(event("task_completed", 2))
    deployed.push()

    assert deployed.center.tasks["T1"].status == "COMPLETE"
    assert deployed.center.tokens_issued == 1
    found = deployed.clients["ssm"].get_parameters_by_path(Path=f"{deployed.prefix}/tokens", WithDecryption=False)
    assert [parameter["Type"] for parameter in found["Parameters"]] == ["SecureString"]


# The clock


def due(deployed: Deployment, sess_id: str = "S1", due_at: float = 1.0) -> None:
    document = instance_after(message(sess_id=sess_id))
    document.due_at = due_at
    assert deployed.instances().save([StoredInstance(document)]) == set()


def test_the_reconciler_wakes_what_is_due_and_the_push_function_sends_it(deployed: Deployment) -> None:
    due(deployed)

    deployed.reconcile()
    deployed.push()

    assert set(deployed.center.tasks) == {"T1"}
    assert deployed.instances().due(PLATFORM, time.time() + 9999, 10) == []


def test_the_reconciler_finds_what_a_dead_worker_left(deployed: Deployment) -> None:
    now = time.time()
    deployed.coordination().move_cursor(f"pages#{PLATFORM}", now - 3000)
    page = LogPage(PLATFORM, now - 2000, "p1", ("S1-e1",), ("S1",))
    deployed.instances().save([StoredInstance(instance_after(message()))], page)

    deployed.reconcile()
    deployed.reconcile()
    deployed.push()

    assert set(deployed.center.tasks) == {"T1"}


# What they tell about themselves


def test_the_router_counts_what_goes_nowhere(deployed: Deployment, output: Callable[[], Output]) -> None:
    deployed.route(event(), event("coffee_made", id="odd"), event(id="bad", sequence=-1), b"not json")

    told = output()
    assert told.metrics() == {"EventSkipped": [1.0], "EventRejected": [2.0]}
    rejected = told.said("rejected")[0]
    assert (rejected["event_id"], rejected["function_request_id"]) == ("bad", "r-1")
    assert "sequence: expected `int`" in rejected["reason"]


def test_the_router_counts_what_no_rule_sends_anywhere_apart_from_what_is_meant_for_nobody(
    deployed: Deployment, output: Callable[[], Output]
) -> None:
    deployed.configurator.save_rule(TriggerRule("r", "规则", app_ids=("travel",), targets=("push:*",)))
    deployed.route(event())
    assert output().metrics() == {"EventSkipped": [1.0], "EventLeftOut": [1.0]}


def test_an_event_that_goes_its_way_costs_the_router_no_log_line_unless_asked(
    deployed: Deployment, output: Callable[[], Output]
) -> None:
    deployed.route(event(sequence=1))
    assert output().lines == []

    deployed.setting("POWERTOOLS_LOG_LEVEL", "DEBUG")
    deployed.route(event(sequence=2))

    (routed,) = output().said("routed")
    assert (routed["event_id"], routed["sess_id"], routed["targets"]) == ("S1-e2", "S1", ["jz"])


def test_each_item_of_an_event_is_a_log_line_with_its_ids_and_the_cause(
    deployed: Deployment, output: Callable[[], Output]
) -> None:
    deployed.center.faults = Faults(fail_next=("errcode:40077",) * 2, operations=CALLS)  # also with a new token
    deployed.route(event())
    deployed.push()

    (failed,) = output().said("failed")
    said = {name: failed[name] for name in ("event_id", "sess_id", "platform", "item", "operation", "errcode")}
    assert list(said.values()) == ["S1-e1", "S1", "jz", "T1", "insert_task", "40077"]
    assert failed["attempts"] == 1
    assert failed["reason"]


def test_the_push_function_counts_and_times_its_calls(deployed: Deployment, output: Callable[[], Output]) -> None:
    deployed.route(event(sequence=1), event("task_completed", 2), event(sess_id="S2", tasks=["T2"]))
    deployed.push()

    metrics = output().metrics()

    assert sum(metrics["TaskPushed"]) == 2
    assert metrics["TokenRefreshed"] == [1.0]
    assert metrics["EventSuperseded"] == [1.0]
    assert len(metrics["PushLatency"]) == 2
    assert set(metrics) == {"TaskPushed", "TokenRefreshed", "EventSuperseded", "PushLatency", "TimeToPush"}


def test_the_push_function_counts_what_failed_and_what_is_tried_again(
    deployed: Deployment, output: Callable[[], Output]
) -> None:
    deployed.center.faults = Faults(fail_next=("errcode:40077",) * 2, operations=CALLS)
    deployed.route(event())
    deployed.push()
    deployed.center.faults = Faults(fail_next=("http_503",), operations=CALLS)
    deployed.route(event(sess_id="S2", tasks=["T2"]))
    deployed.push()

    metrics = output().metrics()

    assert (metrics["TaskFailed"], metrics["PushRetried"]) == ([1.0], [1.0])
    assert "TaskPushed" not in metrics


def test_a_status_that_is_known_already_is_counted_as_skipped(
    deployed: Deployment, output: Callable[[], Output]
) -> None:
    for each in (event(), event("task_completed", 2, tasks=[])):
        deployed.route(each)
        deployed.push()

    assert output().metrics()["EventSkipped"] == [1.0]


def test_the_reconciler_tells_how_each_breaker_stands_and_what_was_stuck(
    deployed: Deployment, output: Callable[[], Output]
) -> None:
    now = time.time()
    deployed.coordination().open_breaker(PLATFORM, now, "HTTP 503")
    deployed.coordination().move_cursor(f"pages#{PLATFORM}", now - 3000)
    page = LogPage(PLATFORM, now - 2000, "p1", ("S1-e1",), ("S1",))
    deployed.instances().save([StoredInstance(instance_after(message()))], page)

    deployed.reconcile()

    told = output()
    assert told.metrics() == {"BreakerOpen": [1.0, 1.0], "StuckSettled": [1.0]}
    # One for each platform, and one among all of them for the alarm, which cannot know their names.
    assert sorted(told.dimensions("BreakerOpen")) == [[["platform"]], [["service"]]]


def test_no_line_holds_a_subject_a_name_a_token_or_a_secret(deployed: Deployment, output: Callable[[], Output]) -> None:
    deployed.setting("POWERTOOLS_LOG_LEVEL", "DEBUG")
    secret_form = {"fields": ["机密-7391"]}
    wrong_person = session(initiator="张三")
    deployed.route(
        event(),
        event("coffee_made", id="odd"),
        event(id="form", tasks=[task(form=secret_form)]),
        event(id="person", session=wrong_person),
        event(id="people", tasks=[task(assignees=["李四"])]),
        event(id="subject", session=session(subject=[SUBJECT])),
        event(sess_id="S2", tasks=[task("T2", assignees=[user(name="李四")], node_name=7)], id="node"),
    )
    deployed.put_secret("wrong-secret-123456")
    deployed.push()
    deployed.put_secret(SECRET)
    deployed.forget()
    deployed.route(event(sess_id="S3", tasks=["T3"]))
    deployed.center.faults = Faults(fail_next=("expired_token",), operations=CALLS)
    deployed.push()
    deployed.route(event(sess_id="S4", id="refused", tasks=["T4"]))
    deployed.center.faults = Faults(failure_rate=1, kinds=("errcode:40077",), operations=CALLS)
    deployed.push()
    deployed.reconcile()

    told = output()

    assert told.said("failed")
    assert len(told.said("rejected")) == 5
    for word in (*PERSONAL, SECRET, "wrong-secret-123456", *deployed.center.snapshot().tokens):
        assert word not in told.text
        assert word.encode("unicode_escape").decode() not in told.text


def test_what_a_platform_says_of_a_person_stays_in_the_push_log(
    deployed: Deployment, output: Callable[[], Output]
) -> None:
    handle = deployed.center.handle

    def quote(method: str, *request: Any, **more: Any) -> Answer:
        if method == "GET":
            return handle(method, *request, **more)
        said = {"errcode": "40077", "errmsg": f"李四 cannot see {SUBJECT} of 张三: no such scene"}
        return Answer(200, {"content-type": "application/json"}, as_json(said))

    deployed.center.handle = quote  # type: ignore[method-assign]
    deployed.route(event())
    deployed.push()

    told = output()
    (failed,) = told.said("failed")
    assert failed["reason"].endswith(": no such scene")
    assert not any(word in failed["reason"] for word in PERSONAL)
    assert SUBJECT in deployed.log("S1-e1").entries["T1"].reason


# Wiring


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("route", "TABLE_PREFIX"),
        ("push", "PARAMETER_PREFIX"),
        ("reconcile", "INSTANCE_RETENTION_DAYS"),
    ],
)
def test_a_setting_that_is_missing_is_named(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, function: str, name: str
) -> None:
    monkeypatch.delenv(name)
    deployed.forget()
    deployed.clients["sqs"].send_message(
        QueueUrl=deployed.queue_url, MessageBody=encode_message(sync()), MessageGroupId="g", MessageDeduplicationId="1"
    )

    with pytest.raises(ConfigurationError, match=name):
        getattr(deployed, function)()


def test_each_function_is_wired_once_per_process(deployed: Deployment) -> None:
    deployed.route(event())
    deployed.push()
    first = push_task.app._wired()
    deployed.route(event("task_completed", 2))
    deployed.push()

    assert push_task.app._wired() is first


@pytest.mark.parametrize(("store", "kind"), [("ssm", SsmTokenStore), ("valkey", ValkeyTokenStore)])
def test_the_token_store_is_the_one_that_was_chosen(deployed: Deployment, store: str, kind: type) -> None:
    deployed.setting("TOKEN_STORE", store)
    deployed.setting("VALKEY_URL", "redis://127.0.0.1:1/0")

    made = token_cache._token_store(deployed.clients["ssm"], deployed.clients["dynamodb"])

    assert isinstance(made, kind)
