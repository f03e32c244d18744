"""Vertebrae whose printed T-score differs from a neighbour's by more than 1.0.

Seen and said; which vertebra to leave out is for a person to decide.

References
----------
ISCD, case "Spine Discordance", May 2015, citing its positions: a vertebra with
more than a 1.0 T-score difference from the adjacent one may be excluded. Compared
in whole tenths, as printed: a difference of exactly 1.0 is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bonescan.norms.rounding import tenths

from .printed import PrintedRegion

LARGEST_STEP_TENTHS = 10
ORDER = ("L1", "L2", "L3", "L4")


def discordant_pairs(regions: Sequence[PrintedRegion]) -> tuple[tuple[str, str, float], ...]:
    """List neighbouring vertebrae with their difference in T, upper one first."""
    whole = {
        r.site: int(tenths(r.t_score) * 10)
        for r in regions
        if r.site in ORDER and r.t_score is not None
    }
    found = []
    for upper, lower in pairwise(ORDER):
        if upper in whole and lower in whole:
            step = abs(whole[upper] - whole[lower])
            if step > LARGEST_STEP_TENTHS:
                found.append((upper, lower, step / 10))
    return tuple(found)


def proposal(pairs: Sequence[tuple[str, str, float]]) -> str:
    """Say which vertebra could be left out: the one both of whose neighbours differ, if any."""
    names = [name for upper, lower, _ in pairs for name in (upper, lower)]
    twice = sorted({n for n in names if names.count(n) > 1})
    return " or ".join(twice or dict.fromkeys(names))
