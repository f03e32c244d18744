"""Dates in a table whose pattern somebody has stated: read by it, never guessed."""

from __future__ import annotations

import re
from datetime import date

from .fact_dates import parse_date
from .fact_values_error import Refused

MINGUO = "minguo"
_ORDERS = {  # pattern -> (separator, places of year, month and day)
    "yyyy-mm-dd": ("-", (0, 1, 2)),
    "yyyy/mm/dd": ("/", (0, 1, 2)),
    "yyyy.mm.dd": (".", (0, 1, 2)),
    "dd.mm.yyyy": (".", (2, 1, 0)),
    "dd/mm/yyyy": ("/", (2, 1, 0)),
    "dd-mm-yyyy": ("-", (2, 1, 0)),
    "mm/dd/yyyy": ("/", (2, 0, 1)),
    "mm-dd-yyyy": ("-", (2, 0, 1)),
}
DATE_PATTERNS = (*_ORDERS, "yyyymmdd", MINGUO)
EARLIEST, LATEST = date(1880, 1, 1), date(2150, 1, 1)


def read_table_date(text: str, pattern: str) -> date:
    """Read a date by the stated pattern.

    Parameters
    ----------
    text : str
        The cell.
    pattern : str
        One of `DATE_PATTERNS`; years have four digits, except with "minguo".

    Raises
    ------
    Refused
        The cell is written otherwise, or is no day of the calendar.

    Examples
    --------
    >>> read_table_date("05/03/2024", "dd/mm/yyyy").isoformat()
    '2024-03-05'
    >>> read_table_date("113/03/05", "minguo").isoformat()
    '2024-03-05'
    """
    words = text.strip()
    if pattern == MINGUO:
        return parse_date(words, minguo=True)
    if pattern == "yyyymmdd":
        match = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", words)
        places = (0, 1, 2)
    else:
        separator, places = _ORDERS[pattern]
        parts = [r"(\d{4})" if i == places[0] else r"(\d{1,2})" for i in range(3)]
        match = re.fullmatch(re.escape(separator).join(parts), words)
    if match is None:
        raise Refused(f"found {text!r}, wanted a date as {pattern}")
    numbers = [int(part) for part in match.groups()]
    try:
        found = date(*(numbers[place] for place in places))
    except ValueError:
        raise Refused(f"found {text!r}, which is no day as {pattern}") from None
    if not EARLIEST <= found <= LATEST:
        raise Refused(f"found {text!r}, wanted a day between 1880 and 2150")
    return found
