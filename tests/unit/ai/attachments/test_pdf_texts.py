"""PDFs of Chinese, Japanese and Korean software: every sign is read, or said to be unread; so is what was typed in."""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from ai_analyze.extraction import pdf
from ai_analyze.extraction.extract import extract
from ai_analyze.extraction.kinds import Kind
from ai_analyze.extraction.legible import fold, is_of_one_charset, is_plausible, is_writing, strange_share, symbol
from ai_analyze.extraction.limits import DEFAULT_LIMITS
from ai_analyze.extraction.pages import Extract
from tests.unit.ai.attachments.made_cjk_fonts import CJK_FILES
from tests.unit.ai.attachments.made_pdfs import CidFont, make_pdf

SAMPLE = (Path(__file__).parent / "samples" / "expense-claim.pdf").read_bytes()
ILLEGIBLE = "第 1 页有文字无法识别（字体缺少编码信息），未能读取"
LINES = (
    "差旅费报销单",
    "报销金额：5200.00 元（大写：伍仟贰佰元整）",
    "申请人：张伟　部门：计算机科学与技术学院",
    "出差日期：2026-11-20 至 2026-11-22，共 3 天，往返杭州",
)
FIELD = "/Annots [<< /Subtype /Widget /T (amount) /V (5200.00) /Rect [0 0 9 9] >>]"
_UPRIGHT = next(font for font, _ in CJK_FILES if (font.ordering, font.encoding) == ("GB1", "Identity-V"))
WAIT = ("Please wait... ", "If this message is not eventually replaced by the proper contents of the document,")


def read(content: bytes) -> Extract:
    return extract(Kind.PDF, content, DEFAULT_LIMITS)


def signs(text: str) -> Counter[str]:
    return Counter(sign for sign in text if not sign.isspace())


@pytest.mark.parametrize(
    ("font", "lines"), CJK_FILES, ids=[f"{number}-{font.encoding}" for number, (font, _) in enumerate(CJK_FILES)]
)
def test_every_sign_of_every_encoding_is_read(font: CidFont, lines: tuple[str, ...]) -> None:
    found = read(make_pdf(lines, font=font))

    assert signs("".join(found.pages)) == signs("".join(lines))
    assert found.problem == ""


@pytest.mark.parametrize("level", ["", "Page 1 of 1, printed by the OA system, form number 20261129"])
@pytest.mark.parametrize("columns", [12, 18, 24, 40])
@pytest.mark.parametrize(
    "lines",
    [
        ("金额１０００元", "金额１０００元"),
        ("预算９００００元", "报销金额８００００元"),
        ("第一项１０００００元", "第二项９０００００元整"),
        ("申请人张三同意", "报销报销报销报销", "差旅费报销单"),
    ],
)
def test_columns_side_by_side_lose_no_sign(lines: tuple[str, ...], columns: int, level: str) -> None:
    found = read(make_pdf(lines, font=_UPRIGHT, columns=columns, level=level))

    assert found.problem == ""
    assert signs(found.pages[0]) == signs("".join(lines) + level)
    assert all(line in found.pages[0] for line in lines)


def test_what_stands_beside_the_page_is_not_read() -> None:
    found = read(make_pdf(("金额１０００元", "金额９９９９元"), font=_UPRIGHT, columns=600))

    assert [line for page in found.pages for line in page.split()] == ["金额１０００元"]


@pytest.mark.parametrize("page", [{"extra": "/Rotate 90"}, {"extra": "/Rotate 270"}, {"box": "[300 200 600 800]"}])
def test_a_turned_or_moved_page_has_all_its_columns(page: dict[str, str]) -> None:
    lines = ("金额１０００元", "报销金额８００００元")

    found = read(make_pdf(lines, font=_UPRIGHT, columns=24, **page))  # type: ignore[arg-type]

    assert signs("".join(found.pages)) == signs("".join(lines))


def test_a_page_that_cannot_be_laid_down_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    lay_down = pdf._in_rows

    def fail_first(document: Any, index: int) -> tuple[str, bool]:
        if index == 0:
            raise pypdfium2.PdfiumError("of this page")
        return lay_down(document, index)

    monkeypatch.setattr(pdf, "_in_rows", fail_first)
    content = make_pdf(
        ("金额１０００元", "金额１０００元"), ("金额２０００元", "金额２０００元"), font=_UPRIGHT, columns=12
    )

    assert "".join(read(content).pages).count("２０００") == 2


