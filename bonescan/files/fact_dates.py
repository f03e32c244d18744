"""Dates as people write them; what could be two dates is refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from .fact_values_error import Refused

MINGUO_OFFSET = 1911  # year 1 of the Republic of China is 1912
EARLIEST, LATEST = date(1880, 1, 1), date(2150, 1, 1)

_ISO = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[ T]00:00(?::00)?)?")
_MINGUO = re.compile(r"(?:民國|中華民國)?\s*(\d{1,3})(?:\s*[-/.年]\s*)(\d{1,2})(?:\s*[-/.月]\s*)"
                     r"(\d{1,2})\s*日?")  # fmt: skip
_MINGUO_DIGITS = re.compile(r"(\d{2,3})(\d{2})(\d{2})")


def parse_date(text: str, *, minguo: bool) -> date:
    """Read one date.

    Parameters
    ----------
    text : str
        ``2025-04-10``, ``2025/4/10`` or ``20250410``; with `minguo`
        ``114/04/10``, ``1140410`` or ``0760512``. ``民國114年4月10日`` says
        its era itself and is always read.
    minguo : bool
        Whether the column says that its years are Minguo.

    Raises
    ------
    Refused
        For anything else: ``114-04-10`` in a plain column, ``10.04.2025``,
        a month without a day.

    Examples
    --------
    >>> parse_date("民國114年4月10日", minguo=False).isoformat()
    '2025-04-10'
    >>> parse_date("0760512", minguo=True).isoformat()
    '1987-05-12'
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if minguo or "民國" in plain:
        match = _MINGUO.fullmatch(plain) or (minguo and _MINGUO_DIGITS.fullmatch(plain))
        wanted, offset = "a Minguo date as 114-04-10", MINGUO_OFFSET
    else:
        match, wanted, offset = _iso(plain), "a date as YYYY-MM-DD", 0
    if not match:
        raise Refused(f"found {text!r}, wanted {wanted}")
    year, month, day = (int(match[i]) for i in ((1, 3, 4) if offset == 0 else (1, 2, 3)))
    try:
        found = date(year + offset, month, day)
    except ValueError:
        raise Refused(f"found {text!r}, which is no day of the calendar, wanted {wanted}") from None
    if not EARLIEST <= found <= LATEST:
        raise Refused(f"found {text!r}, wanted a day between 1880 and 2150")
    return found


def _iso(plain: str) -> re.Match[str] | None:
    match = _ISO.fullmatch(plain)
    if match and not match[2] and len(match[3]) + len(match[4]) != 4:  # noqa: PLR2004 - 2025410 could be two dates
        return None
    return match
