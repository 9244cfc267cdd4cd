"""Files as people attach them, made from a few lines of text: small, real, and without a library that writes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import docx

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 64


def make_zip(entries: Mapping[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


def make_docx(*lines: str, table: Sequence[Sequence[str]] = (), after: Sequence[str] = ()) -> bytes:
    """Paragraphs, a table, paragraphs."""
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    if table:
        made = document.add_table(rows=len(table), cols=len(table[0]))
        for row, texts in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    for line in after:
        document.add_paragraph(line)
    return save_docx(document)


def save_docx(document: docx.document.Document) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def make_docx_from_xml(body: str, **more: bytes) -> bytes:
    """A document whose body is this XML (prefix w), as Word writes what python-docx has no words for."""
    document = docx.Document()
    source = zipfile.ZipFile(io.BytesIO(save_docx(document)))
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    xml = f'<w:document xmlns:w="{w}" xmlns:mc="{mc}"><w:body>{body}</w:body></w:document>'
    entries = {name: source.read(name) for name in source.namelist()}
    return make_zip({**entries, "word/document.xml": xml.encode(), **more})


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def make_xlsx(sheets: Mapping[str, Sequence[Sequence[object]]], hidden: Sequence[str] = ()) -> bytes:
    """Sheets of strings, numbers and booleans."""
    listed, links = [], []
    entries: dict[str, str | bytes] = {
        "_rels/.rels": _relations([f'Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"'])
    }
    for index, (name, rows) in enumerate(sheets.items(), start=1):
        state = "hidden" if name in hidden else "visible"
        listed.append(f'<sheet name="{escape(name)}" sheetId="{index}" r:id="rId{index}" state="{state}"/>')
        links.append(f'Id="rId{index}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{index}.xml"')
        lines = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        entries[f"xl/worksheets/sheet{index}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'
        )
    book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{"".join(listed)}</sheets></workbook>'
    return make_zip({**entries, "xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": _relations(links)})


def _relations(links: Sequence[str]) -> str:
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(f"<Relationship {link}/>" for link in links)}</Relationships>'


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


_OFD_DOCUMENT = "Doc_0/Document.xml"
_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def make_ofd(*pages: str, template: str = "", document: str = "") -> bytes:
    """Pages of OFD objects, as `ofd_text` and `OFD_PICTURE` make them, on one template."""
    listed = "".join(
        f'<ofd:Page ID="{9 + index}" BaseLoc="Pages/Page_{index}/Content.xml"/>' for index in range(len(pages))
    )
    entries: dict[str, str | bytes] = {
        "OFD.xml": f"<ofd:OFD {_OFD}><ofd:DocBody><ofd:DocRoot>{_OFD_DOCUMENT}</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        _OFD_DOCUMENT: f'{document}<ofd:Document {_OFD}><ofd:CommonData><ofd:TemplatePage ID="2" '
        f'BaseLoc="/Doc_0/Tpls/Tpl_0/Content.xml"/></ofd:CommonData><ofd:Pages>{listed}</ofd:Pages></ofd:Document>',
        "Doc_0/Tpls/Tpl_0/Content.xml": _ofd_page(template),
    }
    for index, content in enumerate(pages):
        entries[f"Doc_0/Pages/Page_{index}/Content.xml"] = _ofd_page('<ofd:Template TemplateID="2"/>', content)
    return make_zip(entries)


def _ofd_page(*content: str) -> str:
    head, objects = ("", content[0]) if len(content) == 1 else content
    return f"<ofd:Page {_OFD}>{head}<ofd:Content><ofd:Layer>{objects}</ofd:Layer></ofd:Content></ofd:Page>"


def ofd_text(x: float, y: float, text: str) -> str:
    """A text object at millimetres from the left and the top."""
    code = f'<ofd:TextCode X="0" Y="4" DeltaX="g {len(text)} 4">{escape(text)}</ofd:TextCode>'
    return f'<ofd:TextObject ID="5" Boundary="{x} {y} 50 5" Font="3" Size="4.2">{code}</ofd:TextObject>'


OFD_PICTURE = '<ofd:ImageObject ID="7" ResourceID="4" Boundary="0 0 210 297"/>'
