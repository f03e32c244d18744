"""One ultrasound exam from samples or spectra to bone density, site by site."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bonescan.errors import UnusableScan, code_info
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Picture, Problem, StageResult
from bonescan.model.rems_model import (
    OS,
    TWO_GATE,
    CrossValidationRow,
    RemsModel,
    SiteModel,
)
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import spine_site, vertebrae_of
from bonescan.model.vocabulary import Origin, OutcomeKind, Severity, Technique
from bonescan.settings import RemsSettings

from .measure_site import LookedAt, MeasuredSite, look_at_site, measure_site
from .picture import bmode_picture
from .predict import SiteEstimate, estimate_site
from .quality import (
    MIN_VALID_PERCENT,
    Remark,
    estimate_remarks,
    exam_remarks,
    model_remarks,
    vertebra_outliers,
)
from .spectra import SiteSpectra, pooled
from .spectra_table import check_sampling, spectra_of_table

COVARIATES = "covariates-only"
NOT_FOR_ANY_USE = "not_for_any_use"
VERTEBRA_OUTLIER = "vertebra_outlier"
SINGLE_VERTEBRA = "single_vertebra"
# Remarks about the model or the file that every exam of a kind shares: flags, but no problems.
QUIET = frozenset(
    {
        "simulated_model",
        "no_calibration",
        "level_uncalibrated",
        "reference_unchecked",
        "noise_unknown",
        "no_path_correction",
        "incidence_unknown",
        SINGLE_VERTEBRA,
    }
)
ABOUT_TRAINING = frozenset(
    {
        "outside_reference",
        "model_device_mismatch",
        "extrapolated_bmd",
        "depth_out_of_training",
        "no_ultrasound_information",
    }
)


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteResult:
    """What became of one site of the exam."""

    measurement: Measurement | None = None
    estimate: SiteEstimate | None = None
    spectra: SiteSpectra | None = None
    picture: Picture | None = None
    remarks: tuple[Remark, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    refused: UnusableScan | None = None


def estimate_scan(scan: RfScan, model: RemsModel, settings: RemsSettings) -> StageResult:
    """Estimate the bone density of every site of an ultrasound exam.

    Parameters
    ----------
    scan : RfScan
        Samples, spectra, or both (samples lead).
    model : RemsModel
        A model trained on simulated exams gives nothing for an exam that is not
        declared simulated, unless the settings ask for it.
    settings : RemsSettings

    Returns
    -------
    result : StageResult
        ``measured`` with one measurement a site, and one for the vertebrae
        together; ``no-numbers`` where the model must not be used on a real
        exam; ``unusable`` where no site gives a number.
    """
    real = scan.exam.simulated is not True
    if model.simulated and real and not settings.allow_simulated_model:
        return _no_numbers(scan, model)
    results = {site.site: _estimate_one(scan, site, model) for site in scan.sites}
    results = _with_vertebrae(scan, results, model)
    if model.simulated and real:
        results = {name: _watermarked(r) for name, r in results.items()}
    return _stage_result(results, scan)


# ------------------------------------------------------------------ one site


def _estimate_one(scan: RfScan, site: RfSite, model: RemsModel) -> SiteResult:
    """Take one site as far as it goes; a refusal keeps the picture."""
    looked: LookedAt | None = None
    try:
        site_model = _model_for(site, model)
        measured = None
        if site.has_rf and scan.samples is not None:
            looked = look_at_site(scan.samples, site)
            check_sampling(site, model.form)
            measured = measure_site(looked, model.form)
        spectra = measured.spectra if measured else spectra_of_table(site, model.form)
        corrected = _path_correction(site, spectra, model, site_model)
        estimate = _checked(spectra, site_model, model, corrected, (site.site, measured))
    except UnusableScan as refusal:
        return SiteResult(
            refused=refusal,
            picture=bmode_picture(looked, None) if looked else None,
            details=_looked_details(looked) if looked else (),
        )
    depth = float(np.median(spectra.depth_mm))
    depth_mm = depth if np.isfinite(depth) else None
    remarks = (
        *model_remarks(scan, model, site_model),
        *(exam_remarks(measured) if measured else ()),
        *estimate_remarks(estimate, spectra.drift_db, depth_mm, site_model),
    )
    return SiteResult(
        measurement=_measurement(site.site, estimate, model, depth_mm, (scan.flags, remarks)),
        estimate=estimate,
        spectra=spectra,
        picture=bmode_picture(looked, model.form) if looked else None,
        remarks=remarks,
        details=(
            *(_looked_details(looked) if looked else ()),
            *(_line_details(measured) if measured else ()),
            *_estimate_details(site.site, estimate, site_model),
        ),
    )


def _model_for(site: RfSite, model: RemsModel) -> SiteModel:
    found = model.for_site(site.site)
    if found is None:
        known = ", ".join(s.site for s in model.sites)
        raise UnusableScan(
            "BS-E163", f"found the site {site.site or 'unknown'}, and the model is for {known}."
        )
    if model.calibrated:
        raise UnusableScan(
            "BS-E165",
            f"{site.site}: found no calibration spectrum of the device, and the model "
            "was trained with one.",
        )
    return found


def _path_correction(
    site: RfSite, spectra: SiteSpectra, model: RemsModel, site_model: SiteModel
) -> bool:
    """Decide whether the path is corrected; refuse where the model needs it and can't have it."""
    if model.correction == "none":
        return False
    if not np.all(np.isfinite(spectra.depth_mm)) and site_model.needs_depth:
        raise UnusableScan(
            "BS-E164",
            f"{site.site}: found no depth of the bone, and the model was trained with "
            "correction of the path above it.",
        )
    return True


