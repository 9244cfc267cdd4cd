"""A text as whoever hides something in it means it to be read. Pure.

Readings: the text in one spelling (full-width and traditional characters, letters of other scripts that look like
ours, blanks and signs between characters), and what is encoded in it. Every step takes linear time.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from ai_analyze.fence import is_hidden
from ai_analyze.traditional import SIMPLIFIED

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef"
_BLANK_BY_WIDE = re.compile(rf"(?<=[{_WIDE}])\s+|\s+(?=[{_WIDE}])")
_SPACE = re.compile(r"\s+")
_SPELLED = re.compile(r"(?<![A-Za-z])(?:[A-Za-z][ ._*·-]){5,}[A-Za-z](?![A-Za-z])")
_OURS = re.compile(
    r"ignor|regard|approv|verdict|instruct|clause|system|output|answer|reviewer|rules|pass|mark", re.IGNORECASE
)
_PARTED = re.compile(
    r"(?:[\u4e00-\u9fff][^\w\s，。、；：！？,.;:!?]{1,3}|[\u4e00-\u9fff][ .·、,*_-]){3,}[\u4e00-\u9fff]"
)
_PARTING = re.compile(
    r"(?<=[\u4e00-\u9fff，。、；：！？])[^\w\s，。、；：！？]{1,3}(?=[\u4e00-\u9fff，。、；：！？]|\Z)"
)
_SIGNS = re.compile(r"[\W_]+")
# Cyrillic and Greek letters that look like Latin ones.
_LOOKALIKES = str.maketrans(
    "аеорсухіѕјһԁӏкмтнвАЕОРСУХІЅЈКМТНВοανκρτυιερΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxisjhdlkmtHBAEOPCYXISJKMTHBoavkptuiepABEZHIKMNOPTYX",
)
# Words that are others where traditional characters are written, in simplified ones.
_WORDS = {
    "人工智慧": "人工智能",
    "讯息": "消息",
    "稽核": "审核",
    "使用者": "用户",
    "程式": "程序",
    "预设": "默认",
    "回覆": "回复",
}
_OTHER_WORDS = re.compile("|".join(_WORDS))
_MIXED = re.compile(r"[A-Za-z\u0370-\u03ff\u0400-\u04ff]+")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}[ :]?){12,}(?![0-9A-Za-z])")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}){4,}")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){6,}")
_ENTITY = re.compile(r"&\s?#x?[0-9a-fA-F]{2,6};")
_LONGEST_ENCODED = 20_000
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")
_FLAG = "\U0001f3f4"
_MOST_WORDS_APART = 3


def readings(text: str) -> Iterator[str]:
    """The text in one spelling, then each text that is encoded in it."""
    plain = unveil(text)
    yield plain
    if _PARTED.search(text):
        yield unveil(_PARTING.sub("", text))
    yield from map(unveil, decoded(text))
    yield codecs.encode(plain, "rot13")
    yield plain[::-1]


def unveil(text: str) -> str:
    """The text in lower case and one spelling. Blanks stay between words of letters, and go beside ideographs."""
    seen = "".join(character for character in text if not is_hidden(character))
    plain = unicodedata.normalize("NFKC", seen)
    plain = _MIXED.sub(lambda found: _fold_lookalikes(found[0]), plain)
    plain = _SPELLED.sub(lambda found: _SIGNS.sub("", found[0]), plain)
    plain = _SPACE.sub(" ", _BLANK_BY_WIDE.sub("", plain))
    plain = plain.translate(SIMPLIFIED).casefold()
    return _OTHER_WORDS.sub(lambda found: _WORDS[found[0]], plain)


def _fold_lookalikes(word: str) -> str:
    """A word with Latin letters, or only with letters that look like them, as Latin."""
    folded = word.translate(_LOOKALIKES)
    return folded if folded.isascii() else word


def decoded(text: str) -> Iterator[str]:
    """What is encoded in a text and reads as words: base64, hexadecimal, escapes of several kinds."""
    for found in _BASE64.finditer(text):
        yield from _as_words(_from_base64(found[0][:_LONGEST_ENCODED]))
    for found in _HEX.finditer(text):
        yield from _as_words(bytes.fromhex(re.sub(r"[ :]", "", found[0][:_LONGEST_ENCODED])))
    for found in _ESCAPES.finditer(text):
        yield codecs.decode(found[0], "unicode_escape")
    if _PERCENT.search(text):
        yield unquote(text, errors="replace")
    if _ENTITY.search(text):
        yield html.unescape(re.sub(r"&\s#", "&#", text))


def hides_text(text: str) -> bool:
    """Whether a text is hidden in this one: spelled out, encoded, or in characters that no one sees."""
    if any(_TAGS.finditer(text.replace(_FLAG, ""))) or _is_cut_up(text):
        return True
    if any(_OURS.search(_SIGNS.sub("", found[0])) for found in _SPELLED.finditer(text)):
        return True
    runs = [*_BASE64.finditer(text), *_HEX.finditer(text)]
    return any(True for found in runs for _ in decoded(found[0]))


def _is_cut_up(text: str) -> bool:
    """Whether characters that no one sees stand again and again within words."""
    cuts = [
        at
        for at in range(1, len(text) - 1)
        if is_hidden(text[at]) and text[at - 1].isalpha() and text[at + 1].isalpha() and text[at] != "\u00ad"
    ]
    return any(later - earlier < 4 * _MOST_WORDS_APART for earlier, later in zip(cuts, cuts[2:], strict=False))


def _from_base64(run: str) -> bytes:
    bare = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return b""


def _as_words(content: bytes) -> Iterator[str]:
    """The text that bytes are, where they are one: a number or a key decodes to no words."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    letters = sum(character.isalpha() or character in " ,.，。" for character in text)
    if len(text) >= 6 and text.isprintable() and letters >= 0.8 * len(text):
        yield text
