"""CV+ intervals: by hand, and their coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bonescan.stats.conformal import cv_plus_interval


def test_one_fold_gives_the_split_conformal_quantile() -> None:
    # 39 residuals 1 ... 39: 95 % of 40 people is the 38th
    lo, hi = cv_plus_interval([100.0], np.zeros(39, dtype=int), np.arange(1.0, 40.0))
    assert (lo, hi) == (62.0, 138.0)


def test_too_few_people_leave_it_open() -> None:
    # 18 of 19 with one at infinity are 94.7 %
    lo, hi = cv_plus_interval([1.0], np.zeros(18, dtype=int), np.ones(18))
    assert (lo, hi) == (-math.inf, math.inf)
    assert cv_plus_interval([1.0], np.zeros(19, dtype=int), np.ones(19)) == (0.0, 2.0)


def test_each_residual_goes_with_the_model_that_did_not_see_her() -> None:
    # folds predict 0 and 10; at 50 % of 3 people: lower quantile of -1, 9, 8 and upper of 1, 11, 12
    lo, hi = cv_plus_interval([0.0, 10.0], [0, 1, 1], [1.0, 1.0, 2.0], level_1=0.5)
    assert (lo, hi) == (8.0, 11.0)


def test_people_count_and_not_rows() -> None:
    fold = np.zeros(40, dtype=int)
    rows = np.concatenate([np.arange(1.0, 39.0), [500.0, 500.0]])
    half = np.concatenate([np.ones(38), [0.5, 0.5]])  # the last woman twice
    assert cv_plus_interval([0.0], fold, rows, half)[1] == 38.0
    assert cv_plus_interval([0.0], fold, rows)[1] == 500.0


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="found 2 folds and 3 residuals"):
        cv_plus_interval([0.0], [0, 0], [1.0, 2.0, 3.0])


def test_coverage_is_what_it_says() -> None:
    """1,200 calibration and 4,000 new people, a line with errors that grow along it."""
    rng = np.random.default_rng(11)

    def people(n):
        x = rng.normal(size=n)
        return x, 0.8 + 0.1 * x + (0.04 + 0.02 * np.abs(x)) * rng.standard_t(6, n)

    x, y = people(1200)
    fold = np.arange(1200) % 5
    lines = [np.polyfit(x[fold != k], y[fold != k], 1) for k in range(5)]
    residual = np.array([abs(np.polyval(lines[k], a) - b) for k, a, b in zip(fold, x, y)])  # noqa: B905
    new_x, new_y = people(4000)
    inside = 0
    for a, b in zip(new_x, new_y, strict=True):
        lo, hi = cv_plus_interval([np.polyval(m, a) for m in lines], fold, residual)
        inside += lo <= b <= hi
    assert 0.93 <= inside / 4000 <= 0.97
