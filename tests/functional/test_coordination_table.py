"""Small items by which the workers of the fleet agree: one of many wins, and turns do not overlap."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from taskbridge.budgets import Room
from taskbridge.errors import StoreError
from taskbridge.push.instances import Instance
from taskbridge.push.rates import SHARE, Grant
from taskbridge.tables.agreements import AgreementTable
from taskbridge.tables.batches import batch_execute
from taskbridge.tables.coordination import BreakerState, CoordinationTable
from taskbridge.tables.instances import InstanceTable, StoredInstance
from taskbridge.tables.riders import Rider
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


@pytest.fixture(params=["memory", "moto", "ministack"])
def new_worker(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Makes agreements as each process has its own, over one store; in turn as `coordination`."""
    if request.param == "memory":
        shared = MemoryCoordination()
        return lambda: shared
    name, names = ("moto", "moto_tables") if request.param == "moto" else ("dynamodb", "tables")
    client, tables = request.getfixturevalue(name), request.getfixturevalue(names)
    return lambda: AgreementTable(client, tables.CoordinationTable)


@pytest.fixture
def agreements(dynamodb: Any, tables: Tables) -> AgreementTable:
    return AgreementTable(dynamodb, tables.CoordinationTable)


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


# Turns in a line


LATE = START + 1000.0


def after(*slots: float, pace: float) -> list[float]:
    """Times, as so many slots after the start."""
    return [START + slot / (pace * SHARE) for slot in slots]


def test_who_comes_first_goes_at_once_and_the_next_in_turn(new_worker: Callable[[], Any]) -> None:
    first, second = new_worker(), new_worker()

    assert first.reserve(PLATFORM, 1, 2.0, START, LATE).starts == (START,)
    granted = second.reserve(PLATFORM, 3, 2.0, START, LATE)

    assert granted.starts == pytest.approx(after(1, 2, 3, pace=2.0), abs=0.02)
    assert first.reserve(PLATFORM, 1, 2.0, START, LATE).starts == pytest.approx(after(4, pace=2.0), abs=0.02)


def test_only_turns_that_can_be_used_are_granted_and_the_end_of_the_line_is_told(
    new_worker: Callable[[], Any],
) -> None:
    worker = new_worker()

    granted = worker.reserve(PLATFORM, 10, 1.0, START, START + 3.5)

    assert granted.starts == pytest.approx(after(0, 1, 2, 3, pace=1.0), abs=0.02)
    assert granted.line_end == pytest.approx(after(4, pace=1.0)[0], abs=0.02)
    assert new_worker().reserve(PLATFORM, 10, 1.0, START, START + 3.5) == Grant((), granted.line_end)


def test_time_that_nobody_used_is_not_saved_up(new_worker: Callable[[], Any]) -> None:
    worker = new_worker()
    worker.reserve(PLATFORM, 1, 2.0, START, LATE)

    starts = worker.reserve(PLATFORM, 3, 2.0, START + 100, LATE).starts

    assert starts == pytest.approx([100 + at for at in after(0, 1, 2, pace=2.0)])


def test_a_gap_is_made_up_for_also_by_a_worker_that_has_just_begun(new_worker: Callable[[], Any]) -> None:
    new_worker().reserve(PLATFORM, 10, 10.0, START, LATE)

    starts = new_worker().reserve(PLATFORM, 10, 10.0, START + 1.25, LATE).starts

    assert starts[2] - starts[0] < 0.1
    assert starts[-1] == pytest.approx(after(19, pace=10.0)[0], abs=0.03)


def test_each_platform_has_its_own_turns(new_worker: Callable[[], Any]) -> None:
    worker = new_worker()
    worker.reserve(PLATFORM, 100, 1.0, START, LATE)

    assert worker.reserve("jz-2", 1, 1.0, START, LATE).starts == (START,)


def test_the_turns_of_a_crowd_do_not_overlap(dynamodb: Any, tables: Tables) -> None:
    workers = [AgreementTable(dynamodb, tables.CoordinationTable) for _ in range(CROWD)]

    def reserve(number: int) -> tuple[float, ...]:
        return workers[number].reserve(PLATFORM, 2, 4.0, START, LATE).starts

    starts = sorted(start for granted in together(reserve) for start in granted)

    assert starts == pytest.approx(after(*range(2 * CROWD), pace=4.0), abs=0.05)


