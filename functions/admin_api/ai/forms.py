"""A form as people read it beside its result."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from admin_api.wiring import Services
from taskbridge.ai.forms.form import FormField, format_form
from taskbridge.ai.rules import RuleInForce
from taskbridge.ai.seats import Seat
from taskbridge.events import EventForm


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a form. `number` is that of the evidence that quotes it, null where the rule leaves the file out."""

    field_key: str
    label: str
    name: str
    size: int | None
    mime: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Form:
    """A form as people read it. `notices` are contradictions in it."""

    fields: tuple[FormField, ...]
    attachments: tuple[Attachment, ...]
    notices: tuple[str, ...]


def show_form(seat: Seat, rule: RuleInForce | None, services: Services) -> Form | None:
    """The form of a seat, None where it is no longer kept. The rule in force numbers the attachments that take part."""
    body = services.forms.get(seat.task_id, seat.form_hash) if seat.form_hash else None
    if body is None:
        return None
    form = format_form(msgspec.json.decode(body, type=EventForm))
    file_key = rule.file_key if rule else ()
    numbers = iter(range(1, len(form.attachments) + 1))
    return Form(
        form.fields,
        tuple(
            Attachment(
                field_key=file.field_key,
                label=file.label,
                name=file.name,
                size=file.size,
                mime=file.mime,
                number=next(numbers) if file.named_by(file_key) else None,
            )
            for file in form.attachments
        ),
        form.notices,
    )
