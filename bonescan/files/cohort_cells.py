"""Cells of the table of a cohort: each is read, or what is wrong with it is added to a list."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bonescan.model.rems_model import FEMORAL_NECK
from bonescan.model.sites import side_of, without_side

SPINE = "L1-L4"  # other sets of vertebrae have other references
# Outside lie typing errors: a BMD in mg/cm2, a T-score, a comma lost, metres, pounds.
PLAUSIBLE_BMD_G_CM2 = (0.2, 2.5)
PLAUSIBLE = {"age_years": (18.0, 110.0), "height_cm": (100.0, 230.0), "weight_kg": (25.0, 250.0)}
EARLIEST = date(1987, 1, 1)  # the first commercial DXA
EARLIEST_BIRTH = date(1900, 1, 1)
SEXES = ("F", "M")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSubject:
    """What a row says of the person and the day of the exam; None = nothing."""

    exam_date: date | None = None
    sex: str | None = None
    birth_date: date | None = None
    age_years: float | None = None  # on the day of the exam
    height_cm: float | None = None
    weight_kg: float | None = None


def exam_path(text: str, folder: Path, wrong: list[str]) -> Path | None:
    """Find the exam of a row; None where there is none."""
    if not text:
        wrong.append("no exam")
        return None
    try:
        place = folder / text
        if place.is_file():
            return place
    except (OSError, ValueError):  # a name that no file can have
        pass
    wrong.append(f"no exam file {text}")
    return None


def read_site(text: str, wrong: list[str]) -> str:
    """Read the site of a pair."""
    is_neck = without_side(text) == FEMORAL_NECK and side_of(text) in ("left", "right")
    if not is_neck and text != SPINE:
        wrong.append(f"site {text!r}, wanted L1-L4 or femoral-neck-left or -right")
    return text


def read_bmd(text: str, wrong: list[str]) -> float:
    """Read the BMD of the DXA, g/cm²; NaN where there is none."""
    low, high = PLAUSIBLE_BMD_G_CM2
    if not text:
        wrong.append("no dxa_bmd_g_cm2")
        return math.nan
    try:
        value = float(text)
    except ValueError:
        wrong.append(f"dxa_bmd_g_cm2 {text!r}, wanted a number with a decimal point")
        return math.nan
    if not low <= value <= high:
        wrong.append(f"dxa_bmd_g_cm2 {text}, wanted {low:g} to {high:g} g/cm2")
    return value


def read_date(text: str, today: date, wrong: list[str]) -> date | None:
    """Read the day of the DXA."""
    if not text:
        wrong.append("no dxa_date")
        return None
    day = _day("dxa_date", text, today, wrong)
    if day is not None and day < EARLIEST:
        wrong.append(f"dxa_date {day}, before there was DXA")
    return day


def read_subject(cells: Mapping[str, str], today: date, wrong: list[str]) -> RowSubject:
    """Read what the row says of the person; every cell of it may be empty."""
    sex = cells.get("sex", "").upper()
    if sex and sex not in SEXES:
        wrong.append(f"sex {cells['sex']!r}, wanted F or M")
    born = _day("birth_date", cells.get("birth_date", ""), today, wrong)
    if born is not None and born < EARLIEST_BIRTH:
        wrong.append(f"birth_date {born}, before {EARLIEST_BIRTH.year}")
    numbers = {name: _number(name, cells.get(name, ""), wrong) for name in PLAUSIBLE}
    return RowSubject(
        exam_date=_day("exam_date", cells.get("exam_date", ""), today, wrong),
        sex=sex if sex in SEXES else None,
        birth_date=born,
        **numbers,
    )


def _day(name: str, text: str, today: date, wrong: list[str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        wrong.append(f"{name} {text!r}, wanted a date as 2026-03-31")
        return None
    if day > today:
        wrong.append(f"{name} {day} in the future")
    return day


def _number(name: str, text: str, wrong: list[str]) -> float | None:
    if not text:
        return None
    low, high = PLAUSIBLE[name]
    try:
        value = float(text)
    except ValueError:
        wrong.append(f"{name} {text!r}, wanted a number with a decimal point")
        return None
    if not low <= value <= high:
        wrong.append(f"{name} {text}, wanted {low:g} to {high:g}")
        return None
    return value
