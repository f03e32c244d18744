"""Text from files as it may stand on a page."""

from __future__ import annotations

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
KEPT = "\n\t\N{IDEOGRAPHIC SPACE}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"


def printable(text: str) -> str:
    r"""Replace control, direction and surrogate characters, which have no place on a page.

    Names in files can hold escape sequences, characters that turn the reading
    direction of what follows, and bytes that no character set explains.

    >>> printable("A\x1b[31mB")
    'A�[31mB'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in KEPT else REPLACEMENT for c in text)
