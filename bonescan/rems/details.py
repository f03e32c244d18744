"""What a page shows about the quality of an exam, in short texts."""

from __future__ import annotations

import math

from bonescan.model.rems_model import (
    COVARIATES,
    FADE,
    OS,
    PCR,
    TWO_GATE,
    CrossValidationRow,
    SiteModel,
)

from .measure_site import LookedAt, MeasuredSite
from .predict import SiteEstimate

Details = tuple[tuple[str, str], ...]

# What may stand beside a number that is not for any use: what was seen, and how unsure it is.
WATERMARKED_DETAILS = frozenset(
    {"frames", "depth of the bone", "clipped samples", "lines", "uncertainty"}
)


LOOKED_DETAILS = 3  # texts of `looked_details`


def looked_details(looked: LookedAt) -> Details:
    """Say which frames show a surface, and how deep."""
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


def line_details(measured: MeasuredSite) -> Details:
    """Say how many lines were used, and why not the others."""
    gates = measured.gates
    return (
        (
            f"{measured.looked.site.site}: lines",
            f"{int(gates.used.sum())} of {gates.n_lines} used; {gates.n_no_surface} without a "
            f"surface, {gates.n_steep} too steep, {gates.n_saturated} clipped, "
            f"{gates.n_outside} cut off, {measured.n_ungrouped} left over from full groups",
        ),
    )


def estimate_details(
    site: str, estimate: SiteEstimate, model: SiteModel, covariates_g_cm2: float | None
) -> Details:
    """Say what the number rests on, and what the model reached without ultrasound."""
    u, features = estimate.uncertainty, estimate.features
    rows = {r.estimator: r for r in model.cross_validation}
    noise = "unknown" if features.snr_db is None else f"{features.snr_db:.0f} dB"
    alone = "unknown" if covariates_g_cm2 is None else f"{covariates_g_cm2:.3f} g/cm2"
    return (
        (
            f"{site}: spectra",
            f"{estimate.votes.n_valid} of {estimate.votes.valid.size} averaged spectra valid "
            f"(r of at least {model.r_min_1:.2f}); signal to noise {noise}, "
            f"{features.floored_percent:.1f} % of bins at the noise",
        ),
        *_fade_details(site, estimate),
        (
            f"{site}: uncertainty",
            f"{_known(u.total_g_cm2)} g/cm2 = model {_known(u.model_g_cm2)}, sampling "
            f"{_known(u.sampling_g_cm2)}, path {_known(u.path_g_cm2)}",
        ),
        (f"{site}: 95 % interval", _interval_text(estimate)),
        (f"{site}: estimators", _estimators_text(estimate, model)),
        (f"{site}: fragility score", _fragility_text(estimate, model)),
        (
            f"{site}: in training",
            f"{model.n_people} people: this estimator {_reached(rows, estimate.estimator)}; age, "
            f"BMI and sex without ultrasound {_reached(rows, COVARIATES)}",
        ),
        (f"{site}: age, BMI and sex alone", f"{alone} (without any ultrasound)"),
    )


NAMES = {
    OS: "osteoporosis score",
    TWO_GATE: "two-gate spectrum",
    PCR: "spectra of both gates",
    FADE: "attenuation",
}


def _fade_details(site: str, estimate: SiteEstimate) -> Details:
    fade = estimate.features.fade
    if fade is None:
        return ((f"{site}: attenuation of the bone", "unknown: gates of the model are missing"),)
    clutter = (
        f"clutter {fade.clutter_db:+.0f} dB over the bone in gate B"
        if math.isfinite(fade.clutter_db)
        else "no clutter found"
        if fade.clutter_db < 0
        else "nothing but clutter in gate B"
    )
    return (
        (
            f"{site}: attenuation of the bone",
            f"{fade.alpha_db_cm_mhz:.1f} dB/cm/MHz; {clutter}, fading by {fade.gamma_db_mm:.1f} "
            f"dB/mm; misfit {100.0 * fade.misfit_1:.0f} %",
        ),
    )


def _interval_text(estimate: SiteEstimate) -> str:
    if estimate.interval_g_cm2 is None:
        return "unknown"
    lo, hi = estimate.interval_g_cm2
    return f"{lo:.3f} to {hi:.3f} g/cm2 for what DXA would read (CV+ conformal)"


def _estimators_text(estimate: SiteEstimate, model: SiteModel) -> str:
    return ", ".join(
        f"{NAMES.get(name, name)} {bmd:.3f} g/cm2{_role(name, estimate.estimator, model)}"
        for name, bmd in estimate.by_estimator_g_cm2.items()
    )


def _fragility_text(estimate: SiteEstimate, model: SiteModel) -> str:
    if not model.fragility.known:
        return (
            f"none (no_fracture_model: {model.fragility.n_fractured} fractured and "
            f"{model.fragility.n_unfractured} unfractured people, wanted 100 of each)"
        )
    if estimate.fragility_percent is None:
        return "none (too few spectra are like either class)"
    return f"{estimate.fragility_percent:.0f} % of the spectra are like those of fractured people"


def _known(value_g_cm2: float) -> str:
    return f"{value_g_cm2:.3f}" if math.isfinite(value_g_cm2) else "unknown"


def _role(estimator: str, leading: str, model: SiteModel) -> str:
    notes = ["leads"] if leading == estimator else []
    if estimator not in model.informative:
        notes.append("no better than age, BMI and sex in training")
    return f" ({', '.join(notes)})" if notes else ""


def _reached(rows: dict[str, CrossValidationRow], estimator: str) -> str:
    row = rows.get(estimator)
    return "unknown" if row is None else f"r {row.pearson_1:.2f}, SEE {row.see_g_cm2:.3f} g/cm2"
