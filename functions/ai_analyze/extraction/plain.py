"""Text files in the usual encodings: CSV as it stands; HTML and saved pages as a reader sees them."""

from __future__ import annotations

import email.message
import email.policy
from email.parser import BytesParser

from ai_analyze.extraction.charsets import decode_text
from ai_analyze.extraction.kinds import is_html, is_mhtml
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import Extract, Unread, gather
from taskbridge.ai.forms.html_text import html_text
from taskbridge.reasons import build_reason

_MOST_PARTS = 1_000


def read(content: bytes, limits: Limits) -> Extract:
    """The whole text as one page."""
    if is_mhtml(content):
        return _read_archive(content, limits)
    text = decode_text(content) or ""
    return gather([html_text(text) if is_html(text) else text], limits)


def _read_archive(content: bytes, limits: Limits) -> Extract:
    """The first page of a saved site, which is what Word writes as .doc too. Raises UnreadableFile."""
    unread = Unread()
    try:
        parts = [part for part, _ in zip(_parse(content).walk(), range(_MOST_PARTS), strict=False)]
        pages = [_text_of(part) for part in parts if part.get_content_type() == "text/html"]
        pictures = sum(part.get_content_maintype() == "image" for part in parts)
    except (LookupError, ValueError, RecursionError) as error:
        raise UnreadableFile(build_reason("file_damaged")) from error
    if pictures:
        unread.scanned = True
        unread.say(f"含图片 {pictures} 张，其中的文字未能读取")
    return gather(pages[:1], limits, unread)


def _parse(content: bytes) -> email.message.Message:
    return BytesParser(policy=email.policy.compat32).parsebytes(content.lstrip())


def _text_of(part: email.message.Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    try:
        text = content.decode(charset) if charset else decode_text(content)
    except (LookupError, UnicodeDecodeError):
        text = decode_text(content)
    return html_text(text or "")
