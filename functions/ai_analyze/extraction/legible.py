"""Characters as people mean them, and text that is none: what a font without a table of meanings leaves. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# Printing programs write these in place of the ideographs that look the same; quotes of the text would not be found.
_SUPPLEMENT = dict(
    zip(
        "⺁⺇⺋⺎⺏⺐⺛⺝⺟⺠⺩⺪⺬⺼⺾⻄⻅⻆⻉⻋⻌⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "厂几㔾兀尣尢旡月母民王疋示肉艹西见角贝车辶長镸长门阝雨青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
_COMPATIBLE = (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFAFF))
_RADICALS = {code: unicodedata.normalize("NFKC", chr(code)) for code in _COMPATIBLE}
# Signs of vertical writing: ︵ is （.
_VERTICAL = dict(
    zip(
        (*range(0xFE10, 0xFE1A), *range(0xFE30, 0xFE33), *range(0xFE35, 0xFE45), 0xFE47, 0xFE48),
        "，、。：；！？〖〗…‥—–（）｛｝〔〕【】《》〈〉「」『』［］",
        strict=True,
    )
)
_MEANT = {**_RADICALS, **_VERTICAL, **{ord(sign): meant for sign, meant in _SUPPLEMENT.items()}}
# In place of a sign that has no meaning.
UNKNOWN = "\ufffd"
_STRANGE_CATEGORIES = frozenset({"Co", "Cn", "Cc"})
# Chinese bytes that were taken for those of a western font: ±¨Ïúµ¥ for 报销单.
_WESTERN_RUN = re.compile(r"[\xa1-\xff]{4,}")
_CHARSETS = ("gb2312", "big5", "shift_jis", "euc_kr")
_PLAUSIBLE = 0.9
# Scripts, and other first words of names of letters, that stand beside any other.
_COMMON = frozenset({"", "LATIN", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL"})
_COMMON |= {"FULLWIDTH", "HALFWIDTH", "MATHEMATICAL", "MODIFIER", "MASCULINE", "FEMININE", "IDEOGRAPHIC", "MICRO"}
_COMMON |= {"DOUBLE-STRUCK", "SCRIPT", "BLACK-LETTER", "OHM", "KELVIN", "ANGSTROM", "VERTICAL", "MASU", "SUPERSCRIPT"}
_MANY_SCRIPTS = 3

# Ticks, and boxes to tick, are often characters of these fonts, by (font, code).
_SYMBOLS = {
    ("wingdings", 0xFE): "☑",
    ("wingdings", 0xFD): "☒",
    ("wingdings", 0xFC): "✓",
    ("wingdings", 0xFB): "✗",
    ("wingdings", 0xA8): "☐",
    ("wingdings", 0x6F): "☐",
    ("wingdings", 0x71): "☐",
    ("wingdings", 0x72): "☐",
    ("wingdings", 0x78): "☒",
    ("wingdings2", 0x4F): "✗",
    ("wingdings2", 0x50): "✓",
    ("wingdings2", 0x51): "☒",
    ("wingdings2", 0x52): "☑",
    ("wingdings2", 0x53): "☒",
    ("wingdings2", 0x54): "☒",
    ("wingdings2", 0x2A): "☐",
    ("wingdings2", 0x30): "☐",
    ("wingdings2", 0xA3): "☐",
    ("webdings", 0x61): "✓",
    ("webdings", 0x63): "☐",
    ("webdings", 0x72): "✗",
    ("zapfdingbats", 0x33): "✓",
    ("zapfdingbats", 0x34): "✓",
    ("zapfdingbats", 0x38): "✗",
    ("zapfdingbats", 0x6F): "☐",
}


def fold(text: str) -> str:
    """The text with radicals and compatibility ideographs as the ideographs that they stand for."""
    return text.translate(_MEANT)


def strange_share(text: str) -> float:
    """How much of a text, from 0 to 1, is no character of any writing."""
    seen = "".join(text.split())
    strange = sum(sign == UNKNOWN or unicodedata.category(sign) in _STRANGE_CATEGORIES for sign in seen)
    strange += sum(len(run) for run in _WESTERN_RUN.findall(seen))
    return strange / max(len(seen), 1)


def is_plausible(signs: str) -> bool:
    """Whether signs that nothing vouches for read as one writing: letters, digits, and what one charset knows.

    Numbers of glyphs that are taken for characters fall all over Unicode, of which no charset has a third.
    """
    return _keeps_to_a_charset(signs, lambda sign: sign.isalnum())


def is_of_one_charset(text: str) -> bool:
    """Whether nearly all of a text, punctuation included, is ASCII or what one charset knows: see is_plausible."""
    return _keeps_to_a_charset(text, lambda _: True)


def _keeps_to_a_charset(text: str, is_known: Callable[[str], bool]) -> bool:
    """Whether one charset knows nearly all signs of a text. `is_known` says it of ASCII."""
    seen = "".join(text.split())
    known = (sum(is_known(sign) if sign.isascii() else _is_in(sign, charset) for sign in seen) for charset in _CHARSETS)
    return any(count >= _PLAUSIBLE * len(seen) for count in known)


def is_writing(text: str) -> bool:
    """Whether a text keeps to a few scripts: numbers of glyphs that are taken for characters fall on all of them."""
    return len({script for sign in set(text) if (script := _script(sign)) not in _COMMON}) < _MANY_SCRIPTS


def _script(sign: str) -> str:
    """The script of a letter by the first word of its name; empty for what is no letter."""
    return unicodedata.name(sign, "").partition(" ")[0] if unicodedata.category(sign)[0] == "L" else ""


def _is_in(sign: str, charset: str) -> bool:
    try:
        return bool(sign.encode(charset))
    except UnicodeEncodeError:
        return False


def symbol(font: str, code: int) -> str:
    """The tick or the box that a symbol font draws at this code; empty where it draws something else."""
    return _SYMBOLS.get((re.sub(r"^[A-Z]{6}\+|[\s-]|Regular$", "", font).lower(), code & 0xFF), "")
