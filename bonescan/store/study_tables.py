"""Tables for questions in SQL: people, exams, estimates, verdicts, problems as last labelled.

They say what the CSV files say. Each labelling of the whole store compares
itself with the rows in force: what is unchanged stays, what changed is
superseded and stays readable. Dates are text (ISO 8601).
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from .tables import IN_FORCE, Base


class _Versioned:
    """A row that one labelling brought and a later one may supersede."""

    row_id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(Text)  # what holds one row at a time
    row_sha256: Mapped[str] = mapped_column(Text)  # of everything it says
    run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"))
    superseded_in: Mapped[int | None] = mapped_column(ForeignKey("run.run_id"))

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        name: str = cls.__tablename__  # type: ignore[attr-defined]
        return (_live(f"{name}_in_force", "row_key", unique=True), *cls._more(name))

    @classmethod
    def _more(cls, name: str) -> tuple[Index, ...]:
        del name
        return ()


def _live(name: str, *columns: str, unique: bool = False) -> Index:
    """Make an index of the rows in force."""
    return Index(name, *columns, unique=unique, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)


class PatientRow(_Versioned, Base):
    """One person."""

    __tablename__ = "patient"
    patient_key: Mapped[str] = mapped_column(Text)  # pseudonym
    sex: Mapped[str | None] = mapped_column(Text)
    birth_date: Mapped[str | None] = mapped_column(Text)
    first_exam_date: Mapped[str | None] = mapped_column(Text)
    last_exam_date: Mapped[str | None] = mapped_column(Text)
    n_exams: Mapped[int] = mapped_column()

    @classmethod
    def _more(cls, name: str) -> tuple[Index, ...]:
        return (_live(f"{name}_by_day", "last_exam_date", "patient_key"),)


class PatientNumberRow(_Versioned, Base):
    """One chart number of a person: issuer and number lead to the pseudonym."""

    __tablename__ = "patient_number"
    patient_key: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    chart_number: Mapped[str] = mapped_column(Text)

    @classmethod
    def _more(cls, name: str) -> tuple[Index, ...]:
        return (
            _live(f"{name}_by_number", "chart_number", "issuer"),
            _live(f"{name}_by_patient", "patient_key"),
        )


class ExamRow(_Versioned, Base):
    """One exam: a content that is a scan, or one part of a table of many people."""

    __tablename__ = "exam"
    patient_key: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    part: Mapped[int] = mapped_column()  # counted from 0 within one content
    file: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text)
    carrier: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    exam_date: Mapped[str | None] = mapped_column(Text)
    exam_time: Mapped[str | None] = mapped_column(Text)
    study_uid: Mapped[str | None] = mapped_column(Text)
    sop_instance_uid: Mapped[str | None] = mapped_column(Text)
    accession_number: Mapped[str | None] = mapped_column(Text)
    manufacturer: Mapped[str | None] = mapped_column(Text)
    device_model: Mapped[str | None] = mapped_column(Text)
    device_serial: Mapped[str | None] = mapped_column(Text)
    technique: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)  # the person's, of that day and technique
    n_results: Mapped[int] = mapped_column()

    @classmethod
    def _more(cls, name: str) -> tuple[Index, ...]:
        return (
            _live(f"{name}_by_patient", "patient_key", "exam_date"),
            _live(f"{name}_by_day", "exam_date", "row_id"),
            _live(f"{name}_by_outcome", "outcome", "exam_date", "row_id"),
            _live(f"{name}_by_category", "category", "exam_date", "row_id"),
            _live(f"{name}_by_device", "device_serial", "exam_date", "row_id"),
            _live(f"{name}_by_content", "sha256"),
        )


class EstimateRow(_Versioned, Base):
    """One number with its scores and class: a row of results.csv."""

    __tablename__ = "estimate"
    patient_key: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    part: Mapped[int] = mapped_column()
    exam_date: Mapped[str | None] = mapped_column(Text)
    technique: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(Text)
    bmd_g_cm2: Mapped[float | None] = mapped_column()
    bmd_u_g_cm2: Mapped[float | None] = mapped_column()
    bmc_g: Mapped[float | None] = mapped_column()
    area_cm2: Mapped[float | None] = mapped_column()
    t_score: Mapped[float | None] = mapped_column()
    z_score: Mapped[float | None] = mapped_column()
    reference_id: Mapped[str | None] = mapped_column(Text)
    z_reference_id: Mapped[str | None] = mapped_column(Text)
    reported_t_score: Mapped[float | None] = mapped_column()
    reported_z_score: Mapped[float | None] = mapped_column()
    category: Mapped[str | None] = mapped_column(Text)
    category_rule: Mapped[str | None] = mapped_column(Text)
    score_used: Mapped[str | None] = mapped_column(Text)
    model_id: Mapped[str | None] = mapped_column(Text)
    flags: Mapped[str] = mapped_column(Text)  # words joined by ;

    @classmethod
    def _more(cls, name: str) -> tuple[Index, ...]:
        return (
            _live(f"{name}_by_patient", "patient_key", "exam_date"),
            _live(f"{name}_by_content", "sha256"),
        )


class VerdictRow(_Versioned, Base):
    """The one class of a person by one technique on one day: a row of patients.csv."""

    __tablename__ = "verdict"
    patient_key: Mapped[str] = mapped_column(Text)
    exam_date: Mapped[str | None] = mapped_column(Text)
    technique: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str | None] = mapped_column(Text)
    deciding_site: Mapped[str | None] = mapped_column(Text)
    deciding_score: Mapped[float | None] = mapped_column()
    category_rule: Mapped[str | None] = mapped_column(Text)
    needs_review: Mapped[bool] = mapped_column()
    flags: Mapped[str] = mapped_column(Text)

    @classmethod
    def _more(cls, name: str) -> tuple[Index, ...]:
        return (
            _live(f"{name}_by_patient", "patient_key", "exam_date"),
            _live(f"{name}_by_category", "category", "exam_date", "row_id"),
        )


class ProblemRow(_Versioned, Base):
    """Something a person should know."""

    __tablename__ = "problem"
    code: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(Text)

    @classmethod
    def _more(cls, name: str) -> tuple[Index, ...]:
        return (_live(f"{name}_by_code", "code", "file"),)


STUDY_TABLES = {
    row.__tablename__: row
    for row in (PatientRow, PatientNumberRow, ExamRow, EstimateRow, VerdictRow, ProblemRow)
}
