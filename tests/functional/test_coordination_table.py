"""Small items by which the workers of the fleet agree: one of many wins, and turns do not overlap."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from taskbridge.breaker import BreakerState
from taskbridge.errors import StoreError
from taskbridge.tables.coordination import CoordinationTable
from tests.builders import PLATFORM, START
from tests.fakes import MemoryCoordination
from tests.functional.aws import Tables, unreachable

T = TypeVar("T")
CROWD = 12
SAFETY_S = 30.0  # ends a test that hangs; no assertion depends on it


@pytest.fixture(params=["memory", "moto", "ministack"])
def coordination(request: pytest.FixtureRequest) -> Any:
    """Every implementation in turn: the fake that other tests trust, and the table on two emulators."""
    if request.param == "memory":
        return MemoryCoordination()
    name, names = ("moto", "moto_tables") if request.param == "moto" else ("dynamodb", "tables")
    client, tables = request.getfixturevalue(name), request.getfixturevalue(names)
    return CoordinationTable(client, tables.CoordinationTable)


@pytest.fixture
def table(dynamodb: Any, tables: Tables) -> CoordinationTable:
    return CoordinationTable(dynamodb, tables.CoordinationTable)


def together(call: Callable[[int], T]) -> list[T]:
    """What a crowd of workers gets that calls at the same moment."""
    start = threading.Barrier(CROWD, timeout=SAFETY_S)

    def run(number: int) -> T:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(run, range(CROWD)))


# Breakers


def test_a_breaker_that_nobody_opened_is_closed(coordination: Any) -> None:
    assert coordination.read_breaker(PLATFORM) == BreakerState()
    assert coordination.close_breaker(PLATFORM, START) is False


def test_a_breaker_is_opened_once_and_closed_once(coordination: Any) -> None:
    assert coordination.open_breaker(PLATFORM, START, "HTTP 503") is True
    assert coordination.open_breaker(PLATFORM, START + 9, "HTTP 502") is False
    assert coordination.read_breaker(PLATFORM) == BreakerState(True, START, 0.0, "HTTP 503")

    assert coordination.close_breaker(PLATFORM, START + 60) is True
    assert coordination.close_breaker(PLATFORM, START + 61) is False
    assert not coordination.read_breaker(PLATFORM).is_open


def test_a_breaker_that_was_closed_can_open_again(coordination: Any) -> None:
    coordination.open_breaker(PLATFORM, START, "first")
    coordination.take_probe(PLATFORM, START, 20.0)
    coordination.close_breaker(PLATFORM, START + 60)

    assert coordination.open_breaker(PLATFORM, START + 90, "second") is True
    assert coordination.read_breaker(PLATFORM) == BreakerState(True, START + 90, 0.0, "second")


def test_each_platform_has_its_own_breaker(coordination: Any) -> None:
    coordination.open_breaker(PLATFORM, START, "down")

    assert not coordination.read_breaker("jz-2").is_open


def test_a_probe_is_lent_to_one_until_its_time_is_over(coordination: Any) -> None:
    assert coordination.take_probe(PLATFORM, START, 20.0) is False  # closed: nothing to probe
    coordination.open_breaker(PLATFORM, START, "down")

    assert coordination.take_probe(PLATFORM, START, 20.0) is True
    assert coordination.take_probe(PLATFORM, START + 19.9, 20.0) is False
    assert coordination.take_probe(PLATFORM, START + 20.0, 20.0) is True
    coordination.close_breaker(PLATFORM, START + 21)
    assert coordination.take_probe(PLATFORM, START + 99, 20.0) is False


def test_of_a_crowd_one_opens_one_probes_and_one_closes(table: CoordinationTable) -> None:
    opened = together(lambda number: table.open_breaker(PLATFORM, START + number, f"worker {number}"))
    probed = together(lambda _: table.take_probe(PLATFORM, START + CROWD, 20.0))
    closed = together(lambda number: table.close_breaker(PLATFORM, START + 60 + number))

    assert [each.count(True) for each in (opened, probed, closed)] == [1, 1, 1]


# Turns under a rate limit


def test_who_comes_first_goes_at_once_and_the_next_in_turn(coordination: Any) -> None:
    assert coordination.reserve(PLATFORM, 1, 2.0, START) == START
    assert coordination.reserve(PLATFORM, 3, 2.0, START) == pytest.approx(START + 0.5)
    assert coordination.reserve(PLATFORM, 1, 2.0, START + 0.1) == pytest.approx(START + 2.0)


def test_time_that_nobody_used_is_not_saved_up(coordination: Any) -> None:
    coordination.reserve(PLATFORM, 1, 2.0, START)

    assert coordination.reserve(PLATFORM, 5, 2.0, START + 100) == START + 100
    assert coordination.reserve(PLATFORM, 1, 2.0, START + 100) == pytest.approx(START + 102.5)


def test_each_platform_has_its_own_turns(coordination: Any) -> None:
    coordination.reserve(PLATFORM, 100, 1.0, START)

    assert coordination.reserve("jz-2", 1, 1.0, START) == START


def test_the_turns_of_a_crowd_do_not_overlap(table: CoordinationTable) -> None:
    starts = sorted(together(lambda _: table.reserve(PLATFORM, 2, 4.0, START)))

    assert starts == pytest.approx([START + 0.5 * number for number in range(CROWD)])


# Cursors


def test_a_cursor_only_moves_forward(coordination: Any) -> None:
    assert coordination.cursor("pages#jz") == 0.0

    for position in (START, START + 60.5, START + 30):
        coordination.move_cursor("pages#jz", position)

    assert coordination.cursor("pages#jz") == START + 60.5
    assert coordination.cursor("pages#jz-2") == 0.0


def test_of_a_crowd_the_furthest_position_stays(table: CoordinationTable) -> None:
    together(lambda number: table.move_cursor("pages#jz", START + (number * 7) % CROWD))

    assert table.cursor("pages#jz") == START + CROWD - 1


# Failures


def calls(table: CoordinationTable) -> list[Callable[[], object]]:
    return [
        lambda: table.read_breaker(PLATFORM),
        lambda: table.open_breaker(PLATFORM, START, "down"),
        lambda: table.close_breaker(PLATFORM, START),
        lambda: table.take_probe(PLATFORM, START, 20.0),
        lambda: table.reserve(PLATFORM, 1, 1.0, START),
        lambda: table.cursor("x"),
        lambda: table.move_cursor("x", START),
    ]


def test_a_table_that_is_not_there_is_a_store_error(dynamodb: Any) -> None:
    for call in calls(CoordinationTable(dynamodb, "no-such-table")):
        with pytest.raises(StoreError, match="ResourceNotFound"):
            call()


def test_a_table_that_cannot_be_reached_is_a_store_error() -> None:
    for call in calls(CoordinationTable(unreachable("dynamodb"), "table")):
        with pytest.raises(StoreError, match="EndpointConnectionError"):
            call()
