"""Forms as people read them: every visible value of every control type once, in Chinese. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from taskbridge.ai.forms.amounts import parse_number
from taskbridge.ai.forms.control_text import as_list, control_text
from taskbridge.ai.forms.controls import Cell, Malformed, ReadField, read_fields, visible_cells
from taskbridge.ai.forms.notices import build_notices
from taskbridge.ai.forms.value_text import UNNAMED, file_name
from taskbridge.events import EventForm


@dataclass(frozen=True, slots=True)
class FormField:
    """A visible field of a form; `text` may have several lines (a table, say), 未填写 where nothing was entered."""

    key: str
    label: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of a `file` or `image` field, also inside a table. `size` in bytes, `sha256` as the upstream says.

    `field_key` is the field of the form; `column_keys` lead to the file within its tables, and are empty outside one.
    """

    field_key: str
    label: str
    name: str
    url: str
    size: int | None = None
    mime: str = ""
    token: str = ""
    sha256: str = ""
    column_keys: tuple[str, ...] = ()

    def named_by(self, file_key: Collection[str]) -> bool:
        """Whether a rule's `file_key` names this file: by its field, its column, or both as `field.column`."""
        path = (self.field_key, *self.column_keys)
        return any(name in file_key for name in (*path, ".".join(path)))


@dataclass(frozen=True, slots=True)
class FormattedForm:
    """A whole form. `notices` are contradictions that the formatter itself saw (大写 against figures)."""

    fields: tuple[FormField, ...]
    attachments: tuple[AttachedFile, ...] = ()
    notices: tuple[str, ...] = ()


def format_form(form: EventForm) -> FormattedForm:
    """Every visible field of the form in its order, with its attachments. Never raises, whatever the values are."""
    return format_fields(read_fields(form))


def format_fields(fields: Sequence[ReadField]) -> FormattedForm:
    """The same of fields that were read."""
    cells = [cell for field in fields if field.unread is None for cell in visible_cells(_cell(field))]
    attachments = tuple(attachment for cell in cells for attachment in _attachments(cell))
    return FormattedForm(tuple(map(_format, fields)), attachments, build_notices(cells))


def _cell(field: ReadField) -> Cell:
    return Cell(field.control, field.value, (field.control.key,), field.control.label)


def _format(field: ReadField) -> FormField:
    control = field.control
    text = control_text(control, field.value) if field.unread is None else field.unread
    return FormField(control.key, control.label, control.type, text)


def field_lines(field: FormField) -> tuple[str, ...]:
    """`label：text`; the lines of a longer text follow indented, so that no value can pass for another field."""
    lines = field.text.split("\n")
    return (
        (f"{field.label}：{field.text}",) if len(lines) == 1 else (f"{field.label}：", *(f"  {line}" for line in lines))
    )


def form_text(form: FormattedForm) -> str:
    """The whole form, one line or one block a field, in order; notices are not part of it."""
    return "\n".join(line for field in form.fields for line in field_lines(field))


def _attachments(cell: Cell) -> Iterator[AttachedFile]:
    if cell.control.type not in {"file", "image"}:
        return
    for each in as_list(cell.value):
        file: dict[str, Any] = each if isinstance(each, dict) else {"url": each}
        yield AttachedFile(
            field_key=cell.path[0],
            label=cell.label,
            name=_name(each),
            url=_text(file.get("url")),
            size=_size(file.get("size")),
            mime=_text(file.get("mime")),
            token=_text(file.get("token")),
            sha256=_text(file.get("sha256")),
            column_keys=cell.path[1:],
        )


def _name(file: object) -> str:
    try:
        return file_name(file) or UNNAMED["file"]
    except Malformed:
        return UNNAMED["file"]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _size(value: object) -> int | None:
    number = parse_number(value)
    return int(number) if number is not None and number >= 0 and number == int(number) else None
