"""Which figures a comparison needs, drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from bonescan.i18n import _
from bonescan.report.figures.agreement.cusum import cusum_plot
from bonescan.report.figures.agreement.difference_plot import Level, difference_plot
from bonescan.report.figures.agreement.flow import FlowStep, flow_diagram
from bonescan.report.figures.agreement.forest import ForestRow, forest
from bonescan.report.figures.agreement.heat_map import heat_map
from bonescan.report.figures.agreement.quantiles import mountain_plot, normal_quantile_plot
from bonescan.report.figures.agreement.roc import RocLine, roc_plot
from bonescan.report.figures.agreement.scatter import DotGroup, FittedLine, identity_scatter
from bonescan.report.figures.numbers import fixed
from bonescan.stats.agreement_study import (
    CLASS_WORDS,
    AgreementStudy,
    Flow,
    LineBlock,
    QuantityAgreement,
    RocCurve,
    SiteAgreement,
)
from bonescan.stats.deming import bias_at

from .wording import (
    REASON_STEPS,
    decimals_of,
    estimate_words,
    method_words,
    p_words,
    place_words,
    quantity_words,
    reason_words,
    unit_words,
)

Array = NDArray[np.float64]

TREND_P = 0.05  # a line of difference on mean is drawn below it
BAND_STEPS = 24
CUSUM_5_PERCENT = 1.36  # Kolmogorov, asymptotic
MOST_ROC_POINTS = 400
OSTEOPOROSIS_T, NORMAL_T = -2.5, -1.0
UNCLASSED = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure with the words under it; `name` is that of its file."""

    name: str
    caption: str
    svg: Markup
    wide: bool = False
    secondary: bool = False  # folded away: a check rather than a result


def flow_drawings(study: AgreementStudy) -> list[Drawing]:
    """Draw the flow of the study, and of each site where there are several."""
    whose = _("any site") if len(study.sites) > 1 else ""
    found = [flow_drawing(study.flow, "flow", whose)]
    if len(study.sites) > 1:
        found += [
            flow_drawing(site.flow, f"{name}-flow", place_words(site))
            for name, site in study.sites.items()
        ]
    return found


def flow_drawing(flow: Flow, name: str, whose: str) -> Drawing:
    """Draw how many scans stand behind the numbers."""
    reasons = tuple(f"{n} {reason_words(why)}" for why, n in flow.reasons.items() if n)
    steps = [
        FlowStep(name=_("found"), n=flow.found),
        FlowStep(name=_("readable"), n=flow.readable),
        FlowStep(name=_("quality passed"), n=flow.quality_passed),
        FlowStep(name=_("paired"), n=flow.paired),
        FlowStep(name=_("analysed"), n=flow.analysed),
    ]
    for i in range(1, len(steps)):
        lost = tuple(
            f"{n} {reason_words(why)}"
            for why, n in flow.reasons.items()
            if n and REASON_STEPS.get(why) == i
        )
        if lost:
            steps[i] = replace(steps[i], lost=lost)
    words = ", ".join(f"{s.name} {s.n}" for s in steps)
    caption = f"{whose}: {words}." if whose else words + "."
    if reasons:
        caption += " " + _("Left out: %s.") % "; ".join(reasons)
    svg = flow_diagram(steps, title=_("Flow"), description=caption)
    return Drawing(name=name, caption=caption, svg=svg)


def site_drawings(site: SiteAgreement) -> Iterator[Drawing]:
    """Draw everything that one site's results allow."""
    for quantity in site.quantities.values():
        if quantity.bland_altman is not None and quantity.n:
            yield from _quantity_drawings(site, quantity)
    yield from _class_drawings(site)


def _quantity_drawings(site: SiteAgreement, quantity: QuantityAgreement) -> Iterator[Drawing]:
    stem = f"{site.site}-{quantity.quantity}"
    yield _scatter(site, quantity, f"{stem}-scatter")
    yield _differences(site, quantity, f"{stem}-bland-altman")
    away = [float(d) for d in quantity.test - quantity.reference]
    name = _("difference") + unit_words(quantity)
    if len(set(away)) > 1:
        title = _("Normal quantiles of the differences")
        yield Drawing(
            name=f"{stem}-quantiles",
            caption=_("Sorted differences against normal quantiles; the line has their mean and "
                      "SD. Limits of agreement and their exact intervals assume this line."),
            svg=normal_quantile_plot(away, y_name=name, title=title, description=title),
            secondary=True,
        )  # fmt: skip
        title = _("Folded distribution of the differences")
        yield Drawing(
            name=f"{stem}-mountain",
            caption=_("Folded empirical distribution: its peak is the median difference, its "
                      "width needs no assumption."),
            svg=mountain_plot(away, x_name=name, title=title, description=title),
            secondary=True,
        )  # fmt: skip
    walk = _walk(quantity)
    if walk is not None:
        yield walk_drawing(quantity, walk, f"{stem}-cusum")


