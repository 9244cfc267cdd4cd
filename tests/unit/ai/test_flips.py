"""Forms with a fact changed by what their checks read, and how the answers about them are scored."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from taskbridge.ai.flips import HARMLESS, UNCHANGED, CheckedForm, FlipAnswer, flips_of, score_answers
from taskbridge.ai.forms.changes import EMPTIED
from taskbridge.ai.results import FindingResult
from taskbridge.ai.rules import Check
from taskbridge.events import EventForm

PASS, FAIL, UNKNOWN = FindingResult.PASS, FindingResult.FAIL, FindingResult.UNKNOWN
LIMIT = Check("金额不超过 5000 元", "amount <= 5000", confirmed=True, covers=True)


def checked(*fields: dict[str, Any], checks: tuple[Check, ...] = (LIMIT,)) -> CheckedForm:
    return CheckedForm(
        form=msgspec.convert({"fields": list(fields)}, EventForm),
        clauses=("金额不超过 5000 元", "事由充分"),
        checks=checks,
        received_on=date(2026, 11, 22),
    )


AMOUNT = {"key": "amount", "label": "金额", "type": "number", "value": msgspec.Raw(b"4800")}


def answer(kind: str, expected: FindingResult, found: FindingResult, model: str = "m") -> FlipAnswer:
    return FlipAnswer(kind=kind, platform_id="p", model=model, expected={1: expected}, found={1: found})


def test_the_nearest_changes_say_what_turns_and_what_does_not() -> None:
    found = {flip.kind: flip for flip in flips_of(checked(AMOUNT))}

    assert set(found) == {"number", HARMLESS, EMPTIED}
    assert dict(found["number"].turned) == {1: FAIL}
    assert dict(found[HARMLESS].turned) == {}
    assert dict(found[HARMLESS].computed) == {1: PASS}
    assert dict(found[EMPTIED].turned) == {1: UNKNOWN}


def test_a_check_of_a_field_that_the_form_lacks_changes_nothing() -> None:
    assert flips_of(checked()) == []
    assert flips_of(checked(AMOUNT, checks=())) == []


def test_a_clause_is_flipped_where_it_was_found_as_expected_before_and_after() -> None:
    careful = [answer(UNCHANGED, PASS, PASS), answer("number", FAIL, FAIL), answer(HARMLESS, PASS, PASS)]
    repeating = [answer(UNCHANGED, PASS, PASS), answer("number", FAIL, PASS), answer(HARMLESS, PASS, PASS)]
    refusing = [answer(UNCHANGED, PASS, FAIL), answer("number", FAIL, FAIL), answer(HARMLESS, PASS, FAIL)]

    assert [score_answers(each)["p", "m", "number"].rate for each in (careful, repeating, refusing)] == [1, 0, 0]
    kept = [score_answers(each)["p", "m", HARMLESS].kept for each in (careful, repeating, refusing)]
    assert kept == [1, 1, 1]


def test_a_change_counts_only_where_the_same_model_answered_about_the_form_as_it_came() -> None:
    assert score_answers([answer("number", FAIL, FAIL)]) == {}
    assert score_answers([answer(UNCHANGED, PASS, PASS, "other"), answer("number", FAIL, FAIL)]) == {}
