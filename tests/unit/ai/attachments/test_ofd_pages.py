"""OFD as its writers make it: parts in any case of letters, missing, transformed, composed and annotated."""

from __future__ import annotations

import io
import zipfile

import pytest

from ai_analyze.extraction.extract import extract
from ai_analyze.extraction.kinds import Kind, detect_kind
from ai_analyze.extraction.limits import DEFAULT_LIMITS
from ai_analyze.extraction.pages import Extract
from tests.unit.ai.attachments.made_files import OFD_PICTURE, make_ofd, make_zip, ofd_text

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
LABELS = ofd_text(10, 10, "发票号码：") + ofd_text(10, 30, "价税合计")
VALUES = ofd_text(60, 10, "2633200012345678") + ofd_text(60, 30, "5200.00")
INVOICE = "发票号码： 2633200012345678\n价税合计 5200.00"


def read(content: bytes) -> Extract:
    assert detect_kind(content, DEFAULT_LIMITS) is Kind.OFD
    return extract(Kind.OFD, content, DEFAULT_LIMITS)


def changed(content: bytes, names: dict[str, str], **more: str) -> bytes:
    """The file with entries under other names; an empty name leaves one out."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    kept = {names.get(name, name): archive.read(name) for name in archive.namelist()}
    return make_zip({**{name: each for name, each in kept.items() if name}, **more})


def with_parts(content: bytes, listed: str, **parts: str) -> bytes:
    """The file with more in its document, and the parts that this names."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    document = archive.read("Doc_0/Document.xml").decode().replace("</ofd:Document>", f"{listed}</ofd:Document>")
    return changed(content, {}, **{"Doc_0/Document.xml": document, **parts})


@pytest.mark.parametrize(
    "names",
    [
        {"Doc_0/Tpls/Tpl_0/Content.xml": "Doc_0/TPLS/Tpl_0/Content.xml"},
        {"Doc_0/Document.xml": "doc_0/document.XML", "OFD.xml": "ofd.xml"},
        {"Doc_0/Pages/Page_0/Content.xml": "Doc_0\\Pages\\Page_0\\content.xml"},
    ],
)
def test_a_part_is_found_in_whatever_case_its_name_is(names: dict[str, str]) -> None:
    assert read(changed(make_ofd(VALUES, template=LABELS), names)) == Extract(pages=(INVOICE,))


def test_a_missing_template_loses_its_labels_alone_and_that_is_said() -> None:
    found = read(changed(make_ofd(VALUES, template=LABELS), {"Doc_0/Tpls/Tpl_0/Content.xml": ""}))

    assert found.pages == ("2633200012345678\n5200.00",)
    assert found.problem == "第 1 页的版式模板缺失，其中的文字未能读取"


@pytest.mark.parametrize("broken", ["", "<ofd:Page", "<!DOCTYPE a><a/>"])
def test_a_missing_or_broken_page_leaves_the_others(broken: str) -> None:
    content = make_ofd(VALUES, VALUES, template=LABELS)
    name = "Doc_0/Pages/Page_1/Content.xml"
    found = read(changed(content, {name: ""}, **({name: broken} if broken else {})))

    assert found == Extract(pages=(INVOICE, ""), problem="第 2 页已损坏，未能读取")


def test_text_lands_where_its_transformation_puts_it() -> None:
    # given an amount whose own place is the first line, moved to the second by its matrix, half as large
    moved = (
        '<ofd:TextObject Boundary="60 10 50 5" Size="8.4" CTM="0.5 0 0 0.5 0 20">'
        '<ofd:TextCode X="0" Y="8">5200.00</ofd:TextCode></ofd:TextObject>'
    )

    assert read(make_ofd(moved, template=LABELS)).pages == ("发票号码：\n价税合计 5200.00",)


def test_one_object_over_several_columns_is_parted_at_its_gaps() -> None:
    columns = (
        '<ofd:TextObject Boundary="10 10 150 5" Size="4"><ofd:TextCode X="0" Y="4" DeltaX="4 40 g 3 4">'
        "住宿1280</ofd:TextCode></ofd:TextObject>"
    )

    assert read(make_ofd(columns + ofd_text(30, 10, "元"))).pages == ("住宿 元 1280",)


