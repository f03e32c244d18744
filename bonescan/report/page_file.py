"""The file name of a person's page: never a path made of what a file says."""

from __future__ import annotations

import hashlib
import re

from bonescan.model.page import PersonPage

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.html")


def page_file(person: PersonPage) -> str:
    """Name the page; a name that is not plain letters and digits becomes its hash."""
    name = person.page_name
    if SAFE_NAME.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"person-{digest[:20]}.html"
