"""What makes another question, and what does not."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from ai_analyze import prompt
from taskbridge.ai import fingerprints
from taskbridge.ai.fingerprints import build_basis, build_fingerprint
from taskbridge.ai.forms import FormattedField, FormattedForm
from taskbridge.ai.rules import EffectiveRule, Masked, ModelChoice
from taskbridge.ai.seats import Seat, SeatState

RULE = EffectiveRule(rule="须有发票", source="default", version="default-1", enabled=True, automatic=True)
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
FORM = FormattedForm((FormattedField("a", "事由", "text", "出差"),))


def test_the_layer_knows_the_templates_that_ai_analyze_has() -> None:
    assert prompt.TEMPLATE_VERSION == fingerprints.TEMPLATE_VERSION


def test_the_basis_is_that_of_everybody_with_the_same_question() -> None:
    other = msgspec.structs.replace(SEAT, uid="v", version=9, subject="x")
    same_rule = msgspec.structs.replace(RULE, version="custom-3", source="custom", automatic=False)
    assert build_basis(SEAT, RULE, CHOICE, masking=False) == build_basis(other, same_rule, CHOICE, masking=False)


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
    assert build_basis(*changed, choice, masking=masking) != build_basis(SEAT, RULE, CHOICE, masking=False)


def test_the_fingerprint_tells_contents_notices_and_texts_apart() -> None:
    forms = [FORM, replace(FORM, notices=("大写不一致",)), FormattedForm((replace(FORM.fields[0], text="开会"),))]
    forms.append(FormattedForm((replace(FORM.fields[0], type="number"),)))
    prints = {
        build_fingerprint(form, RULE, contents, "2026-11-22", CHOICE, masking=False)
        for form in forms
        for contents in ((), ("sha-1",), ("sha-1", "sha-2"), ("sha-2", "sha-1"))
    }
    assert len(prints) == 16
