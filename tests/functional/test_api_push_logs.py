"""Events and push logs over HTTP: found by whatever an operator knows, at a cost that does not grow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from admin_api.access import ACCESS
from admin_api.ids import decode_id, encode_id
from admin_api.push import events, instances, logs
from taskbridge.events import ID_CHARS
from taskbridge.push.logs import LogStatus
from taskbridge.tables.events import EventTable, UnroutedEvent
from taskbridge.tables.push_log_pages import LogPage
from tests.api import ApiClient, build_client, build_services
from tests.builders import PLATFORM, START
from tests.functional.aws import Tables, new_client
from tests.functional.campus_logs import CampusLogs, configure, documents_of, log_of, stamp

DAY_S = 86_400.0


class Clock:
    """A clock that stands."""

    def __call__(self) -> float:
        return START + 60


class Calls:
    """Counts the DynamoDB calls of a client."""

    def __init__(self, client: Any) -> None:
        self.counted: Counter[str] = Counter()
        client.meta.events.register("before-call.dynamodb", lambda model, **_: self.counted.update([model.name]))

    def take(self) -> Counter[str]:
        counted, self.counted = self.counted, Counter()
        return counted


@pytest.fixture
def campus(dynamodb: Any, tables: Tables) -> CampusLogs:
    return CampusLogs(dynamodb, tables)


@pytest.fixture
def client(ministack: str, tables: Tables) -> Iterator[Any]:
    made = new_client("dynamodb", ministack)
    yield made
    made.close()


@pytest.fixture
def calls(client: Any) -> Calls:
    return Calls(client)


@pytest.fixture
def sqs(clients: dict[str, Any]) -> Any:
    return clients["sqs"]


@pytest.fixture
def ops(
    client: Any,
    tables: Tables,
    clients: dict[str, Any],
    ministack: str,
    monkeypatch: pytest.MonkeyPatch,
) -> ApiClient:
    configure(monkeypatch, tables, ministack)
    sqs = clients["sqs"]
    url = sqs.create_queue(
        QueueName=f"{tables.PushLogTable}-push.fifo",
        Attributes={
            "FifoQueue": "true",
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
        },
    )["QueueUrl"]
    services = build_services(client, tables, sqs=sqs, ssm=clients["ssm"], clock=Clock(), queues={"push": url})
    return build_client(services, events.router, instances.router, logs.router).as_("o", "ops")


def everything(ops: ApiClient, limit: int = 50, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(200):
        answer = ops.get("/v1/push-logs", limit=limit, cursor=cursor, **query)
        assert answer.status == 200, answer.text
        found += answer.json["items"]
        cursor = answer.json["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the list does not end")


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["event_id"] for row in rows]


def test_the_newest_come_first_and_every_one_comes_once(ops: ApiClient, campus: CampusLogs) -> None:
    written = campus.add(57)

    assert ids(ops.get("/v1/push-logs", limit=5).json["items"]) == ["e50", "e51", "e52", "e53", "e54"]
    assert sorted(ids(everything(ops, limit=7))) == sorted(written)


def test_a_list_goes_back_day_by_day_as_far_as_it_is_asked_to(ops: ApiClient, campus: CampusLogs) -> None:
    for days in range(12):
        campus.add(3, first=days * 10, newest_at=START - days * DAY_S)

    far = everything(ops, 50, **{"from": stamp(START - 30 * DAY_S)})

    assert len(far) == 36
    assert len(everything(ops)) == 3 * 7
    assert len(everything(ops, 50, **{"from": stamp(START - 2.5 * DAY_S), "to": stamp(START - DAY_S)})) == 6


@pytest.mark.parametrize("status", ["failed", "retrying", "superseded", "skipped"])
def test_a_status_is_listed_newest_first_over_all_pages(ops: ApiClient, campus: CampusLogs, status: str) -> None:
    written = campus.add(43, LogStatus(status))
    campus.add(5, LogStatus.SUCCEEDED, first=100)

    rows = everything(ops, limit=6, status=status)

    assert ids(rows) == written[::-1]
    assert {row["status"] for row in rows} == {status}


def test_logs_that_leave_their_status_while_it_is_listed_hide_no_other(ops: ApiClient, campus: CampusLogs) -> None:
    written = campus.add(40, LogStatus.FAILED, apart_s=0)  # all of one moment
    first = ops.get("/v1/push-logs", status="failed", limit=10).json
    campus.add(40, LogStatus.FAILED, first=100)
    seen = ids(first["items"])
    mended = campus.logs.load([(event_id, PLATFORM) for event_id in seen])
    for log in mended.values():
        for entry in log.entries.values():
            entry.status = LogStatus.SUCCEEDED
    campus.logs.put(mended.values())

    cursor = first["next_cursor"]
    while cursor:
        page = ops.get("/v1/push-logs", status="failed", limit=10, cursor=cursor).json
        seen += ids(page["items"])
        cursor = page["next_cursor"]

    assert set(written) <= set(seen)
    assert len(seen) == len(set(seen))


def test_successes_are_listed_too(ops: ApiClient, campus: CampusLogs) -> None:
    campus.add(9, LogStatus.FAILED)
    written = campus.add(9, first=20)

    assert sorted(ids(everything(ops, status="succeeded"))) == sorted(written)


def test_a_session_tells_its_events(ops: ApiClient, campus: CampusLogs) -> None:
    campus.add(12)

    assert ids(everything(ops, sess_id="S7")) == ["e7"]
    assert everything(ops, sess_id="S7", status="failed") == []
    assert everything(ops, sess_id="S7", task_id="T8") == []
    assert everything(ops, sess_id="S404") == []


def test_failures_are_filtered_by_their_cause(ops: ApiClient, campus: CampusLogs) -> None:
    campus.add(30, LogStatus.FAILED)
    other = campus.logs.load([("e7", PLATFORM)])["e7", PLATFORM]
    other.entries["T7"].errcode, other.entries["T7"].reason = "50001", "no such user u20231107"
    campus.logs.put([other])

    assert ids(everything(ops, limit=4, status="failed", errcode="50001")) == ["e7"]
    assert ids(everything(ops, limit=4, status="failed", cause="no such user …")) == ["e7"]
    assert len(everything(ops, limit=4, status="failed", cause="…")) == 29  # each failed with 400
    assert everything(ops, limit=4, errcode="404") == []


def test_a_task_is_found_without_its_session(ops: ApiClient, campus: CampusLogs) -> None:
    campus.add(300)

    assert ids(ops.get("/v1/push-logs", task_id="T3").json["items"]) == ["e3"]
    assert ids(everything(ops, task_id="T299")) == ["e299"]
    assert everything(ops, task_id="T9999") == []


def test_every_list_costs_the_same_calls_with_few_logs_as_with_many(
    ops: ApiClient, campus: CampusLogs, calls: Calls, request: pytest.FixtureRequest
) -> None:
    half = request.config.getoption("--logs") // 2
    queries: list[dict[str, Any]] = [
        {},
        {"status": "failed"},
        {"status": "succeeded"},
        {"sess_id": "S60"},
        {"task_id": "T60"},
        {"platform_id": PLATFORM, "from": stamp(START - 3000)},
    ]

    def costs() -> list[Counter[str]]:
        found = []
        for query in queries:
            ops.get("/v1/push-logs", limit=20, **query)
            calls.take()
            assert ops.get("/v1/push-logs", limit=20, **query).status == 200
            found.append(calls.take())
        return found

    campus.add(100, newest_at=START - 1)
    campus.add(100, LogStatus.FAILED, first=1000)
    few = costs()
    campus.add(half, newest_at=START - 100, first=2000, with_documents=False)
    campus.add(half, LogStatus.FAILED, first=2000 + half, newest_at=START - 100, with_documents=False)

    assert costs() == few


def test_one_log_tells_every_attempt(ops: ApiClient, campus: CampusLogs) -> None:
    campus.add(1)

    found = ops.get("/v1/push-logs/jz:e0").json

    assert (found["id"], found["event_id"], found["platform_id"]) == ("jz:e0", "e0", "jz")
    assert found["occurred_at"] == "2026-11-18T13:00:00.000+00:00"
    (attempt,) = found["attempts"]
    assert (attempt["status"], attempt["duration_ms"], attempt["task_id"]) == (200, 12, "T0")
    assert "********" in attempt["request"]


@pytest.mark.parametrize("id_", ["jz:e404", "nothing", "~***", "jz:", "x" * 2000])
def test_a_log_that_is_not_there_is_not_found(ops: ApiClient, id_: str) -> None:
    assert ops.get(f"/v1/push-logs/{id_}").code == "not_found"
    assert ops.post(f"/v1/push-logs/{id_}/replay").code == "not_found"


def test_a_replay_sends_what_the_tasks_should_be_now(ops: ApiClient, campus: CampusLogs, sqs: Any) -> None:
    campus.add(1)

    answer = ops.post("/v1/push-logs/jz:e0/replay")

    assert answer.status == 202
    assert (answer.json["id"], answer.json["sess_id"]) == ("jz:e0", "S0")
    url = ops.api.services.queues["push"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert '"replay":true' in message["Body"]
    assert '"force":["T0"]' in message["Body"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"platform_id": "nowhere"}, "platform_id"),
        ({"platform_id": "ai"}, "platform_id"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-11-22T01:30:00"}, "to"),
        ({"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, "from"),
        ({"from": "9999-12-31T23:59:59Z"}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"to": "1812-01-01T00:00:00Z"}, "to"),
        ({"status": "lost"}, "status"),
        ({"limit": 201}, "limit"),
        ({"limit": 0}, "limit"),
        ({"state": "failed"}, "state"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(ops: ApiClient, query: dict[str, Any], field: str) -> None:
    answer = ops.get("/v1/push-logs", **query)

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize("query", [{}, {"status": "failed"}, {"task_id": "T404"}, {"sess_id": "S" * ID_CHARS}])
def test_times_far_away_are_answered(ops: ApiClient, query: dict[str, Any]) -> None:
    for span in ({"from": "0001-01-01T00:00:00Z"}, {"to": "9999-12-31T23:59:59.999Z"}, {"to": "1971-01-01T00:00:00Z"}):
        assert everything(ops, **(query | span)) == []


def test_a_cursor_of_another_list_is_refused(ops: ApiClient, campus: CampusLogs) -> None:
    campus.add(30, LogStatus.FAILED)
    cursor = ops.get("/v1/push-logs", status="failed", limit=5).json["next_cursor"]

    assert ops.get("/v1/push-logs", limit=5, cursor=cursor).code == "invalid_cursor"
    assert ops.as_("p", "ops").get("/v1/push-logs", status="failed", limit=5, cursor=cursor).code == "invalid_cursor"


def test_an_event_tells_what_became_of_it_at_each_target(ops: ApiClient, campus: CampusLogs) -> None:
    campus.add(1, LogStatus.FAILED)
    campus.add(1, platform_id="ai", with_documents=False)

    found = ops.get("/v1/events/e0").json

    assert found["status"] == "routed"
    told = {each["target"]: (each["status"], each["reason"]) for each in found["targets"]}
    assert told == {"push:jz": ("failed", "400"), "ai": ("succeeded", "")}


def test_an_event_that_went_nowhere_tells_why(ops: ApiClient, dynamodb: Any, tables: Tables) -> None:
    table = EventTable(dynamodb, tables.EventTable, 90)
    table.record(UnroutedEvent("a/b", "skipped", "a questionnaire", stamp(START), app_id="q"), b"{}", "m")

    answer = ops.get(f"/v1/events/{encode_id('a/b')}")

    assert (answer.json["status"], answer.json["reason"]) == ("skipped", "a questionnaire")
    assert (answer.json["event_id"], answer.json["app_id"], answer.json["targets"]) == ("a/b", "q", [])
    assert ops.get("/v1/events/e404").code == "not_found"


@pytest.mark.parametrize("text", ["e1", "S1-e2", "a/b", "~x", "事件", "a%2Fb", " ", "..", "a~b"])
def test_an_id_goes_through_a_path_and_comes_back(text: str) -> None:
    assert decode_id(encode_id(text)) == text
    assert "/" not in encode_id(text)


@pytest.mark.parametrize(
    ("method", "path"), [key for key in ACCESS if key[1].startswith(("/v1/push-logs", "/v1/events"))]
)
def test_these_routes_are_for_operators(ops: ApiClient, method: str, path: str) -> None:
    place = path.replace("{id}", "x")
    assert ops.as_("a", "approver").call(method, place).status == 403
    assert ops.as_("", "").call(method, place).status == 401


# One event id of two instances


def add_clash(campus: CampusLogs) -> None:
    """Event e3 of session S3, and of session S9 as well, in two batches; both failed."""
    campus.add(5, LogStatus.FAILED)
    theirs = log_of(9, LogStatus.FAILED, START + 5, PLATFORM)
    theirs.event_id = "e3"
    campus.logs.put([theirs])
    campus.instances.save([*documents_of([theirs])], LogPage(PLATFORM, START + 5, "pclash", ("e3",), ("S9",)))


def test_an_event_id_of_two_instances_is_shown_with_both_and_with_what_is_wrong(
    ops: ApiClient, campus: CampusLogs
) -> None:
    add_clash(campus)

    shown = ops.get("/v1/events/e3").json

    assert [target["sess_id"] for target in shown["targets"]] == ["S3", "S9"]
    assert shown["clash"] == "2 instances used this id, which must be unique: S3, S9"
    assert (shown["sess_id"], shown["status"]) == ("S3", "routed")
    assert ops.get("/v1/events/e2").json["clash"] == ""
    for target, sess_id in zip(shown["targets"], ["S3", "S9"], strict=True):
        log = ops.get(f"/v1/push-logs/{target['log_id']}").json
        assert (log["id"], log["sess_id"], log["event_id"]) == (target["log_id"], sess_id, "e3")
        replayed = ops.post(f"/v1/push-logs/{target['log_id']}/replay")
        assert (replayed.status, replayed.json["sess_id"], replayed.json["id"]) == (202, sess_id, target["log_id"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["e0", "e1", "e2", "e3 of S3", "e3 of S9", "e4"]),
        ({"status": "failed"}, ["e0", "e1", "e2", "e3 of S3", "e3 of S9", "e4"]),
        ({"sess_id": "S9"}, ["e3 of S9"]),
        ({"sess_id": "S3"}, ["e3 of S3"]),
    ],
)
def test_every_list_has_both(ops: ApiClient, campus: CampusLogs, query: dict[str, str], expected: list[str]) -> None:
    add_clash(campus)

    for limit in (1, 2, 50):
        rows = everything(ops, limit=limit, **query)
        named = [row["event_id"] + (f" of {row['sess_id']}" if row["event_id"] == "e3" else "") for row in rows]
        assert sorted(named) == expected
