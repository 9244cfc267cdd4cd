"""What the bench makes of what it measured. Nothing is measured here."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from bench import prices
from bench.capacity import Meter, item_size
from bench.command_line import run
from bench.cost import Run
from bench.errors import BenchError
from bench.ours import ByteCount
from bench.prices import Line
from bench.surroundings import function_environment, table_schemas
from bench.table import Row, render
from local.settings import ROOT
from local.template import read_template

LOGS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "event_id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "KeySchema": [
                {"AttributeName": "status_shard", "KeyType": "HASH"},
                {"AttributeName": "received_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
INSTANCES: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "instance", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "KeySchema": [{"AttributeName": "due_at", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}


def a_row(**given: Any) -> Row:
    whole: dict[str, Any] = {
        "name": "speed",
        "ours": "3 ms",
        "beside": "10 ms, a loop",
        "ratio": 0.3,
        "value": 0.3,
        "target": 0.6,
    }
    return Row(**whole | given)


def a_meter() -> Meter:
    return Meter({"logs": LOGS, "instances": INSTANCES})


def put(meter: Meter, **attributes: dict[str, Any]) -> None:
    writes = [{"PutRequest": {"Item": {"event_id": {"S": "E1"}, **attributes}}}]
    meter.count("BatchWriteItem", {"RequestItems": {"logs": writes}}, {})


def execute(meter: Meter, statement: str, *parameters: dict[str, Any], error: str = "") -> None:
    request = {"Statements": [{"Statement": statement, "Parameters": list(parameters)}]}
    response: dict[str, Any] = {"Error": {"Code": error}} if error else {}
    meter.count("BatchExecuteStatement", request, {"Responses": [response]})


# -- the table


def test_a_target_is_met_up_to_and_including_its_bound() -> None:
    assert a_row(value=0.6).met is True
    assert a_row(value=0.61).met is False


def test_a_strict_target_is_missed_at_its_bound() -> None:
    assert a_row(value=0.6, strict=True).met is False
    assert a_row(value=0.59, strict=True).met is True


def test_the_table_shows_every_row_with_what_ran_beside_it() -> None:
    rows = [
        a_row(),
        a_row(name="attempts", ratio=0.00102, value=0.00102, target=0.01, strict=True),
        a_row(name="cost", ratio=None, value=4.2, target=4.15, unit=" USD"),
        a_row(name="beside Celery", ratio=None, value=None, target=1.0, strict=True),
    ]

    lines = [line.split("  ") for line in render(rows).splitlines()]

    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells[0] == ["measurement", "ours", "beside it", "ratio", "target", "met"]
    assert cells[2:] == [
        ["speed", "3 ms", "10 ms, a loop", "0.30", "at most 0.6", "yes"],
        ["attempts", "3 ms", "10 ms, a loop", "0.001", "below 0.01", "yes"],
        ["cost", "3 ms", "10 ms, a loop", "-", "at most 4.15 USD", "NO"],
        ["beside Celery", "3 ms", "10 ms, a loop", "-", "below 1", "skipped"],
    ]


# -- the command


def test_everything_met_or_skipped_ends_with_success(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    status = run({"cpu": lambda say: [a_row(), a_row(value=None)]}, said.append)

    assert status == 0
    assert "speed" in capsys.readouterr().out
    assert said[0] == "cpu ..."


def test_a_missed_target_ends_with_failure() -> None:
    assert run({"cpu": lambda say: [a_row(), a_row(value=0.7)]}, lambda _: None) == 1


def test_what_cannot_be_measured_ends_with_failure_and_does_not_keep_the_rest_from_being_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given
    def broken(say: object) -> list[Row]:
        raise BenchError("the emulator ended")

    said: list[str] = []

    # when
    status = run({"cost": broken, "cpu": lambda say: [a_row()]}, said.append)

    # then
    assert status == 1
    assert "  cost could not be measured: the emulator ended" in said
    assert "speed" in capsys.readouterr().out


# -- prices


def test_the_bill_is_what_an_event_needs_times_what_a_million_costs() -> None:
    lines = [Line("events", 1.0, prices.EVENTBRIDGE), Line("writes", 3.1, prices.DYNAMODB_WRITE)]

    assert prices.total(lines) == pytest.approx(1.00 + 1.9375)
    assert prices.render_bill(lines).splitlines()[-1].endswith("2.9375 USD")


@pytest.mark.parametrize(("size", "requests"), [(0, 1), (65_536, 1), (65_537, 2), (200_000, 4)])
def test_a_request_is_counted_for_each_64_kb(size: int, requests: int) -> None:
    assert prices.chunks(size) == requests


def test_computing_takes_longer_where_the_memory_gives_a_share_of_a_processor() -> None:
    # when a quarter of a processor computes for 10 ms and waits for 90
    quarter = prices.FULL_CPU_MB / 4
    cost = prices.gb_seconds(int(quarter), wall_s=0.1, cpu_s=0.01)

    # then it computes for some 40 ms
    assert cost == pytest.approx(0.131 * int(quarter) / 1024)


def test_a_function_with_a_whole_processor_is_billed_by_the_started_millisecond() -> None:
    assert prices.gb_seconds(2048, wall_s=0.0501, cpu_s=0.05) == pytest.approx(0.051 * 2)


def test_one_slow_invocation_does_not_make_the_bill() -> None:
    run_of_three = Run(wall_s=[0.1, 0.1, 9.0], cpu_s=[0.0, 0.0, 0.0])

    assert run_of_three.gb_seconds(1024) == pytest.approx(0.1)


def test_log_lines_are_counted_in_bytes() -> None:
    log = ByteCount()

    print("任务", file=log)

    assert log.bytes == 7


# -- capacity units


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    item: dict[str, dict[str, Any]] = {
        "id": {"S": "任务"},
        "n": {"N": "-12.5"},
        "b": {"B": b"12345"},
        "yes": {"BOOL": True},
        "l": {"L": []},
    }

    assert item_size(item) == (2 + 6) + (1 + 3) + (1 + 5) + (3 + 1) + (1 + 3)


def test_a_write_costs_a_unit_for_each_started_kb_of_the_larger_of_before_and_after() -> None:
    meter = a_meter()

    put(meter, detail={"B": b"x" * 2000})
    put(meter, detail={"B": b"x"})

    assert meter.units.writes == 2 + 2


def test_an_index_costs_nothing_for_items_that_are_not_in_it() -> None:
    meter = a_meter()

    put(meter, received_at={"S": "2026"})
    put(meter, received_at={"S": "2027"})

    assert meter.units.index_writes == 0


def test_an_index_costs_a_unit_to_enter_two_to_move_and_one_to_leave() -> None:
    meter = a_meter()
    costs = []

    for shard in ("failed#1", "retrying#1", None):
        before = meter.units.index_writes
        put(meter, received_at={"S": "2026"}, **({"status_shard": {"S": shard}} if shard else {}))
        costs.append(meter.units.index_writes - before)

    assert costs == [1, 2, 1]


def test_an_index_of_keys_costs_nothing_where_only_the_rest_of_an_item_changes() -> None:
    meter = a_meter()
    insert = "INSERT INTO \"instances\" VALUE {'instance': ?, 'version': ?, 'due_at': ?}"
    update = 'UPDATE "instances" SET "version" = ? WHERE "instance" = ? AND "version" = ?'

    execute(meter, insert, {"S": "P1"}, {"N": "1"}, {"N": "100"})
    execute(meter, update, {"N": "2"}, {"S": "P1"}, {"N": "1"})

    assert (meter.units.writes, meter.units.index_writes) == (2, 1)


def test_an_attribute_that_is_removed_takes_the_item_out_of_its_index() -> None:
    meter = a_meter()
    insert = "INSERT INTO \"instances\" VALUE {'instance': ?, 'due_at': ?}"
    update = 'UPDATE "instances" SET "version" = ? REMOVE "due_at" WHERE "instance" = ? AND "version" = ?'

    execute(meter, insert, {"S": "P1"}, {"N": "100"})
    execute(meter, update, {"N": "2"}, {"S": "P1"}, {"N": "1"})

    assert meter.units.index_writes == 2


def test_a_write_whose_condition_fails_costs_a_unit_and_changes_nothing() -> None:
    # given
    meter = a_meter()
    insert = "INSERT INTO \"instances\" VALUE {'instance': ?, 'due_at': ?}"
    execute(meter, insert, {"S": "P1"}, {"N": "100"})

    # when
    execute(meter, insert, {"S": "P1"}, {"N": "200"}, error="DuplicateItem")

    # then
    assert (meter.units.writes, meter.units.index_writes) == (2, 1)


def test_a_consistent_read_costs_a_unit_for_each_4_kb_and_one_where_nothing_is() -> None:
    meter = a_meter()
    keys = [{"instance": {"S": "P1"}}, {"instance": {"S": "P2"}}]
    request = {"RequestItems": {"instances": {"Keys": keys, "ConsistentRead": True}}}
    found = {"instance": {"S": "P1"}, "document": {"B": b"x" * 5000}}

    meter.count("BatchGetItem", request, {"Responses": {"instances": [found]}})

    assert meter.units.reads == 2 + 1


def test_a_read_that_need_not_be_consistent_costs_half() -> None:
    meter = a_meter()

    meter.count("Query", {"TableName": "logs"}, {"Items": []})

    assert meter.units.reads == 0.5


def test_a_call_that_nobody_taught_the_meter_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="TransactWriteItems"):
        a_meter().count("TransactWriteItems", {}, {})


# -- the surroundings


def test_a_function_gets_the_environment_that_the_template_gives_it() -> None:
    template = read_template()

    environment = function_environment(template, {"PushQueue": "PushQueue-of-bench"}, "push_task")

    assert f"{environment['TABLE_PREFIX']}-instances" in table_schemas(template)
    assert environment["PUSH_QUEUE_URL"] == "PushQueue-of-bench"
    assert environment["PARAMETER_PREFIX"] == "/taskbridge/dev"
    assert environment["TOKEN_STORE"] == "ssm"
    assert environment["VALKEY_URL"] == ""
    assert environment["POWERTOOLS_SERVICE_NAME"] == "push_task"


def test_what_celery_runs_needs_nothing_of_the_functions_and_the_layer() -> None:
    """Its environment has only the root of the project on its path."""
    only_the_root = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}

    subprocess.run([sys.executable, "-c", "import bench.lone_loop"], check=True, env=only_the_root)
