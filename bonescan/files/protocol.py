"""Protocols of visits as TOML: ours, and a site's own."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.model.gestation import DATING, SOURCES, Dating
from bonescan.model.protocol import Anchor, Protocol, VisitWindow

FOLDER = Path(__file__).parent / "protocols"
_TEXTS = ("name", "en", "zh", "rule", "evidence", "source")
_KEYS = frozenset({*_TEXTS, "anchor", "ideal_days", "early_ideal_days", "allowed_days",
                   "ideal_months", "slack_days"})  # fmt: skip
_HEAD = frozenset({"name", "title_en", "title_zh", "source", "default_site",
                   "default_site_from_days", "visit"})  # fmt: skip
_DATING = frozenset({"dating_order", "dating_ultrasound_until_days"})  # may be left out
LONGEST_DAYS = 400


@cache
def own_protocol(name: str) -> Protocol:
    """Read one of ours: "pop" or "high_risk"."""
    return read_protocol(FOLDER / f"{name}.toml")


def read_protocol(path: Path) -> Protocol:
    """Read a protocol.

    Parameters
    ----------
    path : Path
        TOML as `bonescan/files/protocols/pop.toml`.

    Raises
    ------
    UsageError
        BS-E445: no TOML, a key that is missing or unknown, a window that can't be.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong(path, f"found nothing to read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, f"found no TOML ({error})") from error
    if set(table) - _DATING != _HEAD or not isinstance(table["visit"], list) or not table["visit"]:
        raise _wrong(path, f"found the keys {', '.join(table)}, wanted {', '.join(sorted(_HEAD))}")
    visits = tuple(_visit(row, path) for row in table["visit"])
    names = [v.name for v in visits]
    if len(set(names)) < len(names):
        raise _wrong(path, "found one visit twice")
    head = {k: table[k] for k in _HEAD - {"visit"}}
    if not isinstance(head["default_site_from_days"], int) or not all(
        isinstance(v, str) for k, v in head.items() if k != "default_site_from_days"
    ):
        raise _wrong(path, "found a number for a text, or a text for default_site_from_days")
    return Protocol(visits=visits, dating=_dating(table, path), **head)


def _dating(table: dict[str, Any], path: Path) -> Dating:
    """Read what dates a pregnancy; a source that is left out dates none."""
    order = table.get("dating_order", list(DATING.order))
    until = table.get("dating_ultrasound_until_days", DATING.ultrasound_until_days)
    if (
        not isinstance(order, list)
        or not order
        or any(s not in SOURCES for s in order)
        or len(set(order)) < len(order)
    ):
        raise _wrong(path, f"found dating_order = {order}, wanted some of {', '.join(SOURCES)}")
    if not _is_count(until, LONGEST_DAYS):
        raise _wrong(path, "found a number of days for dating_ultrasound_until_days that can't be")
    return Dating(order=tuple(order), ultrasound_until_days=until)


def _visit(row: Any, path: Path) -> VisitWindow:
    if not isinstance(row, dict):
        raise _wrong(path, "found a visit that is no table")
    name = row.get("name", "?")
    wrong = [k for k in _TEXTS if not isinstance(row.get(k), str)] + sorted(set(row) - _KEYS)
    if wrong:
        raise _wrong(path, f"visit {name}: missing or unknown: {', '.join(wrong)}")
    try:
        anchor = Anchor(row.get("anchor", ""))
    except ValueError as error:
        words = ", ".join(Anchor)
        raise _wrong(path, f"visit {name}: found no anchor, wanted one of {words}") from error
    by_months = "ideal_months" in row
    wanted = {"ideal_months", "slack_days"} if by_months else {"ideal_days", "allowed_days"}
    if not wanted <= set(row) or (by_months and {"ideal_days", "allowed_days"} & set(row)):
        raise _wrong(path, f"visit {name}: wanted {' and '.join(sorted(wanted))}")
    texts: dict[str, Any] = {k: row[k] for k in _TEXTS}
    if by_months:
        months, slack = row["ideal_months"], row["slack_days"]
        if not (_is_count(months, 36) and _is_count(slack, 180)):
            raise _wrong(path, f"visit {name}: found months or slack that can't be")
        return VisitWindow(anchor=anchor, ideal_months=months, slack_days=slack, **texts)
    ideal = _window(row["ideal_days"], name, path)
    allowed = row["allowed_days"]
    open_end = isinstance(allowed, list) and len(allowed) == 1 and anchor is Anchor.GESTATION
    begin, end = (allowed[0], None) if open_end else _window(allowed, name, path)
    early = row.get("early_ideal_days")
    window = VisitWindow(
        anchor=anchor,
        ideal_days=ideal,
        early_ideal_days=None if early is None else _window(early, name, path),
        allowed_days=(begin, end),
        **texts,
    )
    if not _is_count(begin, LONGEST_DAYS) or not _inside(window):
        raise _wrong(path, f"visit {name}: the ideal window lies outside the allowed one")
    return window


def _window(value: Any, name: str, path: Path) -> tuple[int, int]:
    if (
        not isinstance(value, list)
        or len(value) != 2  # noqa: PLR2004 - from and until
        or not all(_is_count(v, LONGEST_DAYS) for v in value)
        or value[0] > value[1]
    ):
        raise _wrong(path, f"visit {name}: found the days {value}, wanted [from, until]")
    return value[0], value[1]


def _inside(window: VisitWindow) -> bool:
    if window.allowed_days is None:
        return True
    begin, end = window.allowed_days
    ideals = [w for w in (window.ideal_days, window.early_ideal_days) if w is not None]
    return all(begin <= w[0] and (end is None or w[1] <= end) for w in ideals)


def _is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _wrong(path: Path, what: str) -> UsageError:
    return UsageError("BS-E445", f"{what}.", file=path)
