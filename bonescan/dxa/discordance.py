"""Printed vertebrae whose T-score differs from a neighbour's by more than 1.0.

Seen and said; which vertebra to leave out is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Sequence

from bonescan.norms.discordance import Exclusion, propose_exclusions
from bonescan.norms.discordance import discordant_pairs as pairs_of

from .printed import PrintedRegion

ORDER = ("L1", "L2", "L3", "L4")


def printed_t(regions: Sequence[PrintedRegion]) -> dict[str, float]:
    """Collect the printed T-scores of the single vertebrae."""
    return {r.site: r.t_score for r in regions if r.site in ORDER and r.t_score is not None}


def discordant_pairs(regions: Sequence[PrintedRegion]) -> tuple[tuple[str, str, float], ...]:
    """List neighbouring vertebrae with their difference in T, upper one first."""
    return pairs_of(printed_t(regions))


def proposals(regions: Sequence[PrintedRegion]) -> tuple[Exclusion, ...]:
    """Say which vertebra might be left out and why, the most convincing first."""
    return propose_exclusions(printed_t(regions))


def remaining_density(regions: Sequence[PrintedRegion], left_out: str) -> float | None:
    """Compute Σ BMC/Σ area of the vertebrae that would remain [g/cm2].

    Returns
    -------
    bmd_g_cm2 : float or None
        None where one of them has no BMC or area, or fewer than two remain: a
        mean of densities is no density.
    """
    others = {r.site: r for r in regions if r.site in ORDER and r.site != left_out}
    bmc = [r.bmc_g for r in others.values() if r.bmc_g is not None]
    area = [r.area_cm2 for r in others.values() if r.area_cm2]
    if len(others) <= 1 or len(bmc) != len(others) or len(area) != len(others):
        return None
    return sum(bmc) / sum(area)


def proposal_words(exclusion: Exclusion, bmd_g_cm2: float | None) -> str:
    """Say one proposal in a line: why, and what would remain."""
    remains = (
        f"{exclusion.remaining} would remain"
        if exclusion.remaining
        else "fewer than two vertebrae would remain: use another site"
    )
    density = "" if bmd_g_cm2 is None else f" with {bmd_g_cm2:.3f} g/cm2"
    settled = "" if exclusion.settles else "; others would still differ"
    return f"{exclusion.reason}; {remains}{density}{settled}"
