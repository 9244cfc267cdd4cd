"""Sheets as their readers see them: shown texts, nothing hidden, nothing left out without a word."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from ai_analyze.extraction.charsets import decode_text
from ai_analyze.extraction.extract import extract
from ai_analyze.extraction.kinds import Kind, detect_kind
from ai_analyze.extraction.limits import DEFAULT_LIMITS, UnreadableFile
from ai_analyze.extraction.pages import Extract
from tests.unit.ai.attachments.made_files import make_xlsx, make_zip

SAMPLES = Path(__file__).parent / "samples"
HIDDEN = "工作表「表」有隐藏的行或列，未读取"
UNCOMPUTED = "工作表「表」有 1 个公式没有计算结果，未能读取"
LOCKED = "文件有密码保护，未能读取"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def read(content: bytes) -> Extract:
    return extract(detect_kind(content, DEFAULT_LIMITS), content, DEFAULT_LIMITS)


def problem_of(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as unreadable:
        read(content)
    return unreadable.value.problem


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("marks.xlsx", "000123 | 26:00 | 02:00 |  | 2023-03-15", f"{HIDDEN}；{UNCOMPUTED}"),
        ("marks.xls", "000123 | 26:00 |  |  | 02:00", HIDDEN),
        ("marks.ods", " | 000123 | 26:00 | 2:00 | 246 | 2023-03-15", HIDDEN),
    ],
)
def test_cells_are_read_as_they_are_shown_and_hidden_ones_are_named(name: str, row: str, problem: str) -> None:
    found = read((SAMPLES / name).read_bytes())

    assert row in found.pages[0].split("\n")
    assert "可见" in found.pages[0]
    assert "隐藏" not in found.pages[0]
    assert found.problem == problem


def test_parts_of_a_sheet_are_found_in_whatever_case_their_names_are() -> None:
    archive = zipfile.ZipFile(io.BytesIO(make_xlsx({"表": [["甲", 5]]})))
    renamed = {name: archive.read(name) for name in archive.namelist()}
    renamed["XL/Worksheets/Sheet1.xml"] = renamed.pop("xl/worksheets/sheet1.xml")
    renamed["xl/Workbook.xml"] = renamed.pop("xl/workbook.xml")

    assert detect_kind(make_zip(renamed), DEFAULT_LIMITS) is Kind.XLSX
    assert read(make_zip(renamed)) == Extract(pages=("工作表：表\n甲 | 5",))


def test_pictures_and_comments_over_the_cells_are_named() -> None:
    archive = zipfile.ZipFile(io.BytesIO(make_xlsx({"表": [["甲"]]})))
    more: dict[str, str | bytes] = {"xl/media/image1.png": b"", "xl/charts/chart1.xml": "", "xl/comments1.xml": ""}
    found = read(make_zip({**{name: archive.read(name) for name in archive.namelist()}, **more}))

    assert found.pages == ("工作表：表\n甲",)
    assert found.problem == "含图片、图表、批注表，其中的文字未能读取"


def ods(table: str, manifest: str = "") -> bytes:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = (
        f"<office:document-content {names}><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    )
    parts = {"mimetype": ODS, "content.xml": f"{body}</office:document-content>"}
    return make_zip({**parts, **({"META-INF/manifest.xml": manifest} if manifest else {})})


def test_an_ods_formula_that_nobody_computed_is_said_and_repeated_cells_are_bounded() -> None:
    cells = '<table:table-cell table:formula="of:=1+1"/><table:table-cell table:number-columns-repeated="9999999"/>'
    text = '<table:table-cell table:number-columns-repeated="2"><text:p>甲<text:s/>乙</text:p></table:table-cell>'
    rows = f'<table:table-row table:number-rows-repeated="3">{cells}</table:table-row>'
    rows += f"<table:table-row>{text}</table:table-row>"
    found = read(ods(f'<table:table table:name="表">{rows}</table:table>'))

    assert found == Extract(pages=("工作表：表\n甲 乙 | 甲 乙",), problem=UNCOMPUTED)


def test_hidden_columns_without_number_cost_no_time() -> None:
    columns = '<col min="1" max="999999999" hidden="1"/>' * 2_000
    archive = zipfile.ZipFile(io.BytesIO(make_xlsx({"表": [["甲"]] * 2_000})))
    parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"<sheetData>", f"<cols>{columns}</cols><sheetData>".encode())

    assert read(make_zip({**parts, "xl/worksheets/sheet1.xml": sheet})) == Extract(problem=HIDDEN)


@pytest.mark.parametrize(
    "sheet", ['<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>', "<worksheet", '<worksheet><row r="x"/></worksheet>']
)
def test_a_sheet_whose_hidden_parts_cannot_be_told_is_not_read(sheet: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(make_xlsx({"表": [["甲"]]})))
    parts = {name: archive.read(name) for name in archive.namelist()}

    assert problem_of(make_zip({**parts, "xl/worksheets/sheet1.xml": sheet})) == "文件已损坏，未能读取"


def test_a_locked_ods_is_said_to_be_locked() -> None:
    assert problem_of(ods("", "<manifest:encryption-data/>")) == LOCKED


def test_a_locked_xls_is_said_to_be_locked() -> None:
    # given the workbook of a sample, with the record of a password behind its head
    content = (SAMPLES / "expenses.xls").read_bytes()
    at = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    behind = at + 4 + struct.unpack_from("<H", content, at + 2)[0]
    kind, length = struct.unpack_from("<HH", content, behind)
    assert kind != 0x2F

    locked = content[:behind] + struct.pack("<HH", 0x2F, length) + content[behind + 4 :]

    assert detect_kind(locked, DEFAULT_LIMITS) is Kind.XLS
    assert problem_of(locked) == LOCKED


def test_an_xls_that_holds_a_word_file_is_a_sheet() -> None:
    # given a directory whose root holds a workbook and a storage, which holds the document
    assert (
        detect_kind(
            compound(
                ("Workbook", 2, 2, 0xFFFFFFFF), ("MBD0", 1, 0xFFFFFFFF, 3), ("WordDocument", 2, 0xFFFFFFFF, 0xFFFFFFFF)
            ),
            DEFAULT_LIMITS,
        )
        is Kind.XLS
    )
    assert (
        detect_kind(
            compound(
                ("WordDocument", 2, 2, 0xFFFFFFFF),
                ("ObjectPool", 1, 0xFFFFFFFF, 3),
                ("Workbook", 2, 0xFFFFFFFF, 0xFFFFFFFF),
            ),
            DEFAULT_LIMITS,
        )
        is Kind.DOC
    )


def compound(*entries: tuple[str, int, int, int]) -> bytes:
    """A compound file of one sector of directory: name, type, right sibling and child of each entry but the root."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIIII", head, 40, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    struct.pack_into("<108I", head, 80, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = b"".join(_entry(*each) for each in [("Root Entry", 5, 0xFFFFFFFF, 1), *entries])
    return bytes(head) + table + directory.ljust(512, b"\0")


def _entry(name: str, kind: int, right: int, child: int) -> bytes:
    made = bytearray(128)
    text = name.encode("utf-16-le")
    made[: len(text)] = text
    struct.pack_into("<HBBIII", made, 64, len(text) + 2, kind, 1, 0xFFFFFFFF, right, child)
    struct.pack_into("<II", made, 116, 0xFFFFFFFE, 0)
    return bytes(made)


def test_a_compound_file_whose_chains_and_tree_go_in_circles_ends() -> None:
    circle = bytearray(compound(("Workbook", 2, 1, 1)))
    struct.pack_into("<I", circle, 512 + 4, 1)
    for content in (bytes(circle), compound(("Workbook", 2, 1, 1))):
        assert isinstance(detect_kind(content, DEFAULT_LIMITS), Kind)


def test_a_page_that_word_saved_with_its_pictures_is_read_as_a_page() -> None:
    parts = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
        b'Content-Type: text/html; charset="gb2312"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        b"<html><p>=B1=A8=CF=FA=B5=A5</p></html>\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n"
    )

    assert detect_kind(parts, DEFAULT_LIMITS) is Kind.MHTML
    assert read(parts) == Extract(pages=("报销单",), problem="含图片 1 张，其中的文字未能读取", scanned=True)


BIG5 = "差旅費報銷單，報銷金額：伍仟貳佰元整，申請人：張偉，部門：計算機科學與技術學院，已附發票"


@pytest.mark.parametrize("text", [BIG5, "同意"])
def test_big5_is_told_from_gb_18030(text: str) -> None:
    assert decode_text(BIG5.encode("big5")) == BIG5
    assert decode_text(BIG5.encode("gb18030")) == BIG5
    assert decode_text(text.encode("gb18030")) == text


def test_a_page_that_declares_big5_is_read_so() -> None:
    page = '<html><meta charset="big5"><p>同意</p></html>'

    assert read(page.encode("big5")).pages == ("同意",)
