"""The random-intercept model against R (lme4, lmerTest, emmeans), statsmodels and closed forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.stats.mixed_model import MixedModel, fit_random_intercept

VISITS = ["T3", "L6", "PW"]
TERMS = ["(Intercept)", "visitT3", "visitL6", "visitPW", "deviceB"]


@pytest.fixture(scope="module")
def cohort(table: Callable[[str], Any]) -> tuple[list[float], np.ndarray, list[str]]:
    """80 women, scans of one visit and device averaged first."""
    columns = table("pop_cohort")
    cells: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    keys = zip(columns["woman_id"], columns["visit"], columns["device"], strict=True)
    for key, value in zip(keys, columns["fn_bmd"], strict=True):
        cells[key].append(float(value))
    design = [[1.0, *(v == visit for v in VISITS), d == "B"] for _, visit, d in cells]
    return (
        [float(np.mean(v)) for v in cells.values()],
        np.array(design, dtype=float),
        [woman for woman, _, _ in cells],
    )


@pytest.mark.parametrize(
    ("block", "n_terms", "reml"),
    [
        ("lmer_visit_reml_satterthwaite", 4, True),
        ("lmer_visit_device_reml", 5, True),
        ("lmer_visit_ml", 4, False),
    ],
)
def test_equal_to_lmer(
    cohort: Any, expected: Callable[[str], Any], block: str, n_terms: int, reml: bool
) -> None:
    y, x, women = cohort
    want = expected("pop_cohort")[block]
    names = TERMS[:n_terms]
    found = fit_random_intercept(y, x[:, :n_terms], women, names, reml=reml)
    assert (found.n_obs, found.n_groups, found.on_the_border) == (want["n_obs"], 80, False)
    # R's optimiser stops a little short: the likelihood it reached is not above ours
    assert found.log_likelihood == pytest.approx(want["loglik"], abs=1e-6)
    assert found.log_likelihood >= want["loglik"] - 1e-9
    loose = 1e-7 if reml else 5e-5
    assert found.sd_random == pytest.approx(want["sd_random"], rel=loose)
    assert found.sd_residual == pytest.approx(want["sd_resid"], rel=loose)
    for name in names:
        term = found.term(name)
        assert term.est == pytest.approx(want["fixef"][name], abs=1e-8)
        assert term.se == pytest.approx(want["se"][name], rel=loose)
        if reml:
            assert term.df == pytest.approx(want["df"][name], rel=1e-6)
            assert term.p == pytest.approx(want["p"][name], rel=1e-4)


def test_intervals_and_the_joint_test_are_those_of_emmeans(
    cohort: Any, expected: Callable[[str], Any]
) -> None:
    y, x, women = cohort
    found = fit_random_intercept(y, x[:, :4], women, TERMS[:4])
    want = expected("pop_cohort")
    for number, visit in enumerate(VISITS):
        term = found.term(f"visit{visit}")
        block = want["contrasts_vs_T1_none"]
        assert (term.lo, term.hi) == pytest.approx(
            (block["lower.CL"][number], block["upper.CL"][number]), rel=1e-7
        )
        mean = found.contrast([1.0, *(v == visit for v in VISITS)])
        assert mean.est == pytest.approx(want["emmeans"]["emmean"][number + 1], rel=1e-9)
        assert mean.df == pytest.approx(want["emmeans"]["df"][number + 1], rel=1e-6)
    together = found.test_together(TERMS[1:4])
    block = want["anova_satterthwaite"]
    assert together.statistic == pytest.approx(block["F"], rel=1e-7)
    assert together.df == pytest.approx(block["dendf"], rel=1e-6)
    assert together.p == pytest.approx(block["p"], rel=1e-5)


@pytest.mark.shared
def test_orthodont_is_that_of_r(shared_dir: Any) -> None:
    import csv
    import json

    folder = shared_dir / "data" / "stats" / "visible"
    want = json.loads((folder / "orthodont.expected.json").read_text())["random_intercept"]
    with (folder / "orthodont.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    x = [[1.0, float(r["age"]), r["Sex"] == "Female"] for r in rows]
    found = fit_random_intercept(
        [float(r["distance"]) for r in rows],
        x,
        [r["Subject"] for r in rows],
        ["(Intercept)", "age", "SexFemale"],
    )
    assert -2.0 * found.log_likelihood == pytest.approx(want["reml_criterion"], abs=1e-6)
    assert [found.sd_random, found.sd_residual] == pytest.approx(want["varcorr"]["sdcor"], rel=1e-6)
    for name in found.names:
        assert found.term(name).df == pytest.approx(want["df_satterthwaite"][name], rel=1e-6)
        assert found.term(name).p == pytest.approx(want["p"][name], rel=1e-5)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**31), spread=st.sampled_from([0.3, 1.0, 5.0]))
def test_equal_to_statsmodels_on_ragged_data(seed: int, spread: float) -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(seed)
    people = np.repeat(np.arange(25), rng.integers(1, 5, 25))
    x = np.column_stack([np.ones(people.size), rng.normal(size=people.size)])
    y = x @ [1.0, 0.5] + spread * rng.normal(size=25)[people] + rng.normal(size=people.size)
    found = fit_random_intercept(y, x, people.tolist(), ["one", "slope"])
    peer = MixedLM(y, x, people)
    peer.cov_pen = peer.fe_pen = None
    peer._cov_sing = 0
    # statsmodels' own optimiser wanders; its likelihood is asked at our optimum and beside it
    if found.on_the_border:
        assert peer.loglike(_params(peer, found, 1e-9), profile_fe=True) == pytest.approx(
            found.log_likelihood, abs=1e-5
        )
        assert peer.loglike(_params(peer, found, 0.02), profile_fe=True) <= found.log_likelihood
        return
    ratio = found.sd_random**2 / found.sd_residual**2
    own = peer.loglike(_params(peer, found, ratio), profile_fe=True)
    assert found.log_likelihood == pytest.approx(own, abs=1e-6)
    for factor in (0.9, 1.1):
        assert peer.loglike(_params(peer, found, factor * ratio), profile_fe=True) <= own + 1e-9


def _params(_peer: Any, found: MixedModel, ratio: float) -> Any:
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    return MixedLMParams.from_components(fe_params=found.beta, cov_re=np.array([[ratio]]))


def test_balanced_data_have_closed_forms() -> None:
    """k values a person, no terms but the mean: ANOVA estimates; df of the mean = people − 1."""
    rng = np.random.default_rng(4)
    y = rng.normal(size=(12, 3)) + 2.0 * rng.normal(size=(12, 1))
    found = fit_random_intercept(y.ravel(), np.ones((36, 1)), list(np.repeat(range(12), 3)), ["m"])
    between = 3.0 * y.mean(axis=1).var(ddof=1)
    within = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum() / 24.0
    assert found.sd_residual**2 == pytest.approx(within, rel=1e-9)
    assert found.sd_random**2 == pytest.approx((between - within) / 3.0, rel=1e-9)
    assert found.term("m").est == pytest.approx(y.mean(), rel=1e-12)
    assert found.term("m").df == pytest.approx(11.0, rel=1e-6)


def test_people_who_do_not_differ_are_ordinary_least_squares() -> None:
    """Persons' means closer together than noise allows: no variance between them, df = n − k."""
    y = np.array([1.0, -1.0] * 10) + np.linspace(0.0, 1e-3, 20)
    found = fit_random_intercept(y, np.ones((20, 1)), list(np.repeat(range(10), 2)), ["m"])
    assert found.on_the_border
    assert found.sd_random == 0.0
    assert found.term("m").df == 19.0
    assert found.term("m").se == pytest.approx(y.std(ddof=1) / np.sqrt(20.0), rel=1e-12)


