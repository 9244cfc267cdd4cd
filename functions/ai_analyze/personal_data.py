"""Personal data kept from the platform: tokens in the question, values again in the answer. Pure.

Equal values get equal tokens, however they are spelled, so that a model can still compare them. A whole field of type
id_card, phone, email or bank_account is masked as it is; elsewhere (and in the same form) by pattern: 身份证 with its
check digit or of 15 digits, phone numbers, bank cards with theirs (Luhn), passports and 通行证, e-mail addresses; in
full-width characters too, parted by a sign or a line end, or with characters among them that no one sees.

Never masked: student and staff numbers, addresses, and names, but for those that the form itself names where
`names` asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import count

import msgspec

from ai_analyze.fence import is_hidden
from ai_analyze.material import Material, ReadFile
from taskbridge.ai.forms.form import FormattedForm, FormField
from taskbridge.ai.forms.value_text import EMPTY
from taskbridge.ai.rules import RuleInForce

_ID_CARD, _PHONE, _BANK_CARD, _EMAIL, _DOCUMENT, _NAME = (
    "身份证号",
    "电话号码",
    "银行卡号",
    "电子邮箱",
    "证件号码",
    "姓名",
)
_KIND_OF_TYPE = {"id_card": _ID_CARD, "phone": _PHONE, "bank_account": _BANK_CARD, "email": _EMAIL}
_KINDS = "|".join((_ID_CARD, _PHONE, _BANK_CARD, _EMAIL, _DOCUMENT, _NAME))
_LONGEST_KIND = max(map(len, _KINDS.split("|")))
_SHORTEST_KNOWN = 4
_SHORTEST_NAME = 2
_PEOPLE_TYPES = frozenset({"user", "users", "signature"})

# One character to one, so that a place found in the folded text is the same place in the text.
_HALF_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x00A0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000), " "
)
_HALF_WIDTH |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x30FC, 0xFE58, 0xFE63), "-")
_SEPARATORS = re.compile(r"[\s().·+_-]")

# Between the groups of a number: a sign, a line end, or both.
_GAP = r"(?:[ .·_-]|[ \t]{0,8}[-_]?[ \t]{0,8}\n[ \t]{0,8}[-_]?[ \t]{0,8})?"
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)"
_MONTH_AND_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_FROM_ABROAD = rf"(?:(?:\+|00)?86{_GAP})?"
_PATTERNS = (
    (_EMAIL, r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"),
    (
        _ID_CARD,
        (
            rf"(?<![0-9A-Za-z])[1-9][0-9]{{5}}{_GAP}(?:18|19|20)[0-9]{{2}}{_GAP}{_MONTH_AND_DAY}"
            rf"{_GAP}[0-9]{{3}}{_GAP}[0-9Xx](?![0-9A-Za-z])"
        ),
    ),
    (_BANK_CARD, rf"(?<![0-9])[1-9][0-9]{{3}}(?:{_GAP}[0-9]{{4}}){{3}}(?:{_GAP}[0-9]{{1,3}})?(?![0-9])"),
    (
        _ID_CARD,
        (
            rf"(?<![0-9A-Za-z.]){_PROVINCE}[0-9]{{4}}{_GAP}[0-9]{{2}}{_MONTH_AND_DAY}{_GAP}[0-9]{{3}}"
            r"(?![0-9A-Za-z]|\.[0-9])"
        ),
    ),
    (_PHONE, rf"(?<![0-9]){_FROM_ABROAD}1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}(?![0-9])"),
    (_PHONE, rf"(?<![0-9]){_FROM_ABROAD}[(]?0(?:10|2[0-9])[)]?{_GAP}[2-9][0-9]{{3}}{_GAP}[0-9]{{4}}(?![0-9])"),
    (_PHONE, rf"(?<![0-9]){_FROM_ABROAD}[(]?0[3-9][0-9]{{2}}[)]?{_GAP}[2-9][0-9]{{6,7}}(?![0-9])"),
    # From abroad without its 0: 8610-62781234, +86 571 87951234. In one run it may as well be the number of a paper.
    (
        _PHONE,
        rf"(?<![0-9])(?:\+|00)86{_GAP}[(]?(?:10|2[0-9])[)]?{_GAP}[2-9][0-9]{{3}}{_GAP}[0-9]{{4}}(?![0-9])",
    ),
    (_PHONE, rf"(?<![0-9])(?:\+|00)86{_GAP}[(]?[3-9][0-9]{{2}}[)]?{_GAP}[2-9][0-9]{{6,7}}(?![0-9])"),
    (_PHONE, rf"(?<![0-9])86{_GAP}[(]?(?:10|2[0-9]|[3-9][0-9]{{2}})[)]?[ .·_-][2-9][0-9]{{6,7}}(?![0-9])"),
    (_PHONE, rf"(?<![0-9])[48]00{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}(?![0-9])"),
    (
        _DOCUMENT,
        r"(?<![0-9A-Za-z])(?:[Ee][0-9]{8}|[Ee][A-Ha-hJ-Nj-nP-Zp-z][0-9]{7}|[Gg][0-9]{8}|[DSPdsp][Ee][0-9]{7})(?![0-9A-Za-z])",
    ),
    (_DOCUMENT, r"(?<![0-9A-Za-z])[HMhm][0-9]{8}(?:[0-9]{2})?(?![0-9A-Za-z])"),
    (_DOCUMENT, r"(?:护照|通行证|台胞证|回乡证)(?:号码?)?(?:为|是)?[ :]{0,3}[A-Za-z]{0,2}[0-9]{7,10}(?![0-9A-Za-z])"),
)
_FIND = re.compile("|".join(f"(?P<p{place}>{pattern})" for place, (_, pattern) in enumerate(_PATTERNS)))
_COUNTRY = re.compile(r"^(?:00)?86(?=1[3-9][0-9]{9}$|0)")
_BETWEEN = re.compile(r"[\s.·_-]")
_OLD_ID_CARD = 15  # has no check digit
_LEAD = re.compile(r"[^A-Za-z0-9]*")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Masking:
    """The tokens of one question. `tag` is such that no text of the question looks like a token of it."""

    def __init__(self, tag: str = "") -> None:
        self._tag = tag
        self._tokens: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._token = re.compile(rf"【(?:{_KINDS}){tag}[0-9]{{1,5}}】")

    def __repr__(self) -> str:
        return f"Masking({len(self._values)} values)"

    def learn(self, kind: str, text: str) -> None:
        """`text` as a whole is a value of this kind, wherever it stands."""
        self._known[_fold(text)[0]] = kind

    def mask(self, text: str) -> str:
        """`text` with tokens for its values."""
        folded, places = _fold(text)
        pieces, end = [], 0
        for start, stop, kind in self._find(folded):
            first, last = places[start], places[stop - 1] + 1
            if first >= end:
                pieces += [text[end:first], self._token_of(kind, text[first:last])]
                end = last
        return "".join((*pieces, text[end:]))

    def restore(self, text: str) -> str:
        """`text` with values for its tokens: each as it was spelled where it was first met."""
        return self._token.sub(lambda found: self._values.get(found[0], found[0]), text)

    @property
    def longest_token(self) -> int:
        """Characters of the longest token that there can be."""
        return 2 + _LONGEST_KIND + len(self._tag) + 5

    def _find(self, folded: str) -> Iterator[tuple[int, int, str]]:
        """Places and kinds in order; of two that overlap the earlier one is first, then the known one."""
        found = [(match.start(), 0, match.end(), kind) for match, kind in self._find_known(folded)]
        for match in _FIND.finditer(folded):
            kind = _PATTERNS[int(str(match.lastgroup)[1:])][0]
            confirmed = _confirm(kind, match[0])
            if confirmed:
                found.append((match.start() + _lead_of(kind, match[0]), 1, match.end(), confirmed))
        for start, _, stop, kind in sorted(found):
            yield start, stop, kind

    def _find_known(self, folded: str) -> Iterator[tuple[re.Match[str], str]]:
        if not self._known:
            return
        values = "|".join(map(re.escape, sorted(self._known, key=len, reverse=True)))
        # No part of a longer number: 1234 is not masked within 12345.
        for match in re.finditer(rf"(?:(?<![0-9])|(?![0-9]))(?:{values})(?:(?<![0-9])|(?![0-9]))", folded):
            yield match, self._known[match[0]]

    def _token_of(self, kind: str, text: str) -> str:
        canonical = f"{kind}{_canonical(kind, text)}"
        if canonical not in self._tokens:
            token = f"【{kind}{self._tag}{len(self._tokens) + 1}】"
            self._tokens[canonical], self._values[token] = token, text
        return self._tokens[canonical]


class Restorer:
    """Restores a text that arrives in pieces: a token that is split is held back until it is whole."""

    def __init__(self, masking: Masking) -> None:
        self._masking = masking
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown now."""
        text = self._held + piece
        opened = text.rfind("【")
        is_open = opened >= 0 and "】" not in text[opened:] and len(text) - opened <= self._masking.longest_token
        shown, self._held = (text[:opened], text[opened:]) if is_open else (text, "")
        return self._masking.restore(shown)

    def finish(self) -> str:
        """What was held back: no token, after all."""
        held, self._held = self._held, ""
        return held


