"""Everything about one site, after exclusions or before them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate, undefined
from bonescan.model.pairs import QUANTITIES, SitePairs
from bonescan.stats.agreement_study import (
    CUT_OFFS_T,
    AcceptableDifference,
    AgreementSettings,
    Flow,
    QuantityAgreement,
    RocCurve,
    SiteAgreement,
)
from bonescan.stats.classes import LabelFrom, who_class
from bonescan.stats.deming import bias_at
from bonescan.stats.subject_bootstrap import statistic_of_auc, subject_bootstrap

from .acceptable import judge
from .baseline import covariates_only
from .classes import OSTEOPOROSIS, Classes, compare_classes
from .curves import Curves, draw_curves
from .intervals import swap_interval, without_intervals
from .people import Layout, lay_out
from .quantity import LEAST_PAIRS, compare_quantity
from .resampling import (
    bootstrap,
    groups_of,
    pair_shares,
    pair_statistics,
    table_shares,
    whole_shares,
)
from .resampling import table_statistics as from_table
from .serial import compare_changes, compare_replicates
from .strata import compare_strata

Array = NDArray[np.float64]
CLASS_ESTIMATES = ("agreement", "kappa", "kappa_linear", "kappa_quadratic", "gwet_ac1")
ACCURACY_ESTIMATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _TPart:
    """What rests on T-scores."""

    classes: Classes | None = None
    curves: Curves | None = None
    auc: Estimate | None = None
    bias_at_t: Mapping[str, Estimate] | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Scans of the test method at a site, whatever the maker of their partner."""

    found: int
    readable: int
    quality_passed: int
    with_partner: int  # of those that passed

    @classmethod
    def of(cls, counts: tuple[int, int, int], whole: SitePairs) -> Started:
        """Take the counts of scans, and the rows of all makers."""
        found, readable, passed = counts
        return cls(
            found=found,
            readable=readable,
            quality_passed=passed,
            with_partner=int((~whole.rejected).sum()),
        )


def compare_site(
    pairs: SitePairs,
    settings: AgreementSettings,
    *,
    before_exclusions: bool = False,
    several_pairs: bool = False,
    started: Started | None = None,
) -> SiteAgreement:
    """Compare two methods at one site.

    Parameters
    ----------
    pairs : SitePairs
        Every row, pairs or not.
    settings : AgreementSettings
    before_exclusions : bool
        Rejected scans take part: with their number where they gave one, as a
        disagreement in everything that rests on classes.
    several_pairs : bool
        Several rows a person are visits: intervals come from drawing people.
    started : Started, optional
        Scans of the test method; the rows themselves when left out.

    Returns
    -------
    site : SiteAgreement

    Raises
    ------
    UsageError
        BS-E373 for people with several rows that nothing explains.
    """
    layout = lay_out(pairs, several_pairs=several_pairs)
    some = pairs.take(layout.first)
    quantities = {
        q: compare_quantity(
            some, q, settings, with_rejected=before_exclusions, clustered=layout.clustered
        )
        for q in QUANTITIES
        if q in some.values
    }
    quantities = {
        q: _with_rows_of(pairs, layout, found, settings) for q, found in quantities.items()
    }
    t_part = _t_part(some, quantities.get("t"), layout, settings, before_exclusions)
    kept = np.arange(some.n_rows) if before_exclusions else np.flatnonzero(~some.rejected)
    classes, curves = t_part.classes, t_part.curves
    return SiteAgreement(
        site=pairs.site,
        reference_name=pairs.reference_name,
        test_name=pairs.test_name,
        quantities=quantities,
        classes=None if classes is None else classes.agreement,
        osteoporosis=None if classes is None else classes.osteoporosis,
        auc=t_part.auc,
        bias_at_t=t_part.bias_at_t,
        covariates_only=covariates_only(
            some, main_quantity(quantities).rows, settings, clustered=layout.clustered
        ),
        flow=_flow(pairs, layout, quantities, before_exclusions, started),
        pairs=some,
        rocs=() if curves is None else curves.rocs,
        strata=compare_strata(some, kept, settings),
        acceptable=_acceptable(quantities, settings),
        more=({} if curves is None else curves.more)
        | _about(some, layout, settings, quantities, before_exclusions),
    )


