"""The column map: a TOML file that says what the columns of a table of device results mean.

::

    technique = "REMS"                 # a REMS device's own numbers; or "DXA"
    date_pattern = "dd/mm/yyyy"        # how the table writes dates; "minguo" for 民國 years
    decimal = ","
    bmd_unit = "g/cm2"                 # or "mg/cm2"

    [device]                           # what no column says
    manufacturer = "Example Devices"
    model = "Model 1"

    [columns]
    patient_id = "Chart"
    exam_date = "Date"
    site = "Region"                    # one row a site ...
    bmd = "BMD"
    t = "T-score"
    z = "Z-score"
    fragility = "Fragility Score"

    [sites]                            # the table's word = our site
    "Lumbar" = "L1-L4"
    "Neck L" = "femoral-neck-left"

    # ... or one row a person, and the columns of each site:
    # [[measures]]
    # site = "L1-L4"
    # bmd = "Spine BMD"
    # t = "Spine T"

    # [again]                          # columns of a second entry: typed in twice
    # bmd = "BMD 2"
    # [sex]
    # F = "female"

Every column that the map names has to be in the table; the others are left
alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.model.sites import is_site
from bonescan.settings import ColumnMap, MappedSite

from .table_dates import DATE_PATTERNS

MAX_BYTES = 64 * 2**10
QUANTITIES = ("bmd", "bmc", "area", "t", "z", "fragility")
PERSON_COLUMNS = ("patient_id", "issuer", "name", "sex", "birth_date", "height_cm", "weight_kg")
EXAM_COLUMNS = ("exam_date", "exam_time", "accession_number", "operator")
DEVICE_COLUMNS = ("manufacturer", "model", "serial", "software_version")
OTHER_COLUMNS = ("site", "reference", "depth_mm")
COLUMNS = (*PERSON_COLUMNS, *EXAM_COLUMNS, *DEVICE_COLUMNS, *OTHER_COLUMNS, *QUANTITIES)
DEVICE_WORDS = (*DEVICE_COLUMNS, "maker")
REQUIRED = ("patient_id", "exam_date")
_PLAIN_KEYS = ("technique", "date_pattern", "decimal", "bmd_unit")
_KEYS = (*_PLAIN_KEYS, "device", "columns", "sites", "measures", "again", "sex")
_WORDS = {
    "technique": ("REMS", "DXA"),
    "date_pattern": DATE_PATTERNS,
    "decimal": (".", ","),
    "bmd_unit": ("g/cm2", "mg/cm2"),
}


def read_column_map(path: Path) -> ColumnMap:
    """Read a column map.

    Raises
    ------
    UsageError
        BS-E301: no such file, no TOML, an unknown key, a value that can't be meant.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError("BS-E301", f"found more than {MAX_BYTES} bytes.", file=path)
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("BS-E301", f"the column map can't be read: {error}", file=path) from error
    try:
        return _column_map(table)
    except _NotMeantError as error:
        raise UsageError("BS-E301", str(error), file=path) from error


def fits(columns: ColumnMap, header: Iterable[str]) -> bool:
    """Tell whether a table has every column that the map names."""
    return set(named_columns(columns)) <= set(header)


def named_columns(columns: ColumnMap) -> tuple[str, ...]:
    """List the columns of the table that the map names."""
    of_sites = (c for m in columns.measures for _, c in m.columns)
    return (*(c for _, c in columns.columns), *(c for _, c in columns.again), *of_sites)


class _NotMeantError(ValueError):
    """What a map says and can't mean."""


def _column_map(table: dict[str, Any]) -> ColumnMap:
    _check_keys("the map", table, _KEYS)
    plain = {key: _word(key, table.get(key, _WORDS[key][0])) for key in _PLAIN_KEYS}
    if "technique" not in table:
        raise _NotMeantError('found no technique, wanted technique = "REMS" or "DXA".')
    columns = _texts("columns", table.get("columns"), COLUMNS)
    measures = tuple(_measure(m) for m in _list(table.get("measures", [])))
    again = _texts("again", table.get("again", {}), QUANTITIES)
    _check_columns(columns, measures, again)
    return ColumnMap(
        **plain,
        columns=tuple(columns.items()),
        again=tuple(again.items()),
        sites=tuple(_sites(table.get("sites", {})).items()),
        measures=measures,
        constants=tuple(_texts("device", table.get("device", {}), DEVICE_WORDS).items()),
        sex_words=tuple((v, k) for k, v in _texts("sex", table.get("sex", {}), ("F", "M")).items()),
    )


def _check_columns(
    columns: dict[str, str], measures: tuple[MappedSite, ...], again: dict[str, str]
) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise _NotMeantError(f"found no column for {missing[0]}, wanted one.")
    if ("site" in columns) == bool(measures):
        raise _NotMeantError("wanted either a column for site or [[measures]], one for each site.")
    numbers = [q for q in QUANTITIES if q in columns]
    if "site" in columns and not numbers:
        raise _NotMeantError(f"found no column of numbers, wanted one of {', '.join(QUANTITIES)}.")
    if measures and numbers:
        raise _NotMeantError(f"found a column for {numbers[0]} beside [[measures]].")
    if alone := [q for q in again if q not in columns]:
        raise _NotMeantError(f"found a second entry for {alone[0]} and no first one.")


def _word(key: str, value: Any) -> str:
    if value not in _WORDS[key]:
        raise _NotMeantError(f"found {key} = {value!r}, wanted {' or '.join(_WORDS[key])}.")
    return str(value)


def _check_keys(where: str, table: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(table, dict):
        raise _NotMeantError(f"found {where} = {table!r}, wanted a table.")
    strangers = sorted(set(table) - set(allowed))
    if strangers:
        raise _NotMeantError(
            f"found {strangers[0]!r} in {where}, wanted some of {', '.join(allowed)}."
        )


def _texts(where: str, table: Any, allowed: tuple[str, ...]) -> dict[str, str]:
    _check_keys(where, table, allowed)
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise _NotMeantError(f"found {where}.{key} = {value!r}, wanted text.")
    return {key: value.strip() for key, value in table.items()}


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _NotMeantError(f"found measures = {value!r}, wanted [[measures]].")
    return value


def _measure(table: Any) -> MappedSite:
    texts = _texts("measures", table, ("site", *QUANTITIES))
    site = texts.pop("site", "")
    if not is_site(site) or not texts:
        raise _NotMeantError(
            f"found site = {site!r} in measures, wanted one as L1-L4, and numbers."
        )
    return MappedSite(site=site, columns=tuple(texts.items()))


def _sites(table: Any) -> dict[str, str]:
    if not isinstance(table, dict):
        raise _NotMeantError(f"found sites = {table!r}, wanted a table.")
    for text, site in table.items():
        if not isinstance(site, str) or not is_site(site):
            raise _NotMeantError(f"found sites.{text!r} = {site!r}, wanted a site as L1-L4.")
    return {text.strip(): site for text, site in table.items()}
