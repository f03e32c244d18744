"""Logistic regression against statsmodels and scikit-learn, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bonescan.stats.logistic import fit_logistic


def people(n: int, seed: int, strength: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [1.0, 5.0, 0.1] + [0.0, 30.0, 1.0]
    logit = strength * (x[:, 0] + (x[:, 1] - 30.0) / 5.0)
    return x, (rng.uniform(size=n) < 1.0 / (1.0 + np.exp(-logit))).astype(float)


def test_equal_to_statsmodels_and_scikit_learn() -> None:
    import statsmodels.api as sm
    from sklearn.metrics import roc_auc_score

    x, y = people(300, 1)
    found = fit_logistic(x, y, ["a", "b", "c"])
    scaled = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    peer = sm.Logit(y, sm.add_constant(scaled)).fit(disp=False, tol=1e-12)
    for number, name in enumerate(found.names):
        term = found.terms[name]
        assert term.est == pytest.approx(peer.params[number + 1], rel=1e-7)
        assert [term.lo, term.hi] == pytest.approx(peer.conf_int()[number + 1], rel=1e-7)
        assert term.p == pytest.approx(peer.pvalues[number + 1], rel=1e-6)
    assert found.intercept == pytest.approx(peer.params[0], rel=1e-7)
    assert found.predict(x) == pytest.approx(peer.predict(), rel=1e-6)
    assert found.log_likelihood == pytest.approx(peer.llf, rel=1e-10)
    assert found.auc == pytest.approx(roc_auc_score(y, peer.predict()), rel=1e-12)


def test_optimism_is_what_new_people_take_away() -> None:
    """Covariates that know nothing: corrected AUC near 0.5, the apparent one above."""
    gaps, corrected = [], []
    for seed in range(6):
        x, y = people(80, seed, strength=0.0)
        found = fit_logistic(x, y, ["a", "b", "c"])
        assert found.auc_corrected is not None
        gaps.append(found.auc - found.auc_corrected)
        corrected.append(found.auc_corrected)
        assert found.calibration_slope_corrected is not None
        assert found.calibration_slope_corrected < 0.8
    assert np.mean(gaps) > 0.03
    assert np.mean(corrected) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(("n_events", "passes"), [(30, True), (29, False), (70, True), (71, False)])
def test_ten_events_and_ten_others_a_covariate(n_events: int, passes: bool) -> None:
    x = np.random.default_rng(2).normal(size=(100, 3))
    y = (np.arange(100) < n_events).astype(float)
    if passes:
        assert fit_logistic(x, y, ["a", "b", "c"]).n_events == n_events
    else:
        with pytest.raises(ValueError, match=f"found {n_events} events among 100 .* wanted 30"):
            fit_logistic(x, y, ["a", "b", "c"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": np.repeat([0.0, 2.0], 50)}, "other than 0 and 1"),
        ({"names": ["a"]}, "do not match"),
        ({"x": np.ones((100, 2))}, "does not vary: a"),
        ({"x": np.repeat([[0.0, 1.0], [9.0, 1.5]], 50, axis=0) + 1e-3}, "tell apart completely"),
    ],
)
def test_what_can_not_be_fitted_is_refused(change: dict[str, Any], words: str) -> None:
    rng = np.random.default_rng(3)
    given: dict[str, Any] = {
        "x": rng.normal(size=(100, 2)),
        "y": np.repeat([0.0, 1.0], 50),
        "names": ["a", "b"],
    } | change
    if "x" in change and words.startswith("tell"):
        given["x"] = given["x"] + rng.normal(size=(100, 2)) * [0.1, 1.0]
    with pytest.raises(ValueError, match=words):
        fit_logistic(given["x"], given["y"], given["names"])
