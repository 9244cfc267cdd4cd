"""PDFs as people attach them, made from lines of text: real, and without a library that writes them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CidFont:
    """A font that is not embedded: its ordering, its encoding, and text in that encoding."""

    ordering: str
    encoding: str
    encode: Callable[[str], bytes]


def make_pdf(
    *pages: Sequence[str],
    font: str | CidFont = "cid",
    picture: float = 0.0,
    beside: bool = False,
    extra: str = "",
    root: str = "",
    columns: int = 0,
    level: str = "",
    box: str = "[0 0 595 842]",
) -> bytes:
    """A PDF with lines of text. `picture` is the share of each page that a picture covers: at its foot, behind the
    text, where it is not `beside` it (a scan with its text over it, or one below the text).

    `font` cid: a Chinese font that is not embedded, as most Chinese software writes it; identity: glyph numbers with
    a table of what they mean; none: a font without such a table, so that the text cannot be told. `extra` goes into
    the dictionary of each page, `root` into that of the whole. With `columns` the lines stand upright, so many points
    apart from right to left; `level` is a line of Latin letters above them. `box` is the part of the plane that each
    page shows.
    """
    encode = font.encode if isinstance(font, CidFont) else _utf_16
    objects = _Objects()
    image = objects.add(_IMAGE, b"\x80")
    fonts = _add_font(objects, font)
    kids = []
    tree = len(objects.found) + 2 * len(pages) + 1
    for lines in pages:
        top = 700 - 20 * len(lines) if beside else 842
        height = min(842 * picture, top)
        drawn = [f"q 595 0 0 {height:.1f} 0 0 cm /I1 Do Q"] if picture else []
        for index, line in enumerate(lines):
            place = f"{520 - columns * index} 740" if columns else f"72 {740 - 20 * index}"
            drawn.append(f"BT /F1 12 Tf {place} Td <{encode(line).hex()}> Tj ET")
        drawn += [f"BT /F2 9 Tf 40 800 Td ({level}) Tj ET"] if level else []
        content = objects.add(b"", "\n".join(drawn).encode(), compress=True)
        used = f"/Resources << /Font << /F1 {fonts} 0 R /F2 {_LATIN} >> /XObject << /I1 {image} 0 R >> >>"
        page = f"/Type /Page /Parent {tree} 0 R /MediaBox {box} {used} /Contents {content} 0 R {extra}"
        kids.append(objects.add(page.encode()))
    objects.add(f"/Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}]".encode())
    return objects.file(objects.add(f"/Type /Catalog /Pages {tree} 0 R {root}".encode()))


def _utf_16(text: str) -> bytes:
    return text.encode("utf-16-be")


_LATIN = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_IMAGE = b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"


class _Objects:
    """The numbered objects of a PDF."""

    def __init__(self) -> None:
        self.found: list[bytes] = []

    def add(self, dictionary: bytes, stream: bytes | None = None, *, compress: bool = False) -> int:
        if stream is None:
            self.found.append(b"<< %s >>" % dictionary)
            return len(self.found)
        if compress:
            dictionary, stream = dictionary + b" /Filter /FlateDecode", zlib.compress(stream)
        self.found.append(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (dictionary, len(stream), stream))
        return len(self.found)

    def file(self, root: int) -> bytes:
        made = bytearray(b"%PDF-1.7\n%\xe4\xb8\xad\xe6\n")
        places = []
        for number, content in enumerate(self.found, start=1):
            places.append(len(made))
            made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
        start = len(made)
        made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        made += b"".join(b"%010d 00000 n \n" % place for place in places)
        made += b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, root, start)
        return bytes(made)


def _add_font(objects: _Objects, font: str | CidFont) -> int:
    ordering, encoding = ("GB1", "UniGB-UCS2-H") if font == "cid" else ("Identity", "Identity-H")
    if isinstance(font, CidFont):
        ordering, encoding = font.ordering, font.encoding
    system = f"/CIDSystemInfo << /Registry (Adobe) /Ordering ({ordering}) /Supplement 0 >>"
    descriptor = objects.add(
        b"/Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93"
    )
    below = objects.add(
        f"/Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light {system} /FontDescriptor {descriptor} 0 R".encode()
    )
    meaning = ""
    if font == "identity":
        table = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        table += b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        table += b"".join(
            b"1 beginbfrange <%02X00> <%02XFF> <%02X00> endbfrange\n" % (row, row, row) for row in range(256)
        )
        meaning = f" /ToUnicode {objects.add(b'', table + b'endcmap end end', compress=True)} 0 R"
    kids = f"/Encoding /{encoding} /DescendantFonts [{below} 0 R]"
    return objects.add(f"/Type /Font /Subtype /Type0 /BaseFont /STSong-Light {kids}{meaning}".encode())