def test_a_file_that_unpacks_to_much_more_than_it_has_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    # then what is read depends on the machine: all of it with a Chinese font, and nothing, but no numbers, without
    monkeypatch.setattr(pdf, "_LARGEST_COPY", 0.1)

    assert read(make_pdf(("金额１０００元", "金额１０００元"), font=_UPRIGHT, columns=12)).pages in (
        (),
        ("金额１０００元\n金额１０００元",),
    )


@pytest.mark.parametrize("encoding", ["Identity-V", "Identity-H"])
def test_numbers_of_glyphs_that_nothing_explains_are_no_text(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a page that PDFium finds no text on, whatever fonts this machine has, while pypdf takes numbers for signs
    font, lines = next(made for made in CJK_FILES if (made[0].ordering, made[0].encoding) == ("GB1", encoding))
    monkeypatch.setattr(pdf, "_text_of", lambda *_: ("", True))

    found = read(make_pdf(lines, font=font))

    assert found == Extract(problem="扫描件或图片，没有文字层，未能读取", scanned=True)


def test_a_form_that_an_office_program_printed_is_read_with_its_ticks() -> None:
    found = read(SAMPLE)

    assert found.problem == ""
    assert "报销金额：5,200.00 元（大写：伍仟贰佰元整）" in found.pages[0]
    assert "☑同意" in found.pages[0]


def test_glyphs_without_a_table_of_meanings_are_said_to_be_unread() -> None:
    found = read(SAMPLE.replace(b"/ToUnicode", b"/ToNothing"))

    assert found == Extract(problem=ILLEGIBLE)


def test_chinese_bytes_in_a_western_font_are_no_text() -> None:
    content = make_pdf(LINES, font=CidFont("GB1", "UniGB-UCS2-H", lambda text: _western(text).encode("utf-16-be")))

    assert read(content).problem == ILLEGIBLE


def _western(text: str) -> str:
    return text.encode("gbk").decode("latin-1")


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_what_was_typed_into_an_encrypted_form_is_read_without_another_library(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a form that anybody may open and only its author may change
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(LINES, extra=FIELD)))
    writer.encrypt("", "owner", algorithm=algorithm)
    made = io.BytesIO()
    writer.write(made)
    # when the libraries that pypdf decrypts with are not there, as where the function runs
    for name in [name for name in sys.modules if name.startswith("pypdf")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    monkeypatch.setitem(sys.modules, "Crypto", None)
    monkeypatch.delitem(sys.modules, "ai_analyze.extraction.pdf_forms", raising=False)
    monkeypatch.delitem(sys.modules, "ai_analyze.extraction.pdf", raising=False)
    found = read(made.getvalue())

    # then
    assert "amount：5200.00" in found.pages[0]
    assert "伍仟贰佰元整" in found.pages[0]
    assert found.problem == ""


def test_choices_names_of_parents_notes_and_signatures_of_a_form_are_read() -> None:
    fields = "/Annots [<< /Subtype /Widget /Parent << /Parent << /T (travel) /V [(Beijing) (Hangzhou)] >> >> >>"
    fields += " << /Subtype /Widget /T (sign) /V << /Type /Sig >> >> << /Subtype /Text /Contents (too much) >>]"
    page = read(make_pdf(LINES, extra=fields)).pages[0]

    assert page.endswith("travel：Beijing、Hangzhou\nsign：有数字签名（未验证）\n批注：too much")


def dynamic(*lines: str, data: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(lines)))
    stream = DecodedStreamObject()
    stream.set_data(data.encode())
    packets = pypdf.generic.ArrayObject([pypdf.generic.TextStringObject("datasets"), writer._add_object(stream)])
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): packets})
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_the_placeholder_of_a_dynamic_form_is_not_its_content() -> None:
    data = "<x:datasets xmlns:x='http://www.xfa.org/schema/xfa-data/1.0/'><x:data><f><amount>5200</amount></f></x:data></x:datasets>"
    found = read(dynamic(*WAIT, data=data))

    assert found == Extract(pages=("amount：5200",), problem="动态表单（XFA），仅读取了其中填写的内容")


