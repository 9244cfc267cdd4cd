"""Where an answer may quote from: the fields of the form and the attachments, under the names that the prompt gives.

Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ai_analyze.material import Material, ReadFile
from taskbridge.ai.forms.form import FormField

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
FILE_TYPES = frozenset({"file", "image"})
_NEUTRAL_NAME = re.compile(r"附件[0-9]{1,3}(?:\.[a-z0-9]{1,8})?")


@dataclass(frozen=True, slots=True)
class Source:
    """A field (one page) or an attachment. `name` is what the prompt calls it, `key` what results show.

    Fields: `key` is that of the form, `header` the line of a table that holds only labels, and `names_files` tells
    that the text is names of files, which say nothing of what these hold. Attachments: the neutral name; `problem` as
    in ReadFile.
    """

    name: str
    key: str
    label: str
    pages: tuple[str, ...]
    is_file: bool = False
    problem: str = ""
    header: str = ""
    names_files: bool = False


def name_sources(material: Material) -> tuple[Source, ...]:
    """The sources in order, fields first, no two of the same name.

    A key that is no plain identifier, or was there before, is called 字段3 by its place: keys come from outside.
    """
    taken: set[str] = set()
    fields = [_name_field(field, place, taken) for place, field in enumerate(material.form.fields, start=1)]
    files = [_name_file(file, place, taken) for place, file in enumerate(material.files, start=1)]
    return (*fields, *files)


def _name_field(field: FormField, place: int, taken: set[str]) -> Source:
    name = field.key if _PLAIN_KEY.fullmatch(field.key) and field.key not in taken else f"字段{place}"
    taken.add(name)
    header = field.text.split("\n", 2)[:2] if field.type == "table" and "\n" in field.text else ()
    names_files = field.type in FILE_TYPES
    return Source(name, field.key, field.label, (field.text,), header="\n".join(header), names_files=names_files)


def _name_file(file: ReadFile, place: int, taken: set[str]) -> Source:
    name = file.name if _NEUTRAL_NAME.fullmatch(file.name) and file.name not in taken else f"附件{place}"
    while name in taken:
        place += 1
        name = f"附件{place}"
    taken.add(name)
    return Source(name, name, file.label, file.pages, is_file=True, problem=file.problem)
