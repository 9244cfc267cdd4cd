"""What is left out where a model's context is too small: attachments from the end, then the form, never the rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.prompt import RULE_TOO_LONG, build_prompt, build_second_ask
from ai_analyze.trim import prompt_budget, trim_sources
from taskbridge.platforms.ai import ModelLimits, estimate_tokens
from tests.builders import calm
from tests.unit.ai.materials import a_field, a_file, a_material, a_rule

LIMITS = ModelLimits(context_tokens=8_000, output_tokens=2_000)


def size(material_text: str) -> int:
    return estimate_tokens(material_text)


def test_a_rule_of_50000_characters_is_told_to_be_too_long_for_a_model_of_32k_tokens() -> None:
    small = ModelLimits(context_tokens=32_768, output_tokens=8_192)
    material = a_material(rule=a_rule("字" * 50_000))

    assert RULE_TOO_LONG in build_prompt(material, small).left_out
    assert build_prompt(material, ModelLimits(context_tokens=131_072, output_tokens=8_192)).left_out == ()


def test_what_fits_is_left_whole() -> None:
    material = a_material(files=[a_file("发票", "清单")])

    assert build_prompt(material, LIMITS).left_out == ()


def test_the_last_attachment_loses_its_end_first() -> None:
    files = [a_file("甲" * 2000, name="附件1.pdf"), a_file("乙" * 2000, "丙" * 9000, "丁" * 9000, name="附件2.pdf")]

    prompt = build_prompt(a_material(files=files), LIMITS)

    assert "甲" * 2000 in prompt.user
    assert "乙" * 2000 in prompt.user
    assert "丁" not in prompt.user
    assert prompt.left_out == ("附件「附件2.pdf」内容过长，第 2 页起未全部提供给模型（共 3 页）",)
    assert "未提供" in prompt.user


def test_attachments_go_before_the_form() -> None:
    material = a_material([a_field("a", "说明", "字" * 3000)], [a_file("甲" * 20_000)])

    prompt = build_prompt(material, LIMITS)

    assert "字" * 3000 in prompt.user
    assert [note[:3] for note in prompt.left_out] == ["附件「"]


def test_of_a_form_that_is_too_long_the_longest_fields_are_cut() -> None:
    material = a_material(
        [a_field("a", "说明", "长" * 50_000), a_field("b", "金额", "4800"), a_field("c", "附言", "短句")]
    )

    prompt = build_prompt(material, LIMITS)

    assert "4800" in prompt.user
    assert "短句" in prompt.user
    assert prompt.left_out == ("表单字段「说明」内容过长，未全部提供给模型",)


def test_the_rule_is_never_cut() -> None:
    rule = "规" * 12_000

    assert rule in build_prompt(a_material(rule=a_rule(rule)), LIMITS).system


@pytest.mark.parametrize(("context", "output", "budget"), [(32_768, 8_192, 23_347), (8_000, 8_000, 3_800)])
def test_room_is_left_for_the_answer(context: int, output: int, budget: int) -> None:
    assert prompt_budget(ModelLimits(context_tokens=context, output_tokens=output)) == budget


pages = st.lists(st.text(alphabet="字a1\n ", max_size=3000).map(lambda text: text * 5), max_size=4)


@given(fields=st.lists(st.text(max_size=2000), min_size=1, max_size=4), files=st.lists(pages, max_size=4))
@calm
def test_a_prompt_fits_its_model_whatever_the_material(fields: list[str], files: list[list[str]]) -> None:
    material = a_material(
        [a_field(f"f{place}", "字段", text) for place, text in enumerate(fields)],
        [a_file(*texts, name=f"附件{place}.pdf") for place, texts in enumerate(files, 1)],
    )

    prompt = build_prompt(material, LIMITS)

    assert size(prompt.system + prompt.user) <= LIMITS.context_tokens - LIMITS.output_tokens


def test_the_second_ask_fits_as_well_and_repeats_the_end_of_the_answer() -> None:
    prompt = build_prompt(a_material(files=[a_file("字" * 30_000)]), LIMITS)

    user = build_second_ask(prompt, f"{'分' * 5000}结论", LIMITS)

    assert "分分结论\n" in user
    assert size(prompt.system + user) <= LIMITS.context_tokens - LIMITS.output_tokens


def test_a_budget_of_nothing_leaves_nothing_but_the_names() -> None:
    trimmed = trim_sources([], -5)

    assert trimmed.sources == ()
