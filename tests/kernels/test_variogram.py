"""Squared differences of pixels, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels import variogram as compiled
from bonescan.kernels.plain import variogram as plain
from bonescan.model.arrays import kernel_input

HOW = pytest.mark.parametrize("how", [compiled, plain], ids=["kernel", "twin"])


@HOW
def test_the_pairs_of_a_small_image_counted_by_hand(how):
    image = kernel_input([[1.0, 2.0, 4.0], [0.0, np.nan, 3.0]])
    offsets = kernel_input([(0, 1), (1, 0), (1, -1), (1, 1), (0, 3), (2, 0)], np.int64)
    sums, n_pairs = how.squared_differences(image, offsets)
    # across: 1-2, 2-4; down: 1-0, 4-3; down left: 2-0; down right: 2-3; then none
    np.testing.assert_array_equal(sums, [1 + 4, 1 + 1, 4, 1, 0, 0])
    np.testing.assert_array_equal(n_pairs, [2, 2, 1, 1, 0, 0])


@HOW
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_an_image_without_pixels_has_no_pair(how, shape):
    offsets = kernel_input([(0, 1), (1, -1)], np.int64)
    sums, n_pairs = how.squared_differences(kernel_input(np.zeros(shape)), offsets)
    assert not sums.any()
    assert not n_pairs.any()


@HOW
def test_an_infinite_pixel_stays_visible(how):
    image = kernel_input([[np.inf, 1.0, 2.0]])
    sums, _ = how.squared_differences(image, kernel_input([(0, 1)], np.int64))
    assert np.isinf(sums[0])
