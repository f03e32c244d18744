"""What is learnt from people: class spectra and the maps from spectra to bone density.

Everything here is made anew inside every fold of a cross-validation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import LUMBAR_SPINE, OS, LinearMap, SpectralForm

from .attenuation import first_gate_mm, fit_fade
from .estimators.osteoporosis_score import ScoreMap, learn_score
from .estimators.protocol import applied
from .estimators.registry import LINEAR
from .features import SiteFeatures, site_features
from .spectra import SiteSpectra, pooled

Array = NDArray[np.float64]

OSTEOPOROSIS_T, NORMAL_T = -2.5, -1.0
N_COMPONENTS = 4  # of D(f)


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
    fractured: bool | None = None  # fragility fracture; None: not known
    system_db: Array | None = None  # (bin,), response of the device, from its calibration
    ethnicity: str | None = None  # as the file states it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The young-adult reference that splits people into classes."""

    reference_id: str
    mean_g_cm2: float
    sd_g_cm2: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Cohort:
    """What the folds see of the people, one row each, in one order.

    `vectors` holds what each estimator makes of an exam, (person, p), for those
    estimators that every exam has the gates for.
    """

    people: tuple[str, ...]
    features: tuple[SiteFeatures, ...]
    difference_db: Array  # (person, bin), the median D(f)
    dxa_g_cm2: Array
    t_score: Array
    covariates: Array  # (person, 3): age, BMI, male
    depth_mm: Array
    vectors: Mapping[str, Array] = field(default_factory=dict)
    fractured: tuple[bool | None, ...] = ()

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
            vectors={name: rows[index] for name, rows in self.vectors.items()},
            fractured=tuple(self.fractured[i] for i in index) if self.fractured else (),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Fitted:
    """Everything that is learnt from people; made anew inside every fold."""

    score: ScoreMap
    maps: Mapping[str, LinearMap]

    def scores_percent(self, features: Sequence[SiteFeatures]) -> Array:
        """Osteoporosis score of each person; 50 where no spectrum is valid."""
        return np.array([self.score.score_percent(f) for f in features], dtype=np.float64)

    def predict(self, cohort: Cohort) -> dict[str, Array]:
        """Predict BMD of every person by every estimator, g/cm², each (person,)."""
        linear = {name: applied(m, cohort.vectors[name]) for name, m in self.maps.items()}
        return {OS: self.score.line.predict(self.scores_percent(cohort.features)), **linear}


def fit(cohort: Cohort) -> Fitted:
    """Learn class spectra, the line from score to BMD, and the linear estimators.

    Osteopenic people enter the regressions, not the class spectra.
    """
    members = (
        np.flatnonzero(cohort.t_score <= OSTEOPOROSIS_T),
        np.flatnonzero(cohort.t_score >= NORMAL_T),
    )
    return Fitted(
        score=learn_score(cohort.features, cohort.dxa_g_cm2, members),
        maps={
            name: LINEAR[name].learn(vectors, cohort.dxa_g_cm2)
            for name, vectors in cohort.vectors.items()
        },
    )


def gather(
    exams: Sequence[TrainingExam],
    form: SpectralForm,
    reference: Reference,
    site: str = LUMBAR_SPINE,
) -> Cohort:
    """Turn exams into rows of features, DXA readings and covariates.

    Parameters
    ----------
    exams : sequence of TrainingExam
    form : SpectralForm
    reference : Reference
        Gives the T-scores that split the classes.
    site : str
        Name of the model: at the neck gates close behind the cortex are left out
        of the attenuation fit.
    """
    whole = [pooled(list(e.parts)) for e in exams]
    spectra = [s.only(s.sounding) for s in whole]  # groups without power say nothing
    first_mm = first_gate_mm(site)
    features = tuple(
        site_features(s, form, system_db=e.system_db, fade=fit_fade(s, form, first_mm))
        for s, e in zip(spectra, exams, strict=True)
    )
    dxa = np.array([e.dxa_bmd_g_cm2 for e in exams])
    return Cohort(
        people=tuple(f"{e.issuer or ''}|{e.person_id}" for e in exams),
        features=features,
        difference_db=np.array([f.median_difference_db for f in features]),
        dxa_g_cm2=dxa,
        t_score=(dxa - reference.mean_g_cm2) / reference.sd_g_cm2,
        covariates=np.array([[e.age_years, e.bmi_kg_m2, float(e.sex == "M")] for e in exams]),
        depth_mm=np.array([float(np.median(s.depth_mm)) for s in spectra]),
        vectors=_vectors(features),
        fractured=tuple(e.fractured for e in exams),
    )


def _vectors(features: Sequence[SiteFeatures]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, estimator in LINEAR.items():
        rows = [estimator.vector(f) for f in features]
        known = [r for r in rows if r is not None]
        if len(known) == len(rows):
            found[name] = np.array(known)
    return found
