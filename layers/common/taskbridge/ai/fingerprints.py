"""What an answer depends on, in short: the same fingerprint is the same answer, asked once.

The basis is what is known before any attachment is fetched: a result is shown as current as long as its basis is
today's. The fingerprint is what the platform really gets: the form as it is formatted, the attachments by content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from taskbridge.ai.forms.form import FormattedForm
from taskbridge.ai.rules import RuleInForce
from taskbridge.ai.seats import Seat
from taskbridge.ai.settings import Masked, ModelChoice, SecondLook

# The prompt templates in force, which ai_analyze holds: name, and a digest of what is in them. A test holds both
# together, so that an edited template makes another question of every form.
TEMPLATE_VERSION = "review.v1-f50d1a82"


def build_basis(seat: Seat, rule: RuleInForce, choice: ModelChoice, *, masking: Masked, second_look: SecondLook) -> str:
    """The basis of an analysis of this seat's form by this rule."""
    return _digest([rule.digest(), seat.form_hash, seat.received_on, *_how(choice, masking, second_look)])


def build_fingerprint(
    form: FormattedForm,
    rule: RuleInForce,
    contents: Sequence[str],
    received_on: str,
    choice: ModelChoice,
    *,
    masking: Masked,
    second_look: SecondLook,
) -> str:
    """The fingerprint of a question. `contents` are the attachments' hashes, in order."""
    fields = [[each.key, each.label, each.type, each.text] for each in form.fields]
    what = [rule.digest(), fields, list(form.notices), list(contents), received_on]
    return _digest([*what, *_how(choice, masking, second_look)])


def _how(choice: ModelChoice, masking: Masked, second_look: SecondLook) -> list[Any]:
    return [choice.platform_id, choice.model, TEMPLATE_VERSION, masking, second_look]


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:40]
