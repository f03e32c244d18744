"""What an error makes of three classes, and whether published figures fit each other."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from bonescan.stats.kappa import cohen_kappa, identity_weights
from bonescan.stats.published_check import (
    PUBLISHED,
    PublishedStudy,
    check_published,
    expected_classes,
    published_table,
    simulated_range,
)

# Simulated apart, 400,000 pairs each, with an error of ±0.002 in proportions:
# mean T, SD T, SD of the error, r, agreement, kappa, sensitivity, specificity.
SIMULATED = [
    (-1.4, 1.1, 0.32, 0.96, 0.859, 0.77, 0.85, 0.96),
    (-1.4, 1.1, 0.40, 0.94, 0.826, 0.72, 0.83, 0.95),
    (-1.4, 1.1, 0.83, 0.80, 0.667, 0.47, 0.72, 0.88),
    (-1.4, 1.3, 0.40, 0.96, 0.842, 0.75, 0.86, 0.95),
    (-1.4, 1.3, 0.60, 0.91, 0.769, 0.64, 0.80, 0.92),
    (-1.8, 1.1, 0.32, 0.96, 0.855, 0.77, 0.87, 0.94),
    (-1.8, 1.1, 0.44, 0.93, 0.804, 0.69, 0.84, 0.92),
    (-1.8, 1.3, 0.40, 0.96, 0.838, 0.75, 0.87, 0.94),
    (-1.8, 1.3, 0.83, 0.84, 0.690, 0.53, 0.78, 0.86),
]


@pytest.mark.parametrize("row", SIMULATED)
def test_the_integral_gives_what_a_simulation_gave(row):
    mean, sd, error, r, agreement, kappa, sensitivity, specificity = row
    found = expected_classes(mean, sd, error)
    assert found.agreement == pytest.approx(agreement, abs=0.003)
    assert found.kappa == pytest.approx(kappa, abs=0.008)
    assert found.sensitivity == pytest.approx(sensitivity, abs=0.008)
    assert found.specificity == pytest.approx(specificity, abs=0.008)
    assert found.r == pytest.approx(r, abs=0.006)
    assert np.sum(found.shares) == pytest.approx(1.0, abs=1e-12)


def test_the_shares_are_those_of_the_bivariate_normal():
    found = expected_classes(-1.5, 1.2, 0.5, -0.1)
    both = stats.multivariate_normal([-1.5, -1.6], [[1.44, 1.44], [1.44, 1.44 + 0.25]])
    assert found.shares[2][2] == pytest.approx(both.cdf([-2.5, -2.5]), abs=1e-6)
    at_least_osteopenia = both.cdf([-1.0, -1.0])
    four = np.array(found.shares)[1:, 1:].sum()
    assert four == pytest.approx(at_least_osteopenia, abs=1e-6)
    # rows are the test, which reads lower by the bias
    assert sum(found.shares[2]) == pytest.approx(stats.norm.cdf(-2.5, -1.6, np.sqrt(1.69)))


def test_a_small_error_leaves_the_classes_and_a_cohort_far_off_has_one():
    assert expected_classes(-1.5, 1.0, 1e-6).kappa == pytest.approx(1.0, abs=1e-5)
    high = expected_classes(20.0, 0.5, 0.4)
    assert high.agreement == pytest.approx(1.0)
    json.dumps(high.to_dict(), allow_nan=False)
    with pytest.raises(ValueError, match=r"SDs of 0 and 0\.4, wanted positive"):
        expected_classes(-1.0, 0, 0.4)


def test_simulated_cohorts_scatter_around_what_is_expected():
    expected = expected_classes(-1.5, 1.2, 0.5)
    ranges = simulated_range(expected, 500, np.random.default_rng(1), 4000)
    lo, hi = ranges["agreement"]
    # binomial: 1.96 standard errors on each side
    arm = 1.96 * np.sqrt(expected.agreement * (1 - expected.agreement) / 500)
    assert (lo, hi) == pytest.approx((expected.agreement - arm, expected.agreement + arm), abs=4e-3)
    kappa = cohen_kappa(np.round(1e6 * np.array(expected.shares)).astype(int), identity_weights(3))
    assert expected.kappa == pytest.approx(kappa.est, abs=1e-5)
    assert ranges["kappa"][0] < expected.kappa < ranges["kappa"][1]


def test_drawn_people_give_the_same_as_drawn_tables():
    rng = np.random.default_rng(2)
    n = 200_000
    reference = rng.normal(-1.5, 1.2, n)
    test = reference - 0.2 + rng.normal(0, 0.5, n)
    classes = [np.digitize(-t, [1.0, 2.5], right=False) for t in (test, reference)]
    # −T ≥ 2.5 is osteoporosis, −T ≤ 1.0 normal; equality has no mass here
    table = np.zeros((3, 3))
    np.add.at(table, tuple(classes), 1)
    expected = expected_classes(-1.5, 1.2, 0.5, -0.2)
    np.testing.assert_allclose(table / n, expected.shares, atol=0.004)


@pytest.mark.parametrize(
    ("agreement", "verdict"),
    [
        (0.83, "fits"),
        (0.95, "better than the error allows"),
        (0.6, "worse than the error explains"),
    ],
)
def test_the_verdict_on_both_sides(agreement, verdict):
    study = PublishedStudy(
        study="made up", site="L1-L4", n=1000, error_sd_t_score=0.4, bias_t_score=0.0,
        mean_t_score=(-1.8, -1.4), sd_t_score=(1.1, 1.3), source="", agreement=agreement,
    )  # fmt: skip
    (check,) = check_published(study, np.random.default_rng(3), 500)
    assert (check.statistic, check.verdict) == ("agreement", verdict)
    assert check.lowest < 0.82
    assert check.highest > 0.85


def test_the_published_agreement_at_the_spine_does_not_fit_its_error():
    table = {(c.study, c.site, c.statistic): c for c in published_table()}
    spine = table["Di Paola 2019", "L1-L4", "agreement"]
    assert spine.verdict == "better than the error allows"
    assert spine.highest < spine.published - 0.01
    assert table["Di Paola 2019", "L1-L4", "kappa"].verdict == "better than the error allows"
    # the neck is much nearer
    neck = table["Di Paola 2019", "femoral-neck", "agreement"]
    assert neck.published - neck.highest < 0.01
    # what is simulated does not hang on the seed
    again = {(c.study, c.site, c.statistic): c for c in published_table(seed=2)}
    assert {k: c.verdict for k, c in again.items()} == {k: c.verdict for k, c in table.items()}


def test_every_study_says_where_its_figures_are_from():
    assert len(PUBLISHED) == len({(s.study, s.site) for s in PUBLISHED})
    for study in PUBLISHED:
        assert "read" in study.source or "memory" in study.source
