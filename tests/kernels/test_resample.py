"""Sums and ROC areas of resamples: by hand, by scikit-learn, and where nothing is defined."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels.resample import resample_auc, resample_sums
from bonescan.model.arrays import kernel_input


def whole(values):
    return kernel_input(values, np.int64)


def test_each_row_of_draws_gives_its_own_sums():
    columns = kernel_input([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    sums = resample_sums(columns, whole([[0, 1, 2], [2, 2, 0], [1, 1, 1]]))
    assert sums.tolist() == [[7.0, 70.0], [9.0, 90.0], [6.0, 60.0]]


def test_a_gap_is_seen_where_its_person_is_drawn_and_nowhere_else():
    sums = resample_sums(kernel_input([[1.0], [np.nan]]), whole([[0, 0], [0, 1]]))
    assert sums[0, 0] == 2.0
    assert np.isnan(sums[1, 0])


def test_nobody_drawn_sums_to_nothing():
    assert resample_sums(kernel_input([[1.0]]), whole(np.empty((2, 0)))).tolist() == [[0.0], [0.0]]


def test_an_area_worked_by_hand_with_a_tie():
    # sick at levels 2 and 1, well at 1 and 0: wins 1 + 1 + 1/2 + 1 of four pairs
    args = whole([2, 1, 1, 0]), whole([1, 1, 0, 0]), whole([0, 1, 2, 3, 4])
    area = resample_auc(*args, whole([[0, 1, 2, 3], [0, 0, 1, 2]]), 3)
    # second: sick 2, 2, 1 against the one well at 1: 1 + 1 + 1/2 of three
    assert area.tolist() == [0.875, 2.5 / 3.0]


def test_all_tied_is_one_half_and_an_empty_group_has_no_area():
    tied = resample_auc(
        whole([0, 0, 0]), whole([1, 0, 0]), whole([0, 1, 2, 3]), whole([[0, 1, 2], [1, 2, 2],
        [0, 0, 0]]), 1,
    )  # fmt: skip
    assert tied[0] == 0.5
    assert np.isnan(tied[1:]).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_equals_scikit_learn_on_the_rows_of_the_people_drawn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(rng.integers(1, 4, 30))])
    level = rng.integers(0, 12, starts[-1])
    sick = (level + rng.normal(0, 4, level.size) > 7).astype(int)
    draws = rng.integers(0, 30, (3, 30))
    got = resample_auc(whole(level), whole(sick), whole(starts), whole(draws), 12)
    for area, people in zip(got, draws, strict=True):
        rows = np.concatenate([np.arange(starts[p], starts[p + 1]) for p in people])
        assert area == pytest.approx(metrics.roc_auc_score(sick[rows], level[rows]), abs=1e-12)
