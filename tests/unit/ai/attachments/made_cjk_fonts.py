"""The fonts of Chinese, Japanese and Korean software that are not embedded, with the text that they can write."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.unit.ai.attachments.made_pdfs import CidFont

SIMPLIFIED = (
    ("差旅费报销单", "报销金额：伍仟贰佰元整，５２００．００元", "申请人：张伟，部门：计算机科学与技术学院"),
    ("请假申请", "事由：参加全国大学生数学建模竞赛", "部门负责人意见：同意，请安排好课程"),
    ("电子发票（普通发票）", "购买方名称：东湖大学，开票日期：２０２６年１１月", "价税合计：壹仟贰佰捌拾陆圆伍角"),
)
TRADITIONAL = (
    ("差旅費報銷單", "報銷金額：伍仟貳佰元整", "申請人：張偉，部門：計算機科學與技術學院"),
    ("請假申請", "事由：參加全國大學生數學建模競賽", "部門負責人意見：同意，請安排好課程"),
    ("電子發票", "購買方名稱：東湖大學", "價稅合計：壹仟貳佰捌拾陸圓伍角"),
)
JAPANESE = (
    ("出張旅費精算書", "申請者：東京大学工学部　田中太郎", "金額：五千二百円、合計三日間"),
    ("休暇届", "事由：学会発表のため", "所属長の意見：承認する"),
    ("領収書", "品名：会議参加費", "上記の金額を正に領収いたしました"),
)
KOREAN = (
    ("출장비 정산서", "신청자：홍길동，부서：컴퓨터공학부", "금액：오천이백원"),
    ("휴가 신청서", "사유：학회 참석", "부서장 의견：승인"),
    ("영수증", "품명：회의 참가비", "위 금액을 영수함"),
)


def _in_charset(text: str, charset: str) -> bytes:
    return text.encode(charset)


def _in_jis(text: str) -> bytes:
    """Two bytes a character, without the marks that ISO 2022 puts around them."""
    return bytes(byte & 0x7F for byte in text.encode("euc_jp"))


def _in_glyphs(text: str, charset: str, rows: dict[int, int]) -> bytes:
    """The numbers of the glyphs: rows of 94 in the order of the charset, by the lead byte and the first number."""
    numbers = []
    for sign in text:
        lead, trail = sign.encode(charset)
        first = max(row for row in rows if row <= lead)
        numbers.append(rows[first] + 94 * (lead - first) + trail - 0xA1)
    return b"".join(number.to_bytes(2, "big") for number in numbers)


# As Adobe's character collections have them.
_GB1 = {0xA1: 96, 0xA3: 262, 0xB0: 940, 0xD8: 4695}
_JAPAN1 = {0xA1: 633, 0xA4: 842, 0xA5: 925, 0xB0: 1125, 0xD0: 4090}
_KOREA1 = {0xA1: 101, 0xA3: 264, 0xB0: 1086}


def _fonts(ordering: str, charset: str, *encodings: str) -> list[CidFont]:
    encode: Callable[[str], bytes] = partial(_in_charset, charset=charset)
    return [CidFont(ordering, encoding, encode) for encoding in encodings]


def _font_of_glyphs(ordering: str, charset: str, rows: dict[int, int], encoding: str = "Identity-H") -> CidFont:
    return CidFont(ordering, encoding, partial(_in_glyphs, charset=charset, rows=rows))


FONTS = [
    *((font, SIMPLIFIED) for font in _fonts("GB1", "gb2312", "GB-EUC-H", "GB-EUC-V", "GBpc-EUC-H")),
    *((font, SIMPLIFIED) for font in _fonts("GB1", "gbk", "GBK-EUC-H", "GBK-EUC-V", "GBKp-EUC-H")),
    *((font, SIMPLIFIED) for font in _fonts("GB1", "gb18030", "GBK2K-H")),
    *((font, SIMPLIFIED) for font in _fonts("GB1", "utf-16-be", "UniGB-UCS2-H", "UniGB-UCS2-V", "UniGB-UTF16-H")),
    (_font_of_glyphs("GB1", "gb2312", _GB1), SIMPLIFIED),
    (_font_of_glyphs("GB1", "gb2312", _GB1, "Identity-V"), SIMPLIFIED),
    *((font, TRADITIONAL) for font in _fonts("CNS1", "big5", "B5pc-H", "ETen-B5-H", "ETenms-B5-H", "HKscs-B5-H")),
    *((font, TRADITIONAL) for font in _fonts("CNS1", "utf-16-be", "UniCNS-UCS2-H", "UniCNS-UTF16-H")),
    *((font, JAPANESE) for font in _fonts("Japan1", "euc_jp", "EUC-H")),
    *((font, JAPANESE) for font in _fonts("Japan1", "cp932", "90ms-RKSJ-H", "90msp-RKSJ-H")),
    *((font, JAPANESE) for font in _fonts("Japan1", "utf-16-be", "UniJIS-UCS2-H", "UniJIS-UTF16-H")),
    (CidFont("Japan1", "H", _in_jis), JAPANESE),
    (_font_of_glyphs("Japan1", "euc_jp", _JAPAN1), JAPANESE),
    *((font, KOREAN) for font in _fonts("Korea1", "euc_kr", "KSC-EUC-H")),
    *((font, KOREAN) for font in _fonts("Korea1", "cp949", "KSCms-UHC-H")),
    *((font, KOREAN) for font in _fonts("Korea1", "utf-16-be", "UniKS-UCS2-H", "UniKS-UTF16-H")),
    (
        _font_of_glyphs("Korea1", "euc_kr", _KOREA1),
        tuple(tuple(line.replace(" ", "") for line in page) for page in KOREAN),
    ),
]
# Each in three orders: a page of some length, as forms have, which no reader takes for a scan.
CJK_FILES = [(font, sum((*texts[first:], *texts[:first]), ())) for font, texts in FONTS for first in range(len(texts))]
