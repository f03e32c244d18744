"""A person at the time of an exam, and the dated facts that say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .vocabulary import Category, MenopausalStatus, Technique


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One dated fact about a person, outside the identity of any measurement."""

    patient_id: str
    issuer: str | None
    date: date | None  # None: true of the person, not of a day (birth date, sex)
    fact: str
    value: str
    source: str | None = None
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAtExam:
    """What is known of a person on the day of an exam; None = unknown."""

    sex: str | None
    age_years: float | None
    age_is_exact: bool  # False: whole years + 0.5
    menopausal_status: MenopausalStatus | None
    postpartum_days: float | None = None
    gestation_days: float | None = None
    weaned: bool | None = None
    fragility_fracture: bool | None = None  # any
    hip_or_vertebral_fracture: bool | None = None
    height_cm: float | None = None
    weight_kg: float | None = None
    bmi_kg_m2: float | None = None
    birth_date: date | None = None
    not_evaluable: tuple[str, ...] = ()  # "spine", "hip": a person said so
    forearm_reasons: tuple[str, ...] = ()  # facts that let the one-third radius label
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonVerdict:
    """The one class of a person by one technique on one date (a row of patients.csv)."""

    technique: Technique
    category: Category | None
    severity: str | None
    deciding_site: str | None
    deciding_score: float | None
    category_rule: str | None
    needs_review: bool
    flags: tuple[str, ...] = ()
