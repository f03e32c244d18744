"""Vertebrae that disagree with their neighbours: seen and said, never taken out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bonescan.model.measurement import LabelledRow
from bonescan.norms.rounding import tenths
from bonescan.norms.site import VERTEBRAE

LARGEST_STEP_TENTHS = 10  # more than 1.0 T, strictly


def discordant_pairs(t_by_vertebra: dict[str, float]) -> tuple[tuple[str, str], ...]:
    """Find neighbours whose T-scores, as printed, differ by more than 1.0.

    Parameters
    ----------
    t_by_vertebra : dict
        "L1" to "L4" -> T by one reference; missing vertebrae are left out, and
        vertebrae on either side of a gap are no neighbours.

    Examples
    --------
    >>> discordant_pairs({"L1": -0.2, "L2": -0.4, "L3": -2.3, "L4": -1.2})
    (('L2', 'L3'), ('L3', 'L4'))
    >>> discordant_pairs({"L1": -2.0, "L2": -1.2, "L3": -0.5, "L4": -1.8})
    (('L3', 'L4'),)

    References
    ----------
    ISCD "Spine Discordance" case of May 2015, citing the 2013 and later
    positions: a vertebra with more than a 1.0 T-score difference from the
    adjacent one may be excluded. Compared in whole tenths, as printed.
    """
    whole = {v: int(tenths(t) * 10) for v, t in t_by_vertebra.items()}
    return tuple(
        (upper, lower)
        for upper, lower in pairwise(VERTEBRAE)
        if upper in whole
        and lower in whole
        and abs(whole[upper] - whole[lower]) > LARGEST_STEP_TENTHS
    )


def rows_disagree(rows: Sequence[LabelledRow]) -> bool:
    """Whether neighbouring single vertebrae among `rows` are more than 1.0 T apart.

    Printed and own T-scores are looked at apart: a difference between two
    references is none between two vertebrae.
    """
    printed: dict[str, float] = {}
    own: dict[str, float] = {}
    for row in rows:
        site, m = row.measurement.site, row.measurement
        if site in VERTEBRAE and m.reported_t_score is not None:
            printed.setdefault(site, m.reported_t_score)
        if site in VERTEBRAE and row.scores.t_score is not None:
            own.setdefault(site, row.scores.t_score)
    if len(printed) > 1:  # the device's own numbers lead, as for the label
        return bool(discordant_pairs(printed))
    return bool(discordant_pairs(own))
