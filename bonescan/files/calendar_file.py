"""iCalendar files (RFC 5545): days, and nothing that tells who or why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

LINE_OCTETS = 75  # RFC 5545, section 3.1: without the line break
PRODUCT = "-//bonescan//due list//EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEvent:
    """An event of one whole day."""

    uid: str
    day: date
    summary: str


def calendar_text(events: Iterable[DayEvent], *, stamp: date, product: str = PRODUCT) -> str:
    """Write a calendar of whole-day events.

    Parameters
    ----------
    events : iterable of DayEvent
    stamp : date
        When the list was made; the same list gives the same bytes.
    product : str

    Returns
    -------
    text : str
        Lines end in CRLF and have at most 75 octets in UTF-8; longer ones are
        folded between characters.

    References
    ----------
    RFC 5545, sections 3.1 (folding), 3.3.11 (text), 3.6.1 (events).
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{_escaped(product)}", "CALSCALE:GREGORIAN"]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(event.uid)}",
            f"DTSTAMP:{stamp:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",  # the end is not included
            f"SUMMARY:{_escaped(event.summary)}",
            "CLASS:PRIVATE",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line))


def folded(line: str) -> Iterator[str]:
    """Fold a line into parts of at most 75 octets, each but the first after a blank.

    >>> [len(p.encode()) for p in folded("SUMMARY:" + "x" * 100)]
    [75, 34]
    """
    part, room = "", LINE_OCTETS
    for character in line:
        size = len(character.encode("utf-8"))
        if size > room:
            yield part
            part, room = " ", LINE_OCTETS - 1
        part += character
        room -= size
    yield part


def _escaped(text: str) -> str:
    r"""Escape a text value.

    >>> _escaped("a;b,c\\d")
    'a\\;b\\,c\\\\d'
    """
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "")
