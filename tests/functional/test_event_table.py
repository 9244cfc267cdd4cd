"""Events that went nowhere: a skipped one with its reason, a rejected one whole, and no one in the place of another."""

from __future__ import annotations

import os
from typing import Any

import pytest

from taskbridge.errors import StoreError
from taskbridge.tables.dynamo import PART_BYTES
from taskbridge.tables.events import EventTable, UnroutedEvent
from tests.builders import RECEIVED_AT, event, on_bus
from tests.functional.aws import Tables, unreachable

DAYS = 30.0
RECEIVED_S = 1_795_311_005


@pytest.fixture
def events(moto: Any, moto_tables: Tables) -> EventTable:
    return EventTable(moto, moto_tables.EventTable, DAYS)


def unrouted(status: str = "rejected", event_id: str = "e1", **changes: Any) -> UnroutedEvent:
    values = {"reason": "sequence: expected `int`", "received_at": RECEIVED_AT, "action": "task_received"}
    return UnroutedEvent(event_id, status, **{**values, **changes})


def read(events: EventTable, event_id: str = "e1") -> UnroutedEvent:
    found = events.read(event_id)
    assert found is not None
    return found


def raw_items(moto: Any, tables: Tables) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = moto.scan(TableName=tables.EventTable)["Items"]
    return sorted(found, key=lambda item: (item["event_id"]["S"], int(item["part"]["N"])))


def test_a_rejected_event_is_kept_whole(events: EventTable) -> None:
    body = on_bus(event(subject="🎓"))

    assert events.record(unrouted(app_id="leave", sess_id="S1"), body, "m1") == "e1"

    found = read(events)
    assert (found.status, found.reason, found.received_at) == ("rejected", "sequence: expected `int`", RECEIVED_AT)
    assert (found.action, found.app_id, found.sess_id) == ("task_received", "leave", "S1")
    assert found.body == body


def test_of_a_skipped_event_the_facts_are_kept_and_not_the_form(events: EventTable) -> None:
    events.record(unrouted("skipped", reason="unknown action"), on_bus(event()), "m1")

    found = read(events)
    assert (found.status, found.reason, found.body) == ("skipped", "unknown action", b"")


def test_what_was_never_recorded_is_not_found(events: EventTable) -> None:
    assert events.read("e404") is None


def test_an_event_of_900_kb_that_cannot_be_compressed_is_kept_whole_in_parts(
    events: EventTable, moto: Any, moto_tables: Tables
) -> None:
    body = os.urandom(900_000)

    events.record(unrouted(), body, "m1")

    assert read(events).body == body
    items = raw_items(moto, moto_tables)
    assert [int(item["part"]["N"]) for item in items] == [0, 1, 2]
    assert all(len(item["detail"]["B"]) <= PART_BYTES for item in items)
    assert ["status_shard" in item for item in items] == [True, False, False]


def test_a_long_reason_is_cut_and_the_event_still_kept(events: EventTable) -> None:
    events.record(unrouted(reason="长" * 5000), b"{}", "m1")

    assert read(events).reason == "长" * 1000


def test_the_same_event_delivered_again_stands_there_once(events: EventTable, moto: Any, moto_tables: Tables) -> None:
    for _ in range(3):
        assert events.record(unrouted(), b'{"id": "e1"}', "m1") == "e1"

    assert len(raw_items(moto, moto_tables)) == 1


def test_another_event_with_the_same_id_takes_nothing_away(events: EventTable) -> None:
    assert events.record(unrouted(), b'{"id": "e1", "sequence": "soon"}', "m1") == "e1"
    assert events.record(unrouted(), b'{"id": "e1", "sequence": "late"}', "m2") == "e1~m2"
    assert events.record(unrouted(), b'{"id": "e1", "sequence": "never"}', "m3") == "e1~m3"

    assert read(events, "e1").body == b'{"id": "e1", "sequence": "soon"}'
    assert read(events, "e1~m2").body == b'{"id": "e1", "sequence": "late"}'
    assert read(events, "e1~m3").body == b'{"id": "e1", "sequence": "never"}'


