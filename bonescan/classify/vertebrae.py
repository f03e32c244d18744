"""Vertebrae that disagree with their neighbours: seen and said, never taken out."""

from __future__ import annotations

from collections.abc import Sequence

from bonescan.model.measurement import LabelledRow
from bonescan.norms.discordance import discordant_pairs
from bonescan.norms.site import VERTEBRAE


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
