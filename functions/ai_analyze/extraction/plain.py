"""Text files: UTF-8, UTF-16, GB 18030; CSV as it stands; HTML as its reader sees it."""

from __future__ import annotations

from ai_analyze.extraction.kinds import decode_text, is_html
from ai_analyze.extraction.limits import Limits
from ai_analyze.extraction.pages import Extract, gather
from taskbridge.ai.html_text import html_text


def read(content: bytes, limits: Limits) -> Extract:
    """The whole text as one page."""
    text = decode_text(content) or ""
    return gather([html_text(text) if is_html(text) else text], limits)