def test_another_event_with_the_same_id_delivered_again_stands_there_once(
    events: EventTable, moto: Any, moto_tables: Tables
) -> None:
    events.record(unrouted(), b"one", "m1")
    for _ in range(2):
        events.record(unrouted(), b"two", "m2")

    assert [item["event_id"]["S"] for item in raw_items(moto, moto_tables)] == ["e1", "e1~m2"]


def test_a_shorter_event_with_the_id_of_a_longer_one_mixes_nothing(events: EventTable) -> None:
    long = os.urandom(900_000)
    events.record(unrouted(), long, "m1")

    events.record(unrouted(), b"short", "m2")

    assert read(events, "e1").body == long
    assert read(events, "e1~m2").body == b"short"


def test_an_event_that_is_rejected_after_it_was_skipped_is_kept_beside_it(events: EventTable) -> None:
    body = on_bus(event())
    events.record(unrouted("skipped"), body, "m1")

    assert events.record(unrouted("rejected"), body, "m1") == "e1~m1"

    assert (read(events, "e1").status, read(events, "e1~m1").body) == ("skipped", body)


def test_what_was_half_written_is_whole_after_the_next_delivery(
    events: EventTable, moto: Any, moto_tables: Tables
) -> None:
    body = os.urandom(800_000)
    events.record(unrouted(), body, "m1")
    moto.delete_item(TableName=moto_tables.EventTable, Key={"event_id": {"S": "e1"}, "part": {"N": "2"}})

    events.record(unrouted(), body, "m1")

    assert read(events).body == body


def test_events_are_found_by_status_and_time(events: EventTable, moto: Any, moto_tables: Tables) -> None:
    for number in range(8):
        status = "skipped" if number % 2 else "rejected"
        events.record(unrouted(status, f"e{number}", received_at=f"2026-11-2{number}T00:00:00+00:00"), b"{}", "m")

    found = []
    for shard in range(4):
        answer = moto.query(
            TableName=moto_tables.EventTable,
            IndexName="by_status",
            KeyConditionExpression="status_shard = :shard AND received_at >= :start",
            ExpressionAttributeValues={":shard": {"S": f"rejected#{shard}"}, ":start": {"S": "2026-11-22"}},
        )
        found += [item["event_id"]["S"] for item in answer["Items"]]

    assert sorted(found) == ["e2", "e4", "e6"]


def test_every_part_goes_by_itself_after_the_retention(events: EventTable, moto: Any, moto_tables: Tables) -> None:
    events.record(unrouted(), os.urandom(800_000), "m1")

    ends = {int(item["expires_at"]["N"]) for item in raw_items(moto, moto_tables)}

    assert ends == {RECEIVED_S + int(DAYS) * 86_400}


def test_a_table_that_is_not_there_or_cannot_be_reached_is_a_store_error(moto: Any) -> None:
    with pytest.raises(StoreError, match="ResourceNotFound"):
        EventTable(moto, "no-such-table", DAYS).record(unrouted(), b"{}", "m1")
    with pytest.raises(StoreError, match="EndpointConnectionError"):
        EventTable(unreachable("dynamodb"), "table", DAYS).record(unrouted(), b"{}", "m1")


def test_the_first_event_under_an_id_tells_where_the_others_stand(events: EventTable) -> None:
    events.record(unrouted("skipped", sess_id="A-1"), on_bus(event()), "m1")
    events.record(unrouted("skipped", sess_id="B-1"), on_bus(event(sequence=2)), "m2")
    events.record(unrouted("rejected"), on_bus(event(sequence=-1)), "m3")

    assert read(events).others == ("e1~m2", "e1~m3")
    assert read(events, "e1~m2").sess_id == "B-1"
