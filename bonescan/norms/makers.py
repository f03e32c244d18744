"""The makers of densitometers under one short name each."""

from __future__ import annotations

# A word that the manufacturer's name contains, and our name for the maker. First match wins.
_WORDS = (
    ("hologic", "hologic"),
    ("lunar", "ge"),
    ("ge medical", "ge"),
    ("ge healthcare", "ge"),
    ("general electric", "ge"),
    ("norland", "norland"),
    ("swissray", "norland"),
    ("coopersurgical", "norland"),
    ("echolight", "echolight"),
    ("osteosys", "osteosys"),
    ("medilink", "medilink"),
    ("dms", "dms"),
    ("fujifilm", "fujifilm"),
    ("hitachi", "fujifilm"),
    ("aloka", "fujifilm"),
)

MAKERS = tuple(dict.fromkeys(maker for _, maker in _WORDS))


def canonical_maker(text: str | None) -> str | None:
    """Name the maker in one short word; None when unknown.

    >>> canonical_maker("GE Healthcare Lunar"), canonical_maker("HOLOGIC"), canonical_maker("Acme")
    ('ge', 'hologic', None)
    """
    if text is None:
        return None
    plain = " ".join(text.casefold().split())
    if plain == "ge":
        return "ge"
    return next((maker for word, maker in _WORDS if word in plain), None)
