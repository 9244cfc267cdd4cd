"""What a file is, by its content: what its name or its sender call it proves nothing. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from ai_analyze.extraction.archives import Entries, open_archive
from ai_analyze.extraction.charsets import decode_text
from ai_analyze.extraction.limits import Limits
from ai_analyze.extraction.ole import OLE, Compound


class Kind(StrEnum):
    """A kind of file, by its usual extension, or by a word in brackets where it has none."""

    PDF = "pdf"
    OFD = "ofd"
    DOCX = "docx"
    XLSX = "xlsx"
    XLSB = "xlsb"
    ODS = "ods"
    PPTX = "pptx"
    ZIP = "zip"
    XLS = "xls"
    DOC = "doc"
    PPT = "ppt"
    LOCKED = "(locked)"
    PNG = "png"
    JPEG = "jpg"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tif"
    WEBP = "webp"
    HEIC = "heic"
    RTF = "rtf"
    RAR = "rar"
    SEVEN_ZIP = "7z"
    HTML = "html"
    MHTML = "mht"
    TEXT = "txt"
    UNKNOWN = "(unknown)"

    @property
    def suffix(self) -> str:
        """What a file name ends with: `.pdf`, or nothing."""
        return "" if self.startswith("(") else f".{self}"

    @property
    def mime(self) -> str:
        """The media type."""
        return _MIMES.get(self, "application/octet-stream")


IMAGES = frozenset({Kind.PNG, Kind.JPEG, Kind.GIF, Kind.BMP, Kind.TIFF, Kind.WEBP, Kind.HEIC})

_OFFICE = "application/vnd.openxmlformats-officedocument"
_MIMES = {
    Kind.PDF: "application/pdf",
    Kind.OFD: "application/ofd",
    Kind.DOCX: f"{_OFFICE}.wordprocessingml.document",
    Kind.XLSX: f"{_OFFICE}.spreadsheetml.sheet",
    Kind.XLSB: "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    Kind.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    Kind.PPTX: f"{_OFFICE}.presentationml.presentation",
    Kind.ZIP: "application/zip",
    Kind.XLS: "application/vnd.ms-excel",
    Kind.DOC: "application/msword",
    Kind.PPT: "application/vnd.ms-powerpoint",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
    Kind.GIF: "image/gif",
    Kind.BMP: "image/bmp",
    Kind.TIFF: "image/tiff",
    Kind.WEBP: "image/webp",
    Kind.HEIC: "image/heic",
    Kind.RTF: "application/rtf",
    Kind.RAR: "application/vnd.rar",
    Kind.SEVEN_ZIP: "application/x-7z-compressed",
    Kind.HTML: "text/html",
    Kind.MHTML: "multipart/related",
    Kind.TEXT: "text/plain",
}

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Kind.PNG),
    (re.compile(rb"\xff\xd8\xff"), Kind.JPEG),
    (re.compile(rb"GIF8[79]a"), Kind.GIF),
    (re.compile(rb"BM....\0\0\0\0", re.DOTALL), Kind.BMP),
    (re.compile(rb"II\*\0|MM\0\*"), Kind.TIFF),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), Kind.WEBP),
    (re.compile(rb"....ftyp(hei|hev|mif1|msf1|avif)", re.DOTALL), Kind.HEIC),
    (re.compile(rb"\{\\rtf"), Kind.RTF),
    (re.compile(rb"Rar!\x1a\x07"), Kind.RAR),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), Kind.SEVEN_ZIP),
    # Last: readers accept some rubbish before the head of a PDF.
    (re.compile(rb".{0,1019}%PDF-", re.DOTALL), Kind.PDF),
)

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_IN_ZIP = (
    ("ofd.xml", Kind.OFD),
    ("word/document.xml", Kind.DOCX),
    ("xl/workbook.xml", Kind.XLSX),
    ("xl/workbook.bin", Kind.XLSB),
    ("ppt/presentation.xml", Kind.PPTX),
)
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
_MOST_MANIFEST = 1024 * 1024

# In this order: a locked file has nothing else.
_IN_OLE = (
    ("EncryptedPackage", Kind.LOCKED),
    ("WordDocument", Kind.DOC),
    ("PowerPoint Document", Kind.PPT),
    ("Workbook", Kind.XLS),
    ("Book", Kind.XLS),
)

_HTML = re.compile(
    r"\s*(<!--.{0,2000}?-->\s*)?(<!doctype html|<html|<head|<body|<table|<meta)", re.IGNORECASE | re.DOTALL
)
_MHTML = re.compile(rb"\s*(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?Content-Type:\s*multipart/related", re.IGNORECASE)


def detect_kind(content: bytes, limits: Limits) -> Kind:
    """The kind of a file by its content. Raises UnreadableFile for a zip that is broken or would unpack too large."""
    if content.startswith(_ZIP):
        return _kind_of_zip(content, limits)
    if content.startswith(OLE):
        return _kind_of_ole(content)
    for signature, kind in _SIGNATURES:
        if signature.match(content):
            return kind
    text = decode_text(content)
    if text is None:
        return Kind.UNKNOWN
    if is_mhtml(content):
        return Kind.MHTML
    return Kind.HTML if is_html(text) else Kind.TEXT


def _kind_of_zip(content: bytes, limits: Limits) -> Kind:
    archive = open_archive(content, limits)
    names = {name.replace("\\", "/").lower() for name in archive.namelist()}
    kind = next((kind for name, kind in _IN_ZIP if name in names), Kind.ZIP)
    if kind is not Kind.ZIP or "mimetype" not in names:
        return kind
    entries = Entries(archive)
    mime = archive.read(entries.resolve("", "mimetype")).strip()
    if mime.startswith(_OPEN_DOCUMENT) and _is_locked(entries):
        return Kind.LOCKED
    return Kind.ODS if mime.startswith(_ODS) else kind


def _is_locked(entries: Entries) -> bool:
    """Whether an OpenDocument file says that its parts are encrypted, which the zip file itself does not show."""
    try:
        name = entries.resolve("", "META-INF/manifest.xml")
    except KeyError:
        return False
    with entries.archive.open(name) as manifest:
        return b"encryption-data" in manifest.read(_MOST_MANIFEST)


def _kind_of_ole(content: bytes) -> Kind:
    """By the streams of its root; of a damaged one, by any name in it."""
    try:
        names = Compound(content).names()
    except ValueError:
        names = frozenset(name for name, _ in _IN_OLE if name.encode("utf-16-le") in content)
    return next((kind for name, kind in _IN_OLE if name in names), Kind.UNKNOWN)


def is_html(text: str) -> bool:
    """Whether a text is a page of HTML. Old systems also export their sheets so, and call them .xls."""
    return _HTML.match(text[:4096]) is not None


def is_mhtml(content: bytes) -> bool:
    """Whether a file is a page saved with its pictures. Word also writes documents so, and calls them .doc."""
    return _MHTML.match(content[:4096]) is not None
