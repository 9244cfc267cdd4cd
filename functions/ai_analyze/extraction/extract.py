"""The text of a file, by its kind."""

from __future__ import annotations

from importlib import import_module

from ai_analyze.extraction.kinds import IMAGES, Kind
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import Extract
from taskbridge.reasons import build_reason

# By name: a reader is only imported for a file of its kind.
_READERS = {
    Kind.PDF: "pdf",
    Kind.OFD: "ofd",
    Kind.DOCX: "word",
    Kind.XLSX: "sheets",
    Kind.XLSB: "sheets",
    Kind.ODS: "ods",
    Kind.XLS: "sheets",
    Kind.HTML: "plain",
    Kind.MHTML: "plain",
    Kind.TEXT: "plain",
}

_REASONS = {
    Kind.DOC: "旧版 Word（.doc）文件，未能读取",
    Kind.PPT: "演示文稿，未能读取",
    Kind.PPTX: "演示文稿，未能读取",
    Kind.LOCKED: build_reason("file_locked"),
    Kind.ZIP: "压缩包，未能读取",
    Kind.RAR: "压缩包，未能读取",
    Kind.SEVEN_ZIP: "压缩包，未能读取",
}


def extract(kind: Kind, content: bytes, limits: Limits) -> Extract:
    """The pages of a file, as far as they have text. Raises UnreadableFile, and whatever a reader comes to."""
    if kind in IMAGES:
        return Extract(problem="图片，没有文字层，未能读取", scanned=True)
    if kind not in _READERS:
        raise UnreadableFile(_REASONS.get(kind, "不支持的文件格式，未能读取"))
    reader = import_module(f"{__package__}.{_READERS[kind]}")
    found: Extract = reader.read(content, limits, *([kind] if _READERS[kind] == "sheets" else []))
    return found
