"""Quotes checked against what they quote. Pure.

White space, invisible characters, full-width forms, and kinds of quotation marks and dashes are folded on both sides.
Numbers are not: a quote that begins or ends within a number, or takes away its unit (万), is not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from ai_analyze.fence import clean
from ai_analyze.sources import Source
from taskbridge.ai.results import Evidence, Finding

_ALIKE = {
    **dict.fromkeys("“”„‟「」『』«»", '"'),
    **dict.fromkeys("‘’‚‛", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
}
_NUMERALS = "0123456789〇零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟萬億"
_UNITS = f"{_NUMERALS}%‰"
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_SPACE = re.compile(r"\s+")


class _Folding(dict[int, str]):
    """What each character is folded to, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    if folded != character and not character.isdecimal() and any(each.isdigit() for each in folded):
        return character  # ² is no 2, and ½ no 12
    return "".join(_ALIKE.get(each, each) for each in folded)


_FOLDING = _Folding()


def fold(text: str) -> str:
    """`text` for comparison. White space goes, but between two digits, where it keeps 3 500 from being 3500."""
    marked = _BETWEEN_DIGITS.sub("\0", clean(text).translate(_FOLDING))  # NUL: `clean` left none
    return unicodedata.normalize("NFC", _SPACE.sub("", marked)).replace("\0", " ")


class Quotable:
    """The sources of one question, folded when they are first asked for."""

    def __init__(self, sources: Sequence[Source]) -> None:
        labels = [source.label.strip() for source in sources]
        by_label = {source.label.strip(): source for source in sources if labels.count(source.label.strip()) == 1}
        self._sources = {**by_label, **{source.name: source for source in sources}}
        self._folded: dict[tuple[str, int], str] = {}

    def verify(self, finding: Finding) -> Finding:
        """The finding, its evidence marked as found or not."""
        return msgspec.structs.replace(finding, evidence=tuple(map(self.check, finding.evidence)))

    def check(self, evidence: Evidence) -> Evidence:
        """The evidence, verified where its quote stands in its source.

        `source` becomes the key of the field. `page` becomes where the quote was found: that page first, then any.
        """
        source = self._sources.get(evidence.source.strip().strip("[]【】「」").strip())
        if source is None:
            return evidence
        page = self._find_in_file(source, evidence) if source.is_file else None
        found = page is not None if source.is_file else self._stands_in_field(source, evidence.quote)
        where = page if found else evidence.page
        return msgspec.structs.replace(evidence, source=source.key, page=where, verified=found)

    def _find_in_file(self, source: Source, evidence: Evidence) -> int | None:
        quote = fold(evidence.quote)
        if not _says_enough(quote):
            return None
        numbers = range(1, len(source.pages) + 1)
        for number in sorted(numbers, key=lambda number: number != evidence.page):
            if stands_in(quote, self._page(source, number)):
                return number
        return None

    def _stands_in_field(self, source: Source, text: str) -> bool:
        """Whether the quote is of the field's text. The label may go before it, but proves nothing alone."""
        quote, value = fold(text), self._page(source, 1)
        label = fold(f"{source.label}：")
        if value and quote in {value, label + value}:
            return True
        return _says_enough(quote) and stands_in(quote, label + value, behind=len(label))

    def _page(self, source: Source, number: int) -> str:
        place = (source.name, number)
        if place not in self._folded:
            self._folded[place] = fold(source.pages[number - 1])
        return self._folded[place]


def stands_in(quote: str, text: str, behind: int = 0) -> bool:
    """Whether the folded `quote` stands in the folded `text`, cuts no number, and ends behind the place `behind`."""
    at = text.find(quote, max(0, behind - len(quote) + 1))
    while at >= 0:
        end = at + len(quote)
        if end > behind and not _cuts_before(text, at) and not _cuts_after(text, end):
            return True
        at = text.find(quote, at + 1)
    return False


def _says_enough(quote: str) -> bool:
    return sum(character.isalnum() for character in quote) >= 2


def _cuts_before(text: str, at: int) -> bool:
    """Whether what stands before `at` belongs to the number that begins there: 1|500, 1,|500, -|500."""
    if text[at] not in _NUMERALS:
        return False
    before, further = text[at - 1 : at], text[max(0, at - 2) : at - 1]
    if before and before in _NUMERALS:
        return True
    is_sign = before == "-" and not further.isalnum()
    return is_sign or (before != "" and before in ".,·" and further.isdigit())


def _cuts_after(text: str, end: int) -> bool:
    """Whether what stands behind `end` belongs to the number that ends there: 500|0, 500|.5, 500|万, 50|%."""
    if text[end - 1] not in _UNITS:
        return False
    after, further = text[end : end + 1], text[end + 1 : end + 2]
    if after and after in _UNITS:
        return True
    return after != "" and after in ".," and further.isdigit()
