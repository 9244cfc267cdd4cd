"""Numbers and amounts of money of forms, exact, and the 大写 that stands beside them. Pure."""

from __future__ import annotations

import re
import unicodedata
from decimal import Context, Decimal

_PLAIN_DIGITS = 60
_NUMBER = re.compile(r"([+-]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)", re.ASCII)
_WRITTEN_FRACTION = re.compile(r"-?(?:0|[1-9]\d*)\.\d+", re.ASCII)
_BEFORE = re.compile(r"(?:人民币|RMB|CNY|¥)\s*", re.IGNORECASE)
_AFTER = re.compile(r"\s*(?:人民币|RMB|CNY|[元圆][整正]?)", re.IGNORECASE)
_FIFTEEN_DIGITS = Context(prec=15)
_YUAN = frozenset({"", "CNY", "RMB", "CNH", "¥", "元", "人民币", "人民币元"})
_CURRENCIES = {
    "USD": "美元",
    "EUR": "欧元",
    "GBP": "英镑",
    "JPY": "日元",
    "HKD": "港元",
    "MOP": "澳门元",
    "TWD": "新台币",
    "KRW": "韩元",
    "SGD": "新加坡元",
    "AUD": "澳元",
    "CAD": "加元",
    "CHF": "瑞士法郎",
    "RUB": "卢布",
}
_DIGITS = {
    digit: value
    for value, digits in enumerate(
        ("零〇○", "壹一弌", "贰二貳弍两兩", "叁三參叄参", "肆四", "伍五", "陆六陸", "柒七", "捌八", "玖九")
    )
    for digit in digits
}
_ZERO, _DIGIT = "[零〇○]?", f"[{''.join(digit for digit, value in _DIGITS.items() if value)}]"
_SECTION = re.compile(
    rf"(?P<lead>{_ZERO})(?:(?P<qian>{_DIGIT})[仟千])?(?P<gap1>{_ZERO})(?:(?P<bai>{_DIGIT})[佰百])?(?P<gap2>{_ZERO})"
    rf"(?:(?P<shi>{_DIGIT})?(?P<ten>[拾十]))?(?P<gap3>{_ZERO})(?P<ones>{_DIGIT})?"
)
_MARKS = r"[⊗⊕⨂╳×※*#]{0,4}"  # printed before an amount, so that nothing can be put there
_UPPER = re.compile(
    r"(?:人民币|RMB|CNY|¥|[港美欧日]元|\(?(?:价税合计|合计|总计)?(?:中文)?(?:金额)?\(?大写(?:金额)?\)?|:){0,5}"
    rf"{_MARKS}(?:(?P<sign>[负負]|\([负負]数?\)):?)?{_MARKS}(?P<yuan>[^元圆圓块角毛分厘整正]*[元圆圓块])?[零〇]?"
    r"(?:(?P<jiao>.)[角毛])?[零〇]?(?:(?P<fen>.)分)?[整正]?",
    re.IGNORECASE,
)
_LONGEST_UPPER = 60


def number_text(value: int | Decimal) -> str:
    """A number as it was written, without an exponent, and without the noise of binary fractions."""
    if isinstance(value, int):
        # Python refuses to write integers beyond some thousand digits; a decimal has no such limit.
        return str(value) if value.bit_length() < 4000 else f"{Decimal(value):f}"
    cleaned = without_noise(value)
    return f"{cleaned:f}" if _is_short(cleaned) else str(cleaned)


def written_number_text(text: str) -> str:
    """A number that came as text: as written, without the noise of binary fractions."""
    return number_text(Decimal(text)) if len(text) < 30 and _WRITTEN_FRACTION.fullmatch(text) else text


def without_noise(value: Decimal) -> Decimal:
    """434.99999999999994 is 435: a fraction of 16 or 17 digits that 15 digits tell as a short number."""
    digits, exponent = value.as_tuple().digits, value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= 0 or not 16 <= len(digits) <= 20:
        return value
    rounded = _FIFTEEN_DIGITS.plus(value).normalize()
    return rounded if len(rounded.as_tuple().digits) <= 13 else value


