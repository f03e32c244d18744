"""Isotonic regression against scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from bonescan.stats.isotonic import isotonic, isotonic_gain_1
from bonescan.stats.regression import ridge


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_that_of_scikit_learn(seed) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 30, 80).astype(float), rng.normal(size=80)
    want = IsotonicRegression().fit(x, y).predict(x)
    np.testing.assert_allclose(isotonic(x, y), want, atol=1e-12)


def test_a_line_gains_nothing_and_a_step_gains_much() -> None:
    x = np.arange(10.0)
    assert isotonic_gain_1(x, 2.0 * x + 1.0) == pytest.approx(0.0, abs=1e-6)
    assert isotonic_gain_1(x, (x > 4).astype(float)) == pytest.approx(1.0)


def test_ridge_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 4)) * [1.0, 10.0, 0.1, 1.0]
    y = x @ [1.0, 0.2, 3.0, 0.0] + rng.normal(size=60)
    scale = StandardScaler().fit(x)
    want = Ridge(alpha=0.05 * 60).fit(scale.transform(x), y)
    np.testing.assert_allclose(
        ridge(x, y, 0.05).predict(x), want.predict(scale.transform(x)), atol=1e-9
    )
    free = ridge(x, y, 0.0)
    exact, *_ = np.linalg.lstsq(np.column_stack([np.ones(60), x]), y, rcond=None)
    np.testing.assert_allclose([free.intercept, *free.coefficients], exact, atol=1e-9)
