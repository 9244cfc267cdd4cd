"""Events over time, and what an instance should be beside what was acknowledged, over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from admin_api.push import history, instances
from taskbridge.ai.audit import AuditRecord
from taskbridge.push.instances import Instance, Item, Presence, Work
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.instances import StoredInstance
from tests.api import ApiClient, build_client, build_services
from tests.builders import PLATFORM, START
from tests.functional.aws import Tables, new_client
from tests.functional.campus_logs import CampusLogs, configure, log_of, stamp
from tests.functional.test_api_push_logs import Calls

NOW = START + 60
PLATFORMS = 1


@pytest.fixture
def client(ministack: str) -> Iterator[Any]:
    made = new_client("dynamodb", ministack)
    yield made
    made.close()


@pytest.fixture
def campus(client: Any, tables: Tables) -> CampusLogs:
    return CampusLogs(client, tables)


@pytest.fixture
def ops(client: Any, tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    configure(monkeypatch, tables, ministack)
    services = build_services(client, tables, clock=lambda: NOW)
    return build_client(services, history.router, instances.router).as_("o", "ops")


def question(number: int, moment: float) -> AuditRecord:
    return AuditRecord(
        id=f"q{number}",
        at=stamp(moment),
        uid="u",
        task_id=f"T{number}",
        sess_id="S",
        app_id="leave",
        node_id="n",
        platform_id="aigc",
        model="qwen",
        analysis_id="",
        outcome="answered",
    )


def ask(client: Any, tables: Tables, *moments: float) -> None:
    """Questions of that time on the audit log."""
    audit = AuditTable(client, tables.AiAuditTable)
    for number, moment in enumerate(moments):
        assert audit.record(question(number, moment), moment, 30)


def test_what_came_in_was_pushed_failed_and_asked_stands_in_its_step(
    ops: ApiClient, campus: CampusLogs, client: Any, tables: Tables
) -> None:
    campus.add(6, newest_at=NOW - 10, apart_s=0.1)
    campus.add(2, LogStatus.FAILED, first=100, newest_at=NOW - 10, apart_s=0.1)
    campus.add(3, first=200, newest_at=NOW - 1800, apart_s=0.1)
    campus.add(5, first=300, newest_at=NOW - 7200, apart_s=0.1)  # before the hour
    ask(client, tables, NOW - 5, NOW - 1800, NOW - 7200)

    found = ops.get("/v1/ops/history", span="hour").json
    day = ops.get("/v1/ops/history", span="day").json

    def told(steps: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
        seen = [(each["events"], each["succeeded"], each["failed"], each["asked"]) for each in steps]
        return [each for each in seen if any(each)]

    assert told(found["steps"]) == [(3, 3, 0, 1), (8, 6, 2, 1)]
    assert sum(each["events"] for each in day["steps"]) == 16
    assert sum(each["asked"] for each in day["steps"]) == 3
    assert (len(found["steps"]), found["step_s"], len(day["steps"]), day["step_s"]) == (30, 120, 48, 1800)
    assert found["is_exact"]
    assert ops.get("/v1/ops/history", span="week").code == "invalid_request"


def test_history_costs_the_same_calls_with_few_events_as_with_many(
    ops: ApiClient, campus: CampusLogs, client: Any
) -> None:
    ops.get("/v1/ops/history")  # reads the configuration
    calls = Calls(client)

    for count in (1, 60):
        campus.add(count, LogStatus.FAILED, first=count * 100)
        calls.take()
        ops.get("/v1/ops/history", span="hour")
        # Pages and questions by four shards of today, logs by four shards of four statuses; one counts the caller's.
        assert calls.take() == Counter(Query=4 + 4 + 16 * PLATFORMS, UpdateItem=1)


def pushed(event_id: str, sequence: int, status: LogStatus, at: float, request: str = "") -> PushLog:
    """The log of an event of task T1 in instance S1."""
    log = log_of(1, status, at, PLATFORM)
    log.event_id, log.sequence = event_id, sequence
    if not request:
        log.attempts = []
    return log


def give_instance(campus: CampusLogs) -> None:
    """Of three events the first was pushed, the second superseded by the third, which failed."""
    first = pushed("a", 1, LogStatus.SUCCEEDED, START, "request")
    second = pushed("b", 2, LogStatus.SUPERSEDED, START + 1)
    third = pushed("c", 3, LogStatus.FAILED, START + 2)
    campus.logs.put([first, second, third])
    item = Item(event_id="c", sequence=3, presence=Presence.PRESENT, work=Work.FAILED, reason="no such user")
    item.facts = {
        "status": (3, "completed"),
        "node_name": (1, "主管"),
        "assignees": (2, [["u1", "1001", "李"], ["u2", "", ""]]),
    }
    instance = Instance(PLATFORM, "S1", tasks={"T1": item}, events=["a", "b", "c"])
    instance.item.facts = {"status": (1, "running")}
    campus.instances.save([StoredInstance(instance)])


def test_what_is_wanted_stands_beside_what_was_acknowledged(ops: ApiClient, campus: CampusLogs) -> None:
    give_instance(campus)

    found = ops.get("/v1/push-logs/jz:c/instance").json

    (own, task) = found["items"]
    assert (own["task_id"], task["task_id"], task["work"], task["reason"]) == (None, "T1", "failed", "no such user")
    assert [(each["name"], each["value"], each["is_acknowledged"]) for each in task["wanted"]] == [
        ("status", "completed", False),
        ("node_name", "主管", True),
        ("assignees", "李 (1001)、u2", False),
    ]
    took = task["acknowledged"]
    assert (took["event_id"], took["operation"], took["at"]) == ("a", "insert_task", stamp(START))
    assert "********" in took["request"]


def test_an_event_says_which_one_took_its_place(ops: ApiClient, campus: CampusLogs) -> None:
    give_instance(campus)

    events = ops.get("/v1/push-logs/jz:a/instance").json["events"]

    assert [(each["event_id"], each["status"], each["superseded_by"]) for each in events] == [
        ("a", "succeeded", []),
        ("b", "superseded", ["c"]),
        ("c", "failed", []),
    ]


def test_an_instance_costs_three_calls(ops: ApiClient, campus: CampusLogs, client: Any) -> None:
    give_instance(campus)
    calls = Calls(client)

    ops.get("/v1/push-logs/jz:c/instance")

    assert calls.take() == Counter(BatchGetItem=3)


def test_a_log_whose_instance_is_no_longer_known_shows_its_event_alone(ops: ApiClient, campus: CampusLogs) -> None:
    entries = {"T9": Entry(LogStatus.SKIPPED)}
    campus.logs.put([PushLog("lone", PLATFORM, "S404", updated_at=stamp(START), entries=entries)])

    found = ops.get("/v1/push-logs/jz:lone/instance").json

    assert [each["event_id"] for each in found["events"]] == ["lone"]
    assert [each["wanted"] for each in found["items"]] == [[]]
    assert ops.get("/v1/push-logs/jz:none/instance").code == "not_found"
