"""The text layer of a PDF as lines, laid out as on the page; nothing in it is run.

A PDF from outside is hostile until shown otherwise: its bytes, pages, the
output of each decompression, the text and the processor time have caps, and
whatever the library raises becomes one refusal with a code.
"""

from __future__ import annotations

import io
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
_CALLS_A_LOOK = 64


@dataclass(frozen=True, slots=True)
class PdfText:
    """The lines of each page read; `n_pages` counts all pages of the document."""

    pages: tuple[tuple[str, ...], ...]
    n_pages: int

    @property
    def has_text(self) -> bool:
        """Whether any page has a text layer."""
        return any(line.strip() for page in self.pages for line in page)


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
        Lines with blanks as wide as the gaps on the page. Pages beyond
        `MAX_PAGES` are counted and not read.

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


def _lines(page: Any) -> tuple[str, ...]:
    text = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
    if len(text) > MAX_PAGE_CHARACTERS:
        raise UnusableScan("BS-E185", f"found {len(text)} characters on one page.")
    return tuple(line.rstrip() for line in text.splitlines())


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