def _checked(
    spectra: SiteSpectra,
    site_model: SiteModel,
    model: RemsModel,
    corrected: bool,
    where: tuple[str, MeasuredSite | None],
) -> SiteEstimate:
    """Estimate, and refuse where too few spectra stand behind the number."""
    name, measured = where
    if not spectra.n_groups:
        raise UnusableScan("BS-E161", f"{name}: found no averaged spectrum.{_losses(measured)}")
    estimate = estimate_site(spectra, site_model, model.form, corrected)
    valid, total = estimate.votes.n_valid, spectra.n_groups
    if valid < site_model.min_groups or 100.0 * valid < MIN_VALID_PERCENT * total:
        raise UnusableScan(
            "BS-E161",
            f"{name}: found {valid} valid of {total} averaged spectra, wanted at least "
            f"{site_model.min_groups} and {MIN_VALID_PERCENT:.0f} %.{_losses(measured)}",
        )
    return estimate


def _losses(measured: MeasuredSite | None) -> str:
    """Say why lines were left out; empty when there is nothing to say."""
    if measured is None:
        return ""
    gates = measured.gates
    parts = [
        f"{count} {what}"
        for count, what in (
            (gates.n_no_surface, "without a surface"),
            (gates.n_steep, "too steep"),
            (gates.n_saturated, "clipped"),
            (gates.n_outside, "cut off"),
        )
        if count
    ]
    return f" Of {gates.n_lines} lines {', '.join(parts)}." if parts else ""


def _measurement(
    site: str,
    estimate: SiteEstimate,
    model: RemsModel,
    depth_mm: float | None,
    remarks: tuple[tuple[str, ...], tuple[Remark, ...]],
) -> Measurement:
    flags = (*remarks[0], *(r.flag for r in remarks[1]))
    return Measurement(
        technique=Technique.REMS_STYLE,
        origin=Origin.ESTIMATED,
        site=site,
        bmd_g_cm2=estimate.bmd_g_cm2,
        bmd_u_g_cm2=estimate.uncertainty.total_g_cm2,
        vertebrae_used=vertebrae_of(site),
        scale=model.dxa_maker,
        osteoporosis_score_percent=estimate.votes.osteoporosis_score_percent,
        spectra_valid=estimate.votes.n_valid,
        spectra_total=int(estimate.votes.valid.size),
        model_id=model.model_id,
        depth_mm=depth_mm,
        flags=tuple(dict.fromkeys(flags)),
    )


# ------------------------------------------------------------------ vertebrae together


def _with_vertebrae(
    scan: RfScan, results: dict[str, SiteResult], model: RemsModel
) -> dict[str, SiteResult]:
    """Add the row of all vertebrae; single ones then serve to compare and give no T."""
    singles = {
        name: r
        for name, r in results.items()
        if len(vertebrae_of(name)) == 1 and r.measurement is not None
    }
    if not singles:
        return results
    site_model = model.for_site(next(iter(singles)))
    estimates = {n: r.estimate.bmd_g_cm2 for n, r in singles.items() if r.estimate is not None}
    if site_model is None:
        return results
    outliers = vertebra_outliers(estimates, site_model.vertebra_sd_g_cm2)
    found = dict(results)
    for name, result in singles.items():
        found[name] = _as_single(result, outliers.get(name))
    parts = [r.spectra for r in singles.values() if r.spectra is not None]
    if len(parts) > 1:
        whole = _pooled_result(scan, (tuple(singles), parts), model, site_model, outliers)
        found[spine_site(tuple(singles))] = whole
    return found


