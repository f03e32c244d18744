"""One quantity of one site: bias and limits, lines, correlations, with what surrounds them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate
from bonescan.model.pairs import SitePairs
from bonescan.stats.agreement_correlation import (
    icc_forms,
    kendall_tau_b,
    lin_ccc,
    partial_correlation,
    pearson_correlation,
    spearman_correlation,
)
from bonescan.stats.agreement_study import (
    UNITS,
    AgreementSettings,
    BlandAltmanBlock,
    LineBlock,
    QuantityAgreement,
)
from bonescan.stats.bland_altman import (
    BlandAltman,
    bland_altman,
    log_ratio,
    percent_of_mean,
    percent_of_reference,
)
from bonescan.stats.deming import LineFit, deming, weighted_deming
from bonescan.stats.limits_factors import FACTORS
from bonescan.stats.ordinary import ordinary_least_squares
from bonescan.stats.passing_bablok import PassingBablok, passing_bablok, theil_sen

from .intervals import swap_interval, without_intervals
from .resampling import bootstrap, groups_of, pair_shares, pair_statistics

Array = NDArray[np.float64]

LEAST_PAIRS = 3
RATIO_QUANTITIES = ("bmd",)  # ratios and constant CVs mean nothing on T and Z
COVARIATES = ("age_years", "bmi_kg_m2")
TIED_SCORES = (
    "scores rounded to 0.1 put the slopes on a lattice (1, 10/9 ...): read the line with care"
)
_ALL_INTERVAL = frozenset({"loa_intervals", "prediction", "tolerance"})
_DETAILS = (
    "repeatability", "percent_outside_loa", "proportional_residual_sd", "pitman_morgan_r",
    "pitman_morgan_p", "heteroscedastic", "breusch_pagan", "shapiro", "percentile_limits", "rmse",
    "mae", "prediction", "tolerance",
)  # fmt: skip


def compare_quantity(
    pairs: SitePairs,
    quantity: str,
    settings: AgreementSettings,
    *,
    with_rejected: bool = False,
    clustered: bool = False,
) -> QuantityAgreement:
    """Compare one quantity of the rows of a site.

    Parameters
    ----------
    pairs : SitePairs
    quantity : str
        A key of `pairs.values`.
    settings : AgreementSettings
    with_rejected : bool
        Before exclusions: a rejected scan that gave a number takes part.
    clustered : bool
        Several rows a person: intervals come from drawing people.

    Returns
    -------
    found : QuantityAgreement
        With fewer than three pairs every estimate is undefined, with its reason.
    """
    x, y = pairs.values[quantity]
    known = np.isfinite(x) & np.isfinite(y)
    if not with_rejected:
        known &= ~pairs.rejected
    rows = np.flatnonzero(known)
    reference, test = x[rows], y[rows]
    positive = quantity in RATIO_QUANTITIES and bool(np.all(reference > 0) and np.all(test > 0))
    ba = bland_altman(reference, test, loa_ci=settings.loa_ci)
    icc = icc_forms(np.column_stack([reference, test]))
    ccc, ranked = lin_ccc(reference, test), passing_bablok(reference, test)
    found = QuantityAgreement(
        quantity=quantity,
        unit=UNITS[quantity] if pairs.site != "pair" or quantity != "bmd" else "",
        n=int(rows.size),
        n_excluded=pairs.n_rows - int(rows.size),
        bland_altman=_limits(ba),
        ols=_ordinary(reference, test),
        deming=_deming(reference, test, settings),
        weighted_deming=_weighted(reference, test, settings) if positive else None,
        passing_bablok=_passing_bablok(ranked, quantity),
        pearson=pearson_correlation(reference, test),
        spearman=spearman_correlation(reference, test),
        lin_ccc=ccc.ccc,
        icc_a1=icc.icc_a1,
        reference=reference,
        test=test,
        rows=rows,
        reason="" if rows.size >= LEAST_PAIRS else f"{rows.size} pairs, wanted at least 3",
        more=_beside(reference, test, ba, positive)
        | {"icc_forms": icc, "ccc_detail": ccc, "cusum": ranked.cusum}
        | _partial(pairs, rows, reference, test),
    )
    if rows.size < LEAST_PAIRS or (settings.bootstrap_resamples == 0 and not clustered):
        return found
    drawn = _by_person(pairs, found, settings) if settings.bootstrap_resamples else {}
    if clustered:
        return _with_intervals(found, drawn)
    return dataclasses.replace(found, more={**found.more, "bootstrap": drawn})


def _limits(ba: BlandAltman) -> BlandAltmanBlock:
    return BlandAltmanBlock(
        bias=ba.bias,
        sd_diff=ba.sd_diff,
        loa_lower=ba.loa_lower,
        loa_upper=ba.loa_upper,
        loa_ci_method=ba.loa_ci_method,
        proportional_slope=ba.proportional_slope,
        n_outside_loa=ba.n_outside_loa,
        proportional_intercept=ba.proportional_intercept,
    )


def _ordinary(x: Array, y: Array) -> LineBlock:
    fit = ordinary_least_squares(x, y)
    method = fit.slope.method or "t(n-2)"
    return LineBlock(
        intercept=fit.intercept, slope=fit.slope, see=fit.see, ci_method=method, kind="ols"
    )


def _line(fit: LineFit, kind: str, warning: str = "") -> LineBlock:
    return LineBlock(
        intercept=fit.intercept,
        slope=fit.slope,
        ci_method=fit.ci_method,
        kind=kind,
        warning="; ".join(w for w in (fit.warning, warning) if w),
    )


def _deming(x: Array, y: Array, settings: AgreementSettings) -> LineBlock:
    fit = deming(x, y, error_ratio=settings.deming_ratio, ci=settings.deming_ci)
    return _line(fit, "deming")


def _weighted(x: Array, y: Array, settings: AgreementSettings) -> LineBlock | None:
    fit = weighted_deming(x, y, error_ratio=settings.deming_ratio)
    return None if fit is None else _line(fit, "weighted-deming")


def _passing_bablok(fit: PassingBablok, quantity: str) -> LineBlock:
    own = (fit.warning, TIED_SCORES if quantity in {"t", "z"} else "")
    return LineBlock(
        intercept=fit.intercept,
        slope=fit.slope,
        ci_method=fit.slope.method or "none",
        kind="passing-bablok",
        cusum_p=fit.cusum.p,
        warning="; ".join(w for w in own if w),
    )


def _beside(x: Array, y: Array, ba: BlandAltman, positive: bool) -> dict[str, Any]:
    """Give what the contract has no place for."""
    if x.size < LEAST_PAIRS:
        return {}
    more: dict[str, Any] = {name: getattr(ba, name) for name in _DETAILS}
    more["loa_intervals"] = _every_interval(ba, x.size)
    more["theil_sen"] = theil_sen(x, y)
    more["kendall"] = kendall_tau_b(x, y)
    if positive:
        more["log_ratio"] = log_ratio(x, y)
        more["percent_of_mean"] = percent_of_mean(x, y)
        more["percent_of_reference"] = percent_of_reference(x, y)
    return more


def _every_interval(ba: BlandAltman, n: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Give the intervals of the limits by every method, for whoever must match a paper."""
    if ba.bias.est is None or not ba.sd_diff:
        return {}
    found = {}
    for name, factors in FACTORS.items():
        inner, outer = (f * ba.sd_diff for f in factors(n, ba.confidence))
        found[name] = {
            "lower": (ba.bias.est - outer, ba.bias.est - inner),
            "upper": (ba.bias.est + inner, ba.bias.est + outer),
        }
    return found


