"""Dates and times mean the same on the campus clock, however they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.forms.moments import (
    Period,
    build_period,
    china_time,
    date_text,
    datetime_text,
    half_text,
    moment_text,
    parse_moment,
    unit_text,
)
from tests.builders import calm

SHANGHAI = ZoneInfo("Asia/Shanghai")


@calm
@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_the_campus_clock_is_that_of_the_time_zone_database(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)

    assert china_time(aware).replace(tzinfo=None) == aware.astimezone(SHANGHAI).replace(tzinfo=None)


@pytest.mark.parametrize("year", range(1986, 1992))
def test_the_summers_begin_and_end_when_the_time_zone_database_says(year: int) -> None:
    for hours in range(366 * 24):
        moment = datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        assert china_time(moment).utcoffset() == moment.astimezone(SHANGHAI).utcoffset()


@calm
@given(st.datetimes(datetime(1973, 1, 1), datetime(2099, 1, 1)).map(lambda each: each.replace(microsecond=0)))  # noqa: DTZ001
def test_seconds_and_milliseconds_and_text_name_the_same_moment(moment: datetime) -> None:
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    local = china_time(moment.replace(tzinfo=UTC))

    assert parse_moment(seconds * 1000) == parse_moment(local.isoformat()) == local
    # As seconds, some days of 1970 read as 20261122 does, and are neither.
    assert parse_moment(seconds) in {local, None}
    assert parse_moment(seconds) == local or len(str(seconds)) == 8


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            "",
            "明天",
            "2026-13-01",
            "2026-02-30",
            "2026-11",
            "26-11-22",
            "2026-11-22 25:00",
            "2026-11-22 9",
            "9点",
        ),
        *(
            20261122,
            10**15,
            Decimal("1e400"),
            -(10**14),
            "1" * 15,
            "2026-11-22T09:30+99:00",
            [2026],
            {"y": 1},
            "0" * 100,
        ),
        *("0000-01-01", "2026-11-22 09:30:61", "2026-11-22T09:30:00+08:00 外"),
    ],
)
def test_what_names_no_moment_is_not_read(value: Any) -> None:
    assert parse_moment(value) is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-1-5", date(2026, 1, 5)),
        ("2026.01.05", date(2026, 1, 5)),
        ("２０２６-01-05", date(2026, 1, 5)),
        ("2026 年 1 月 5 日", date(2026, 1, 5)),
        ("20260105", date(2026, 1, 5)),
        ("9:05", time(9, 5)),
        ("09：05：07", time(9, 5, 7)),
    ],
)
def test_the_usual_notations_are_read(value: str, moment: Any) -> None:
    assert parse_moment(value) == moment


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-05 9:30", "2026-01-05T09:30:00+08:00"),
        ("2026年1月5日09:30", "2026-01-05T09:30:00+08:00"),
        ("2026-01-05T23:30:00.123Z", "2026-01-06T07:30:00+08:00"),
        ("2026-01-05T09:30:00-0500", "2026-01-05T22:30:00+08:00"),
        (Decimal("1795311000.5"), "2026-11-22T09:30:00.500000+08:00"),
        (579279600, "1988-05-11T00:00:00+09:00"),
    ],
)
def test_a_moment_is_told_on_the_campus_clock(value: Any, moment: str) -> None:
    found = parse_moment(value)

    assert isinstance(found, datetime)
    assert found.isoformat() == moment


@pytest.mark.parametrize(
    "value",
    ["2026/11/02 08:00-10:00", "2026-11-02 8:00～10:00", "2026年11月2日 08:00 至 10:00", "2026-11-02 08：00—10：00"],
)
def test_two_times_of_a_day_are_that_day_and_no_offset(value: str) -> None:
    assert parse_moment(value) == date(2026, 11, 2)
    assert datetime_text(value) == moment_text(value) == "2026-11-02 08:00-10:00"
    assert date_text(value) == "2026-11-02"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-02T08:00-10:00", "2026-11-03T02:00:00+08:00"),
        ("2026-11-02 08:00:00-10:00", "2026-11-03T02:00:00+08:00"),
        ("2026-11-02 09:30-05:00", "2026-11-02T22:30:00+08:00"),
        ("2026-11-02 08:00+10:00", "2026-11-02T06:00:00+08:00"),
    ],
)
def test_an_offset_as_programs_write_it_is_one(value: str, moment: str) -> None:
    found = parse_moment(value)

    assert isinstance(found, datetime)
    assert found.isoformat() == moment


@pytest.mark.parametrize("end", ["2026-11-24 23:59:59", "2026-11-24 23:59", "2026-11-24T23:59:59.999", 1795535999])
def test_a_period_up_to_the_end_of_its_last_day_has_days(end: Any) -> None:
    assert build_period("2026-11-22 00:00:00", end) == period("3")
    assert build_period("2026-11-24 00:00:00", end) == period("1", start=24)


def test_a_midnight_is_a_day_only_where_a_number_gave_it() -> None:
    assert moment_text(1795276800) == "2026-11-22"
    assert moment_text("2026-11-22 00:00") == "2026-11-22 00:00"


def period(days: str | None = None, hours: str | None = None, start: int = 22, end: int = 24) -> Period:
    decimals = (None if each is None else Decimal(each) for each in (days, hours))
    return Period(date(2026, 11, start), date(2026, 11, end), *decimals)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({}, period("3")),
        ({"halves": ("上午", "下午")}, period("3")),
        ({"halves": ("pm", "am")}, period("2")),
        ({"halves": ("下午", None)}, period("2.5")),
        ({"halves": (None, "上午")}, period("2.5")),
        ({"halves": (1, "一会儿")}, period(None)),
        ({"duration": Decimal("2.5"), "unit": "day"}, period("2.5")),
        ({"duration": Decimal(2), "unit": "天", "halves": ("上午", "下午")}, period("2")),
        ({"duration": Decimal(8), "unit": "hours"}, period(None, "8")),
        ({"duration": Decimal(1), "unit": "周"}, period(None)),
        ({"duration": Decimal(2)}, period(None)),
        ({"duration": Decimal(4), "unit": "天"}, period(None)),
        ({"duration": Decimal(-1), "unit": "天"}, period(None)),
        ({"duration": Decimal(-1), "unit": "小时"}, period(None)),
    ],
)
def test_days_and_hours_of_a_period(parts: dict[str, Any], found: Period) -> None:
    assert build_period("2026-11-22", "2026-11-24", **parts) == found


def test_half_a_day_begins_and_ends_on_the_same_day() -> None:
    assert build_period("2026-11-22", "2026-11-22", halves=("上午", "上午")) == period("0.5", end=22)
    assert build_period("2026-11-22", "2026-11-22", halves=("下午", "下午")) == period("0.5", end=22)
    assert build_period("2026-11-22", "2026-11-22", halves=("下午", "上午")) == period(None, end=22)


def test_times_of_the_day_give_hours_and_no_days() -> None:
    assert build_period("2026-11-22 09:00", "2026-11-22 17:30") == period(None, "8.5", end=22)
    assert build_period(1795276800, 1795276800 + 86400) == period("2", end=23)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-22", "2026-11-21"),
        ("2026-11-22 09:00", "2026-11-22 08:00"),
        ("2026-11-22", None),
        ("", "2026-11-22"),
        ("09:00", "10:00"),
        ("待定", "2026-11-22"),
    ],
)
def test_what_is_no_period_is_none(start: Any, end: Any) -> None:
    assert build_period(start, end) is None


def test_units_and_halves_read_in_chinese_and_others_as_they_are() -> None:
    assert [unit_text(each) for each in ("Day", "h", "学时", None, 5)] == ["天", "小时", "学时", "", ""]
    assert [half_text(each) for each in ("AM", "下午", "晚上", None)] == ["上午", "下午", "晚上", ""]
