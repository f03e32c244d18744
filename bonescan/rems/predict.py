"""From what a site shows to bone density and its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import ESTIMATORS, OS, TWO_GATE, SiteModel, SpectralForm
from bonescan.stats.influence import clustered_standard_error, median_influence

from .features import SiteFeatures, site_features
from .match import Votes, match_models
from .spectra import SiteSpectra

Array = NDArray[np.float64]

# What is carried for the path: attenuation of soft tissue between people, and depth.
U_ATTENUATION_DB_CM_MHZ = 0.06
U_DEPTH_MM = 2.0


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
    """Bone density of one site by both estimators; the model's primary one leads."""

    bmd_g_cm2: float
    uncertainty: Uncertainty
    bmd_os_g_cm2: float
    bmd_two_gate_g_cm2: float
    votes: Votes
    features: SiteFeatures
    decay_z: float | None  # B to C against what A to B lets expect; None without gate C


def estimate_site(
    spectra: SiteSpectra, site: SiteModel, form: SpectralForm, corrected: bool
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

    Returns
    -------
    estimate : SiteEstimate
        Not a number where no spectrum is valid; whether there are enough is
        for the caller to judge.
    """
    features = site_features(spectra, form, corrected=corrected)
    votes = _votes(features, site)
    by_estimator = {OS: _bmd_os(votes, site), TWO_GATE: _bmd_two_gate(features, site)}
    bmd = by_estimator[site.primary]
    return SiteEstimate(
        bmd_g_cm2=bmd,
        uncertainty=Uncertainty(
            model_g_cm2=_u_model(bmd, site),
            sampling_g_cm2=_u_sampling(features, votes, spectra, site),
            path_g_cm2=_u_path(spectra, site, form) if corrected and site.primary == OS else 0.0,
        ),
        bmd_os_g_cm2=by_estimator[OS],
        bmd_two_gate_g_cm2=by_estimator[TWO_GATE],
        votes=votes,
        features=features,
        decay_z=_decay_z(features, site),
    )


def _votes(features: SiteFeatures, site: SiteModel) -> Votes:
    return match_models(features.two_gate_db, site.osteoporotic_db, site.healthy_db, site.r_min_1)


def _bmd_os(votes: Votes, site: SiteModel) -> float:
    return site.os_intercept_g_cm2 + site.os_slope_g_cm2 * votes.osteoporosis_score_percent


def difference_weights(site: SiteModel) -> Array:
    """Slope of BMD along each bin of D(f), (bin,), g/cm² per dB."""
    return np.asarray(site.d_coefficients_g_cm2 @ site.d_components)


def _bmd_two_gate(features: SiteFeatures, site: SiteModel) -> float:
    away = features.median_difference_db - site.d_mean_db
    return site.d_intercept_g_cm2 + float(away @ difference_weights(site))


def _u_model(bmd_g_cm2: float, site: SiteModel) -> float:
    """Scatter of cross-validated residuals at this BMD; held constant past its ends."""
    row = ESTIMATORS.index(site.primary)
    return float(np.interp(bmd_g_cm2, site.residual_bmd_g_cm2[row], site.residual_sd_g_cm2[row]))


def _u_sampling(
    features: SiteFeatures, votes: Votes, spectra: SiteSpectra, site: SiteModel
) -> float:
    """How far another set of lines of the same bone would move the estimate.

    NaN where all lines look at one place: nothing tells how places differ.
    """
    if site.primary == TWO_GATE:
        pull = median_influence(features.difference_db) @ difference_weights(site)
        return clustered_standard_error(pull, spectra.cluster)
    if not votes.n_valid:
        return math.nan
    away = votes.vote[votes.valid] - votes.vote[votes.valid].mean()
    u_percent = 100.0 * clustered_standard_error(away, spectra.cluster[votes.valid])
    return abs(site.os_slope_g_cm2) * u_percent


def _u_path(spectra: SiteSpectra, site: SiteModel, form: SpectralForm) -> float:
    """Finite differences over attenuation and depth; D(f) has none, both gates share the path."""

    def bmd(alpha: float, shift_mm: float) -> float:
        features = site_features(
            spectra, form, attenuation_db_cm_mhz=alpha, depth_shift_mm=shift_mm
        )
        return _bmd_os(_votes(features, site), site)

    alpha, u = form.attenuation_db_cm_mhz, U_ATTENUATION_DB_CM_MHZ
    by_attenuation = (bmd(alpha + u, 0.0) - bmd(alpha - u, 0.0)) / 2.0
    by_depth = (bmd(alpha, U_DEPTH_MM) - bmd(alpha, -U_DEPTH_MM)) / 2.0
    return math.hypot(by_attenuation, by_depth)


def _decay_z(features: SiteFeatures, site: SiteModel) -> float | None:
    if site.decay_sd_db is None or not math.isfinite(features.decay_bc_db):
        return None
    expected = np.polynomial.polynomial.polyval(features.decay_ab_db, site.decay_curve_db)
    return (features.decay_bc_db - float(expected)) / site.decay_sd_db
