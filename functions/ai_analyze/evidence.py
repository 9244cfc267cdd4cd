"""Quotes checked against what they quote. Pure.

White space, invisible characters, full-width forms, and kinds of quotation marks and dashes are folded on both sides.
Numbers are not: a quote that begins or ends within a number, or takes away its unit (万), is not found, nor is one that
leaves out a no in front of it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ai_analyze.fence import clean
from ai_analyze.negation import leaves_out_a_no, may_leave_out_a_no
from ai_analyze.sources import Source
from taskbridge.ai.forms.value_text import EMPTY, UNSIGNED
from taskbridge.ai.results import Evidence

Span = tuple[int, int]

_ALIKE = {
    **dict.fromkeys("“”„‟「」『』«»", '"'),
    **dict.fromkeys("‘’‚‛", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
}
_NUMERALS = "0123456789〇零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟萬億"
_FIGURES = "一二三四五六七八九"
_UNITS = f"{_NUMERALS}%‰"
# Three figures behind a blank go on with a number that was written in groups.
_GROUP = re.compile(r"[0-9]{3}(?![0-9:])")
# A multiplier or a measure (48k, 1.2w, 48 km, 12°), a foreign currency, a share, a power, or what makes it another
# amount (余元, 以上), behind the figures of a number.
# Blanks are folded away, so that a letter counts only as a whole word: 2026 in Singapore goes on with none.
_MORE_OF_A_NUMBER = re.compile(
    r"[×^*±°′″]|[美欧日港澳台韩加新英法泰卢][元币镑圆郎铢布刀]|美金|人民币|[円刀镑倍成折]"
    r"|[余多来](?=[元圆块万亿个人名位天次份年月日小件张页门台套])|以[上下内外]|左右|上下(?![午班级册旬])"
    r"|(?:[wkmb]|[kcm]?m|kg|m?g|ml|thousand|million|billion|usd|eur|gbp|jpy|hkd|dollars?|euros?|pounds?|yen)"
    r"(?:(?=yuan|rmb|cny|usd)|(?![a-z]))",
    re.IGNORECASE,
)
# What makes it another amount before it: 不足|4800.
_OTHER_AMOUNT = re.compile(
    r"(?:不[足到满]|未[满达到]|[低少小高多大]于|超[过出]|将近|接近|(?<![预合签节条违公邀相])约|至[多少]|最[多少高低]|逾)$"
)
_LONGEST_BEFORE = 3
_CURRENCIES = frozenset({"USD", "EUR", "GBP", "JPY", "HKD", "AUD", "CAD", "KRW", "TWD", "CHF", "SGD", "RUB"})
_NOT_ENTERED = re.compile(rf"{EMPTY}|{UNSIGNED}(?:\([^()]*\))?")
_MOST_PLACES = 1000
_MOST_LOOKED_AT = 3  # of the places where a no may be left out: each costs a walk through the page
_AROUND = 200  # characters of a passage before and behind its quote
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


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence, checked. `text` is its quote folded, `label` that of its source.

    `speaks`: what was found is something that was entered, so that it can show that a clause is met: no label, no name
    of a file, nothing of what a field says when it is empty or unsigned. `names_file`: it is the name of a file, which
    shows that there is one in the field, and nothing of what it holds.
    """

    evidence: Evidence
    text: str = ""
    label: str = ""
    speaks: bool = False
    names_file: bool = False

    @property
    def is_found(self) -> bool:
        """Whether the quote stands where it is said to."""
        return self.evidence.verified

    def overlaps(self, other: Proof) -> bool:
        """Whether both show the same words of the same place."""
        mine, theirs = self.evidence, other.evidence
        is_one_place = (mine.source, mine.page) == (theirs.source, theirs.page)
        return is_one_place and (self.text in other.text or other.text in self.text)


