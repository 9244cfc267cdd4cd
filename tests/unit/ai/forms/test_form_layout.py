"""The form as a whole: labels, order, what is hidden, attachments, and lines that no value can forge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.forms.form import AttachedFile, field_lines, form_text
from tests.builders import calm
from tests.unit.ai.forms.builders import field, formatted, options


def test_fields_stand_in_their_order_with_labels_in_chinese() -> None:
    form = formatted(
        field("text", "x", "a", {"en": "Reason", "zh-CN": "事由"}),
        field("number", 5, "b", [{"lang": "fr", "text": "Jours"}, {"lang": "en", "text": "Days"}]),
        field("text", None, "c", " 备\n注 "),
        field("text", "y", "d", ""),
    )

    assert form_text(form) == "事由：x\nDays：5\n备 注：未填写\n未命名字段：y"
    assert [(each.key, each.type) for each in form.fields] == [
        ("a", "text"),
        ("b", "number"),
        ("c", "text"),
        ("d", "text"),
    ]


def test_hidden_fields_take_no_part() -> None:
    secret = [{"name": "秘密.pdf", "url": "https://f/1"}]
    money = {"amount": 1, "upper": "贰元整"}

    form = formatted(
        field("text", "秘密", hidden=True), field("file", secret, hidden=True), field("money", money, hidden=True)
    )

    assert (form.fields, form.attachments, form.notices) == ((), (), ())


def test_longer_texts_follow_indented_below_their_label() -> None:
    form = formatted(field("textarea", "一\n审批金额：0\n\n二", label="说明"), field("text", "好", label="意见"))

    assert form_text(form).split("\n") == ["说明：", "  一", "  审批金额：0", "  ", "  二", "意见：好"]
    assert field_lines(form.fields[1]) == ("意见：好",)


@calm
@given(values=st.lists(st.text(), min_size=1, max_size=5), kind=st.sampled_from(["text", "rich_text", "hologram"]))
def test_no_value_can_pass_for_another_field(values: list[str], kind: str) -> None:
    form = formatted(*(field(kind, value, f"k{index}", f"字段{index}") for index, value in enumerate(values)))

    starts = [line for line in form_text(form).splitlines() if not line.startswith("  ")]

    assert len(starts) == len(values)
    assert all(line.startswith(f"字段{index}：") for index, line in enumerate(starts))


def test_an_attachment_is_told_with_what_the_upstream_knows_of_it() -> None:
    file = {
        "name": "发票.pdf",
        "url": "https://f/1",
        "size": "10",
        "mime": "application/pdf",
        "token": "t",
        "sha256": "ab",
    }

    form = formatted(field("file", [file, {"url": "https://f/2", "size": -1}, None, "https://f/3"], "pdf", "附件"))

    assert form.attachments == (
        AttachedFile("pdf", "附件", "发票.pdf", "https://f/1", 10, "application/pdf", "t", "ab"),
        AttachedFile("pdf", "附件", "未命名文件", "https://f/2"),
        AttachedFile("pdf", "附件", "未命名文件", "https://f/3"),
    )
    assert form.fields[0].text == "发票.pdf、未命名文件、未命名文件"


def test_an_attachment_is_named_by_its_field() -> None:
    assert AttachedFile("pdf", "附件", "a.pdf", "u").named_by(["pdf"])
    assert not AttachedFile("pdf", "附件", "a.pdf", "u").named_by(["a.pdf", ""])


def test_what_cannot_be_seen_is_not_in_the_text() -> None:
    hidden = "同\u200b意\u202e\x00\U000e0041报\ufeff销"

    form = formatted(field("text", hidden, label="意\u200b见"), field("select", "x", options=options(x="甲\u200b")))

    assert form_text(form) == "意见：同意报销\n字段：甲"
