"""Rejected events, dead letters and the summary over HTTP."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from admin_api.ids import encode_id
from admin_api.problems import Problem
from admin_api.push import comparison, events, summary
from admin_api.push import queues as admin_queues
from admin_api.push.queues import DESTINATIONS, read_queues, redrive
from admin_api.wiring import QUEUES, Services
from event_router.route import Envelope, route
from taskbridge.errors import StoreError
from taskbridge.push.logs import LogStatus
from taskbridge.tables.configuration import PlatformConfig
from taskbridge.tables.configuration_models import Configurator
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.events import EventTable, UnroutedEvent
from tests.api import ApiClient, build_client, build_services
from tests.builders import PLATFORM, START, configuration, event, on_bus
from tests.functional.aws import REGION, Tables, new_client, template, unreachable
from tests.functional.campus_logs import CampusLogs, configure, stamp
from tests.functional.platform_desk import AIGC_SETTINGS
from tests.template.reader import arn_of

NOW = START + 60
CLOSED = {"state": "closed", "opened_at": None, "reason": "", "wants_money": False, "quiet_until": None}


class CloudWatch:
    """Knows the age of the oldest message of the push queue."""

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        results = []
        for query in request["MetricDataQueries"]:
            (dimension,) = query["MetricStat"]["Metric"]["Dimensions"]
            is_push = dimension["Value"].endswith("push.fifo")
            results.append({"Id": query["Id"], "Values": [42.0, 7.0] if is_push else []})
        return {"MetricDataResults": results}


@pytest.fixture
def queues(clients: dict[str, Any]) -> dict[str, str]:
    """A queue of each name, those of the push FIFO."""
    made, prefix = {}, uuid.uuid4().hex[:8]
    for name in QUEUES:
        is_fifo = name.startswith("push")
        attributes = {"FifoQueue": "true"} if is_fifo else {}
        full = f"{prefix}-{name}{'.fifo' if is_fifo else ''}"
        made[name] = clients["sqs"].create_queue(QueueName=full, Attributes=attributes)["QueueUrl"]
    return made


@pytest.fixture
def services(clients: dict[str, Any], tables: Tables, queues: dict[str, str]) -> Services:
    return build_services(
        clients["dynamodb"],
        tables,
        sqs=clients["sqs"],
        ssm=clients["ssm"],
        cloudwatch=CloudWatch(),
        clock=lambda: NOW,
        queues=queues,
    )


@pytest.fixture
def client(services: Services, tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    configure(monkeypatch, tables, ministack)
    areas = (comparison.router, events.router, admin_queues.router, summary.router)
    return build_client(services, *areas).as_("o", "ops")


def reject(services: Services, *event_ids: str, body: bytes = b'{"detail": "\xe5\x9d\x8f"}') -> None:
    table = EventTable(services.dynamodb, services.tables["events"], 90)
    for number, event_id in enumerate(event_ids):
        event = UnroutedEvent(event_id, "rejected", "detail: expected an object", stamp(START + number))
        table.record(event, body, "spare")


def _body_of(params: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(params["body"])
    return body


def _key_of(params: dict[str, Any]) -> list[str]:
    return [value["S"] for value in params["Key"].values()]


def put_letters(services: Services, name: str, count: int) -> None:
    for number in range(count):
        fifo = {"MessageGroupId": f"g{number}", "MessageDeduplicationId": f"d{number}"}
        more = fifo if name.startswith("push") else {}
        services.sqs.send_message(QueueUrl=services.queues[name], MessageBody=f"letter {number}", **more)


def bodies(services: Services, name: str) -> list[str]:
    found: list[str] = []
    while True:
        answer = services.sqs.receive_message(QueueUrl=services.queues[name], MaxNumberOfMessages=10)
        if not answer.get("Messages"):
            return sorted(found)
        found += [each["Body"] for each in answer["Messages"]]


# Rejected events


def test_rejected_events_are_listed_whole_the_newest_first(client: ApiClient, services: Services) -> None:
    reject(services, *(f"e{number}" for number in range(11)))
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = client.get("/v1/rejected-events", limit=4, cursor=cursor).json
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert [each["event_id"] for each in seen] == [f"e{number}" for number in range(10, -1, -1)]
    assert {(each["body"], each["reason"]) for each in seen} == {('{"detail": "坏"}', "detail: expected an object")}


def test_one_rejected_event_is_shown_whole(client: ApiClient, services: Services) -> None:
    reject(services, "e/1")
    (listed,) = client.get("/v1/rejected-events").json["items"]

    assert client.get(f"/v1/rejected-events/{listed['id']}").json == listed
    assert client.get("/v1/rejected-events/none").code == "not_found"


def test_a_page_of_large_events_ends_early_and_loses_none(
    client: ApiClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BODY_BYTES", 250)
    reject(services, *(f"e{number}" for number in range(6)), body=b"x" * 100)
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page = client.get("/v1/rejected-events", cursor=cursor).json
        assert 1 <= len(page["items"]) <= 2
        seen += [each["event_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [f"e{number}" for number in range(5, -1, -1)]


def test_a_rejected_event_goes_back_to_the_ingest_queue_as_it_came_and_is_marked(
    client: ApiClient, services: Services
) -> None:
    reject(services, "a/b")

    answer = client.post(f"/v1/rejected-events/{encode_id('a/b')}/replay")

    assert (answer.status, answer.json["replayed_by"]) == (202, "o")
    assert bodies(services, "ingest") == ['{"detail": "坏"}']
    (listed,) = client.get("/v1/rejected-events").json["items"]
    assert (listed["replayed_by"], listed["replayed_at"]) == ("o", stamp(NOW))


def test_what_was_not_rejected_is_not_sent_in_again(client: ApiClient, services: Services) -> None:
    skipped = UnroutedEvent("e1", "skipped", "no platform", stamp(START))
    EventTable(services.dynamodb, services.tables["events"], 90).record(skipped, b"{}", "m")

    assert client.post("/v1/rejected-events/e1/replay").code == "not_found"
    assert client.post("/v1/rejected-events/e404/replay").code == "not_found"
    assert bodies(services, "ingest") == []


# Dead letters


@pytest.mark.parametrize("name", sorted(DESTINATIONS))
def test_dead_letters_go_back_to_where_they_were_meant_for(client: ApiClient, services: Services, name: str) -> None:
    put_letters(services, name, 13)

    answer = client.post(f"/v1/ops/queues/{name}/redrive")

    assert answer.status == 202
    assert (answer.json["queue"], answer.json["waiting"], answer.json["moved"]) == (name, 13, 13)
    assert bodies(services, DESTINATIONS[name]) == sorted(f"letter {number}" for number in range(13))
    assert bodies(services, name) == []


def test_a_queue_means_its_own_dead_letters(client: ApiClient, services: Services) -> None:
    put_letters(services, "push-dead-letters", 1)

    assert client.post("/v1/ops/queues/push/redrive").json["queue"] == "push-dead-letters"


@pytest.mark.parametrize("name", ["nothing", "ingest-dead-letters-dead-letters"])
def test_what_has_no_dead_letters_to_move_is_not_found(client: ApiClient, name: str) -> None:
    assert client.post(f"/v1/ops/queues/{name}/redrive").code == "not_found"


@pytest.mark.parametrize("name", ["invocation", "invocation-dead-letters"])
def test_dead_letters_of_no_queue_are_refused_with_the_reason(client: ApiClient, services: Services, name: str) -> None:
    put_letters(services, "invocation-dead-letters", 1)

    answer = client.post(f"/v1/ops/queues/{name}/redrive")

    assert (answer.status, answer.code) == (409, "no_queue_to_move_to")
    assert "came from no queue" in answer.json["detail"]
    assert bodies(services, "invocation-dead-letters") == ["letter 0"]


class StrictSqs:
    """SQS as AWS has it: it moves letters of a queue that is the dead-letter queue of another, and of no other."""

    def __init__(self, inner: Any, sources: frozenset[str], code: str = "") -> None:
        self.inner = inner
        self.sources = sources
        self.code = code
        self.asked: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def start_message_move_task(self, **request: str) -> None:
        self.asked = request
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "StartMessageMoveTask")
        if not any(request["SourceArn"].endswith((name, f"{name}.fifo")) for name in self.sources):
            message = "Source queue must be configured as a Dead Letter Queue."
            error = ClientError(
                {"Error": {"Code": "InvalidParameterValue", "Message": message}}, "StartMessageMoveTask"
            )
            raise error


def of_queues() -> frozenset[str]:
    """The dead-letter queues of template.yaml that are those of a queue, by the names of the API."""
    queues = template().of_type("AWS::SQS::Queue").values()
    targets = [queue["RedrivePolicy"]["deadLetterTargetArn"] for queue in queues if "RedrivePolicy" in queue]
    named = {name: f"{''.join(part.title() for part in name.split('-')[:-2])}DeadLetterQueue" for name in DESTINATIONS}
    return frozenset(name for name, logical_id in named.items() if logical_id in map(arn_of, targets))


@pytest.mark.parametrize("name", sorted(DESTINATIONS))
def test_dead_letters_are_moved_also_where_the_queue_service_refuses_those_of_a_rule(
    services: Services, name: str
) -> None:
    put_letters(services, name, 2)
    sqs = StrictSqs(services.sqs, of_queues())

    begun = redrive(name, services.queues, sqs, services.clock)  # type: ignore[arg-type]

    if name == "rule-dead-letters":
        assert (begun.moved, begun.is_done, sqs.asked) == (2, True, {})
        assert bodies(services, "ingest") == ["letter 0", "letter 1"]
    else:
        assert (begun.moved, begun.is_done) == (None, True)
        assert sqs.asked["DestinationArn"].removesuffix(".fifo").endswith(DESTINATIONS[name])


def test_a_letter_of_the_rule_is_the_event_as_the_router_reads_it(client: ApiClient, services: Services) -> None:
    # given: the body as EventBridge leaves it, with its own attributes beside
    body = on_bus(event(event_id="e1")).decode()
    attributes = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}
    url = services.queues["rule-dead-letters"]
    services.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)

    # when
    client.post("/v1/ops/queues/rule/redrive")

    # then
    (moved,) = bodies(services, "ingest")
    envelope = msgspec.json.decode(moved, type=Envelope)
    assert route(envelope, stamp(NOW), configuration()).event_id == "S1-e1"


def test_a_call_moves_so_many_and_the_next_ones_the_rest(
    client: ApiClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    monkeypatch.setattr(admin_queues, "BY_HAND", 20)
    put_letters(services, "rule-dead-letters", 45)

    # when
    answers = [client.post("/v1/ops/queues/rule/redrive").json for _ in range(3)]

    # then: none is lost, none comes twice
    assert [(each["moved"], each["is_done"]) for each in answers] == [(20, False), (20, False), (5, True)]
    assert bodies(services, "ingest") == sorted(f"letter {number}" for number in range(45))


class RefusingSqs:
    """Takes no letter that `is_refused`; the deleting of letters fails as often as `lost` says."""

    def __init__(self, inner: Any, is_refused: Callable[[str], bool], lost: int = 0) -> None:
        self.inner = inner
        self.is_refused = is_refused
        self.lost = lost

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        taken = [each for each in Entries if not self.is_refused(each["MessageBody"])]
        failed = [{"Id": each["Id"]} for each in Entries if self.is_refused(each["MessageBody"])]
        if taken:
            self.inner.send_message_batch(QueueUrl=QueueUrl, Entries=taken)
        return {"Failed": failed}

    def delete_message_batch(self, **request: Any) -> Any:
        if self.lost:
            self.lost -= 1
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        return self.inner.delete_message_batch(**request)


def test_a_letter_that_is_refused_stays_alone(services: Services) -> None:
    put_letters(services, "rule-dead-letters", 13)
    sqs: Any = RefusingSqs(services.sqs, lambda body: body == "letter 7")

    moved = redrive("rule", services.queues, sqs, services.clock)

    assert moved.moved == 12
    assert bodies(services, "ingest") == sorted(f"letter {number}" for number in range(13) if number != 7)


def test_where_no_letter_is_taken_all_of_them_stay(services: Services) -> None:
    put_letters(services, "rule-dead-letters", 3)
    sqs: Any = RefusingSqs(services.sqs, lambda _: True)

    with pytest.raises(StoreError):
        redrive("rule", services.queues, sqs, services.clock)

    assert bodies(services, "ingest") == []


def test_who_dies_between_sending_and_deleting_loses_nothing(services: Services) -> None:
    # given
    services.sqs.set_queue_attributes(
        QueueUrl=services.queues["rule-dead-letters"], Attributes={"VisibilityTimeout": "0"}
    )
    put_letters(services, "rule-dead-letters", 3)
    sqs: Any = RefusingSqs(services.sqs, lambda _: False, lost=1)

    # when
    with pytest.raises(StoreError):
        redrive("rule", services.queues, sqs, services.clock)
    redrive("rule", services.queues, sqs, services.clock)

    # then: the router knows an event again by its id
    assert set(bodies(services, "ingest")) == {"letter 0", "letter 1", "letter 2"}


def test_letters_that_are_being_moved_are_a_conflict(services: Services) -> None:
    sqs: Any = StrictSqs(services.sqs, of_queues(), "AWS.SimpleQueueService.UnsupportedOperation")

    with pytest.raises(Problem) as raised:
        redrive("push", services.queues, sqs, services.clock)

    assert (raised.value.status, raised.value.code) == (409, "redrive_running")


# The summary


def test_the_summary_tells_depths_dead_letters_breakers_and_counts(
    client: ApiClient, services: Services, dynamodb: Any, tables: Tables
) -> None:
    campus = CampusLogs(dynamodb, tables)
    campus.add(40)
    campus.add(6, LogStatus.FAILED, first=100)
    campus.add(5, LogStatus.SUPERSEDED, first=200, newest_at=START - 7200)
    campus.add(7, LogStatus.RETRYING, first=300, newest_at=START - 3 * 86_400)
    put_letters(services, "push", 2)
    put_letters(services, "ai-dead-letters", 3)

    found = client.get("/v1/ops/summary").json

    queue = {each["name"]: each for each in found["queues"]}
    assert (queue["push"]["waiting"], queue["push"]["oldest_age_s"]) == (2, 42)
    assert (queue["ingest"]["waiting"], queue["ingest"]["oldest_age_s"]) == (0, 0)
    assert (queue["ai-dead-letters"]["oldest_age_s"], found["dead_letters"]) == (None, 3)
    hour = {"succeeded": 40, "failed": 6, "retrying": 0, "superseded": 0, "skipped": 0, "is_exact": True}
    assert found["last_hour"] == hour
    assert found["last_day"] == {**hour, "superseded": 5}
    asked = found["ai_questions"]
    assert (asked["asked"], asked["cost"], asked["limit"], asked["reached"]) == (0, 0.0, 20_000, "")
    (platform,) = found["platforms"]
    assert (platform["id"], platform["breaker"]["state"]) == (PLATFORM, "closed")
    assert platform["last_success_at"] == stamp(START)


def test_while_a_platform_is_down_its_last_success_lies_before_that(
    client: ApiClient, services: Services, dynamodb: Any, tables: Tables
) -> None:
    campus = CampusLogs(dynamodb, tables)
    campus.add(10, newest_at=START - 3000)
    campus.add(400, LogStatus.RETRYING, first=100, newest_at=START)
    CoordinationTable(dynamodb, tables.CoordinationTable).open_breaker(PLATFORM, START - 2900, "503")

    (platform,) = client.get("/v1/ops/summary").json["platforms"]

    assert platform["breaker"] == {**CLOSED, "state": "open", "opened_at": stamp(START - 2900), "reason": "503"}
    assert platform["last_success_at"] == stamp(START - 3000)


def test_a_platform_that_asked_to_be_left_alone_is_shown_so_until_that_is_over(
    client: ApiClient, dynamodb: Any, tables: Tables
) -> None:
    coordination = CoordinationTable(dynamodb, tables.CoordinationTable)
    coordination.keep_quiet(PLATFORM, NOW)
    (over,) = client.get("/v1/ops/summary").json["platforms"]
    coordination.keep_quiet(PLATFORM, NOW + 60)
    (quiet,) = client.get("/v1/ops/summary").json["platforms"]

    assert (over["breaker"], quiet["breaker"]) == (CLOSED, {**CLOSED, "quiet_until": stamp(NOW + 60)})


def test_the_summary_tells_of_each_ai_platform_how_it_stands_by_one_read(
    client: ApiClient, services: Services, dynamodb: Any, tables: Tables, ministack: str
) -> None:
    configurator = Configurator(tables.ConfigurationTable, REGION, ministack)
    for name in ("down", "in-debt", "well"):
        configurator.save_platform(PlatformConfig(name, name, "Aigc", True, 0, AIGC_SETTINGS))
    coordination = CoordinationTable(dynamodb, tables.CoordinationTable)
    coordination.note_answer("down", START - 700)
    coordination.open_breaker("down", START - 600, "503")
    coordination.open_breaker("in-debt", START - 300, "Arrearage", wants_money=True)
    coordination.note_answer("well", START - 30)
    calls, asked = services.dynamodb.meta.events, Counter[str]()

    calls.register("before-call.dynamodb.GetItem", note := lambda params, **_: asked.update(_key_of(_body_of(params))))
    found = client.get("/v1/ops/summary").json["ai_platforms"]
    calls.unregister("before-call.dynamodb.GetItem", note)

    told = [(each["id"], each["enabled"], each["breaker"], each["last_success_at"]) for each in found]
    opened = {**CLOSED, "state": "open"}
    debt = {**opened, "opened_at": stamp(START - 300), "reason": "Arrearage", "wants_money": True}
    assert told == [
        ("down", True, {**opened, "opened_at": stamp(START - 600), "reason": "503"}, stamp(START - 700)),
        ("in-debt", True, debt, None),
        ("well", True, CLOSED, stamp(START - 30)),
    ]
    assert [asked[f"breaker#{name}"] for name in ("down", "in-debt", "well")] == [1, 1, 1]


@pytest.mark.parametrize("status", ["rejected", "skipped"])
def test_the_summary_counts_what_went_nowhere_in_the_last_day_by_four_queries_however_much_there_is(
    client: ApiClient, services: Services, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    asked: list[dict[str, Any]] = []
    calls = services.dynamodb.meta.events
    table = EventTable(services.dynamodb, services.tables["events"], 90)
    for number in range(30):
        table.record(UnroutedEvent(f"e{number}", status, "", stamp(START + number)), b"{}", "spare")
    table.record(UnroutedEvent("old", status, "", stamp(NOW - 86_401)), b"{}", "spare")

    calls.register("before-call.dynamodb.Query", note := lambda params, **_: asked.append(_body_of(params)))
    found = client.get("/v1/ops/summary").json[f"{status}_events"]
    calls.unregister("before-call.dynamodb.Query", note)
    monkeypatch.setattr(summary, "UNROUTED_COUNTED", 2)
    cut = client.get("/v1/ops/summary").json[f"{status}_events"]

    assert found == {"count": 30, "is_exact": True}
    assert cut == {"count": 8, "is_exact": False}
    of_events = [each for each in asked if each["TableName"] == services.tables["events"]]
    counts = [each["Select"] for each in of_events if status in str(each["ExpressionAttributeValues"])]
    assert counts == ["COUNT"] * 4


def test_an_empty_site_has_a_summary(client: ApiClient) -> None:
    found = client.get("/v1/ops/summary").json

    assert found["dead_letters"] == 0
    assert found["rejected_events"] == found["skipped_events"] == {"count": 0, "is_exact": True}
    assert found["platforms"][0]["last_success_at"] is None
    assert found["last_day"]["is_exact"]


def test_without_cloudwatch_the_depths_are_told_all_the_same(services: Services) -> None:
    put_letters(services, "ingest", 1)
    nowhere = unreachable("cloudwatch")

    found = {each.name: each for each in read_queues(services.queues, services.sqs, nowhere, NOW)}

    assert (found["ingest"].waiting, found["ingest"].oldest_age_s) == (1, None)
    nowhere.close()


@pytest.mark.parametrize(
    "path", ["/v1/ops/summary", "/v1/rejected-events", "/v1/ops/queues/push/redrive", "/v1/ops/reconcile"]
)
def test_operations_are_for_operators(client: ApiClient, path: str) -> None:
    method = "POST" if path.endswith(("redrive", "reconcile")) else "GET"
    assert client.as_("a", "approver").call(method, path).status == 403
    assert client.as_("", "").call(method, path).status == 401


def test_the_summary_costs_the_same_calls_with_few_logs_as_with_many(
    tables: Tables, ministack: str, services: Services, client: ApiClient, dynamodb: Any
) -> None:
    counted: list[str] = []
    metered = new_client("dynamodb", ministack)
    metered.meta.events.register("before-call.dynamodb", lambda model, **_: counted.append(model.name))
    api = build_client(
        build_services(
            metered,
            tables,
            sqs=services.sqs,
            ssm=services.ssm,
            cloudwatch=CloudWatch(),
            clock=lambda: NOW,
            queues=services.queues,
        ),
        summary.router,
    )
    campus = CampusLogs(dynamodb, tables)
    campus.add(300)
    costs = []
    for _ in range(2):
        api.get("/v1/ops/summary")
        counted.clear()
        assert api.get("/v1/ops/summary").status == 200
        costs.append(sorted(counted))
        campus.add(700, first=1000, with_documents=False)
        campus.add(700, LogStatus.FAILED, first=5000, with_documents=False)
    metered.close()

    assert costs[0] == costs[1]


def test_the_summary_shows_a_platform_that_cannot_be_read_and_what_the_rules_leave_out(
    client: ApiClient, services: Services
) -> None:
    table = services.tables["configuration"]
    services.dynamodb.put_item(
        TableName=table,
        Item={"kind": {"S": "platform"}, "id": {"S": "broken"}, "name": {"S": "坏"}, "settings": {"S": "{"}},
    )
    draft = {"kind": {"S": "rule"}, "id": {"S": "draft"}, "name": {"S": "草稿"}, "enabled": {"BOOL": False}}
    services.dynamodb.put_item(TableName=table, Item=draft)

    found = client.get("/v1/ops/summary").json

    (broken,) = [each for each in found["platforms"] if each["id"] == "broken"]
    assert (broken["name"], bool(broken["unreadable"])) == ("坏", True)
    assert found["rule_gaps"][-1].startswith("no trigger rule is enabled: every event goes to ")
