"""What several rows of a person say: replicates of one reading, and changes between visits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.model.pairs import SitePairs
from bonescan.stats.agreement_study import AgreementSettings
from bonescan.stats.changes import ChangeAgreement, change_agreement
from bonescan.stats.replicates import constant_truth_limits, varying_truth_limits

Array = NDArray[np.float64]

LEAST_CHANGES = 3


def compare_replicates(pairs: SitePairs, quantity: str) -> dict[str, Any]:
    """Give limits from all readings, with the true value constant and with it varying.

    People whom one method did not measure at all are left out; so are rejected
    scans. Linked pairs need both readings.
    """
    x, y = pairs.values[quantity]
    usable = ~pairs.rejected
    people = np.array(pairs.subjects)
    has_x, has_y = np.isfinite(x) & usable, np.isfinite(y) & usable
    both = sorted(set(people[has_x]) & set(people[has_y]))
    measured = np.isin(people, both)
    in_x, in_y, linked = has_x & measured, has_y & measured, has_x & has_y
    return {
        "true_value_constant": constant_truth_limits(
            people[in_x].tolist(), x[in_x], people[in_y].tolist(), y[in_y]
        ),
        "true_value_varies": varying_truth_limits(people[linked].tolist(), x[linked], y[linked]),
    }


def compare_changes(
    pairs: SitePairs, quantity: str, settings: AgreementSettings
) -> ChangeAgreement | None:
    """Compare the change from each person's first to their last pair; None without such people."""
    day = pairs.numbers.get("day")
    if day is None:
        return None
    x, y = pairs.values[quantity]
    known = np.isfinite(x) & np.isfinite(y) & np.isfinite(day) & ~pairs.rejected
    rows: dict[str, list[int]] = {}
    for row in np.flatnonzero(known):
        rows.setdefault(pairs.subjects[row], []).append(int(row))
    ends = []
    for subject in sorted(rows):
        visits = sorted(rows[subject], key=lambda r: (day[r], x[r], y[r]))
        if day[visits[0]] < day[visits[-1]]:
            ends.append((visits[0], visits[-1]))
    if len(ends) < LEAST_CHANGES:
        return None
    before, after = np.array(ends).T
    return change_agreement(x[after] - x[before], y[after] - y[before], loa_ci=settings.loa_ci)
