"""Vertebrae that disagree with their neighbours: seen, and an exclusion proposed, never done.

References
----------
ISCD, case "Spine Discordance", May 2015, citing its positions: a vertebra with more
than a 1.0 T-score difference from the adjacent one may be excluded. Compared in whole
tenths, as printed: a difference of exactly 1.0 is none.
Rosen EO et al. J Clin Densitom 2024;27:101436: at least two vertebrae, which need not
adjoin; a single one serves neither diagnosis nor monitoring. Read in summaries.
Hansen KE et al. J Bone Miner Res 2005;20:501: readers agree only moderately on which
vertebra to leave out, which is why a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from .rounding import tenths
from .site import MIN_VERTEBRAE, VERTEBRAE, vertebrae_id

LARGEST_STEP_TENTHS = 10  # more than 1.0 T, strictly


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A vertebra that a person might leave out, why, and what would remain."""

    vertebra: str
    reason: str
    remaining: str  # site of the others, "" where fewer than two would remain
    settles: bool  # whether no neighbours would disagree without it


def discordant_pairs(t_by_vertebra: Mapping[str, float]) -> tuple[tuple[str, str, float], ...]:
    """List neighbours whose T-scores, as printed, differ by more than 1.0, with the difference.

    Parameters
    ----------
    t_by_vertebra : mapping
        "L1" to "L4" -> T by one reference; missing vertebrae are left out, and
        vertebrae on either side of a gap are no neighbours.

    Examples
    --------
    >>> discordant_pairs({"L1": -0.2, "L2": -0.4, "L3": -2.3, "L4": -1.2})
    (('L2', 'L3', 1.9), ('L3', 'L4', 1.1))
    >>> discordant_pairs({"L1": -2.0, "L2": -1.2, "L3": -0.5, "L4": -1.8})
    (('L3', 'L4', 1.3),)
    """
    whole = {v: int(tenths(t) * 10) for v, t in t_by_vertebra.items()}
    steps = [
        (upper, lower, abs(whole[upper] - whole[lower]))
        for upper, lower in pairwise(VERTEBRAE)
        if upper in whole and lower in whole
    ]
    return tuple((a, b, step / 10) for a, b, step in steps if step > LARGEST_STEP_TENTHS)


def propose_exclusions(t_by_vertebra: Mapping[str, float]) -> tuple[Exclusion, ...]:
    """Propose which vertebra might be left out, the most convincing first.

    Where a vertebra differs from both neighbours it alone is proposed for them;
    of a pair that stands alone, either: the numbers can't tell which one is at
    fault, the image may.

    Examples
    --------
    >>> [e.vertebra for e in propose_exclusions({"L1": -0.2, "L2": -0.4, "L3": -2.3, "L4": -1.2})]
    ['L3']
    >>> for e in propose_exclusions({"L1": -2.0, "L2": -1.2, "L3": -0.5, "L4": -1.8}):
    ...     print(e.vertebra, "|", e.reason, "|", e.remaining)
    L3 | T -0.5 is 1.3 above L4 | L1+L2+L4
    L4 | T -1.8 is 1.3 below L3 | L1-L3
    """
    pairs = discordant_pairs(t_by_vertebra)
    names = [name for upper, lower, _ in pairs for name in (upper, lower)]
    twice = {name for name in names if names.count(name) > 1}
    found = []
    for name in VERTEBRAE:
        mine = [pair for pair in pairs if name in pair[:2]]
        # a neighbour of one that differs from both its neighbours is not the odd one
        if not mine or (name not in twice and all(twice & set(pair[:2]) for pair in mine)):
            continue
        others = {v: t for v, t in t_by_vertebra.items() if v != name}
        kept = tuple(v for v in VERTEBRAE if v in others)
        found.append(
            Exclusion(
                vertebra=name,
                reason=_reason(name, mine, t_by_vertebra),
                remaining=vertebrae_id(kept) if len(kept) >= MIN_VERTEBRAE else "",
                settles=not discordant_pairs(others),
            )
        )
    return tuple(sorted(found, key=lambda e: (e.vertebra not in twice, e.vertebra)))


def _reason(
    name: str, pairs: list[tuple[str, str, float]], t_by_vertebra: Mapping[str, float]
) -> str:
    own = tenths(t_by_vertebra[name])
    parts = []
    for upper, lower, step in pairs:
        other = lower if name == upper else upper
        side = "above" if own > tenths(t_by_vertebra[other]) else "below"
        parts.append(f"{step:.1f} {side} {other}")
    return f"T {own} is {' and '.join(parts)}"