def _with_rows_of(
    pairs: SitePairs, layout: Layout, found: QuantityAgreement, settings: AgreementSettings
) -> QuantityAgreement:
    """Add what all rows of a person say, where there are several."""
    more: dict[str, Any] = {}
    if layout.has_replicates:
        more["replicates"] = compare_replicates(pairs, found.quantity)
    if layout.clustered:
        changes = compare_changes(pairs, found.quantity, settings)
        if changes is not None:
            more["changes"] = changes
    return dataclasses.replace(found, more={**found.more, **more}) if more else found


def _t_part(
    pairs: SitePairs,
    found: QuantityAgreement | None,
    layout: Layout,
    settings: AgreementSettings,
    before_exclusions: bool,
) -> _TPart:
    if found is None:
        return _TPart()
    lost = pairs.rejected if before_exclusions else None
    x, y = pairs.values["t"]
    if not before_exclusions:
        x, y = found.reference, found.test
    if _too_few(x, y, lost):
        return _TPart()
    classes = compare_classes(x, y, settings, lost)
    fracture = pairs.numbers.get("fracture")
    curves = draw_curves(
        found.reference, found.test, None if fracture is None else fracture[found.rows], settings
    )
    levels = {name: float(name) for name in CUT_OFFS_T}
    at = bias_at(found.reference, found.test, levels.values(), error_ratio=settings.deming_ratio)
    bias_at_t = {name: _inside(at[level], level, found.reference) for name, level in levels.items()}
    area = curves.osteoporosis
    asked = found.n >= LEAST_PAIRS and settings.bootstrap_resamples > 0
    if asked and lost is None and not layout.clustered:
        classes = _beside(classes, _drawn_classes(pairs, found, settings))
    if layout.clustered:
        # a rejected scan belongs to a person too, but the table of shares has no place for it
        draws = _drawn_classes(pairs, found, settings) if asked and lost is None else {}
        classes = _by_person(classes, draws)
        curves = without_intervals(curves)
        bias_at_t = _bias_by_person(bias_at_t, levels, pairs, found, settings if asked else None)
        area = _auc_by_person(area, pairs, found, settings if asked else None)
        curves = dataclasses.replace(curves, rocs=_with_area(curves.rocs, area))
    return _TPart(classes=classes, curves=curves, auc=area, bias_at_t=bias_at_t)


def _too_few(x: Array, y: Array, lost: NDArray[np.bool_] | None) -> bool:
    """Tell whether there are classes to compare; a single rejected scan is something to count."""
    if lost is not None and bool((np.isfinite(x) & lost).any()):
        return False
    return int((np.isfinite(x) & np.isfinite(y)).sum()) < LEAST_PAIRS


def _inside(bias: Estimate, level: float, reference: Array) -> Estimate:
    """Give the bias at a level within the values of the reference; beyond, a line only guesses."""
    if bias.est is None or reference.min() <= level <= reference.max():
        return bias
    low, high = float(reference.min()), float(reference.max())
    return undefined(f"outside the reference's T of {low:.1f} to {high:.1f}")


def _people(pairs: SitePairs, found: QuantityAgreement) -> list[str]:
    return [pairs.subjects[i] for i in found.rows]


def _drawn_classes(
    pairs: SitePairs, found: QuantityAgreement, settings: AgreementSettings
) -> dict[str, Estimate]:
    label = cast(LabelFrom, settings.label_from)
    shares = table_shares(
        who_class(found.test, label),
        who_class(found.reference, label),
        groups_of(_people(pairs, found)),
    )
    drawn = bootstrap(shares, from_table, settings.bootstrap_resamples, settings.seed)
    return drawn | whole_shares(shares, drawn)


