"""Standard errors of medians and of clustered means against closed forms and repetition."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bonescan.stats.influence import MAD_TO_SD, clustered_standard_error, median_influence


def test_mad_to_sd_is_the_normal_constant() -> None:
    from scipy import stats

    assert pytest.approx(1.0 / stats.norm.ppf(0.75), rel=1e-12) == MAD_TO_SD


def test_the_median_of_normal_values_has_the_known_standard_error() -> None:
    # √(π/2) σ / √n: asymptotic variance of the median of a normal sample
    x = np.random.default_rng(1).normal(0.0, 2.0, size=(20_000, 1))
    u = clustered_standard_error(median_influence(x)[:, 0], np.arange(20_000))
    assert u == pytest.approx(math.sqrt(math.pi / 2.0) * 2.0 / math.sqrt(20_000), rel=0.03)


def test_the_median_of_correlated_columns_agrees_with_repetition() -> None:
    rng = np.random.default_rng(2)
    mix, weights = np.array([[1.0, 0.8], [0.0, 0.6]]), np.array([0.7, -0.2])
    repeated = np.median(rng.normal(size=(3000, 101, 2)) @ mix, axis=1) @ weights
    one = median_influence(rng.normal(size=(5000, 2)) @ mix) @ weights
    per_row = clustered_standard_error(one, np.arange(5000)) * math.sqrt(5000)
    assert per_row / math.sqrt(101) == pytest.approx(repeated.std(), rel=0.06)


def test_single_rows_as_clusters_give_the_standard_error_of_a_mean() -> None:
    x = np.array([1.0, 4.0, 2.0, 9.0])
    u = clustered_standard_error(x - x.mean(), [0, 1, 2, 3])
    assert u == pytest.approx(x.std(ddof=1) / 2.0)


def test_copies_in_a_cluster_add_no_certainty() -> None:
    x = np.array([1.0, 4.0, 2.0, 9.0])
    away = x - x.mean()
    once = clustered_standard_error(away, [0, 1, 2, 3])
    copied = clustered_standard_error(np.repeat(away, 5), np.repeat([0, 1, 2, 3], 5))
    assert copied == pytest.approx(once)


def test_one_cluster_tells_nothing() -> None:
    assert math.isnan(clustered_standard_error([1.0, -1.0], [3, 3]))


def test_a_column_that_does_not_vary_has_no_influence() -> None:
    assert np.all(median_influence(np.ones((5, 2))) == 0)
