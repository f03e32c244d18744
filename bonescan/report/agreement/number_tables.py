"""The tables of a comparison as rows of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bonescan.i18n import _
from bonescan.model.estimate import Estimate
from bonescan.report.figures.numbers import fixed
from bonescan.stats.agreement_study import (
    AccuracyBlock,
    AgreementStudy,
    ClassAgreement,
    LineBlock,
    QuantityAgreement,
    SiteAgreement,
)

from .wording import decimals_of, estimate_words, p_words, quantity_words, unit_words


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """One statistic: its name, value with interval, p, and how the interval was made."""

    name: str
    value: str
    p: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTable:
    """A table of statistics with its caption."""

    caption: str
    rows: tuple[NumberRow, ...]


def _row(
    name: str, estimate: Estimate | None, decimals: int, *, percent: bool = False
) -> NumberRow:
    return NumberRow(
        name=name,
        value=estimate_words(estimate, decimals, percent=percent),
        p=p_words(estimate.p) if estimate is not None else "",
        method=estimate.method if estimate is not None else "",
    )


def quantity_table(quantity: QuantityAgreement) -> NumberTable:
    """List the continuous statistics of one quantity."""
    caption = _("%(what)s: %(n)d pairs, %(out)d left out") % {
        "what": quantity_words(quantity), "n": quantity.n, "out": quantity.n_excluded,
    }  # fmt: skip
    if quantity.bland_altman is None:
        return NumberTable(
            caption=caption, rows=(NumberRow(name=_("no result"), value=quantity.reason),)
        )
    return NumberTable(caption=caption, rows=tuple(_quantity_rows(quantity)))


def _quantity_rows(quantity: QuantityAgreement) -> Iterator[NumberRow]:
    d = decimals_of(quantity)
    block = quantity.bland_altman
    if block is not None:
        unit = unit_words(quantity)
        yield _row(_("bias (test − reference)") + unit, block.bias, d)
        yield NumberRow(name=_("SD of differences") + unit, value=_number(block.sd_diff, d))
        for name, estimate in ((_("lower limit of agreement"), block.loa_lower),
                               (_("upper limit of agreement"), block.loa_upper)):  # fmt: skip
            row = _row(name + unit, estimate, d)
            yield NumberRow(name=row.name, value=row.value, method=block.loa_ci_method)
        outside = "–" if block.n_outside_loa is None else str(block.n_outside_loa)
        yield NumberRow(name=_("pairs outside the limits"), value=outside)
        yield _row(_("slope of difference on mean"), block.proportional_slope, 4)
    for name, line in (
        (_("least squares"), quantity.ols),
        (_("Deming"), quantity.deming),
        (_("weighted Deming"), quantity.weighted_deming),
        (_("Passing-Bablok"), quantity.passing_bablok),
    ):
        yield from _line_rows(name, line, d)
    yield _row(_("Pearson r"), quantity.pearson, 3)
    yield _row(_("Spearman rho"), quantity.spearman, 3)
    yield _row(_("Lin's concordance"), quantity.lin_ccc, 3)
    yield _row(_("ICC(A,1)"), quantity.icc_a1, 3)
    partial = quantity.more.get("partial_correlation")
    if isinstance(partial, Estimate):
        yield _row(_("partial r given age and BMI"), partial, 3)


def _line_rows(name: str, line: LineBlock | None, decimals: int) -> Iterator[NumberRow]:
    if line is None:
        return
    for part, estimate, d in (
        (_("%s: slope"), line.slope, 4),
        (_("%s: intercept"), _told(line.intercept), decimals),
    ):
        words = estimate_words(estimate, d)
        yield NumberRow(name=part % name, value=words, method=line.ci_method)
    if line.see is not None:
        yield NumberRow(name=_("standard error of the estimate"), value=_number(line.see, decimals))
    if line.cusum_p is not None:
        yield NumberRow(name=_("linearity (CUSUM)"), value="", p=p_words(line.cusum_p))
    if line.warning:
        yield NumberRow(name=_("%s: note") % name, value=line.warning)


def _told(estimate: Estimate) -> Estimate:
    """Leave out an interval that does not hold its estimate: scores on a lattice of 0.1 make some.

    The line's warning says so, and the tables beside the page keep the limits.
    """
    e = estimate
    if e.est is None or e.lo is None or e.hi is None or e.lo <= e.est <= e.hi:
        return e
    return Estimate(est=e.est, p=e.p, method=e.method)


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else fixed(value, decimals)


def class_table(classes: ClassAgreement) -> NumberTable:
    """List the agreement of classes; strict and both tolerant readings side by side."""
    share = classes.n or 1
    rows = [
        _row(_("same class, strict (%)"), classes.agreement, 1, percent=True),
        NumberRow(name=_("within 0.3 T of each cut-off between the classes (%)"),
                  value=_number(classes.a_percent, 1), method=_("tolerant, reading A")),
        NumberRow(name=_("T-scores within 0.3 of each other, or the same class (%)"),
                  value=_number(classes.b_percent, 1), method=_("tolerant, reading B")),
        NumberRow(name=_("one class apart"), value=_counted(classes.minor, share)),
        NumberRow(name=_("two classes apart"), value=_counted(classes.major, share)),
        _row(_("Cohen's kappa"), classes.kappa, 3),
        _row(_("linear weighted kappa"), classes.kappa_linear, 3),
        _row(_("quadratic weighted kappa"), classes.kappa_quadratic, 3),
        _row(_("Gwet's AC1"), classes.gwet_ac1, 3),
    ]  # fmt: skip
    for key, name in (("bowker", _("symmetry (Bowker)")),
                      ("stuart_maxwell", _("same margins (Stuart-Maxwell)"))):  # fmt: skip
        found: Any = classes.more.get(key)
        p = getattr(found, "p", None)
        if isinstance(found, dict):
            p = found.get("p")
        if isinstance(p, float):
            rows.append(NumberRow(name=name, value="", p=p_words(p)))
    return NumberTable(caption=_("WHO classes: %d pairs") % classes.n, rows=tuple(rows))


def _counted(n: int, whole: int) -> str:
    return f"{n} ({100.0 * n / whole:.1f} %)"


def accuracy_table(found: AccuracyBlock, auc: Estimate | None) -> NumberTable:
    """List how well the test finds osteoporosis of the reference."""
    rows = [
        _row(_("sensitivity (%)"), found.sensitivity, 1, percent=True),
        _row(_("specificity (%)"), found.specificity, 1, percent=True),
        _row(_("positive predictive value (%)"), found.ppv, 1, percent=True),
        _row(_("negative predictive value (%)"), found.npv, 1, percent=True),
        _row(_("accuracy (%)"), found.accuracy, 1, percent=True),
    ]
    for key, name in (("lr_positive", _("likelihood ratio, positive")),
                      ("lr_negative", _("likelihood ratio, negative"))):  # fmt: skip
        ratio = found.more.get(key)
        if isinstance(ratio, Estimate):
            rows.append(_row(name, ratio, 2))
    if auc is not None:
        rows.append(_row(_("area under the ROC curve"), auc, 3))
    return NumberTable(caption=_("Osteoporosis by the reference (T ≤ −2.5)"), rows=tuple(rows))


def decision_table(site: SiteAgreement) -> NumberTable | None:
    """List the bias where the class is decided."""
    if not site.bias_at_t:
        return None
    rows = tuple(
        _row(_("bias at T = %s") % key.replace("-", "−"), estimate, 3)
        for key, estimate in site.bias_at_t.items()
    )
    return NumberTable(caption=_("Bias of T at the decision levels (Deming)"), rows=rows)


def covariate_table(site: SiteAgreement) -> NumberTable | None:
    """Show what age and BMI alone reach: what a method has to beat."""
    alone = site.covariates_only
    if alone is None or alone.bland_altman is None:
        return None
    ours = site.quantities.get("bmd")
    d = decimals_of(alone)
    rows = [
        _row(_("Pearson r, age and BMI alone"), alone.pearson, 3),
        NumberRow(name=_("SD of differences, age and BMI alone"),
                  value=_number(alone.bland_altman.sd_diff, d)),
    ]  # fmt: skip
    if ours is not None and ours.bland_altman is not None:
        rows += [
            _row(_("Pearson r, the test method"), ours.pearson, 3),
            NumberRow(name=_("SD of differences, the test method"),
                      value=_number(ours.bland_altman.sd_diff, d)),
        ]  # fmt: skip
    caption = _("What age and BMI alone would reach (cross-validated)")
    return NumberTable(caption=caption, rows=tuple(rows))


def site_tables(site: SiteAgreement) -> list[NumberTable]:
    """List every table of a site."""
    found = [quantity_table(q) for q in site.quantities.values()]
    if site.classes is not None:
        found.append(class_table(site.classes))
    if site.osteoporosis is not None:
        found.append(accuracy_table(site.osteoporosis, site.auc))
    found += [t for t in (decision_table(site), covariate_table(site)) if t is not None]
    return found


def key_rows(study: AgreementStudy) -> list[tuple[str, str, str, str, str, str]]:
    """Sum up each site and quantity: site, what, pairs, bias, limits, concordance."""
    from .wording import place_words

    rows = []
    for site in study.sites.values():
        for q in site.quantities.values():
            if q.bland_altman is None:
                continue
            d = decimals_of(q)
            low, high = q.bland_altman.loa_lower.est, q.bland_altman.loa_upper.est
            limits = "–" if low is None or high is None else f"{fixed(low, d)} … {fixed(high, d)}"
            rows.append(
                (place_words(site), quantity_words(q), str(q.n),
                 estimate_words(q.bland_altman.bias, d), limits, estimate_words(q.lin_ccc, 3))
            )  # fmt: skip
    return rows