def _groups(site: SiteAgreement, quantity: QuantityAgreement, x: Array, y: Array) -> list[DotGroup]:
    """Colour the points by the class of the reference, where its T is known."""
    t_pairs = site.pairs.values.get("t")
    t = t_pairs[0][quantity.rows] if t_pairs is not None else np.full(x.size, np.nan)
    kind = np.select(
        [np.isnan(t), t <= OSTEOPOROSIS_T, t < NORMAL_T],
        [UNCLASSED, f"class-{CLASS_WORDS[2]}", f"class-{CLASS_WORDS[1]}"],
        f"class-{CLASS_WORDS[0]}",
    )
    return [
        DotGroup(
            name=style,
            style=style,
            points=[(float(a), float(b)) for a, b in zip(x[kind == style], y[kind == style],
                                                         strict=True)],
        )
        for style in sorted(set(kind.tolist()))
    ]  # fmt: skip


def _line(block: LineBlock | None, name: str, style: str) -> list[FittedLine]:
    if block is None or block.slope.est is None or block.intercept.est is None:
        return []
    sign = "−" if block.intercept.est < 0 else ""
    words = f"{name}: {sign}{fixed(abs(block.intercept.est), 3)} + {fixed(block.slope.est, 3)} · x"
    return [
        FittedLine(name=words, intercept=block.intercept.est, slope=block.slope.est, style=style)
    ]


def _scatter(site: SiteAgreement, quantity: QuantityAgreement, name: str) -> Drawing:
    lines = _line(quantity.deming, _("Deming"), "fit-deming")
    lines += _line(quantity.passing_bablok, _("Passing-Bablok"), "fit-pb")
    what = quantity_words(quantity)
    title = _("%(what)s: %(test)s against %(reference)s") % _names(site, what)
    caption = title + ". " + _("Dashed: identity.")
    band = _deming_band(quantity)
    if band:
        caption += " " + _("Band: 95 % interval of the Deming line, point by point.")
    svg = identity_scatter(
        _groups(site, quantity, quantity.reference, quantity.test),
        lines,
        band,
        names=(f"{method_words(site.reference_name)} {what}",
               f"{method_words(site.test_name)} {what}"),
        title=title,
        description=f"{title}; {quantity.n} " + _("pairs"),
    )  # fmt: skip
    return Drawing(name=name, caption=caption, svg=svg)


def _names(site: SiteAgreement, what: str) -> dict[str, str]:
    return {
        "what": what,
        "test": method_words(site.test_name),
        "reference": method_words(site.reference_name),
    }


def _deming_band(quantity: QuantityAgreement) -> list[tuple[float, float, float]]:
    block = quantity.deming
    if block is None or block.slope.est is None or block.slope.lo is None:
        return []
    x = quantity.reference
    levels = [float(v) for v in np.linspace(x.min(), x.max(), BAND_STEPS)]
    found = bias_at(x, quantity.test, levels)
    return [
        (level, level + e.lo, level + e.hi)
        for level, e in found.items()
        if e.lo is not None and e.hi is not None
    ]


def _differences(site: SiteAgreement, quantity: QuantityAgreement, name: str) -> Drawing:
    block = quantity.bland_altman
    if block is None:
        raise ValueError("found no Bland-Altman block, wanted one")
    levels = [
        Level(name=words, value=e.est, low=e.lo, high=e.hi, style=style)
        for words, e, style in (
            (_("bias"), block.bias, "bias"),
            (_("upper limit"), block.loa_upper, "limit"),
            (_("lower limit"), block.loa_lower, "limit"),
        )
        if e.est is not None
    ]
    slope, intercept = block.proportional_slope, block.proportional_intercept
    trend = None
    if (slope.p is not None and slope.p < TREND_P and slope.est is not None
            and intercept is not None and intercept.est is not None):  # fmt: skip
        trend = (intercept.est, slope.est)
    asked = next((a.acceptable for a in site.acceptable if a.quantity == quantity.quantity), None)
    decimals = min(decimals_of(quantity), 3)
    caption = _(
        "Difference (%(test)s − %(reference)s) against the mean of both. Bands: 95 %% intervals "
        "(limits: %(method)s)."
    ) % {**_names(site, ""), "method": block.loa_ci_method}
    caption += " " + _("Slope of difference on mean %(slope)s, p %(p)s.") % {
        "slope": estimate_words(slope, 3),
        "p": p_words(slope.p) or "–",
    }
    title = _("Bland-Altman plot, %s") % quantity_words(quantity)
    svg = difference_plot(
        _groups(site, quantity, (quantity.reference + quantity.test) / 2.0,
                quantity.test - quantity.reference),
        levels,
        trend=trend,
        acceptable=asked,
        names=(_("mean of both") + unit_words(quantity),
               f"{method_words(site.test_name)} − {method_words(site.reference_name)}"
               + unit_words(quantity)),
        decimals=decimals,
        title=title,
        description=caption,
    )  # fmt: skip
    return Drawing(name=name, caption=caption, svg=svg)


def _walk(quantity: QuantityAgreement) -> list[float] | None:
    found: Any = quantity.more.get("cusum")
    path = getattr(found, "path", None)
    if path is None and isinstance(found, dict):
        path = found.get("path")
    values = [] if path is None else [float(v) for v in path]
    return values or None


