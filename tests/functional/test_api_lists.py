"""Every list of admins and operators: walked page by page, newest first, at a cost that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from admin_api.changes import MASK
from admin_api.push.failure_causes import group
from admin_api.wiring import Services
from taskbridge.push.causes import plain
from taskbridge.push.jobs import JobKind, PushJob
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.push.trigger_rules import TriggerRule
from taskbridge.tables.changes import ChangeRecord
from taskbridge.tables.events import UnroutedEvent
from tests.api import ApiClient, build_client, build_services
from tests.builders import PLATFORM, START
from tests.functional.aws import Tables, new_client
from tests.functional.campus_logs import CampusLogs, configure, stamp

NOW = START + 60
DAY_S = 86400.0
ROWS = 3


class Desk:
    """Some rows in every list."""

    def __init__(self, services: Services, tables: Tables) -> None:
        self.services = services
        self.campus = CampusLogs(services.dynamodb, tables)

    def fill(self) -> None:
        self.campus.add(ROWS)
        self.campus.add(ROWS, LogStatus.FAILED, first=100)
        for number in range(ROWS):
            self.add_rule(number)
            self.add_job(number)
            self.add_event(number, "rejected")
            self.add_event(number, "skipped")
            self.add_change(number, START - number * 40 * DAY_S if number < 3 else START - number)

    def add_rule(self, number: int) -> None:
        rule = TriggerRule(f"r{number}", f"rule {number}", enabled=False, actions=(), app_ids=(), targets=("ai",))
        self.services.configurator.save_rule(rule)

    def add_job(self, number: int) -> None:
        asked_at = stamp(START + number)
        job = PushJob(f"{number:012x}-x", JobKind.REPLAY, f"u{number}", asked_at, (PLATFORM,), stamp(0), asked_at)
        self.services.jobs.add(job, NOW)

    def add_event(self, number: int, status: str) -> None:
        event = UnroutedEvent(
            f"{status}-{number}/x", status, "why", stamp(START + number), "task_received", "leave", "S1"
        )
        self.services.events.record(event, b"{}", "spare")

    def add_change(self, number: int, at: float, what: tuple[str, ...] = ("platform", "jz"), **sides: Any) -> None:
        self.services.changes.record(ChangeRecord(f"c{number}", stamp(at), "admin", what, **sides))


@pytest.fixture
def desk(clients: dict[str, Any], tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    configure(monkeypatch, tables, ministack, "p1", "p2", PLATFORM)
    services = build_services(
        clients["dynamodb"], tables, ssm=clients["ssm"], endpoint_url=ministack, clock=lambda: NOW
    )
    return Desk(services, tables)


@pytest.fixture
def admin(desk: Desk) -> ApiClient:
    return build_client(desk.services)


LISTS: list[tuple[str, dict[str, str], int]] = [
    ("/v1/platforms", {}, 3),
    ("/v1/trigger-rules", {}, ROWS),
    ("/v1/push-logs", {}, 2 * ROWS),
    ("/v1/push-logs", {"status": "failed"}, ROWS),
    ("/v1/push-logs", {"status": "succeeded"}, ROWS),
    ("/v1/push-logs", {"sess_id": "S1"}, 1),
    ("/v1/push-logs", {"task_id": "T1"}, 1),
    ("/v1/replays", {}, ROWS),
    ("/v1/rejected-events", {}, ROWS),
    ("/v1/skipped-events", {}, ROWS),
    ("/v1/changes", {}, ROWS),
    ("/v1/changes", {"subject": "platform/jz"}, ROWS),
]


def test_every_list_is_walked_at_any_limit_and_ends_with_the_same_rows(desk: Desk, admin: ApiClient) -> None:
    desk.fill()
    for path, query, rows in LISTS:
        found = {limit: admin.walk(path, limit, **query) for limit in (1, 2, 200)}
        assert len(found[200]) == rows, (path, query)
        assert found[1] == found[2] == found[200], (path, query)


# Replays


def test_replays_are_listed_newest_first_with_who_started_them(desk: Desk, admin: ApiClient) -> None:
    for number in range(3):
        desk.add_job(number)

    found = admin.as_("o", "ops").get("/v1/replays").json["items"]

    assert [each["created_by"] for each in found] == ["u2", "u1", "u0"]
    assert {each["status"] for each in found} == {"running"}
    assert admin.as_("a", "approver").get("/v1/replays").status == 403


# Skipped events


def test_skipped_events_tell_why_without_those_that_were_rejected(desk: Desk, admin: ApiClient) -> None:
    desk.add_event(1, "skipped")
    desk.add_event(2, "rejected")

    (found,) = admin.get("/v1/skipped-events").json["items"]

    assert (found["event_id"], found["reason"], found["app_id"]) == ("skipped-1/x", "why", "leave")
    assert admin.get(f"/v1/events/{found['id']}").json["status"] == "skipped"


def test_skipped_events_are_filtered_and_counted_by_why(desk: Desk, admin: ApiClient) -> None:
    for number, reason in enumerate(("no rule", "no rule", "switched off")):
        event = UnroutedEvent(f"k{number}", "skipped", reason, stamp(START + number), f"act{number % 2}", "leave", "S1")
        desk.services.events.record(event, b"{}", "spare")

    def found(**query: str) -> list[str]:
        return [each["event_id"] for each in admin.walk("/v1/skipped-events", 1, **query)]

    assert found(reason="no rule") == ["k1", "k0"]
    assert found(action="act0", app_id="leave") == ["k2", "k0"]
    assert found(app_id="travel") == []
    counted = admin.get("/v1/skipped-events/reasons").json
    told = [(each["reason"], each["action"], each["count"], each["example"]) for each in counted["items"]]
    assert told == [("no rule", "act0", 1, "k0"), ("no rule", "act1", 1, "k1"), ("switched off", "act0", 1, "k2")]
    assert counted["is_exact"]


# Changes


def test_changes_are_found_by_subject_and_by_time_the_newest_first(desk: Desk, admin: ApiClient) -> None:
    desk.add_change(1, START - 200 * DAY_S)
    desk.add_change(2, START - 20 * DAY_S, ("node", "leave/x", "n 1"), after={"rule": "有发票"})
    desk.add_change(3, START - 10)

    def found(**query: Any) -> list[str]:
        return [each["id"] for each in admin.walk("/v1/changes", 50, **query)]

    assert found() == ["c3", "c2"]  # of the last 90 days
    assert found(**{"from": stamp(START - 300 * DAY_S)}) == ["c3", "c2", "c1"]
    assert found(**{"from": stamp(START - 300 * DAY_S), "to": stamp(START - DAY_S)}) == ["c2", "c1"]
    assert found(subject="platform/jz") == ["c3", "c1"]
    assert found(subject="platform/jz", to=stamp(START - DAY_S)) == ["c1"]
    subject = admin.get("/v1/changes").json["items"][1]["subject"]
    assert found(subject=subject) == ["c2"]


def test_what_an_admin_changes_stands_on_the_list_without_secrets(desk: Desk, admin: ApiClient) -> None:
    form = admin.get("/v1/platforms/p1").json
    settings = {**form["settings"], "app_secret": "s-3cret"}
    assert admin.put("/v1/platforms/p1", {**form, "settings": settings}).status == 200

    (change,) = admin.get("/v1/changes").json["items"]

    assert (change["who"], change["subject"]) == ("admin", "platform/p1")
    assert change["after"]["settings"]["app_secret"] == MASK
    assert "s-3cret" not in str(change)


def test_that_a_person_changed_a_rule_is_shown_and_the_rule_is_not(desk: Desk, admin: ApiClient) -> None:
    desk.add_change(1, START, ("own-rule", "u1", "leave", "n1"), after={"rule": "我的规则", "version": 2})

    (change,) = admin.get("/v1/changes").json["items"]

    assert (change["subject"], change["after"]) == ("own-rule/u1/leave/n1", {"rule": MASK, "version": 2})


@pytest.mark.parametrize("subject", ["platforms/jz", "platform", "node/leave", "platform/~!", "x"])
def test_a_subject_that_cannot_be_is_refused(admin: ApiClient, subject: str) -> None:
    answer = admin.get("/v1/changes", subject=subject)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "subject")


def test_changes_are_for_admins(admin: ApiClient) -> None:
    assert admin.as_("o", "ops").get("/v1/changes").status == 403


# Causes


def failed(number: int, reason: str, errcode: str = "500") -> PushLog:
    entry = Entry(LogStatus.FAILED, "insert_task", reason=reason, errcode=errcode)
    return PushLog(f"e{number}", PLATFORM, f"S{number}", received_at=stamp(START + number), entries={"t": entry})


def test_failures_are_grouped_by_what_is_the_same_in_their_reasons() -> None:
    logs = [failed(number, f"no such user 2024{number:04}") for number in range(3)]

    first, second = group([*logs, failed(9, "time out", "")])

    assert (first.count, first.errcode, first.reason) == (3, "500", "no such user …")
    assert (first.first, first.last, first.example) == (stamp(START), stamp(START + 2), f"{PLATFORM}:e2")
    assert (second.count, second.errcode, second.reason) == (1, "", "time out")


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("task 8f14e45f-ceea-467f-a9f8-1b2c3d4e5f60 unknown", "task … unknown"),
        ("HTTP 500 after 3 tries", "HTTP … after … tries"),
        ("任务T123不存在", "任务…不存在"),
        ("no secret", "no secret"),
    ],
)
def test_what_differs_from_failure_to_failure_is_left_out(reason: str, shown: str) -> None:
    assert plain(reason) == shown


def test_causes_are_of_the_time_and_the_platform_that_are_asked_for(desk: Desk, admin: ApiClient) -> None:
    desk.campus.add(4, LogStatus.FAILED)
    desk.campus.add(2, LogStatus.FAILED, first=50, platform_id="p1")
    desk.campus.add(3, LogStatus.FAILED, first=90, newest_at=START - 3 * DAY_S)
    desk.campus.add(5, LogStatus.SUCCEEDED, first=200)
    ops = admin.as_("o", "ops")

    def counts(**query: Any) -> list[tuple[str, int]]:
        answer = ops.get("/v1/push-logs/causes", **query)
        assert answer.status == 200, answer.text
        assert answer.json["is_exact"]
        return [(each["platform_id"], each["count"]) for each in answer.json["items"]]

    assert counts() == [(PLATFORM, 4), ("p1", 2)]
    assert counts(platform_id="p1") == [("p1", 2)]
    assert counts(**{"from": stamp(START - 5 * DAY_S)}) == [(PLATFORM, 7), ("p1", 2)]
    example = ops.get("/v1/push-logs/causes").json["items"][0]["example"]
    assert ops.get(f"/v1/push-logs/{example}").json["status"] == "failed"
    assert admin.as_("a", "approver").get("/v1/push-logs/causes").status == 403


# A rare status, and the cost


def test_a_rare_status_is_found_without_pages_of_nothing(desk: Desk, admin: ApiClient) -> None:
    desk.campus.add(1, newest_at=START - 20 * DAY_S)

    page = admin.get("/v1/push-logs", status="succeeded", **{"from": stamp(START - 25 * DAY_S)}).json

    assert [each["event_id"] for each in page["items"]] == ["e0"]


@pytest.fixture
def counted(desk: Desk, ministack: str, tables: Tables) -> Iterator[tuple[ApiClient, list[str]]]:
    """A client whose calls at DynamoDB are counted."""
    calls: list[str] = []
    metered = new_client("dynamodb", ministack)
    metered.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    services = build_services(metered, tables, ssm=desk.services.ssm, endpoint_url=ministack, clock=lambda: NOW)
    yield build_client(services), calls
    metered.close()


COSTS = {
    "/v1/replays": {"Query": 1},
    "/v1/skipped-events": {"Query": 4, "BatchGetItem": 1},
    "/v1/skipped-events/reasons": {"Query": 4, "BatchGetItem": 1},
    "/v1/changes?subject=platform/jz": {"Query": 1},
    "/v1/changes": {"Query": 4, "BatchGetItem": 1},
    "/v1/push-logs/causes": {"Query": 12},  # four shards of each of three platforms
}


def test_new_lists_cost_the_same_calls_with_few_rows_as_with_many(
    desk: Desk, counted: tuple[ApiClient, list[str]]
) -> None:
    client, calls = counted
    client.get("/v1/push-logs/causes")  # the configuration is read
    for number in range(60):
        desk.add_job(number)
        desk.add_event(number, "skipped")
        desk.add_change(number, START - number)
    desk.campus.add(60, LogStatus.FAILED, with_documents=False)
    for rows in (1, 20):
        for path, cost in COSTS.items():
            calls.clear()
            route, _, subject = path.partition("?subject=")
            query = {} if route.endswith(("causes", "reasons")) else {"limit": rows}
            answer = client.get(route, **query, **({"subject": subject} if subject else {}))
            assert answer.status == 200, answer.text
            spent = {name: calls.count(name) for name in set(calls) if name != "UpdateItem"}
            assert spent == cost, (path, rows)
