"""Numbers as people read them: fixed decimals and a true minus sign."""

from __future__ import annotations

MINUS = "\N{MINUS SIGN}"


def fixed(value: float, decimals: int) -> str:
    """Write a number with fixed decimals and a true minus sign; no minus before zero.

    The digits are those of the result tables, so that a page and a table agree.

    >>> fixed(-1.5, 1), fixed(0.7124, 3), fixed(-0.04, 1)
    ('−1.5', '0.712', '0.0')
    """
    text = f"{value:.{decimals}f}"
    if not text.startswith("-"):
        return text
    return text[1:] if float(text) == 0.0 else MINUS + text[1:]
