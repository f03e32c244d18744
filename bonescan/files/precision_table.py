"""A site's own precision studies: a small table, or what `bonescan precision --json` printed."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.model.change import OwnPrecision
from bonescan.model.vocabulary import Technique

from .csv_table import read_csv_table

COLUMNS = ("technique", "site", "rms_sd_g_cm2")
LARGEST_G_CM2 = 0.5  # a precision error beyond it is a slip of the unit
MOST_BYTES = 16 * 2**20


def read_precision_table(path: Path) -> tuple[OwnPrecision, ...]:
    """Read precision errors.

    Parameters
    ----------
    path : Path
        CSV with ``technique,site,rms_sd_g_cm2`` and, where known, ``vertebrae_used``
        (as in ``results.csv``), ``device_serial``, ``df``, ``source``; or the document of
        ``bonescan precision --json``.

    Raises
    ------
    UsageError
        BS-E442 a row that can't be used, by line or group; BS-E320, BS-E321 as for every
        table.
    """
    if path.suffix.lower() == ".json":
        return _of_document(path)
    table = read_csv_table(path)
    missing = [c for c in COLUMNS if c not in table.header]
    if missing:
        raise UsageError(
            "BS-E442",
            f"found the columns {', '.join(table.header)}, wanted {', '.join(missing)} too.",
            file=path,
        )
    return tuple(
        _row(dict(zip(table.header, row.cells, strict=False)), f"line {row.line}", path)
        for row in table.rows
    )


def _of_document(path: Path) -> tuple[OwnPrecision, ...]:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES)  # a longer one is cut, and then no document
        groups = json.loads(text)["data"]["groups"]
        cells = [_of_group(g) for g in groups]
    except OSError as error:
        raise UsageError(
            "BS-E320", f"found no readable file ({error.strerror}).", file=path
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            "BS-E442", "found no document of `bonescan precision --json`.", file=path
        ) from error
    return tuple(_row(c, c["name"], path) for c in cells)


def _of_group(group: dict[str, Any]) -> dict[str, str]:
    if group["unit"] != "g/cm2":
        raise ValueError(f"unit {group['unit']}")
    return {
        "name": str(group["name"]),
        "technique": str(group["technique"] or ""),
        "site": str(group["site"] or ""),
        "vertebrae_used": str(group["vertebrae_used"] or ""),
        "device_serial": str(group["device_serial"] or ""),
        "rms_sd_g_cm2": str(group["rms_sd"]["est"]),
        "df": str(group["df"]),
        "source": f"the site's own precision study ({group['name']})",
    }


def _row(cells: dict[str, str], where: str, path: Path) -> OwnPrecision:
    try:
        technique = Technique(cells.get("technique", ""))
    except ValueError as error:
        words = ", ".join(Technique)
        raise UsageError(
            "BS-E442",
            f"{where}: found the technique {cells.get('technique', '')!r}, wanted one of {words}.",
            file=path,
        ) from error
    if not cells.get("site"):
        raise UsageError("BS-E442", f"{where}: found no site.", file=path)
    try:
        error_g_cm2 = float(cells.get("rms_sd_g_cm2", ""))
        df = int(cells["df"]) if cells.get("df") else None
    except ValueError as error:
        raise UsageError(
            "BS-E442", f"{where}: found no number in rms_sd_g_cm2 or df.", file=path
        ) from error
    if not (math.isfinite(error_g_cm2) and 0.0 < error_g_cm2 <= LARGEST_G_CM2):
        raise UsageError(
            "BS-E442",
            f"{where}: found a precision error of {error_g_cm2:g} g/cm², wanted above 0 and at "
            f"most {LARGEST_G_CM2}.",
            file=path,
        )
    vertebrae = cells.get("vertebrae_used", "").replace("+", ";")
    return OwnPrecision(
        technique=technique,
        site=cells["site"],
        error_g_cm2=error_g_cm2,
        vertebrae_used=tuple(v for v in vertebrae.split(";") if v),
        device_serial=cells.get("device_serial") or None,
        df=df,
        source=cells.get("source") or "the site's own precision study",
    )
