"""From what a site shows to bone density and its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import OS, LinearMap, SiteModel, SpectralForm
from bonescan.stats.conformal import cv_plus_interval
from bonescan.stats.influence import clustered_standard_error

from .attenuation import first_gate_mm, fit_fade
from .estimators.protocol import applied
from .estimators.registry import LINEAR
from .features import SiteFeatures, site_features
from .match import Votes, match_models
from .spectra import SiteSpectra

Array = NDArray[np.float64]

MIN_VALID_PERCENT = 60.0  # of averaged spectra; fewer give no number
# What is carried for the path: attenuation of soft tissue between people, depth, and the speed
# of sound in it, which turns times into depths.
U_ATTENUATION_DB_CM_MHZ = 0.06
U_DEPTH_MM = 2.0
U_SPEED_1 = 0.01  # of c: 1540 m/s, 1450 in fat and 1580 in muscle (from memory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Standard uncertainty of one BMD, and its three parts."""

    model_g_cm2: float
    sampling_g_cm2: float
    path_g_cm2: float

    @property
    def total_g_cm2(self) -> float:
        """Root of the sum of squares; NaN where a part can't be told."""
        return math.hypot(self.model_g_cm2, self.sampling_g_cm2, self.path_g_cm2)


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteEstimate:
    """Bone density of one site by every estimator of the model; one leads.

    `estimator` is the model's primary one, or the best of those that the exam
    has the gates for. `interval_g_cm2` is the 95 % one for what DXA would read;
    None where another estimator leads than when the model was built, and where
    the model has too few people.
    """

    bmd_g_cm2: float
    estimator: str
    uncertainty: Uncertainty
    interval_g_cm2: tuple[float, float] | None
    by_estimator_g_cm2: dict[str, float]
    votes: Votes
    fragility_percent: float | None  # None: no fracture model, or too few spectra like either class
    features: SiteFeatures
    decay_z: float | None  # B to C against what A to B lets expect; None without gate C


def estimate_site(
    spectra: SiteSpectra,
    site: SiteModel,
    form: SpectralForm,
    corrected: bool,
    system_db: Array | None = None,
) -> SiteEstimate:
    """Estimate bone density from the spectra of one site.

    Parameters
    ----------
    spectra : SiteSpectra
        With known depth when `corrected`.
    site : SiteModel
    form : SpectralForm
    corrected : bool
        Whether the model was trained with path correction.
    system_db : (bin,) ndarray, optional
        Response of the device, where the model was trained with calibrations.

    Returns
    -------
    estimate : SiteEstimate
        Not a number where no spectrum is valid; whether there are enough is
        for the caller to judge. A spectrum without power in a bin of gate A or B
        is not valid and moves nothing.

    Raises
    ------
    ValueError
        No spectrum has power in both gates.
    """
    sounding = spectra.sounding
    if not sounding.any():
        raise ValueError("found no spectrum with power in gates A and B, wanted one")
    spectra = spectra.only(sounding)
    fade = fit_fade(spectra, form, first_gate_mm(site.site))
    features = site_features(spectra, form, corrected=corrected, system_db=system_db, fade=fade)
    votes = _votes(features, site)
    found = _by_estimator(features, votes, site)
    leading = site.primary if site.primary in found else _next_best(site, found)
    bmd = found[leading]
    path = (form, system_db) if corrected else None
    return SiteEstimate(
        bmd_g_cm2=bmd,
        estimator=leading,
        uncertainty=Uncertainty(
            model_g_cm2=_u_model(bmd, site, leading),
            sampling_g_cm2=_u_sampling(features, votes, spectra, (site, leading)),
            path_g_cm2=_u_path(spectra, site, leading, path),
        ),
        interval_g_cm2=_interval(features, votes, site, leading),
        by_estimator_g_cm2=found,
        votes=votes.among(sounding),
        fragility_percent=_fragility_percent(features, site, sounding.size),
        features=features,
        decay_z=_decay_z(features, site),
    )


def _votes(features: SiteFeatures, site: SiteModel) -> Votes:
    return match_models(features.two_gate_db, site.osteoporotic_db, site.healthy_db, site.r_min_1)


def _by_estimator(features: SiteFeatures, votes: Votes, site: SiteModel) -> dict[str, float]:
    """Bone density by every estimator that the exam has the gates for, in the model's order."""
    found: dict[str, float] = {}
    for name in site.estimators:
        if name == OS:
            found[name] = _bmd_os(votes, site)
            continue
        linear, vector = site.linear(name), LINEAR[name].vector(features)
        if linear is not None and vector is not None:
            found[name] = float(applied(linear, vector[None])[0])
    return found


def _next_best(site: SiteModel, found: dict[str, float]) -> str:
    """Take the estimator of least cross-validated scatter among those that can be made."""
    scatter = dict(zip(site.estimators, np.mean(site.residual_sd_g_cm2**2, axis=1), strict=True))
    return min(found, key=lambda name: float(scatter[name]))


