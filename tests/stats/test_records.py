"""Results as plain values, and the input that statistics take."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from bonescan.model.estimate import Estimate
from bonescan.stats import quantiles
from bonescan.stats.pairs import checked_pairs, checked_series, size_of, varies
from bonescan.stats.record import Record, Significance, plain_value


@dataclass(frozen=True, kw_only=True)
class Nested(Record):
    part: Significance
    several: dict[float, Estimate]
    array: np.ndarray
    ends: tuple[float, float]


def test_a_record_becomes_plain_values_however_deep():
    found = Nested(
        part=Significance(statistic=1.5, p=None, method="t", reason="too few"),
        several={-2.5: Estimate(est=0.1, lo=0.0, hi=0.2)},
        array=np.array([1.0, math.nan]),
        ends=(-math.inf, 2.0),
    ).to_dict()
    assert found == {
        "part": {"statistic": 1.5, "p": None, "method": "t", "df": None, "reason": "too few"},
        "several": {"-2.5": {"est": 0.1, "lo": 0.0, "hi": 0.2}},
        "array": [1.0, None],
        "ends": [None, 2.0],
    }
    json.dumps(found, allow_nan=False)
    assert plain_value(np.int64(3)) == 3
    assert plain_value(np.float64("nan")) is None


def test_series_are_taken_as_they_are_or_refused():
    x, y = checked_pairs([1, 2], (3, 4))
    assert (x.dtype, y.tolist()) == (np.float64, [3.0, 4.0])
    with pytest.raises(ValueError, match="could not convert string"):
        checked_series(["a"], "x")
    with pytest.raises(ValueError, match="0 dimensions, wanted a plain series"):
        checked_series(3.0, "x")


@pytest.mark.parametrize(
    ("values", "answer"),
    [([], False), ([1.0], False), ([0.0, 0.0], False), ([0.1 + 0.2, 0.3], False),
     ([1.0, 1.0 + 0.9e-12], False), ([1.0, 1.0 + 1.1e-12], True), ([-1.0, 1.0], True)],
)  # fmt: skip
def test_rounding_is_no_variation(values, answer):
    assert varies(np.array(values)) is answer


def test_the_size_is_that_of_the_largest_value():
    assert size_of(np.array([1.0, -7.0]), np.array([])) == 7.0
    assert size_of(np.array([])) == 0.0


def test_quantiles_and_tails_are_those_of_scipy_stats():
    assert stats.norm.ppf(0.975) == quantiles.Z_95
    assert quantiles.normal_quantile(0.9) == pytest.approx(stats.norm.ppf(0.9), rel=1e-12)
    assert quantiles.normal_p(-1.5) == pytest.approx(2 * stats.norm.sf(1.5), rel=1e-12)
    for df in (1, 7, 4298):
        assert quantiles.t_quantile(0.975, df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-11)
        for t in (-0.3, 2.0, 30.0):
            assert quantiles.t_p(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)
        assert quantiles.chi2_quantile(0.025, df) == pytest.approx(stats.chi2.ppf(0.025, df))
        assert quantiles.chi2_p(3.0, df) == pytest.approx(stats.chi2.sf(3.0, df), rel=1e-10)
        assert quantiles.f_quantile(0.975, 3, df) == pytest.approx(stats.f.ppf(0.975, 3, df))
        assert quantiles.f_p(2.0, 3, df) == pytest.approx(stats.f.sf(2.0, 3, df), rel=1e-10)
    assert quantiles.kolmogorov_p(1.2) == pytest.approx(stats.kstwobign.sf(1.2), rel=1e-10)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.9999])
def test_confidence_is_a_share(confidence):
    assert quantiles.checked_confidence(confidence) == confidence


@pytest.mark.parametrize("confidence", [0.49, 1.0, 95, math.nan])
def test_other_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="wanted a share such as"):
        quantiles.checked_confidence(confidence)
