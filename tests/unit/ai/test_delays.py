"""What held an analysis up, and whether its approver was there before it."""

from __future__ import annotations

import msgspec
import pytest

from ai_analyze.stopwatch import Stopwatch
from taskbridge.ai.delays import Delay, delay_of, is_awaited, is_new_opening, taken_up, was_first
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat
from tests.functional.ai_suites.builders import analysis, done_seat, seat

CREATED = 1_795_311_000.0  # of the builders


class Clock:
    now = CREATED

    def __call__(self) -> float:
        return self.now


def with_analysis(**changes: object) -> Seat:
    return msgspec.structs.replace(seat(), analysis=analysis(**changes))


def test_only_what_is_under_way_and_nobody_asked_for_is_awaited() -> None:
    assert is_awaited(with_analysis())
    assert is_awaited(with_analysis(status=AnalysisStatus.RUNNING))
    assert not is_awaited(with_analysis(status=AnalysisStatus.DONE))
    assert not is_awaited(with_analysis(requested_by="manual"))
    assert not is_awaited(msgspec.structs.replace(done_seat(), analysis=analysis()))
    assert not is_awaited(seat())
    assert not is_awaited(None)


def test_an_opening_is_new_once() -> None:
    assert is_new_opening(with_analysis())
    assert not is_new_opening(with_analysis(opened_at="2026-11-22T01:31:00.000+00:00"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": AnalysisStatus.DONE}, False),
        ({"status": AnalysisStatus.DONE, "opened_at": "t"}, True),
        ({"status": AnalysisStatus.FAILED, "opened_at": "t"}, True),
        ({"status": AnalysisStatus.FAILED}, None),
        ({"status": AnalysisStatus.DONE, "requested_by": "forced", "opened_at": "t"}, None),
    ],
)
def test_an_approver_was_first_or_not_or_it_says_nothing(changes: dict[str, object], told: bool | None) -> None:
    assert was_first(analysis(**changes)) is told


def test_the_time_of_several_turns_is_told_by_what_took_it() -> None:
    clock = Clock()

    def turn(begun: Analysis, waited: float, files: float, platform: float) -> Analysis:
        clock.now += waited
        begun = msgspec.structs.replace(begun, **taken_up(begun, clock.now))
        watch = Stopwatch(clock)
        with watch.on(Delay.PLATFORM):
            clock.now += platform
            with watch.on(Delay.FILES):  # handed over between two questions
                clock.now += files
        return msgspec.structs.replace(begun, **watch.added_to(begun))

    once = turn(analysis(), waited=90, files=5, platform=20)
    twice = turn(once, waited=300, files=1, platform=30)

    assert (once.queue_s, once.files_s, once.platform_s, once.retries_s) == (90, 5, 20, 0)
    assert delay_of(once) is Delay.QUEUE
    assert (twice.queue_s, twice.files_s, twice.platform_s, twice.retries_s) == (90, 6, 50, 300)
    assert delay_of(twice) is Delay.RETRIES


def test_what_no_turn_has_ended_of_is_where_it_was_last_seen() -> None:
    assert delay_of(analysis()) is Delay.QUEUE
    assert delay_of(analysis(moved_at=CREATED)) is Delay.PLATFORM
