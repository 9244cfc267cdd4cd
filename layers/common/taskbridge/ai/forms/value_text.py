"""The text of a value by itself, in Chinese: what is read of it is not what its control says of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taskbridge.ai.forms.amounts import currency_text, written_number_text
from taskbridge.ai.forms.controls import (
    Malformed,
    is_blank,
    label_text,
    scalar_text,
)
from taskbridge.ai.forms.html_text import html_text
from taskbridge.ai.forms.moments import date_text, datetime_text, moment_text, time_text, unit_text
from taskbridge.ai.forms.texts import one_line

EMPTY = "未填写"

UNSIGNED = "未签名"

UNNAMED = {
    "user": "姓名不详",
    "users": "姓名不详",
    "department": "名称不详",
    "departments": "名称不详",
    "file": "未命名文件",
    "image": "未命名文件",
    "related": "未命名事项",
}

_STATUSES = {
    "draft": "草稿",
    "running": "进行中",
    "completed": "已完成",
    "aborted": "已中止",
    "revoked": "已撤销",
    "rejected": "已驳回",
}


def is_signed(value: object) -> bool | None:
    """Whether a signature was given: it has a picture or a time. None where the value is no signature."""
    if not isinstance(value, dict) or all(is_blank(value.get(name)) for name in ("name", "url", "signed_at")):
        return None
    return not (is_blank(value.get("url")) and is_blank(value.get("signed_at")))


def file_name(value: object) -> str:
    """The name of a file, empty for none; an address is no name."""
    text = label_text(value.get("name") if isinstance(value, dict) else value)
    return UNNAMED["file"] if "://" in text or text.startswith(("data:", "/")) else text


def _rich_text(value: Any) -> str:
    return (html_text(value) or EMPTY) if isinstance(value, str) else scalar_text(value)


def _number(value: Any) -> str:
    return written_number_text(scalar_text(value)) if isinstance(value, str) else scalar_text(value)


def _money(value: Any) -> str:
    if not isinstance(value, dict):
        return _number(value)
    amount = _number(value.get("amount"))
    currency, upper = currency_text(scalar_text(value.get("currency"))), one_line(scalar_text(value.get("upper")))
    figures = f"{amount} {currency}".strip() if amount and not amount.endswith(currency or " ") else amount
    if not upper:
        return figures
    return f"{figures}（大写：{upper}）" if figures else f"大写：{upper}"


def _moment(read: Callable[[object], str | None]) -> Callable[[Any], str]:
    return lambda value: read(value) or scalar_text(value)


def end_text(value: object) -> str:
    """An end of a range, in whatever precision it came."""
    return moment_text(value) or time_text(value) or scalar_text(value)


def range_text(start: str, end: str) -> str:
    if start and end:
        return f"{start} 至 {end}"
    return f"自 {start} 起" if start else f"至 {end}" if end else ""


def duration_text(value: Mapping[str, Any]) -> str:
    duration = _number(value.get("duration"))
    return f"{duration} {unit_text(value.get('unit'))}".strip() if duration else ""


def _date_range(value: Any) -> str:
    if isinstance(value, list):
        if len(value) != 2:
            raise Malformed("expected a start and an end")
        return range_text(end_text(value[0]), end_text(value[1]))
    if not isinstance(value, dict):
        return scalar_text(value)
    span, duration = range_text(end_text(value.get("start")), end_text(value.get("end"))), duration_text(value)
    return f"{span}（{duration}）" if span and duration else span or duration


def _person(value: Any) -> str:
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    name, number = label_text(value.get("name")), one_line(scalar_text(value.get("number")))
    return f"{name}（{number}）" if name and number else name or number


def _department(value: Any) -> str:
    return label_text(value.get("name") if isinstance(value, dict) else value)


def address_text(value: Any) -> str:
    """An address on one line; a municipality is named once although it is its own city. Raises Malformed."""
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    parts = [label_text(value.get(name)) for name in ("province", "city", "district", "detail")]
    return "".join(part for part, before in zip(parts, ["", *parts], strict=False) if part != before)


def location_text(value: Any) -> str:
    """The name of a place, its coordinates where it has none. Raises Malformed."""
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    if name := label_text(value.get("name")):
        return name
    named = (("经度", value.get("longitude")), ("纬度", value.get("latitude")))
    return "，".join(f"{word} {scalar_text(degrees)}" for word, degrees in named if not is_blank(degrees))


def _signature(value: Any) -> str:
    signed = is_signed(value)
    if signed is None:
        text = one_line(scalar_text(value))
        return "已签名" if "://" in text or text.startswith("data:") else text
    name = label_text(value.get("name"))
    if not signed:
        return f"{UNSIGNED}（{name}）" if name else UNSIGNED
    return " ".join(filter(None, ("已签名", name, end_text(value.get("signed_at")))))


def _related_one(value: Any) -> str:
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    subject, status = label_text(value.get("subject")), one_line(scalar_text(value.get("status")))
    return f"{subject or UNNAMED['related']}（{_STATUSES.get(status, status)}）" if status else subject


def _rating(value: Any) -> str:
    if not isinstance(value, dict):
        return _number(value)
    score, most = _number(value.get("score")), _number(value.get("max"))
    return f"{score} / {most}" if score and most else score


# By the value alone, by each element of an array, and by the value with the control's options.
VALUE_TEXTS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("text", "textarea", "serial", "formula"), scalar_text),
    **dict.fromkeys(("phone", "email", "id_card", "bank_account"), scalar_text),
    "rich_text": _rich_text,
    "number": _number,
    "money": _money,
    "rating": _rating,
    "date": _moment(date_text),
    "datetime": _moment(datetime_text),
    "time": _moment(time_text),
    "date_range": _date_range,
    "address": address_text,
    "location": location_text,
    "signature": _signature,
}

ELEMENT_TEXTS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("user", "users"), _person),
    **dict.fromkeys(("department", "departments"), _department),
    **dict.fromkeys(("file", "image"), file_name),
    "related": _related_one,
}
