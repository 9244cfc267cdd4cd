"""The attachments themselves: which of them a platform gets, and which it has no longer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ai_analyze.material import Material, ReadFile
from ai_analyze.sources import name_sources
from ai_analyze.turns import Model
from taskbridge.ai.audit import AuditedFile
from taskbridge.errors import ContentRefused, PermanentError, QuotaExhausted

NOT_UPLOADED = "已开启脱敏，附件原件没有上传，只提供了提取的文字"
_GONE = frozenset({404, 410})
_SPEAKS_OF_FILES = re.compile(r"\bfile|文件|附件", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Originals:
    """The platform's ids of what it has, by the names that the prompt gives, and what people should know."""

    file_ids: Mapping[str, str]
    notes: tuple[str, ...] = ()


def hand_over(
    material: Material, client: Model, upload: Callable[[Model, ReadFile], str], *, is_masked: bool
) -> Originals:
    """Upload what the platform wants. Raises PlatformError where that may work later."""
    use = client.files
    wanted = [
        (name, file)
        for name, file in _named(material)
        if file.content and (use == "all" or (use == "scans" and file.problem))
    ]
    if wanted and is_masked:
        # What is in an original cannot be masked.
        return Originals({}, (NOT_UPLOADED,))
    file_ids: dict[str, str] = {}
    notes: list[str] = []
    for name, file in wanted:
        try:
            file_ids[name] = upload(client, file)
        except PermanentError:
            notes.append(f"平台没有接收附件「{name}」的原件")
    return Originals(file_ids, tuple(notes))


def took_part(material: Material, originals: Originals) -> tuple[AuditedFile, ...]:
    """The attachments for the audit log, also those of which only the text was sent."""
    return tuple(
        AuditedFile(name=name, sha256=file.sha256, size=file.size, file_id=originals.file_ids.get(name, ""))
        for name, file in _named(material)
    )


def find_gone(material: Material, originals: Originals, error: PermanentError) -> list[tuple[ReadFile, str]]:
    """The files, with their ids, that the platform may mean when it refuses a question.

    Platforms say in words of their own that a file has expired: by its id, else by 404, or by speaking of files. So a
    refusal for another reason that sounds like this costs one more upload.
    """
    if isinstance(error, ContentRefused | QuotaExhausted):
        return []
    told = str(error)
    known = [(file, originals.file_ids[name]) for name, file in _named(material) if name in originals.file_ids]
    named = [(file, file_id) for file, file_id in known if file_id in told]
    if named:
        return named
    return known if error.status in _GONE or _SPEAKS_OF_FILES.search(told) else []


def _named(material: Material) -> Iterator[tuple[str, ReadFile]]:
    names = [source.name for source in name_sources(material) if source.is_file]
    return zip(names, material.files, strict=True)
