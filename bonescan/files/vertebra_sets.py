"""Sets of two, three and four vertebrae of a table that holds single ones.

The density of a set is the sum of BMC over the sum of areas; a mean of densities
is no density, so a scan without BMC and area of its vertebrae gives no set.

References
----------
Rosen EO et al. J Clin Densitom 2024;27:101436 (read in summaries): with fewer than four
vertebrae the least significant change is computed for each combination of two or three
from the facility's L1-L4 precision study.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from .csv_table import CsvRow, CsvTable

SINGLES = ("L1", "L2", "L3", "L4")
NEEDED = ("site", "bmd_g_cm2", "bmc_g", "area_cm2")
# what tells one scan from another, as far as a table has it
SCAN_COLUMNS = (
    "patient_id", "subject_id", "subject", "technique", "origin", "manufacturer", "device_model",
    "device_serial", "exam_date", "exam_time", "file", "sha256", "scan", "replicate",
)  # fmt: skip
LEAST = 2


def with_vertebra_sets(table: CsvTable) -> CsvTable:
    """Add a row for each set of vertebrae that a scan allows and does not list.

    Parameters
    ----------
    table : CsvTable
        With columns site, bmd_g_cm2, bmc_g and area_cm2; any other table is
        given back as it is. A scan that names one vertebra twice gives no set.

    Returns
    -------
    table : CsvTable
        The new rows follow the old ones and carry the line of their first vertebra.
    """
    at = {name: i for i, name in enumerate(table.header)}
    if not set(NEEDED) <= set(at):
        return table
    scans: dict[tuple[str, ...], list[CsvRow]] = {}
    for row in table.rows:
        key = tuple(_cell(row, at[c]) for c in SCAN_COLUMNS if c in at)
        scans.setdefault(key, []).append(row)
    new = [row for rows in scans.values() for row in _sets_of(rows, at, len(table.header))]
    return CsvTable(header=table.header, rows=(*table.rows, *new))


def set_name(vertebrae: tuple[str, ...]) -> str:
    """Write a set in the site grammar: L1-L3 without a gap, L1+L3 with one.

    >>> set_name(("L1", "L2", "L3")), set_name(("L1", "L3"))
    ('L1-L3', 'L1+L3')
    """
    whole = SINGLES[SINGLES.index(vertebrae[0]) : SINGLES.index(vertebrae[-1]) + 1]
    return f"{vertebrae[0]}-{vertebrae[-1]}" if vertebrae == whole else "+".join(vertebrae)


def _sets_of(rows: list[CsvRow], at: dict[str, int], width: int) -> Iterable[CsvRow]:
    known = {_cell(row, at["site"]) for row in rows}
    singles: dict[str, CsvRow] = {}
    for row in rows:
        site = _cell(row, at["site"])
        if site in singles:
            return
        if site in SINGLES and _number(row, at["bmc_g"]) and _number(row, at["area_cm2"]):
            singles[site] = row
    names = [v for v in SINGLES if v in singles]
    for size in range(LEAST, len(names) + 1):
        for chosen in combinations(names, size):
            if set_name(chosen) not in known:
                yield _row([singles[v] for v in chosen], chosen, at, width)


def _row(rows: list[CsvRow], chosen: tuple[str, ...], at: dict[str, int], width: int) -> CsvRow:
    bmc = sum(_number(r, at["bmc_g"]) for r in rows)
    area = sum(_number(r, at["area_cm2"]) for r in rows)
    cells = list(rows[0].cells) + [""] * (width - len(rows[0].cells))
    new = {
        "site": set_name(chosen),
        "vertebrae_used": ";".join(chosen),
        "bmd_g_cm2": repr(bmc / area),
        "bmc_g": repr(bmc),
        "area_cm2": repr(area),
    }
    for name, value in new.items():
        if name in at:
            cells[at[name]] = value
    return CsvRow(line=rows[0].line, cells=tuple(cells))


def _cell(row: CsvRow, index: int) -> str:
    return row.cells[index] if index < len(row.cells) else ""


def _number(row: CsvRow, index: int) -> float:
    """Read a number above 0; 0 where there is none, which makes no set."""
    try:
        value = float(_cell(row, index))
    except ValueError:
        return 0.0
    return value if 0.0 < value < float("inf") else 0.0
