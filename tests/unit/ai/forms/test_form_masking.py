"""Personal data kept from the platform and put back in the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.material import Material
from ai_analyze.personal_data import Masking, Restorer, mask_material
from tests.builders import calm
from tests.unit.ai.materials import a_field, a_file, a_material, a_rule

ID_CARD = "11010519491231002X"
PHONE = "13812345678"
CARD = "6222021234567890128"
EMAIL = "zhang.san@example.edu.cn"
HIDDEN = "\u200b\u00ad\u2060\ufeff\u3164\u200d\u202e\ufe0f\u2800\x00"


def text_of(material: Material) -> str:
    """Everything of the material that a platform gets."""
    fields = [each for field in material.form.fields for each in (field.label, field.text)]
    pages = [page for file in material.files for page in (file.label, file.problem, *file.pages)]
    return "\n".join([material.rule.rule, material.rule.keynote, *material.form.notices, *fields, *pages])


def passes_luhn(digits: str) -> bool:
    """As the standard words it, from the right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    return total % 10 == 0


def test_the_sample_numbers_are_real_ones() -> None:
    assert passes_luhn(CARD)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"身份证{ID_CARD}。", "身份证【身份证号1】。"),
        ("身份证11010519491231002x", "身份证【身份证号1】"),
        ("110105 19491231 002X", "【身份证号1】"),
        ("１１０１０５１９４９１２３１００２Ｘ", "【身份证号1】"),
        (f"电话{PHONE},找我", "电话【电话号码1】,找我"),
        ("138-1234-5678", "【电话号码1】"),
        ("+86 13812345678", "【电话号码1】"),
        ("１３８１２３４５６７８", "【电话号码1】"),
        ("021-65981234", "【电话号码1】"),
        (f"卡号{CARD}", "卡号【银行卡号1】"),
        ("6222 0212 3456 7890 128", "【银行卡号1】"),
        (f"写信到{EMAIL}即可", "写信到【电子邮箱1】即可"),
        ("13812345678＠qq．com", "【电子邮箱1】"),
        ("008613812345678", "【电话号码1】"),
        ("0086-138-1234-5678", "【电话号码1】"),
        ("138.1234.5678", "【电话号码1】"),
        ("01062781234", "【电话号码1】"),
        ("(010)62781234", "【电话号码1】"),
        ("（0571）87951234", "【电话号码1】"),
        ("010-6278-1234", "【电话号码1】"),
        ("400-810-8888", "【电话号码1】"),
        ("11010519491231\n002X", "【身份证号1】"),
        ("110105\n    19491231 002X", "【身份证号1】"),
        ("138 1234\n5678", "【电话号码1】"),
        ("旧证110105491231002。", "旧证【身份证号1】。"),
        ("护照E12345678，", "护照【证件号码1】，"),
        ("持 EA1234567 入境", "持 【证件号码1】 入境"),
        ("通行证号：C12345678", "通行证号：【证件号码1】"),
        ("公务护照 PE1234567", "公务护照 【证件号码1】"),
        ("持PE1234567、SE1234568", "持【证件号码1】、【证件号码2】"),
        ("110105 491231 002", "【身份证号1】"),
        ("110105-491231-002", "【身份证号1】"),
        ("138–1234–5678", "【电话号码1】"),
        ("138—1234—5678", "【电话号码1】"),
        ("138 1234 5678", "【电话号码1】"),
        ("138_1234_5678", "【电话号码1】"),
        ("110105_19491231_002X", "【身份证号1】"),
        ("6222_0212_3456_7890_128", "【银行卡号1】"),
        ("8610-62781234", "【电话号码1】"),
        ("86-10-62781234", "【电话号码1】"),
        ("+86 10 6278 1234", "【电话号码1】"),
        ("+86 571 87951234", "【电话号码1】"),
        ("0086(010)62781234", "【电话号码1】"),
        ("138-1234\n-5678", "【电话号码1】"),
        ("138-1234-\n5678", "【电话号码1】"),
        ("港澳通行证 H1234567800", "港澳通行证 【证件号码1】"),
        *((f"身份证1101051949{hidden}1231002X", "身份证【身份证号1】") for hidden in HIDDEN),
        *((f"1{hidden}3{hidden}812345678", "【电话号码1】") for hidden in HIDDEN),
        *((f"zhang.san{hidden}@example.edu.cn", "【电子邮箱1】") for hidden in HIDDEN),
    ],
)
def test_personal_data_is_found_by_its_pattern(text: str, masked: str) -> None:
    masking = Masking()

    assert masking.mask(text) == masked
    assert masking.restore(masked) == text


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",  # a wrong check digit, and no card either
        "6222021234567890127",  # fails Luhn
        "12812345678",  # no number of a mobile phone
        "2026-11-22 09:30",
        "金额 13812345.67 元",
        "发票号 25312000000123456789",
        "138123456789012345678901",
        "a@b",
        "",
        "合同编号 HT20261107，第 2 版",
        "2026-11-22 至 2026-11-25，共 4 天",
        "99010549123100",
        "金额 110105491231002.50 元",
        "编号 E1234567890",
        "学号 20240101170001",
        "室号 0301、0302",
        "金额 110105 元、491231 元、002 号",
        "发票号码 8610628112",
        "发票号码 86106281123412",
        "合同号 PE12345678",
        "订单 PE123456",
        "文件 IMG_20261122_0930",
        "合计 138 1234 元",
        "编号 110105-991331-002",
        "预算 8,610.62 元",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert Masking().mask(text) == text


