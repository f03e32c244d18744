"""Statistics from sums equal the direct ones, and intervals by person those of SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bonescan.agree.resampling import (
    bootstrap,
    groups_of,
    pair_shares,
    pair_statistics,
    table_shares,
    table_statistics,
)
from bonescan.stats.agreement_correlation import icc_forms, lin_ccc
from bonescan.stats.bland_altman import bland_altman
from bonescan.stats.classes import class_agreement, class_table
from bonescan.stats.deming import bias_at, deming
from bonescan.stats.ordinary import ordinary_least_squares


@pytest.fixture
def sample() -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    x = rng.normal(0.8, 0.12, 60)
    return x, 0.02 + 0.97 * x + rng.gamma(2.0, 0.02, 60)


def statistics(x: Any, y: Any, ratio: float = 1.0, levels: Any = None) -> Any:
    shares = pair_shares(x, y, np.arange(x.size))
    return pair_statistics((x.mean(), y.mean()), ratio, levels)(shares.sum(axis=0))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_statistics_from_sums_are_the_direct_ones(sample: Any, ratio: float) -> None:
    x, y = sample
    found = statistics(x, y, ratio, {"at": 0.7})
    ba, line = bland_altman(x, y), deming(x, y, error_ratio=ratio)
    wanted = {
        "bias": ba.bias.est,
        "sd_diff": ba.sd_diff,
        "loa_lower": ba.loa_lower.est,
        "loa_upper": ba.loa_upper.est,
        "proportional_slope": ba.proportional_slope.est,
        "lin_ccc": lin_ccc(x, y).ccc.est,
        "icc_a1": icc_forms(np.column_stack([x, y])).icc_a1.est,
        "ols_intercept": ordinary_least_squares(x, y).intercept.est,
        "ols_slope": ordinary_least_squares(x, y).slope.est,
        "deming_intercept": line.intercept.est,
        "deming_slope": line.slope.est,
        "pearson": np.corrcoef(x, y)[0, 1],
        "at": bias_at(x, y, [0.7], error_ratio=ratio)[0.7].est,
    }
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-9), name


def test_table_statistics_are_the_direct_ones() -> None:
    rng = np.random.default_rng(8)
    reference = rng.integers(0, 3, 200).astype(np.int8)
    test = np.where(rng.random(200) < 0.7, reference, rng.integers(0, 3, 200)).astype(np.int8)
    table = class_table(test, reference)
    shares = table_shares(test, reference, groups_of([str(i % 50) for i in range(200)]))
    assert shares.shape == (50, 9)
    found, direct = table_statistics(shares.sum(axis=0)), class_agreement(table)
    for name in ("agreement", "kappa", "kappa_linear", "kappa_quadratic", "gwet_ac1"):
        assert float(found[name]) == pytest.approx(getattr(direct, name).est, rel=1e-12), name
    assert float(found["sensitivity"]) == pytest.approx(table[2, 2] / table[:, 2].sum())
    assert float(found["specificity"]) == pytest.approx(table[:2, :2].sum() / table[:, :2].sum())
    assert float(found["npv"]) == pytest.approx(table[:2, :2].sum() / table[:2].sum())


def test_bca_intervals_are_those_of_scipy(sample: Any) -> None:
    """Both with 8,000 resamples of their own: ends agree to a tenth of the width."""
    x, y = sample
    found = bootstrap(
        pair_shares(x, y, np.arange(x.size)), pair_statistics((x.mean(), y.mean()), 1.0), 8000, 5
    )
    peer = scipy_stats.bootstrap(
        (y - x,), lambda d, axis: d.std(axis=axis, ddof=1), n_resamples=8000, method="BCa",
        rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    mine = found["sd_diff"]
    assert mine.method == "bca-by-subject"
    assert mine.lo == pytest.approx(peer.low, abs=0.1 * (peer.high - peer.low))
    assert mine.hi == pytest.approx(peer.high, abs=0.1 * (peer.high - peer.low))


def test_the_seed_and_the_order_of_people() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=30)
    y = x + rng.normal(scale=0.2, size=30)
    order = rng.permutation(30)
    make = pair_statistics((0.0, 0.0), 1.0)
    shares = np.column_stack([np.ones(30), x, y, x * x, y * y, x * y])
    one, again = bootstrap(shares, make, 200, 7), bootstrap(shares[order], make, 200, 7)
    other = bootstrap(shares, make, 200, 8)
    assert one["bias"].lo == pytest.approx(again["bias"].lo, rel=1e-12)
    assert one["bias"].lo != other["bias"].lo


def test_too_few_people_have_no_interval() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0])
    shares = pair_shares(x, x + 0.1, groups_of(["a", "a", "b", "b"]))
    found = bootstrap(shares, pair_statistics((2.5, 2.6), 1.0), 100, 1)
    assert found["bias"].est == pytest.approx(0.1)
    assert found["bias"].lo is None
    assert "2 people" in found["bias"].reason


def test_what_is_undefined_in_the_resamples_is_not_given() -> None:
    """One person of twenty has the disease: a third of the resamples have nobody with it."""
    reference = np.array([2] + [0] * 19, dtype=np.int8)
    shares = table_shares(reference, reference, np.arange(20))
    found = bootstrap(shares, table_statistics, 500, 1)
    assert found["sensitivity"].lo is None
    assert "many resamples" in found["sensitivity"].reason
    assert found["agreement"].est == 1.0


def test_a_statistic_without_a_value_has_none() -> None:
    reference = np.zeros(10, dtype=np.int8)
    found = bootstrap(table_shares(reference, reference, np.arange(10)), table_statistics, 50, 1)
    assert found["sensitivity"].est is None
    assert found["sensitivity"].reason
