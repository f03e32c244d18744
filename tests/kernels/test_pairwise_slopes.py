"""Counting and keeping slopes, against sorting all of them."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels import pairwise_slopes as compiled
from bonescan.kernels.plain import pairwise_slopes as plain
from bonescan.model.arrays import kernel_input

HOW = pytest.mark.parametrize("how", [compiled, plain], ids=["kernel", "twin"])


def points(n, seed=1):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(size=n))
    return kernel_input(x), kernel_input(x + rng.normal(size=n))


@HOW
def test_the_slopes_of_four_points_counted_by_hand(how):
    # slopes of (0,0) (1,-1) (1,2) (2,2): -1 (out), 2, 1, +inf, 3, 0; below -1: none
    x, y = kernel_input([0, 1, 1, 2]), kernel_input([0, -1, 2, 2])
    assert how.count_slopes(x, y, 1e-12, False) == (5, 0)
    assert how.count_slopes(x, y, 1e-12, True) == (5, 0)  # -1 takes part, the vertical one not
    slopes, below, between = how.slopes_between(x, y, 0.5, 2.5, 1e-12, False, 9)
    np.testing.assert_array_equal(slopes, [2, 1])
    assert (below, between) == (1, 2)


@HOW
def test_a_vertical_pair_is_infinite_by_the_sign_of_dy(how):
    falling = kernel_input([1, 1]), kernel_input([5, 3])
    assert how.count_slopes(*falling, 1e-12, False) == (1, 1)
    assert how.slopes_between(*falling, -1e300, 1e300, 1e-12, False, 9)[1:] == (1, 0)
    rising = kernel_input([1, 1]), kernel_input([3, 5])
    assert how.count_slopes(*rising, 1e-12, False) == (1, 0)
    assert how.slopes_between(*rising, -1e300, 1e300, 1e-12, False, 9)[1:] == (0, 0)
    assert how.count_slopes(*rising, 1e-12, True) == (0, 0)


@HOW
@pytest.mark.parametrize(("apart", "n_slopes"), [(0.9e-12, 0), (1.1e-12, 1)])
def test_a_slope_of_minus_1_is_out_up_to_rounding_and_no_further(how, apart, n_slopes):
    x, y = kernel_input([0, 0.25]), kernel_input([0, -0.25 - apart])
    assert how.count_slopes(x, y, 1e-12, False) == (n_slopes, n_slopes)
    same = kernel_input([0, apart]), kernel_input([0, 0])
    assert how.count_slopes(*same, 1e-12, False)[0] == n_slopes


@HOW
def test_every_slope_lies_below_between_or_above(how):
    x, y = points(40)
    i, j = np.triu_indices(40, 1)
    slope = (y[j] - y[i]) / (x[j] - x[i])
    assert how.count_slopes(x, y, 1e-12, False) == (780, int((slope < -1).sum()))
    slopes, below, between = how.slopes_between(x, y, -0.5, 1.5, 1e-12, True, 780)
    inside = slope[(slope >= -0.5) & (slope <= 1.5)]
    np.testing.assert_array_equal(slopes, inside)
    assert (below, between) == (int((slope < -0.5).sum()), inside.size)


@HOW
@pytest.mark.parametrize("room", [0, 1, 7, 100])
def test_what_there_is_no_room_for_is_still_counted(how, room):
    x, y = points(20)
    whole = how.slopes_between(x, y, -2.0, 2.0, 1e-12, False, 190)
    slopes, below, between = how.slopes_between(x, y, -2.0, 2.0, 1e-12, False, room)
    assert (below, between) == whole[1:]
    np.testing.assert_array_equal(slopes, whole[0][:room])


@HOW
@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_points_have_no_slope(how, n):
    x = kernel_input(np.zeros(n))
    assert how.count_slopes(x, x, 1e-12, False) == (0, 0)
    slopes, below, between = how.slopes_between(x, x, -1.0, 1.0, 1e-12, False, 3)
    assert (slopes.size, below, between) == (0, 0, 0)
