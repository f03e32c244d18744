"""Precision studies of a table or a result folder, group by group; and of arrays from Python."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import NothingUsable, UsageError
from bonescan.files.repeats_csv import KEY_NAMES, Repeat, RepeatTable, read_repeats
from bonescan.model.outcome import Problem
from bonescan.model.vocabulary import Severity
from bonescan.stats.precision import PrecisionStudy
from bonescan.stats.precision import precision_study as study_of_arrays
from bonescan.stats.sample_size import SampleSize, size_for_precision_study

RESULTS_NAME = "results.csv"
PLANNED_SCANS = (2, 3, 4)
# ISCD, minimum acceptable precision of a technologist (RMS-CV %); read in a guide to the ARRT
# densitometry exam, not in ISCD's own text. A DXA site is named by how its id begins.
ISCD_LARGEST_CV_PERCENT = {"L": 1.9, "total-hip": 1.8, "femoral-neck": 2.5}
DEVICE_NAMES = ("manufacturer", "device_model", "device_serial")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionGroup:
    """The study of one site, vertebra set, technique, origin and device.

    Repeats of a person count on one day only, the one with the most of them;
    `n_other_days` counts what lies on the others. `n_same_scan` counts rows that
    were left out as another file of a scan that is in.
    """

    site: str
    vertebrae_used: str
    technique: str
    origin: str
    manufacturer: str
    device_model: str
    device_serial: str
    by: tuple[tuple[str, str], ...]
    n_other_days: int
    n_same_scan: int
    study: PrecisionStudy

    @property
    def name(self) -> str:
        """Say which group this is."""
        device = " ".join(d for d in (self.manufacturer, self.device_model) if d)
        serial = f"no. {self.device_serial}" if self.device_serial else ""
        vertebrae = self.vertebrae_used.replace(";", "+")
        by = [f"{k} {v}" for k, v in self.by]
        parts = [self.site, vertebrae, self.technique, self.origin, device, serial, *by]
        return ", ".join(p for p in parts if p) or "all rows"

    def to_dict(self) -> dict[str, Any]:
        """Give the key of the group and the figures of its study on one level."""
        key = {name: getattr(self, name) or None for name in KEY_NAMES}
        return {
            "name": self.name,
            **key,
            "by": dict(self.by),
            "n_other_days": self.n_other_days,
            "n_same_scan": self.n_same_scan,
            **self.study.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionReport:
    """Every group of a source that has repeats."""

    source: str
    groups: tuple[PrecisionGroup, ...]
    n_groups_without_repeats: int
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the groups as plain values."""
        return {
            "source": self.source,
            "groups": [g.to_dict() for g in self.groups],
            "n_groups_without_repeats": self.n_groups_without_repeats,
        }


def precision_study(
    subject: Any, value: Any, *, data: Any = None, unit: str = ""
) -> PrecisionStudy:
    """Estimate a precision error and the least significant change from repeats.

    Parameters
    ----------
    subject, value : (n,) array_like, or str
        Whose value it is, and the value; or the names of two columns of `data`.
    data : DataFrame or mapping, optional
        pandas, polars or a dict of columns; neither library is needed.
    unit : str, optional
        Shown beside the values, as "g/cm2".

    Returns
    -------
    study : PrecisionStudy
        One group: choose site, vertebra set, technique and device before.
        `print(study)` says the essentials, `study.to_dict()` everything.

    Examples
    --------
    >>> study = precision_study(["a", "a", "b", "b"], [0.99, 1.01, 0.80, 0.80], unit="g/cm2")
    >>> print(study)
    subjects 2 (2 x 2), df 2, ISCD minimum NOT met
    RMS-SD  0.0100 (0.0052 to 0.0628) g/cm2
    RMS-CV  1.00 (0.52 to 6.28) %
    LSC 95 % 0.0277 (0.0144 to 0.1741) g/cm2   2.77 (1.44 to 17.41) %
    note: the ISCD minimum (15 people three times or 30 twice, 30 degrees of freedom) is not met: \
2 people, 2 degrees of freedom
    """
    people, values = (_taken(data, part) for part in (subject, value))
    return study_of_arrays([str(p) for p in _as_list(people)], _as_floats(values), unit=unit)


