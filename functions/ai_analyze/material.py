"""Everything that one question is about."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.form import AttachedFile, FormattedForm, format_fields
from taskbridge.ai.forms.values import typed_values
from taskbridge.ai.rules import RuleInForce
from taskbridge.events import EventForm


@dataclass(frozen=True, slots=True)
class ReadFile:
    """An attachment that was read.

    `name` is neutral (附件1.pdf): what the applicant called it is hostile text. `pages` holds the text of each page or
    sheet, in order; `problem` says in Chinese why there is none, or not all of it; empty where all was read.
    `scanned`: some of it is pictures, in which OCR may find text. `retryable`: it could not be fetched, and a later try
    may go better. `sha256` is that of the content, empty where none was fetched.
    """

    name: str
    field_key: str
    label: str
    sha256: str
    mime: str
    size: int
    pages: tuple[str, ...]
    problem: str = ""
    content: bytes = field(default=b"", repr=False)
    scanned: bool = False
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """The rule, the form, its typed values (see `taskbridge.ai.forms.values`), and the files that `file_key` names.

    `received_on` is the day on which the task was received, in Asia/Shanghai: what a rule calls today. `people` are the
    names of people that the event carries beside its form.
    """

    rule: RuleInForce
    form: FormattedForm
    values: dict[str, Any]
    files: tuple[ReadFile, ...]
    received_on: date
    people: tuple[str, ...] = field(default=(), repr=False)


def build_material(
    form: EventForm,
    rule: RuleInForce,
    received_on: date,
    read: Callable[[tuple[AttachedFile, ...]], tuple[ReadFile, ...]],
    people: tuple[str, ...] = (),
) -> Material:
    """What a question about a form is about. `read` reads the attachments that the rule asks for."""
    fields = read_fields(form)
    formatted = format_fields(fields)
    files = read(select_attachments(formatted, rule.file_key))
    return Material(rule, formatted, typed_values(fields), files, received_on, people)


def select_attachments(form: FormattedForm, file_key: Collection[str]) -> tuple[AttachedFile, ...]:
    """The attachments that take part, in the order of the form: those of the fields or columns that are named."""
    return tuple(attachment for attachment in form.attachments if attachment.named_by(file_key))
