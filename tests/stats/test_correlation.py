"""Pearson's r against SciPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bonescan.stats.correlation import pearson


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 40), offset=st.floats(-1e3, 1e3))
def test_equals_scipy(seed: int, n: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) + offset
    y = 0.5 * x + rng.normal(size=n)
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)


def test_a_line_correlates_perfectly_whatever_its_slope() -> None:
    x = np.arange(5.0)
    assert pearson(x, 3.0 - 2.0 * x) == pytest.approx(-1.0)
    assert pearson(x, 1.0 + 0.1 * x) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("x", "y"),
    [([], []), ([1.0], [2.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), ([1.0, math.nan], [1.0, 2.0])],
    ids=["none", "one", "constant", "nan"],
)
def test_what_has_no_correlation_is_nan(x: list[float], y: list[float]) -> None:
    assert math.isnan(pearson(x, y))


def test_series_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="wanted one length"):
        pearson([1.0, 2.0], [1.0, 2.0, 3.0])