def _as_single(result: SiteResult, away_g_cm2: float | None) -> SiteResult:
    remarks = [Remark(flag=SINGLE_VERTEBRA, text="compared with the other vertebrae")]
    if away_g_cm2 is not None:
        text = f"differs from the mean of the others by {away_g_cm2:+.3f} g/cm2"
        remarks.append(Remark(flag=VERTEBRA_OUTLIER, text=text))
    if result.measurement is None:
        return result
    flags = (*result.measurement.flags, *(r.flag for r in remarks))
    return replace(
        result,
        measurement=replace(result.measurement, scores_allowed=False, flags=flags),
        remarks=(*result.remarks, *remarks),
    )


def _pooled_result(
    scan: RfScan,
    vertebrae: tuple[tuple[str, ...], list[SiteSpectra]],
    model: RemsModel,
    site_model: SiteModel,
    outliers: dict[str, float],
) -> SiteResult:
    names, parts = vertebrae
    site = spine_site(names)
    spectra = pooled(parts)
    corrected = model.correction != "none"
    try:
        estimate = _checked(spectra, site_model, model, corrected, (site, None))
    except UnusableScan as refusal:
        return SiteResult(refused=refusal)
    depth = float(np.median(spectra.depth_mm))
    depth_mm = depth if np.isfinite(depth) else None
    remarks = [
        *model_remarks(scan, model, site_model),
        *estimate_remarks(estimate, spectra.drift_db, depth_mm, site_model),
    ]
    if outliers:
        text = ", ".join(sorted(outliers))
        remarks.append(Remark(flag=VERTEBRA_OUTLIER, text=f"{text} unlike the others"))
    return SiteResult(
        measurement=_measurement(site, estimate, model, depth_mm, (scan.flags, tuple(remarks))),
        estimate=estimate,
        spectra=spectra,
        remarks=tuple(remarks),
        details=_estimate_details(site, estimate, site_model),
    )


# ------------------------------------------------------------------ the rule for simulated models


def _no_numbers(scan: RfScan, model: RemsModel) -> StageResult:
    """Show what can be seen of a real exam, and give no number."""
    pictures: list[Picture] = []
    details: list[tuple[str, str]] = []
    for site in scan.sites:
        if not site.has_rf or scan.samples is None:
            continue
        try:
            looked = look_at_site(scan.samples, site)
        except UnusableScan as refusal:
            details.append((f"{site.site}: samples", refusal.reason))
        else:
            pictures.append(bmode_picture(looked, None))
            details += _looked_details(looked)
    known = "does not say whether it is simulated" if scan.exam.simulated is None else "is real"
    return StageResult(
        kind=OutcomeKind.NO_NUMBERS,
        carrier=_carrier(scan),
        code="BS-E170",
        reason=f"The exam {known}, and the model {model.model_id} was trained on simulated exams: "
        "no bone density, score or class is given.",
        hint=code_info("BS-E170").hint,
        pictures=tuple(pictures),
        details=tuple(details),
    )


def _watermarked(result: SiteResult) -> SiteResult:
    """Leave the bone density alone of a real exam, and say that it is not for any use."""
    if result.measurement is None:
        return result
    flags = (*result.measurement.flags, NOT_FOR_ANY_USE)
    return replace(
        result,
        measurement=replace(
            result.measurement,
            osteoporosis_score_percent=None,
            scores_allowed=False,
            flags=flags,
        ),
    )


# ------------------------------------------------------------------ putting it together


def _carrier(scan: RfScan) -> str:
    return "rf" if any(s.has_rf for s in scan.sites) else "spectra"


def _stage_result(results: dict[str, SiteResult], scan: RfScan) -> StageResult:
    measured = [r.measurement for r in results.values() if r.measurement is not None]
    pictures = tuple(r.picture for r in results.values() if r.picture is not None)
    details = tuple(d for r in results.values() for d in r.details)
    refusals = {n: r.refused for n, r in results.items() if r.refused is not None}
    if not measured:
        first = next(iter(refusals.values()), None)
        if first is None:
            raise UnusableScan("BS-E168", "found an exam without any site.")
        reasons = " ".join(r.reason[:1].upper() + r.reason[1:] for r in refusals.values())
        return StageResult(
            kind=OutcomeKind.UNUSABLE,
            carrier=_carrier(scan),
            code=first.code,
            reason=reasons,
            hint=first.hint,
            pictures=pictures,
            details=details,
        )
    return StageResult(
        kind=OutcomeKind.MEASURED,
        carrier=_carrier(scan),
        measurements=tuple(measured),
        problems=(*_refusal_problems(refusals), *_remark_problems(results)),
        pictures=pictures,
        details=details,
    )


