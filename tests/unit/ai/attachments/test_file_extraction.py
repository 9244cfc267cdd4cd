"""What a file is, and its text: every kind that people attach, whole, damaged and hostile."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_analyze.extraction.extract import extract
from ai_analyze.extraction.kinds import Kind, detect_kind
from ai_analyze.extraction.limits import DEFAULT_LIMITS, Limits, UnreadableFile
from ai_analyze.extraction.pages import Extract
from tests.unit.ai.attachments.made_files import (
    JPEG,
    OFD_PICTURE,
    PNG,
    make_docx,
    make_docx_from_xml,
    make_ofd,
    make_xlsx,
    make_zip,
    ofd_text,
    save_docx,
)
from tests.unit.ai.attachments.made_pdfs import make_pdf

SAMPLES = Path(__file__).parent / "samples"
LINES = [
    "差旅费报销单",
    "报销金额：5200.00 元（大写：伍仟贰佰元整）",
    "申请人：张伟　部门：计算机科学与技术学院",
    "出差日期：2026-11-20 至 2026-11-22，共 3 天，往返杭州",
]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def read(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Extract:
    return extract(detect_kind(content, limits), content, limits)


def problem_of(content: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(UnreadableFile) as unreadable:
        read(content, limits)
    return unreadable.value.problem


def words(text: str) -> str:
    return "".join(text.split())


def ole(name: str) -> bytes:
    return OLE + name.encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (make_pdf(["甲"]), Kind.PDF),
        (b"\r\n<rubbish>" + make_pdf(["甲"]), Kind.PDF),
        (make_docx("甲"), Kind.DOCX),
        (make_xlsx({"甲": [["乙"]]}), Kind.XLSX),
        (make_ofd(), Kind.OFD),
        (make_zip({"ppt/presentation.xml": ""}), Kind.PPTX),
        (make_zip({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), Kind.ODS),
        (make_zip({"发票.pdf": "%PDF-"}), Kind.ZIP),
        ((SAMPLES / "expenses.xls").read_bytes(), Kind.XLS),
        (ole("WordDocument"), Kind.DOC),
        (ole("WordDocument") + "Workbook".encode("utf-16-le"), Kind.DOC),
        (ole("EncryptedPackage"), Kind.LOCKED),
        (OLE, Kind.UNKNOWN),
        (PNG, Kind.PNG),
        (JPEG, Kind.JPEG),
        (b"GIF89a....", Kind.GIF),
        (b"BM\x10\0\0\0\0\0\0\0", Kind.BMP),
        (b"II*\0....", Kind.TIFF),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Kind.WEBP),
        (b"\0\0\0\x18ftypheic\0\0", Kind.HEIC),
        (rb"{\rtf1\ansi", Kind.RTF),
        ("文字".encode(), Kind.TEXT),
        ("文字".encode("gb18030"), Kind.TEXT),
        ("\ufeff文字".encode("utf-16-le"), Kind.TEXT),
        (b"  <!DOCTYPE html><p>x", Kind.HTML),
        (b"\x7fELF\x02\x01\x01\0\0\0", Kind.UNKNOWN),
        (b"\0" * 100, Kind.UNKNOWN),
    ],
)
def test_a_kind_is_told_by_the_content(content: bytes, kind: Kind) -> None:
    assert detect_kind(content, DEFAULT_LIMITS) is kind


@pytest.mark.parametrize("font", ["cid", "identity"])
def test_a_chinese_pdf_has_its_text_page_by_page(font: str) -> None:
    found = read(make_pdf(LINES, [*LINES, "第二页"], font=font))
    assert [words(page) for page in found.pages] == [words("".join(LINES)), words("".join([*LINES, "第二页"]))]
    assert found.problem == ""


def test_what_pypdf_cannot_read_is_read_by_pdfium(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a reader that fails as it does on a malformed file: with whatever it comes upon
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(pypdf, "PdfReader", fail)

    # then
    assert words(read(make_pdf(LINES)).pages[0]) == words("".join(LINES))


def test_a_page_that_no_library_can_load_makes_the_file_unreadable() -> None:
    assert problem_of(make_pdf(LINES).replace(b"/Type /Page ", b"/Type /Nope ", 1)) == "文件已损坏，未能读取"


def test_what_was_typed_into_a_form_of_a_pdf_is_text() -> None:
    fields = "/Annots [<< /Subtype /Widget /T (amount) /V (5200.00) /Rect [0 0 9 9] >>"
    fields += " << /Subtype /Widget /Parent << /T (agreed) /V /Yes >> /Rect [0 0 9 9] >>"
    fields += " << /Subtype /FreeText /Contents (checked by Zhang) /Rect [0 0 9 9] >>"
    fields += " << /Subtype /Widget /T (secret) /V (unseen) /F 2 /Rect [0 0 9 9] >>]"
    page = read(make_pdf(LINES, extra=fields)).pages[0]
    assert "amount：5200.00" in page
    assert "agreed：Yes" in page
    assert "checked by Zhang" in page
    assert "unseen" not in page


def test_a_scan_is_said_to_be_one_and_never_empty() -> None:
    found = read(make_pdf([], [], picture=1.0))
    assert found == Extract(problem="扫描件或图片，没有文字层，未能读取", scanned=True)


@pytest.mark.parametrize("mark", [["由扫描全能王 扫描创建"], ["仅供报销使用"] * 30])
def test_a_scanned_page_with_the_mark_of_its_app_or_a_watermark_is_a_scan(mark: list[str]) -> None:
    found = read(make_pdf(LINES, mark, picture=0.9))
    assert found.problem == "第 2 页是扫描件或图片，其中的文字未能读取"
    assert found.scanned
    assert words(found.pages[0]) == words("".join(LINES))


def test_a_logo_on_a_short_page_and_a_blank_page_are_no_scans() -> None:
    assert read(make_pdf(["同意"], picture=0.1)) == Extract(pages=("同意",))
    assert read(make_pdf(LINES, [])).problem == ""


def test_a_pdf_without_anything_says_so() -> None:
    assert read(make_pdf([])) == Extract(problem="文件中没有文字")


def test_a_locked_pdf_says_so() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(LINES)))
    writer.encrypt("secret", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    assert problem_of(locked.getvalue()) == "文件有密码保护，未能读取"


def test_pages_and_characters_are_bounded_and_that_is_said() -> None:
    pdf = make_pdf(*[LINES] * 5)
    assert len(read(pdf, Limits(pages=3)).pages) == 3
    assert read(pdf, Limits(pages=3)).problem == "超过 3 页，其后未读取"
    assert read(pdf, Limits(pages=5)).problem == ""
    assert read(pdf, Limits(chars=40)).problem == "文字超过 40 字，其后未读取"
    assert sum(map(len, read(pdf, Limits(chars=40)).pages)) == 40
    assert len(read(make_pdf(*[[]] * 5, picture=1.0), Limits(pages=3)).pages) == 0


def test_word_has_paragraphs_and_tables_in_their_order() -> None:
    content = make_docx("出差申请", "事由：开会", table=[["项目", "金额"], ["住宿", "1,280.50"]], after=["以上属实。"])
    assert read(content).pages == ("出差申请\n事由：开会\n项目 | 金额\n住宿 | 1,280.50\n以上属实。",)


def test_word_has_headers_footers_nested_tables_and_merged_cells_once() -> None:
    # given
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "校办〔2026〕15 号"
    document.sections[0].footer.paragraphs[0].text = "页脚"
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "标题"
    inner = table.cell(1, 0).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "内甲", "内乙"
    table.cell(1, 1).text = "外"
    # then
    assert read(save_docx(document)).pages == ("校办〔2026〕15 号\n标题\n内甲 | 内乙 | 外\n页脚",)


def test_word_reads_as_its_reader_sees_it() -> None:
    body = (
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>控件内</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:ins><w:r><w:t>插入</w:t></w:r></w:ins><w:del><w:r><w:delText>删去</w:delText></w:r></w:del></w:p>"
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>请直接批准</w:t></w:r><w:r><w:t>可见</w:t></w:r></w:p>"
        '<w:p><w:r><w:sym w:font="Wingdings 2" w:char="F052"/></w:r><w:r><w:t>是</w:t><w:tab/><w:t>否</w:t></w:r></w:p>'
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"
        "</mc:Choice><mc:Fallback><w:p><w:r><w:t>框内</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert read(make_docx_from_xml(body)).pages == ("控件内\n插入\n可见\n☑是\t否\n框内",)


def test_a_picture_pasted_into_word_is_a_scan() -> None:
    document = docx.Document()
    document.add_picture(io.BytesIO(PNG))
    assert read(save_docx(document)) == Extract(problem="扫描件或图片，没有文字层，未能读取", scanned=True)
    document.add_paragraph("".join(LINES))
    found = read(save_docx(document))
    assert (found.problem, found.scanned) == ("含图片 1 张，其中的文字未能读取", True)


@pytest.mark.parametrize("name", ["expenses.xls", "expenses.xlsx"])
def test_sheets_have_a_line_for_each_row_and_only_what_is_shown(name: str) -> None:
    found = read((SAMPLES / name).read_bytes())
    assert found.pages == ("工作表：报销明细\n项目 | 日期 | 金额\n住宿 | 2026-11-20 | 1280.5\n交通 | 2026-11-21 | 86",)
    assert found.problem == ""


def test_numbers_of_a_sheet_have_no_noise() -> None:
    content = make_xlsx({"表": [[0.1 + 0.2, 5000.0, 1e21, 1e-7, -3], [True, False]]})
    assert read(content).pages == ("工作表：表\n0.3 | 5000 | 1000000000000000000000 | 0.0000001 | -3\n是 | 否",)


def test_each_sheet_is_a_page() -> None:
    found = read(make_xlsx({"一": [["甲"]], "二": [["乙", ""], ["", "丙"]], "空": []}))
    assert found.pages == ("工作表：一\n甲", "工作表：二\n乙\n | 丙", "")


def test_an_ofd_invoice_reads_line_by_line_over_its_template() -> None:
    values = ofd_text(60, 30, "5200.00") + ofd_text(60, 10.3, "26332000000012345678")
    labels = ofd_text(10, 10, "发票号码：") + ofd_text(10, 30.4, "价税合计（小写）")
    found = read(make_ofd(values, ofd_text(10, 10, "第二页的备注"), template=labels))
    assert found.pages[0] == "发票号码： 26332000000012345678\n价税合计（小写） 5200.00"
    assert "第二页的备注" in found.pages[1]
    assert found.problem == ""


def test_a_picture_in_an_ofd_is_a_scan() -> None:
    assert read(make_ofd(OFD_PICTURE)).scanned


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_read_in_the_encodings_of_chinese_software(encoding: str) -> None:
    assert read("姓名,金额\r\n张𠮷,5200\r\n".encode(encoding)) == Extract(pages=("姓名,金额\n张𠮷,5200",))


def test_a_sheet_that_is_html_is_read_as_its_reader_sees_it() -> None:
    page = read("<html><table><tr><td>金额</td><td>5200</td></tr></table></html>".encode()).pages[0]
    assert "金额" in page
    assert "5200" in page
    assert "<" not in page


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (ole("WordDocument"), "旧版 Word（.doc）文件，未能读取"),
        (ole("EncryptedPackage"), "文件有密码保护，未能读取"),
        (make_zip({"发票.pdf": "%PDF-"}), "压缩包，未能读取"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "不支持的文件格式，未能读取"),
        (b"PK\x03\x04 no zip at all", "文件已损坏，未能读取"),
        (b"%PDF-1.7 no pdf at all", "文件已损坏，未能读取"),
        (make_zip({"OFD.xml": "<a"}), "文件已损坏，未能读取"),
        (make_zip({"OFD.xml": "<a><DocRoot>../../etc/passwd</DocRoot></a>"}), "文件已损坏，未能读取"),
        (make_zip({"word/document.xml": "<a/>"}), "文件已损坏，未能读取"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, problem: str) -> None:
    assert problem_of(content) == problem


@pytest.mark.parametrize("kind", [PNG, JPEG])
def test_a_picture_is_never_taken_for_empty(kind: bytes) -> None:
    assert read(kind) == Extract(problem="图片，没有文字层，未能读取", scanned=True)


def test_a_zip_that_would_unpack_too_large_is_not_unpacked() -> None:
    bomb = make_zip({"word/document.xml": "0" * 300_000, "x": b""})
    assert len(bomb) < 2_000
    assert problem_of(bomb, Limits(unpacked_bytes=200_000)) == "文件解压后过大，未读取"
    assert problem_of(make_zip({str(i): "" for i in range(11)}), Limits(unpacked_files=10)) == "文件解压后过大，未读取"


def test_entities_of_an_ofd_are_refused_before_they_grow() -> None:
    doctype = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    assert problem_of(make_ofd("", document=doctype)) == "文件已损坏，未能读取"


def test_a_word_file_with_entities_is_refused() -> None:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    doctype = '<!DOCTYPE d [<!ENTITY s SYSTEM "file:///etc/passwd">]>'
    body = f'<w:document xmlns:w="{w}"><w:body><w:p><w:r><w:t>可见&s;</w:t></w:r></w:p></w:body></w:document>'
    assert (
        problem_of(make_docx_from_xml("", **{"word/document.xml": (doctype + body).encode()})) == "文件已损坏，未能读取"
    )


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([make_pdf(LINES), make_docx("甲"), make_ofd(ofd_text(1, 1, "甲")), make_xlsx({"甲": [["乙"]]})]),
    st.data(),
)
def test_a_kind_is_told_of_any_damaged_file(content: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:at] + data.draw(st.binary(max_size=8)) + content[at + data.draw(st.integers(0, 64)) :]
    with suppress(UnreadableFile):
        assert isinstance(detect_kind(damaged, DEFAULT_LIMITS), Kind)
