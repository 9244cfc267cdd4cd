"""Zip files of strangers: opened only where what is inside stays within bounds. Pure."""

from __future__ import annotations

import io
import posixpath
import zipfile

from ai_analyze.extraction.limits import Limits, UnreadableFile
from taskbridge.reasons import build_reason


def open_archive(content: bytes, limits: Limits) -> zipfile.ZipFile:
    """The zip file. No more is ever unpacked than its directory says, and that is bounded here.

    Raises UnreadableFile where it is broken, or says too much.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise UnreadableFile(build_reason("file_damaged")) from error
    entries = archive.infolist()
    if len(entries) > limits.unpacked_files or sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise UnreadableFile(build_reason("file_unpacked"))
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile(build_reason("file_locked"))
    return archive


class Entries:
    """The names in a zip file, found also where their case differs: writers on Windows do not care."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._names = {_folded(name): name for name in reversed(archive.namelist())}

    def resolve(self, source: str, location: str | None) -> str:
        """The entry that a file of the archive names: from its own folder, or from the root. Raises KeyError."""
        name = (location or "").strip().replace("\\", "/")
        for folder in (posixpath.dirname(source), ""):
            path = posixpath.normpath(posixpath.join("/", folder, name)).lstrip("/")
            found = path if path in self.archive.NameToInfo else self._names.get(_folded(path))
            if found is not None:
                return found
        raise KeyError(name)


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()
