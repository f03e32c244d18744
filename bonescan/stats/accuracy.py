"""Diagnostic accuracy of a yes/no test against a reference, and of two tests on the same people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from bonescan.model.estimate import Estimate, undefined

from .classes import FLEISS_COHEN_EVERITT, LEAST_CLASSES, square_counts
from .kappa import cohen_kappa, identity_weights
from .mcnemar import McNemar, mcnemar
from .proportions import ProportionMethod, proportion

LOG_NORMAL = "log-normal"
YOUDEN_ENDS = "clopper-pearson ends of sensitivity and specificity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What a 2 × 2 table says about a test; ratios that divide by 0 are None with a reason."""

    tp: int
    fp: int
    fn: int
    tn: int
    n: int
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    accuracy: Estimate
    prevalence: Estimate
    lr_positive: Estimate
    lr_negative: Estimate
    diagnostic_odds_ratio: Estimate
    youden: Estimate
    kappa: Estimate
    mcc: Estimate
    f1: Estimate
    mcnemar: McNemar

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, estimates as their own dictionaries."""
        counts = {"tp": self.tp, "fp": self.fp, "fn": self.fn, "tn": self.tn, "n": self.n}
        return counts | {name: getattr(self, name).to_dict() for name in _ESTIMATES}


_ESTIMATES = (
    "sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence", "lr_positive",
    "lr_negative", "diagnostic_odds_ratio", "youden", "kappa", "mcc", "f1", "mcnemar",
)  # fmt: skip


def accuracy(tp: int, fp: int, fn: int, tn: int, method: ProportionMethod = "wilson") -> Accuracy:
    """Compute every accuracy statistic of a 2 × 2 table.

    Parameters
    ----------
    tp, fp, fn, tn : int
        True and false positives, false and true negatives.
    method : str
        Interval of the proportions, as for `proportion`.

    Returns
    -------
    accuracy : Accuracy
        Likelihood and odds ratios have log-normal intervals, and none where a
        cell is 0; Youden's J has its ends from the exact intervals of sensitivity
        and specificity; `kappa` is Cohen's of the 2 × 2 table; MCC and F1 have no
        interval.

    References
    ----------
    Simel DL, Samsa GP, Matchar DB. Likelihood ratios with confidence: sample size
    estimation for diagnostic test studies. J Clin Epidemiol 1991;44:763-770.
    Youden WJ. Index for rating diagnostic tests. Cancer 1950;3:32-35.
    """
    if min(tp, fp, fn, tn) < 0:
        raise ValueError(f"found the counts {(tp, fp, fn, tn)}, wanted 0 or more")
    n = tp + fp + fn + tn
    kappa = cohen_kappa([[tn, fn], [fp, tp]], identity_weights(LEAST_CLASSES))
    return Accuracy(
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        n=n,
        sensitivity=proportion(tp, tp + fn, method),
        specificity=proportion(tn, tn + fp, method),
        ppv=proportion(tp, tp + fp, method),
        npv=proportion(tn, tn + fn, method),
        accuracy=proportion(tp + tn, n, method),
        prevalence=proportion(tp + fn, n, method),
        lr_positive=_likelihood_ratio(tp, tp + fn, fp, fp + tn),
        lr_negative=_likelihood_ratio(fn, tp + fn, tn, fp + tn),
        diagnostic_odds_ratio=_odds_ratio(tp, fp, fn, tn),
        youden=_youden(tp, fp, fn, tn),
        kappa=kappa.normal_interval(FLEISS_COHEN_EVERITT),
        mcc=_mcc(tp, fp, fn, tn),
        f1=_f1(tp, fp, fn),
        mcnemar=mcnemar(fp, fn),
    )


def two_by_two(test_positive: ArrayLike, disease: ArrayLike) -> tuple[int, int, int, int]:
    """Count tp, fp, fn, tn of two yes/no columns, as `accuracy` takes them.

    >>> two_by_two([True, True, False, False], [True, False, True, False])
    (1, 1, 1, 1)
    """
    test, sick = _yes_no(test_positive, "test"), _yes_no(disease, "disease")
    if test.shape != sick.shape:
        raise ValueError(f"found {test.size} and {sick.size} rows, wanted as many")
    return (
        int((test & sick).sum()), int((test & ~sick).sum()),
        int((~test & sick).sum()), int((~test & ~sick).sum()),
    )  # fmt: skip


def one_against_rest(table: ArrayLike, label: int) -> tuple[int, int, int, int]:
    """Count tp, fp, fn, tn of one class of a table (rows = test) against all others.

    >>> one_against_rest([[79, 11, 0], [15, 58, 3], [0, 6, 21]], 2)
    (21, 6, 3, 163)
    """
    return at_least(table, label, label)


def at_least(
    table: ArrayLike, lowest: int, highest: int | None = None
) -> tuple[int, int, int, int]:
    """Count tp, fp, fn, tn of the classes `lowest` … `highest` against all others.

    Of WHO classes, 1 asks for low bone mass (T < −1.0) and 2 for osteoporosis.

    >>> at_least([[79, 11, 0], [15, 58, 3], [0, 6, 21]], 1)
    (88, 15, 11, 79)
    """
    counts = square_counts(table)
    last = counts.shape[0] - 1 if highest is None else highest
    if not 0 <= lowest <= last < counts.shape[0]:
        raise ValueError(f"found the classes {lowest} to {last}, wanted some of the table's")
    sick = np.zeros(counts.shape[0], dtype=bool)
    sick[lowest : last + 1] = True
    tp, fp = int(counts[sick][:, sick].sum()), int(counts[sick][:, ~sick].sum())
    fn, tn = int(counts[~sick][:, sick].sum()), int(counts[~sick][:, ~sick].sum())
    return tp, fp, fn, tn


@dataclass(frozen=True, slots=True, kw_only=True)
class TestComparison:
    """Sensitivity and specificity of two tests on the same people; differences are 2 − 1."""

    __test__ = False  # not a test of pytest

    sensitivity_1: Estimate
    sensitivity_2: Estimate
    sensitivity_difference: Estimate
    sensitivity_mcnemar: McNemar
    specificity_1: Estimate
    specificity_2: Estimate
    specificity_difference: Estimate
    specificity_mcnemar: McNemar

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, estimates as their own dictionaries."""
        return {name: getattr(self, name).to_dict() for name in self.__dataclass_fields__}


