"""The key numbers of a comparison as plain lines, for a terminal or a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bonescan.model.estimate import Estimate

from .agreement_study import AgreementStudy, Flow, LineBlock, QuantityAgreement, SiteAgreement

DECIMALS = {"bmd": 4, "t": 2, "z": 2}
UNKNOWN = "-"
LARGE, MIDDLE = 100.0, 1.0
SMALLEST_P = 0.001


def study_text(study: AgreementStudy) -> str:
    """Write the key numbers of every site, after and before exclusions side by side."""
    before = study.before_exclusions or {}
    lines: list[str] = []
    for name, site in study.sites.items():
        lines += [*_site(site, before.get(name)), ""]
    lines += [f"note: {note}" for note in study.notes]
    lines.append("Difference = test - reference. Research software, not a medical device.")
    return "\n".join(lines)


def _site(site: SiteAgreement, before: SiteAgreement | None) -> Iterator[str]:
    yield f"{site.site}: {site.test_name} - {site.reference_name}   {_flow(site.flow)}"
    gaps = site.more.get("gap_days")
    if gaps:
        low, high = gaps["quartiles_days"]
        yield (
            f"  days between: same day {gaps['same_day']}, up to 7 {gaps['up_to_7']}, up to 30 "
            f"{gaps['up_to_30']} of {gaps['n']}; median {gaps['median_days']:g} ({low:g} to "
            f"{high:g}), longest {gaps['longest_days']:g}"
        )
    if "cluster" in site.more:
        about = site.more["cluster"]
        yield f"  {about['n_rows']} rows of {about['n_people']} people: intervals by person"
    for quantity in site.quantities.values():
        yield from _quantity(quantity)
        old = None if before is None else before.quantities.get(quantity.quantity)
        if old is not None and old.bland_altman is not None:
            yield (
                f"     before exclusions: n {old.n}, bias "
                f"{_e(old.bland_altman.bias, DECIMALS[old.quantity])}, limits "
                f"{_number(old.bland_altman.loa_lower.est, DECIMALS[old.quantity])} to "
                f"{_number(old.bland_altman.loa_upper.est, DECIMALS[old.quantity])}"
            )
    yield from _as_given(site)
    yield from _classes(site, "after exclusions" if before is not None else "")
    if before is not None:
        yield from _classes(before, "before exclusions, rejected scans as disagreement")
    for verdict in site.acceptable:
        yield f"  {verdict.quantity}: {verdict.verdict}. {verdict.sentence}"
    if site.covariates_only is not None and site.covariates_only.ols is not None:
        alone = site.covariates_only
        spread = None if alone.bland_altman is None else alone.bland_altman.sd_diff
        yield (
            f"  age and BMI alone, BMD: SD of differences {_number(spread, 4)}, of the method on "
            f"the same {alone.n} {_number(alone.more.get('sd_diff_of_method'), 4)}; "
            f"r {_e(alone.pearson, 3)}"
        )


def _as_given(site: SiteAgreement) -> Iterator[str]:
    """Show T as each method gave it, where it was brought to one reference or left out."""
    given = site.more.get("t_as_given")
    if given is None or given.bland_altman is None:
        return
    ba, classes = given.bland_altman, site.more.get("classes_as_given")
    same = "" if classes is None else f"; classes same {_percent(classes.agreement)}"
    yield (
        f"  T as each method gave it: n {given.n}, bias {_e(ba.bias, 2)}, limits "
        f"{_number(ba.loa_lower.est, 2)} to {_number(ba.loa_upper.est, 2)}{same}"
    )


def _flow(flow: Flow) -> str:
    steps = (
        f"found {flow.found} -> readable {flow.readable} -> quality passed {flow.quality_passed} "
        f"-> paired {flow.paired} -> analysed {flow.analysed}"
    )
    reasons = ", ".join(f"{n} {reason.replace('_', ' ')}" for reason, n in flow.reasons.items())
    return f"{steps} ({reasons})" if reasons else steps


def _quantity(found: QuantityAgreement) -> Iterator[str]:
    name, decimals = found.quantity.upper(), DECIMALS[found.quantity]
    unit = f" {found.unit}" if found.unit else ""
    if found.reason or found.bland_altman is None:
        yield f"  {name}: n {found.n}; nothing to estimate: {found.reason}"
        return
    ba = found.bland_altman
    decimals = _fitting(ba.sd_diff, decimals, bool(unit))
    yield (
        f"  {name}{unit}  n {found.n}  bias {_e(ba.bias, decimals)}{_p(ba.bias)}  "
        f"SD {_number(ba.sd_diff, decimals)}"
    )
    yield (
        f"     limits of agreement {_e(ba.loa_lower, decimals)} to {_e(ba.loa_upper, decimals)}  "
        f"[{ba.loa_ci_method}]  {ba.n_outside_loa} outside"
    )
    yield (
        f"     slope of difference on mean {_e(ba.proportional_slope, 3)}"
        f"{_p(ba.proportional_slope)}"
    )
    yield (
        f"     Deming {_line(found.deming)}   Passing-Bablok "
        f"{_line(found.passing_bablok, is_score=found.quantity != 'bmd')}   "
        f"SEE {_number(found.ols.see if found.ols else None, decimals)}"
    )
    yield (
        f"     r {_e(found.pearson, 3)}  rho {_e(found.spearman, 3)}  CCC {_e(found.lin_ccc, 3)}  "
        f"ICC(A,1) {_e(found.icc_a1, 3)}"
    )
    yield from _replicates(found, decimals)


def _classes(site: SiteAgreement, when: str) -> Iterator[str]:
    found, sick = site.classes, site.osteoporosis
    if found is None or sick is None:
        return
    said = f" ({when})" if when else ""
    yield (
        f"  classes{said}: same {_percent(found.agreement)}; with 0.3 T tolerance A "
        f"{_number(found.a_percent, 1)} %, B {_number(found.b_percent, 1)} %; minor {found.minor}, "
        f"major {found.major}"
    )
    yield (
        f"     kappa {_kappa(found.kappa)}  linear {_kappa(found.kappa_linear)}  quadratic "
        f"{_kappa(found.kappa_quadratic)}  AC1 {_kappa(found.gwet_ac1)}"
    )
    yield (
        f"     osteoporosis: sensitivity {_percent(sick.sensitivity)}, specificity "
        f"{_percent(sick.specificity)}, AUC {_e(site.auc, 3)}"
    )
    if site.bias_at_t:
        told = "  ".join(f"T {at}: {_e(bias, 3)}" for at, bias in site.bias_at_t.items())
        yield f"     bias at {told}"


def _fitting(spread: float | None, decimals: int, has_unit: bool) -> int:
    """Choose decimals for a column of an unknown unit by how far its differences spread."""
    if has_unit or not spread:
        return decimals
    if spread >= LARGE:
        return 1
    return 2 if spread >= MIDDLE else decimals


def _line(line: LineBlock | None, *, is_score: bool = False) -> str:
    """Write a line; of scores rounded to 0.1 the limits of the intercept can miss it: left out."""
    if line is None or line.slope.est is None:
        return UNKNOWN
    intercept = _number(line.intercept.est, 3) if is_score else _e(line.intercept, 3)
    return f"slope {_e(line.slope, 3)}, intercept {intercept}"


def _replicates(found: QuantityAgreement, decimals: int) -> Iterator[str]:
    """Show the limits for single readings from all of them."""
    for name, limits in found.more.get("replicates", {}).items():
        if limits.bias.est is not None:
            yield (
                f"     all readings, {name.replace('_', ' ')}: bias {_e(limits.bias, decimals)}, "
                f"limits {_e(limits.loa_lower, decimals)} to {_e(limits.loa_upper, decimals)}"
            )


def _kappa(estimate: Estimate) -> str:
    """Write a coefficient; the end of an interval of a normal distribution may pass 1."""
    if estimate.hi is not None and estimate.hi > 1.0:
        estimate = replace(estimate, hi=1.0)
    return _e(estimate, 3)


def _e(estimate: Estimate | None, decimals: int) -> str:
    if estimate is None or estimate.est is None:
        return UNKNOWN
    text = _number(estimate.est, decimals)
    if estimate.lo is None or estimate.hi is None:
        return text
    return f"{text} ({_number(estimate.lo, decimals)} to {_number(estimate.hi, decimals)})"


def _percent(estimate: Estimate) -> str:
    if estimate.est is None:
        return UNKNOWN
    if estimate.lo is None or estimate.hi is None:
        return f"{100.0 * estimate.est:.1f} %"
    return f"{100 * estimate.est:.1f} % ({100 * estimate.lo:.1f} to {100 * estimate.hi:.1f})"


def _number(value: float | None, decimals: int) -> str:
    if value is None:
        return UNKNOWN
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and float(text) == 0.0 else text


def _p(estimate: Estimate) -> str:
    if estimate.p is None:
        return ""
    return f" p {estimate.p:.3f}" if estimate.p >= SMALLEST_P else " p <0.001"
