"""PDF files byte by byte, from the standard (ISO 32000-1) alone: text at places, nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

Piece = tuple[float, float, str]  # x and y of its start in points, text


def _escaped(text: str) -> bytes:
    data = text.encode("cp1252")
    return data.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def content(pieces: Sequence[Piece], size: int = 9) -> bytes:
    """One page's content stream: every piece at its place, in Helvetica."""
    shown = b" ".join(b"1 0 0 1 %d %d Tm (%s) Tj" % (x, y, _escaped(t)) for x, y, t in pieces)
    return b"BT /F1 %d Tf " % size + shown + b" ET"


def pdf(*pages: Sequence[Piece] | bytes, packed: bool = False, extra: str = "") -> bytes:
    """A document; a page is its pieces of text, or its content stream as bytes."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % extra.encode(),
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        data = page if isinstance(page, bytes) else content(page)
        how = b""
        if packed:
            data, how = zlib.compress(data, 9), b" /Filter /FlateDecode"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number)
        )
        head = b"<< /Length %d%s >>\nstream\n" % (len(data), how)
        objects.append(head + data + b"\nendstream")
    return _file(objects)


def _file(objects: Sequence[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def table(
    columns: Sequence[tuple[float, str]], rows: Sequence[Sequence[str]], top: float = 700
) -> list[Piece]:
    """Rows of text under columns at their x; "" leaves a cell blank."""
    pieces = [(x, top, name) for x, name in columns if name]
    for number, row in enumerate(rows, start=1):
        y = top - 12 * number
        pieces += [(x, y, text) for (x, _), text in zip(columns, row, strict=True) if text]
    return pieces
