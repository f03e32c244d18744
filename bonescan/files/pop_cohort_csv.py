"""The table of a pregnancy cohort: read, and held against what can't be true."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from bonescan.errors import UsageError, code_info
from bonescan.model.outcome import Problem
from bonescan.model.pop_cohort import (
    FIRST_VISIT,
    IN_PREGNANCY,
    VISIT_ORDER,
    OutOfWindow,
    PopScan,
    PopTable,
)
from bonescan.model.protocol import Anchor, VisitWindow
from bonescan.model.vocabulary import Severity

from .csv_table import CsvTable, read_csv_table
from .protocol import own_protocol

LONGEST_GESTATION_WEEKS = 44.0
PLAUSIBLE_G_CM2 = (0.1, 3.0)
SAME_WOMAN_YEARS = 2.0  # her age may be written at each visit; a cohort lasts less
DAYS_A_WEEK = 7
DAYS_A_MONTH = 30.4375
# A visit this far outside its window is another visit than its label says: two weeks
# in pregnancy, where the windows are the trimesters, else as long as the slack of the windows.
FAR_DAYS = {Anchor.GESTATION: 14, Anchor.DELIVERY: 28, Anchor.WEANING: 28}
UNKNOWN = frozenset({"", "na", "n/a", "nan", "none", "null", "unknown", "?", "-", "."})
AFTER_BIRTH = frozenset(VISIT_ORDER) - IN_PREGNANCY
WOMAN, VISIT, DEVICE, TECHNIQUE = "woman_id", "visit", "device", "technique"
WEANING_DAY = "weaning_day_pp"
READ = (WOMAN, VISIT, DEVICE, "scan", "days_since_t1", "gestational_week", "postpartum_week")


def is_unknown(text: str) -> bool:
    """Say whether a cell tells nothing: empty, NA, nan and their kin."""
    return text.strip().casefold() in UNKNOWN


def read_pop_cohort(path: Path, value: str = "", technique: str = "") -> PopTable:
    """Read a cohort.

    Parameters
    ----------
    path : Path
        CSV, one row a scan, with the columns ``woman_id``, ``visit`` and a value
        (``fn_bmd``, or another that ends in ``_bmd``, or ``bmd_g_cm2``). Known besides:
        ``device``, ``scan``, ``gestational_week``, ``postpartum_week``,
        ``days_since_t1``, ``weaning_day_pp``, ``age_y``, ``technique``; every other column
        is a covariate.
    value : str, optional
        The value column, where there are several.
    technique : str, optional
        Whose scans to take, where there are several.

    Returns
    -------
    table : PopTable
        What can't be true is in `set_aside` with a problem each; nothing is dropped.

    Raises
    ------
    UsageError
        BS-E320, BS-E321 as for every table; BS-E440 a column is missing; BS-E441 several
        techniques and none chosen, or none of the one chosen.
    """
    table = read_csv_table(path)
    quantity = _value_column(table.header, value, path)
    for name in (WOMAN, VISIT):
        if name not in table.header:
            raise UsageError("BS-E440", f"found no column {name}.", file=path)
    scans, problems, n_missing = _scans(table, quantity, path)
    problems += _dxa_in_pregnancy(scans, path)
    scans, word, n_other = _of_one_technique(scans, technique, path)
    aside, more = _set_aside(scans, DEVICE in table.header, path)
    kept = [s for s in scans if s.line not in aside]
    return PopTable(
        quantity=quantity,
        visits=_in_order({s.visit for s in kept}),
        scans=tuple(kept),
        set_aside=tuple(s for s in scans if s.line in aside),
        why_aside=tuple(aside[s.line] for s in scans if s.line in aside),
        out_of_window=tuple(_outside(kept)),
        problems=(*problems, *more),
        has_devices=DEVICE in table.header,
        n_missing=n_missing,
        technique=word,
        n_other_technique=n_other,
    )


def _value_column(header: Sequence[str], value: str, path: Path) -> str:
    if value:
        found = [value] if value in header else []
    else:
        found = [c for c in header if c.endswith("_bmd") or c == "bmd_g_cm2"]
    if len(found) != 1:
        raise UsageError(
            "BS-E440",
            f"found the value columns {', '.join(found) or 'none'} in {', '.join(header)}, "
            f"wanted {value or 'one'}.",
            file=path,
        )
    return found[0]


def _scans(table: CsvTable, quantity: str, path: Path) -> tuple[list[PopScan], list[Problem], int]:
    found: list[PopScan] = []
    problems: list[Problem] = []
    n_missing = 0
    others = [c for c in table.header if c and c not in {*READ, quantity}]
    for row in table.rows:
        cells = dict(zip(table.header, row.cells, strict=False))
        text = cells.get(quantity, "")
        if is_unknown(text):
            n_missing += 1
            continue
        number = _number(text)
        low, high = PLAUSIBLE_G_CM2
        if number is None or not low <= number <= high or not cells.get(WOMAN):
            what = f"{quantity} {text!r}" if cells.get(WOMAN) else f"{WOMAN} empty"
            problems.append(
                _problem(
                    "BS-W440",
                    f"line {row.line}: found {what}, wanted a woman and {low} to {high} g/cm².",
                    path,
                )
            )
            continue
        found.append(
            PopScan(
                woman_id=cells[WOMAN],
                visit=cells.get(VISIT, "").strip().upper(),
                value=number,
                device=_known(cells.get(DEVICE, "")),
                days=_number(cells.get("days_since_t1", "")),
                gestational_week=_weeks(cells.get("gestational_week", "")),
                postpartum_week=_weeks(cells.get("postpartum_week", "")),
                scan=_scan_number(cells.get("scan", "")),
                covariates=tuple((c, cells.get(c, "")) for c in others),
                line=row.line,
            )
        )
    return found, problems, n_missing


def _of_one_technique(
    scans: Sequence[PopScan], chosen: str, path: Path
) -> tuple[list[PopScan], str, int]:
    """Take the scans of one technique; those of another are counted, never mixed in."""
    words = {t.casefold(): t for s in scans if (t := _technique(s))}
    if not chosen and len(words) > 1:
        raise UsageError(
            "BS-E441",
            f"found the techniques {', '.join(sorted(words.values()))}: they never share a model; "
            "choose one with --technique.",
            file=path,
        )
    if not chosen:
        return list(scans), next(iter(words.values()), ""), 0
    if chosen.casefold() not in words:
        found = ", ".join(sorted(words.values())) or "no technique"
        raise UsageError("BS-E441", f"found {found}, wanted {chosen}.", file=path)
    wanted = {chosen.casefold(), ""}  # without a technique: set aside by name
    taken = [s for s in scans if _technique(s).casefold() in wanted]
    return taken, words[chosen.casefold()], len(scans) - len(taken)


def _technique(scan: PopScan) -> str:
    return _known(dict(scan.covariates).get(TECHNIQUE, "")) or ""


def _dxa_in_pregnancy(scans: Sequence[PopScan], path: Path) -> list[Problem]:
    return [
        _problem("BS-W443", f"line {s.line}: {s.woman_id}, {s.visit}: DXA in pregnancy.", path)
        for s in scans
        if _technique(s).upper() == "DXA" and s.visit in IN_PREGNANCY
    ]


def _set_aside(
    scans: Sequence[PopScan], has_devices: bool, path: Path
) -> tuple[dict[int, str], list[Problem]]:
    """Say by line what can't be used and why, with a problem for each row or woman."""
    techniques = any(_technique(s) for s in scans)
    aside: dict[int, str] = {}
    for scan in scans:
        why = _fault(scan, has_devices) or _mislabelled(scan)
        if not why and techniques and not _technique(scan):
            why = "found no technique"
        if why:
            aside[scan.line] = why
    aside |= _repeated([s for s in scans if s.line not in aside])
    problems = [
        _problem(
            "BS-W440",
            f"line {s.line}: {s.woman_id}, {s.visit or 'no visit'}: {aside[s.line]}.",
            path,
        )
        for s in scans
        if s.line in aside
    ]
    by_woman: dict[str, list[PopScan]] = {}
    for scan in scans:
        by_woman.setdefault(scan.woman_id, []).append(scan)
    for woman, hers in by_woman.items():
        why = _two_women(hers) or _swapped([s for s in hers if s.line not in aside])
        if why:
            lines = ", ".join(str(s.line) for s in hers)
            problems.append(_problem("BS-W441", f"{woman} (lines {lines}): {why}.", path))
            aside |= {s.line: aside.get(s.line, why) for s in hers}
    if not has_devices:
        problems.append(_problem("BS-W442", "found no column device.", path))
    return aside, problems


