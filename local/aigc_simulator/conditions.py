"""Conditions that a clause can put in plain words, compared with what the material says. Pure.

A simple reader: it knows limits, dates, equal figures, and what must be filled in or attached. Whatever else a clause
may ask, it says that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Literal

from local.aigc_simulator.prompt import Place, Question

Result = Literal["pass", "fail", "unknown"]

_NUMERALS = {name: str(value) for value, name in enumerate("零一二三四五六七八九十")} | {"两": "2"}
_UNITS = "万元|元|个工作日|工作日|天|日|小时|人|份|次|台|件|个|页|%"
_AMOUNT = rf"(?P<number>\d[\d,]*(?:\.\d+)?|[一二两三四五六七八九十])\s*(?P<unit>{_UNITS})?"
_NOT = "不得|不应|不能|不可|不许|不"
_MUST = "(?:应当|应该|必须|应|须|需|要|已)?"
MOST = re.compile(
    rf"(?P<subject>.*?)(?:(?:{_NOT})(?:超过|超出|高于|多于|大于)|最多|至多|≤|<=)\s*{_AMOUNT}(?:（含）)?(?:以内)?"
)
WITHIN = re.compile(rf"(?P<subject>.*?)(?:控制在|在|为)?\s*{_AMOUNT}(?:（含）)?(?:以内|以下|之内)")
LEAST = re.compile(rf"(?P<subject>.*?)(?:(?:{_NOT})(?:少于|低于|小于)|至少|最少|≥|>=)\s*{_AMOUNT}")
_ABOVE = re.compile(rf"(?P<subject>.*?)(?<![不得应能可许])(?:超过|超出|高于|大于)\s*{_AMOUNT}(?:以上)?(?:的|时)")
_DATE_ORDER = re.compile(rf"(?P<subject>.*?)(?P<order>(?:{_NOT})早于|(?:{_NOT})晚于)(?P<other>.+)")
_EQUAL = re.compile(rf"(?P<subject>.+?){_MUST}等于(?P<other>.+)")
_AGREE = re.compile(rf"(?P<subject>.+?){_MUST}(?:与|和)(?P<other>.+?){_MUST}(?:一致|相符|相等|相同)")
_IS = re.compile(rf"(?P<subject>.+?){_MUST}(?:为|是|选择)(?P<value>.{{1,20}})")
_ATTACHED = re.compile(rf"(?P<subject>.*?){_MUST}(?:附上|附有|附(?!件)|上传|提供|提交|填写|写明|注明)(?P<object>.+)")
_COMPLETE = re.compile(rf"(?P<subject>.+?){_MUST}(?:齐全|完整|不得为空|不能为空|必填|填写|上传|签名|签字)")
# A sentence that denies something asks the opposite of what its words are: this reader leaves it alone.
_DENIES = re.compile("[不非无勿禁未没]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIGURE = re.compile(rf"(?<![\d.,-])(?P<number>\d[\d,]*(?:\.\d+)?)(?:\s*(?P<unit>{_UNITS}))?")
_LONGEST_QUOTE = 40
_LONGEST_CONDITION = 300
_LONGEST_LABEL = 60
_SHORTEST_NAME = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the material stands to a condition; `quotes` are places with the words in them that show it."""

    result: Result
    reason: str
    quotes: tuple[tuple[Place, str], ...] = ()


def judge_condition(condition: str, question: Question) -> Outcome:
    """How the material stands to one condition in plain words."""
    if len(condition) > _LONGEST_CONDITION:
        return Outcome("unknown", "这一条太长，模拟器不读")
    for pattern, judge in _JUDGES:
        found = pattern.fullmatch(condition)
        outcome = judge(found, question) if found else None
        if outcome is not None:
            return outcome
    return Outcome("unknown", "模拟器读不懂这一条")


def exceeds(condition: str, question: Question) -> Outcome | None:
    """Whether a figure is above the bound of a condition like 金额超过 5000 元的; None where it is no such one."""
    found = _ABOVE.match(condition[:_LONGEST_CONDITION])
    return _compare(found, question, "超过", lambda figure, bound: figure > bound) if found else None


def bound_of(found: re.Match[str]) -> tuple[str, str]:
    """The bound that a limit names, as plain digits, and its unit; empty where it has none."""
    number, unit = found["number"], found["unit"] or ""
    bound = _decimal(_NUMERALS.get(number, number)) * (10_000 if unit == "万元" else 1)
    return _plain(bound), "元" if unit == "万元" else unit


def find_place(
    subject: str, places: Sequence[Place], fits: Callable[[Place], bool] | None = None, *, closely: bool = False
) -> Place | None:
    """The place whose label has the longest part in common with the words of a clause; fields before attachments.

    `closely`: the part has to be most of the label or of the words.
    """
    best, best_size = None, _SHORTEST_NAME - 1
    for place in places:
        label = place.label[:_LONGEST_LABEL]
        size = SequenceMatcher(None, subject, label, autojunk=False).find_longest_match().size
        enough = not closely or 2 * size > min(len(subject), len(label))
        if size > best_size and enough and (fits is None or fits(place)):
            best, best_size = place, size
    return best


def _judge_most(found: re.Match[str], question: Question) -> Outcome | None:
    return _compare(found, question, "不超过", lambda figure, bound: figure <= bound)


