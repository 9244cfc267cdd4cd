"""Dates, times and periods as form controls write them, on the clock of Asia/Shanghai. Pure.

A value is text in one of the usual notations, or epoch seconds or milliseconds. Text without a zone is local time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

# Known here, because not every minimal system image brings a time zone database. The summers matter: a birthday that
# was stored as the midnight of its day would else fall on the day before.
_STANDARD = timezone(timedelta(hours=8), "CST")
_SUMMER = timezone(timedelta(hours=9), "CDT")
_SUMMERS = {
    1986: (date(1986, 5, 4), date(1986, 9, 14)),
    1987: (date(1987, 4, 12), date(1987, 9, 13)),
    1988: (date(1988, 4, 17), date(1988, 9, 11)),
    1989: (date(1989, 4, 16), date(1989, 9, 17)),
    1990: (date(1990, 4, 15), date(1990, 9, 16)),
    1991: (date(1991, 4, 14), date(1991, 9, 15)),
}
# Beyond the seconds of the year 2100 a number counts milliseconds.
_LAST_SECOND = 4_102_444_800
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DIGITS = re.compile(r"-?\d{9,14}")
_DATE = r"(\d{4})\s{0,2}[-/.年]\s{0,2}(\d{1,2})\s{0,2}[-/.月]\s{0,2}(\d{1,2})\s{0,2}日?"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?"
_MOMENT = re.compile(rf"{_DATE}(?:(?:T|\s{{0,3}}){_CLOCK}\s?(Z|[+-]\d{{2}}:?\d{{2}})?)?", re.ASCII | re.IGNORECASE)
# Two times of one day. Without seconds, and behind a space, the second is no offset: programs write those otherwise.
_SPAN = re.compile(
    rf"{_DATE}\s{{1,3}}(\d{{1,2}}):(\d{{2}})\s?(?:-|–|—|~|至|到)\s?(\d{{1,2}}):(\d{{2}})", re.ASCII | re.IGNORECASE
)
_COMPACT_DATE = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})", re.ASCII)
_TIME = re.compile(_CLOCK, re.ASCII)
_ENDS_OF_DAY = frozenset({time(), time(23, 59), time(23, 59, 59)})
_MORNING = frozenset({"am", "morning", "forenoon", "上午"})
_AFTERNOON = frozenset({"pm", "afternoon", "下午"})
_WHOLE_DAY = frozenset({"", "day", "all_day", "full", "全天"})
_UNITS = {
    "天": ("day", "days", "d", "天", "日"),
    "小时": ("hour", "hours", "h", "小时", "时"),
    "分钟": ("minute", "minutes", "min", "分钟"),
    "周": ("week", "weeks", "w", "周"),
    "个月": ("month", "months", "月", "个月"),
    "年": ("year", "years", "年"),
}
_UNIT_NAMES = {word: unit for unit, words in _UNITS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included.

    `days` counts a half day as 0.5 and is None where it cannot be told; `hours` is set where the form counts hours, or
    gives both ends with a time of day.
    """

    start: date
    end: date
    days: Decimal | None = None
    hours: Decimal | None = None