def compare_tests(
    test_1: ArrayLike, test_2: ArrayLike, disease: ArrayLike, method: ProportionMethod = "wilson"
) -> TestComparison:
    """Compare two yes/no tests on the same people by McNemar's test.

    Parameters
    ----------
    test_1, test_2, disease : (n,) array_like of bool
    method : str
        Interval of the proportions, as for `proportion`.

    Returns
    -------
    comparison : TestComparison
        Sensitivity among the diseased, specificity among the others; each
        difference with Wald's interval for paired proportions and the p of
        McNemar's chi-squared without correction.

    References
    ----------
    Zhou XH, Obuchowski NA, McClish DK. Statistical Methods in Diagnostic
    Medicine. Wiley, 2002, chapter 5 (McNemar within the diseased and the others).
    """
    one, two = _yes_no(test_1, "test 1"), _yes_no(test_2, "test 2")
    sick = _yes_no(disease, "disease")
    if not one.shape == two.shape == sick.shape:
        raise ValueError(f"found {one.size}, {two.size} and {sick.size} rows, wanted as many")
    sens = _paired_shares(one[sick], two[sick], method)
    spec = _paired_shares(~one[~sick], ~two[~sick], method)
    return TestComparison(
        sensitivity_1=sens[0],
        sensitivity_2=sens[1],
        sensitivity_difference=sens[2],
        sensitivity_mcnemar=sens[3],
        specificity_1=spec[0],
        specificity_2=spec[1],
        specificity_difference=spec[2],
        specificity_mcnemar=spec[3],
    )


