"""What is doubtful about a number: each doubt a flag with a measured reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.exam import Exam, Subject
from bonescan.model.rems_model import FADE, OS, RemsModel, SiteModel
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.vocabulary import MenopausalStatus

from .findings import find_oddities
from .interface import TWO_SURFACES, central
from .measure_site import MeasuredSite
from .predict import SiteEstimate
from .spectra_table import is_linear_power

# Doubts that leave no number, with the code that refuses it. Every other flag of this room warns:
# the number stands, with its sentence beside it.
REJECTS = {
    "no_interface": "BS-E160",
    "few_spectra": "BS-E161",  # fewer than the least; a few fewer than wanted only warn
    "low_r": "BS-E161",  # fewer than 60 % like either model; fewer than 80 % only warn
    "no_depth": "BS-E164",
    "cut_off": "BS-E166",
    "no_finite_number": "BS-E167",
    "no_signal": "BS-E168",
    "no_calibration": "BS-E363",  # where the model was trained with one; otherwise a warning
}

# Limits; all are ours.
LOW_VALID_PERCENT = 80.0
FEW_FRAMES = 4
ODDITY_FRAMES = 4  # looked at line by line; `inspect` looks at all
LOST_LINES_PERCENT = 5.0  # clipped
STEEP_LINES_PERCENT = 20.0
TWO_SURFACES_PERCENT = 20.0  # of frames
SHADOW_LINES_1 = 0.1  # of the lines, side by side, without a surface
LOW_SNR_DB = 6.0
# Places across the bone (runs of neighbouring lines). More frames of the same place bring more
# spectra, and hardly more bone: a neck of 128 lines has 26 places, a vertebra of 64 has 13.
WANTED_PLACES = 12
FLOORED_PERCENT = 10.0
CLUTTER_Z = -2.0  # 3 to 8 % of clean simulated exams lie below, 75 to 85 % at -50 dB clutter
VERTEBRA_T_G_CM2 = 0.110  # 1.0 T at the spine (SD of young women, Hologic)
# Four vertebrae are compared at once: twice the spread would flag one spine in six by chance.
VERTEBRA_Z = 3.0
DAYS_PER_YEAR = 365.25


SEX_NOT_IN_MODEL = "sex_not_in_model"
CLUTTER_UNCHECKED = "clutter_unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A flag, and the sentence that says what was measured."""

    flag: str
    text: str


def model_remarks(scan: RfScan, model: RemsModel, site: SiteModel) -> Iterator[Remark]:
    """Say what the model means for this scan and person."""
    if model.simulated:
        yield Remark(flag="simulated_model", text="the model was trained on simulated exams")
    if not model.calibrated:
        yield Remark(flag="no_calibration", text="no calibration spectrum was divided out")
    if model.correction == "none":
        yield Remark(flag="no_path_correction", text="the model takes no account of the depth")
    if site.primary not in site.informative:
        yield Remark(
            flag="no_ultrasound_information",
            text="in training the estimate was no better than age, BMI and sex alone",
        )
    if site.primary == OS and not site.os_is_line:
        yield Remark(
            flag="score_not_a_line",
            text="in training bone density did not fall along a line with the score",
        )
    if model.devices and scan.device.model not in model.devices:
        yield Remark(
            flag="model_device_mismatch",
            text=f"device {scan.device.model or 'unknown'}, model trained on "
            f"{', '.join(model.devices)}",
        )
    yield from _person_remarks(scan.subject, scan.exam, site)


def acquisition_remarks(site: RfSite, model: RemsModel) -> Iterator[Remark]:
    """Say what the file tells of the acquisition that the estimate can't take into account."""
    low, high = (float(f) for f in model.form.frequency_hz[[0, -1]])
    if site.f0_hz is not None and not low <= site.f0_hz <= high:
        yield Remark(
            flag="f0_outside_band",
            text=f"centre frequency {site.f0_hz / 1e6:g} MHz (band of the model {low / 1e6:.2f} to "
            f"{high / 1e6:.2f} MHz)",
        )
    if site.calibration_id is not None and not model.calibrated:
        yield Remark(
            flag="calibration_not_applied",
            text=f"the calibration {site.calibration_id[:40]!r} was not used: the model was "
            "trained without any",
        )
    if not site.has_rf and site.spectra is not None and not is_linear_power(site.spectra.unit):
        yield Remark(
            flag="power_unit_unknown",
            text=f"spectra in the unit {(site.spectra.unit or 'unknown')[:40]}, taken as linear "
            "power",
        )