def parse_moment(value: object) -> date | datetime | time | None:
    """What a value means: a date, a local time of a day (aware), a time without a day; None for anything else.

    Two times of one day (`2026-11-02 08:00-10:00`) are that day: which of them is meant cannot be told.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return _parse_epoch(value)
    if not isinstance(value, str) or len(value) > 60:
        return None
    try:
        return _parse_text(_folded(value))
    except (ValueError, OverflowError):
        return None


def china_time(moment: datetime) -> datetime:
    """The same moment on the clock of Asia/Shanghai, with the summers of 1986 to 1991."""
    standard = moment.astimezone(_STANDARD)
    if standard.year in _SUMMERS:
        first, last = (datetime.combine(day, time(), _STANDARD) for day in _SUMMERS[standard.year])
        if first + timedelta(hours=2) <= standard < last + timedelta(hours=1):
            return standard.astimezone(_SUMMER)
    return standard


def date_text(value: object) -> str | None:
    """`2026-11-22`; None where the value names no day."""
    moment = parse_moment(value)
    if isinstance(moment, datetime):
        moment = moment.date()
    return moment.isoformat() if isinstance(moment, date) else None


def datetime_text(value: object) -> str | None:
    """`2026-11-22 09:30`, with seconds where there are any; a day alone stays a day; None where there is no day."""
    moment = parse_moment(value)
    if isinstance(moment, datetime):
        return f"{moment.date().isoformat()} {_clock_text(moment.time())}"
    if not isinstance(moment, date):
        return None
    span = _parse_span(_folded(value)) if isinstance(value, str) else None
    return " ".join([moment.isoformat(), *([f"{_clock_text(span[1])}-{_clock_text(span[2])}"] if span else [])])


def time_text(value: object) -> str | None:
    """`09:30`, with seconds where there are any; None where the value names no time of day."""
    moment = parse_moment(value)
    if isinstance(moment, datetime):
        moment = moment.time()
    return _clock_text(moment) if isinstance(moment, time) else None


def moment_text(value: object) -> str | None:
    """As `datetime_text`, but a number that is a midnight is a day: an end of a range, of whatever precision."""
    moment = parse_moment(value)
    if isinstance(moment, datetime) and not isinstance(value, str) and moment.time() == time():
        return moment.date().isoformat()
    return datetime_text(value)


def half_text(value: object) -> str:
    """上午 or 下午 for half a day in the usual notations; any other text as it is."""
    text = value.strip() if isinstance(value, str) else ""
    if text.lower() in _MORNING:
        return "上午"
    return "下午" if text.lower() in _AFTERNOON else text


def unit_text(value: object) -> str:
    """天, 小时 and so on for a unit in the usual notations; any other text as it is."""
    text = value.strip() if isinstance(value, str) else ""
    return _UNIT_NAMES.get(text.lower(), text)


def build_period(
    start: object,
    end: object,
    duration: Decimal | None = None,
    unit: object = None,
    halves: tuple[object, object] = (None, None),
) -> Period | None:
    """The period from `start` to `end`; None where one of them names no day, or they are in the wrong order.

    A duration in days or hours is what the form says; without one, the days are counted from the dates, half days
    included. A duration in days that is longer than the dates allow contradicts them: then `days` is unknown.
    """
    first, last = parse_moment(start), parse_moment(end)
    if not isinstance(first, date) or not isinstance(last, date) or _is_backwards(first, last):
        return None
    first_day, last_day = _day(first), _day(last)
    counted = _count_days(first_day, last_day, halves)
    if duration is not None:
        unit_name = unit_text(unit)
        days = duration if unit_name == "天" and 0 <= duration <= (last_day - first_day).days + 1 else None
        return Period(first_day, last_day, days, duration if unit_name == "小时" and duration >= 0 else None)
    if isinstance(first, datetime) and isinstance(last, datetime) and not _are_whole_days(first, last):
        return Period(first_day, last_day, None, Decimal((last - first) // timedelta(seconds=1)) / 3600)
    return Period(first_day, last_day, counted)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _parse_span(text: str) -> tuple[date, time, time] | None:
    """The day, and its two times in their order; None for anything else. Raises ValueError for what is on no clock."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    year, month, day, *clock = map(int, found.groups())
    start, end = time(clock[0], clock[1]), time(clock[2], clock[3])
    return (date(year, month, day), start, end) if start < end else None


def _parse_text(text: str) -> date | datetime | time | None:
    if span := _parse_span(text):
        return span[0]
    if found := _MOMENT.fullmatch(text):
        year, month, day, hour, minute, second, offset = found.groups()
        if hour is None:
            return date(int(year), int(month), int(day))
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=_parse_offset(offset)
        )
        return china_time(local) if offset else local
    if found := _COMPACT_DATE.fullmatch(text):
        return date(*(int(part) for part in found.groups()))
    if found := _TIME.fullmatch(text):
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    return _parse_epoch(int(text)) if _EPOCH_DIGITS.fullmatch(text) else None


def _parse_offset(text: str | None) -> timezone:
    if text is None:
        return _STANDARD
    if text in {"Z", "z"}:
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _parse_epoch(number: int | Decimal) -> datetime | None:
    """A number of eight digits that reads as a date (20261122) is more likely that than a day of 1970: neither."""
    exact = Decimal(number)
    if abs(exact) >= 10**14 or (exact == int(exact) and _is_compact_date(str(int(exact)))):
        return None
    seconds = float(exact) if abs(exact) < _LAST_SECOND else float(exact) / 1000
    try:
        return china_time(_EPOCH + timedelta(seconds=seconds))
    except OverflowError:
        return None


def _is_compact_date(digits: str) -> bool:
    found = _COMPACT_DATE.fullmatch(digits)
    return found is not None and 1 <= int(found[2]) <= 12 and 1 <= int(found[3]) <= 31


def _clock_text(moment: time) -> str:
    return moment.isoformat("seconds" if moment.second else "minutes")


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _is_backwards(first: date, last: date) -> bool:
    if isinstance(first, datetime) and isinstance(last, datetime):
        return last < first
    return _day(last) < _day(first)


def _are_whole_days(first: datetime, last: datetime) -> bool:
    """Whether only days are meant: both at midnight, or the last one up to its end."""
    return first.time() == time() and last.time().replace(microsecond=0) in _ENDS_OF_DAY


def _count_days(first: date, last: date, halves: tuple[object, object]) -> Decimal | None:
    """Both days included, less a half for a start in the afternoon, and for an end in the morning."""
    start_half, end_half = (half_text(half) for half in halves)
    if not {start_half.lower(), end_half.lower()} <= {"上午", "下午", *_WHOLE_DAY}:
        return None
    missing = Decimal((start_half == "下午") + (end_half == "上午")) / 2
    days = Decimal((last - first).days + 1) - missing
    return days if days > 0 else None
