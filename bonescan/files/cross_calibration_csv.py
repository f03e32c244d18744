"""Pairs of values from two devices: people measured on both, or scans of one phantom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import UsageError

from .csv_table import read_csv_table

COLUMNS = ("from_serial", "to_serial", "site", "kind", "value_from", "value_to")
KINDS = ("in-vivo", "phantom")
YES = frozenset({"yes", "true", "1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPairs:
    """The values of one pair of devices at one site; a phantom's scans need not pair."""

    from_serial: str
    to_serial: str
    site: str
    kind: str
    same_model: bool
    values_from: tuple[float, ...]
    values_to: tuple[float, ...]


def read_cross_calibration(path: Path) -> tuple[CalibrationPairs, ...]:
    """Read the pairs of every two devices.

    Parameters
    ----------
    path : Path
        CSV with ``from_serial,to_serial,site,kind,value_from,value_to``: one row a person
        (``in-vivo``) or a scan (``phantom``), g/cm²; ``same_model`` yes or no for phantoms.

    Raises
    ------
    UsageError
        BS-E443 a column is missing or a cell holds no density, by line; BS-E320, BS-E321
        as for every table.
    """
    table = read_csv_table(path)
    missing = [c for c in COLUMNS if c not in table.header]
    if missing:
        raise UsageError("BS-E443", f"found no columns {', '.join(missing)}.", file=path)
    found: dict[tuple[str, str, str, str, bool], tuple[list[float], list[float]]] = {}
    for row in table.rows:
        cells = dict(zip(table.header, row.cells, strict=False))
        kind = cells.get("kind", "")
        if kind not in KINDS or not all(cells.get(c) for c in COLUMNS[:3]):
            raise UsageError(
                "BS-E443",
                f"line {row.line}: found the kind {kind!r} or an empty serial number or site, "
                f"wanted {' or '.join(KINDS)} and all three.",
                file=path,
            )
        same = cells.get("same_model", "").casefold() in YES
        key = (cells["from_serial"], cells["to_serial"], cells["site"], kind, same)
        one, two = (_density(cells.get(c, ""), c, row.line, path) for c in COLUMNS[4:])
        if kind == "in-vivo" and (one is None or two is None):
            raise UsageError(
                "BS-E443", f"line {row.line}: found a person without both values.", file=path
            )
        values = found.setdefault(key, ([], []))
        if one is not None:
            values[0].append(one)
        if two is not None:
            values[1].append(two)
    return tuple(
        CalibrationPairs(
            from_serial=from_serial,
            to_serial=to_serial,
            site=site,
            kind=kind,
            same_model=same,
            values_from=tuple(one),
            values_to=tuple(two),
        )
        for (from_serial, to_serial, site, kind, same), (one, two) in found.items()
    )


def _density(cell: str, column: str, line: int, path: Path) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0.0 < value < 5.0:  # noqa: PLR2004 - g/cm2: beyond it is another unit
        raise UsageError(
            "BS-E443", f"line {line}: found {cell!r} in {column}, wanted g/cm².", file=path
        )
    return value