class Quotable:
    """The sources of one question, folded when they are first asked for."""

    def __init__(self, sources: Sequence[Source]) -> None:
        labels = [source.label.strip() for source in sources]
        by_label = {source.label.strip(): source for source in sources if labels.count(source.label.strip()) == 1}
        self._sources = {**by_label, **{source.name: source for source in sources}}
        self._folded: dict[tuple[str, int], str] = {}

    def check(self, evidence: Evidence) -> Proof:
        """The evidence, verified where its quote stands in its source.

        `source` becomes the key of the field. `page` becomes where the quote was found: that page first, then any.
        """
        source = self._sources.get(evidence.source.strip().strip("[]【】「」").strip())
        if source is None:
            return Proof(evidence)
        page, places = self._find_in_file(source, evidence) if source.is_file else self._find_in_field(source, evidence)
        where = (page if source.is_file else None) if places else evidence.page
        passage = self._passage(source, page, places)
        checked = replace(evidence, source=source.key, page=where, verified=bool(places), passage=passage)
        speaks = self._shows_an_entry(source, page, places)
        is_name = source.names_files
        return Proof(checked, fold(evidence.quote), source.label, speaks and not is_name, speaks and is_name)

    def _find_in_file(self, source: Source, evidence: Evidence) -> tuple[int, list[Span]]:
        quote = fold(evidence.quote)
        numbers = range(1, len(source.pages) + 1) if _says_enough(quote) else ()
        for number in sorted(numbers, key=lambda number: number != evidence.page):
            if places := self._as_meant(source, number, find_places(quote, self._page(source, number))):
                return number, places
        return 1, []

    def _find_in_field(self, source: Source, evidence: Evidence) -> tuple[int, list[Span]]:
        """Where the quote stands in the field's text. The label may go before it, but proves nothing alone."""
        quote, value = fold(evidence.quote), self._page(source, 1)
        label = fold(f"{source.label}：")
        if value and quote in {value, label + value}:
            return 1, [(0, len(value))]
        if not _says_enough(quote):
            return 1, []
        found = find_places(quote, label + value, behind=len(label))
        return 1, self._as_meant(source, 1, [(max(0, start - len(label)), end - len(label)) for start, end in found])

    def _as_meant(self, source: Source, page: int, places: Sequence[Span]) -> list[Span]:
        """The places where no word in front says the opposite."""
        folded, text = self._page(source, page), source.pages[page - 1]
        doubtful = [place for place in places if may_leave_out_a_no(folded, place[0])]
        denied = {
            place
            for number, place in enumerate(doubtful)
            if number >= _MOST_LOOKED_AT or leaves_out_a_no(text, self._unfolded(source, page, place[0], text))
        }
        return [place for place in places if place not in denied]

    def _shows_an_entry(self, source: Source, page: int, places: Sequence[Span]) -> bool:
        """Whether one of the places holds something that was entered."""
        if not places:
            return False
        text = self._page(source, page)
        silent = [found.span() for found in _NOT_ENTERED.finditer(text)]
        header = len(fold(source.header))
        return any(
            end > header
            and not any(start < silence_end and silence_start < end for silence_start, silence_end in silent)
            for start, end in places
        )

    def _passage(self, source: Source, page: int, places: Sequence[Span]) -> str:
        """What stands around the first of the places in a file, empty for a field."""
        if not source.is_file or not places:
            return ""
        text = source.pages[page - 1]
        start, end = (self._unfolded(source, page, place, text) for place in places[0])
        return text[max(0, start - _AROUND) : end + _AROUND]

    def _unfolded(self, source: Source, page: int, place: int, text: str) -> int:
        """Where in the text of a page a place of its folded form is."""
        return find_unfolded(text, place - self._page(source, page).count(" ", 0, place))

    def _page(self, source: Source, number: int) -> str:
        place = (source.name, number)
        if place not in self._folded:
            self._folded[place] = fold(source.pages[number - 1])
        return self._folded[place]


def find_unfolded(text: str, place: int) -> int:
    """Where in `text` its folded form, without the blanks between numbers, is `place` characters long."""
    at = 0
    for line in text.splitlines(keepends=True):
        length = _bare_length(line)
        if place <= length:
            return at + bisect_left(range(len(line)), place, key=lambda count: _bare_length(line[:count]))
        place -= length
        at += len(line)
    return at


def _bare_length(text: str) -> int:
    return len(fold(text).replace(" ", ""))


def find_places(quote: str, text: str, behind: int = 0) -> list[Span]:
    """Where the folded `quote` stands in the folded `text`, cuts no number, and ends behind the place `behind`."""
    places: list[Span] = []
    at = text.find(quote, max(0, behind - len(quote) + 1)) if quote else -1
    while at >= 0 and len(places) < _MOST_PLACES:
        end = at + len(quote)
        if end > behind and not _cuts_before(text, at) and not _cuts_after(text, end):
            places.append((at, end))
        at = text.find(quote, at + 1)
    return places


def _says_enough(quote: str) -> bool:
    return sum(character.isalnum() for character in quote) >= 2


def _cuts_before(text: str, at: int) -> bool:
    """Whether what stands before `at` belongs to the number that begins there: 1|500, 1,|500, 4 |800, -|500, USD|48."""
    if text[at] not in _NUMERALS:
        return False
    before, further = text[at - 1 : at], text[max(0, at - 2) : at - 1]
    if not before:
        return False
    leading = text[max(0, at - _LONGEST_BEFORE) : at]
    if before in _NUMERALS or before in "负$€£" or leading.upper() in _CURRENCIES or _OTHER_AMOUNT.search(leading):
        return True
    if before == " " or (before == "_" and further.isdigit()):
        return _GROUP.match(text, at) is not None  # 4 |800
    is_sign = before == "-" and not further.isalnum()
    return is_sign or (before in ".,·'点" and further in _NUMERALS and further != "")


def _cuts_after(text: str, end: int) -> bool:
    """Whether what stands behind `end` belongs to the number that ends there: 500|0, 500|.5, 12| 000, 500|万, 48|k."""
    if text[end - 1] not in _UNITS:
        return False
    after, further = text[end : end + 1], text[end + 1 : end + 2]
    if not after or (text[end - 1] in _FIGURES and after.isascii() and after.isdigit()):
        return False  # 王五|2026: nobody writes a number so
    if after in _UNITS or (text[end - 1].isdigit() and _MORE_OF_A_NUMBER.match(text, end)):
        return True
    if after in " _":
        return _GROUP.match(text, end + 1) is not None
    return after in ".,·'点" and further in _NUMERALS and further != ""