def _person_remarks(subject: Subject, exam: Exam, site: SiteModel) -> Iterator[Remark]:
    age, bmi = age_years(subject, exam), bmi_kg_m2(subject)
    outside, unknown = [], []
    for name, value, (lo, hi) in (
        ("age", age, site.age_range_years),
        ("BMI", bmi, site.bmi_range_kg_m2),
    ):
        if value is None:
            unknown.append(name)
        elif not lo <= value <= hi:
            outside.append(f"{name} {value:.1f} (training {lo:.1f} to {hi:.1f})")
    if subject.sex is None:
        unknown.append("sex")
    elif subject.sex not in site.sexes:
        outside.append(f"sex {subject.sex} (training {', '.join(site.sexes)})")
        yield Remark(
            flag=SEX_NOT_IN_MODEL, text="no T-score, Z-score or class is made of the estimate"
        )
    stated = plain_words(subject.ethnicity)
    if stated and site.ethnicities and stated not in site.ethnicities:
        outside.append(f"ethnicity {stated[:40]} (training {', '.join(site.ethnicities)[:120]})")
    if is_pregnant(subject) and not site.includes_pregnancy:
        outside.append("pregnant (training people were not)")
    if outside:
        yield Remark(flag="outside_reference", text="; ".join(outside))
    if unknown:
        yield Remark(
            flag="reference_unchecked", text=f"{', '.join(unknown)} not stated in the file"
        )


def age_years(subject: Subject, exam: Exam) -> float | None:
    """Age on the day of the exam, as far as the file itself says."""
    if subject.birth_date is not None and exam.exam_date is not None:
        return (exam.exam_date - subject.birth_date).days / DAYS_PER_YEAR
    return subject.stated_age_years


def bmi_kg_m2(subject: Subject) -> float | None:
    """BMI, before pregnancy where the file says so: the class must not move with her weight."""
    weight = subject.prepregnancy_weight_kg or subject.weight_kg
    if weight is None or not subject.height_cm:
        return None
    return weight / (subject.height_cm / 100.0) ** 2


def plain_words(text: str | None) -> str:
    """Write a text in lower case with single spaces, so that spellings of one word agree.

    >>> plain_words(" East  Asian ")
    'east asian'
    """
    return " ".join((text or "").lower().split())


def is_pregnant(subject: Subject) -> bool:
    """Whether the file says that she is pregnant on the day of the exam."""
    return (
        subject.gestation_days is not None or subject.menopausal_status == MenopausalStatus.PREGNANT
    )


def exam_remarks(measured: MeasuredSite) -> Iterator[Remark]:
    """Say what the samples of one site leave to be desired."""
    site, gates = measured.looked.site, measured.gates
    conditioned, surfaces = measured.looked.conditioned, measured.looked.surfaces
    n_accepted = int(surfaces.accepted.sum())
    if site.gain_known is not True:
        yield Remark(flag="level_uncalibrated", text="the gain is not stored")
    if conditioned.n_duplicates:
        yield Remark(
            flag="duplicate_frames",
            text=f"{conditioned.n_duplicates} of {conditioned.n_frames_stored} frames are copies "
            "of others and were left out",
        )
    for odd in find_oddities(conditioned.samples[:ODDITY_FRAMES], site, quick=True):
        yield Remark(flag=odd.flag, text=odd.text)
    if n_accepted < FEW_FRAMES:
        yield Remark(flag="few_frames", text=f"{n_accepted} frames show a bone surface")
    two = dict(surfaces.rejected).get(TWO_SURFACES, 0)
    if 100.0 * two >= TWO_SURFACES_PERCENT * surfaces.accepted.size:
        yield Remark(flag="double_surface", text=f"{two} frames show two surfaces alike")
    if 100.0 * gates.n_saturated > LOST_LINES_PERCENT * gates.n_lines:
        yield Remark(
            flag="saturated", text=f"{gates.n_saturated} of {gates.n_lines} lines are clipped"
        )
    if 100.0 * gates.n_steep > STEEP_LINES_PERCENT * gates.n_lines:
        yield Remark(
            flag="steep_incidence",
            text=f"{gates.n_steep} of {gates.n_lines} lines meet the bone at more than 20 degrees",
        )
    if not gates.incidence_known:
        yield Remark(flag="incidence_unknown", text="the distance of the lines is not stored")
    if in_shadow(surfaces.usable[surfaces.accepted]):
        yield Remark(flag="gas_shadow", text="a run of neighbouring lines shows no bone surface")


