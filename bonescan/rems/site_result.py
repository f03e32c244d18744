"""One site of an exam: taken as far as it goes, with what it lacks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.files.calibration import Calibration
from bonescan.model.measurement import Measurement
from bonescan.model.rems_model import RemsModel, SiteModel, SpectralForm
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import vertebrae_of
from bonescan.model.vocabulary import Origin, Technique

from .calibrate import calibration_for, system_correction_db
from .details import LOOKED_DETAILS, estimate_details, line_details, looked_details
from .measure_site import LookedAt, MeasuredSite, Room, look_at_site, measure_site
from .picture import Drawing, drawing_of
from .predict import MIN_VALID_PERCENT, SiteEstimate, estimate_site
from .quality import (
    Remark,
    acquisition_remarks,
    age_years,
    bmi_kg_m2,
    depth_remarks,
    estimate_remarks,
    exam_remarks,
    may_be_scored,
    model_remarks,
)
from .spectra import SiteSpectra
from .spectra_table import check_sampling, spectra_of_table

# A single vertebra is only compared with the others: a quarter of the spectra of a site will do.
VERTEBRA_SHARE = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class Yardstick:
    """What one site of an exam is set against.

    `system_db` is the response of the device, where the model was trained with
    calibrations; `covariates` as in `RemsSettings`.
    """

    model: RemsModel
    site: SiteModel
    system_db: NDArray[np.float64] | None = None
    covariates: str = "none"


@dataclass(frozen=True, eq=False, kw_only=True)
class Taken:
    """What was taken from the samples or the table of a site; the samples may go."""

    site: str
    yardstick: Yardstick
    spectra: SiteSpectra
    drawing: Drawing | None = None
    remarks: tuple[Remark, ...] = ()  # about the samples
    details: tuple[tuple[str, str], ...] = ()  # about samples and surface; then about lines
    losses: str = ""  # why frames and lines were left out


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteResult:
    """What became of one site of the exam."""

    measurement: Measurement | None = None
    estimate: SiteEstimate | None = None
    spectra: SiteSpectra | None = None
    yardstick: Yardstick | None = None
    drawing: Drawing | None = None
    remarks: tuple[Remark, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    refused: UnusableScan | None = None


def site_result(
    scan: RfScan,
    site: RfSite,
    model: RemsModel,
    calibrations: Sequence[Calibration] = (),
    covariates: str = "none",
) -> SiteResult:
    """Take one site from samples or spectra to a number; a refusal keeps the picture."""
    taken = take_site(scan, site, model, calibrations, covariates)
    return judge_site(scan, taken) if isinstance(taken, Taken) else taken


def take_site(
    scan: RfScan,
    site: RfSite,
    model: RemsModel,
    calibrations: Sequence[Calibration] = (),
    covariates: str = "none",
    room: Room | None = None,
) -> Taken | SiteResult:
    """Take one site from samples to spectra, all that needs its samples; or refuse it."""
    looked: LookedAt | None = None
    try:
        site_model = _model_for(site, model)
        yardstick = Yardstick(
            model=model,
            site=site_model,
            system_db=_system_db(site, model, calibrations),
            covariates=covariates,
        )
        if not site.has_rf or scan.samples is None:
            table = spectra_of_table(site, model.form)
            return Taken(site=site.site, yardstick=yardstick, spectra=table)
        looked = look_at_site(scan.samples, site, room)
        check_sampling(site, model.form)
        measured = measure_site(looked, model.form)
        return Taken(
            site=site.site,
            yardstick=yardstick,
            spectra=measured.spectra,
            drawing=drawing_of(looked, model.form),
            remarks=tuple(exam_remarks(measured)),
            details=(*looked_details(looked), *line_details(measured)),
            losses=_losses(measured, model.form),
        )
    except UnusableScan as refusal:
        return SiteResult(
            refused=refusal,
            drawing=drawing_of(looked, None) if looked else None,
            details=looked_details(looked) if looked else (),
        )


def judge_site(scan: RfScan, taken: Taken) -> SiteResult:
    """Take one site from its spectra to a number; a refusal keeps the picture, without gates."""
    try:
        return estimate_result(scan, taken)
    except UnusableScan as refusal:
        return SiteResult(
            refused=refusal,
            drawing=replace(taken.drawing, form=None) if taken.drawing else None,
            details=taken.details[:LOOKED_DETAILS],
        )


def estimate_result(scan: RfScan, taken: Taken) -> SiteResult:
    """Estimate one site, or several vertebrae together, from its spectra.

    Raises
    ------
    UnusableScan
        BS-E161 too few spectra, BS-E164 no depth, BS-E167 no finite number.
    """
    site, spectra, yardstick = taken.site, taken.spectra, taken.yardstick
    model, site_model = yardstick.model, yardstick.site
    corrected = _path_correction(site, spectra, model, site_model)
    estimate = _checked(taken, corrected)
    person = covariates_of(scan)
    plain = estimate
    if yardstick.covariates == "offset":
        estimate = _with_covariates(plain, site_model, person, site)
    n_places = len(np.unique(spectra.cluster[estimate.votes.valid]))
    depth = float(np.median(spectra.depth_mm))
    depth_mm = depth if np.isfinite(depth) else None
    remarks = (
        *model_remarks(scan, model, site_model),
        *(r for s in scan.sites if s.site == site for r in acquisition_remarks(s, model)),
        *taken.remarks,
        *estimate_remarks(estimate, site_model, _share(site), n_places),
        *(_covariate_remarks() if estimate is not plain else ()),
        *depth_remarks(depth_mm, site_model),
    )
    return SiteResult(
        measurement=_measurement(site, estimate, model, depth_mm, (scan.flags, remarks)),
        estimate=estimate,
        spectra=spectra,
        yardstick=yardstick,
        drawing=taken.drawing,
        remarks=remarks,
        details=(
            *taken.details,
            *estimate_details(site, estimate, site_model, without_ultrasound(site_model, person)),
        ),
    )


def _covariate_remarks() -> tuple[Remark, ...]:
    return (
        Remark(flag="covariates_used", text="age, BMI and sex moved the estimate, as asked for"),
    )


def _with_covariates(
    estimate: SiteEstimate, site_model: SiteModel, person: NDArray[np.float64] | None, site: str
) -> SiteEstimate:
    """Let age, BMI and sex move the estimate, as only an explicit setting asks for.

    The interval was made without them and is left out. The same estimate comes back
    where another estimator leads than the one that the offset was learnt with.
    """
    if person is None:
        raise UnusableScan(
            "BS-E164",
            f"{site}: found no age, BMI or sex in the file, and they were asked to enter the "
            "estimate.",
        )
    if estimate.estimator != site_model.primary:
        return estimate
    bmd = float(site_model.offset_g_cm2 @ np.array([1.0, estimate.bmd_g_cm2, *person]))
    return replace(estimate, bmd_g_cm2=bmd, interval_g_cm2=None)


def without_ultrasound(site_model: SiteModel, person: NDArray[np.float64] | None) -> float | None:
    """Predict BMD from age, BMI and sex alone, which stands beside every estimate."""
    if person is None:
        return None
    return float(site_model.covariates_g_cm2 @ np.array([1.0, *person]))


def covariates_of(scan: RfScan) -> NDArray[np.float64] | None:
    """Give age, BMI and 1 for men; None where the file lacks one of them."""
    age, bmi = age_years(scan.subject, scan.exam), bmi_kg_m2(scan.subject)
    if age is None or bmi is None or scan.subject.sex is None:
        return None
    return np.array([age, bmi, float(scan.subject.sex == "M")])


def _model_for(site: RfSite, model: RemsModel) -> SiteModel:
    found = model.for_site(site.site)
    if found is None:
        known = ", ".join(s.site for s in model.sites)
        raise UnusableScan(
            "BS-E163", f"found the site {site.site or 'unknown'}, and the model is for {known}."
        )
    return found


def _system_db(
    site: RfSite, model: RemsModel, calibrations: Sequence[Calibration]
) -> NDArray[np.float64] | None:
    """Give the response of the device; refuse where the model needs one that is not at hand.

    A model trained without calibrations takes spectra as they are: dividing
    would make them unlike its own.
    """
    found = calibration_for(site, calibrations, model.calibrated)
    if found is None or not model.calibrated:
        return None
    return system_correction_db(found, model.form.frequency_hz)


def _path_correction(
    site: str, spectra: SiteSpectra, model: RemsModel, site_model: SiteModel
) -> bool:
    """Decide whether the path is corrected; refuse where the model needs it and can't have it."""
    if model.correction == "none":
        return False
    if not np.all(np.isfinite(spectra.depth_mm)) and site_model.needs_depth:
        raise UnusableScan(
            "BS-E164",
            f"{site}: found no depth of the bone, and the model was trained with "
            "correction of the path above it.",
        )
    return True