def _refusal_problems(refusals: dict[str, UnusableScan]) -> list[Problem]:
    return [
        Problem(
            code="BS-W230",
            severity=Severity.WARNING,
            file="",
            reason=f"{refusal.code}: {refusal.reason}",
            hint=refusal.hint,
        )
        for refusal in refusals.values()
    ]


def _remark_problems(results: dict[str, SiteResult]) -> list[Problem]:
    """Turn remarks that a person should look at into problems, one a site and kind."""
    problems = []
    for name, result in results.items():
        if result.measurement is None:
            continue
        alone = len(vertebrae_of(name)) == 1 and not result.measurement.scores_allowed
        for code, remarks in _by_code(result.remarks, alone).items():
            problems.append(
                Problem(
                    code=code,
                    severity=Severity.WARNING,
                    file="",
                    reason=f"{name}: " + "; ".join(f"{r.flag}: {r.text}" for r in remarks) + ".",
                    hint=code_info(code).hint,
                )
            )
    return problems


def _by_code(remarks: tuple[Remark, ...], single_vertebra: bool) -> dict[str, list[Remark]]:
    """Sort remarks under the code of their kind; a vertebra's own go unsaid but for outliers."""
    found: dict[str, list[Remark]] = {}
    for remark in remarks:
        if remark.flag in QUIET:
            continue
        if remark.flag == VERTEBRA_OUTLIER:
            if not single_vertebra:
                found.setdefault("BS-W233", []).append(remark)
        elif not single_vertebra:
            code = "BS-W232" if remark.flag in ABOUT_TRAINING else "BS-W231"
            found.setdefault(code, []).append(remark)
    return found


# ------------------------------------------------------------------ details for the page


def _looked_details(looked: LookedAt) -> tuple[tuple[str, str], ...]:
    name, surfaces = looked.site.site or "site unknown", looked.surfaces
    rejected = "".join(f", {n} {why}" for why, n in surfaces.rejected)
    depth = looked.depth_mm
    return (
        (
            f"{name}: frames",
            f"{int(surfaces.accepted.sum())} of {surfaces.accepted.size} used{rejected}",
        ),
        (f"{name}: depth of the bone", "unknown" if depth is None else f"{depth:.1f} mm"),
        (f"{name}: clipped samples", f"{looked.conditioned.saturated_percent:.3f} %"),
    )


def _line_details(measured: MeasuredSite) -> tuple[tuple[str, str], ...]:
    gates = measured.gates
    return (
        (
            f"{measured.looked.site.site}: lines",
            f"{int(gates.used.sum())} of {gates.n_lines} used; {gates.n_no_surface} without a "
            f"surface, {gates.n_steep} too steep, {gates.n_saturated} clipped, "
            f"{gates.n_outside} cut off",
        ),
    )


def _estimate_details(
    site: str, estimate: SiteEstimate, model: SiteModel
) -> tuple[tuple[str, str], ...]:
    u, features = estimate.uncertainty, estimate.features
    rows = {r.estimator: r for r in model.cross_validation}
    noise = "unknown" if features.snr_db is None else f"{features.snr_db:.0f} dB"
    score_note = "" if OS in model.informative else "; no better than age, BMI and sex in training"
    return (
        (
            f"{site}: spectra",
            f"{estimate.votes.n_valid} of {estimate.votes.valid.size} averaged spectra valid "
            f"(r of at least {model.r_min_1:.2f}); signal to noise {noise}, "
            f"{features.floored_percent:.1f} % of bins at the noise",
        ),
        (
            f"{site}: uncertainty",
            f"{u.total_g_cm2:.3f} g/cm2 = model {u.model_g_cm2:.3f}, sampling "
            f"{u.sampling_g_cm2:.3f}, path {u.path_g_cm2:.3f}",
        ),
        (
            f"{site}: estimators",
            f"two-gate spectrum {estimate.bmd_two_gate_g_cm2:.3f} g/cm2"
            f"{' (leads)' if model.primary == TWO_GATE else ''}; osteoporosis score "
            f"{estimate.bmd_os_g_cm2:.3f} g/cm2{' (leads)' if model.primary == OS else ''}"
            f"{score_note}",
        ),
        (
            f"{site}: in training",
            f"{model.n_people} people: this estimator {_reached(rows, model.primary)}; age, BMI "
            f"and sex without ultrasound {_reached(rows, COVARIATES)}",
        ),
    )


def _reached(rows: dict[str, CrossValidationRow], estimator: str) -> str:
    row = rows.get(estimator)
    return "unknown" if row is None else f"r {row.pearson_1:.2f}, SEE {row.see_g_cm2:.3f} g/cm2"
