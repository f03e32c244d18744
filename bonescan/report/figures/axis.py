"""Scales and ticks of the figures."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight map from values to drawing units; `low` may be drawn at the larger unit."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Map a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def clip(self, value: float) -> float:
        """Map a value held between `low` and `high`."""
        return self(min(max(value, self.low), self.high))


def ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Choose round values between two limits.

    Parameters
    ----------
    low, high : float
        Limits, `high` > `low`; both may be among the ticks.
    most : int
        At most so many ticks.

    Returns
    -------
    values : tuple of float
        Multiples of 1, 2 or 5 times a power of ten, rising.

    Examples
    --------
    >>> ticks(0.43, 1.21, 5)
    (0.6, 0.8, 1.0, 1.2)
    """
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (1, 2, 5, 10, 20) if _count(low, high, f * power) <= most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(round(i * step, 10) for i in range(first, last + 1))


def _count(low: float, high: float, step: float) -> int:
    return math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) + 1