def _checked(taken: Taken, corrected: bool) -> SiteEstimate:
    """Estimate, and refuse where too few spectra stand behind the number."""
    site, spectra, yardstick, lost = taken.site, taken.spectra, taken.yardstick, taken.losses
    site_model = yardstick.site
    if not spectra.n_groups:
        raise UnusableScan("BS-E161", f"{site}: found no averaged spectrum.{lost}")
    if not spectra.sounding.any():
        raise UnusableScan(
            "BS-E161",
            f"{site}: found no power in gates A and B of any of {spectra.n_groups} averaged "
            f"spectra.{lost}",
        )
    estimate = estimate_site(
        spectra, site_model, yardstick.model.form, corrected, yardstick.system_db
    )
    votes = estimate.votes
    valid, total = votes.n_valid, spectra.n_groups
    least = site_model.min_groups // _share(site)
    if valid < least or 100.0 * valid < MIN_VALID_PERCENT * total:
        raise UnusableScan(
            "BS-E161",
            f"{site}: found {valid} valid of {total} averaged spectra, wanted at least "
            f"{least} and {MIN_VALID_PERCENT:.0f} %.{lost}",
        )
    if not (math.isfinite(estimate.bmd_g_cm2) and math.isfinite(votes.osteoporosis_score_percent)):
        raise UnusableScan(
            "BS-E167",
            f"{site}: found an estimate of {estimate.bmd_g_cm2} g/cm2 and an osteoporosis score "
            f"of {votes.osteoporosis_score_percent} %, wanted finite numbers.",
        )
    return estimate


