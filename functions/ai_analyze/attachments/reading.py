"""The attachments of a form that a rule asks for, as text."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

from ai_analyze.attachments.fetching import Fetcher
from ai_analyze.attachments.sandbox import read_apart
from ai_analyze.extraction.kinds import Kind
from ai_analyze.extraction.limits import DEFAULT_LIMITS, Limits, UnreadableFile
from ai_analyze.material import ReadFile
from taskbridge.ai.forms.form import AttachedFile


def read_files(
    attachments: Sequence[AttachedFile], fetcher: Fetcher, limits: Limits = DEFAULT_LIMITS
) -> tuple[ReadFile, ...]:
    """Each attachment with its text, or with why there is none. One after the other, which bounds memory.

    An empty file is skipped, and its `problem` says so: what looks like a receipt in the form may be no bytes at all.
    Raises OSError where no process can be started to read a file in.
    """
    ends = time.monotonic() + limits.total_s
    files: list[ReadFile] = []
    for number, attachment in enumerate(attachments, start=1):
        try:
            content = _fetch(attachment, files, fetcher, limits, ends)
        except UnreadableFile as unreadable:
            files.append(_unread(number, attachment, unreadable))
        else:
            files.append(_read(number, attachment, content, limits))
    return tuple(files)


def _fetch(
    attachment: AttachedFile, before: Sequence[ReadFile], fetcher: Fetcher, limits: Limits, ends: float
) -> bytes:
    if len(before) >= limits.files:
        raise UnreadableFile(f"附件超过 {limits.files} 个，其余未读取")
    if sum(file.size for file in before if file.content) >= limits.total_bytes:
        raise UnreadableFile(f"附件合计超过 {limits.total_bytes / 1024 / 1024:g} MB，其余未读取")
    if time.monotonic() >= ends:
        raise UnreadableFile("读取附件的时间已用完，其余未读取", retryable=True)
    content = b"" if attachment.size == 0 else fetcher.fetch(attachment.url)
    if not content:
        raise UnreadableFile("空文件（0 字节），已跳过")
    return content


def _read(number: int, attachment: AttachedFile, content: bytes, limits: Limits) -> ReadFile:
    kind, found = read_apart(content, limits)
    is_csv = kind is Kind.TEXT and attachment.name.lower().endswith(".csv")
    return ReadFile(
        name=f"附件{number}{'.csv' if is_csv else kind.suffix}",
        field_key=attachment.field_key,
        label=attachment.label,
        sha256=hashlib.sha256(content).hexdigest(),
        mime="text/csv" if is_csv else kind.mime,
        size=len(content),
        pages=found.pages,
        problem=found.problem,
        content=content,
        scanned=found.scanned,
    )


def _unread(number: int, attachment: AttachedFile, unreadable: UnreadableFile) -> ReadFile:
    return ReadFile(
        name=f"附件{number}",
        field_key=attachment.field_key,
        label=attachment.label,
        sha256="",
        mime="",
        size=attachment.size or 0,
        pages=(),
        problem=unreadable.problem,
        retryable=unreadable.retryable,
    )
