"""What a worker began and never finished is found through the pages of the push log, each looked at once."""

from __future__ import annotations

import pytest

from reconciler.reconcile import PAGES_A_RUN, STUCK_AFTER_S
from taskbridge.tables.push_log_pages import Page
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
    between = minute.instances.between

    def watch(platform_id: str, start: float, end: float, limit: int) -> list[Page]:
        pages = between(platform_id, start, end, limit)
        looked.extend(page.page_id for page in pages)
        return pages

    minute.instances.between = watch  # type: ignore[method-assign]
    minute.run()
    for number in range(50):
        minute.add_page(minute.now + 60 * number + 0.5)

    for _ in range(80):
        minute.now += 60
        minute.run()

    assert looked == [page.page_id for page in minute.instances.pages]


def test_more_pages_than_a_run_takes_are_left_to_the_next(minute: Minute) -> None:
    minute.run()
    for number in range(PAGES_A_RUN + 100):
        minute.put(f"S{number:04}")
        minute.add_page(minute.now + 1 + number / 10, f"S{number:04}")
    minute.now += STUCK_AFTER_S + 120

    minute.run()
    first = len(minute.instances.due_at)
    minute.run()

    assert first == PAGES_A_RUN
    assert len(minute.instances.due_at) == PAGES_A_RUN + 100


def test_the_first_run_of_all_looks_at_nothing_old(minute: Minute) -> None:
    minute.put("S1")
    minute.add_page(START - 86_400, "S1")

    minute.run()

    assert minute.coordination.cursor(f"pages#{PLATFORM}") == START - STUCK_AFTER_S
    assert minute.due_at("S1") == 0.0
