"""What every store of seats has to do with the analysis of a seat: whoever comes late changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from taskbridge.ai.seats import Analysis, AnalysisStatus, SeatState
from tests.functional.ai_suites.builders import NOW, TASK, UID, analysis, done_seat, finished, seat

HOLDER, OTHER = "worker-1", "worker-2"
LEASE_S = 60.0


class AnalysisBehaviour:
    """Inherit, and give the fixture `tasks` (as TaskTable)."""

    @pytest.fixture(autouse=True)
    def open_task(self, tasks: Any) -> None:
        assert tasks.project(seat(), None)

    def current(self, tasks: Any) -> Analysis:
        found = tasks.get(UID, TASK).analysis
        assert isinstance(found, Analysis)
        return found

    def claim(self, tasks: Any, holder: str = HOLDER, now: float = NOW) -> Analysis | None:
        claimed = tasks.claim(UID, TASK, "a1", holder, now, now + LEASE_S)
        assert claimed is None or isinstance(claimed, Analysis)
        return claimed

    def end(self, tasks: Any, state: SeatState) -> None:
        ended = done_seat() if state is SeatState.DONE else seat(state=state, version=2)
        assert tasks.project(ended, tasks.get(UID, TASK))

    # Beginning

    def test_an_analysis_begins_where_there_is_none(self, tasks: Any) -> None:
        assert tasks.begin(UID, TASK, analysis(), "")

        assert self.current(tasks) == analysis()
        assert tasks.begin(UID, TASK, analysis(id="a2"), "") is False
        assert self.current(tasks) == analysis()

    def test_an_analysis_takes_the_place_of_the_one_that_was_seen_and_of_no_other(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        assert tasks.settle(UID, TASK, "a1", finished())

        assert tasks.begin(UID, TASK, analysis(id="a2"), "a0") is False
        assert tasks.begin(UID, TASK, analysis(id="a2"), "a1") is True

        assert self.current(tasks) == analysis(id="a2")  # nothing of the old one stands in it

    @pytest.mark.parametrize("state", [SeatState.DONE, SeatState.GONE])
    def test_no_analysis_begins_where_the_task_is_not_open(self, tasks: Any, state: SeatState) -> None:
        self.end(tasks, state)

        assert tasks.begin(UID, TASK, analysis(), "") is False
        assert tasks.begin(UID, "T404", analysis(), "") is False

    # Claiming

    def test_one_worker_at_a_time_has_an_analysis(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")

        claimed = self.claim(tasks)

        assert claimed == self.current(tasks)
        assert claimed == analysis(status=AnalysisStatus.RUNNING, holder=HOLDER, lease_until=NOW + LEASE_S, attempts=1)
        assert self.claim(tasks, OTHER, NOW + LEASE_S - 0.1) is None
        taken = self.claim(tasks, OTHER, NOW + LEASE_S)
        assert taken is not None
        assert (taken.holder, taken.attempts) == (OTHER, 2)

    def test_who_has_it_may_claim_it_again(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        self.claim(tasks)

        again = self.claim(tasks, HOLDER, NOW + 1)

        assert again is not None
        assert (again.attempts, again.lease_until) == (2, NOW + 1 + LEASE_S)

    @pytest.mark.parametrize("status", [AnalysisStatus.DONE, AnalysisStatus.FAILED])
    def test_what_is_finished_is_not_claimed_not_even_by_who_finished_it(
        self, tasks: Any, status: AnalysisStatus
    ) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        self.claim(tasks)
        assert tasks.settle(UID, TASK, "a1", finished(status=status, holder=HOLDER))

        assert self.claim(tasks) is None
        assert self.claim(tasks, OTHER, NOW + LEASE_S) is None

    def test_what_nobody_wants_any_more_is_not_claimed(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(id="a2"), "")

        assert self.claim(tasks) is None
        assert tasks.claim(UID, "T404", "a1", HOLDER, NOW, NOW + LEASE_S) is None

    def test_a_task_that_is_decided_is_not_analysed_any_more(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        self.end(tasks, SeatState.DONE)

        assert self.claim(tasks) is None

    # Working at it

    def test_only_who_has_it_holds_it_longer_and_says_where_the_answer_is(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        where = {"answer_id": "fp1", "fingerprint": "fp1"}
        assert tasks.attach(UID, TASK, "a1", HOLDER, **where) is False
        self.claim(tasks)

        assert tasks.attach(UID, TASK, "a1", OTHER, **where) is False
        assert tasks.attach(UID, TASK, "a2", HOLDER, **where) is False
        assert tasks.attach(UID, TASK, "a1", HOLDER, **where) is True
        assert tasks.renew(UID, TASK, "a1", OTHER, NOW + 900) is False
        assert tasks.renew(UID, TASK, "a1", HOLDER, NOW + 300) is True

        held = self.current(tasks)
        assert (held.answer_id, held.fingerprint, held.lease_until) == ("fp1", "fp1", NOW + 300)

    @pytest.mark.parametrize(("counts", "attempts"), [(True, 1), (False, 0)])
    def test_an_analysis_that_waits_is_free_for_the_next_worker(self, tasks: Any, counts: bool, attempts: int) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        self.claim(tasks)

        assert tasks.wait(UID, TASK, "a1", OTHER, "限流", counts=counts) is False
        assert tasks.wait(UID, TASK, "a1", HOLDER, "限流", counts=counts) is True

        assert self.current(tasks) == analysis(reason="限流", attempts=attempts)
        assert tasks.wait(UID, TASK, "a1", HOLDER, "限流", counts=counts) is False
        taken = self.claim(tasks, OTHER)
        assert taken is not None
        assert taken.attempts == attempts + 1

    # Ending

    def test_an_analysis_is_settled_once(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        self.claim(tasks)

        assert tasks.settle(UID, TASK, "a1", finished()) is not None

        assert self.current(tasks) == finished()
        failed = finished(status=AnalysisStatus.FAILED, verdict=None, reason="超时", finished_at="2026-11-22T04:00")
        assert tasks.settle(UID, TASK, "a1", failed) is None
        assert self.current(tasks) == finished()

    def test_a_failure_leaves_no_verdict(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        failed = analysis(status=AnalysisStatus.FAILED, reason="额度用完", finished_at="2026-11-22T04:00")

        assert tasks.settle(UID, TASK, "a1", failed) is not None

        assert self.current(tasks) == failed

    def test_an_answer_to_another_question_is_late(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")

        assert tasks.settle(UID, TASK, "a0", finished(id="a0")) is None
        assert tasks.settle(UID, TASK, "a1", finished(basis="b0")) is None

        assert self.current(tasks) == analysis()

    @pytest.mark.parametrize("state", [SeatState.DONE, SeatState.GONE])
    def test_an_answer_to_a_task_that_has_moved_is_late(self, tasks: Any, state: SeatState) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        self.claim(tasks)
        self.end(tasks, state)

        assert tasks.settle(UID, TASK, "a1", finished()) is None
        assert tasks.wait(UID, TASK, "a1", HOLDER, "", counts=True) is False

    def test_an_answer_that_was_cleared_is_late_and_leaves_nothing(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        self.claim(tasks)

        assert tasks.clear(UID, TASK, "a0") is False
        assert tasks.clear(UID, TASK, "a1") is True

        assert tasks.get(UID, TASK) == seat()
        assert tasks.settle(UID, TASK, "a1", finished()) is None
        assert tasks.clear(UID, TASK, "a1") is False
        assert tasks.begin(UID, TASK, analysis(id="a2"), "")

    def test_the_analysis_of_a_decided_task_stays_as_it_was(self, tasks: Any) -> None:
        tasks.begin(UID, TASK, analysis(), "")
        tasks.settle(UID, TASK, "a1", finished())
        self.end(tasks, SeatState.DONE)

        assert tasks.clear(UID, TASK, "a1") is False
        assert tasks.begin(UID, TASK, analysis(id="a2"), "a1") is False
        assert self.current(tasks) == finished()