def test_a_worker_that_is_alone_needs_one_call_for_a_turn(agreements: AgreementTable) -> None:
    made: list[str] = []
    agreements._client.meta.events.register("before-call.dynamodb", lambda model, **_: made.append(model.name))

    for second in range(5):
        agreements.reserve(PLATFORM, 10, 20.0, START + second, LATE)

    assert made == ["UpdateItem"] * 5


def test_the_end_of_the_line_is_read_as_it_is(agreements: AgreementTable, table: CoordinationTable) -> None:
    assert table.line_end(PLATFORM) == 0.0

    granted = agreements.reserve(PLATFORM, 5, 1.0, START, LATE)

    assert table.line_end(PLATFORM) == granted.line_end


def test_a_line_of_the_release_before_goes_on(agreements: AgreementTable, dynamodb: Any, tables: Tables) -> None:
    def move(seconds: float) -> None:
        """As a worker of that release does: it knows only when the line is free."""
        dynamodb.update_item(
            TableName=tables.CoordinationTable,
            Key={"key": {"S": f"rate#{PLATFORM}"}},
            UpdateExpression="ADD next_at :width",
            ExpressionAttributeValues={":width": {"N": repr(seconds)}},
        )

    move(START + 5)
    assert agreements.reserve(PLATFORM, 1, 1.0, START, LATE).starts == pytest.approx([START + 5])
    move(10.0)
    assert agreements.reserve(PLATFORM, 1, 1.0, START, LATE).starts == pytest.approx([START + 15 + 1 / SHARE], abs=0.02)


# Seats


def test_of_a_platforms_seats_no_more_are_taken_than_there_are(new_worker: Callable[[], Any]) -> None:
    first, second = new_worker(), new_worker()
    bounds = (START, START + 30)

    assert first.take_seats(PLATFORM, "a", 5, Room(8, 10), bounds) == 5
    assert second.take_seats(PLATFORM, "b", 5, Room(8, 10), bounds) == 3
    assert second.take_seats(PLATFORM, "c", 5, Room(8, 10), bounds) == 0
    first.leave_seats(PLATFORM, "a")
    assert second.take_seats(PLATFORM, "c", 9, Room(8, 10), bounds) == 5


def test_the_seats_of_a_worker_that_died_are_free_when_its_time_is_over(new_worker: Callable[[], Any]) -> None:
    new_worker().take_seats(PLATFORM, "dead", 1, Room(1, 10), (START, START + 30))
    worker = new_worker()

    assert worker.take_seats(PLATFORM, "a", 1, Room(1, 10), (START + 29.9, START + 60)) == 0
    assert worker.take_seats(PLATFORM, "a", 1, Room(1, 10), (START + 30.0, START + 60)) == 1


def test_no_more_workers_than_allowed_hold_seats(new_worker: Callable[[], Any]) -> None:
    worker, bounds = new_worker(), (START, START + 30)

    held = [worker.take_seats(PLATFORM, name, 1, Room(256, 2), bounds) for name in "abc"]

    assert held == [1, 1, 0]


def test_a_crowd_shares_the_seats_and_gives_all_of_them_back(dynamodb: Any, tables: Tables) -> None:
    workers = [AgreementTable(dynamodb, tables.CoordinationTable) for _ in range(CROWD)]

    def take(number: int) -> int:
        return workers[number].take_seats(PLATFORM, f"w{number}", 2, Room(8, CROWD), (START, START + 30))

    assert sum(together(take)) == 8
    together(lambda number: workers[number].leave_seats(PLATFORM, f"w{number}"))
    assert workers[0].take_seats(PLATFORM, "last", 9, Room(8, CROWD), (START, START + 30)) == 8


# Seats that go along with another call


