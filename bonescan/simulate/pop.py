"""Women through pregnancy and lactation, as tables: latent courses, visits, scans.

A woman's density has a level of her own and a course: percent of her first
value, drawn for each visit. The means and spreads are published where a citation
stands, and ours where it says so; two cohorts disagree on the spread, so both are
offered. Nothing here says anything about the accuracy of a device in people.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

VISITS = ("T1", "T3", "L6", "PW")
SPREADS_PERCENT = {
    # Ramirez Zegarra 2024, doi 10.1007/s40520-023-02677-4: −1.9 ± 0.6 %, n = 65, read as the SD
    # between women.
    "narrow": 0.6,
    # Arechavaleta-Velasco 2025, doi 10.1177/15409996251372853: 28 of 164 women gained; with the
    # same mean that is an SD of 1.9/0.950 = 2.0 % (normal, noise of the device included).
    "wide": 2.0,
}
T3_MEAN_PERCENT = -1.9  # Ramirez Zegarra 2024
# Neck, six months after birth and six months after weaning, against T1: within the ranges of
# reviews of DXA (−2 to −7.5 % in lactation, regained after weaning); the numbers are ours.
L6_MEAN_PERCENT, L6_SPREAD_PERCENT = -3.4, 1.8
PW_MEAN_PERCENT, PW_SPREAD_PERCENT = -0.4, 1.5
FEEDING_GAP_PERCENT = 1.5  # who never breastfeeds loses less by this much at L6; ours
LEVEL_G_CM2, LEVEL_SD_G_CM2 = 0.723, 0.069  # Ramirez Zegarra 2024, first visit
AGE_YEARS, AGE_SD_YEARS = 32.0, 4.3  # ours
BREASTFEEDING_SHARE = 0.75  # ours
DUE_DAY = 280
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PopDesign:
    """How a cohort is run: visits missed, devices, repeats, precision.

    `missing` is the share of women who miss each visit of `VISITS`; `second_device` the
    share of visits after birth made on device B, which reads `device_shift_g_cm2` higher;
    `repeats` the share of visits scanned twice.
    """

    n_women: int
    precision_percent: float = 0.6
    spread: str = "narrow"
    missing: tuple[float, float, float, float] = (0.0, 0.1, 0.18, 0.3)
    second_device: float = 0.3
    device_shift_g_cm2: float = 0.006
    repeats: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class PopRow:
    """One scan, and the woman's true density behind it."""

    woman_id: str
    age_y: float
    breastfeeding: int
    visit: str
    scan: int
    device: str
    gestational_week: float | None
    postpartum_week: float | None
    days_since_t1: int
    weaning_day_pp: int | None
    fn_bmd: float
    true_bmd: float = field(compare=False)


def simulate_pop(design: PopDesign, seed: int) -> list[PopRow]:
    """Draw a cohort.

    Parameters
    ----------
    design : PopDesign
    seed : int
        The same design and seed give the same rows.

    Returns
    -------
    rows : list of PopRow
        By woman and visit; values rounded to 0.001 g/cm² as devices print them.

    Raises
    ------
    ValueError
        Shares outside 0 to 1, a precision or number of women that can't be.
    """
    _check(design)
    rng = np.random.default_rng(seed)
    found: list[PopRow] = []
    width = len(str(design.n_women))
    for number in range(design.n_women):
        found += _woman(f"W{number + 1:0{width}d}", design, rng)
    return found


def true_changes_percent(n: int, spread: str, seed: int) -> Array:
    """Draw true changes from T1 to T3 alone, (n,), percent of T1."""
    return np.random.default_rng(seed).normal(T3_MEAN_PERCENT, SPREADS_PERCENT[spread], n)


def _woman(woman: str, design: PopDesign, rng: np.random.Generator) -> list[PopRow]:
    level = float(rng.normal(LEVEL_G_CM2, LEVEL_SD_G_CM2))
    age = round(float(np.clip(rng.normal(AGE_YEARS, AGE_SD_YEARS), 18.0, 48.0)), 1)
    feeds = bool(rng.random() < BREASTFEEDING_SHARE)
    weaning = int(rng.integers(120, 420)) if feeds else None
    spread = SPREADS_PERCENT[design.spread]
    change = {
        "T1": 0.0,
        "T3": rng.normal(T3_MEAN_PERCENT, spread),
        "L6": rng.normal(L6_MEAN_PERCENT, L6_SPREAD_PERCENT)
        + (0.0 if feeds else FEEDING_GAP_PERCENT),
        "PW": rng.normal(PW_MEAN_PERCENT, PW_SPREAD_PERCENT),
    }
    first = int(rng.integers(11 * WEEK, 14 * WEEK))
    born = int(np.clip(rng.normal(DUE_DAY, 9.0), 245, 294))
    third = min(int(rng.integers(36 * WEEK, 39 * WEEK)), born - 1)
    after = {
        "L6": int(rng.integers(22 * WEEK, 30 * WEEK + 1)),
        "PW": (weaning or 0) + int(rng.integers(22 * WEEK, 30 * WEEK + 1)),
    }
    rows = []
    for visit, share in zip(VISITS, design.missing, strict=True):
        missed = rng.random() < share
        on_b = visit in after and rng.random() < design.second_device
        n_scans = 2 if rng.random() < design.repeats else 1
        true = level * (1.0 + change[visit] / 100.0)
        shift = design.device_shift_g_cm2 if on_b else 0.0
        noise = rng.normal(0.0, design.precision_percent / 100.0 * true, 2)
        if missed:
            continue
        day = {"T1": first, "T3": third}.get(visit, born + after.get(visit, 0))
        rows += [
            PopRow(
                woman_id=woman,
                age_y=age,
                breastfeeding=int(feeds),
                visit=visit,
                scan=scan + 1,
                device="B" if on_b else "A",
                gestational_week=None if visit in after else round(day / WEEK, 2),
                postpartum_week=round(after[visit] / WEEK, 2) if visit in after else None,
                days_since_t1=day - first,
                weaning_day_pp=weaning,
                fn_bmd=round(true + shift + float(noise[scan]), 3),
                true_bmd=true,
            )
            for scan in range(n_scans)
        ]
    return rows


def _check(design: PopDesign) -> None:
    shares = (*design.missing, design.second_device, design.repeats)
    if not all(0.0 <= s <= 1.0 for s in shares):
        raise ValueError("found a share outside 0 to 1")
    if not 0.0 < design.precision_percent <= 20.0:  # noqa: PLR2004 - percent; beyond it nothing shows
        raise ValueError(f"found a precision of {design.precision_percent} %, wanted 0 to 20")
    if design.n_women < 1:
        raise ValueError(f"found {design.n_women} women, wanted at least 1")
    if design.spread not in SPREADS_PERCENT:
        raise ValueError(f"found the spread {design.spread!r}, wanted narrow or wide")
