"""What the outcome of a connection test is called: every outcome has one cause, and only success is fine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.setup.connection_report import Cause, build_report
from taskbridge.errors import NoAnswer
from taskbridge.platforms.http_answers import Outcome, OutcomeKind

OUTCOMES = st.builds(
    Outcome,
    verdict=st.sampled_from(OutcomeKind),
    status=st.none() | st.integers(100, 599),
    errcode=st.text(max_size=5),
    message=st.text(max_size=5),
    no_answer=st.none() | st.sampled_from(NoAnswer),
)


@given(OUTCOMES)
def test_only_success_is_fine(outcome: Outcome) -> None:
    report = build_report(outcome, 7)

    assert report.ok is (outcome.verdict is OutcomeKind.OK)
    assert (report.message, report.status, report.duration_ms) == (outcome.message, outcome.status, 7)


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome(OutcomeKind.TRANSIENT, no_answer=NoAnswer.UNREACHABLE), Cause.WRONG_HOST),
        (Outcome(OutcomeKind.TRANSIENT, no_answer=NoAnswer.TOO_SLOW), Cause.TOO_SLOW),
        (Outcome(OutcomeKind.TRANSIENT, no_answer=NoAnswer.BROKEN), Cause.CONNECTION_BROKEN),
        (Outcome(OutcomeKind.TRANSIENT), Cause.TRY_LATER),
        (Outcome(OutcomeKind.TRANSIENT, 400, "invalid_client"), Cause.WRONG_SECRET),
        # A server that knows neither path nor platform still speaks JSON with a code.
        (Outcome(OutcomeKind.PERMANENT, 404, "not_found"), Cause.WRONG_HOST),
        (Outcome(OutcomeKind.TRANSIENT, 500, "1"), Cause.SERVER_ERROR),
        (Outcome(OutcomeKind.TRANSIENT, 200), Cause.WRONG_HOST),
    ],
)
def test_each_outcome_has_its_cause(outcome: Outcome, cause: Cause) -> None:
    assert build_report(outcome, 0).cause is cause