def _bmd_os(votes: Votes, site: SiteModel) -> float:
    return site.os_intercept_g_cm2 + site.os_slope_g_cm2 * votes.osteoporosis_score_percent


def _u_model(bmd_g_cm2: float, site: SiteModel, leading: str) -> float:
    """Scatter of cross-validated residuals at this BMD; held constant past its ends."""
    row = site.estimators.index(leading)
    return float(np.interp(bmd_g_cm2, site.residual_bmd_g_cm2[row], site.residual_sd_g_cm2[row]))


def _u_sampling(
    features: SiteFeatures, votes: Votes, spectra: SiteSpectra, by: tuple[SiteModel, str]
) -> float:
    """How far another set of lines of the same bone would move the estimate.

    NaN where all lines look at one place: nothing tells how places differ.
    """
    site, leading = by
    linear = site.linear(leading)
    if linear is not None:
        pull = LINEAR[leading].influence(features) @ linear.weights_g_cm2
        return clustered_standard_error(pull, spectra.cluster)
    if not votes.n_valid:
        return math.nan
    away = votes.vote[votes.valid] - votes.vote[votes.valid].mean()
    u_percent = 100.0 * clustered_standard_error(away, spectra.cluster[votes.valid])
    return abs(site.os_slope_g_cm2) * u_percent


def _u_path(
    spectra: SiteSpectra,
    site: SiteModel,
    leading: str,
    path: tuple[SpectralForm, Array | None] | None,
) -> float:
    """Finite differences over attenuation, depth and speed; none where the gates share the path."""
    linear = site.linear(leading)
    if path is None or (linear is not None and not LINEAR[leading].needs_path):
        return 0.0
    form, system_db = path
    depth_mm = float(np.median(spectra.depth_mm))

    def bmd(alpha: float, shift_mm: float) -> float:
        features = site_features(
            spectra, form, attenuation_db_cm_mhz=alpha, depth_shift_mm=shift_mm,
            system_db=system_db,
        )  # fmt: skip
        return _mapped(features, site, leading, linear)

    alpha, u = form.attenuation_db_cm_mhz, U_ATTENUATION_DB_CM_MHZ
    by_attenuation = (bmd(alpha + u, 0.0) - bmd(alpha - u, 0.0)) / 2.0
    by_depth = (bmd(alpha, U_DEPTH_MM) - bmd(alpha, -U_DEPTH_MM)) / 2.0
    away_mm = U_SPEED_1 * depth_mm
    by_speed = (bmd(alpha, away_mm) - bmd(alpha, -away_mm)) / 2.0
    return math.hypot(by_attenuation, by_depth, by_speed)


def _mapped(
    features: SiteFeatures, site: SiteModel, leading: str, linear: LinearMap | None
) -> float:
    if linear is None:
        return _bmd_os(_votes(features, site), site)
    vector = LINEAR[leading].vector(features)
    return math.nan if vector is None else float(applied(linear, vector[None])[0])


def _interval(
    features: SiteFeatures, votes: Votes, site: SiteModel, leading: str
) -> tuple[float, float] | None:
    """Bracket what DXA would read, at 95 %, by CV+ over the training people."""
    folds = site.interval
    if folds.estimator != leading:
        return None
    if leading == OS:
        vector: Array | None = np.array([votes.osteoporosis_score_percent])
    else:
        vector = LINEAR[leading].vector(features)
    if vector is None or not np.all(np.isfinite(vector)):
        return None
    lo, hi = cv_plus_interval(
        folds.fold_intercept_g_cm2 + folds.fold_weights_g_cm2 @ vector,
        folds.fold.astype(np.intp),
        folds.residual_g_cm2,
        folds.weight_1,
    )
    return (lo, hi) if math.isfinite(lo) and math.isfinite(hi) else None


def _fragility_percent(features: SiteFeatures, site: SiteModel, n_groups: int) -> float | None:
    """Share of spectra that look like those of fractured people.

    None where fewer spectra are like either class than a bone density takes.
    """
    model = site.fragility
    if not model.known or model.r_min_1 is None:
        return None
    votes = match_models(
        features.two_gate_db, model.fractured_db, model.unfractured_db, model.r_min_1
    )
    enough = votes.n_valid >= site.min_groups
    share = 100.0 * votes.n_valid >= MIN_VALID_PERCENT * n_groups
    return votes.osteoporosis_score_percent if enough and share else None


def _decay_z(features: SiteFeatures, site: SiteModel) -> float | None:
    if site.decay_sd_db is None or not math.isfinite(features.decay_bc_db):
        return None
    expected = np.polynomial.polynomial.polyval(features.decay_ab_db, site.decay_curve_db)
    return (features.decay_bc_db - float(expected)) / site.decay_sd_db