def _fault(scan: PopScan, has_devices: bool) -> str:
    """Say what can't be true of one row, or ""."""
    weeks, after = scan.gestational_week, scan.postpartum_week
    if scan.visit not in VISIT_ORDER:
        return f"found the visit {scan.visit!r}, wanted one of {', '.join(VISIT_ORDER)}"
    if weeks is not None and not 0.0 <= weeks <= LONGEST_GESTATION_WEEKS:
        return f"found {weeks:g} weeks of gestation, wanted 0 to {LONGEST_GESTATION_WEEKS:g}"
    if scan.visit in AFTER_BIRTH and after is None and weeks is not None:
        return f"found a visit after birth at {weeks:g} weeks of gestation: before the delivery"
    if scan.visit in AFTER_BIRTH and after is not None and after < 0.0:
        return f"found {after:g} weeks after the delivery: before it"
    if scan.visit in IN_PREGNANCY and after is not None and weeks is None:
        return f"found a visit in pregnancy {after:g} weeks after the delivery"
    if weeks is not None and after is not None and after >= 0.0:
        return f"found {weeks:g} weeks of gestation and {after:g} weeks after the delivery in one"
    if has_devices and scan.device is None:
        return "found no device"
    return ""


def _mislabelled(scan: PopScan) -> str:
    days, window = _when(scan)
    if days is not None and _days_outside(days, window) > _far(window):
        return f"found {scan.visit} {_place(days, window)}: another visit than its label says"
    return ""


