"""Correlation with models and the best of a library, against closed forms and NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels.match import pearson_match, top_matches, unit_rows
from bonescan.model.arrays import kernel_input


def unit32(rows):
    return kernel_input(unit_rows(kernel_input(rows)), np.float32)


def test_a_unit_row_has_mean_0_and_norm_1():
    unit = unit_rows(kernel_input([[1, 2, 3, 4], [1e8, 1e8 + 1, 1e8, 1e8 - 1]]))
    np.testing.assert_allclose(unit.sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose((unit**2).sum(axis=1), 1, rtol=1e-12)
    # deviations -1.5 -0.5 0.5 1.5, their squares sum to 5
    np.testing.assert_allclose(unit[0], np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(5), rtol=1e-14)


@pytest.mark.parametrize(
    "row",
    [[0.1] * 51, [0.0] * 51, [-1e99] * 51, [1e300, *[1.0] * 50], [1.0, np.nan, *[2.0] * 49],
     [1.0, np.inf, *[2.0] * 49], [1.0, -np.inf, *[np.inf] * 49]],
    ids=["constant", "zero", "constant and large", "too large", "nan", "inf", "both infinities"],
)  # fmt: skip
def test_a_row_without_shape_is_nan_and_matches_nothing(row):
    rows = kernel_input([row, np.arange(51)])
    unit = unit_rows(rows)
    assert np.isnan(unit[0]).all()
    assert np.isfinite(unit[1]).all()
    r = pearson_match(rows, kernel_input(unit[1:]))
    assert np.isnan(r[0, 0])
    assert r[1, 0] == pytest.approx(1, abs=1e-12)
    index, best = top_matches(unit32(rows), unit32([np.arange(51)]), 1)
    assert index.tolist() == [[-1], [0]]
    assert np.isnan(best[0, 0])
    index, _ = top_matches(unit32([np.arange(51)]), unit32([row, np.arange(51)[::-1]]), 1)
    assert index.tolist() == [[1]]


def test_r_equals_numpys_to_1e_10():
    rng = np.random.default_rng(1)
    spectra, models = rng.normal(-40, 6, (40, 51)), rng.normal(-40, 6, (3, 51))
    r = pearson_match(kernel_input(spectra), kernel_input(unit_rows(kernel_input(models))))
    np.testing.assert_allclose(r, np.corrcoef(spectra, models)[:40, 40:], rtol=0, atol=1e-10)


def test_r_forgets_level_and_scale_but_not_sign():
    x = np.random.default_rng(2).normal(size=20)
    models = kernel_input(unit_rows(kernel_input([x])))
    r = pearson_match(kernel_input([x, 3 * x - 55, -0.1 * x + 9]), models)
    np.testing.assert_allclose(r[:, 0], [1, 1, -1], atol=1e-12)
    assert (np.abs(r) <= 1).all()


def test_no_spectra_no_models_no_bins():
    assert unit_rows(kernel_input(np.empty((0, 5)))).shape == (0, 5)
    assert unit_rows(kernel_input(np.empty((3, 0)))).shape == (3, 0)
    r = pearson_match(kernel_input(np.empty((2, 0))), kernel_input(np.empty((1, 0))))
    assert r.shape == (2, 1)
    assert np.isnan(r).all()
    rows = kernel_input(np.eye(3))
    assert pearson_match(rows, kernel_input(np.empty((0, 3)))).shape == (3, 0)


def test_equal_models_are_ranked_by_their_row():
    rng = np.random.default_rng(3)
    x, other = rng.normal(size=(2, 30))
    # equal rows far apart, in different blocks of the library
    rows = np.vstack([other, x, rng.normal(size=(1000, 30)), x, 2 * x + 1, other])
    index, r = top_matches(unit32([x]), unit32(rows), 3)
    assert index[0, 0] == 1
    assert set(index[0]) == {1, 1002, 1003}
    copies = np.vstack([other, *[x] * 700])
    index, r = top_matches(unit32([x]), unit32(copies), 4)
    assert index.tolist() == [[1, 2, 3, 4]]
    assert (r == r[0, 0]).all()


def test_fewer_models_than_wanted_leaves_places_empty():
    rng = np.random.default_rng(4)
    index, r = top_matches(unit32(rng.normal(size=(2, 9))), unit32(rng.normal(size=(3, 9))), 5)
    assert (index[:, 3:] == -1).all()
    assert np.isnan(r[:, 3:]).all()
    np.testing.assert_array_equal(np.sort(index[:, :3], axis=1), [[0, 1, 2]] * 2)
    assert (np.diff(r[:, :3], axis=1) <= 0).all()


@pytest.mark.parametrize(("n", "m", "k"), [(0, 3, 2), (2, 0, 2), (2, 3, 0)])
def test_nothing_to_match(n, m, k):
    rng = np.random.default_rng(5)
    spectra = kernel_input(rng.normal(size=(n, 6)), np.float32)
    index, r = top_matches(spectra, kernel_input(rng.normal(size=(m, 6)), np.float32), k)
    assert index.shape == r.shape == (n, k)
    assert (index == -1).all()


def test_the_best_are_found_across_blocks():
    rng = np.random.default_rng(6)
    spectra, library = unit32(rng.normal(size=(70, 12))), unit32(rng.normal(size=(600, 12)))
    index, r = top_matches(spectra, library, 5)
    exact = spectra.astype(float) @ library.astype(float).T
    order = np.argsort(-exact, axis=1)[:, :5]
    np.testing.assert_array_equal(index, order)
    np.testing.assert_allclose(r, np.take_along_axis(exact, order, axis=1), rtol=1e-12)
