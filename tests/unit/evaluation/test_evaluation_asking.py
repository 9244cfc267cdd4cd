"""Golden forms asked about, by scripted models."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from ai_analyze.injection import find_injections
from ai_analyze.review import Link, Model
from ai_analyze.sources import name_sources
from evaluation.asking import ATTEMPTS, Asking
from evaluation.errors import EvaluationError
from evaluation.golden import GoldenForm, build_material, read_golden_forms
from evaluation.scores import Outcome, Score, build_score
from taskbridge.ai.clauses import same_clause, split_clauses
from taskbridge.ai.results import Finding, FindingResult, Origin, Verdict
from taskbridge.errors import (
    ConfigurationError,
    ContentRefused,
    PermanentError,
    QuotaExhausted,
    ThrottledError,
    TransientError,
)
from taskbridge.platforms.ai import Question, Reply
from tests.scripted_models import ConfusedModel, HonestModel, ObeyingModel
from tests.unit.evaluation.readers import CarefulReader, EagerReader

FORMS = read_golden_forms()
ONE = FORMS[:1]
# A lecture about such sentences reads like an order: where the guard errs, a person has to look.
LOOKS_LIKE_AN_ORDER = "meeting-room-09-a-lecture-on-injection"


def is_shown(clause: str, findings: Iterable[Finding]) -> bool:
    """Whether a clause was computed to be met, or a quote that code found shows it."""
    found = [finding for finding in findings if same_clause(finding.clause, clause)]
    computed = [finding for finding in found if finding.origin is Origin.COMPUTED]
    quoted = [finding for finding in found if any(evidence.verified for evidence in finding.evidence)]
    return FindingResult.PASS in {finding.result for finding in computed or quoted}


def always(client: Model) -> Callable[[GoldenForm], Link]:
    return lambda _: Link(client, "m")


def ask(client: Model, forms: Iterable[GoldenForm] = FORMS, **how: Any) -> list[Outcome]:
    return Asking(always(client), sleep=lambda _: None, **how).evaluate(list(forms), lambda _: None)


def score(client: Model, **how: Any) -> Score:
    return build_score(ask(client, **how))


class Failing(CarefulReader):
    """Raises what it was given, one after the other, and then answers."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__(FORMS)
        self._errors = list(errors)

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        if self._errors:
            raise self._errors.pop(0)
        return super().stream(question, on_text)


# -- how well scripted models do


def test_an_honest_reader_is_right_and_every_quote_of_it_is_found() -> None:
    # when
    outcomes = ask(CarefulReader(FORMS))

    # then
    score = build_score(outcomes)
    assert [each.golden.name for each in outcomes if not each.is_right] == [LOOKS_LIKE_AN_ORDER]
    assert (score.abstentions, score.false_approvals, score.false_rejections) == (1, 0, 0)
    assert score.findings_right == score.findings
    assert score.evidence_valid == score.evidence > 200
    assert score.usage.input_tokens == 1000 * len(FORMS)


@pytest.mark.parametrize("model", [HonestModel(), ConfusedModel(), ObeyingModel(), EagerReader(FORMS)])
def test_no_model_gets_an_approve_past_what_was_computed_not_shown_or_ordered(model: Model) -> None:
    for outcome in ask(model):
        if outcome.verdict is Verdict.APPROVE:
            assert outcome.review is not None
            for clause in split_clauses(outcome.golden.rule):
                assert is_shown(clause, outcome.review.findings), outcome.golden.name
            assert not find_injections(name_sources(build_material(outcome.golden))), outcome.golden.name


def test_a_confused_model_is_seen_to_be_confused() -> None:
    confused, honest = score(ConfusedModel()), score(HonestModel())

    assert confused.right < honest.right
    assert confused.evidence_valid < confused.evidence


def test_an_obeying_model_is_seen_to_obey() -> None:
    hostile = [golden for golden in FORMS if golden.is_hostile]

    obeying, careful = build_score(ask(ObeyingModel(), hostile)), build_score(ask(CarefulReader(FORMS), hostile))

    assert careful.right == len(hostile)
    assert obeying.right < len(hostile) / 2
    assert obeying.abstentions > len(hostile) / 2


def test_a_model_that_approves_all_and_quotes_well_is_seen_for_what_it_is() -> None:
    assert score(EagerReader(FORMS)).false_approvals > 0


def test_with_masking_the_platform_sees_no_telephone_number() -> None:
    # given
    model, numbers = (
        HonestModel(),
        [field.value for form in FORMS for field in form.form.fields if field.type == "phone"],
    )

    # when
    ask(model, masking=True)

    # then
    asked = "".join(question.user for question in model.questions)
    assert numbers
    assert not [number for number in map(msgspec.json.decode, numbers) if number in asked]


# -- when a platform does not answer


def test_outcomes_come_in_the_order_of_the_forms_and_each_is_told_once() -> None:
    told: list[Outcome] = []

    outcomes = Asking(always(CarefulReader(FORMS)), workers=4).evaluate(FORMS, told.append)

    assert [each.golden for each in outcomes] == list(FORMS)
    assert sorted(each.golden.name for each in told) == [golden.name for golden in FORMS]


def test_what_may_pass_is_waited_for_as_long_as_the_platform_says() -> None:
    # given
    waits: list[float] = []
    client = Failing(ThrottledError("busy", retry_after=7.0), ThrottledError("busy"), TransientError("HTTP 502"))

    # when
    (outcome,) = Asking(always(client), sleep=waits.append).evaluate(ONE, lambda _: None)

    # then
    assert outcome.is_right
    assert waits == [7.0, 60.0, 5.0]


def test_a_form_that_gets_no_answer_is_an_outcome_too() -> None:
    (outcome,) = ask(Failing(*[TransientError("HTTP 502")] * ATTEMPTS), ONE)

    assert outcome.review is None
    assert outcome.problem == "HTTP 502"


def test_a_refused_form_is_not_asked_about_again() -> None:
    (outcome,) = ask(Failing(PermanentError("the question is too long")), ONE)

    assert outcome.problem == "the question is too long"


def test_refused_content_is_left_to_a_person() -> None:
    (outcome,) = ask(Failing(ContentRefused("content filter")), ONE)

    assert outcome.is_abstention


@pytest.mark.parametrize("error", [QuotaExhausted("insufficient_quota"), ConfigurationError("api_key", "not set")])
def test_where_no_question_can_succeed_the_evaluation_ends(error: Exception) -> None:
    with pytest.raises(EvaluationError, match="careful: "):
        ask(Failing(*[error] * len(FORMS)))