def _repeated(scans: Sequence[PopScan]) -> dict[int, str]:
    """Name rows that stand for one scan: equal copies behind the first, and contradictions.

    Without a number of the scan only rows that are equal in every cell can be told.
    """
    cells: dict[tuple[object, ...], list[PopScan]] = {}
    for scan in scans:
        what = scan.scan if scan.scan is not None else _content(scan)
        cells.setdefault((scan.woman_id, scan.visit, scan.device, what), []).append(scan)
    why: dict[int, str] = {}
    for same in cells.values():
        first, *others = same
        if not others:
            continue
        name = "this row" if first.scan is None else f"scan {first.scan}"
        if all(s.value == first.value for s in others):
            hint = "" if first.scan is not None else "; a repeat needs a number in the column scan"
            why |= {s.line: f"found {name} on line {first.line} already{hint}" for s in others}
        else:
            lines = ", ".join(str(s.line) for s in same)
            why |= {s.line: f"found {name} with several values (lines {lines})" for s in same}
    return why


def _content(scan: PopScan) -> tuple[object, ...]:
    when = (scan.days, scan.gestational_week, scan.postpartum_week)
    return (scan.value, *when, scan.covariates)


def _outside(scans: Iterable[PopScan]) -> Iterable[OutOfWindow]:
    for scan in scans:
        days, window = _when(scan)
        if days is not None and _days_outside(days, window) > 0:
            yield OutOfWindow(
                line=scan.line,
                woman_id=scan.woman_id,
                visit=scan.visit,
                found=_place(days, window),
            )


def _when(scan: PopScan) -> tuple[int | None, VisitWindow]:
    """Count the days from what the visit's window counts from; None where nothing tells."""
    window = {v.name: v for v in own_protocol("high_risk").visits}[scan.visit]
    weeks = scan.gestational_week if window.anchor is Anchor.GESTATION else scan.postpartum_week
    if weeks is None:
        return None, window
    days = round(weeks * DAYS_A_WEEK)
    if window.anchor is Anchor.WEANING:
        weaned = _number(dict(scan.covariates).get(WEANING_DAY, ""))
        return (None if weaned is None else days - round(weaned)), window
    return days, window


