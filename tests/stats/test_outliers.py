"""Outliers: the published example, masking, and the chance of a false one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bonescan.stats.outliers import generalised_esd

# Rosner B. Technometrics 1983;25:165-172, as worked through in the NIST/SEMATECH e-Handbook of
# Statistical Methods, section 1.3.5.17.3 (54 values; three outliers).
ROSNER = [-0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56,
          1.58, 1.65, 1.69, 1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10,
          2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92,
          2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01]  # fmt: skip


def test_the_example_of_rosner():
    found = generalised_esd(ROSNER, 10)
    assert found.rows == (53, 52, 51)
    assert np.round(found.statistics, 3).tolist() == [
        3.119, 2.943, 3.179, 2.810, 2.816, 2.848, 2.279, 2.310, 2.102, 2.067,
    ]  # fmt: skip
    assert np.round(found.critical, 3).tolist() == [
        3.159, 3.151, 3.144, 3.136, 3.128, 3.120, 3.112, 3.103, 3.094, 3.085,
    ]  # fmt: skip
    # one by one, the first is below its limit and hides the others
    assert generalised_esd(ROSNER, 1).rows == ()


def test_normal_values_have_a_false_one_as_seldom_as_stated():
    rng = np.random.default_rng(1)
    false = sum(bool(generalised_esd(rng.normal(size=60)).rows) for _ in range(1000))
    assert false / 1000 == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize(
    ("values", "words"), [([], "fewer than 15"), ([1.0] * 14, "fewer"), ([1.0] * 15, "equal")]
)
def test_too_few_or_equal_values_are_stated(values, words):
    found = generalised_esd(values)
    assert found.rows == ()
    assert words in found.reason
    json.dumps(found.to_dict(), allow_nan=False)


def test_what_is_left_may_be_equal():
    found = generalised_esd([0.0] * 20 + [5.0], 3)
    assert found.rows == (20,)
    assert len(found.statistics) == 1


def test_more_than_half_are_no_outliers():
    with pytest.raises(ValueError, match="found 11 outliers to look for among 20 values"):
        generalised_esd(np.arange(20.0), 11)
