"""How many people a model needs, and what becomes of a cohort with fewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import NothingUsable

from ..fitting import NORMAL_T, OSTEOPOROSIS_T, Reference, TrainingExam

Array = NDArray[np.float64]

# Per site and sex. Ours: a class spectrum is a median over its people, and with fewer than 30 of
# a class its scatter is no longer small beside the difference of the classes.
MIN_PEOPLE, MIN_PER_CLASS = 150, 30
MIN_GROUPS, WANTED_GROUPS = 40, 100  # averaged spectra: fewer give no number, fewer are flagged


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSize:
    """People, and people with at least one reading in each outer class."""

    n_people: int
    n_osteoporotic: int
    n_normal: int

    @property
    def suffices(self) -> bool:
        """Whether a model may be made of them."""
        return (
            self.n_people >= MIN_PEOPLE and min(self.n_osteoporotic, self.n_normal) >= MIN_PER_CLASS
        )

    def __str__(self) -> str:
        return (
            f"{self.n_people} people, {self.n_osteoporotic} with T <= {OSTEOPOROSIS_T} and "
            f"{self.n_normal} with T >= {NORMAL_T}"
        )


def cohort_size(people: Sequence[str], t_score: Array) -> CohortSize:
    """Count people, not rows: both hips of one woman are one woman."""
    names = np.asarray(people)
    return CohortSize(
        n_people=len(set(people)),
        n_osteoporotic=len(set(names[t_score <= OSTEOPOROSIS_T].tolist())),
        n_normal=len(set(names[t_score >= NORMAL_T].tolist())),
    )


def check_size(people: Sequence[str], t_score: Array, site: str) -> None:
    """Refuse a cohort that is too small.

    Raises
    ------
    NothingUsable
        BS-E313 with fewer than 150 people, or 30 of a class.
    """
    size = cohort_size(people, t_score)
    if not size.suffices:
        raise NothingUsable(
            "BS-E313",
            f"{site}: found {size}; wanted {MIN_PEOPLE}, {MIN_PER_CLASS} and {MIN_PER_CLASS}.",
        )


def size_by_sex(exams: Sequence[TrainingExam], reference: Reference) -> dict[str, CohortSize]:
    """Count each sex by itself: a model of one sex says nothing about the other."""
    found = {}
    for sex in sorted({e.sex for e in exams}):
        mine = [e for e in exams if e.sex == sex]
        dxa = np.array([e.dxa_bmd_g_cm2 for e in mine])
        t_score = (dxa - reference.mean_g_cm2) / reference.sd_g_cm2
        found[sex] = cohort_size([person_key(e) for e in mine], t_score)
    return found


def person_key(exam: TrainingExam) -> str:
    """Name a person as `gather` does."""
    return f"{exam.issuer or ''}|{exam.person_id}"
