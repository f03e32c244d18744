"""Least squares against certified values of NIST; component regression against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bonescan.stats.regression import component_regression, least_squares

# NIST Statistical Reference Datasets, "Norris" (linear regression, lower difficulty); y, x.
NORRIS = """
0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3
449.1 448.6 778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0
448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1 998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3
0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0 10.2 11.1 117.6 118.3
228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5
"""


def test_norris_of_nist() -> None:
    y, x = np.array(NORRIS.split(), dtype=float).reshape(-1, 2).T
    fit = least_squares(x, y)
    # certified values
    assert fit.intercept == pytest.approx(-0.262323073774029, rel=1e-9)
    assert fit.coefficients[0] == pytest.approx(1.00211681802045, rel=1e-12)
    assert fit.see == pytest.approx(0.884796396144373, rel=1e-9)
    assert fit.n == 36


def test_a_plane_is_found_far_from_zero() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 3)) + 1e6
    y = 5.0 + x @ [1.0, -2.0, 0.5]
    fit = least_squares(x, y)
    np.testing.assert_allclose(fit.coefficients, [1.0, -2.0, 0.5], rtol=1e-8)
    np.testing.assert_allclose(fit.predict(x), y, rtol=1e-9)


def test_no_residual_freedom_gives_no_see() -> None:
    assert math.isnan(least_squares([0.0, 1.0], [1.0, 2.0]).see)
    assert least_squares([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]).see == pytest.approx(0.0, abs=1e-12)


def test_rows_and_values_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="found 3 rows and 2 values"):
        least_squares([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="found 0 rows"):
        least_squares([], [])


def test_all_components_are_ordinary_least_squares() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(40, 5)), rng.normal(size=40)
    all_components, plain = component_regression(x, y, 5), least_squares(x, y)
    np.testing.assert_allclose(all_components.weights, plain.coefficients, atol=1e-12)
    np.testing.assert_allclose(all_components.predict(x), plain.predict(x), atol=1e-12)


def test_one_component_follows_the_direction_of_most_variance() -> None:
    # points on the line t · (3, 4) / 5: the first component is (0.6, 0.8) by construction
    t = np.array([-2.0, -1.0, 0.5, 1.0, 1.5])
    fit = component_regression(np.outer(t, [3.0, 4.0]), 10.0 + 2.0 * t, 1)
    np.testing.assert_allclose(fit.components, [[0.6, 0.8]], atol=1e-12)
    np.testing.assert_allclose(fit.coefficients, [0.4], atol=1e-12)
    np.testing.assert_allclose(fit.weights, [0.24, 0.32], atol=1e-12)


def test_components_point_the_same_way_when_the_data_are_turned_round() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(20, 4)), rng.normal(size=20)
    here, there = component_regression(x, y, 2), component_regression(-x, y, 2)
    np.testing.assert_allclose(here.components, there.components, atol=1e-12)
    assert np.all(here.components[np.arange(2), np.abs(here.components).argmax(axis=1)] > 0)


@pytest.mark.parametrize("n", [0, 5])
def test_impossible_numbers_of_components_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"found {n} components, wanted 1 to 4"):
        component_regression(np.zeros((5, 6)), np.zeros(5), n)