def _beside(classes: Classes, drawn: Mapping[str, Estimate]) -> Classes:
    """Put intervals by person beside those that take pairs for independent."""
    more = {**classes.agreement.more, "bootstrap": {n: drawn[n] for n in CLASS_ESTIMATES}}
    sick = {**classes.osteoporosis.more, "bootstrap": {n: drawn[n] for n in ACCURACY_ESTIMATES}}
    return Classes(
        agreement=dataclasses.replace(classes.agreement, more=more),
        osteoporosis=dataclasses.replace(classes.osteoporosis, more=sick),
    )


def _by_person(classes: Classes, drawn: Mapping[str, Estimate]) -> Classes:
    """Put intervals by person in the place of the others."""
    agreed: dict[str, Any] = {
        n: swap_interval(getattr(classes.agreement, n), drawn.get(n)) for n in CLASS_ESTIMATES
    }
    found_so: dict[str, Any] = {
        n: swap_interval(getattr(classes.osteoporosis, n), drawn.get(n)) for n in ACCURACY_ESTIMATES
    }
    bare: Classes = without_intervals(classes)
    return Classes(
        agreement=dataclasses.replace(bare.agreement, **agreed),
        osteoporosis=dataclasses.replace(bare.osteoporosis, **found_so),
    )


def _with_area(rocs: tuple[RocCurve, ...], area: Estimate) -> tuple[RocCurve, ...]:
    """Give the first curve, of the test for osteoporosis, its area with the interval by person."""
    return tuple(
        dataclasses.replace(c, auc=area) if c.condition == "osteoporosis" else c for c in rocs
    )


def _bias_by_person(
    found_at: Mapping[str, Estimate],
    levels: Mapping[str, float],
    pairs: SitePairs,
    found: QuantityAgreement,
    settings: AgreementSettings | None,
) -> dict[str, Estimate]:
    if settings is None:
        return {name: swap_interval(est, None) for name, est in found_at.items()}
    centre = float(found.reference.mean()), float(found.test.mean())
    drawn = bootstrap(
        pair_shares(found.reference, found.test, groups_of(_people(pairs, found))),
        pair_statistics(centre, settings.deming_ratio, levels),
        settings.bootstrap_resamples,
        settings.seed,
    )
    return {name: swap_interval(est, drawn[name]) for name, est in found_at.items()}


def _auc_by_person(
    area: Estimate, pairs: SitePairs, found: QuantityAgreement, settings: AgreementSettings | None
) -> Estimate:
    if area.est is None or settings is None:
        return swap_interval(area, None)
    sick = who_class(found.reference, cast(LabelFrom, settings.label_from)) >= OSTEOPOROSIS
    drawn = subject_bootstrap(
        statistic_of_auc(found.test, sick, _people(pairs, found)),
        seed=settings.seed,
        n_resamples=settings.bootstrap_resamples,
    )
    return swap_interval(area, drawn.estimate)


def main_quantity(quantities: Mapping[str, QuantityAgreement]) -> QuantityAgreement:
    """Give the quantity that counts of pairs are of: BMD, or else T, or Z."""
    return next(quantities[q] for q in QUANTITIES if q in quantities)