def _paired_shares(
    one: NDArray[np.bool_], two: NDArray[np.bool_], method: ProportionMethod
) -> tuple[Estimate, Estimate, Estimate, McNemar]:
    n = int(one.size)
    only_one, only_two = int((one & ~two).sum()), int((~one & two).sum())
    test = mcnemar(only_one, only_two)
    shares = proportion(int(one.sum()), n, method), proportion(int(two.sum()), n, method)
    if n == 0:
        return *shares, undefined("nobody to compare the tests on"), test
    difference = (only_two - only_one) / n
    half = float(ndtri(0.975)) * math.sqrt(only_one + only_two - n * difference**2) / n
    return *shares, Estimate(
        est=difference, lo=difference - half, hi=difference + half, p=test.p, method="wald-paired"
    ), test  # fmt: skip


def _yes_no(values: ArrayLike, name: str) -> NDArray[np.bool_]:
    found = np.ravel(np.asarray(values))
    if found.dtype == bool:
        return found
    if found.size and not np.isin(found, (0, 1)).all():
        raise ValueError(f"found values other than 0 and 1 in {name}, wanted yes or no")
    return found.astype(bool)


def _likelihood_ratio(k_sick: int, n_sick: int, k_well: int, n_well: int) -> Estimate:
    """Divide two shares; the interval is log-normal."""
    if n_sick == 0 or n_well == 0:
        return undefined("nobody is diseased" if n_sick == 0 else "everybody is diseased")
    if k_well == 0:
        return undefined("the ratio divides by a share of 0")
    ratio = (k_sick / n_sick) / (k_well / n_well)
    if k_sick == 0:
        return Estimate(est=ratio, reason="no log-normal interval of a ratio of 0")
    return _log_normal(ratio, 1 / k_sick - 1 / n_sick + 1 / k_well - 1 / n_well)


def _odds_ratio(tp: int, fp: int, fn: int, tn: int) -> Estimate:
    if fp == 0 or fn == 0:
        return undefined("the odds ratio divides by a count of 0")
    ratio = (tp * tn) / (fp * fn)
    if tp == 0 or tn == 0:
        return Estimate(est=ratio, reason="no log-normal interval of a ratio of 0")
    return _log_normal(ratio, 1 / tp + 1 / fp + 1 / fn + 1 / tn)


def _log_normal(ratio: float, variance_of_log: float) -> Estimate:
    factor = math.exp(float(ndtri(0.975)) * math.sqrt(max(variance_of_log, 0.0)))
    return Estimate(est=ratio, lo=ratio / factor, hi=ratio * factor, method=LOG_NORMAL)


def _youden(tp: int, fp: int, fn: int, tn: int) -> Estimate:
    sens = proportion(tp, tp + fn, "clopper-pearson")
    spec = proportion(tn, tn + fp, "clopper-pearson")
    if sens.est is None or spec.est is None:
        return undefined("sensitivity or specificity is undefined")
    return Estimate(
        est=sens.est + spec.est - 1.0,
        lo=(sens.lo or 0.0) + (spec.lo or 0.0) - 1.0,
        hi=(sens.hi or 0.0) + (spec.hi or 0.0) - 1.0,
        method=YOUDEN_ENDS,
    )


def _mcc(tp: int, fp: int, fn: int, tn: int) -> Estimate:
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    if product == 0:
        return undefined("a row or column of the table is empty")
    return Estimate(est=(tp * tn - fp * fn) / math.sqrt(product))


def _f1(tp: int, fp: int, fn: int) -> Estimate:
    if tp + fp + fn == 0:
        return undefined("nobody is diseased and no test is positive")
    return Estimate(est=2 * tp / (2 * tp + fp + fn))
