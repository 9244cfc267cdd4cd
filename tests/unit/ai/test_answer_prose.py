"""An answer cut into prose and verdict while it arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.prose import ProseScanner
from tests.builders import calm

VERDICT = '{"verdict": "approve", "findings": [{"clause": "a {b} \\" c"}]}'


def scan(*pieces: str) -> tuple[str, tuple[str, ...]]:
    scanner = ProseScanner()
    shown = "".join([*map(scanner.feed, pieces), scanner.finish()])
    return shown, scanner.blocks


@pytest.mark.parametrize(
    ("answer", "prose", "blocks"),
    [
        ("只有文字", "只有文字", ()),
        ("", "", ()),
        (f"先分析。\n\n```json\n{VERDICT}\n```\n", "先分析。\n\n\n", (VERDICT,)),
        (f"先分析。```{VERDICT}```", "先分析。", (VERDICT,)),
        (f"先分析。\n{VERDICT}", "先分析。\n", (VERDICT,)),
        (f"先分析。{VERDICT}后记", "先分析。后记", (VERDICT,)),
        (VERDICT, "", (VERDICT,)),
        (f"{VERDICT}再{VERDICT}", "再", (VERDICT, VERDICT)),
        ("集合 {1, 2} 和 { 与 ``` 都是文字", "集合 {1, 2} 和 { 与 ``` 都是文字", ()),
        ('字段 {"a": 1} 是文字', '字段 {"a": 1} 是文字', ()),
        ('```json\n{"a": 1}\n``` 也是文字', '```json\n{"a": 1}\n``` 也是文字', ()),
        ("```python\nprint(1)\n```", "```python\nprint(1)\n```", ()),
        ('未完 {"verdict": "app', "未完 ", ('{"verdict": "app',)),
        ('```json\n{"verdict": "a\n```\n后记', "\n后记", ('{"verdict": "a\n',)),
        (f'引文 {{"a 未闭合\n```json\n{VERDICT}\n```', '引文 {"a 未闭合\n', (VERDICT,)),
        ("{verdict: approve}", "", ("{verdict: approve}",)),
        ("{“verdict”: “approve”}", "", ("{“verdict”: “approve”}",)),
        ("结尾 ```", "结尾 ```", ()),
        ("结尾 {", "结尾 {", ()),
    ],
)
def test_prose_and_verdicts_are_told_apart(answer: str, prose: str, blocks: tuple[str, ...]) -> None:
    assert scan(answer) == (prose, blocks)
    assert scan(*answer) == (prose, blocks)


answers = st.lists(
    st.sampled_from(
        ["```", "`", "json", "\n", "{", "}", '"', "\\", "verdict", "findings", " ", "分析", "“", "a", "[", VERDICT, ":"]
    ),
    max_size=30,
).map("".join)


@given(answers, st.data())
@calm
def test_it_does_not_matter_how_an_answer_is_split(answer: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=8)))
    pieces = [answer[start:end] for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]

    assert scan(*pieces) == scan(answer)


@given(answers)
@calm
def test_nothing_is_lost_and_nothing_made_up(answer: str) -> None:
    prose, blocks = scan(answer)

    assert sum(map(len, (prose, *blocks))) <= len(answer)
    assert all(block in answer for block in blocks)
    if not blocks:
        assert prose == answer


def test_prose_is_shown_at_once() -> None:
    scanner = ProseScanner()

    assert [scanner.feed(piece) for piece in ("金额", "4800", "。\n``", "`json", '\n{"ver')] == [
        "金额",
        "4800",
        "。\n",
        "",
        "",
    ]