def _flow(
    pairs: SitePairs,
    layout: Layout,
    quantities: Mapping[str, QuantityAgreement],
    before_exclusions: bool,
    started: Started | None,
) -> Flow:
    main = main_quantity(quantities)
    x, y = pairs.values[main.quantity]
    kept = np.ones(pairs.n_rows, dtype=bool) if before_exclusions else ~pairs.rejected
    paired = int((np.isfinite(x) & np.isfinite(y) & kept).sum())
    n_rejected = int(pairs.rejected.sum())
    if started is None:
        started = Started(
            found=pairs.n_rows,
            readable=pairs.n_rows,
            quality_passed=pairs.n_rows - n_rejected,
            with_partner=pairs.n_rows - n_rejected,
        )
    passed, with_partner = started.quality_passed, started.with_partner
    reasons = {
        "rejected": started.readable - passed,
        "no_partner": passed - with_partner,
        "other_maker": with_partner - (pairs.n_rows - n_rejected),
        "no_test_value": int((np.isnan(y) & ~pairs.rejected).sum()),
        "no_reference_value": int((np.isnan(x) & np.isfinite(y) & ~pairs.rejected).sum()),
        "later_readings": paired - main.n if layout.has_replicates else 0,
    }
    return Flow(
        found=started.found,
        readable=started.readable,
        quality_passed=passed,
        paired=paired,
        analysed=main.n,
        reasons={reason: n for reason, n in reasons.items() if n > 0},
    )


def _acceptable(
    quantities: Mapping[str, QuantityAgreement], settings: AgreementSettings
) -> tuple[AcceptableDifference, ...]:
    asked = settings.acceptable_difference
    return tuple(judge(found, asked[q]) for q, found in quantities.items() if q in asked)


def _about(
    pairs: SitePairs,
    layout: Layout,
    settings: AgreementSettings,
    quantities: Mapping[str, QuantityAgreement],
    before_exclusions: bool,
) -> dict[str, Any]:
    more: dict[str, Any] = {"n_people": layout.n_people}
    if layout.clustered:
        more["cluster"] = {
            "n_people": layout.n_people,
            "n_rows": pairs.n_rows,
            "method": "bootstrap by person",
            "n_resamples": settings.bootstrap_resamples,
            "seed": settings.seed,
        }
    gaps = pairs.numbers.get("gap_days")
    if gaps is not None and np.isfinite(gaps).any():
        more["gap_days"] = gap_distribution(gaps[np.isfinite(gaps)])
    if pairs.t_as_given is not None:
        given = dataclasses.replace(pairs, values={"t": pairs.t_as_given})
        more["t_as_given"] = compare_quantity(
            given, "t", settings, with_rejected=before_exclusions, clustered=layout.clustered
        )
        x, y = more["t_as_given"].reference, more["t_as_given"].test
        if x.size >= LEAST_PAIRS:
            as_given = compare_classes(x, y, settings)
            more["classes_as_given"] = (
                _by_person(as_given, {}) if layout.clustered else as_given
            ).agreement
    t = quantities.get("t")
    if t is not None and t.n >= LEAST_PAIRS and t.bland_altman is not None:
        more["bias_at_t_regression"] = _bias_by_regression(t)
    if pairs.notes:
        more["notes"] = list(pairs.notes)
    return more


def _bias_by_regression(t: QuantityAgreement) -> dict[str, Estimate]:
    """Read the regression of the difference on the mean at each cut-off, for comparison."""
    block = t.bland_altman
    slope = None if block is None else block.proportional_slope.est
    intercept = None
    if block is not None and block.proportional_intercept is not None:
        intercept = block.proportional_intercept.est
    if slope is None or intercept is None:
        return {name: undefined("no regression on the mean") for name in CUT_OFFS_T}
    return {
        name: _inside(Estimate(est=intercept + slope * float(name)), float(name), t.reference)
        for name in CUT_OFFS_T
    }


def gap_distribution(gaps: Array) -> dict[str, Any]:
    """Describe days from reference to test; negative: the test came first."""
    size = np.abs(gaps)
    low, middle, high = np.percentile(size, [25.0, 50.0, 75.0])
    return {
        "n": int(gaps.size),
        "same_day": int((size == 0.0).sum()),
        "up_to_7": int((size <= 7.0).sum()),  # noqa: PLR2004 - a week
        "up_to_30": int((size <= 30.0).sum()),  # noqa: PLR2004 - a month
        "median_days": float(middle),
        "quartiles_days": [float(low), float(high)],
        "longest_days": float(size.max()),
        "test_first": int((gaps < 0.0).sum()),
    }
