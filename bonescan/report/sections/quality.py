"""What the measuring stages said about the quality of each file."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.report.context import PersonContext, Section
from bonescan.report.words import parsed_site, site_words


def build(context: PersonContext) -> Section | None:
    """Build one list a file and site; None when nothing was said."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for file, key, text in context.person.details:
        site, name = _split(key)
        groups.setdefault((file, site), []).append((name, text))
    if not groups:
        return None
    data = {
        "groups": [
            (file, site_words(site) if site else "", lines)
            for (file, site), lines in groups.items()
        ]
    }
    return Section(key="quality", title=_("Quality"), data=data)


def _split(key: str) -> tuple[str, str]:
    """Take a site off the front of a key: "L1: frames" is about L1."""
    site, colon, name = key.partition(": ")
    return (site, name) if colon and parsed_site(site) else ("", key)
