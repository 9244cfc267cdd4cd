"""A model's thinking is cut out of its answer, however the answer comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.thinking import ThinkingCutter
from tests.builders import calm


def cut(*pieces: str) -> str:
    """What is left of an answer that comes in these pieces; what came before a restart is forgotten."""
    cutter, kept = ThinkingCutter(), ""
    for piece in pieces:
        more = cutter.feed(piece)
        kept = more if cutter.restarts else kept + more
        cutter.restarts = 0
    return kept + cutter.finish()


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("<think>草稿</think>结论", "结论"),
        ("前<think>草稿</think>后", "前后"),
        ("<THINKING>草稿</THINKING>结论", "结论"),
        ("< think >草稿</ think >结论", "结论"),
        ("◁think▷草稿◁/think▷结论", "结论"),
        ("<think>一<think>二</think>三</think>结论", "结论"),
        ("草稿</think>结论", "结论"),
        ('<think effort="high">草稿</think>结论', "结论"),
        ('<think\n a="1" b="2" >草稿</think >结论', "结论"),
        ("<seed:think>草稿</seed:think>结论", "结论"),
        ("<thoughts>草稿</thoughts>结论", "结论"),
        ("<|START_THINKING|>草稿<|END_THINKING|>结论", "结论"),
        ("x < reason and y > 3", "x < reason and y > 3"),
        ("a <thinker>b", "a <thinker>b"),
        ("<think>没有结束", ""),
        ("没有思考", "没有思考"),
        ("3 < 5 且 a<b", "3 < 5 且 a<b"),
        ("<thin", "<thin"),
    ],
)
def test_thinking_is_cut_out(answer: str, left: str) -> None:
    assert cut(answer) == left


@calm
@given(
    st.lists(
        st.sampled_from(
            ["<think>", "</think>", '<seed:think a="1">', "<|end_thinking|>", "草稿", "<", "结论", "{", "think>"]
        ),
        max_size=8,
    ),
    st.integers(1, 5),
)
def test_how_an_answer_is_cut_into_pieces_makes_no_difference(parts: list[str], size: int) -> None:
    answer = "".join(parts)

    assert cut(*(answer[at : at + size] for at in range(0, len(answer), size))) == cut(answer)