def _partial(pairs: SitePairs, rows: NDArray[np.intp], x: Array, y: Array) -> dict[str, Estimate]:
    """Correlate given age and BMI, where both are known of enough people."""
    if any(name not in pairs.numbers for name in COVARIATES):
        return {}
    covariates = np.column_stack([pairs.numbers[name][rows] for name in COVARIATES])
    known = np.isfinite(covariates).all(axis=1)
    if int(known.sum()) < LEAST_PAIRS:
        return {}
    return {"partial_correlation": partial_correlation(x[known], y[known], covariates[known])}


def _by_person(
    pairs: SitePairs, found: QuantityAgreement, settings: AgreementSettings
) -> dict[str, Estimate]:
    groups = groups_of([pairs.subjects[i] for i in found.rows])
    centre = float(found.reference.mean()), float(found.test.mean())
    return bootstrap(
        pair_shares(found.reference, found.test, groups),
        pair_statistics(centre, settings.deming_ratio),
        settings.bootstrap_resamples,
        settings.seed,
    )


def _with_intervals(found: QuantityAgreement, drawn: Mapping[str, Estimate]) -> QuantityAgreement:
    """Put intervals by person in the place of those that take pairs for independent."""
    ba, ols, line = found.bland_altman, found.ols, found.deming
    if ba is not None:
        ba = dataclasses.replace(
            ba,
            bias=swap_interval(ba.bias, drawn.get("bias")),
            loa_lower=swap_interval(ba.loa_lower, drawn.get("loa_lower")),
            loa_upper=swap_interval(ba.loa_upper, drawn.get("loa_upper")),
            proportional_slope=swap_interval(
                ba.proportional_slope, drawn.get("proportional_slope")
            ),
            proportional_intercept=without_intervals(ba.proportional_intercept),
        )
        ba = dataclasses.replace(ba, loa_ci_method=ba.loa_lower.method or "none")
    return dataclasses.replace(
        found,
        bland_altman=ba,
        ols=_swap_line(ols, drawn.get("ols_intercept"), drawn.get("ols_slope")),
        deming=_swap_line(line, drawn.get("deming_intercept"), drawn.get("deming_slope")),
        weighted_deming=_swap_line(found.weighted_deming, None, None),
        passing_bablok=_swap_line(found.passing_bablok, None, None),
        pearson=swap_interval(found.pearson, drawn.get("pearson")),
        spearman=swap_interval(found.spearman, None),
        lin_ccc=swap_interval(found.lin_ccc, drawn.get("lin_ccc")),
        icc_a1=swap_interval(found.icc_a1, drawn.get("icc_a1")),
        more=without_intervals({k: v for k, v in found.more.items() if k not in _ALL_INTERVAL}),
    )


def _swap_line(
    line: LineBlock | None, intercept: Estimate | None, slope: Estimate | None
) -> LineBlock | None:
    if line is None:
        return None
    new = swap_interval(line.slope, slope)
    return dataclasses.replace(
        line,
        intercept=swap_interval(line.intercept, intercept),
        slope=new,
        ci_method=new.method or "none",
        cusum_p=None,
    )
