"""What a virtual densitometer prints for a virtual person: BMC, area, BMD, T and Z.

References
----------
Young-adult constants, white women. Hologic: 1.047/0.110 (L1-L4), 0.849/0.111
(femoral neck), 0.942/0.122 (total hip) as printed reports fit them; single
vertebrae, L2-L4 and trochanter from memory. GE Lunar: 1.18/0.12 (L1-L4, axis of
a Prodigy printout); hip sets are NHANES III (Looker 1998, Osteoporos Int
8:468-489) carried over by standardised BMD.
Hologic to GE: spine 1.074 x + 0.054 (Genant 1994, after Bonnick); neck and
total hip by equal standardised BMD (Lu 2001, Osteoporos Int 12:438-444; Hanson
1997, J Bone Miner Res 12:1316).
Short-term error of a DXA reading: 1.2 % (our choice).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from bonescan.norms.load import load_norms
from bonescan.norms.reference import lms_z

from .people import VERTEBRAE, VirtualPerson

READING_CV = 0.012
TENTH, HUNDREDTH, THOUSANDTH = Decimal("0.1"), Decimal("0.01"), Decimal("0.001")
YOUNG: dict[tuple[str, str], tuple[Decimal, Decimal]] = {
    key: (Decimal(mean), Decimal(sd))
    for key, (mean, sd) in {
        ("hologic", "L1"): ("0.925", "0.110"),
        ("hologic", "L2"): ("1.028", "0.110"),
        ("hologic", "L3"): ("1.084", "0.110"),
        ("hologic", "L4"): ("1.116", "0.110"),
        ("hologic", "L2-L4"): ("1.079", "0.110"),
        ("hologic", "L1-L4"): ("1.047", "0.110"),
        ("hologic", "femoral-neck"): ("0.849", "0.111"),
        ("hologic", "trochanter"): ("0.702", "0.100"),
        ("hologic", "total-hip"): ("0.942", "0.122"),
        ("ge", "L1-L4"): ("1.18", "0.12"),
        ("ge", "femoral-neck"): ("1.038", "0.139"),
        ("ge", "total-hip"): ("1.008", "0.126"),
    }.items()
}
# Parts of the total hip's area; the intertrochanter takes the rest.
TROCHANTER_AREA_1 = 0.313
TROCHANTER_BMD_1 = 0.74  # of the total hip's
WARDS_AREA_CM2, WARDS_BMD_1 = 1.12, 0.82  # of the neck's BMD


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One row of a results table, as printed."""

    site: str
    area_cm2: Decimal
    bmc_g: Decimal
    bmd_g_cm2: Decimal
    t_score: Decimal | None = None
    z_score: Decimal | None = None
    percent_young: Decimal | None = None
    percent_matched: Decimal | None = None


def rounded(value: Decimal | float, step: Decimal) -> Decimal:
    """Round half away from zero, as reports do; no minus zero."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(step, ROUND_HALF_UP) + Decimal(0)


def read_spine(
    person: VirtualPerson, scale: str, rng: np.random.Generator
) -> tuple[dict[str, Region], float]:
    """Measure L1 to L4 and their total once.

    Returns
    -------
    regions : dict
        "L1", "L2", "L3", "L4", "L1-L4", without scores.
    factor : float
        The reading's error: printed over true.
    """
    factor = 1.0 + READING_CV * float(rng.standard_normal())
    singles = {
        site: _region(site, area, on_scale(bmd * factor, scale, "L1-L4"))
        for site, bmd, area in zip(
            VERTEBRAE, person.bmd_vertebrae_g_cm2, person.area_vertebrae_cm2, strict=True
        )
    }
    return singles | {"L1-L4": total("L1-L4", singles.values())}, factor


def read_hip(
    person: VirtualPerson, scale: str, rng: np.random.Generator
) -> tuple[dict[str, Region], float]:
    """Measure one hip once: neck, trochanter, intertrochanter, total, Ward's area."""
    factor = 1.0 + READING_CV * float(rng.standard_normal())
    neck_bmd, hip_bmd = person.bmd_neck_g_cm2 * factor, person.bmd_hip_g_cm2 * factor
    neck = _region("femoral-neck", person.area_neck_cm2, on_scale(neck_bmd, scale, "femoral-neck"))
    hip_bmd = on_scale(hip_bmd, scale, "total-hip")
    trochanter = _region(
        "trochanter", TROCHANTER_AREA_1 * person.area_hip_cm2, TROCHANTER_BMD_1 * hip_bmd
    )
    rest_area = person.area_hip_cm2 - float(neck.area_cm2 + trochanter.area_cm2)
    rest_bmc = hip_bmd * person.area_hip_cm2 - float(neck.bmc_g + trochanter.bmc_g)
    inter = _region("intertrochanter", rest_area, rest_bmc / rest_area)
    wards = _region("wards", WARDS_AREA_CM2, WARDS_BMD_1 * float(neck.bmd_g_cm2))
    parts = (neck, trochanter, inter)
    return {r.site: r for r in (*parts, total("total-hip", parts), wards)}, factor


