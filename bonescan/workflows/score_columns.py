"""Columns that `score` adds to a table beside those of results.csv."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bonescan.files.tables import Column
from bonescan.model.measurement import Scores
from bonescan.model.vocabulary import Technique
from bonescan.norms.site import site_of
from bonescan.norms.standardise import converted_bmd, standardised_bmd
from bonescan.scoring.table import ScoreRequest

ADDED_COLUMNS = (
    Column(
        name="young_adult_percent", meaning="BMD in percent of the young mean", unit="%", decimals=1
    ),
    Column(
        name="age_matched_percent",
        meaning="BMD in percent of the median (curves) or mean (groups) of the age",
        unit="%",
        decimals=1,
    ),
    Column(name="t_u", meaning="standard uncertainty of T from that of BMD", unit="1", decimals=3),
    Column(
        name="t_u_with_reference",
        meaning="the same with the standard errors of the reference",
        unit="1",
        decimals=3,
    ),
)
POOLED_COLUMNS = (
    Column(name="sbmd_mg_cm2", meaning="standardised BMD, for cohorts", unit="mg/cm2", decimals=1),
    Column(name="sbmd_system", meaning="equations of the standardised BMD"),
    Column(
        name="converted_bmd_g_cm2",
        meaning="BMD on another maker's scale, for cohorts",
        unit="g/cm2",
        decimals=3,
    ),
    Column(name="converted_scale", meaning="that maker"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledOptions:
    """What is wanted of a pooled cohort; none of it reaches a score or a class."""

    standardised: bool = False
    convert_to: str | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that these options add."""
        sbmd, converted = POOLED_COLUMNS[:2], POOLED_COLUMNS[2:]
        return (sbmd if self.standardised else ()) + (converted if self.convert_to else ())


def added_values(request: ScoreRequest, scores: Scores, pooled: PooledOptions) -> dict[str, Any]:
    """Give the values of the added columns; empty where no equation is published."""
    values: dict[str, Any] = {c.name: getattr(scores, c.name) for c in ADDED_COLUMNS}
    m = request.measurement
    site = site_of(m)
    if site is None or m.bmd_g_cm2 is None or m.technique is not Technique.DXA:
        return values
    key = site.without_side
    if pooled.standardised:
        found = standardised_bmd(m.bmd_g_cm2, scale=m.scale, site=key)
        values["sbmd_mg_cm2"], values["sbmd_system"] = found or (None, None)
    if pooled.convert_to:
        bmd = converted_bmd(m.bmd_g_cm2, from_scale=m.scale, to_scale=pooled.convert_to, site=key)
        values["converted_bmd_g_cm2"] = bmd
        values["converted_scale"] = None if bmd is None else pooled.convert_to
    return values
