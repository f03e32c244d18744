"""Checks of printed numbers against each other, with the rounding of print carried through.

BMC/area must be BMD; a combination's BMC and area must be the sums of its
parts; L1-L4 is Σ BMC/Σ area and never the mean of densities. The total hip is
neck + trochanter + intertrochanter; Ward's triangle lies inside and is not
added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bonescan.model.sites import side_of, spine_site, vertebrae_of

from .printed import PrintedRegion

# half of the last printed digit: BMD is printed with 3 decimals, BMC and area with 2 (ISCD)
HALF_BMD_G_CM2 = 0.0005
HALF_BMC_G = 0.005
HALF_AREA_CM2 = 0.005
_BINARY_DUST = 1e-9  # what double precision leaves over at a border
HIP_PARTS = ("femoral-neck", "trochanter", "intertrochanter")
COMPUTED = "computed_from_vertebrae"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Numbers that can't all be true."""

    sites: tuple[str, ...]
    text: str


def check_density(region: PrintedRegion) -> Mismatch | None:
    """Hold BMD against BMC/area; None where it fits, or where the rule does not apply.

    A mean of two hips prints the mean of their densities, which is not its
    mean BMC over its mean area: averages are exempt.
    """
    bmd, bmc, area = region.bmd_g_cm2, region.bmc_g, region.area_cm2
    if region.is_average or bmd is None or bmc is None or not area:
        return None
    slack = HALF_BMD_G_CM2 + (HALF_BMC_G + bmc / area * HALF_AREA_CM2) / area
    if abs(bmc / area - bmd) <= slack + _BINARY_DUST:
        return None
    text = f"{region.text}: BMC/area = {bmc:.2f}/{area:.2f} = {bmc / area:.3f}, printed {bmd:.3f}"
    return Mismatch(sites=(region.site,), text=text)


def check_sums(regions: Sequence[PrintedRegion]) -> list[Mismatch]:
    """Hold combinations of vertebrae and total hips against the sums of their parts."""
    by_site = {r.site: r for r in regions if not r.is_average}
    found = [_check_sum(by_site, r.site, vertebrae_of(r.site)) for r in by_site.values()]
    for region in by_site.values():
        if region.site.startswith("total-hip"):
            side = side_of(region.site)
            parts = tuple(f"{p}-{side}" if side else p for p in HIP_PARTS)
            found.append(_check_sum(by_site, region.site, parts))
    return [mismatch for mismatch in found if mismatch is not None]


def _check_sum(
    by_site: dict[str, PrintedRegion], whole: str, parts: tuple[str, ...]
) -> Mismatch | None:
    members = [by_site.get(p) for p in parts]
    if len(parts) <= 1 or any(m is None for m in members):
        return None
    for name, half, unit in (("bmc_g", HALF_BMC_G, "g"), ("area_cm2", HALF_AREA_CM2, "cm2")):
        values = [getattr(m, name) for m in members]
        printed = getattr(by_site[whole], name)
        if printed is None or any(v is None for v in values):
            continue
        if abs(sum(values) - printed) > half * (len(parts) + 1) + _BINARY_DUST:
            what = name.split("_", maxsplit=1)[0]
            text = (
                f"{by_site[whole].text}: parts of {what} add up to {sum(values):.2f} {unit}, "
                f"printed {printed:.2f}"
            )
            return Mismatch(sites=(whole, *parts), text=text)
    return None


def spine_total(regions: Sequence[PrintedRegion]) -> PrintedRegion | None:
    """Compute the total of the single vertebrae when no combination is printed for them.

    Returns
    -------
    total : PrintedRegion or None
        Σ BMC/Σ area of all single vertebrae L1 to L4 that carry both, flagged
        `computed_from_vertebrae`; None when fewer than two do, or when their
        combination is printed.
    """
    singles = {
        r.site: r
        for r in regions
        if r.site in {"L1", "L2", "L3", "L4"} and r.bmc_g is not None and r.area_cm2
    }
    site = spine_site(tuple(singles))
    if len(singles) <= 1 or any(r.site == site for r in regions):
        return None
    if len(singles) < 4 and any(len(vertebrae_of(r.site)) > 1 for r in regions):  # noqa: PLR2004
        return None  # the device chose its own set
    bmc = sum(r.bmc_g or 0.0 for r in singles.values())
    area = sum(r.area_cm2 or 0.0 for r in singles.values())
    return PrintedRegion(
        site=site,
        text=f"{site} (computed)",
        bmd_g_cm2=bmc / area,
        bmc_g=bmc,
        area_cm2=area,
        flags=[COMPUTED],
    )
