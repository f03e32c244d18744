"""The page of a model: how it was tried, on whom, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bonescan import __version__
from bonescan.errors import all_codes
from bonescan.files.tables import write_atomically
from bonescan.i18n import _
from bonescan.model.estimate import Estimate
from bonescan.model.model_study import ClassReport, GroupRow, ModelStudy
from bonescan.model.rems_model import CrossValidationRow, RemsModel

from .environment import asset, content_policy, environment
from .figures.numbers import fixed
from .model_figures import model_figures
from .print_style import print_style
from .words import site_words

NOTHING = "–"
PERCENT = 100.0


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelPage:
    """What the page is about."""

    model: RemsModel
    studies: Sequence[ModelStudy]
    is_new_people: bool  # a validation on new patients, not the cross-validation
    refused: Sequence[str] = ()  # sites without a model, and why


def write_model_page(path: Path, page: ModelPage) -> None:
    """Write the page; it appears whole or not at all."""
    write_atomically(path, model_page(page).encode("utf-8", "backslashreplace"))


def model_page(page: ModelPage) -> str:
    """Write the page: self-contained, readable without JavaScript.

    Parameters
    ----------
    page : ModelPage

    Returns
    -------
    html : str
        The same content gives the same text; no person is named but by the row
        of the cohort table.
    """
    model = page.model
    title = _("Model %s") % model.model_id
    if page.is_new_people:
        title = _("Model %s on new people") % model.model_id
    sheets = ("page.css", "who.css", "index.css", "agreement.css", "model.css")
    styles = [*(asset(name) for name in sheets), print_style(__version__, title)]
    return (
        environment()
        .get_template("model.html.j2")
        .render(
            title=title,
            version=__version__,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=_warnings(model),
            watermark=_("SIMULATED DATA") if model.simulated else "",
            facts=_facts(model),
            refused=page.refused,
            is_new_people=page.is_new_people,
            sites=[_site(study, model, page) for study in page.studies],
        )
    )


def _warnings(model: RemsModel) -> list[tuple[str, str, str]]:
    if not model.simulated:
        return []
    words = _(
        "This model has learnt from simulated exams. Simulator, analysis and model share their "
        "assumptions: a good figure tests the software and is no evidence of accuracy in people. "
        "The model gives no score and no class to a real exam."
    )
    return [("warn", _("Simulated data."), words)]


def _facts(model: RemsModel) -> list[tuple[str, str]]:
    form = model.form
    band = f"{form.frequency_hz[0] / 1e6:.2f} – {form.frequency_hz[-1] / 1e6:.2f} MHz"
    return [
        (_("Method"), model.method),
        (_("Scale of the BMD"), f"DXA {model.dxa_maker}"),
        (_("Devices"), ", ".join(model.devices) or _("unknown")),
        (_("Spectra"), f"{form.fs_hz / 1e6:g} MHz, {form.window}, {form.gate_samples} "
                       f"{_('samples a gate')}, {band}"),
        (_("Calibration"), _("divided out") if model.calibrated else _("none")),
        (_("Made with"), f"bonescan {model.software_version}"),
        (_("Content"), model.content_sha256[:16]),
        (_("Cohort"), model.cohort_sha256[:16]),
    ]  # fmt: skip


def _site(study: ModelStudy, model: RemsModel, page: ModelPage) -> dict[str, Any]:
    trained = next(s for s in model.sites if s.site == study.site)
    return {
        "name": site_words(study.site),
        "tiles": _tiles(study),
        "verdict": _verdict(study),
        "figures": model_figures(study, trained, model.form),
        "estimators": list(_estimators(study)),
        "classes": _classes(study),
        "statistics": _statistics(study),
        "groups": [_group(g) for g in (*study.groups, *study.left_out)],
        "people": _people(study, page),
        "reasons": _reasons(study),
        "rejected": [(r.line, r.exam, r.code, r.reason) for r in study.rejected],
        "notes": study.notes,
    }


def _tiles(study: ModelStudy) -> list[tuple[str, str]]:
    lead = next((r for r in study.estimators if r.estimator == study.primary), None)
    plain = study.covariates_only
    tiles = [
        (_("people"), str(study.n_people)),
        (_("scans with a number"), str(study.n_accepted)),
        (_("scans without"), str(len(study.rejected))),
    ]
    if lead is not None:
        tiles.append((_("SEE, g/cm²"), fixed(lead.see_g_cm2, 3)))
        tiles.append((_("r"), fixed(lead.pearson_1, 2)))
    if plain is not None:
        tiles.append((_("SEE of age, BMI, sex"), fixed(plain.see_g_cm2, 3)))
    return tiles


def _verdict(study: ModelStudy) -> str:
    if study.gain_lo_g_cm2 is None or study.gain_hi_g_cm2 is None:
        return _("Too few people to tell whether ultrasound adds anything to age, BMI and sex.")
    numbers = {
        "lo": fixed(study.gain_lo_g_cm2, 3), "hi": fixed(study.gain_hi_g_cm2, 3),
    }  # fmt: skip
    if study.informative:
        return _("Ultrasound adds to age, BMI and sex: SEE smaller by %(lo)s to %(hi)s g/cm² "
                 "(95 %% over people).") % numbers  # fmt: skip
    return _("No ultrasound information shown: SEE smaller by %(lo)s to %(hi)s g/cm² (95 %% over "
             "people), which includes none at all.") % numbers  # fmt: skip


def _estimators(study: ModelStudy) -> Iterator[dict[str, str]]:
    for row in study.estimators:
        yield _row(row, "lead" if row.estimator == study.primary else "")
    if study.covariates_only is not None:
        yield _row(study.covariates_only, "")
    for row in study.controls.values():
        yield _row(row, "control")


def _row(row: CrossValidationRow, style: str) -> dict[str, str]:
    name, _colon, of = row.estimator.partition(":")
    return {
        "style": style,
        "name": CONTROL_WORDS.get(name, name) + (f" ({of})" if of else ""),
        "r": f"{fixed(row.pearson_1, 2)} ({fixed(row.pearson_lo_1, 2)} – "
             f"{fixed(row.pearson_hi_1, 2)})",
        "see": f"{fixed(row.see_g_cm2, 3)} ({fixed(row.see_lo_g_cm2, 3)} – "
               f"{fixed(row.see_hi_g_cm2, 3)})",
        "bias": fixed(row.bias_g_cm2, 3),
    }  # fmt: skip


CONTROL_WORDS = {
    "covariates-only": _("age, BMI and sex without ultrasound"),
    "depth-only": _("depth of the bone alone"),
    "chosen-inside-folds": _("estimator chosen inside each fold"),
    "labels-permuted": _("control: DXA of somebody else"),
    "shuffled-in-class": _("control: ultrasound of somebody of the same class"),
    "swapped-in-age-bmi-cells": _("control: ultrasound of somebody of like age and BMI"),
    "swapped-in-age-bmi-cells+covariates": _("control: the same, with age, BMI and sex"),
}


def _classes(study: ModelStudy) -> list[tuple[str, str, str]]:
    after, before = study.classes, study.before_exclusions
    return [
        (_("Scans"), str(after.n), str(before.n)),
        (_("Agreement, strict"), _percent(after.agreement), _percent(before.agreement)),
        (_("Agreement within 0.3 T of the cut-off (reading A)"),
         _plain(after, "tolerant_a_percent"), _plain(before, "tolerant_a_percent")),
        (_("Same class or T within 0.3 (reading B)"), _plain(after, "tolerant_b_percent"),
         _plain(before, "tolerant_b_percent")),
        (_("Kappa"), _words(after.kappa, 2), _words(before.kappa, 2)),
        (_("Kappa, linear weights"), _words(after.kappa_linear, 2), _words(before.kappa_linear, 2)),
        (_("Sensitivity for osteoporosis"), _percent(after.sensitivity),
         _percent(before.sensitivity)),
        (_("Specificity"), _percent(after.specificity), _percent(before.specificity)),
        (_("Area under the ROC curve"), _words(after.auc, 3), _words(before.auc, 3)),
    ]  # fmt: skip


def _plain(report: ClassReport, name: str) -> str:
    value = getattr(report, name)
    return NOTHING if value is None else f"{fixed(value, 1)} %"


def _statistics(study: ModelStudy) -> list[tuple[str, str]]:
    found = study.difference
    rows = [
        (_("Bias, g/cm²"), _words(found.bias, 3)),
        (_("Lower limit of agreement, g/cm²"), _words(found.loa_lower, 3)),
        (_("Upper limit of agreement, g/cm²"), _words(found.loa_upper, 3)),
        (_("Difference on mean (proportional bias)"), _words(found.proportional_slope, 3)),
        (_("Deming slope, equal errors"), _words(found.deming_slope, 3)),
        (_("Deming intercept, g/cm²"), _words(found.deming_intercept, 3)),
    ]
    if study.interval is not None:
        half = study.interval.half_width_g_cm2
        rows.append((_("Inside the 95 % interval"), _percent(study.interval.covered)))
        rows.append((_("Half width of it, median, g/cm²"),
                     NOTHING if half is None else fixed(half, 3)))  # fmt: skip
    if study.fragility is not None:
        f = study.fragility
        rows += [
            (_("Fractured and unfractured people"), f"{f.n_fractured}, {f.n_unfractured}"),
            (_("Fracture, AUC of the spectra"), _words(f.auc_score, 3)),
            (_("Fracture, AUC of age, BMI and sex"), _words(f.auc_covariates, 3)),
            (_("Fracture, AUC of both"), _words(f.auc_both, 3)),
        ]
    return rows


def _group(row: GroupRow) -> tuple[str, str, str, str, str, str]:
    r = NOTHING if row.pearson_1 is None else fixed(row.pearson_1, 2)
    return (row.kind, row.name, str(row.n_people), r, fixed(row.see_g_cm2, 3),
            fixed(row.bias_g_cm2, 3))  # fmt: skip


def _people(study: ModelStudy, page: ModelPage) -> list[tuple[str, str]]:
    sexes = {"F": _("women"), "M": _("men")}
    rows = [
        (_("People"), f"{study.n_people} ({', '.join(sexes.get(s, s) for s in study.sexes)})"),
        (_("With T at most −2.5"), str(study.n_osteoporotic)),
        (_("With T at least −1.0"), str(study.n_normal)),
        (_("Young-adult reference"), f"{study.reference_id} "
         f"({fixed(study.reference_mean_g_cm2, 3)} ± {fixed(study.reference_sd_g_cm2, 3)} g/cm²)"),
    ]  # fmt: skip
    if page.is_new_people:
        return rows
    trained = next(s for s in page.model.sites if s.site == study.site)
    for name, (low, high), decimals in (
        (_("Age, years"), trained.age_range_years, 0),
        (_("BMI, kg/m²"), trained.bmi_range_kg_m2, 1),
        (_("BMD by DXA, g/cm²"), trained.bmd_range_g_cm2, 3),
        (_("Depth of the bone, mm"), trained.depth_range_mm, 0),
    ):
        rows.append((name, f"{fixed(low, decimals)} – {fixed(high, decimals)}"))
    return rows


def _reasons(study: ModelStudy) -> list[tuple[str, str, int]]:
    """Count scans without a number by reason, the commonest first."""
    counts: dict[str, int] = {}
    for scan in study.rejected:
        counts[scan.code] = counts.get(scan.code, 0) + 1
    known = all_codes()
    rows = [(code, known[code].title if code in known else "", n) for code, n in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def _words(value: Estimate, decimals: int) -> str:
    if value.est is None:
        return f"{NOTHING} ({value.reason})" if value.reason else NOTHING
    if value.lo is None or value.hi is None:
        return fixed(value.est, decimals)
    return (
        f"{fixed(value.est, decimals)} ({fixed(value.lo, decimals)} – {fixed(value.hi, decimals)})"
    )


def _percent(value: Estimate) -> str:
    if value.est is None or value.lo is None or value.hi is None:
        return _words(value, 3)
    parts = [fixed(PERCENT * v, 1) for v in (value.est, value.lo, value.hi)]
    return f"{parts[0]} % ({parts[1]} – {parts[2]})"
