"""Pixels of dual-energy frames, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels import dual_energy as compiled
from bonescan.kernels.plain import dual_energy as plain
from bonescan.model.arrays import kernel_input

HOW = pytest.mark.parametrize("how", [compiled, plain], ids=["kernel", "twin"])
AIR = kernel_input([100.0, 200.0])
LINEAR = np.zeros((2, 9))
LINEAR[0, 0], LINEAR[0, 1], LINEAR[1, 1] = 2.0, -1.0, 3.0  # mineral 2 l - h, soft 3 h


@HOW
def test_a_linear_polynomial_by_hand(how):
    low, high = kernel_input([[9.5, 19.5]]), kernel_input([[49.5, 99.5]])
    maps = how.apparent_densities(low, high, AIR, AIR, kernel_input(LINEAR), 5.0)
    ten, two = np.log(10.0), np.log(2.0)
    np.testing.assert_allclose(maps[0], [[ten, ten]])
    np.testing.assert_allclose(maps[1], [[two, two]])
    np.testing.assert_allclose(maps[2], 2 * ten - two)
    np.testing.assert_allclose(maps[3], 3 * two)
    np.testing.assert_allclose(maps[4, 0], [4 / 10 + 1 / 50, 4 / 20 + 1 / 100])
    np.testing.assert_allclose(maps[5, 0], [-3 / 50, -3 / 100])
    np.testing.assert_allclose(maps[6, 0], [9 / 50, 9 / 100])


@HOW
@pytest.mark.parametrize("which", range(9))
def test_each_term_and_its_slopes(how, which):
    terms = np.zeros((2, 9))
    terms[0, which] = terms[1, which] = 1.0
    x, y = np.log(200.0 / 50.5), np.log(200.0 / 80.5)
    power = [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)][which]
    one = kernel_input([[50.0]]), kernel_input([[80.0]])
    air = kernel_input([200.0])
    maps = how.apparent_densities(*one, air, air, kernel_input(terms), 1.0)[:, 0, 0]
    assert maps[2] == pytest.approx(x ** power[0] * y ** power[1])
    by_x = power[0] * x ** max(power[0] - 1, 0) * y ** power[1]
    by_y = power[1] * x ** power[0] * y ** max(power[1] - 1, 0)
    assert maps[4] == pytest.approx(by_x**2 / 50.5 + by_y**2 / 80.5)
    assert maps[4] == pytest.approx(maps[5])
    assert maps[4] == pytest.approx(maps[6])


@HOW
def test_too_few_photons_in_either_channel_are_no_measurement(how):
    low, high = kernel_input([[25.0, 24.0, 90.0]]), kernel_input([[25.0, 90.0, 24.0]])
    air = kernel_input([100.0, 100.0, 100.0])
    maps = how.apparent_densities(low, high, air, air, kernel_input(LINEAR), 25.0)
    np.testing.assert_array_equal(np.isnan(maps).all(axis=0), [[False, True, True]])
    assert np.isfinite(maps[:, 0, 0]).all()


@HOW
def test_the_sums_of_a_row_by_hand(how):
    maps = np.zeros((7, 2, 3))
    maps[2], maps[3] = [[1.0, 2.0, 9.0], [np.nan] * 3], 10.0
    maps[4], maps[5], maps[6] = 0.5, 0.1, 0.2
    mask = kernel_input([[True, True, False], [False, False, False]], np.bool_)
    found = how.row_sums(kernel_input(maps), mask, kernel_input([1.0, 2.0, 3.0]))
    spread = [(0.5 - 2 * p * 0.1 + p * p * 0.2) / 100 for p in (0.1, 0.2)]
    wanted = [2, 3, 5, 0.3, 0.5, sum(spread), spread[0] + 2 * spread[1], spread[0] + 4 * spread[1]]
    np.testing.assert_allclose(found, [wanted, [0.0] * 8])


@HOW
def test_what_soft_tissue_looks_like_is_taken_off(how):
    maps = np.zeros((7, 1, 2))
    maps[2], maps[3], maps[4], maps[5], maps[6] = 1.0, 10.0, 0.5, 0.1, 0.2
    line, x = kernel_input([[0.01, 0.02]]), kernel_input([0.0, 2.0])
    density, variance = how.bone_density(kernel_input(maps), line, x, 2.0)
    np.testing.assert_allclose(density, [[2 * (1 - 0.1), 2 * (1 - 0.5)]])
    wanted = [4 * (0.5 - 2 * p * 0.1 + p * p * 0.2) for p in (0.01, 0.05)]
    np.testing.assert_allclose(variance, [wanted])