def test_equal_values_get_equal_tokens_however_they_are_spelled() -> None:
    masking = Masking()

    masked = masking.mask("13812345678、138 1234 5678、+8613812345678、１３８１２３４５６７８、13912345678")

    assert masked == "【电话号码1】、【电话号码1】、【电话号码1】、【电话号码1】、【电话号码2】"


@pytest.mark.parametrize("kind", ["id_card", "phone", "email", "bank_account"])
def test_a_field_of_personal_data_is_masked_whatever_it_holds(kind: str) -> None:
    masked, masking = mask_material(
        a_material([a_field("x", "标签", "AB-12/34", kind), a_field("y", "备注", "即 AB-12/34，不是 AB-12/345")])
    )

    (first, second) = (field.text for field in masked.form.fields)

    assert "AB-12" not in first
    assert second == f"即 {first}，不是 AB-12/345"
    assert masking.restore(second) == "即 AB-12/34，不是 AB-12/345"


def test_the_names_that_the_event_carries_are_masked_where_that_is_asked_for() -> None:
    fields = [
        a_field("who", "申请人", "林晓（20260001）、欧阳 娜（20260002）", "users"),
        a_field("why", "事由", "林晓与欧阳 娜、王五外出"),
        a_field("none", "陪同", "未填写", "user"),
    ]
    material = replace(a_material(fields), people=("王五", "林", "20260001"))

    named, _ = mask_material(material)
    masked, masking = mask_material(material, names=True)

    assert "林晓" in text_of(named)
    assert not [name for name in ("林晓", "欧阳 娜", "王五") if name in text_of(masked)]
    assert "20260001" in text_of(masked)
    assert masked.form.fields[2].text == "未填写"
    assert masking.restore(text_of(masked)) == text_of(material)


def test_an_empty_field_is_still_seen_to_be_empty() -> None:
    masked, _ = mask_material(a_material([a_field("x", "电话", "未填写", "phone")]))

    assert masked.form.fields[0].text == "未填写"


def test_rule_labels_files_and_notices_are_masked_too() -> None:
    material = a_material(
        [a_field("x", f"电话 {PHONE}", PHONE)],
        [a_file(f"卡号 {CARD}", label=EMAIL, problem=ID_CARD)],
        rule=a_rule(f"联系人须为 {PHONE}", keynote=EMAIL),
        notices=[PHONE],
    )

    masked, masking = mask_material(material)

    assert not [value for value in (ID_CARD, PHONE, CARD, EMAIL) if value in text_of(masked)]
    assert masking.restore(text_of(masked)) == text_of(material)
    assert masked.files[0].content == b""


def test_a_text_that_looks_like_a_token_is_not_taken_for_one() -> None:
    material = a_material([a_field("x", "备注", f"【电话号码1】 {PHONE}")])

    masked, masking = mask_material(material)

    assert masked.form.fields[0].text == "【电话号码1】 【电话号码A1】"
    assert masking.restore(masked.form.fields[0].text) == f"【电话号码1】 {PHONE}"


def test_a_value_that_was_never_masked_is_not_made_up() -> None:
    assert Masking().restore("【电话号码7】") == "【电话号码7】"


def test_a_masking_shows_no_value() -> None:
    masking = Masking()
    masking.mask(PHONE)

    assert repr(masking) == "Masking(1 values)"


values = st.sampled_from([ID_CARD, PHONE, CARD, EMAIL, "138 1234 5678", "５"])
texts = st.lists(
    st.one_of(values, st.text(max_size=8), st.sampled_from(["【", "】", "【电话号码1】", "，"])), max_size=8
)


@given(texts.map("，".join), st.data())
@calm
def test_what_was_masked_comes_back_however_the_answer_is_split(text: str, data: st.DataObject) -> None:
    masked, masking = mask_material(a_material([a_field("x", "备注", text)]))
    answer = masked.form.fields[0].text
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=6)))
    restorer = Restorer(masking)

    pieces = [restorer.feed(answer[start:end]) for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]

    assert "".join(pieces) + restorer.finish() == masking.restore(answer)


@given(texts.map("，".join))
@calm
def test_no_value_with_its_check_digit_is_left(text: str) -> None:
    masked, _ = mask_material(a_material([a_field("x", "备注", text)]))

    assert not [
        value for value in (ID_CARD, PHONE, CARD, EMAIL) if f"，{value}，" in f"，{masked.form.fields[0].text}，"
    ]


def test_a_long_text_takes_linear_time() -> None:
    text = "1" * 20_000 + "a" * 20_000 + "@" * 20_000 + "138 " * 20_000

    assert Masking().mask(text) == text
