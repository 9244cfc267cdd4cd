"""What makes another question, and what does not."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from ai_analyze import prompt
from taskbridge.ai import fingerprints
from taskbridge.ai.fingerprints import build_basis, build_fingerprint
from taskbridge.ai.forms.form import FormattedForm, FormField
from taskbridge.ai.rules import RuleInForce
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.ai.settings import Masked, ModelChoice, SecondLook

RULE = RuleInForce(rule="须有发票", source="default", version="default-1", enabled=True, automatic=True)
CHOICE = ModelChoice("aigc", "qwen-max")
SEAT = Seat(
    uid="u",
    task_id="T1",
    sess_id="S1",
    app_id="app",
    node_id="n",
    state=SeatState.OPEN,
    version=1,
    form_hash="f1",
    received_on="2026-11-22",
)
FORM = FormattedForm((FormField("a", "事由", "text", "出差"),))


def basis_of(
    seat: Seat,
    rule: RuleInForce,
    choice: ModelChoice = CHOICE,
    *,
    masking: Masked = False,
    second_look: SecondLook = "approves",
) -> str:
    return build_basis(seat, rule, choice, masking=masking, second_look=second_look)


def test_the_layer_knows_the_templates_that_ai_analyze_has() -> None:
    assert prompt.TEMPLATE_VERSION == fingerprints.TEMPLATE_VERSION


def test_the_basis_is_that_of_everybody_with_the_same_question() -> None:
    other = msgspec.structs.replace(SEAT, uid="v", version=9, subject="x")
    same_rule = msgspec.structs.replace(RULE, version="custom-3", source="custom", automatic=False)
    assert basis_of(SEAT, RULE) == basis_of(other, same_rule)


@pytest.mark.parametrize(
    ("seat", "rule", "choice", "masking"),
    [
        ({"form_hash": "f2"}, {}, CHOICE, False),
        ({"received_on": "2026-11-23"}, {}, CHOICE, False),
        ({}, {"rule": "须有合同"}, CHOICE, False),
        ({}, {"keynote": "金额"}, CHOICE, False),
        ({}, {"file_key": ("a",)}, CHOICE, False),
        ({}, {}, ModelChoice("aigc", "qwen3-max"), False),
        ({}, {}, ModelChoice("other", "qwen-max"), False),
        ({}, {}, CHOICE, True),
        ({}, {}, CHOICE, "names"),
    ],
)
def test_everything_that_the_answer_depends_on_changes_the_basis(
    seat: dict[str, object], rule: dict[str, object], choice: ModelChoice, masking: Masked
) -> None:
    changed = (msgspec.structs.replace(SEAT, **seat), msgspec.structs.replace(RULE, **rule))
    assert basis_of(*changed, choice, masking=masking) != basis_of(SEAT, RULE)


def test_which_verdicts_are_looked_at_again_is_part_of_how_an_answer_is_asked() -> None:
    bases = {basis_of(SEAT, RULE, second_look=when) for when in ("always", "approves", "never")}
    prints = {
        build_fingerprint(FORM, RULE, (), "2026-11-22", CHOICE, masking=False, second_look=when)
        for when in ("always", "approves", "never")
    }
    assert (len(bases), len(prints)) == (3, 3)


def test_the_fingerprint_tells_contents_notices_and_texts_apart() -> None:
    forms = [FORM, replace(FORM, notices=("大写不一致",)), FormattedForm((replace(FORM.fields[0], text="开会"),))]
    forms.append(FormattedForm((replace(FORM.fields[0], type="number"),)))
    prints = {
        build_fingerprint(form, RULE, contents, "2026-11-22", CHOICE, masking=False, second_look="approves")
        for form in forms
        for contents in ((), ("sha-1",), ("sha-1", "sha-2"), ("sha-2", "sha-1"))
    }
    assert len(prints) == 16
