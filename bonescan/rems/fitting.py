"""What is learnt from people: class spectra and the maps from spectra to bone density.

Everything here is made anew inside every fold of a cross-validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import OS, TWO_GATE, SpectralForm
from bonescan.stats.regression import (
    ComponentFit,
    LinearFit,
    component_regression,
    least_squares,
)

from .features import SiteFeatures, site_features
from .match import match_models
from .spectra import SiteSpectra, pooled

Array = NDArray[np.float64]

OSTEOPOROSIS_T, NORMAL_T = -2.5, -1.0
N_COMPONENTS = 4
SMOOTH_BINS = 3
R_MIN_PERCENTILE = 5.0  # of the correlations with the own class


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingExam:
    """One person's site with its DXA reading; `parts` has several members at the spine."""

    person_id: str
    issuer: str | None
    sex: str
    age_years: float
    bmi_kg_m2: float
    dxa_bmd_g_cm2: float
    parts: tuple[SiteSpectra, ...]
    pregnant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The young-adult reference that splits people into classes."""

    reference_id: str
    mean_g_cm2: float
    sd_g_cm2: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Cohort:
    """What the folds see of the people, one row each, in one order."""

    people: tuple[str, ...]
    features: tuple[SiteFeatures, ...]
    difference_db: Array  # (person, bin), the median D(f)
    dxa_g_cm2: Array
    t_score: Array
    covariates: Array  # (person, 3): age, BMI, male
    depth_mm: Array

    def rows(self, index: NDArray[np.intp]) -> Cohort:
        """Keep some of the people."""
        return Cohort(
            people=tuple(self.people[i] for i in index),
            features=tuple(self.features[i] for i in index),
            difference_db=self.difference_db[index],
            dxa_g_cm2=self.dxa_g_cm2[index],
            t_score=self.t_score[index],
            covariates=self.covariates[index],
            depth_mm=self.depth_mm[index],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Fitted:
    """Everything that is learnt from people; made anew inside every fold."""

    osteoporotic_db: Array
    healthy_db: Array
    r_min_1: float
    os_line: LinearFit
    two_gate: ComponentFit

    def scores_percent(self, features: Sequence[SiteFeatures]) -> Array:
        """Osteoporosis score of each person; 50 where no spectrum is valid."""
        scores = [
            match_models(
                f.two_gate_db, self.osteoporotic_db, self.healthy_db, self.r_min_1
            ).osteoporosis_score_percent
            for f in features
        ]
        values = np.array(scores, dtype=np.float64)
        return np.where(np.isfinite(values), values, 50.0)

    def predict(self, cohort: Cohort) -> dict[str, Array]:
        """Predict BMD of every person by every estimator, g/cm², each (person,)."""
        return {
            TWO_GATE: self.two_gate.predict(cohort.difference_db),
            OS: self.os_line.predict(self.scores_percent(cohort.features)),
        }


def fit(cohort: Cohort) -> Fitted:
    """Learn class spectra, the line from score to BMD, and the regression on D(f).

    Osteopenic people enter the regressions, not the class spectra. Every person
    weighs the same in them: medians of medians. Spectra unlike both classes are
    dropped once and the class spectra made again.
    """
    osteoporotic = np.flatnonzero(cohort.t_score <= OSTEOPOROSIS_T)
    healthy = np.flatnonzero(cohort.t_score >= NORMAL_T)
    members = (osteoporotic, healthy)
    models = tuple(_class_spectrum(cohort.features, group) for group in members)
    r_min = _own_class_percentile(cohort.features, members, models)
    models = tuple(
        _class_spectrum(cohort.features, group, model, r_min)
        for group, model in zip(members, models, strict=True)
    )
    r_min = _own_class_percentile(cohort.features, members, models)
    draft = Fitted(
        osteoporotic_db=models[0],
        healthy_db=models[1],
        r_min_1=r_min,
        os_line=least_squares([0.0, 1.0], [0.0, 0.0]),
        two_gate=component_regression(cohort.difference_db, cohort.dxa_g_cm2, N_COMPONENTS),
    )
    scores = draft.scores_percent(cohort.features)
    return Fitted(
        osteoporotic_db=draft.osteoporotic_db,
        healthy_db=draft.healthy_db,
        r_min_1=r_min,
        os_line=least_squares(scores, cohort.dxa_g_cm2),
        two_gate=draft.two_gate,
    )


def _class_spectrum(
    features: Sequence[SiteFeatures],
    members: NDArray[np.intp],
    model: Array | None = None,
    r_min_1: float = -1.0,
) -> Array:
    """Median of the members' median spectra, smoothed over three bins in each gate."""
    medians = []
    for i in members:
        spectra = features[i].two_gate_db
        if model is not None:
            valid = match_models(spectra, model, model, r_min_1).valid
            spectra = spectra[valid] if valid.any() else spectra
        medians.append(np.median(spectra, axis=0))
    middle = np.median(np.array(medians), axis=0)
    gates = [_smoothed(half) for half in np.split(middle, 2)]
    both = np.concatenate(gates)
    return np.asarray(both - both.mean())


def _smoothed(spectrum: Array) -> Array:
    padded = np.pad(spectrum, SMOOTH_BINS // 2, mode="edge")
    kernel = np.full(SMOOTH_BINS, 1.0 / SMOOTH_BINS)
    return np.asarray(np.convolve(padded, kernel, mode="valid"), dtype=np.float64)


def _own_class_percentile(
    features: Sequence[SiteFeatures],
    members: Sequence[NDArray[np.intp]],
    models: Sequence[Array],
) -> float:
    own = [
        match_models(features[i].two_gate_db, model, model, -1.0).best_1
        for group, model in zip(members, models, strict=True)
        for i in group
    ]
    return float(np.nanpercentile(np.concatenate(own), R_MIN_PERCENTILE))


def gather(exams: Sequence[TrainingExam], form: SpectralForm, reference: Reference) -> Cohort:
    """Turn exams into rows of features, DXA readings and covariates."""
    spectra = [pooled(list(e.parts)) for e in exams]
    features = tuple(site_features(s, form) for s in spectra)
    dxa = np.array([e.dxa_bmd_g_cm2 for e in exams])
    return Cohort(
        people=tuple(f"{e.issuer or ''}|{e.person_id}" for e in exams),
        features=features,
        difference_db=np.array([f.median_difference_db for f in features]),
        dxa_g_cm2=dxa,
        t_score=(dxa - reference.mean_g_cm2) / reference.sd_g_cm2,
        covariates=np.array([[e.age_years, e.bmi_kg_m2, float(e.sex == "M")] for e in exams]),
        depth_mm=np.array([float(np.median(s.depth_mm)) for s in spectra]),
    )