def precision_of_file(
    source: Path,
    *,
    subject: str = "",
    values: Sequence[str] = (),
    by: Sequence[str] = (),
    any_day: bool = False,
    unit: str = "",
    vertebra_sets: bool = False,
) -> PrecisionReport:
    """Study every group of a CSV, or of the repeats on one day in a result folder.

    Parameters
    ----------
    source : Path
        A CSV (`bonescan.files.repeats_csv`) or a folder with ``results.csv``.
    subject, values, by : optional
        Columns, as for `read_repeats`.
    any_day : bool, default False
        Take repeats on different days as repeats too.
    unit : str, optional
        Of the values, where the column doesn't say.
    vertebra_sets : bool, default False
        Study each set of two, three or four vertebrae too, from the BMC and area of
        single ones: an LSC belongs to its set.

    Raises
    ------
    UsageError
        BS-E390, BS-E391 for the table; BS-E392 where some rows of a site name
        technique or device and others don't.
    NothingUsable
        BS-E393: nobody was measured twice.
    """
    path = source / RESULTS_NAME if source.is_dir() else source
    table = read_repeats(path, subject=subject, values=values, by=by, vertebra_sets=vertebra_sets)
    _refuse_half_named(table, path)
    found = [
        _group(key, rows, table, any_day, unit or table.unit)
        for key, rows in sorted(_grouped(table.rows).items())
    ]
    groups = tuple(g for g in found if g.study.n_subjects)
    if not groups:
        raise NothingUsable(
            "BS-E393", f"found {len(table.rows)} values and nobody measured twice.", file=path
        )
    return PrecisionReport(
        source=str(source),
        groups=groups,
        n_groups_without_repeats=len(found) - len(groups),
        problems=tuple(_problems(groups, table, path)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionPlan:
    """How many people a precision study needs, for 2, 3 and 4 scans each."""

    sd: float
    largest_sd: float
    power: float
    sizes: tuple[tuple[int, SampleSize], ...]  # (scans a person, size)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "sd": self.sd,
            "largest_sd": self.largest_sd,
            "power": self.power,
            "designs": [{"scans": k, **size.to_dict()} for k, size in self.sizes],
        }


def plan_precision_study(sd: float, largest_sd: float, power: float = 0.80) -> PrecisionPlan:
    """Say how many people to scan so that the upper limit of RMS-SD stays below a bound.

    Parameters
    ----------
    sd : float
        Precision error that is expected.
    largest_sd : float
        Precision error to exclude, in the same unit.
    power : float, default 0.80

    Raises
    ------
    UsageError
        BS-E394: a number is not above 0, or the bound does not exceed the error.
    """
    if not (sd > 0.0 and math.isfinite(sd)) or not largest_sd > sd or not 0.0 < power < 1.0:
        raise UsageError(
            "BS-E394",
            f"found an error of {sd:g}, one to exclude of {largest_sd:g} and a power of {power:g}; "
            "wanted 0 < error < error to exclude, and a power between 0 and 1.",
        )
    sizes = tuple((k, size_for_precision_study(sd, largest_sd, k, power)) for k in PLANNED_SCANS)
    return PrecisionPlan(sd=sd, largest_sd=largest_sd, power=power, sizes=sizes)


_Key = tuple[tuple[str, ...], tuple[str, ...]]


def _grouped(rows: Sequence[Repeat]) -> dict[_Key, list[Repeat]]:
    groups: dict[_Key, list[Repeat]] = {}
    for row in rows:
        groups.setdefault((row.key, row.by), []).append(row)
    return groups


def _group(
    key: _Key, rows: Sequence[Repeat], table: RepeatTable, any_day: bool, unit: str
) -> PrecisionGroup:
    single = _one_row_a_scan(rows)
    kept = single if any_day else _one_day_a_person(single)
    study = study_of_arrays([r.subject for r in kept], np.array([r.value for r in kept]), unit=unit)
    named = dict(zip(KEY_NAMES, key[0], strict=True))
    return PrecisionGroup(
        **named,
        by=tuple(zip(table.by, key[1], strict=True)),
        n_other_days=len(single) - len(kept),
        n_same_scan=len(rows) - len(single),
        study=study,
    )


def _one_row_a_scan(rows: Sequence[Repeat]) -> list[Repeat]:
    """Leave out a second file of one scan: same person, day and time of day."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for row in rows:
        scan = (row.subject, row.exam_date, row.exam_time)
        if row.exam_time and row.exam_date and scan in seen:
            continue
        seen.add(scan)
        kept.append(row)
    return kept


def _one_day_a_person(rows: Sequence[Repeat]) -> list[Repeat]:
    """Keep each person's day with the most values, the earliest of several."""
    days: dict[str, Counter[str]] = {}
    for row in rows:
        days.setdefault(row.subject, Counter())[row.exam_date] += not math.isnan(row.value)
    chosen = {
        person: min(count, key=lambda day: (-count[day], day)) for person, count in days.items()
    }
    return [row for row in rows if row.exam_date == chosen[row.subject]]


def _refuse_half_named(table: RepeatTable, path: Path) -> None:
    """Refuse where some rows of a site say technique or device, and others don't.

    Devices are looked at within one technique and origin: our own estimates name
    no maker, which says nothing about the DXA beside them.
    """
    sites: dict[tuple[str, ...], list[Repeat]] = {}
    for row in table.rows:
        if not math.isnan(row.value):
            key = (*row.key[:2], *row.by)
            sites.setdefault(("technique", *key), []).append(row)
            own = tuple(row.key[KEY_NAMES.index(name)] for name in ("technique", "origin"))
            sites.setdefault(("device", *own, *key), []).append(row)
    for (what, *_), rows in sites.items():
        names = DEVICE_NAMES if what == "device" else ("technique",)
        for place, name in enumerate(KEY_NAMES):
            named = {r.key[place] for r in rows}
            if name in names and "" in named and len(named) > 1:
                line = next(r.line for r in rows if not r.key[place])
                known = sorted(named - {""})[0]
                raise UsageError(
                    "BS-E392",
                    f"found the {name} {known!r} in some rows of "
                    f"{rows[0].key[0] or 'the table'} and none in line {line}.",
                    file=path,
                )


def _problems(groups: Sequence[PrecisionGroup], table: RepeatTable, path: Path) -> list[Problem]:
    found = [
        _warning("BS-W390", f"{g.name}: {g.study.notes[0]}.", path)
        for g in groups
        if not g.study.iscd_minimum_met
    ]
    found += [
        _warning(
            "BS-W392",
            f"{g.name}: RMS-CV {g.study.rms_cv_percent.est:.2f} %, wanted at most {limit} %.",
            path,
        )
        for g in groups
        if (limit := _exceeded_percent(g)) is not None
    ]
    if table.n_in_doubt:
        found.append(
            _warning("BS-W393", f"left out {table.n_in_doubt} rows of people in doubt.", path)
        )
    return found + [
        _warning("BS-W391", f"the column {name!r} was not used: its values are pooled.", path)
        for name in table.unused
    ]


def _exceeded_percent(group: PrecisionGroup) -> float | None:
    """Give ISCD's largest acceptable RMS-CV where a DXA study exceeds it."""
    cv = group.study.rms_cv_percent.est
    if group.technique != "DXA" or cv is None:
        return None
    limits = (v for k, v in ISCD_LARGEST_CV_PERCENT.items() if group.site.startswith(k))
    return next((limit for limit in limits if cv > limit), None)


def _warning(code: str, reason: str, path: Path) -> Problem:
    return Problem(code=code, severity=Severity.WARNING, file=str(path), reason=reason)


def _taken(data: Any, part: Any) -> Any:
    """Take a column by its name, or the values themselves."""
    if not isinstance(part, str):
        return part
    if data is None:
        raise UsageError("BS-E390", f"found the column name {part!r} and no data to take it from.")
    names = list(data.columns if hasattr(data, "columns") else data)
    if part not in names:
        shown = ", ".join(map(str, names))
        raise UsageError("BS-E390", f"found the columns {shown}, wanted {part!r}.")
    return data[part]


def _as_list(column: Any) -> list[Any]:
    return list(column.to_list() if hasattr(column, "to_list") else np.ravel(np.asarray(column)))


def _as_floats(column: Any) -> NDArray[np.float64]:
    """Turn a column into floats; what pandas and polars hold for "missing" becomes NaN."""
    try:
        return np.array([_as_float(v) for v in _as_list(column)], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError("BS-E391", f"found a value that is no number: {error}.") from error


def _as_float(value: Any) -> float:
    # pandas' NA is none of Python's numbers and has no float
    return math.nan if value is None or type(value).__name__ == "NAType" else float(value)
