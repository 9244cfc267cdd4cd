"""Material, files and answers with defaults: a test names only what it is about."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ai_analyze.material import Material, ReadFile
from ai_analyze.review import Asked, Link, Model, review
from taskbridge.ai.forms.form import FormattedForm, FormField
from taskbridge.ai.results import Review
from taskbridge.ai.rules import Check, RuleInForce
from taskbridge.ai.settings import SecondLook

TODAY = date(2026, 11, 22)
RULE = "1. 报销金额不超过 5000 元\n2. 必须填写报销事由"
AMOUNT, REASON = "报销金额不超过 5000 元", "必须填写报销事由"


def a_rule(rule: str = RULE, keynote: str = "", checks: Sequence[Check] = ()) -> RuleInForce:
    return RuleInForce(
        rule=rule,
        keynote=keynote,
        checks=tuple(checks),
        source="default",
        version="default-1",
        enabled=True,
        automatic=True,
    )


def a_field(key: str, label: str, text: str, kind: str = "text") -> FormField:
    return FormField(key, label, kind, text)


EXPENSE = (a_field("amount", "报销金额", "4,800.50 元", "money"), a_field("reason", "报销事由", "赴上海参加学术会议"))


def a_file(*pages: str, name: str = "附件1.pdf", **changes: Any) -> ReadFile:
    values: dict[str, Any] = {
        "name": name,
        "field_key": "invoice",
        "label": "发票",
        "sha256": "0" * 64,
        "mime": "application/pdf",
        "size": 1000,
        "pages": pages,
        "content": b"%PDF",
    }
    return ReadFile(**{**values, **changes})


def a_material(
    fields: Sequence[FormField] = EXPENSE,
    files: Sequence[ReadFile] = (),
    rule: RuleInForce | None = None,
    notices: Sequence[str] = (),
    values: dict[str, Any] | None = None,
) -> Material:
    form = FormattedForm(tuple(fields), notices=tuple(notices))
    return Material(rule or a_rule(), form, values or {}, tuple(files), TODAY)


def finding(clause: str, result: str = "pass", *evidence: dict[str, Any]) -> dict[str, Any]:
    return {"clause": clause, "result": result, "reason": "见引文", "evidence": list(evidence)}


def cite(source: str, quote: str, page: int | None = None) -> dict[str, Any]:
    return {"source": source, "page": page, "quote": quote}


GOOD = (finding(AMOUNT, "pass", cite("amount", "4,800.50 元")), finding(REASON, "pass", cite("reason", "参加学术会议")))


def verdict(said: str = "approve", *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"verdict": said, "summary": "两条都已核对", "findings": list(findings or GOOD), **more}


def told(said: str = "approve", *findings: dict[str, Any], prose: str = "逐条核对如下。") -> str:
    """A whole answer."""
    return f"{prose}\n\n```json\n{json.dumps(verdict(said, *findings), ensure_ascii=False)}\n```\n"


@dataclass
class Desk:
    """Whoever asks for a review: what it was shown, what was put on record, what was uploaded."""

    pieces: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    uploads: list[tuple[str, str]] = field(default_factory=list)
    refusal: Exception | None = None
    forgotten: list[str] = field(default_factory=list)
    left_s: float = math.inf

    def text(self, piece: str) -> None:
        self.pieces.append(piece)

    def upload(self, client: Model, file: ReadFile) -> str:
        if self.refusal:
            raise self.refusal
        self.uploads.append((client.platform_id, file.name))
        return f"id-{file.name}"

    def forget(self, client: Model, file: ReadFile, file_id: str) -> None:
        self.forgotten.append(file_id)

    @property
    def shown(self) -> str:
        return "".join(self.pieces)

    def review(
        self, material: Material, *models: Model, masking: bool = False, second_look: SecondLook = "never"
    ) -> Review:
        return review(
            material,
            [Link(model, f"model-of-{model.platform_id}") for model in models],
            self,
            masking=masking,
            second_look=second_look,
            uid="u-2",
            upload=self.upload,
            forget=self.forget,
            audit=self.asked.append,
            left=lambda: self.left_s,
        )
