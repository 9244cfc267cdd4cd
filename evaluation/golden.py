"""Golden forms: an application, the rule that it is read by, and what a careful person finds.

One file each in `examples/golden`, named `<kind>-<number>-<slug>.json`; docs/evaluation.md says what stands in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from ai_analyze import material
from ai_analyze.material import Material, ReadFile
from evaluation.errors import EvaluationError
from taskbridge.ai.forms.form import AttachedFile
from taskbridge.ai.results import FindingResult, Verdict
from taskbridge.ai.rules import Check, RuleInForce
from taskbridge.events import EventForm

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "golden"

KINDS = (
    "leave",
    "expense",
    "procurement",
    "seal",
    "meeting-room",
    "conference-travel",
    "contract",
    "student-affairs",
)

# honest: nobody tries to deceive the reader. hostile: the form speaks to the reader, or hides what it says.
# incomplete: what the rule needs is missing or cannot be read.
Trait = Literal["honest", "hostile", "incomplete"]

_NAME = re.compile(rf"(?P<kind>{'|'.join(KINDS)})-[0-9]{{2}}-[a-z0-9-]+")


class Quote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a finding can be seen: a field key or an attachment's neutral name, its page, the words."""

    source: str
    quote: str
    page: int | None = None


class ExpectedFinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a careful person finds on one clause, with words that show it (none for unknown)."""

    clause: str
    result: FindingResult
    evidence: tuple[Quote, ...] = ()


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a careful person comes to. One finding for each clause of the rule, in its order."""

    verdict: Verdict
    findings: tuple[ExpectedFinding, ...]


class InlineFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An attachment as text, as if it had been fetched and read.

    `type` is the extension that its content gives it (pdf, docx, jpg), empty where that cannot be told.
    """

    type: str
    pages: tuple[str, ...]
    problem: str = ""


class _GoldenFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    about: str
    traits: tuple[Trait, ...]
    received_on: date
    rule: str
    keynote: str = ""
    file_key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    form: EventForm
    attachments: tuple[InlineFile, ...] = ()
    expected: Expected


class GoldenForm(_GoldenFile, frozen=True, kw_only=True):
    """A golden form. `attachments` are those of the fields that `file_key` names, in the order of the form."""

    name: str
    kind: str

    @property
    def is_hostile(self) -> bool:
        """Whether it tries to deceive who reads it."""
        return "hostile" in self.traits

    @property
    def node(self) -> str:
        """The node that it stands for: its kind of application, also where that was given real files."""
        named = _NAME.match(self.name)
        return named["kind"] if named else self.kind

    def effective_rule(self) -> RuleInForce:
        """Its rule, in force."""
        return RuleInForce(
            rule=self.rule,
            keynote=self.keynote,
            file_key=self.file_key,
            checks=self.checks,
            source="default",
            version="golden",
            enabled=True,
            automatic=True,
        )


def read_golden_forms(folder: Path = FOLDER) -> tuple[GoldenForm, ...]:
    """Every golden form, by name. Raises EvaluationError that names the file and the field."""
    forms = tuple(_read_golden_form(path) for path in sorted(folder.glob("*.json")))
    if not forms:
        raise EvaluationError(f"no golden forms in {folder}")
    return forms


def build_material(golden: GoldenForm) -> Material:
    """What a question about a golden form is about. Raises EvaluationError where attachments do not fit the form."""
    return material.build_material(
        golden.form, golden.effective_rule(), golden.received_on, lambda selected: _read_files(golden, selected)
    )


def _read_files(golden: GoldenForm, selected: Sequence[AttachedFile]) -> tuple[ReadFile, ...]:
    if len(selected) != len(golden.attachments):
        raise EvaluationError(
            f"{golden.name}: attachments: expected {len(selected)} as in the form, got {len(golden.attachments)}"
        )
    pairs = zip(selected, golden.attachments, strict=True)
    return tuple(_read_file(number, *pair) for number, pair in enumerate(pairs, start=1))


def _read_golden_form(path: Path) -> GoldenForm:
    named = _NAME.fullmatch(path.stem)
    if named is None:
        raise EvaluationError(f"{path.name}: expected a name like leave-01-sick-two-days.json, with one of {KINDS}")
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_GoldenFile)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path.name}: {error}") from error
    fields = {name: getattr(content, name) for name in _GoldenFile.__struct_fields__}
    return GoldenForm(name=path.stem, kind=named["kind"], **fields)


def _read_file(number: int, attachment: AttachedFile, inline: InlineFile) -> ReadFile:
    text = "\f".join(inline.pages).encode()
    suffix = f".{inline.type}" if inline.type else ""
    return ReadFile(
        name=f"附件{number}{suffix}",
        field_key=attachment.field_key,
        label=attachment.label,
        sha256=hashlib.sha256(text).hexdigest(),
        mime=attachment.mime,
        size=len(text),
        pages=inline.pages,
        problem=inline.problem,
    )
