"""The figures of a model's page, drawn from its study."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.model.estimate import Estimate
from bonescan.model.model_study import ModelStudy, StudyPoint
from bonescan.model.rems_model import CrossValidationRow, SiteModel, SpectralForm

from .figures.agreement.difference_plot import Level, difference_plot
from .figures.agreement.forest import ForestRow, forest
from .figures.agreement.heat_map import heat_map
from .figures.agreement.scatter import DotGroup, FittedLine, identity_scatter
from .figures.class_spectra import class_spectra
from .figures.coverage import coverage_plot
from .figures.score_plot import score_plot
from .figures.svg import Point

# WHO Technical Report Series 843: T -1.0 and above is normal, -2.5 and below osteoporosis.
NORMAL_T, OSTEOPOROSIS_T = -1.0, -2.5
CHOSEN, JOINED = "chosen-inside-folds", "+covariates"  # lines beside the estimators


def model_figures(
    study: ModelStudy, site: SiteModel, form: SpectralForm
) -> list[tuple[Markup, str, bool]]:
    """Draw a site: (figure, caption, whether it is wide)."""
    drawn = [
        (_spectra(site, form), _(
            "Spectra of the classes behind the bone surface: gate A just behind it, gate B "
            "deeper. Dense bone fades faster from A to B.")),
        (_scatter(study), _("Estimated against measured, by models that had not seen the person.")),
        (_differences(study), _("Difference against mean: bias and 95 % limits of agreement.")),
        (_scores(study), _("The published kind of score: share of spectra like the osteoporotic.")),
    ]  # fmt: skip
    if study.interval is not None:
        drawn.append((_coverage(study), _(
            "Stated against real coverage of the intervals; the bar is the 95 % interval of "
            "what was counted.")))  # fmt: skip
    drawn.append((_classes(study), _("WHO classes by ultrasound and by DXA.")))
    wide = (_see(study), _(
        "Standard error of the estimate. Ultrasound has to lie left of the dashed line, which is "
        "what age, BMI and sex tell without it; with the ultrasound of somebody of like age and "
        "BMI nothing of the gain may be left."))  # fmt: skip
    return [*((figure, words, False) for figure, words in drawn), (*wide, True)]


def _grouped(study: ModelStudy, points: Sequence[tuple[StudyPoint, Point]]) -> list[DotGroup]:
    """Part points by the class of the DXA reading."""
    parts: dict[str, list[Point]] = {"normal": [], "osteopenia": [], "osteoporosis": []}
    for point, at in points:
        t = (point.dxa_g_cm2 - study.reference_mean_g_cm2) / study.reference_sd_g_cm2
        name = "normal" if t >= NORMAL_T else "osteopenia"
        parts["osteoporosis" if t <= OSTEOPOROSIS_T else name].append(at)
    return [DotGroup(name=n, style=f"class-{n}", points=p) for n, p in parts.items() if p]


def _spectra(site: SiteModel, form: SpectralForm) -> Markup:
    return class_spectra(
        form.frequency_hz.tolist(),
        site.osteoporotic_db.tolist(),
        site.healthy_db.tolist(),
        title=_("Spectra of the classes"),
        description=_("Level against frequency of osteoporotic and healthy people, both gates."),
    )


def _scatter(study: ModelStudy) -> Markup:
    slope, intercept = study.difference.deming_slope.est, study.difference.deming_intercept.est
    lines = []
    if slope is not None and intercept is not None:
        lines.append(
            FittedLine(name=_("Deming"), intercept=intercept, slope=slope, style="fit-deming")
        )
    return identity_scatter(
        _grouped(study, [(p, (p.dxa_g_cm2, p.predicted_g_cm2)) for p in study.points]),
        lines,
        (),
        names=(_("BMD by DXA (g/cm²)"), _("BMD estimated (g/cm²)")),
        title=_("Estimated against measured BMD"),
        description=_("%d scans, identity and Deming line.") % len(study.points),
    )


def _differences(study: ModelStudy) -> Markup:
    found = study.difference
    named = (
        (_("upper limit"), found.loa_upper, "limit"),
        (_("bias"), found.bias, "bias"),
        (_("lower limit"), found.loa_lower, "limit"),
    )
    levels = [
        Level(name=name, value=e.est, low=e.lo, high=e.hi, style=style)
        for name, e, style in named
        if e.est is not None
    ]
    points = [
        (p, ((p.dxa_g_cm2 + p.predicted_g_cm2) / 2.0, p.predicted_g_cm2 - p.dxa_g_cm2))
        for p in study.points
    ]
    return difference_plot(
        _grouped(study, points),
        levels,
        trend=None,
        acceptable=None,
        names=(_("mean of both (g/cm²)"), _("estimated − DXA (g/cm²)")),
        decimals=3,
        title=_("Differences"),
        description=_("Difference of estimated and measured BMD against their mean."),
    )


def _scores(study: ModelStudy) -> Markup:
    return score_plot(
        _grouped(study, [(p, (p.dxa_g_cm2, p.score_percent)) for p in study.points]),
        title=_("Osteoporosis Score against BMD"),
        description=_("Score in percent against BMD by DXA."),
    )


def _coverage(study: ModelStudy) -> Markup:
    found = study.interval
    if found is None:
        raise ValueError("a study without intervals has no coverage to draw")
    covered = found.covered
    whisker = None
    if covered.lo is not None and covered.hi is not None:
        whisker = (found.nominal_1, covered.lo, covered.hi)
    levels = found.levels or ((found.nominal_1, covered.est or 0.0),)
    return coverage_plot(
        levels,
        whisker,
        title=_("Coverage of the intervals"),
        description=_("Share of people inside intervals of several stated coverages."),
    )


def _classes(study: ModelStudy) -> Markup:
    return heat_map(
        study.classes.table,
        (_("normal"), _("osteopenia"), _("osteoporosis")),
        names=(_("by DXA"), _("by ultrasound")),
        title=_("WHO classes"),
        description=_("Counts of classes by ultrasound (rows) and by DXA (columns)."),
    )


def _see(study: ModelStudy) -> Markup:
    covariates = study.covariates_only
    joined = [r for n, r in study.controls.items() if n.endswith(JOINED)]
    chosen = [r for n, r in study.controls.items() if n == CHOSEN]
    others = [r for n, r in study.controls.items() if not n.endswith(JOINED) and n != CHOSEN]
    rows = [ForestRow(name=_("Ultrasound")), *map(_row, (*study.estimators, *chosen))]
    if joined:
        rows += [ForestRow(name=_("Ultrasound with age, BMI and sex")), *map(_row, joined)]
    rows.append(ForestRow(name=_("Without ultrasound, and controls")))
    rows += map(_row, (*(() if covariates is None else (covariates,)), *others))
    return forest(
        rows,
        axis_name=_("SEE (g/cm²), 95 % interval over people"),
        overall=None if covariates is None else covariates.see_g_cm2,
        decimals=3,
        title=_("Standard error of the estimate"),
        description=_("SEE of every estimator and control with its 95 % interval."),
    )


def _row(row: CrossValidationRow) -> ForestRow:
    name = row.estimator.partition(":")[0]
    estimate = Estimate(est=row.see_g_cm2, lo=row.see_lo_g_cm2, hi=row.see_hi_g_cm2)
    return ForestRow(name=name, n=None, estimate=estimate)
