"""Accuracy of a test: R's epiR and DTComPair, scikit-learn and statsmodels, and zero cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.stats.accuracy import (
    Accuracy,
    accuracy,
    at_least,
    compare_tests,
    one_against_rest,
    two_by_two,
)
from bonescan.stats.mcnemar import mcnemar

SHARES = ["sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence"]
KEYS = {"wilson": "wilson", "clopper-pearson": "clopper", "agresti-coull": "agresti_coull"}
RATIOS = {
    "lr_positive": "lr_pos", "lr_negative": "lr_neg", "diagnostic_odds_ratio": "diag_or",
    "youden": "youden",
}  # fmt: skip


def agrees_with_r(want: Any) -> None:
    counts = [want[c] for c in ("tp", "fp", "fn", "tn")]
    for method, key in KEYS.items():
        found = accuracy(*counts, method)
        for name in SHARES:
            share = getattr(found, name)
            assert share.est == pytest.approx(want[name]["est"], rel=1e-8)
            lo, hi = want[name][key]
            assert share.lo == pytest.approx(max(lo, 0.0), rel=1e-8, abs=1e-12)
            assert share.hi == pytest.approx(min(hi, 1.0), rel=1e-8, abs=1e-12)
    found = accuracy(*counts)
    for name, key in RATIOS.items():
        ratio, peer = getattr(found, name), want[key]
        assert (ratio.est, ratio.lo, ratio.hi) == pytest.approx(
            (peer["est"], peer["lo"], peer["hi"]), rel=1e-8
        )
    test = found.mcnemar
    for name, value in want["mcnemar"].items():
        assert getattr(test, name) == pytest.approx(value, rel=1e-8)
    assert found.kappa.est == pytest.approx(want["kappa2"]["est"], rel=1e-8)
    half = 1.959963984540054 * want["kappa2"]["ase"]
    assert found.kappa.lo == pytest.approx(want["kappa2"]["est"] - half, rel=1e-8)
    assert found.mcc.est == pytest.approx(want["mcc"], rel=1e-8)
    assert found.f1.est == pytest.approx(want["f1"], rel=1e-8)


@pytest.mark.parametrize("site", ["ls", "fn"])
def test_every_figure_is_that_of_r(site: str, expected: Callable[[str], Any]) -> None:
    peer = expected("rems_dxa_200")[site]
    table = peer["who_classes_rows_rems_cols_dxa"]["table"]
    agrees_with_r(peer["osteoporosis_T_le_m2.5"])
    agrees_with_r(peer["low_bone_mass_T_lt_m1"])
    counts = ["tp", "fp", "fn", "tn"]
    osteoporosis, low = peer["osteoporosis_T_le_m2.5"], peer["low_bone_mass_T_lt_m1"]
    assert at_least(table, 2) == tuple(osteoporosis[c] for c in counts)
    assert at_least(table, 1) == tuple(low[c] for c in counts)
    for label, name in enumerate(["normal", "osteopenia", "osteoporosis"]):
        block = peer["per_class"][name]
        assert one_against_rest(table, label) == tuple(block[c] for c in counts)
        agrees_with_r(block)


@pytest.mark.shared
def test_two_tests_on_the_same_people_are_those_of_dtcompair(
    published: Callable[[str], tuple[Any, Any]],
) -> None:
    columns, peer = published("dtcompair_paired1")
    sick, one, two = (np.array(columns[c], dtype=int) for c in ("d", "y1", "y2"))
    for test, name in ((one, "test1"), (two, "test2")):
        agrees_with_r(peer[name])
        counts = two_by_two(test, sick)
        assert counts == tuple(peer[name][c] for c in ("tp", "fp", "fn", "tn"))
    found = compare_tests(one, two, sick)
    for name, key in (("sensitivity", "sens"), ("specificity", "spec")):
        first, second, difference, chi2, p = peer[f"compare_{key}_mcnemar"]
        assert getattr(found, f"{name}_1").est == pytest.approx(first, rel=1e-8)
        assert getattr(found, f"{name}_2").est == pytest.approx(second, rel=1e-8)
        assert getattr(found, f"{name}_difference").est == pytest.approx(difference, rel=1e-8)
        assert getattr(found, f"{name}_mcnemar").chi2 == pytest.approx(chi2, rel=1e-8)
        assert getattr(found, f"{name}_difference").p == pytest.approx(p, rel=1e-8)


def test_comparing_two_tests_by_hand() -> None:
    # 10 diseased: both 6, only first 1, only second 3; 4 well: first calls one of them
    one = [1] * 6 + [1] + [0] * 3 + [1, 0, 0, 0]
    two = [1] * 6 + [0] + [1] * 3 + [0, 0, 0, 0]
    found = compare_tests(one, two, [1] * 10 + [0] * 4)
    assert found.sensitivity_difference.est == pytest.approx(0.2)
    # the variance of Wald times 100: 4 discordant, less 10 times the square of 0.2
    half = 1.959963984540054 * math.sqrt(3.6) / 10
    assert found.sensitivity_difference.hi == pytest.approx(0.2 + half)
    assert (found.specificity_1.est, found.specificity_2.est) == (0.75, 1.0)
    assert found.to_dict()["specificity_mcnemar"]["n_only_second"] == 1


def test_without_diseased_people_sensitivities_are_not_compared() -> None:
    found = compare_tests([True, False], [False, False], [False, False])
    assert found.sensitivity_difference.est is None
    assert found.specificity_difference.est == pytest.approx(0.5)


@settings(deadline=None, max_examples=60)
@given(counts=st.tuples(*[st.integers(0, 30)] * 4))
def test_mcc_and_f1_are_those_of_scikit_learn(counts: tuple[int, int, int, int]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    tp, fp, fn, tn = counts
    found = accuracy(*counts)
    if 0 in (tp + fp, tp + fn, tn + fp, tn + fn):
        assert found.mcc.est is None
        return
    test = np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])
    sick = np.repeat([1, 0, 1, 0], [tp, fp, fn, tn])
    assert found.mcc.est == pytest.approx(metrics.matthews_corrcoef(sick, test), abs=1e-12)
    assert found.f1.est == pytest.approx(metrics.f1_score(sick, test), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(b=st.integers(0, 60), c=st.integers(0, 60))
def test_mcnemar_is_that_of_statsmodels(b: int, c: int) -> None:
    oracle = pytest.importorskip("statsmodels.stats.contingency_tables")
    found = mcnemar(b, c)
    if b + c == 0:
        assert (found.chi2, found.p_exact, found.reason) == (None, None, "no pair differs")
        return
    pairs = [[3, b], [c, 4]]
    assert found.p_exact == pytest.approx(oracle.mcnemar(pairs, exact=True).pvalue, abs=1e-12)
    plain = oracle.mcnemar(pairs, exact=False, correction=False)
    assert (found.chi2, found.p) == pytest.approx((plain.statistic, plain.pvalue), abs=1e-12)
    if b != c:  # R takes no correction off a difference of 0
        corrected = oracle.mcnemar(pairs, exact=False)
        assert (found.chi2_cc, found.p_cc) == pytest.approx(
            (corrected.statistic, corrected.pvalue), abs=1e-12
        )


def test_mid_p_lies_below_the_exact_p_and_never_above_1() -> None:
    # 2 P(X <= 3) - P(X = 3) of 9: (2 * 130 - 84) / 512
    assert mcnemar(6, 3).p_midp == pytest.approx(176 / 512, rel=1e-12)
    assert mcnemar(0, 1).p_midp == pytest.approx(0.5, rel=1e-12)
    assert mcnemar(5, 5).p_midp == pytest.approx(1.0, abs=1e-12)
    assert mcnemar(0, 0).to_dict()["reason"] == "no pair differs"
    assert "reason" not in mcnemar(1, 0).to_dict()


def estimates(found: Accuracy) -> dict[str, float | None]:
    return {name: value["est"] for name, value in found.to_dict().items()
            if isinstance(value, dict) and "est" in value}  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "undefined"),
    [
        ((0, 0, 0, 0), set(estimates(accuracy(1, 1, 1, 1)))),
        ((0, 0, 0, 9), {"sensitivity", "ppv", "lr_positive", "lr_negative",
                        "diagnostic_odds_ratio", "youden", "kappa", "mcc", "f1"}),
        ((9, 0, 0, 0), {"specificity", "npv", "lr_positive", "lr_negative",
                        "diagnostic_odds_ratio", "youden", "kappa", "mcc"}),
        ((5, 0, 2, 9), {"lr_positive", "diagnostic_odds_ratio"}),
        ((5, 3, 0, 9), {"diagnostic_odds_ratio"}),
        ((5, 3, 2, 0), {"lr_negative"}),
        ((0, 3, 2, 9), set()),
    ],
)  # fmt: skip
def test_zero_over_zero_is_null(counts: tuple[int, int, int, int], undefined: set[str]) -> None:
    found = accuracy(*counts)
    assert {name for name, est in estimates(found).items() if est is None} == undefined
    for name in undefined:
        assert getattr(found, name).reason


def test_a_ratio_of_0_has_no_interval() -> None:
    found = accuracy(0, 3, 2, 9)
    for ratio in (found.lr_positive, found.diagnostic_odds_ratio):
        assert (ratio.est, ratio.lo) == (0.0, None)
        assert "no log-normal interval" in ratio.reason


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy(-1, 0, 0, 0), "wanted 0 or more"),
        (lambda: mcnemar(-1, 0), "wanted 0 or more"),
        (lambda: two_by_two([1, 2], [0, 1]), "other than 0 and 1 in test"),
        (lambda: two_by_two([1, 0], [0, 1, 1]), "found 2 and 3 rows"),
        (lambda: compare_tests([1], [1, 0], [1, 0]), "found 1, 2 and 2 rows"),
        (lambda: at_least([[1, 0], [0, 1]], 2), "wanted some of the table's"),
    ],
)
def test_what_is_no_count_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