@pytest.mark.parametrize("data", ["<broken", "<!DOCTYPE d [<!ENTITY a 'b'>]><d>&a;</d>", "<a>" * 5_000])
def test_a_dynamic_form_whose_data_cannot_be_read_says_so(data: str) -> None:
    assert read(dynamic(*WAIT, data=data)) == Extract(problem="动态表单（XFA），需要专用软件打开，未能读取")


def test_a_form_with_pages_of_its_own_is_no_placeholder() -> None:
    assert read(dynamic(*LINES, data="<d/>")).problem == ""


def test_a_large_picture_beside_text_is_named_and_a_scan_with_its_text_over_it_is_not() -> None:
    beside = read(make_pdf(LINES, picture=0.5, beside=True))
    behind = read(make_pdf(LINES * 8, picture=1.0))

    assert (beside.problem, beside.scanned) == ("第 1 页有图片，其中的文字未能读取", True)
    assert "报销金额" in beside.pages[0]
    assert (behind.problem, behind.scanned) == ("", False)


def test_files_inside_a_pdf_are_named_but_for_the_data_of_vouchers() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(LINES)))
    writer.add_attachment("invoice.xml", b"<a/>")
    one = io.BytesIO()
    writer.write(one)
    writer.add_attachment("receipt.pdf", b"%PDF-")
    two = io.BytesIO()
    writer.write(two)

    assert read(one.getvalue()).problem == ""
    assert read(two.getvalue()).problem == "文件内嵌 1 个附件，未读取"


def test_one_page_that_cannot_be_loaded_leaves_the_others() -> None:
    whole = make_pdf(LINES, LINES)
    at = whole.rindex(b"/Type /Page ")
    found = read(whole[:at] + b"/Type /Nope " + whole[at + 12 :])

    assert found.problem == "第 2 页已损坏，未能读取"
    assert "报销金额" in found.pages[0]


def test_a_page_tree_that_claims_more_pages_than_it_has_ends() -> None:
    found = read(make_pdf(LINES).replace(b"/Count 1 ", b"/Count 9999999 "))

    assert "报销金额" in found.pages[0]


def test_radicals_that_printing_programs_write_are_the_signs_they_look_like() -> None:
    assert fold("⾦额：⻓安⻋⽤") == "金额：长安车用"


def test_numbers_of_glyphs_are_told_from_characters() -> None:
    assert is_plausible("报销金额5200")
    assert is_plausible("報銷單")
    assert is_writing("报销金额：5,200.00 (RMB), see “§ 3” — 张伟")
    for writing in (
        "Reisekosten für Herrn Müller, Straße 5",
        "ใบเบิกค่าใช้จ่าย จำนวน 5200 บาท 差旅费",
        "سەپەر چىقىمى 5200 يۈەن（维吾尔文）",
        "הוצאות נסיעה 5200",
        "यात्रा व्यय रुपये 5200",
        "འགྲོ་སོང་ 5200",
        "ᠵᠠᠷᠤᠯᠭ᠎ᠠ 5200",
        "Chi phí công tác: năm nghìn hai trăm đồng",
        "Командировочные расходы, Қазақстан 5200 ₸",
        "Ταξιδιωτικά έξοδα: σύνολο",
        "∑ xᵢ² ≤ 𝛼·β ⇒ ∂f/∂t ≈ 0 ℝ ℏ",
        "☑ 同意 ☐ 不同意 😀",
        "姓名：王喆 李堃 ㄅㄆㄇ かな カナ 한국어",
    ):
        assert is_writing(writing), writing
    assert is_of_one_charset("报销金额：5,200.00 (RMB), see “§ 3” — 张伟")
    assert not is_of_one_charset("حࣁĖĕĕĕჭ")
    assert not is_writing("ҵ੪ٮБཧֆ Бཧحࣁğ໸ధؾϦჭᆜđĚėĕĕēĕĕჭ")
    assert not is_plausible("䋴䋮䋶糫")
    assert not is_plausible('\x03!"#')
    assert strange_share("±¨Ïúµ¥") == 1
    assert strange_share("报销 café") == 0


def test_letters_of_symbol_fonts_are_what_they_draw() -> None:
    assert (symbol("ABCDEF+Wingdings2", 0xF052), symbol("Wingdings-Regular", 0xF0A8)) == ("☑", "☐")
    assert symbol("SimSun", 0x52) == ""