def test_the_order_of_rows_does_not_matter(cohort: Any) -> None:
    y, x, women = cohort
    order = np.random.default_rng(1).permutation(len(y))
    one = fit_random_intercept(y, x, women, TERMS)
    two = fit_random_intercept(np.array(y)[order], x[order], [women[i] for i in order], TERMS)
    assert two.beta == pytest.approx(one.beta, rel=1e-9)
    assert two.term("visitL6").df == pytest.approx(one.term("visitL6").df, rel=1e-7)


@pytest.mark.parametrize(
    ("y", "x", "groups", "names", "words"),
    [
        ([1.0, 2.0], [[1.0], [1.0]], ["a"], ["m"], "wanted as many of each"),
        ([1.0, np.nan, 2.0], [[1.0]] * 3, ["a", "a", "b"], ["m"], "not finite"),
        ([1.0], [[1.0]], ["a"], ["m"], "more rows than terms"),
        ([1.0, 2.0, 4.0], [[1.0, 2.0]] * 3, ["a", "a", "b"], ["m", "n"], "full rank"),
        ([1.0, 2.0, 4.0], [[1.0, 0.0]] * 3, ["a", "a", "b"], ["m", "n"], "full rank"),
        ([1.0, 2.0, 4.0], [[1.0]] * 3, ["a", "b", "c"], ["m"], "nobody with two values"),
        ([2.0, 2.0, 2.0], [[1.0]] * 3, ["a", "a", "b"], ["m"], "no spread beside the terms"),
        ([1.0, 1.0, 2.0, 2.0], [[1.0]] * 4, list("aabb"), ["m"], "no spread within people"),
    ],
)
def test_what_can_not_be_fitted_is_refused(
    y: Any, x: Any, groups: list[str], names: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        fit_random_intercept(y, x, groups, names)


def test_weights_of_another_length_are_refused(cohort: Any) -> None:
    y, x, women = cohort
    with pytest.raises(ValueError, match="wanted"):
        fit_random_intercept(y, x, women, TERMS).contrast([1.0])
