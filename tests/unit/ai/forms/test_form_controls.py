"""Every control type reads as the contract of trigger events says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.ai.forms.builders import CONTROL_TYPES, compact, options, text_of

KINDS = options(business="公务", personal={"zh": "事假", "en": "Personal"}, sick=[{"lang": "zh", "text": "病假"}])
PLACES = [{"value": 33, "label": "浙江省"}, {"value": 3301, "label": "杭州市"}, {"value": "x", "label": "西湖区"}]
NINE_THIRTY = 1795311000  # 2026-11-22 09:30 in Asia/Shanghai
MIDNIGHT = 1795276800

AS_THE_CONTRACT_SAYS = [
    ("text", "出差到上海", "出差到上海"),
    ("text", 12, "12"),
    ("textarea", "第一行\r\n第二行", "第一行\n第二行"),
    ("rich_text", "<p>第一段</p><p>第<b>二</b>段 &amp; 完</p>", "第一段\n第二段 & 完"),
    ("serial", "BX-2026-0001", "BX-2026-0001"),
    ("serial", "0012", "0012"),
    ("formula", 1234.5, "1234.5"),
    ("formula", "合计 3 项", "合计 3 项"),
    ("formula", True, "是"),
    ("number", 5200, "5200"),
    ("number", 0, "0"),
    ("number", -3.5, "-3.5"),
    ("number", "1,234.50", "1,234.50"),
    ("number", "007", "007"),
    ("number", 0.30000000000000004, "0.3"),
    ("number", 434.99999999999994, "435"),
    ("number", "0.30000000000000004", "0.3"),
    ("number", 12345678901234567890, "12345678901234567890"),
    ("money", 5200, "5200"),
    ("money", "5200.00", "5200.00"),
    ("money", {"amount": "5200.00", "currency": "CNY"}, "5200.00 元"),
    ("money", {"amount": 99.5, "currency": "USD"}, "99.5 美元"),
    ("money", {"amount": 99, "currency": "泰铢"}, "99 泰铢"),
    ("money", {"amount": 5200, "currency": ""}, "5200"),
    ("money", {"amount": "5200元", "currency": "CNY"}, "5200元"),
    (
        "money",
        {"amount": 5200, "currency": "CNY", "upper": "伍仟贰佰元整"},
        "5200 元（大写：伍仟贰佰元整）",
    ),
    ("money", {"amount": None, "currency": "CNY", "upper": "伍仟元整"}, "大写：伍仟元整"),
    ("switch", True, "是"),
    ("switch", False, "否"),
    ("switch", "true", "是"),
    ("switch", 0, "否"),
    ("switch", "也许", "也许"),
    ("date", "2026-11-22", "2026-11-22"),
    ("date", "2026/1/5", "2026-01-05"),
    ("date", "2026年11月22日", "2026-11-22"),
    ("date", "20261122", "2026-11-22"),
    ("date", "2026-11-21T16:00:00Z", "2026-11-22"),
    ("date", MIDNIGHT, "2026-11-22"),
    ("date", MIDNIGHT * 1000, "2026-11-22"),
    ("date", str(MIDNIGHT * 1000), "2026-11-22"),
    ("date", "下周一", "下周一"),
    ("date", "2026-02-30", "2026-02-30"),
    ("date", 20261122, "20261122"),
    ("datetime", "2026-11-22 09:30:00", "2026-11-22 09:30"),
    ("datetime", "2026-11-22T09:30:15+08:00", "2026-11-22 09:30:15"),
    ("datetime", "2026-11-22T01:30:00.000Z", "2026-11-22 09:30"),
    ("datetime", NINE_THIRTY, "2026-11-22 09:30"),
    ("datetime", NINE_THIRTY * 1000, "2026-11-22 09:30"),
    ("datetime", "2026-11-22", "2026-11-22"),
    ("datetime", MIDNIGHT, "2026-11-22 00:00"),
    ("time", "09:30", "09:30"),
    ("time", "9:30:00", "09:30"),
    ("time", NINE_THIRTY, "09:30"),
    ("time", "上午", "上午"),
    ("date_range", ["2026-11-22", "2026-11-24"], "2026-11-22 至 2026-11-24"),
    ("date_range", [MIDNIGHT, NINE_THIRTY * 1000], "2026-11-22 至 2026-11-22 09:30"),
    ("date_range", ["2026-11-22", None], "自 2026-11-22 起"),
    ("date_range", {"end": "2026-11-24"}, "至 2026-11-24"),
    (
        "date_range",
        {"start": "2026-11-22", "end": "2026-11-24", "duration": 3, "unit": "day"},
        "2026-11-22 至 2026-11-24（3 天）",
    ),
    (
        "date_range",
        {"start": "2026-11-22 09:00", "end": "2026-11-22 17:00", "duration": 8, "unit": "小时"},
        "2026-11-22 09:00 至 2026-11-22 17:00（8 小时）",
    ),
    ("date_range", {"start": "2026-11-22", "end": "2026-11-24", "unit": "天"}, "2026-11-22 至 2026-11-24"),
    ("date_range", {"duration": 2.5, "unit": "天"}, "2.5 天"),
    ("user", {"uid": "u-7", "number": "2026007", "name": "王五"}, "王五（2026007）"),
    ("user", {"uid": "u-7", "name": "王五"}, "王五"),
    ("user", {"uid": "u-7", "number": "2026007"}, "2026007"),
    ("user", {"uid": "u-7"}, "姓名不详"),
    ("user", [{"uid": "u-7", "name": {"zh": "王五", "en": "Wang"}}], "王五"),
    (
        "users",
        [{"uid": "u-7", "number": "7", "name": "王五"}, {"uid": "u-8", "number": "", "name": "赵六"}, None],
        "王五（7）、赵六",
    ),
    ("users", {"uid": "u-7", "number": "7", "name": "王五"}, "王五（7）"),
    ("department", {"id": "d-1", "name": "信息学院"}, "信息学院"),
    ("department", {"id": "d-1"}, "名称不详"),
    ("departments", [{"id": "d-1", "name": "信息学院"}, {"id": "d-2", "name": "财务处"}], "信息学院、财务处"),
    (
        "file",
        [{"name": "发票.pdf", "url": "https://f/1", "size": 10, "mime": "application/pdf", "token": "t"}, {"url": "u"}],
        "发票.pdf、未命名文件",
    ),
    ("image", {"name": "现场.png", "url": "https://f/2"}, "现场.png"),
    ("file", ["https://f/secret?token=1"], "未命名文件"),
    (
        "address",
        {"province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "某路 1 号\n2 单元"},
        "浙江省杭州市西湖区某路 1 号 2 单元",
    ),
    ("address", {"province": "北京市", "city": "北京市", "district": "海淀区", "detail": ""}, "北京市海淀区"),
    ("location", {"name": "图书馆", "longitude": 120.1, "latitude": 30.2}, "图书馆"),
    ("location", {"longitude": 120.1, "latitude": 30.2}, "经度 120.1，纬度 30.2"),
    ("phone", "13800000000", "13800000000"),
    ("phone", 13800000000, "13800000000"),
    ("email", "a@b.edu.cn", "a@b.edu.cn"),
    ("id_card", "11010519491231002X", "11010519491231002X"),
    ("bank_account", "6222 0000 0000 0000", "6222 0000 0000 0000"),
    ("signature", {"name": "王五", "url": "https://f/s", "signed_at": NINE_THIRTY}, "已签名 王五 2026-11-22 09:30"),
    ("signature", {"name": "王五", "url": "https://f/s"}, "已签名 王五"),
    ("signature", {"name": "王五", "url": "", "signed_at": None}, "未签名（王五）"),
    ("signature", "data:image/png;base64,AAAA", "已签名"),
    (
        "related",
        [{"sess_id": "s-1", "subject": {"zh": "采购"}, "status": "completed"}, {"sess_id": "s", "subject": "出差"}],
        "采购（已完成）、出差",
    ),
    ("related", [{"sess_id": "s-1", "status": "running"}, {"sess_id": "s-2"}], "未命名事项（进行中）、未命名事项"),
    ("rating", 4, "4"),
    ("rating", {"score": 4, "max": 5}, "4 / 5"),
    ("rating", {"score": 4.5}, "4.5"),
    (
        "leave",
        {
            "type": "事假",
            "start": "2026-11-22",
            "end": "2026-11-23",
            "duration": 2,
            "unit": "天",
            "start_half": "上午",
            "end_half": "pm",
        },
        "事假 2026-11-22 上午 至 2026-11-23 下午，共 2 天",
    ),
    ("leave", {"type": "事假", "start": "2026-11-22", "end": "2026-11-22"}, "事假 2026-11-22 至 2026-11-22"),
    ("leave", {"type": "事假", "duration": 0.5, "unit": "day"}, "事假，共 0.5 天"),
]


@pytest.mark.parametrize(("kind", "value", "shown"), AS_THE_CONTRACT_SAYS)
def test_a_value_reads_as_the_contract_says(kind: str, value: Any, shown: str) -> None:
    assert text_of(kind, value) == shown


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("radio", "business", "公务"),
        ("select", "personal", "事假"),
        ("select", "其他", "其他"),
        ("checkbox", ["business", "sick"], "公务、病假"),
        ("multi_select", ["sick", "sick", "别的"], "病假、别的"),
        ("multi_select", "sick", "病假"),
        ("leave", {"type": "personal", "start": "2026-11-22"}, "事假 自 2026-11-22 起"),
        ("switch", "business", "公务"),
    ],
)
def test_an_option_reads_as_its_label(kind: str, value: Any, shown: str) -> None:
    assert text_of(kind, value, options=KINDS) == shown


def test_a_cascade_reads_from_the_outermost_level() -> None:
    assert text_of("cascade", [33, 3301, "x"], options=PLACES) == "浙江省/杭州市/西湖区"
    assert text_of("cascade", [[33, 3301], [33, 3301], [33]], options=PLACES) == "浙江省/杭州市、浙江省"


def test_options_are_told_apart_by_value_not_by_place() -> None:
    choices = [{"value": {"id": 1}, "label": "甲"}, {"value": 1.5, "label": "乙"}, {"value": True, "label": "丙"}]

    assert [text_of("select", value, options=choices) for value in ({"id": 1}, 1.5, True)] == ["甲", "乙", "丙"]


@pytest.mark.parametrize("value", [None, "", [], {}, "  \n", [None], [""], {"a": None}, [[], {}]])
@pytest.mark.parametrize("kind", [*CONTROL_TYPES, "hologram"])
def test_what_is_empty_reads_as_not_filled_in(kind: str, value: Any) -> None:
    assert text_of(kind, value) == ("未签名" if kind == "signature" else "未填写")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("rich_text", "<p> &nbsp;</p><script>x</script>"),
        ("money", {"amount": "", "currency": "CNY", "upper": ""}),
        ("rating", {"score": None, "max": 5}),
        ("date_range", {"start": "", "end": "", "duration": None, "unit": "天"}),
        ("table", {"columns": [{"key": "a", "label": "甲", "type": "text"}], "rows": [{"a": ""}, {}]}),
    ],
)
def test_what_only_frames_a_value_is_not_shown_without_one(kind: str, value: Any) -> None:
    assert text_of(kind, value) == ("未填写" if kind in {"rich_text", "table"} else text_of(kind, {}))


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("text", {"a": "甲", "b": [1, 2.50]}, '{"a":"甲","b":[1,2.5]}'),
        ("text", ["甲", "乙"], "甲、乙"),
        ("number", {"n": 5}, '{"n":5}'),
        ("money", {"value": 500}, '{"value":500}'),
        ("money", {"amount": [1], "currency": "CNY"}, '{"amount":[1]}'),
        ("date", ["2026-11-22"], "2026-11-22"),
        ("date_range", ["2026-11-22"], "2026-11-22"),
        ("date_range", {"from": "2026-11-22"}, '{"from":"2026-11-22"}'),
        ("user", {"uid": "u-7", "title": "教授"}, '{"title":"教授"}'),
        ("users", ["王五", {"uid": "u-8", "name": "赵六"}, ["x", 7]], "王五、赵六、x、7"),
        ("department", {"id": "d-1", "name": {"a": 1}}, '{"name":{"a":1}}'),
        ("file", [{"name": ["a.pdf"], "url": "https://f/1"}], '{"name":["a.pdf"]}'),
        ("signature", {"by": "王五"}, '{"by":"王五"}'),
        ("related", "一件事", "一件事"),
        ("leave", "事假两天", "事假两天"),
        ("address", "某路 1 号", "某路 1 号"),
        ("select", {"value": "x1", "text": "甲"}, '{"text":"甲"}'),
        ("table", {"rows": [{"a": 1}]}, '[{"a":1}]'),
        ("table", {"columns": [], "data": [1]}, '{"data":[1]}'),
        ("table", "没有表格", "没有表格"),
    ],
)
def test_what_does_not_have_the_shape_of_its_type_is_shown_raw(kind: str, value: Any, shown: str) -> None:
    assert text_of(kind, value) == shown


@pytest.mark.parametrize("value", ["全息图", 5, -0.25, True, {"a": [1, {"b": "乙"}]}, [None, 0]])
def test_an_unknown_type_is_shown_as_it_came(value: Any) -> None:
    plain = {True: "是", 5: "5", -0.25: "-0.25", "全息图": "全息图"}
    expected = plain[value] if not isinstance(value, dict | list) else compact(value)

    assert text_of("hologram", value) == expected