def mask_material(material: Material, *, names: bool = False) -> tuple[Material, Masking]:
    """The material as the platform may see it, and what puts the values back. `values` are not sent, and stay.

    `names`: the people whom the form names in its fields of people, and `material.people`, are masked as well.
    """
    masking = Masking(_choose_tag(material))
    for name in _names_in(material) if names else ():
        masking.learn(_NAME, name)
    for field in material.form.fields:
        kind = _KIND_OF_TYPE.get(field.type)
        value = field.text.strip()
        if kind and value != EMPTY and len(value) >= _SHORTEST_KNOWN:
            masking.learn(kind, value)
    # The rule first: its tokens are then the same for every form, and the beginning of the prompt can be cached.
    rule = _mask_rule(material.rule, masking)
    form = FormattedForm(
        fields=tuple(_mask_field(field, masking) for field in material.form.fields),
        notices=tuple(map(masking.mask, material.form.notices)),
    )
    files = tuple(_mask_file(file, masking) for file in material.files)
    return replace(material, rule=rule, form=form, files=files), masking


def _names_in(material: Material) -> Iterator[str]:
    """The names of people that the event carries: the longest first is for whoever looks for them."""
    for person in material.people:
        yield from _as_name(person)
    for field in material.form.fields:
        if field.type in _PEOPLE_TYPES and field.text != EMPTY:
            for person in field.text.split("、"):
                yield from _as_name(person.partition("（")[0])


