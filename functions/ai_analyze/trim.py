"""A prompt that fits the model: what matters least goes first. Pure.

Attachments lose their text from the end, the last attachment first. The form is cut only where it does not fit alone,
the rule never. Whatever is left out is told to the model and to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ai_analyze.fence import single_line
from ai_analyze.sources import Source
from taskbridge.platforms.ai import ModelLimits, estimate_tokens

# An estimate is one: this share of the context stays free.
_SLACK = 0.05
_LONGEST_OUTPUT_SHARE = 0.5
_SOURCE_OVERHEAD = 48
_LEFT_OUT = "（以下内容超出模型长度限制，未提供）"


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The sources as they go into the prompt, and in Chinese what was left out of which."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()


def prompt_budget(limits: ModelLimits) -> int:
    """How many tokens a prompt may have, by our estimate, so that a whole answer still fits behind it."""
    output = min(limits.output_tokens, int(limits.context_tokens * _LONGEST_OUTPUT_SHARE))
    return int((limits.context_tokens - output) * (1 - _SLACK))


def trim_sources(sources: Sequence[Source], budget: int) -> Trimmed:
    """The sources within `budget` tokens."""
    fields = [source for source in sources if not source.is_file]
    files = [source for source in sources if source.is_file]
    room = budget - _SOURCE_OVERHEAD * len(files)
    if sum(map(_cost_of_field, fields)) > room:
        fields, notes = _shorten_fields(fields, room)
    else:
        notes = []
    left = room - sum(map(_cost_of_field, fields))
    for place, file in enumerate(files):
        files[place], used = _shorten_file(file, left)
        left -= used
        if files[place] is not file:
            notes.append(_note_of_file(file, files[place]))
    return Trimmed((*fields, *files), tuple(notes))


def _cost(text: str) -> int:
    # Every line is set in, which costs a token.
    return estimate_tokens(text) + text.count("\n") + 1


def _cost_of_field(field: Source) -> int:
    return _cost(field.name) + _cost(field.label) + _cost(field.pages[0])


def _cut(text: str, room: int) -> str:
    """The beginning of `text` in at most about `room` tokens."""
    cost = _cost(text)
    if cost <= room:
        return text
    kept = text[: max(0, (room - _cost(_LEFT_OUT)) * len(text) // cost)]
    while kept and _cost(kept) > room - _cost(_LEFT_OUT):
        kept = kept[: len(kept) * 9 // 10]
    return f"{kept}\n{_LEFT_OUT}"


def _shorten_fields(fields: list[Source], room: int) -> tuple[list[Source], list[str]]:
    """The longest fields cut to one length, which is as long as it can be."""
    lowest, highest = _cost(_LEFT_OUT), max(room, _cost(_LEFT_OUT))
    costs = [(_cost_of_field(field), _cost(field.pages[0])) for field in fields]
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        fits = sum(whole - text + min(text, middle) for whole, text in costs) <= room
        lowest, highest = (middle, highest) if fits else (lowest, middle)
    short = [replace(field, pages=(_cut(field.pages[0], lowest),)) for field in fields]
    notes = [
        f"表单字段「{single_line(new.label)}」内容过长，未全部提供给模型"
        for old, new in zip(fields, short, strict=True)
        if old.pages != new.pages
    ]
    return short, notes


def _shorten_file(file: Source, room: int) -> tuple[Source, int]:
    """The file with the pages that fit, and what they cost; itself where all do."""
    used, pages = 0, list[str]()
    for page in file.pages:
        cost = _cost(page) + _SOURCE_OVERHEAD // 6
        if used + cost > room:
            part = _cut(page, room - used - _SOURCE_OVERHEAD // 6)
            pages.append(part)
            return replace(file, pages=tuple(pages)), used + _cost(part)
        pages.append(page)
        used += cost
    return file, used


def _note_of_file(whole: Source, cut: Source) -> str:
    return f"附件「{whole.name}」内容过长，第 {len(cut.pages)} 页起未全部提供给模型（共 {len(whole.pages)} 页）"
