"""What a page shows about the quality of an exam, in short texts."""

from __future__ import annotations

import math

from bonescan.model.rems_model import (
    COVARIATES,
    OS,
    TWO_GATE,
    CrossValidationRow,
    SiteModel,
)

from .measure_site import LookedAt, MeasuredSite
from .predict import SiteEstimate

Details = tuple[tuple[str, str], ...]


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
            f"{gates.n_outside} cut off",
        ),
    )


def estimate_details(site: str, estimate: SiteEstimate, model: SiteModel) -> Details:
    """Say what the number rests on, and what the model reached without ultrasound."""
    u, features = estimate.uncertainty, estimate.features
    rows = {r.estimator: r for r in model.cross_validation}
    noise = "unknown" if features.snr_db is None else f"{features.snr_db:.0f} dB"
    return (
        (
            f"{site}: spectra",
            f"{estimate.votes.n_valid} of {estimate.votes.valid.size} averaged spectra valid "
            f"(r of at least {model.r_min_1:.2f}); signal to noise {noise}, "
            f"{features.floored_percent:.1f} % of bins at the noise",
        ),
        (
            f"{site}: uncertainty",
            f"{_known(u.total_g_cm2)} g/cm2 = model {_known(u.model_g_cm2)}, sampling "
            f"{_known(u.sampling_g_cm2)}, path {_known(u.path_g_cm2)}",
        ),
        (
            f"{site}: estimators",
            f"two-gate spectrum {estimate.bmd_two_gate_g_cm2:.3f} g/cm2{_role(TWO_GATE, model)}, "
            f"osteoporosis score {estimate.bmd_os_g_cm2:.3f} g/cm2{_role(OS, model)}",
        ),
        (
            f"{site}: in training",
            f"{model.n_people} people: this estimator {_reached(rows, model.primary)}; age, BMI "
            f"and sex without ultrasound {_reached(rows, COVARIATES)}",
        ),
    )


def _known(value_g_cm2: float) -> str:
    return f"{value_g_cm2:.3f}" if math.isfinite(value_g_cm2) else "unknown"


def _role(estimator: str, model: SiteModel) -> str:
    notes = ["leads"] if model.primary == estimator else []
    if estimator not in model.informative:
        notes.append("no better than age, BMI and sex in training")
    return f" ({', '.join(notes)})" if notes else ""


def _reached(rows: dict[str, CrossValidationRow], estimator: str) -> str:
    row = rows.get(estimator)
    return "unknown" if row is None else f"r {row.pearson_1:.2f}, SEE {row.see_g_cm2:.3f} g/cm2"