def _as_name(text: str) -> Iterator[str]:
    name = text.strip()
    if len(name) >= _SHORTEST_NAME and not name.isdigit():
        yield name


def _mask_rule(rule: RuleInForce, masking: Masking) -> RuleInForce:
    return msgspec.structs.replace(rule, rule=masking.mask(rule.rule), keynote=masking.mask(rule.keynote))


def _mask_field(field: FormField, masking: Masking) -> FormField:
    return replace(field, label=masking.mask(field.label), text=masking.mask(field.text))


def _mask_file(file: ReadFile, masking: Masking) -> ReadFile:
    pages = tuple(map(masking.mask, file.pages))
    label, problem = masking.mask(file.label), masking.mask(file.problem)
    return replace(file, label=label, problem=problem, pages=pages, content=b"")


def _choose_tag(material: Material) -> str:
    """Nothing, or the first letters with which no token stands in the material already."""
    rule, form = material.rule, material.form
    texts = [rule.rule, rule.keynote, *form.notices]
    texts += [text for field in form.fields for text in (field.label, field.text)]
    texts += [text for file in material.files for text in (file.label, file.problem, *file.pages)]
    used = set(re.findall(rf"【(?:{_KINDS})([A-Z]{{0,8}})[0-9]", "\n".join(texts)))
    return next(tag for tag in _tags() if tag not in used)


def _tags() -> Iterator[str]:
    yield ""
    for number in count():
        yield "".join("ABCDEFGHIJ"[int(digit)] for digit in str(number))


def _canonical(kind: str, text: str) -> str:
    value = _fold(text)[0].strip()
    if kind == _EMAIL:
        return value.casefold()
    bare = _SEPARATORS.sub("", value).upper()
    return _COUNTRY.sub("", bare) if kind == _PHONE else bare


def _fold(text: str) -> tuple[str, Sequence[int]]:
    """`text` in half-width characters without those that no one sees, and where each one left stood."""
    half = text.translate(_HALF_WIDTH)
    if half.isascii() and half.isprintable():
        return half, range(len(half))
    places = [place for place, character in enumerate(half) if character == "\n" or not _is_hidden(character)]
    return ("".join(half[place] for place in places), places) if len(places) < len(half) else (half, places)


@cache
def _is_hidden(character: str) -> bool:
    return is_hidden(character)


def _lead_of(kind: str, text: str) -> int:
    """How many characters in front are no part of the value: 护照号：."""
    found = _LEAD.match(text) if kind == _DOCUMENT else None
    return found.end() if found else 0


def _confirm(kind: str, text: str) -> str:
    """The kind that the digits prove, empty for none: a wrong 身份证 may be the number of a bank card."""
    digits = _BETWEEN.sub("", text)
    if kind == _ID_CARD and len(digits) == _OLD_ID_CARD:
        return _ID_CARD
    if kind == _ID_CARD:
        return _ID_CARD if _is_id_card(digits) else _confirm(_BANK_CARD, digits)
    if kind == _BANK_CARD:
        return _BANK_CARD if digits.isdigit() and _passes_luhn(digits) else ""
    return kind


def _is_id_card(digits: str) -> bool:
    """The check digit of GB 11643."""
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, digits, strict=False))
    return "10X98765432"[total % 11] == digits[-1].upper()


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
