"""Which scan of one method belongs to which of the other: nearest in time, each used once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


def nearest_pairs(
    reference: Sequence[date], test: Sequence[date], max_gap_days: int
) -> list[tuple[int, int]]:
    """Pair two lists of dates of one person and site.

    Parameters
    ----------
    reference, test : sequence of date
    max_gap_days : int
        Longest time between the two, either way, inclusive.

    Returns
    -------
    pairs : list of (reference, test)
        Places in the lists. The nearest pair is taken first, the earlier test
        among equals, and no scan twice; in the order of the tests.

    Examples
    --------
    >>> days = [date(2026, 1, d) for d in (1, 9, 20)]
    >>> nearest_pairs(days[:1], days[1:], 30)
    [(0, 0)]
    """
    candidates = sorted(
        (abs((t - r).days), t, r, j, i)
        for i, r in enumerate(reference)
        for j, t in enumerate(test)
        if abs((t - r).days) <= max_gap_days
    )
    taken_reference: set[int] = set()
    taken_test: set[int] = set()
    found = []
    for _, _, _, j, i in candidates:
        if i not in taken_reference and j not in taken_test:
            taken_reference.add(i)
            taken_test.add(j)
            found.append((i, j))
    return sorted(found, key=lambda pair: (test[pair[1]], pair))
