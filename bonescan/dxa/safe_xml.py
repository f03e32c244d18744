"""XML from a file from outside: no document type, no entities, a cap on its size."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from .printed import Found

MAX_CHARACTERS = 4 * 2**20
MAX_ELEMENTS = 20_000
_FORBIDDEN = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)


def parse_xml(text: str, found: Found) -> ElementTree.Element | None:
    """Parse a document; None, with a word in `found`, where it is refused or damaged.

    Without a document type there are no entities, hence nothing that expands
    or reads other files.
    """
    text = text.strip().strip("\0").lstrip("\ufeff")
    if _FORBIDDEN.search(text):
        found.not_understood.append("XML with a document type definition, which is refused")
        return None
    if len(text) > MAX_CHARACTERS or text.count("<") > MAX_ELEMENTS:
        found.not_understood.append("XML larger than the cap")
        return None
    # the text is decoded already: what the declaration says of bytes no longer holds
    text = re.sub(r"^<\?xml[^>]{0,200}\?>", "", text)
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        found.not_understood.append(f"XML that is damaged ({error})")
        return None
