"""Golden attachments as files that people send: documents that are written and read again, and scans.

What a scan shows nobody can read without eyes: each clause that rests on it is unknown.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from xml.sax.saxutils import escape

import msgspec

from ai_analyze.attachments.sandbox import read_apart
from ai_analyze.extraction.limits import DEFAULT_LIMITS
from evaluation.golden import Expected, ExpectedFinding, GoldenForm, InlineFile, build_material
from evaluation.variants import imply_verdict
from taskbridge.ai.results import FindingResult

DOCUMENTS, SCANS = "real files", "scans"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def as_documents(golden: GoldenForm) -> GoldenForm | None:
    """The form with its attachments as Word documents, read as an analysis reads them; None where it has none."""
    changed = _with_files(golden, DOCUMENTS, _write_document)
    if changed is None:
        return None
    findings = tuple(_renamed(each, golden, changed) for each in golden.expected.findings)
    return _expecting(changed, findings)


def as_scans(golden: GoldenForm) -> GoldenForm | None:
    """The form with its attachments as pictures; None where it has none."""
    changed = _with_files(golden, SCANS, lambda _: _draw_scan())
    if changed is None:
        return None
    files = {file.name for file in build_material(golden).files}
    return _expecting(changed, tuple(_unseen(each, files) for each in golden.expected.findings))


def _with_files(golden: GoldenForm, kind: str, write: Callable[[InlineFile], bytes]) -> GoldenForm | None:
    """None as well where an attachment could not be read before."""
    if not golden.attachments or any(file.problem or not file.pages for file in golden.attachments):
        return None
    attachments = tuple(_read_again(write(file)) for file in golden.attachments)
    name = f"{golden.name}~{kind.replace(' ', '-')}"
    return msgspec.structs.replace(golden, name=name, kind=kind, attachments=attachments)


@cache
def _read_again(content: bytes) -> InlineFile:
    kind, found = read_apart(content, DEFAULT_LIMITS)
    return InlineFile(kind.suffix.removeprefix("."), found.pages, found.problem)


def _expecting(golden: GoldenForm, findings: tuple[ExpectedFinding, ...]) -> GoldenForm:
    verdict = imply_verdict(findings, hostile=golden.is_hostile)
    return msgspec.structs.replace(golden, expected=Expected(verdict=verdict, findings=findings))


def _renamed(finding: ExpectedFinding, before: GoldenForm, after: GoldenForm) -> ExpectedFinding:
    """The files are called by their type, and a document has its own pages."""
    pairs = zip(build_material(before).files, build_material(after).files, strict=True)
    names = {old.name: new.name for old, new in pairs}
    evidence = tuple(
        msgspec.structs.replace(quote, source=names[quote.source], page=1) if quote.source in names else quote
        for quote in finding.evidence
    )
    return msgspec.structs.replace(finding, evidence=evidence)


def _unseen(finding: ExpectedFinding, files: set[str]) -> ExpectedFinding:
    if not any(quote.source in files for quote in finding.evidence):
        return finding
    return ExpectedFinding(finding.clause, FindingResult.UNKNOWN)


def _write_document(file: InlineFile) -> bytes:
    lines = [line for page in file.pages for line in page.split("\n")]
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>')
    return packed.getvalue()


def _draw_scan() -> bytes:
    """A grey picture of an A4 page: a PNG, as phones and scanners make them."""
    width, height = 595, 842
    rows = zlib.compress((b"\0" + b"\xe0" * width) * height)
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
