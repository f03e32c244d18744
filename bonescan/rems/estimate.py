"""One ultrasound exam from samples or spectra to bone density, site by site."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bonescan.errors import UnusableScan, code_info
from bonescan.files.calibration import read_calibrations
from bonescan.kernels.threads import Behind, pinned_blas
from bonescan.model.outcome import Picture, StageResult
from bonescan.model.rems_model import RemsModel
from bonescan.model.scan import RfScan
from bonescan.model.vocabulary import OutcomeKind
from bonescan.settings import RemsSettings

from .details import WATERMARKED_DETAILS, looked_details
from .measure_site import Room, look_at_site
from .picture import bmode_picture, drawing_of
from .problems import problems_of
from .site_result import SiteResult, Taken, judge_site, take_site
from .vertebrae import with_vertebrae

NOT_FOR_ANY_USE = "not_for_any_use"


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
    calibrations = read_calibrations(settings.calibration_files)
    room = Room()
    # One BLAS thread throughout: the last digits must not hang on how many there are. What
    # needs no samples is done behind the reading of the next site.
    with pinned_blas(), Behind() as behind:
        judged = {}
        for site in scan.sites:
            taken = take_site(scan, site, model, calibrations, settings.covariates, room)
            judged[site.site] = (
                behind.do(partial(judge_site, scan, taken)) if isinstance(taken, Taken) else taken
            )
        del room  # the vertebrae together take memory of their own
        results = {n: r if isinstance(r, SiteResult) else r.result() for n, r in judged.items()}
        drawn = [
            behind.do(partial(bmode_picture, r.drawing))
            for r in results.values()
            if r.drawing is not None
        ]
        results = with_vertebrae(scan, results, model)
        pictures = tuple(picture.result() for picture in drawn)
    if model.simulated and real:
        results = {name: _watermarked(r) for name, r in results.items()}
    return _stage_result(results, pictures, scan)


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
            details.append((f"{site.site or 'site unknown'}: samples", refusal.reason))
        else:
            pictures.append(bmode_picture(drawing_of(looked, None)))
            details += looked_details(looked)
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
    """Leave the bone density alone of a real exam, and say that it is not for any use.

    Of the details those stay that tell how the exam was taken, and the uncertainty.
    """
    if result.measurement is None:
        return result
    return replace(
        result,
        details=tuple(d for d in result.details if d[0].rpartition(": ")[2] in WATERMARKED_DETAILS),
        measurement=replace(
            result.measurement,
            osteoporosis_score_percent=None,
            fragility_score=None,
            scores_allowed=False,
            flags=(*result.measurement.flags, NOT_FOR_ANY_USE),
        ),
    )


def _carrier(scan: RfScan) -> str:
    return "rf" if any(s.has_rf for s in scan.sites) else "spectra"


def _stage_result(
    results: dict[str, SiteResult], pictures: tuple[Picture, ...], scan: RfScan
) -> StageResult:
    measured = tuple(r.measurement for r in results.values() if r.measurement is not None)
    details = tuple(d for r in results.values() for d in r.details)
    if measured:
        return StageResult(
            kind=OutcomeKind.MEASURED,
            carrier=_carrier(scan),
            measurements=measured,
            problems=problems_of(results),
            pictures=pictures,
            details=details,
        )
    refusals = [r.refused for r in results.values() if r.refused is not None]
    if not refusals:
        raise UnusableScan("BS-E168", "found an exam without any site.")
    return StageResult(
        kind=OutcomeKind.UNUSABLE,
        carrier=_carrier(scan),
        code=refusals[0].code,
        reason=" ".join(r.reason for r in refusals),
        hint=refusals[0].hint,
        pictures=pictures,
        details=details,
    )