class Carrier:
    """Carries riders as documents and logs do: on MiniStack, or in memory."""

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name
        self.told: list[bool] = []

    def carry(self, *riders: Rider) -> list[bool]:
        """Whether each was carried out."""
        self.told.clear()
        if self.client:
            batch_execute(self.client, [], riders)
        else:
            for rider in riders:
                rider.tell(True)
        return [*self.told]


@pytest.fixture(params=["memory", "ministack"])
def fleet(request: pytest.FixtureRequest) -> tuple[Callable[[], Any], Carrier]:
    """Makes agreements as each process has its own; and what carries riders."""
    if request.param == "memory":
        shared = MemoryCoordination()
        return lambda: shared, Carrier(None, "")
    client, tables = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    return lambda: AgreementTable(client, tables.CoordinationTable), Carrier(client, tables.CoordinationTable)


def test_seats_taken_along_count_with_those_taken_by_a_call(fleet: tuple[Callable[[], Any], Carrier]) -> None:
    new, carrier = fleet
    first, second = new(), new()
    room, until = Room(8, 10), START + 30
    first.take_seats(PLATFORM, "a", 2, room, (START, until))

    assert carrier.carry(second.taking(PLATFORM, "b", 5, room, until, carrier.told.append)) == [True]
    assert carrier.carry(second.taking(PLATFORM, "c", 2, room, until, carrier.told.append)) == [False]
    assert first.take_seats(PLATFORM, "c", 5, room, (START, until)) == 1
    assert carrier.carry(second.leaving(PLATFORM, "b", carrier.told.append)) == [True]
    first.leave_seats(PLATFORM, "a")
    assert carrier.carry(second.taking(PLATFORM, "d", 7, room, until, carrier.told.append)) == [True]
    assert first.take_seats(PLATFORM, "e", 1, room, (START, until)) == 0


def test_seats_taken_by_a_call_are_given_back_along_with_another(fleet: tuple[Callable[[], Any], Carrier]) -> None:
    new, carrier = fleet
    worker, room = new(), Room(8, 10)
    worker.take_seats(PLATFORM, "a", 8, room, (START, START + 30))

    assert carrier.carry(worker.leaving(PLATFORM, "a", carrier.told.append)) == [True]
    assert new().take_seats(PLATFORM, "b", 8, room, (START, START + 30)) == 8


def test_a_statement_that_is_sent_twice_takes_seats_once(fleet: tuple[Callable[[], Any], Carrier]) -> None:
    """AWS's library sends a call again whose answer was lost."""
    new, carrier = fleet
    worker, room = new(), Room(8, 10)
    worker.leave_seats(PLATFORM, "nobody")
    taking = worker.taking(PLATFORM, "a", 3, room, START + 30, carrier.told.append)

    assert carrier.carry(taking) == [True]
    assert carrier.carry(taking) == [False]
    leaving = worker.leaving(PLATFORM, "a", carrier.told.append)
    carrier.carry(leaving)
    carrier.carry(leaving)
    assert worker.take_seats(PLATFORM, "b", 9, room, (START, START + 30)) == 8


def test_no_more_workers_than_allowed_take_seats_along(fleet: tuple[Callable[[], Any], Carrier]) -> None:
    new, carrier = fleet
    worker, room = new(), Room(256, 2)
    worker.leave_seats(PLATFORM, "nobody")

    taken = [carrier.carry(worker.taking(PLATFORM, name, 1, room, START + 30, carrier.told.append)) for name in "abc"]

    assert taken == [[True], [True], [False]]


def test_whose_time_was_over_gives_nothing_back_that_another_has_now(dynamodb: Any, tables: Tables) -> None:
    late, other = (AgreementTable(dynamodb, tables.CoordinationTable) for _ in range(2))
    carrier, room = Carrier(dynamodb, tables.CoordinationTable), Room(8, 10)
    late.take_seats(PLATFORM, "late", 8, room, (START, START + 30))
    assert other.take_seats(PLATFORM, "other", 8, room, (START + 30, START + 60)) == 8

    assert carrier.carry(late.leaving(PLATFORM, "late", carrier.told.append)) == [False]
    assert late.take_seats(PLATFORM, "third", 1, room, (START + 31, START + 60)) == 0


