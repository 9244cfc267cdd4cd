"""Text of unknown encoding: UTF-8, UTF-16 with a byte order mark, GB 18030, Big5. Pure."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_DECLARED_WITHIN = 4096
_BIG5_NAMES = frozenset({"big5", "big5-hkscs", "big-5", "x-x-big5", "cp950"})
_JUDGED = 20_000
_BIG5_LEVEL_1 = (0xA1, 0xC6)


def decode_text(content: bytes) -> str | None:
    """The text; None for what is no text."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    declared = _DECLARED.search(content[:_DECLARED_WITHIN])
    is_big5 = (declared is not None and declared[1].decode().lower() in _BIG5_NAMES) or _reads_as_big5(content)
    return ("utf-8-sig", "big5hkscs", "gb18030") if is_big5 else ("utf-8-sig", "gb18030")


def _reads_as_big5(content: bytes) -> bool:
    """Both encodings give the same bytes a meaning, but only one of them common characters."""
    sample = content[:_JUDGED]
    by_gb, by_big5 = _share_of_gb2312(sample), _share_of_level_1(sample)
    return by_big5 > by_gb


def _share_of_gb2312(sample: bytes) -> float:
    signs = [sign for sign in sample.decode("gb18030", "replace") if not sign.isascii()]
    return sum(bool(sign.encode("gb2312", "ignore")) for sign in signs) / max(len(signs), 1)


def _share_of_level_1(sample: bytes) -> float:
    """Of the signs that Big5 sees, how many are of its 5,401 common ones, or punctuation."""
    signs = [sign for sign in sample.decode("big5hkscs", "replace") if not sign.isascii()]
    codes = [sign.encode("big5", "ignore") for sign in signs]
    return sum(len(code) == 2 and _BIG5_LEVEL_1[0] <= code[0] <= _BIG5_LEVEL_1[1] for code in codes) / max(
        len(signs), 1
    )
