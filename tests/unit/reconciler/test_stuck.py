"""What a worker began and never finished is found through the pages of the push log, each looked at once."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from reconciler.stuck import STUCK_AFTER_S
from taskbridge.errors import StoreError
from taskbridge.tables.instances import StoredInstance
from taskbridge.tables.push_log_pages import LogPage
from tests.builders import PLATFORM, START
from tests.unit.reconciler.minute import Minute, names


@pytest.fixture
def minute() -> Minute:
    return Minute()


def stuck(minute: Minute, sess_id: str = "S1") -> None:
    """A first run sets the cursor; then a worker begins with an instance, and dies."""
    minute.run()
    minute.put(sess_id)
    minute.add_page(minute.now + 1, sess_id)
    minute.now += STUCK_AFTER_S + 60


def test_what_a_dead_worker_left_becomes_due(minute: Minute) -> None:
    stuck(minute)

    minute.run()
    minute.now += 60

    assert names(minute.run()) == ["S1"]
    assert minute.heard("settled") == [((PLATFORM, 1), {})]


@pytest.mark.parametrize("state", [{"has_work": False}, {"due_at": START + 9999.0}], ids=["nothing left", "due later"])
def test_what_is_finished_or_due_anyway_is_not_stuck(minute: Minute, state: dict[str, float]) -> None:
    minute.run()
    minute.put("S1", **state)  # type: ignore[arg-type]
    minute.add_page(minute.now + 1, "S1")
    minute.now += STUCK_AFTER_S + 60

    minute.run()

    assert minute.heard("settled") == []


def test_a_page_that_is_young_may_still_be_worked_on(minute: Minute) -> None:
    minute.run()
    minute.put("S1")
    minute.add_page(minute.now + 1, "S1")
    minute.now += STUCK_AFTER_S - 60

    minute.run()

    assert minute.due_at("S1") == 0.0


def test_every_page_is_looked_at_once(minute: Minute) -> None:
    looked: list[str] = []
    stretch = minute.instances.stretch

    def watch(platform_id: str, start: float, end: float, most: int) -> tuple[list[LogPage], float]:
        pages, reached = stretch(platform_id, start, end, most)
        looked.extend(page.page_id for page in pages)
        return pages, reached

    minute.instances.stretch = watch  # type: ignore[method-assign]
    minute.run()
    for number in range(50):
        minute.add_page(minute.now + 60 * number + 0.5)

    for _ in range(80):
        minute.now += 60
        minute.run()

    assert looked == [page.page_id for page in minute.instances.pages]


@pytest.mark.parametrize("batches_per_s", [10, 20, 40])
def test_stuck_work_is_found_within_a_quarter_of_an_hour_and_a_run_at_any_rate(
    minute: Minute, batches_per_s: int
) -> None:
    """A call takes 5 ms, and 2 ms for each document. The fleet goes on; one worker dies in each minute."""
    slow(minute)
    start = minute.now
    minute.run()
    found: dict[str, float] = {}
    minute.journal.settled = lambda *_: found.update({n: minute.now for n in due(minute) if n not in found})  # type: ignore[method-assign]
    for tick in range(30):
        begun = minute.now = start + 60 * tick
        for number in range(60 * batches_per_s):
            minute.add_page(begun + number / batches_per_s, *(f"N{number}-{each}" for each in range(10)))
        minute.put(f"dead-{tick}")
        minute.add_page(begun + 30, f"dead-{tick}")
        minute.run()
        assert minute.now <= begun + minute.run_s
    late = [at - (start + 60 * int(name[5:]) + 30) for name, at in found.items()]

    assert len(late) >= 13
    assert max(late) <= STUCK_AFTER_S + 60 + minute.run_s
    assert minute.heard("behind") == []


def due(minute: Minute) -> list[str]:
    return [key.removeprefix(f"{PLATFORM}#") for key in minute.instances.due_at]


def slow(minute: Minute, call_s: float = 0.005, document_s: float = 0.002) -> None:
    load, stretch = minute.instances.load, minute.instances.stretch

    def slow_load(keys: Iterable[tuple[str, str]]) -> dict[str, StoredInstance]:
        minute.now += call_s + document_s * len(list(keys))
        return load(keys)

    def slow_stretch(platform_id: str, start: float, end: float, most: int) -> tuple[list[LogPage], float]:
        minute.now += 4 * call_s
        return stretch(platform_id, start, end, most)

    minute.instances.load = slow_load  # type: ignore[method-assign]
    minute.instances.stretch = slow_stretch  # type: ignore[method-assign]


def test_what_a_run_does_not_get_to_is_said_and_left_to_the_next(minute: Minute) -> None:
    minute.run()
    for number in range(400):
        minute.put(f"S{number:04}")
        minute.add_page(minute.now + 1 + number / 10, f"S{number:04}")
    minute.now += STUCK_AFTER_S + 120
    slow(minute, document_s=1.0)

    minute.run()
    ((_, behind_s), _) = minute.heard("behind")[0]
    assert 0 < len(due(minute)) < 400
    assert behind_s > 60
    for _ in range(20):
        minute.run()

    assert len(due(minute)) == 400
    assert len(minute.heard("behind")) < 21


def test_a_page_that_cannot_be_read_is_told_and_the_next_ones_are_looked_at(minute: Minute) -> None:
    minute.run()
    minute.put("S1")
    at = minute.now + 1
    minute.instances.pages.append(LogPage(PLATFORM, at, "p0", (), (), unreadable="DecodeError"))
    minute.add_page(at + 1, "S1")
    minute.now += STUCK_AFTER_S + 60

    minute.run()

    assert [args[0] for args, _ in minute.heard("unreadable")] == [PLATFORM]
    assert due(minute) == ["S1"]


def test_what_a_table_fails_is_looked_at_again_by_the_next_run(minute: Minute) -> None:
    stuck(minute)
    load = minute.instances.load

    def fail(_: object) -> dict[str, StoredInstance]:
        raise StoreError("BatchGetItem: throttled")

    minute.instances.load = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreError):
        minute.run()
    minute.instances.load = load  # type: ignore[method-assign]
    minute.run()

    assert due(minute) == ["S1"]


def test_the_first_run_of_all_looks_at_nothing_old(minute: Minute) -> None:
    minute.put("S1")
    minute.add_page(START - 86_400, "S1")

    minute.run()

    assert minute.coordination.cursor(f"pages#{PLATFORM}") == START - STUCK_AFTER_S
    assert minute.due_at("S1") == 0.0
