"""Reads multipart/form-data strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.aigc_simulator.codes import MALFORMED, UNREADABLE, WRONG_CONTENT_TYPE
from local.simulating.answers import Refused

MEDIA_TYPE = "multipart/form-data"

_BOUNDARY = re.compile(r';\s*boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?\s*(?:;|$)', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="([^"]*)"')
_FILE_NAME = re.compile(r'[;\s]filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a form; `file_name` None: it is no file."""

    name: str
    file_name: str | None
    content: bytes


def parse_multipart(content_type: str, body: bytes) -> dict[str, Part]:
    """The parts by name. Refuses any other media type, what is not well formed, and a name that comes twice."""
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise Refused(WRONG_CONTENT_TYPE, f"Content-Type {MEDIA_TYPE} is required", 415)
    found = _BOUNDARY.search(content_type)
    if not found:
        raise Refused(UNREADABLE, "Content-Type has no boundary", 400)
    mark = b"--" + found[1].encode()
    first, *pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if first.strip() or not pieces or not pieces[-1].startswith(b"--"):
        raise Refused(UNREADABLE, "the body is not closed by its boundary", 400)
    parts: dict[str, Part] = {}
    for piece in pieces[:-1]:
        part = _parse_part(piece)
        if part.name in parts:
            raise Refused(MALFORMED, f"{part.name}: stands in the form more than once")
        parts[part.name] = part
    return parts


def read_text(parts: dict[str, Part], name: str, *, needed: bool = False) -> str:
    """A text field, empty where it is absent; refuses bytes that are no UTF-8, and a blank one that is `needed`."""
    part = parts.get(name)
    if part is not None and part.file_name is not None:
        raise Refused(MALFORMED, f"{name}: a text is required, got a file")
    try:
        text = part.content.decode() if part else ""
    except UnicodeDecodeError:
        raise Refused(MALFORMED, f"{name}: is not UTF-8") from None
    if needed and not text.strip():
        raise Refused(MALFORMED, f"{name}: is required and must not be blank")
    return text


def _parse_part(piece: bytes) -> Part:
    head, separator, content = piece.partition(b"\r\n\r\n")
    try:
        heads = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise Refused(UNREADABLE, "the head of a part is not UTF-8", 400) from None
    disposition = next((line for line in heads if line.lower().startswith("content-disposition:")), "")
    name = _NAME.search(disposition)
    if not separator or not name or "form-data" not in disposition:
        raise Refused(UNREADABLE, "a part has no Content-Disposition: form-data with a name", 400)
    file_name = _FILE_NAME.search(disposition)
    return Part(name[1], file_name[1] if file_name else None, content)