def parse_number(value: object) -> Decimal | None:
    """The number that a value states without doubt: `5200`, `5,200.00`, `¥5,200元`; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if value.bit_length() < 200 else None
    if isinstance(value, Decimal):
        return without_noise(value) if value.is_finite() and _is_short(value) else None
    if not isinstance(value, str) or len(value) > _PLAIN_DIGITS:
        return None
    text = unicodedata.normalize("NFKC", value).strip()
    if prefix := _BEFORE.match(text):
        text = text[prefix.end() :]
    found = _NUMBER.match(text)
    if found is None or (found.end() < len(text) and not _AFTER.fullmatch(text, found.end())):
        return None
    return without_noise(Decimal(found[0].replace(",", "")))


def is_yuan(currency: str) -> bool:
    """Whether a currency code or name means 元; no currency at all does."""
    return _folded(currency) in _YUAN


def currency_text(currency: str) -> str:
    """元, 美元 and so on for a currency code; any other text as it is; empty for none."""
    if not currency.strip():
        return ""
    return "元" if is_yuan(currency) else _CURRENCIES.get(_folded(currency), currency.strip())


def parse_upper(text: str) -> Decimal | None:
    """The amount that a 大写 states (伍仟贰佰元整, 叁角); None where it is none, or has no single reading."""
    folded = "".join(unicodedata.normalize("NFKC", text[: _LONGEST_UPPER + 1]).split())
    if len(folded) > _LONGEST_UPPER:
        return None
    found = _UPPER.fullmatch(folded)
    if found is None or not (found["yuan"] or found["jiao"] or found["fen"]):
        return None
    yuan = parse_chinese_integer(found["yuan"][:-1]) if found["yuan"] else 0
    jiao, fen = (_DIGITS.get(found[name] or "零") for name in ("jiao", "fen"))
    if yuan is None or jiao is None or fen is None:
        return None
    amount = Decimal(yuan * 100 + jiao * 10 + fen) / 100
    return -amount if found["sign"] else amount


def parse_chinese_integer(text: str) -> int | None:
    """叁万零伍佰 as 30500; None where it is no number, or leaves a digit without its unit (五千二)."""
    if not text:
        return None
    for sign, weight in (("亿億", 10**8), ("万萬", 10**4)):
        at = max(text.rfind(each) for each in sign)
        if at >= 0:
            return _joined(text[:at], text[at + 1 :], weight)
    return _parse_section(text)


def _joined(above: str, below: str, weight: int) -> int | None:
    high = parse_chinese_integer(above)
    if not below:
        return None if high is None else high * weight
    low = parse_chinese_integer(below)
    if high is None or low is None or low >= weight:
        return None
    # 一万五 may be 15000 or 10005: only a 零 or a unit of its own makes what follows certain.
    certain = below[0] in "零〇○" or low >= 10
    return high * weight + low if certain else None


def _parse_section(text: str) -> int | None:
    """Below 10,000. A digit without a unit counts ones: at the end, alone, or after 拾 or 零."""
    found = _SECTION.fullmatch(text)
    if found is None:
        return None
    thousands, hundreds, tens, ten, ones = (found[name] for name in ("qian", "bai", "shi", "ten", "ones"))
    begun, gap = thousands or hundreds, found["gap1"] or found["gap2"] or found["gap3"]
    bare_ten_within = ten and not tens and (begun or found["lead"] or gap)
    ones_without_place = ones and begun and not (ten or gap)
    if bare_ten_within or ones_without_place:
        return None
    digits = (thousands, hundreds, tens or ("一" if ten else None), ones)
    return sum(_DIGITS[digit] * weight for digit, weight in zip(digits, (1000, 100, 10, 1), strict=True) if digit)


def _is_short(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -2000 <= exponent <= _PLAIN_DIGITS


def _folded(currency: str) -> str:
    return unicodedata.normalize("NFKC", currency[:40]).strip().upper()
