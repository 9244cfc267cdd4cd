"""Push logs: whole, found by event, found by what needs a look, gone after their retention."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from taskbridge.attempts import Attempt
from taskbridge.errors import StoreError
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.tables.push_log_items import STATUS_SHARDS, status_shard
from taskbridge.tables.push_logs import PushLogTable, load_own, load_shared
from tests.builders import RECEIVED_AT
from tests.functional.aws import Tables, unreachable

RETENTION_S = 30 * 86_400.0


@pytest.fixture
def logs(dynamodb: Any, tables: Tables) -> PushLogTable:
    return PushLogTable(dynamodb, tables.PushLogTable, RETENTION_S)


def log(event_id: str = "e1", status: LogStatus = LogStatus.SUCCEEDED, platform_id: str = "jz", **more: Any) -> PushLog:
    attempt = Attempt(1.5, "insert_task", "T1", "POST", "/x", "请求🎓", 200, "回答", 12, "")
    values: dict[str, Any] = {
        "sess_id": "S1",
        "action": "task_received",
        "sequence": 7,
        "received_at": RECEIVED_AT,
        "updated_at": "2026-11-22T01:30:06.000+00:00",
        "entries": {"T1": Entry(status, "insert_task", reason="原因")},
        "attempts": [attempt],
    }
    return PushLog(event_id, platform_id, **{**values, **more})


def listed(dynamodb: Any, table: str, status: LogStatus, platform_id: str = "jz") -> list[str]:
    found = []
    for shard in range(STATUS_SHARDS):
        answer = dynamodb.query(
            TableName=table,
            IndexName="by_status",
            KeyConditionExpression="status_shard = :shard",
            ExpressionAttributeValues={":shard": {"S": f"{platform_id}#{status}#{shard}"}},
        )
        found += [item["event_id"]["S"] for item in answer["Items"]]
    return sorted(found)


def test_a_log_comes_back_as_it_was_stored(logs: PushLogTable) -> None:
    written = log(status=LogStatus.FAILED)

    logs.put([written])

    assert logs.load([("e1", "jz")]) == {("e1", "jz"): written}


def test_logs_that_do_not_exist_are_left_out_and_one_that_is_asked_for_twice_is_read_once(logs: PushLogTable) -> None:
    logs.put([log("e1"), log("e2", platform_id="jz-2")])

    found = logs.load([("e1", "jz"), ("e1", "jz"), ("e2", "jz"), ("e404", "jz")])

    assert list(found) == [("e1", "jz")]


def test_more_logs_than_one_call_takes_are_written_and_read(logs: PushLogTable) -> None:
    written = [log(f"e{number}") for number in range(130)]

    logs.put(written)

    assert len(logs.load([(each.event_id, "jz") for each in written])) == 130


def test_an_event_tells_what_became_of_it_on_each_platform(logs: PushLogTable) -> None:
    logs.put([log("e1"), log("e1", LogStatus.FAILED, "jz-2"), log("e2")])

    assert {each.platform_id: each.status for each in logs.of_event("e1")} == {"jz": "succeeded", "jz-2": "failed"}
    assert logs.of_event("e404") == []


def test_only_what_needs_a_look_is_in_the_list_and_leaves_it_when_it_succeeds(
    logs: PushLogTable, dynamodb: Any, tables: Tables
) -> None:
    table = tables.PushLogTable
    logs.put([log(f"e{number}", LogStatus.FAILED) for number in range(9)])
    logs.put([log("e9", LogStatus.RETRYING), log("e10")])
    assert len(listed(dynamodb, table, LogStatus.FAILED)) == 9
    assert listed(dynamodb, table, LogStatus.RETRYING) == ["e9"]
    assert listed(dynamodb, table, LogStatus.SUCCEEDED) == []

    logs.put([log("e0"), log("e1", LogStatus.RETRYING)])

    assert listed(dynamodb, table, LogStatus.FAILED) == [f"e{number}" for number in range(2, 9)]
    assert listed(dynamodb, table, LogStatus.RETRYING) == ["e1", "e9"]


def test_the_list_of_a_status_is_spread_over_partitions() -> None:
    shards = {status_shard("jz", LogStatus.FAILED, f"e{number}") for number in range(100)}

    assert len(shards) == STATUS_SHARDS


def test_a_log_goes_by_itself_after_the_retention_from_its_last_change(
    logs: PushLogTable, dynamodb: Any, tables: Tables
) -> None:
    logs.put([log()])

    (item,) = dynamodb.scan(TableName=tables.PushLogTable)["Items"]

    changed = datetime.fromisoformat("2026-11-22T01:30:06.000+00:00").timestamp()
    assert int(item["expires_at"]["N"]) == changed + RETENTION_S


def test_a_log_that_never_knew_when_its_event_came_is_listed_by_its_last_change(
    logs: PushLogTable, dynamodb: Any, tables: Tables
) -> None:
    logs.put([log(received_at="", status=LogStatus.FAILED)])

    (item,) = dynamodb.scan(TableName=tables.PushLogTable)["Items"]

    assert item["received_at"]["S"] == "2026-11-22T01:30:06.000+00:00"


def test_ten_attempts_with_all_they_said_fit_into_an_item(logs: PushLogTable) -> None:
    long = Attempt(1.5, "insert_task", "T1", "POST", "/x", "长" * 4000, 200, "🎓" * 2000, 12, "长" * 500)

    logs.put([log(attempts=[long] * 10)])

    (found,) = logs.load([("e1", "jz")]).values()
    assert found.attempts == [long] * 10


def test_nothing_to_write_is_no_call(dynamodb: Any) -> None:
    PushLogTable(dynamodb, "no-such-table", RETENTION_S).put([])


@pytest.mark.parametrize("place", ["not there", "not reachable"])
def test_a_table_that_does_not_answer_is_a_store_error(dynamodb: Any, place: str) -> None:
    nowhere = PushLogTable(dynamodb if place == "not there" else unreachable("dynamodb"), "no-such-table", RETENTION_S)

    with pytest.raises(StoreError):
        nowhere.put([log()])
    with pytest.raises(StoreError):
        nowhere.load([("e1", "jz")])
    with pytest.raises(StoreError):
        nowhere.of_event("e1")


# One event id of two instances


def theirs(**more: Any) -> PushLog:
    return log(sess_id="S2", entries={"T2": Entry(LogStatus.SUCCEEDED)}, **more)


def test_two_instances_that_used_one_event_id_have_a_log_each_and_both_tell_of_the_other(logs: PushLogTable) -> None:
    first, second = log(), theirs()

    assert logs.put([first]) == []
    assert logs.put([second]) == [second]

    assert [(each.sess_id, each.shared_with, list(each.entries)) for each in logs.of_event("e1")] == [
        ("S1", ["S2"], ["T1"]),
        ("S2", ["S1"], ["T2"]),
    ]
    assert second.key not in ((first.event_id, first.platform_id), first.key)


def test_one_call_that_names_an_event_twice_is_made_as_two(logs: PushLogTable) -> None:
    innocent = [log(f"i{number}") for number in range(30)]

    (beside,) = logs.put([*innocent, log(), theirs(), log("e9")])

    assert (beside.sess_id, beside.is_beside) == ("S2", True)
    assert len(logs.load([each.key for each in innocent])) == 30
    assert [each.sess_id for each in logs.of_event("e1")] == ["S1", "S2"]


def test_either_log_is_carried_on_where_it_stands_and_no_note_is_lost(logs: PushLogTable) -> None:
    logs.put([log()])
    (mine,) = load_own(logs, [("e1", "jz", "S1")]).values()  # read before the other came
    logs.put([theirs()])
    (other,) = load_own(logs, [("e1", "jz", "S2")]).values()

    mine.entries["T1"].reason, other.entries["T2"].reason = "meins", "seins"
    assert logs.put([mine, other]) == []

    found = {each.sess_id: each for each in logs.of_event("e1")}
    assert [found["S1"].entries["T1"].reason, found["S2"].entries["T2"].reason] == ["meins", "seins"]
    assert [found["S1"].shared_with, found["S2"].shared_with] == [["S2"], ["S1"]]


def test_an_event_that_comes_again_after_its_log_was_written_is_no_clash(logs: PushLogTable) -> None:
    logs.put([log(), theirs()])

    again = [log(status=LogStatus.FAILED), theirs(status=LogStatus.FAILED)]

    assert [each.sess_id for each in logs.put(again)] == ["S2"]
    assert [(each.sess_id, each.shared_with) for each in logs.of_event("e1")] == [("S1", ["S2"]), ("S2", ["S1"])]


def test_a_log_that_outlived_its_retention_meanwhile_is_written_anew(
    logs: PushLogTable, dynamodb: Any, tables: Tables
) -> None:
    logs.put([log()])
    (known,) = logs.load([("e1", "jz")]).values()
    dynamodb.delete_item(TableName=tables.PushLogTable, Key={"event_id": {"S": "e1"}, "platform_id": {"S": "jz"}})

    assert logs.put([known]) == []

    assert [each.sess_id for each in logs.of_event("e1")] == ["S1"]


def test_whoever_shares_an_event_id_is_found_with_it(logs: PushLogTable) -> None:
    logs.put([log(), log("e2")])
    logs.put([theirs()])
    logs.put([log(sess_id="S3")])

    shared = load_shared(logs, [("e1", "jz"), ("e2", "jz"), ("e404", "jz")])

    assert {key: sorted(each.sess_id for each in found) for key, found in shared.items()} == {
        ("e1", "jz"): ["S1", "S2", "S3"],
        ("e2", "jz"): ["S1"],
    }


def test_a_list_by_status_goes_on_behind_a_log_that_stands_beside_another(logs: PushLogTable) -> None:
    failed = LogStatus.FAILED
    logs.put([log(status=failed)])
    logs.put([log(sess_id=f"S{number}", status=failed) for number in range(2, 6)])
    shard = status_shard("jz", failed, "e1")
    seen: list[str] = []
    after: tuple[str, ...] = ()
    has_more = True
    while has_more:
        page, has_more = logs.by_status(shard, "2026", "2027", 2, after=after)
        seen += [each.log.sess_id for each in page]
        after = page[-1].place if page else after

    assert sorted(seen) == ["S1", "S2", "S3", "S4", "S5"]
