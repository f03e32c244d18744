"""Bootstrap by person: SciPy's own intervals on the same draws, and clusters kept whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bonescan.stats.classes import class_agreement, class_table, who_class
from bonescan.stats.kappa import cohen_kappa, identity_weights, linear_weights, quadratic_weights
from bonescan.stats.roc import auc
from bonescan.stats.subject_bootstrap import (
    SubjectStatistic,
    agreements,
    kappas,
    statistic_of_auc,
    statistic_of_rows,
    statistic_of_sums,
    statistic_of_table,
    subject_bootstrap,
)

METHODS = ["percentile", "bca"]
SCIPY = {"percentile": "percentile", "bca": "BCa"}


@pytest.fixture
def pairs() -> tuple[Any, Any]:
    rng = np.random.default_rng(11)
    reference = rng.normal(-1.8, 1.1, 60)
    return reference + rng.normal(0, 0.5, 60), reference


def of_scipy(data: tuple[Any, ...], statistic: Callable[..., Any], method: str, seed: int) -> Any:
    return stats.bootstrap(
        data, statistic, paired=True, vectorized=False, n_resamples=300, method=SCIPY[method],
        random_state=np.random.default_rng(seed),
    )  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("weights", [identity_weights, linear_weights, quadratic_weights])
def test_kappas_have_the_interval_of_scipy(
    method: Any, weights: Callable[[int], Any], pairs: tuple[Any, Any]
) -> None:
    test, reference = (who_class(t) for t in pairs)

    def kappa(a: Any, b: Any) -> Any:
        return cohen_kappa(class_table(a, b), weights(3)).est

    want = of_scipy((test, reference), kappa, method, 5)
    found = subject_bootstrap(
        statistic_of_table(test, reference, kappas(weights(3))), seed=5, n_resamples=300,
        method=method,
    )  # fmt: skip
    assert found.estimate.est == pytest.approx(kappa(test, reference), rel=1e-12)
    assert (found.estimate.lo, found.estimate.hi) == pytest.approx(
        tuple(want.confidence_interval), rel=1e-9
    )
    assert found.standard_error == pytest.approx(want.standard_error, rel=1e-9)
    assert found.to_dict()["seed"] == 5


@pytest.mark.parametrize("method", METHODS)
def test_an_area_has_the_interval_of_scipy(method: Any, pairs: tuple[Any, Any]) -> None:
    test, sick = pairs[0].round(1), who_class(pairs[1]) == 2

    def area(score: Any, disease: Any) -> Any:
        return auc(score, disease).auc.est

    want = of_scipy((test, sick), area, method, 6).confidence_interval
    found = subject_bootstrap(
        statistic_of_auc(test, sick), seed=6, n_resamples=300, method=method
    ).estimate
    assert (found.lo, found.hi) == pytest.approx(tuple(want), rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_any_function_and_sums_agree_with_scipy(method: Any, pairs: tuple[Any, Any]) -> None:
    test, reference = pairs
    want = of_scipy((test, reference), lambda a, b: np.mean(a - b), method, 7).confidence_interval
    rows = statistic_of_rows(lambda r: float((test[r] - reference[r]).mean()), 60)
    columns = np.column_stack([np.ones(60), test - reference])
    sums = statistic_of_sums(columns, lambda s: s[:, 1] / s[:, 0])
    for statistic in (rows, sums):
        found = subject_bootstrap(statistic, seed=7, n_resamples=300, method=method).estimate
        assert (found.lo, found.hi) == pytest.approx(tuple(want), rel=1e-9)
        assert found.method == f"bootstrap-{method}"


def test_a_person_drawn_brings_all_rows(pairs: tuple[Any, Any]) -> None:
    """Copies of every row of a person change nothing: only people are drawn."""
    test, reference = (who_class(t) for t in pairs)
    people = np.arange(60)
    twice = [np.concatenate([x, x]) for x in (test, reference, people)]
    once = subject_bootstrap(
        statistic_of_table(test, reference, agreements), seed=3, n_resamples=200
    )
    clustered = subject_bootstrap(
        statistic_of_table(twice[0], twice[1], agreements, twice[2]), seed=3, n_resamples=200
    )
    assert clustered.n_subjects == 60
    assert clustered.estimate == once.estimate
    score, sick = pairs[0], reference == 2
    both = [np.concatenate([x, x]) for x in (score, sick)]
    single = statistic_of_auc(score, sick)
    double = statistic_of_auc(*both, twice[2])
    of_rows = statistic_of_rows(
        lambda r: float(auc(both[0][r], both[1][r]).auc.est or 0.0), 120, twice[2]
    )
    for statistic in (double, of_rows):
        found = subject_bootstrap(statistic, seed=3, n_resamples=50).estimate
        want = subject_bootstrap(single, seed=3, n_resamples=50).estimate
        assert (found.est, found.lo, found.hi) == pytest.approx((want.est, want.lo, want.hi))


def test_the_seed_decides_and_nothing_else(pairs: tuple[Any, Any]) -> None:
    statistic = statistic_of_auc(pairs[0], who_class(pairs[1]) == 2)
    first = subject_bootstrap(statistic, seed=1, n_resamples=100)
    assert subject_bootstrap(statistic, seed=1, n_resamples=100) == first
    assert subject_bootstrap(statistic, seed=2, n_resamples=100).estimate != first.estimate


def test_the_size_of_a_block_changes_no_draw(
    pairs: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    statistic = statistic_of_auc(pairs[0], who_class(pairs[1]) == 2)
    whole = subject_bootstrap(statistic, seed=1, n_resamples=100)
    monkeypatch.setattr("bonescan.stats.subject_bootstrap.DRAWS_AT_ONCE", 60 * 7)
    assert subject_bootstrap(statistic, seed=1, n_resamples=100) == whole


def test_pairs_without_a_class_count_nowhere() -> None:
    statistic = statistic_of_table([0, 1, -1], [0, 1, 2], agreements)
    assert statistic.n_subjects == 3
    # somebody without a class may be drawn three times: no agreement then
    assert np.isnan(statistic.of(np.array([[2, 2, 2]]))).all()
    assert statistic.of(np.array([[0, 2, 2]])).tolist() == [1.0]


def test_resamples_without_a_value_are_counted() -> None:
    # one diseased of five: (4/5)^5 of the resamples have none
    found = subject_bootstrap(
        statistic_of_auc([-3.0, -1.0, -2.0, -4.0, 0.0], [1, 0, 0, 0, 0]), seed=1, n_resamples=400,
        method="percentile",
    )  # fmt: skip
    assert found.n_undefined == pytest.approx(400 * 0.8**5, abs=40)
    assert found.estimate.est == 0.75
    assert found.standard_error is not None


@pytest.mark.parametrize("method", METHODS)
def test_a_statistic_that_cannot_vary_says_so(method: Any) -> None:
    classes = np.repeat([0, 1, 2], 5)
    found = subject_bootstrap(
        statistic_of_table(classes, classes, agreements), seed=1, n_resamples=50, method=method
    )
    assert found.estimate.est == 1.0
    if method == "bca":
        assert (found.estimate.lo, found.estimate.hi) == (None, None)
        assert "do not vary" in found.estimate.reason
    else:
        assert (found.estimate.lo, found.estimate.hi) == (1.0, 1.0)


def test_what_has_no_value_has_no_interval() -> None:
    kappa = statistic_of_table([0, 0, 0], [0, 0, 0], kappas(identity_weights(3)))
    found = subject_bootstrap(kappa, seed=1, n_resamples=20)
    assert (found.estimate.est, found.standard_error, found.n_undefined) == (None, None, 20)
    found = subject_bootstrap(
        SubjectStatistic(
            n_subjects=3, of=lambda d: np.full(len(d), 1.0 if len(d) == 1 else np.nan)
        ),
        seed=1,
        n_resamples=20,
    )
    assert found.estimate.reason == "no resample gives the statistic a value"
    alone = subject_bootstrap(statistic_of_rows(lambda r: 1.0, 1), seed=1)
    assert alone.estimate.reason == "found 1 subjects, wanted 2 or more"


def test_leaving_out_one_of_two_diseased_gives_no_acceleration() -> None:
    # without either person nothing is left to vary
    statistic = SubjectStatistic(
        n_subjects=2, of=lambda d: d.sum(axis=1) / 2.0, leave_one_out=lambda: np.array([np.nan] * 2)
    )
    assert "do not vary" in subject_bootstrap(statistic, seed=1, n_resamples=50).estimate.reason


def test_all_tables_of_a_block_have_the_kappa_of_each() -> None:
    rng = np.random.default_rng(4)
    tables = rng.integers(0, 9, (5, 3, 3)).astype(float)
    tables[4] = 0.0
    for weights in (identity_weights(3), linear_weights(3)):
        found = kappas(weights)(tables)
        for kappa, counts in zip(found[:4], tables[:4], strict=True):
            assert kappa == pytest.approx(cohen_kappa(counts, weights).est, rel=1e-12)
        assert np.isnan(found[4])
    assert agreements(tables)[0] == class_agreement(tables[0]).agreement.est
    assert np.isnan(agreements(tables)[4])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: subject_bootstrap(statistic_of_rows(len, 3), seed=1, method="t"), "method 't'"),
        (lambda: subject_bootstrap(statistic_of_rows(len, 3), seed=1, n_resamples=0),
         "found 0 resamples"),
        (lambda: statistic_of_rows(len, 3, ["a", "b"]), "found 2 subjects for 3 rows"),
        (lambda: statistic_of_table([0], [0, 1], agreements), "found 1 and 2 classes"),
        (lambda: statistic_of_auc([1.0], [0, 1]), "found 1 scores and 2 labels"),
        (lambda: statistic_of_auc([np.nan, 1.0], [0, 1]), "found a missing score"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
