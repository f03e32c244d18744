"""Counts of values in equal bins."""

from __future__ import annotations

from collections.abc import Sequence


def counted(
    values: Sequence[float], limits: tuple[float, float], n_bins: int
) -> tuple[list[int], list[float]]:
    """Count values in equal bins; the last bin holds its upper edge.

    Returns
    -------
    counts : list of int, (bin,)
    edges : list of float, (bin + 1,)

    Examples
    --------
    >>> counted([0.0, 0.1, 1.0], (0.0, 1.0), 2)
    ([2, 1], [0.0, 0.5, 1.0])
    """
    low, high = limits
    width = (high - low) / n_bins
    counts = [0] * n_bins
    for value in values:
        if low <= value <= high:
            counts[min(int((value - low) / width), n_bins - 1)] += 1
    return counts, [low + i * width for i in range(n_bins)] + [high]
