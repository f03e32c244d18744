"""The text layer of a PDF as lines of pieces at their places on the page; nothing in it is run.

A PDF from outside is hostile until shown otherwise: its bytes, pages, the
output of each decompression, the text and the processor time have caps, and
whatever the library raises becomes one refusal with a code.
"""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bonescan.errors import UnusableScan

MAGIC = b"%PDF-"
END, TAIL_BYTES = b"%%EOF", 2048
MAX_BYTES = 32 * 2**20
MAX_PAGES = 24  # a report has one to six
MAX_INFLATED_BYTES = 16 * 10**6  # of one stream
MAX_PAGE_CHARACTERS = 200_000
MAX_CPU_S = 2.0
# of the height of the letters: what parts two lines, two columns, two words
SAME_LINE, GAP, WORD_GAP = 0.5, 0.6, 0.1
_CALLS_A_LOOK = 64


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A run of text on a line, from `left_pt` to `right_pt`, in points."""

    text: str
    left_pt: float
    right_pt: float

    @property
    def middle_pt(self) -> float:
        """Its centre."""
        return (self.left_pt + self.right_pt) / 2


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line: pieces from left to right, parted where the page leaves a gap."""

    pieces: tuple[TextPiece, ...]

    def __str__(self) -> str:
        """Write the line with three blanks for a gap."""
        return "   ".join(piece.text for piece in self.pieces)

    @property
    def words(self) -> tuple[TextPiece, ...]:
        """The words, each at its share of its piece."""
        return tuple(word for piece in self.pieces for word in _words(piece))


@dataclass(frozen=True, slots=True)
class PdfText:
    """The lines of each page read; `n_pages` counts all pages of the document."""

    pages: tuple[tuple[TextLine, ...], ...]
    n_pages: int

    @property
    def has_text(self) -> bool:
        """Whether any page has a text layer."""
        return any(self.pages)


@lru_cache(maxsize=4)
def read_pdf_text(data: bytes) -> PdfText:
    """Read the text layer of a PDF.

    Parameters
    ----------
    data : bytes
        The document.

    Returns
    -------
    text : PdfText
        Lines from top to bottom. Pages beyond `MAX_PAGES` are counted and not
        read; text that is turned, or drawn by a form within the page, is left
        out.

    Raises
    ------
    UnusableScan
        BS-E185: damaged, hostile, or beyond a cap. BS-E186: locked.
    """
    if len(data) > MAX_BYTES or not data.startswith(MAGIC):
        raise UnusableScan("BS-E185", f"found {len(data)} bytes that are no PDF below the cap.")
    if END not in data[-TAIL_BYTES:]:  # a reader that repairs would give half a table
        raise UnusableScan("BS-E185", "found a PDF without its end: it was cut off.")
    try:
        with _limits():
            return _read(data)
    except UnusableScan:
        raise
    except _OutOfTimeError:
        reason = f"found a PDF that takes more than {MAX_CPU_S:g} s."
        raise UnusableScan("BS-E185", reason) from None
    except RecursionError:
        raise UnusableScan("BS-E185", "found a PDF nested too deeply.") from None
    except Exception as error:  # the library raises a dozen kinds, all meaning this
        reason = f"found a PDF that can't be read ({type(error).__name__}: {str(error)[:120]})."
        raise UnusableScan("BS-E185", reason) from error


class _OutOfTimeError(BaseException):
    """Not an Exception: the library must not take it for one of its own and go on."""


def _read(data: bytes) -> PdfText:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not _opens_without_password(reader):
        raise UnusableScan("BS-E186", "found a PDF that asks for a password.")
    n_pages = len(reader.pages)
    pages = tuple(_lines(reader.pages[i]) for i in range(min(n_pages, MAX_PAGES)))
    return PdfText(pages, n_pages)


def _opens_without_password(reader: Any) -> bool:
    from pypdf.errors import PyPdfError

    try:
        return bool(reader.decrypt(""))
    except PyPdfError:  # a cipher that is not installed
        return False


def _lines(page: Any) -> tuple[TextLine, ...]:
    shown = [s for s in _shown(page) if s.text.strip() and not s.rotated]
    n_characters = sum(len(s.text) for s in shown)
    if n_characters > MAX_PAGE_CHARACTERS:
        raise UnusableScan("BS-E185", f"found {n_characters} characters on one page.")
    rows: list[tuple[float, list[Any]]] = []
    for piece in sorted(shown, key=lambda s: (_down(s), s.tx)):
        height = max(piece.font_height, 1.0)
        if rows and _down(piece) - rows[-1][0] < SAME_LINE * height:
            rows[-1][1].append(piece)
        else:
            rows.append((_down(piece), [piece]))
    return tuple(_line(pieces) for _, pieces in rows)