def in_shadow(usable: NDArray[np.bool_]) -> bool:
    """Tell whether lines side by side lack the surface in at least half of the frames.

    Parameters
    ----------
    usable : (frame, line) ndarray of bool
        Accepted frames.
    """
    if not usable.size:
        return False
    n_lines = usable.shape[1]
    wanted = max(3, round(SHADOW_LINES_1 * n_lines))
    dark = [longest_run(~row[central(n_lines)]) >= wanted for row in usable]
    return bool(np.mean(dark) >= 0.5)  # noqa: PLR2004 - half of the frames


def longest_run(marks: NDArray[np.bool_]) -> int:
    """Count the longest row of true values.

    >>> longest_run(np.array([True, True, False, True]))
    2
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def spectra_remarks(
    n_valid: int, wanted: int, n_places: int, wanted_places: int
) -> Iterator[Remark]:
    """Say when too few spectra, or too few places across the bone, stand behind a number."""
    texts = []
    if n_valid < wanted:
        texts.append(f"{n_valid} valid spectra, wanted {wanted}")
    if n_places < wanted_places:
        texts.append(f"from {n_places} places across the bone, wanted {wanted_places}")
    if texts:
        yield Remark(flag="few_spectra", text=", ".join(texts))


def estimate_remarks(
    estimate: SiteEstimate, site: SiteModel, share: int, n_places: int
) -> Iterator[Remark]:
    """Say what the spectra and the number itself leave to be desired.

    Parameters
    ----------
    estimate : SiteEstimate
    site : SiteModel
    share : int
        1 for a site, more for a vertebra that is only a part of one.
    n_places : int
        Places across the bone with valid spectra.
    """
    votes, features = estimate.votes, estimate.features
    total = votes.valid.size
    percent = 100.0 * votes.n_valid / max(1, total)
    yield from spectra_remarks(
        votes.n_valid, site.wanted_groups // share, n_places, WANTED_PLACES // share
    )
    if percent < LOW_VALID_PERCENT:
        yield Remark(flag="low_r", text=f"{percent:.0f} % of the spectra are like either model")
    if features.snr_db is None:
        yield Remark(flag="noise_unknown", text="the noise could not be taken off the spectra")
    elif features.snr_db < LOW_SNR_DB:
        yield Remark(
            flag="low_snr", text=f"{features.snr_db:.1f} dB signal to noise in the deeper gate"
        )
    if features.floored_percent > FLOORED_PERCENT:
        yield Remark(
            flag="floored_bins",
            text=f"{features.floored_percent:.0f} % of the bins hold little but noise",
        )
    if estimate.decay_z is not None and estimate.decay_z < CLUTTER_Z:
        yield Remark(
            flag="clutter",
            text="the echo fades too little behind gate B for how it fades before it "
            f"(z = {estimate.decay_z:.1f})",
        )
    if estimate.decay_z is None:
        text = "gate C is missing here or was in training, so clutter could not be looked for"
        if estimate.estimator != FADE:
            text += "; no T-score or class is made of the estimate"
        yield Remark(flag=CLUTTER_UNCHECKED, text=text)
    yield from _fit_remarks(estimate, site, share)
    if not math.isfinite(estimate.uncertainty.total_g_cm2):
        one_place = not math.isfinite(estimate.uncertainty.sampling_g_cm2)
        text = (
            "the valid spectra come from one place across the bone, so how far places differ is "
            "not known"
            if one_place
            else "what the depth and the soft tissue add is not known"
        )
        yield Remark(flag="uncertainty_unknown", text=text)
    lo, hi = site.bmd_range_g_cm2
    if not lo <= estimate.bmd_g_cm2 <= hi:
        yield Remark(
            flag="extrapolated_bmd",
            text=f"{estimate.bmd_g_cm2:.3f} g/cm2 (training {lo:.3f} to {hi:.3f})",
        )


def _fit_remarks(estimate: SiteEstimate, site: SiteModel, share: int) -> Iterator[Remark]:
    """Say when the leading estimator could not be made, or its fit is unlike training.

    A part of a site has fewer spectra, and leaves more by the root of that.
    """
    if estimate.estimator != site.primary:
        yield Remark(
            flag="other_estimator",
            text=f"the gates that the estimator {site.primary} takes are missing; "
            f"{estimate.estimator} leads instead",
        )
    fade = estimate.features.fade
    if fade is None or site.misfit_limit_1 is None or estimate.estimator != FADE:
        return
    limit_1 = site.misfit_limit_1 * math.sqrt(share)
    if fade.misfit_1 > limit_1:
        yield Remark(
            flag="fade_misfit",
            text=f"the fit of attenuation and clutter leaves {100.0 * fade.misfit_1:.0f} % "
            f"(training at most {100.0 * limit_1:.0f} %)",
        )


def may_be_scored(estimate: SiteEstimate, remarks: Sequence[Remark]) -> bool:
    """Tell whether a T-score and a class may be made of an estimate.

    Not of a sex that the model never saw; and not where clutter could have moved the
    estimate unseen: the attenuation is fitted with clutter told apart, the other
    estimators take it for bone.
    """
    flags = {r.flag for r in remarks}
    unchecked = CLUTTER_UNCHECKED in flags and estimate.estimator != FADE
    return SEX_NOT_IN_MODEL not in flags and not unchecked


def depth_remarks(depth_mm: float | None, site: SiteModel) -> Iterator[Remark]:
    """Say when the bone lies where no training exam had it."""
    lo, hi = site.depth_range_mm
    if depth_mm is not None and not lo <= depth_mm <= hi:
        yield Remark(
            flag="depth_out_of_training",
            text=f"bone at {depth_mm:.0f} mm (training {lo:.0f} to {hi:.0f})",
        )


def vertebra_outliers(
    bmd_g_cm2: dict[str, float],
    sd_g_cm2: float | None,
    sampling_g_cm2: dict[str, float] | None = None,
) -> dict[str, float]:
    """Find vertebrae unlike the others.

    Parameters
    ----------
    bmd_g_cm2 : dict of str to float
        Estimate of each vertebra; all from the one map for L1-L4.
    sd_g_cm2 : float or None
        Spread of one vertebra about the others among the training people.
    sampling_g_cm2 : dict of str to float, optional
        How far another set of lines would move each vertebra.

    Returns
    -------
    outliers : dict of str to float
        Vertebra and its distance from the mean of the others, where that is more
        than 1.0 T, more than three times the spread, and more than three times
        what its own lines leave open; empty with fewer than three.
    """
    names = list(bmd_g_cm2)
    if len(names) <= 2:  # noqa: PLR2004 - of two, neither is the outlier
        return {}
    least = max(VERTEBRA_T_G_CM2, VERTEBRA_Z * (sd_g_cm2 or 0.0))
    own = {n: u if math.isfinite(u) else 0.0 for n, u in (sampling_g_cm2 or {}).items()}
    total = sum(bmd_g_cm2.values())
    away = {n: bmd_g_cm2[n] - (total - bmd_g_cm2[n]) / (len(names) - 1) for n in names}
    return {n: d for n, d in away.items() if abs(d) > max(least, VERTEBRA_Z * own.get(n, 0.0))}