def _judge_least(found: re.Match[str], question: Question) -> Outcome | None:
    return _compare(found, question, "不少于", lambda figure, bound: figure >= bound)


def _compare(
    found: re.Match[str], question: Question, words: str, holds: Callable[[Decimal, Decimal], bool]
) -> Outcome | None:
    bound, unit = bound_of(found)
    place = find_place(found["subject"], question.places, lambda each: _figure(each.text, unit) is not None)
    if place is None:
        return None
    figure = _figure(place.text, unit)
    if figure is None:
        return None
    shown, value = figure
    result: Result = "pass" if holds(value, Decimal(bound)) else "fail"
    reason = f"{place.label}为 {shown}，要求{words} {bound} {unit}".rstrip()
    return Outcome(result, reason, ((place, shown),))


def _judge_dates(found: re.Match[str], question: Question) -> Outcome | None:
    place = find_place(found["subject"], question.places, lambda each: bool(_DATE.search(each.text)))
    other = _date_of(found["other"], question)
    if place is None or not other:
        return None
    dates = _DATE.findall(place.text)
    day = dates[-1] if re.search("结束|截止|返", found["subject"]) else dates[0]
    holds = day >= other if "早于" in found["order"] else day <= other
    reason = f"{place.label}为 {day}，要求{found['order']} {other}"
    return Outcome("pass" if holds else "fail", reason, ((place, day),))


def _judge_equal(found: re.Match[str], question: Question) -> Outcome | None:
    """Figures are the same or not; texts that differ may still mean the same."""
    second = find_place(found["other"], question.places, closely=True)
    if second is None or _DENIES.search(found[0]):
        return None
    rest = [place for place in question.places if place is not second]
    figure = _figure(second.text, "")
    if figure is None:
        first = find_place(found["subject"], rest, closely=True)
        if first is None or "".join(first.text.split()) != "".join(second.text.split()):
            return None
        one = two = _quote(first.text)
        result: Result = "pass"
    else:
        first = find_place(found["subject"], rest, lambda each: _figure(each.text, "") is not None)
        other = _figure(first.text, "") if first else None
        if first is None or other is None:
            return None
        (one, one_value), (two, two_value) = other, figure
        result = "pass" if one_value == two_value else "fail"
    return Outcome(result, f"{first.label}为 {one}，{second.label}为 {two}", ((first, one), (second, two)))


def _judge_present(found: re.Match[str], question: Question) -> Outcome | None:
    asked = found.groupdict().get("object")
    place = find_place(asked or found["subject"], question.places, closely=True)
    if place is None or _DENIES.search(found[0].removesuffix("不得为空").removesuffix("不能为空")):
        return None
    quote = _quote(place.text)
    if not place.is_filled:
        return Outcome("fail", f"{place.label}没有内容", ((place, quote),))
    return Outcome("pass", f"{place.label}已有内容：{quote}", ((place, quote),))


def _judge_is(found: re.Match[str], question: Question) -> Outcome | None:
    """Only what is plain: the words stand there, or 是 stands where 否 is asked."""
    place = find_place(found["subject"], question.places, closely=True)
    if place is None or _DENIES.search(found["subject"].replace("是否", "")):
        return None
    wanted = [value.strip("「」“”\"' ") for value in re.split("或者?|、", found["value"])]
    there = next((value for value in wanted if value and value in place.text), "")
    if there:
        return Outcome("pass", f"{place.label}为 {there}", ((place, there),))
    if place.text in ("是", "否") and set(wanted) <= {"是", "否"}:
        return Outcome("fail", f"{place.label}为 {place.text}", ((place, place.text),))
    return None


_JUDGES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Question], Outcome | None]], ...] = (
    (MOST, _judge_most),
    (WITHIN, _judge_most),
    (LEAST, _judge_least),
    (_DATE_ORDER, _judge_dates),
    (_COMPLETE, _judge_present),
    (_ATTACHED, _judge_present),
    (_EQUAL, _judge_equal),
    (_AGREE, _judge_equal),
    (_IS, _judge_is),
)


def _figure(text: str, unit: str) -> tuple[str, Decimal] | None:
    """The figure that a text states, as written with its unit, and as a number; None where it states none, or several.

    Days and counts carry their unit, or stand alone; an amount is the first figure of its field.
    """
    undated = _DATE.sub(lambda found: " " * len(found[0]), text)
    figures = list(_FIGURE.finditer(undated))
    if unit not in ("", "元"):
        with_unit = [figure for figure in figures if figure["unit"] == unit]
        alone = [figure for figure in figures if figure[0].strip() == text.strip()]
        figures = with_unit if len(with_unit) == 1 else alone
    if not figures:
        return None
    return figures[0][0].strip(), _decimal(figures[0]["number"])


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _plain(number: Decimal) -> str:
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


def _date_of(words: str, question: Question) -> str:
    stated = _DATE.search(words)
    if stated:
        return stated[0]
    if re.search("今天|当天|当日|申请日|提交日|收到", words):
        return question.today
    place = find_place(words, question.places, lambda each: bool(_DATE.search(each.text)))
    dates = _DATE.findall(place.text) if place else []
    return (dates[-1] if re.search("结束|截止", words) else dates[0]) if dates else ""


def _quote(text: str) -> str:
    return text.strip().split("\n")[0][:_LONGEST_QUOTE].strip()