def _limits(window: VisitWindow) -> tuple[int, int | None]:
    if window.allowed_days is not None:
        return window.allowed_days
    # without a date the months are of unknown length: six are 181 to 184 days
    months, slack = (window.ideal_months or 0) * DAYS_A_MONTH, window.slack_days or 0
    return math.floor(months) - 1 - slack, math.ceil(months) + 1 + slack


def _days_outside(days: int, window: VisitWindow) -> int:
    begin, end = _limits(window)
    return max(begin - days, 0 if end is None else days - end, 0)


def _far(window: VisitWindow) -> int:
    return FAR_DAYS[window.anchor]


def _place(days: int, window: VisitWindow) -> str:
    begin, end = _limits(window)
    until = "the delivery" if end is None else _week_text(end)
    after = {"gestation": "of gestation", "delivery": "after birth", "weaning": "after weaning"}
    wanted = f"wanted {_week_text(begin)} to {until}"
    return f"at {_week_text(days)} weeks {after[window.anchor]} ({wanted})"


def _week_text(days: int) -> str:
    sign = "-" if days < 0 else ""
    return f"{sign}{abs(days) // DAYS_A_WEEK}+{abs(days) % DAYS_A_WEEK}"


def _two_women(hers: Iterable[PopScan]) -> str:
    ages = [a for s in hers if (a := _number(dict(s.covariates).get("age_y", ""))) is not None]
    if ages and max(ages) - min(ages) > SAME_WOMAN_YEARS:
        return f"found ages from {min(ages):g} to {max(ages):g}: two women under one id"
    return ""


def _swapped(hers: Sequence[PopScan]) -> str:
    """Days must rise with the visits; the first visit is day 0 of its own count."""
    days: dict[str, set[float]] = {}
    for scan in hers:
        if scan.days is not None and scan.visit in VISIT_ORDER:
            days.setdefault(scan.visit, set()).add(scan.days)
    before = [v for v in VISIT_ORDER if v in days and v in IN_PREGNANCY]
    after = [v for v in VISIT_ORDER if v in days and v in AFTER_BIRTH]
    # weaning may come before six months of feeding: visits after birth have no order
    pairs = [*itertools.pairwise(before), *((one, two) for one in before for two in after)]
    for one, two in pairs:
        begin, end = min(days[two]), max(days[one])
        if begin <= end:
            return f"found {two} on day {begin:g} and {one} on day {end:g}: dates swapped"
    if FIRST_VISIT in days and min(days[FIRST_VISIT]) != 0.0:
        return f"found {FIRST_VISIT} on day {min(days[FIRST_VISIT]):g} since {FIRST_VISIT}"
    return ""


def _in_order(visits: set[str]) -> tuple[str, ...]:
    return tuple(v for v in VISIT_ORDER if v in visits)


def _known(text: str) -> str | None:
    return None if is_unknown(text) else text.strip()


def _scan_number(text: str) -> str | None:
    known = _known(text)
    number = None if known is None else _number(known)
    return known if number is None else f"{number:g}"


def _weeks(text: str) -> float | None:
    """Read weeks as 37.29 or 37+2."""
    parts = re.fullmatch(r"\s*(\d{1,3})\+([0-6])\s*", text)
    if parts:
        return int(parts[1]) + int(parts[2]) / DAYS_A_WEEK
    return _number(text)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _problem(code: str, reason: str, path: Path) -> Problem:
    return Problem(
        code=code,
        severity=Severity.WARNING,
        file=path.name,
        reason=reason,
        hint=code_info(code).hint,
    )


def visit_counts(scans: Iterable[PopScan]) -> dict[str, int]:
    """Count women by visit, in the order of the protocol."""
    seen = Counter(v for _, v in {(s.woman_id, s.visit) for s in scans})
    return {v: seen[v] for v in VISIT_ORDER if seen[v]}
