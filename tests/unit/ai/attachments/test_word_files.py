"""What a Word file shows beside its plain text: boxes, choices, inserted documents, comments, and what has no text."""

from __future__ import annotations

import pytest

from ai_analyze.extraction.extract import extract
from ai_analyze.extraction.kinds import Kind, detect_kind
from ai_analyze.extraction.limits import DEFAULT_LIMITS
from ai_analyze.extraction.pages import Extract
from tests.unit.ai.attachments.made_files import make_docx, make_zip

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PREFIXES = (
    f'xmlns:w="{WORD}" xmlns:r="{RELATIONS}" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
)
LONG = (
    "报销金额伍仟贰佰元整，申请人张伟，部门计算机科学与技术学院，往返杭州，日期十一月二十日，已附发票原件，请予审核办理"
)


def text(words: str) -> str:
    return f"<w:r><w:t>{words}</w:t></w:r>"


def line(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def document(body: str, **related: tuple[str, str | bytes]) -> bytes:
    """A Word file by hand. `related` are its other parts by their id: what they are, and their content."""
    links = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{key}.part"/>'
        for key, (kind, _) in related.items()
    )
    return make_zip(
        {
            "word/document.xml": f"<w:document {PREFIXES}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": f"<Relationships>{links}</Relationships>",
            **{f"word/{key}.part": content for key, (_, content) in related.items()},
        }
    )


def read(content: bytes) -> Extract:
    assert detect_kind(content, DEFAULT_LIMITS) is Kind.DOCX
    return extract(Kind.DOCX, content, DEFAULT_LIMITS)


def box(state: str, shown: str) -> str:
    return f"<w:sdt><w:sdtPr><w14:checkbox>{state}</w14:checkbox></w:sdtPr><w:sdtContent>{shown}</w:sdtContent></w:sdt>"


def symbol(font: str, code: str) -> str:
    return f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'


def legacy(state: str) -> str:
    begin = f'<w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox>{state}</w:checkBox></w:ffData></w:fldChar>'
    return f'<w:r>{begin}<w:instrText>FORMCHECKBOX</w:instrText><w:fldChar w:fldCharType="end"/></w:r>'


def lettered(letter: str) -> str:
    return f'<w:r><w:rPr><w:rFonts w:ascii="Wingdings 2" w:hAnsi="Wingdings 2"/></w:rPr><w:t>{letter}</w:t></w:r>'


@pytest.mark.parametrize(
    ("empty", "ticked"),
    [
        (symbol("MS Gothic", "2610"), symbol("MS Gothic", "2612")),
        (box('<w14:checked w14:val="0"/>', text("☐")), box('<w14:checked w14:val="1"/>', text("☒"))),
        (box('<w14:checked w14:val="0"/>', ""), box('<w14:checked w14:val="1"/>', "")),
        (box("", symbol("Wingdings", "F0A8")), box("<w14:checked/>", symbol("Wingdings", "F0FD"))),
        (legacy('<w:default w:val="0"/>'), legacy('<w:default w:val="0"/><w:checked/>')),
        (legacy('<w:default w:val="1"/><w:checked w:val="0"/>'), legacy("<w:default/>")),
        (lettered("£"), lettered("T")),
    ],
)
def test_which_box_is_ticked_is_read_however_it_is_made(empty: str, ticked: str) -> None:
    assert read(document(line(empty, text("同意　"), ticked, text("不同意")))).pages == ("☐同意　☒不同意",)


def test_a_check_box_around_a_whole_cell_is_read() -> None:
    cell = f"<w:tc>{box('<w14:checked/>', line(text('同意')))}</w:tc>"

    assert read(document(f"<w:tbl><w:tr>{cell}<w:tc>{line(text('张伟'))}</w:tc></w:tr></w:tbl>")).pages == (
        "☒ 同意 | 张伟",
    )


def test_the_choice_of_a_list_and_a_watermark_are_read() -> None:
    choices = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="同意"/><w:listEntry w:val="不同意"/></w:ddList>'
    field = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{choices}</w:ffData></w:fldChar></w:r>'
    mark = '<w:r><w:pict><v:shape><v:textpath string="作废"/></v:shape></w:pict></w:r>'

    assert read(document(line(field) + line(mark))).pages == ("不同意\n作废",)


@pytest.mark.parametrize(
    "chunk",
    [
        "<html><body><p>插入的正文</p></body></html>".encode(),
        "插入的正文".encode("gb18030"),
        make_docx("插入的正文"),
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: text/html; charset=utf-8\r\n\r\n" + "<html><p>插入的正文</p></html>\r\n--b--".encode(),
    ],
)
def test_an_inserted_document_is_read_where_it_stands(chunk: bytes) -> None:
    body = line(text("前")) + '<w:altChunk r:id="chunk"/>' + line(text("后"))

    assert read(document(body, chunk=("aFChunk", chunk))) == Extract(pages=("前\n插入的正文\n后",))


@pytest.mark.parametrize("chunk", [rb"{\rtf1 x}", b"\0\0", make_zip({"word/document.xml": "<a/>"})])
def test_an_inserted_document_that_cannot_be_read_is_named(chunk: bytes) -> None:
    found = read(document(line(text("前")) + '<w:altChunk r:id="chunk"/>', chunk=("aFChunk", chunk)))

    assert found == Extract(pages=("前",), problem="文中插入的文件未能读取")


def test_documents_that_insert_each_other_end() -> None:
    chunk = document(line(text("底")))
    for _ in range(6):
        chunk = document('<w:altChunk r:id="chunk"/>', chunk=("aFChunk", chunk))

    assert read(chunk).problem == "文中插入的文件未能读取"


def test_comments_and_diagrams_are_read() -> None:
    comments = f'<w:comments {PREFIXES}><w:comment w:author="王处长">{line(text("金额不符"))}</w:comment></w:comments>'
    points = "<a:t>申请</a:t>", "<a:t>审批</a:t>"
    drawn = f"<dgm:dataModel {PREFIXES}>{''.join(f'<dgm:pt>{point}</dgm:pt>' for point in points)}</dgm:dataModel>"
    found = read(document(line(text("正文")), comments=("comments", comments), d=("diagramData", drawn)))

    assert found == Extract(pages=("正文\n批注（王处长）：金额不符\n图示：申请\n图示：审批",))


def test_what_has_no_text_is_counted_and_named() -> None:
    picture = "<w:r><w:drawing><a:graphic><pic:pic/></a:graphic></w:drawing></w:r>"
    chart = '<w:r><w:drawing><a:graphic><c:chart r:id="x"/></a:graphic></w:drawing></w:r>'
    older = "<w:r><w:pict><v:shape><v:imagedata/></v:shape></w:pict></w:r>"
    embedded = "<w:r><w:object><o:OLEObject/></w:object></w:r>"
    found = read(document(line(text(LONG), picture, chart, older, embedded)))

    assert found.pages == (LONG,)
    assert found.problem == "含图片 2 张、图表 1 个、内嵌文件 1 个，其中的文字未能读取"
    assert found.scanned


def test_parts_are_found_in_whatever_case_their_names_are() -> None:
    content = make_zip(
        {"Word/Document.xml": f"<w:document {PREFIXES}><w:body>{line(text('正文'))}</w:body></w:document>"}
    )

    assert read(content) == Extract(pages=("正文",))


def test_a_missing_part_is_said_to_be() -> None:
    content = document(line(text("正文")), header=("header", "<broken"))

    assert read(content) == Extract(pages=("正文",), problem="文件的一部分缺失或已损坏，未能读取")