def total(site: str, parts: Iterable[Region]) -> Region:
    """Add regions up: sum of BMC over sum of area."""
    several = list(parts)
    area, bmc = sum(r.area_cm2 for r in several), sum(r.bmc_g for r in several)
    return Region(
        site=site,
        area_cm2=Decimal(area),
        bmc_g=Decimal(bmc),
        bmd_g_cm2=rounded(Decimal(bmc) / Decimal(area), THOUSANDTH),
    )


def _region(site: str, area_cm2: float, bmd_g_cm2: float) -> Region:
    area = rounded(area_cm2, HUNDREDTH)
    bmc = rounded(float(area) * bmd_g_cm2, HUNDREDTH)
    return Region(site=site, area_cm2=area, bmc_g=bmc, bmd_g_cm2=rounded(bmc / area, THOUSANDTH))


def on_scale(bmd_g_cm2: float, scale: str, site: str) -> float:
    """Carry a BMD from the Hologic scale to that of a maker ("hologic" or "ge")."""
    if scale == "hologic":
        return bmd_g_cm2
    if site == "L1-L4":
        return 1.074 * bmd_g_cm2 + 0.054
    if site == "femoral-neck":
        return (1.087 * bmd_g_cm2 + 0.019 + 0.023) / 0.939
    return (1.008 * bmd_g_cm2 + 0.006 + 0.031) / 0.979


def scored(
    region: Region, person: VirtualPerson, scale: str, true_bmd_g_cm2: float | None = None
) -> Region:
    """Add T and Z to a region where the virtual device has a reference.

    Parameters
    ----------
    region : Region
    person : VirtualPerson
    scale : str
        "hologic" or "ge".
    true_bmd_g_cm2 : float, optional
        The reading on the Hologic scale, for the Z of a GE device: no age curve
        on its scale is public, so it prints where the bone stands among equals.
    """
    young = YOUNG.get((scale, region.site))
    t = None if young is None else (region.bmd_g_cm2 - young[0]) / young[1]
    bmd = region.bmd_g_cm2 if true_bmd_g_cm2 is None else Decimal(repr(true_bmd_g_cm2))
    lms = _age_curve(region.site, person)
    z = None if lms is None else lms_z(float(bmd), *lms)
    return Region(
        site=region.site,
        area_cm2=region.area_cm2,
        bmc_g=region.bmc_g,
        bmd_g_cm2=region.bmd_g_cm2,
        t_score=None if t is None else rounded(t, TENTH),
        z_score=None if z is None else rounded(z, TENTH),
        percent_young=None
        if young is None
        else rounded(100 * region.bmd_g_cm2 / young[0], Decimal(1)),
        percent_matched=None if lms is None else rounded(100 * float(bmd) / lms[1], Decimal(1)),
    )


def _age_curve(site: str, person: VirtualPerson) -> tuple[float, float, float] | None:
    reference = load_norms().policy_age("hologic", site, person.sex)
    if reference is None:
        return None
    return reference.curves[site, person.sex].at(person.age_years)
