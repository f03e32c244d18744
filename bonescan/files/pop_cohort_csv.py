"""The table of a pregnancy cohort: read, and held against what can't be true."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from bonescan.errors import UsageError, code_info
from bonescan.model.outcome import Problem
from bonescan.model.pop_cohort import (
    FIRST_VISIT,
    IN_PREGNANCY,
    VISIT_ORDER,
    PopScan,
    PopTable,
)
from bonescan.model.vocabulary import Severity

from .csv_table import CsvTable, read_csv_table

LONGEST_GESTATION_WEEKS = 44.0
PLAUSIBLE_G_CM2 = (0.1, 3.0)
SAME_WOMAN_YEARS = 2.0  # her age may be written at each visit; a cohort lasts less
AFTER_BIRTH = frozenset(VISIT_ORDER) - IN_PREGNANCY
WOMAN, VISIT, DEVICE = "woman_id", "visit", "device"
READ = (WOMAN, VISIT, DEVICE, "scan", "days_since_t1", "gestational_week", "postpartum_week")


def read_pop_cohort(path: Path, value: str = "") -> PopTable:
    """Read a cohort.

    Parameters
    ----------
    path : Path
        CSV, one row a scan, with the columns ``woman_id``, ``visit`` and a value
        (``fn_bmd``, or another that ends in ``_bmd``, or ``bmd_g_cm2``). Known besides:
        ``device``, ``scan``, ``gestational_week``, ``postpartum_week``,
        ``days_since_t1``, ``age_y``, ``technique``; every other column is a covariate.
    value : str, optional
        The value column, where there are several.

    Returns
    -------
    table : PopTable
        What can't be true is in `set_aside` with a problem each; nothing is dropped.

    Raises
    ------
    UsageError
        BS-E320, BS-E321 as for every table; BS-E440 a column is missing.
    """
    table = read_csv_table(path)
    quantity = _value_column(table.header, value, path)
    for name in (WOMAN, VISIT):
        if name not in table.header:
            raise UsageError("BS-E440", f"found no column {name}.", file=path)
    scans, problems, n_missing = _scans(table, quantity, path)
    kept, aside, more = _checked(scans, DEVICE in table.header, path)
    return PopTable(
        quantity=quantity,
        visits=_in_order({s.visit for s in kept}),
        scans=tuple(kept),
        set_aside=tuple(aside),
        problems=(*problems, *more),
        has_devices=DEVICE in table.header,
        n_missing=n_missing,
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
        if not text or text.casefold() in {"na", "nan"}:
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
                device=cells.get(DEVICE) or None,
                days=_number(cells.get("days_since_t1", "")),
                gestational_week=_number(cells.get("gestational_week", "")),
                postpartum_week=_number(cells.get("postpartum_week", "")),
                covariates=tuple((c, cells.get(c, "")) for c in others),
                line=row.line,
            )
        )
    return found, problems, n_missing


def _checked(
    scans: Sequence[PopScan], has_devices: bool, path: Path
) -> tuple[list[PopScan], list[PopScan], list[Problem]]:
    problems: list[Problem] = []
    bad_women = _women_in_doubt(scans, path, problems)
    kept: list[PopScan] = []
    aside: list[PopScan] = []
    for scan in scans:
        why = _fault(scan, has_devices)
        if scan.woman_id in bad_women or why:
            aside.append(scan)
        else:
            kept.append(scan)
        if why:
            text = f"line {scan.line}: {scan.woman_id}, {scan.visit or 'no visit'}: {why}."
            problems.append(_problem("BS-W440", text, path))
        technique = dict(scan.covariates).get("technique", "").upper()
        if technique == "DXA" and scan.visit in IN_PREGNANCY:
            text = f"line {scan.line}: {scan.woman_id}, {scan.visit}: DXA in pregnancy."
            problems.append(_problem("BS-W443", text, path))
    if not has_devices:
        problems.append(_problem("BS-W442", "found no column device.", path))
    return kept, aside, problems


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
    if has_devices and scan.device is None:
        return "found no device"
    return ""


def _women_in_doubt(scans: Sequence[PopScan], path: Path, problems: list[Problem]) -> set[str]:
    by_woman: dict[str, list[PopScan]] = {}
    for scan in scans:
        by_woman.setdefault(scan.woman_id, []).append(scan)
    bad = set()
    for woman, hers in by_woman.items():
        why = _two_women(hers) or _swapped(hers)
        if why:
            bad.add(woman)
            lines = ", ".join(str(s.line) for s in hers)
            problems.append(_problem("BS-W441", f"{woman} (lines {lines}): {why}.", path))
    return bad


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
    known = [(v, min(days[v]), max(days[v])) for v in VISIT_ORDER if v in days]
    for (one, _, end), (two, begin, _) in itertools.pairwise(known):
        both_after = {one, two} <= AFTER_BIRTH  # weaning may come before six months of feeding
        if begin <= end and not both_after:
            return f"found {two} on day {begin:g} and {one} on day {end:g}: dates swapped"
    if FIRST_VISIT in days and max(days[FIRST_VISIT]) != 0.0:
        return f"found {FIRST_VISIT} on day {max(days[FIRST_VISIT]):g} since {FIRST_VISIT}"
    return ""


def _in_order(visits: set[str]) -> tuple[str, ...]:
    return tuple(v for v in VISIT_ORDER if v in visits)


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
