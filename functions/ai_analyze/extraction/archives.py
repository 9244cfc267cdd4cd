"""Zip files of strangers: opened only where what is inside stays within bounds. Pure."""

from __future__ import annotations

import io
import zipfile

from ai_analyze.extraction.limits import Limits, UnreadableFile


def open_archive(content: bytes, limits: Limits) -> zipfile.ZipFile:
    """The zip file. No more is ever unpacked than its directory says, and that is bounded here.

    Raises UnreadableFile where it is broken, or says too much.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise UnreadableFile("文件已损坏，未能读取") from error
    entries = archive.infolist()
    if len(entries) > limits.unpacked_files or sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise UnreadableFile("文件解压后过大，未读取")
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile("文件有密码保护，未能读取")
    return archive