UNIT = (
    f'<ofd:Res {NAMESPACE}><ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="77" Width="50" Height="5">'
    f"<ofd:Content>{ofd_text(0, 0, '5200.00')}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    "</ofd:Res>"
)
COMPOSED = '<ofd:CompositeObject ID="8" Boundary="60 30 50 5" ResourceID="77"/>'


def test_the_text_of_a_composed_object_is_read_at_its_place() -> None:
    content = with_parts(
        make_ofd(COMPOSED, template=LABELS),
        "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>",
        **{"Doc_0/DocumentRes.xml": UNIT},
    )

    assert read(content) == Extract(pages=("发票号码：\n价税合计 5200.00",))


def test_a_composed_object_that_is_nowhere_is_said_to_be_missing() -> None:
    assert read(make_ofd(COMPOSED, template=LABELS)).problem == "第 1 页有图形缺失，其中的文字未能读取"


def test_composed_objects_that_hold_each_other_end() -> None:
    loop = UNIT.replace("</ofd:Content>", COMPOSED * 20 + "</ofd:Content>")
    content = with_parts(
        make_ofd(COMPOSED, template=LABELS),
        "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>",
        **{"Doc_0/PublicRes.xml": loop},
    )

    assert read(content).problem == "第 1 页对象过多，未全部读取"


def test_the_text_of_annotations_is_read_where_they_stand() -> None:
    page = '<ofd:Page PageID="9"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>'
    listed = f"<ofd:Annotations {NAMESPACE}>{page}</ofd:Annotations>"
    note = (
        f'<ofd:PageAnnot {NAMESPACE}><ofd:Annot Type="Stamp" ID="90"><ofd:Remark>经办人已核对</ofd:Remark>'
        f'<ofd:Appearance Boundary="100 30 50 5">{ofd_text(0, 0, "已作废")}</ofd:Appearance></ofd:Annot>'
        f'<ofd:Annot Visible="false"><ofd:Remark>看不见</ofd:Remark></ofd:Annot></ofd:PageAnnot>'
    )
    content = with_parts(
        make_ofd(VALUES, template=LABELS),
        "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
        **{"Doc_0/Annots/Annotations.xml": listed, "Doc_0/Annots/Page_0/Annotation.xml": note},
    )

    assert read(content) == Extract(pages=(f"{INVOICE} 已作废\n批注：经办人已核对",))


def test_annotations_and_files_that_are_missing_are_said_to_be() -> None:
    missing = with_parts(make_ofd(VALUES, template=LABELS), "<ofd:Annotations>nowhere.xml</ofd:Annotations>")
    listed = (
        "<a><Attachment><FileLoc>x.xbrl</FileLoc></Attachment><Attachment><FileLoc>x.pdf</FileLoc></Attachment></a>"
    )
    attached = with_parts(
        make_ofd(VALUES, template=LABELS),
        "<ofd:Attachments>Attachs.xml</ofd:Attachments>",
        **{"Doc_0/Attachs.xml": listed},
    )

    assert read(missing) == Extract(pages=(INVOICE,), problem="文件的一部分（图形、批注或附件）缺失或已损坏，未能读取")
    assert read(attached) == Extract(pages=(INVOICE,), problem="文件内嵌 1 个附件，未读取")


def test_a_large_picture_beside_text_is_named() -> None:
    lines = "".join(
        ofd_text(10, 10 * row, f"第{row}行：报销金额伍仟贰佰元整，申请人张伟，部门计算机学院") for row in range(1, 9)
    )
    picture = OFD_PICTURE.replace('"0 0 210 297"', '"0 120 210 120"')
    distinct = ofd_text(10, 100, "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒日月盈昃")

    assert read(make_ofd(lines + distinct + picture)).problem == "第 1 页有图片，其中的文字未能读取"


def test_signs_without_a_meaning_are_no_text() -> None:
    assert (
        read(make_ofd(ofd_text(10, 10, "\ue001\ue002\ue003"))).problem
        == "第 1 页有文字无法识别（字体缺少编码信息），未能读取"
    )


@pytest.mark.parametrize("depth", [500, 50_000])
def test_pages_nested_too_deep_end(depth: int) -> None:
    nested = "<ofd:PageBlock>" * depth + ofd_text(1, 1, "甲") + "</ofd:PageBlock>" * depth

    assert read(make_ofd(nested)).problem == "第 1 页已损坏，未能读取"