def test_a_crowd_that_takes_seats_along_never_has_too_many(dynamodb: Any, tables: Tables) -> None:
    workers = [AgreementTable(dynamodb, tables.CoordinationTable) for _ in range(CROWD)]
    workers[0].leave_seats(PLATFORM, "nobody")

    def ride(number: int) -> int:
        told: list[bool] = []
        room = Room(8, CROWD)
        batch_execute(dynamodb, [], [workers[number].taking(PLATFORM, f"w{number}", 2, room, LATE, told.append)])
        return 2 * sum(told)

    assert sum(together(ride)) == 8


def test_a_rider_that_cannot_be_carried_out_harms_nobody_else(dynamodb: Any, tables: Tables) -> None:
    told: list[bool] = []
    odd = Rider(
        {"Statement": 'UPDATE "nowhere" SET "a" = ? WHERE "key" = ?', "Parameters": [{"N": "1"}] * 2}, told.append
    )
    table = tables.InstanceTable
    insert = {"Statement": f"INSERT INTO \"{table}\" VALUE {{'instance': ?}}", "Parameters": [{"S": "jz#S1"}]}

    assert batch_execute(dynamodb, [insert], [odd]) == [""]
    store = InstanceTable(dynamodb, tables.InstanceTable)
    entry = StoredInstance(Instance("jz", "S2"))
    assert store.save([entry], None, [odd]) == set()
    assert (entry.version, told) == (1, [False, False])


# Quiet


def test_a_platform_is_left_alone_until_the_latest_time_that_it_asked_for(coordination: Any) -> None:
    assert coordination.keep_quiet(PLATFORM, START + 1800) is True
    assert coordination.keep_quiet(PLATFORM, START + 60) is False
    coordination.open_breaker(PLATFORM, START, "down")
    coordination.close_breaker(PLATFORM, START + 1)

    assert coordination.read_breaker(PLATFORM).quiet_until == START + 1800


def test_who_wants_money_is_told_from_who_does_not_answer(coordination: Any) -> None:
    coordination.open_breaker(PLATFORM, START, "Arrearage", wants_money=True)
    assert coordination.read_breaker(PLATFORM).wants_money

    coordination.close_breaker(PLATFORM, START + 60)
    coordination.open_breaker(PLATFORM, START + 90, "503")
    assert not coordination.read_breaker(PLATFORM).wants_money


def test_the_latest_answer_is_kept_whatever_the_breaker_does(coordination: Any) -> None:
    assert coordination.note_answer(PLATFORM, START) is True
    assert coordination.note_answer(PLATFORM, START - 60) is False
    coordination.open_breaker(PLATFORM, START + 60, "503")

    assert coordination.read_breaker(PLATFORM).answered_at == START


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


def calls(client: Any, name: str) -> list[Callable[[], object]]:
    table, agreements = CoordinationTable(client, name), AgreementTable(client, name)
    return [
        lambda: table.read_breaker(PLATFORM),
        lambda: table.open_breaker(PLATFORM, START, "down"),
        lambda: table.close_breaker(PLATFORM, START),
        lambda: table.take_probe(PLATFORM, START, 20.0),
        lambda: table.keep_quiet(PLATFORM, START),
        lambda: table.note_answer(PLATFORM, START),
        lambda: table.line_end(PLATFORM),
        lambda: agreements.reserve(PLATFORM, 1, 1.0, START, LATE),
        lambda: agreements.take_seats(PLATFORM, "a", 1, Room(8, 1), (START, LATE)),
        lambda: agreements.leave_seats(PLATFORM, "a"),
        lambda: table.cursor("x"),
        lambda: table.move_cursor("x", START),
    ]


def test_a_table_that_is_not_there_is_a_store_error(dynamodb: Any) -> None:
    for call in calls(dynamodb, "no-such-table"):
        with pytest.raises(StoreError, match="ResourceNotFound"):
            call()


def test_a_table_that_cannot_be_reached_is_a_store_error() -> None:
    for call in calls(unreachable("dynamodb"), "table"):
        with pytest.raises(StoreError, match="EndpointConnectionError"):
            call()
