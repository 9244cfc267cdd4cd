"""How often verdict and decision agreed: known values of Wilson's interval, and silence where little is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.people import (
    DECISIONS,
    MIN_DECISIONS,
    agreement_of,
    count_open,
    is_decision,
    verdict_of,
    wilson_interval,
)
from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState

APPROVE, REJECT, NEEDS_HUMAN = Verdict
APPROVED, REJECTED, RETURNED = DECISIONS
OPEN, DONE, GONE = SeatState


def seat(state: SeatState, *, node_id: str = "n1", decided_here: bool = False) -> Seat:
    return Seat(
        uid="u-2",
        task_id="T1",
        sess_id="S1",
        app_id="leave",
        node_id=node_id,
        state=state,
        version=1,
        decided_here=decided_here,
    )


# R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_has_its_known_values(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_the_interval_holds_the_rate_and_lies_within_0_and_1(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = wilson_interval(successes, trials)
    assert 0.0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1.0


def test_approve_agrees_with_approved_and_reject_with_rejected_and_returned() -> None:
    agreement = agreement_of(
        {
            (APPROVE, APPROVED): 18,
            (APPROVE, REJECTED): 2,
            (APPROVE, RETURNED): 1,
            (REJECT, APPROVED): 4,
            (REJECT, REJECTED): 10,
            (REJECT, RETURNED): 5,
            (NEEDS_HUMAN, APPROVED): 7,
            (NEEDS_HUMAN, RETURNED): 8,
        }
    )

    assert agreement is not None
    assert (agreement.decided, agreement.agreed, agreement.rate) == (40, 33, 33 / 40)
    assert (agreement.low, agreement.high) == pytest.approx((0.6805, 0.9125), abs=5e-5)
    assert (agreement.false_approvals, agreement.abstained) == (3, 15)


def test_fewer_than_30_decisions_say_nothing_however_often_the_model_abstained() -> None:
    few = {(APPROVE, APPROVED): MIN_DECISIONS - 1, (NEEDS_HUMAN, APPROVED): 500}

    assert agreement_of({}) is None
    assert agreement_of(few) is None
    assert agreement_of({**few, (REJECT, REJECTED): 1}) is not None


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (None, OPEN, {"n1": 1}),
        (None, DONE, {}),
        (None, GONE, {}),
        (OPEN, OPEN, {}),
        (OPEN, DONE, {"n1": -1}),
        (OPEN, GONE, {"n1": -1}),
        (DONE, OPEN, {"n1": 1}),
        (DONE, GONE, {}),
        (GONE, OPEN, {"n1": 1}),
        (GONE, DONE, {}),
    ],
)
def test_open_tasks_are_counted_where_they_begin_and_end(
    before: SeatState | None, after: SeatState, changes: dict[str, int]
) -> None:
    was = None if before is None else seat(before)
    assert count_open(was, seat(after)) == {("leave", node): change for node, change in changes.items()}


def test_an_open_task_that_moves_is_counted_at_both_nodes() -> None:
    changes = count_open(seat(OPEN, node_id="n1"), seat(OPEN, node_id="n2"))
    assert changes == {("leave", "n1"): -1, ("leave", "n2"): 1}


def test_a_decision_is_one_once_and_only_of_the_person_who_took_it() -> None:
    decided, ended = seat(DONE, decided_here=True), seat(DONE)

    assert is_decision(seat(OPEN), decided)
    assert is_decision(ended, decided)
    assert is_decision(None, decided)
    assert not is_decision(decided, decided)
    assert not is_decision(seat(OPEN), ended)
    assert not is_decision(seat(OPEN), seat(GONE, decided_here=True))


@pytest.mark.parametrize("status", list(AnalysisStatus))
def test_only_a_finished_analysis_has_a_verdict_to_agree_with(status: AnalysisStatus) -> None:
    analysis = Analysis(id="a1", basis="b", status=status, rule_version="v", created_at="", verdict=APPROVE)
    shown = Seat(uid="u", task_id="T", sess_id="S", app_id="a", node_id="n", state=OPEN, version=1, analysis=analysis)

    assert verdict_of(shown) == (APPROVE if status is AnalysisStatus.DONE else None)
    assert verdict_of(None) is None
