"""Logarithms against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels.log2 import log2_positive


def test_powers_of_two_are_exact():
    exponent = np.arange(-126, 128).reshape(2, -1)
    got = log2_positive(np.exp2(exponent).astype(np.float32))
    np.testing.assert_array_equal(got, exponent)


def test_error_stays_within_what_is_promised():
    values = np.exp(np.linspace(-80, 80, 4001)).astype(np.float32).reshape(1, -1)
    want = np.log2(values.astype(np.float64))
    error = np.abs(log2_positive(values) - want)
    assert (error <= 1.5e-7 + 1e-7 * np.abs(want)).all()


@pytest.mark.parametrize("value", [0.0, -0.0, -1.0, np.nan, np.inf, -np.inf, 1e-39, -3e38])
def test_what_has_no_logarithm_is_nan(value):
    with np.errstate(under="ignore"):
        array = np.array([[value, 2.0]], np.float32)
    got = log2_positive(array)
    assert np.isnan(got[0, 0])
    assert got[0, 1] == 1


def test_empty():
    assert log2_positive(np.empty((0, 3), np.float32)).shape == (0, 3)
