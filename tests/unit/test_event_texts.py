"""A name in several languages is shown in Chinese, else in English, else in whatever there is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.events import LangText, Text, resolve_text
from tests.builders import calm, event, message_of, session, task

IN_ORDER = ("zh", "zh-CN", "zh_CN", "cn", "en")


def as_list(texts: dict[str, str | None]) -> list[LangText]:
    return [LangText(lang, text) for lang, text in texts.items()]


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        ({"en": "Leave", "zh": "请假"}, "请假"),
        ({"cn": "四", "zh_CN": "三", "zh-CN": "二", "zh": "一", "en": "five"}, "一"),
        ({"cn": "四", "zh_CN": "三", "zh-CN": "二", "en": "five"}, "二"),
        ({"cn": "四", "zh_CN": "三", "en": "five"}, "三"),
        ({"fr": "Congé", "en": "five", "cn": "四"}, "四"),
        ({"fr": "Congé", "en": "Leave"}, "Leave"),
        ({"fr": "Congé", "en-US": "Leave"}, "Leave"),
        ({"de": "", "fr": "Congé", "it": "Ferie"}, "Congé"),
        ({"zh": None, "en": "Leave"}, "Leave"),
        ({"zh": "", "cn": "请假", "en": "Leave"}, "请假"),
        ({"zh": "  ", "en": "Leave"}, "Leave"),
        ({"zh": None, "en": "", "fr": "Congé"}, "Congé"),
        ({"zh": None, "en": ""}, ""),
        ({}, ""),
        ({"zh": "🎓" * 3000}, "🎓" * 3000),
    ],
)
def test_chinese_comes_first_then_english_then_what_is_not_empty(texts: dict[str, str | None], shown: str) -> None:
    assert resolve_text(texts) == shown
    assert resolve_text(as_list(texts)) == shown


def test_a_plain_text_is_shown_as_it_is() -> None:
    assert resolve_text(" 请假 ") == " 请假 "
    assert resolve_text("") == ""


def test_a_language_given_twice_is_shown_where_it_is_not_empty() -> None:
    assert resolve_text([LangText("zh", None), LangText("zh", "请假"), LangText("en", "Leave")]) == "请假"


languages = st.sampled_from([*IN_ORDER, "fr", "de"])
some_texts = st.dictionaries(languages, st.none() | st.sampled_from(["", " ", "一", "two", "trois"]))


@calm
@given(texts=some_texts)
def test_the_first_language_with_a_text_wins_in_the_agreed_order(texts: dict[str, str | None]) -> None:
    said = {lang: text for lang, text in texts.items() if text and text.strip()}
    first = next((lang for lang in IN_ORDER if lang in said), next(iter(said), None))

    assert resolve_text(texts) == ("" if first is None else said[first])


@pytest.mark.parametrize("shape", [str, dict, list])
def test_subject_node_and_application_are_told_in_one_language(shape: type) -> None:
    def text(zh: str) -> Any:
        forms: dict[type, Any] = {str: zh, dict: {"en": "x", "zh": zh}, list: [{"lang": "zh", "text": zh}]}
        return forms[shape]

    told = message_of(
        event(
            tasks=[task(node_name=text("院系审批"))],
            session=session(subject=text("张三的请假")),
            app={"app_id": "a", "name": text("请假")},
        )
    )

    assert told.instance.subject == "张三的请假"
    assert told.tasks[0].node_name == "院系审批"
    assert told.instance.app_name == "请假"


def test_every_shape_of_a_text_can_be_read() -> None:
    for raw in (b'"a"', b'{"zh": null}', b'[{"lang": "zh", "text": null, "more": 1}]'):
        msgspec.json.decode(raw, type=Text)


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        ({"EN-gb": "Leave", "zh-cn": "请假"}, "请假"),
        ({"en": "Leave", "zh-Hans-CN": "请假"}, "请假"),
        ({"en": "Leave", "zh_Hans": "请假"}, "请假"),
        ({"en": "Leave", "ZH": "请假"}, "请假"),
        ({"zh-TW": "請假", "zh-Hans": "请假"}, "请假"),
        ({"zh-Hant-HK": "請假", "en": "Leave"}, "請假"),
        ({"zh_hant": "請假", "zh-SG": "请假"}, "请假"),
        ({"zh-Hans-TW": "请假", "zh-hk": "請假"}, "请假"),
        ({"fr": "Congé", "EN-gb": "Leave"}, "Leave"),
        ({"fr": "Congé", "en-GB": "Leave", "en_US": "Absence"}, "Absence"),
        ({"zhx": "?", "fr": "Congé"}, "?"),
        ({"english": "?", "en-AU": "Leave"}, "Leave"),
    ],
)
def test_a_language_may_be_spelled_in_any_way(texts: dict[str, str | None], shown: str) -> None:
    assert resolve_text(texts) == shown
    assert resolve_text([LangText(lang, text) for lang, text in texts.items()]) == shown
