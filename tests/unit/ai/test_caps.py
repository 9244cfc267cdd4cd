"""Caps of a day: which is reached, and when the next day begins."""

from __future__ import annotations

from datetime import datetime

import pytest

from taskbridge.ai.caps import AskedToday, day_of, find_reached, reached_cap, seconds_to_tomorrow
from taskbridge.ai.settings import AiSettings

SETTINGS = AiSettings(daily_cost=12.5)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (AskedToday(199, 1999, 19_999, 12.49), ""),
        (AskedToday(person=200), "今天 AI 提问次数已达上限（个人每天 200 次），明天再试"),
        (AskedToday(node=2_000), "今天 AI 提问次数已达上限（本节点每天 2000 次），明天再试"),
        (AskedToday(total=20_000), "今天 AI 提问次数已达上限（全部每天 20000 次），明天再试"),
        (AskedToday(cost=12.5), "今天 AI 提问费用已达上限（每天 12.5），明天再试"),
    ],
)
def test_the_cap_that_is_reached_is_named(asked: AskedToday, reason: str) -> None:
    assert find_reached(SETTINGS, asked) == reason


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (AskedToday(199, 1999, 19_999, 12.49), ""),
        (AskedToday(person=200), "daily_person"),
        (AskedToday(node=2_000), "daily_node"),
        (AskedToday(total=20_000), "daily_total"),
        (AskedToday(cost=12.5), "daily_cost"),
    ],
)
def test_the_setting_of_the_cap_that_is_reached_is_known(asked: AskedToday, name: str) -> None:
    assert reached_cap(SETTINGS, asked) == name


def test_zero_is_no_cap() -> None:
    open_end = AiSettings(daily_person=0, daily_node=0, daily_total=0)

    assert find_reached(open_end, AskedToday(10**6, 10**6, 10**6, 1e6)) == ""


@pytest.mark.parametrize(
    ("moment", "day", "left"),
    [
        ("2026-11-22T15:59:00+00:00", "2026-11-22", 60.0),
        ("2026-11-22T16:00:00+00:00", "2026-11-23", 86_400.0),
        ("2026-11-22T23:59:59.5+08:00", "2026-11-22", 1.0),
    ],
)
def test_a_day_is_one_of_shanghai(moment: str, day: str, left: float) -> None:
    now = datetime.fromisoformat(moment).timestamp()

    assert (day_of(now), seconds_to_tomorrow(now)) == (day, left)