def walk_drawing(quantity: QuantityAgreement, walk: list[float], name: str) -> Drawing:
    """Draw the linearity check of Passing-Bablok regression."""
    block = quantity.passing_bablok
    below = sum(1 for a, b in zip([0.0, *walk], walk, strict=False) if b < a)
    p = block.cusum_p if block is not None else None
    title = _("CUSUM of linearity")
    caption = _("Signs about the Passing-Bablok line, summed along it; p %s. A walk past the "
                "limits speaks against a straight line.") % (p_words(p) or "–")  # fmt: skip
    limit = CUSUM_5_PERCENT * float(np.sqrt(below + 1))
    svg = cusum_plot(walk, limit, title=title, description=caption)
    return Drawing(name=name, caption=caption, svg=svg, secondary=True)


def _class_drawings(site: SiteAgreement) -> Iterator[Drawing]:
    names = _names(site, "")
    if site.classes is not None:
        title = _("WHO classes, %s") % place_words(site)
        agreement = estimate_words(site.classes.agreement, 1, percent=True)
        caption = _("Rows %(test)s, columns %(reference)s.") % names
        caption += " " + _("Same class: %s %%.") % agreement
        svg = heat_map(
            site.classes.table, [_(word) for word in CLASS_WORDS],
            names=(names["reference"], names["test"]), title=title, description=caption,
        )  # fmt: skip
        yield Drawing(name=f"{site.site}-classes", caption=caption, svg=svg)
    for condition in dict.fromkeys(r.condition for r in site.rocs):
        curves = [r for r in site.rocs if r.condition == condition]
        title = _("ROC for %s") % _(condition)
        svg = roc_plot(
            [_roc_line(r, site, i) for i, r in enumerate(curves)],
            title=title, description=title,
        )  # fmt: skip
        caption = title + _("; area with its 95 % interval (DeLong). Low T counts as disease.")
        slug = condition.replace(" ", "-")
        yield Drawing(name=f"{site.site}-roc-{slug}", caption=caption, svg=svg)
    yield from _forests(site)


def _roc_line(curve: RocCurve, site: SiteAgreement, i: int) -> RocLine:
    method = site.test_name if curve.score == "test" else site.reference_name
    step = max(1, curve.false_positive_1.size // MOST_ROC_POINTS)
    index = np.unique(np.append(np.arange(0, curve.false_positive_1.size, step),
                                curve.false_positive_1.size - 1))  # fmt: skip
    points = [(float(curve.false_positive_1[k]), float(curve.true_positive_1[k])) for k in index]
    return RocLine(
        name=f"{method_words(method)} {estimate_words(curve.auc, 3)}",
        style="roc-a" if i == 0 else "roc-b",
        points=points,
    )


def _forests(site: SiteAgreement) -> Iterator[Drawing]:
    if not site.strata:
        return
    quantity = site.quantities.get(site.strata[0].quantity)
    decimals = decimals_of(quantity) - 1 if quantity is not None else 3
    bias = quantity.bland_altman.bias.est if quantity and quantity.bland_altman else None
    title = _("Bias by stratum")
    yield Drawing(
        name=f"{site.site}-strata-bias",
        caption=_("Bias with its 95 % interval in parts of the people; dashed: everyone."),
        svg=forest(
            _forest_rows(site, "bias"),
            axis_name=title + (unit_words(quantity) if quantity else ""),
            overall=bias, decimals=decimals, title=title, description=title,
        ),
        wide=True,
    )  # fmt: skip
    if any(s.kappa.est is not None for s in site.strata):
        title = _("Cohen's kappa by stratum")
        overall = site.classes.kappa.est if site.classes is not None else None
        yield Drawing(
            name=f"{site.site}-strata-kappa",
            caption=title + _(", with its 95 % interval; dashed: everyone."),
            svg=forest(_forest_rows(site, "kappa"), axis_name=title, overall=overall,
                       decimals=2, title=title, description=title),
            wide=True,
        )  # fmt: skip


VARIABLES = {
    "age_years": "Age (years)",
    "bmi_kg_m2": "BMI (kg/m²)",
    "sex": "Sex",
    "device": "Device",
    "maker": "Maker of the DXA device",
    "depth_mm": "Depth of the bone (mm)",
}


def _forest_rows(site: SiteAgreement, statistic: str) -> list[ForestRow]:
    rows: list[ForestRow] = []
    heading = ""
    for part in site.strata:
        if part.variable != heading:
            heading = part.variable
            rows.append(ForestRow(name=_(VARIABLES.get(heading, heading))))
        n = part.n if statistic == "bias" else part.n_t
        rows.append(ForestRow(name=part.label, n=n, estimate=getattr(part, statistic)))
    return rows


def study_drawings(study: AgreementStudy) -> dict[str, list[Drawing]]:
    """Draw the figures of every site, by site."""
    return {name: list(site_drawings(site)) for name, site in study.sites.items()}