def _share(site: str) -> int:
    return VERTEBRA_SHARE if len(vertebrae_of(site)) == 1 else 1


def _losses(measured: MeasuredSite, form: SpectralForm) -> str:
    """Say why frames and lines were left out; empty when there is nothing to say."""
    gates, conditioned = measured.gates, measured.looked.conditioned
    said = ""
    if conditioned.n_duplicates:
        said += (
            f" Of {conditioned.n_frames_stored} frames {conditioned.n_duplicates} are copies of "
            "others."
        )
    if measured.n_ungrouped:
        said += (
            f" An averaged spectrum takes {form.group_lines} lines in {form.group_frames} frames: "
            f"{measured.n_ungrouped} lines were left over."
        )
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
    return said + (f" Of {gates.n_lines} lines {', '.join(parts)}." if parts else "")


def _measurement(
    site: str,
    estimate: SiteEstimate,
    model: RemsModel,
    depth_mm: float | None,
    remarks: tuple[tuple[str, ...], tuple[Remark, ...]],
) -> Measurement:
    flags = (*remarks[0], *(r.flag for r in remarks[1]))
    u = estimate.uncertainty.total_g_cm2
    return Measurement(
        technique=Technique.REMS_STYLE,
        origin=Origin.ESTIMATED,
        site=site,
        bmd_g_cm2=estimate.bmd_g_cm2,
        bmd_u_g_cm2=u if math.isfinite(u) else None,
        vertebrae_used=vertebrae_of(site),
        scale=model.dxa_maker,
        osteoporosis_score_percent=estimate.votes.osteoporosis_score_percent,
        fragility_score=estimate.fragility_percent,
        spectra_valid=estimate.votes.n_valid,
        spectra_total=int(estimate.votes.valid.size),
        model_id=model.model_id,
        depth_mm=depth_mm,
        scores_allowed=may_be_scored(estimate, remarks[1]),
        flags=tuple(dict.fromkeys(flags)),
    )
