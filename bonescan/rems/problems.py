"""Remarks and refusals as problems that a person should look at."""

from __future__ import annotations

from bonescan.errors import UnusableScan, code_info
from bonescan.model.outcome import Problem
from bonescan.model.sites import vertebrae_of
from bonescan.model.vocabulary import Severity

from .quality import SEX_NOT_IN_MODEL, Remark
from .site_result import SiteResult
from .vertebrae import VERTEBRA_OUTLIER

# What every exam of a kind shares, or what the number itself already tells: flags, no problems.
QUIET = frozenset(
    {
        "simulated_model",
        "no_calibration",
        "calibration_not_applied",
        "level_uncalibrated",
        "reference_unchecked",
        "noise_unknown",
        "no_path_correction",
        "incidence_unknown",
        "single_vertebra",
        "few_spectra",
    }
)
ABOUT_TRAINING = frozenset(
    {
        "outside_reference",
        SEX_NOT_IN_MODEL,
        "model_device_mismatch",
        "f0_outside_band",
        "extrapolated_bmd",
        "depth_out_of_training",
        "no_ultrasound_information",
    }
)


def problems_of(results: dict[str, SiteResult]) -> tuple[Problem, ...]:
    """Gather what a person should look at, one problem a site and kind.

    Parameters
    ----------
    results : dict of str to SiteResult
        By site, at least one with a number.
    """
    found = [_refusal(r.refused) for r in results.values() if r.refused is not None]
    for name, result in results.items():
        # the row of all vertebrae speaks for the single ones
        if result.measurement is None or _speaks_through_others(name, results):
            continue
        for code, remarks in _by_code(result.remarks).items():
            reason = f"{name}: " + "; ".join(f"{r.flag}: {r.text}" for r in remarks) + "."
            found.append(
                Problem(
                    code=code,
                    severity=Severity.WARNING,
                    file="",
                    reason=reason,
                    hint=code_info(code).hint,
                )
            )
    return tuple(found)


def _speaks_through_others(name: str, results: dict[str, SiteResult]) -> bool:
    vertebra = vertebrae_of(name)
    if len(vertebra) != 1:
        return False
    return any(
        len(vertebrae_of(other)) > 1 and vertebra[0] in vertebrae_of(other) and r.measurement
        for other, r in results.items()
    )


def _refusal(refusal: UnusableScan) -> Problem:
    return Problem(
        code="BS-W230",
        severity=Severity.WARNING,
        file="",
        reason=f"{refusal.code}: {refusal.reason}",
        hint=refusal.hint,
    )


def _by_code(remarks: tuple[Remark, ...]) -> dict[str, list[Remark]]:
    """Sort remarks under the code of their kind."""
    found: dict[str, list[Remark]] = {}
    for remark in remarks:
        if remark.flag in QUIET:
            continue
        code = "BS-W232" if remark.flag in ABOUT_TRAINING else "BS-W231"
        if remark.flag == VERTEBRA_OUTLIER:
            code = "BS-W233"
        found.setdefault(code, []).append(remark)
    return found
