"""Percentile intervals against the closed form for a mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bonescan.stats.bootstrap import percentile_interval


def test_the_interval_of_a_mean_is_that_of_the_normal_law() -> None:
    x = np.random.default_rng(1).normal(size=400)
    lo, hi = percentile_interval(
        lambda rows: float(x[rows].mean()), 400, np.random.default_rng(2), 4000
    )
    half = 1.959964 * x.std() / math.sqrt(400)
    # the percentiles of 4,000 resamples are known to about 3 % of the half width
    assert lo == pytest.approx(x.mean() - half, abs=0.1 * half)
    assert hi == pytest.approx(x.mean() + half, abs=0.1 * half)


def test_resamples_without_a_value_are_left_out() -> None:
    lo, hi = percentile_interval(
        lambda rows: math.nan if rows[0] == 0 else 7.0, 3, np.random.default_rng(1), 50
    )
    assert (lo, hi) == (7.0, 7.0)
    nothing = percentile_interval(lambda rows: math.nan, 3, np.random.default_rng(1), 5)
    assert all(math.isnan(v) for v in nothing)
