"""Golden forms made of problems that were written elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from evaluation.golden import Expected, ExpectedFinding, GoldenForm, InlineFile, Quote
from evaluation.variants import imply_verdict
from taskbridge.ai.results import FindingResult
from taskbridge.ai.rules import Check
from taskbridge.events import EventForm, Field

_READ_ON = date(2024, 7, 1)  # no rule of these sets asks for the day


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: what is known of it, the field that shows it, and the check that decides it alone, where one can."""

    text: str
    is_met: bool
    shown_by: str
    check: str = ""


def build_form(
    name: str, kind: str, about: str, fields: Mapping[str, Any], clauses: Sequence[Clause], material: str = ""
) -> GoldenForm:
    """A form whose fields are texts, numbers and lists of rows; `material` is an attachment that the rule names."""
    event_form = EventForm(fields=[_field(key, value) for key, value in fields.items()])
    findings = tuple(_expected(clause, fields) for clause in clauses)
    attachments = (InlineFile("txt", (material,)),) if material else ()
    if material:
        event_form.fields.append(_file())
    return GoldenForm(
        name=name,
        kind=kind,
        about=about,
        traits=("honest",),
        received_on=_READ_ON,
        rule="\n".join(f"{number}. {clause.text}" for number, clause in enumerate(clauses, start=1)),
        file_key=("rules",) if material else (),
        checks=tuple(Check(each.text, each.check, confirmed=True, covers=True) for each in clauses if each.check),
        form=event_form,
        attachments=attachments,
        expected=Expected(verdict=imply_verdict(findings, hostile=False), findings=findings),
    )


def _expected(clause: Clause, fields: Mapping[str, Any]) -> ExpectedFinding:
    result = FindingResult.PASS if clause.is_met else FindingResult.FAIL
    value = fields[clause.shown_by]
    shown = str(next(iter(value[-1].values()))) if isinstance(value, list) else str(value).split("\n")[0]
    return ExpectedFinding(clause.text, result, (Quote(clause.shown_by, shown),))


def _field(key: str, value: Any) -> Field:
    label = key.replace("_", " ")
    if isinstance(value, list):
        columns = [{"key": name, "label": name, "type": _type_of(cell)} for name, cell in value[0].items()]
        return _made(key, label, "table", {"columns": columns, "rows": value})
    return _made(key, label, _type_of(value), value)


def _file() -> Field:
    found = {"name": "rules.txt", "url": "https://files.example.edu.cn/rules", "size": 1, "mime": "text/plain"}
    return _made("rules", "reference rules", "file", [found])


def _made(key: str, label: str, kind: str, value: Any) -> Field:
    return Field(key=key, label=label, type=kind, value=msgspec.Raw(msgspec.json.encode(value)))


def _type_of(value: Any) -> str:
    return "number" if isinstance(value, int | float) else "textarea"