def _down(piece: Any) -> float:
    """Give the place of a run down the page; many programs draw pages upside down."""
    return float(piece.ty if piece.flip_vertical else -piece.ty)


def _line(shown: list[Any]) -> TextLine:
    """Join what stands close together, and part what does not."""
    pieces: list[TextPiece] = []
    for one in sorted(shown, key=lambda s: s.tx):
        height = max(one.font_height, 1.0)
        for part in _parts(TextPiece(one.text, one.tx, max(one.displaced_tx, one.tx))):
            gap = part.left_pt - pieces[-1].right_pt if pieces else 0.0
            if pieces and gap < GAP * height:
                before = pieces.pop()
                text = before.text + (" " if gap > WORD_GAP * height else "") + part.text
                pieces.append(TextPiece(text, before.left_pt, part.right_pt))
            else:
                pieces.append(part)
    return TextLine(tuple(pieces))


def _parts(piece: TextPiece, gap: str = r"\s{2,}") -> Iterator[TextPiece]:
    """Split a piece at wide blanks, each part at its share of the width."""
    share = (piece.right_pt - piece.left_pt) / max(len(piece.text), 1)
    start = 0
    for match in [*re.finditer(gap, piece.text), None]:
        end = match.start() if match else len(piece.text)
        raw = piece.text[start:end]
        text = raw.strip()
        if text:
            left = piece.left_pt + share * (start + len(raw) - len(raw.lstrip()))
            yield TextPiece(text, left, left + share * len(text))
        start = match.end() if match else end


def _words(piece: TextPiece) -> Iterator[TextPiece]:
    return _parts(piece, gap=r"\s+")


def _shown(page: Any) -> Iterator[Any]:
    """Yield every run of text with its place.

    The library joins runs of one line before it gives them out, which loses
    the place of a blank cell; hence its own steps, one by one.
    """
    from pypdf._text_extraction._layout_mode._fixed_width_page import (
        recurse_to_target_op,
        set_font_operation,
    )
    from pypdf._text_extraction._layout_mode._text_state_manager import TextStateManager
    from pypdf.generic import ContentStream

    contents = page.get("/Contents")
    if contents is None:
        return
    stream = ContentStream(contents.get_object(), page.pdf, "bytes")
    fonts = page._layout_mode_fonts()
    state = TextStateManager()
    operations = iter(stream.operations)
    for operands, operator in operations:
        if operator in {b"BT", b"q"}:
            until = b"ET" if operator == b"BT" else b"Q"
            yield from recurse_to_target_op(operations, state, until, fonts, True)[1]  # type: ignore[arg-type]
        elif operator == b"Tf":
            set_font_operation(state, fonts, operands)
        else:
            state.set_state_param(operator, operands)


@contextmanager
def _limits() -> Iterator[None]:
    """Cap what a stream may inflate to, silence the library, and watch the clock.

    The clock is looked at from the interpreter's own hook for calls: it works
    in any thread and stops a loop that never returns to us.
    """
    import logging

    from pypdf import Configuration, apply_configuration

    capped = Configuration(
        maximum_declared_stream_length=MAX_BYTES,
        array_based_stream_maximum_output_length=MAX_INFLATED_BYTES,
        lzw_maximum_output_length=MAX_INFLATED_BYTES,
        run_length_maximum_output_length=MAX_INFLATED_BYTES,
        zlib_maximum_output_length=MAX_INFLATED_BYTES,
        zlib_maximum_recovery_input_length=100_000,  # byte by byte: slow
        jbig2dec_binary=None,
    )
    logger = logging.getLogger("pypdf")
    level = logger.level
    before = sys.getprofile()
    with apply_configuration(capped):
        logger.setLevel(logging.CRITICAL)  # damage is told once, by our own refusal
        sys.setprofile(_watch(time.thread_time() + MAX_CPU_S))
        try:
            yield
        finally:
            sys.setprofile(before)
            logger.setLevel(level)


def _watch(deadline_s: float) -> Any:
    calls = 0

    def look(_frame: Any, _event: str, _argument: Any) -> None:
        nonlocal calls
        calls += 1
        if calls % _CALLS_A_LOOK == 0 and time.thread_time() > deadline_s:
            raise _OutOfTimeError

    return look
