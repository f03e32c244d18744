"""Questions of pages: one person's exams, and lists of exams, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from .base import StoreBase
from .study_tables import EstimateRow, ExamRow, PatientNumberRow, PatientRow, VerdictRow

HIDDEN = frozenset({"row_id", "row_key", "row_sha256", "superseded_in"})
PAGE_ROWS = 50

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamFilter:
    """Which exams; None: any."""

    outcome: str | None = None
    category: str | None = None  # of the person on that day
    device_serial: str | None = None
    since: str | None = None  # first day, ISO 8601
    until: str | None = None  # last day


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a page of a list starts, and how long it is."""

    after: tuple[str | None, int] | None = None  # `ExamPage.next` of the page before
    n_rows: int = PAGE_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamPage:
    """One page of a list of exams, newest first; exams without a date come last."""

    rows: tuple[Row, ...]
    next: tuple[str | None, int] | None  # None: this was the last page


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientExams:
    """Everything about one person that the tables hold."""

    patient: Row | None
    numbers: tuple[Row, ...] = ()
    exams: tuple[Row, ...] = ()
    estimates: tuple[Row, ...] = ()
    verdicts: tuple[Row, ...] = field(default=())


class Lists(StoreBase):
    """The part of the store that answers pages."""

    def patient_exams(self, patient_key: str) -> PatientExams:
        """Give one person's exams, estimates and verdicts in force, oldest first."""
        with Session(self._engine) as session:
            by_day = [
                tuple(
                    _plain(row)
                    for row in session.scalars(
                        select(table)
                        .where(table.patient_key == patient_key, table.superseded_in.is_(None))
                        .order_by(table.exam_date, table.row_key)
                    )
                )
                for table in (ExamRow, EstimateRow, VerdictRow)
            ]
            patient = session.scalars(
                select(PatientRow).where(
                    PatientRow.row_key == patient_key, PatientRow.superseded_in.is_(None)
                )
            ).one_or_none()
            numbers = session.scalars(
                select(PatientNumberRow)
                .where(
                    PatientNumberRow.patient_key == patient_key,
                    PatientNumberRow.superseded_in.is_(None),
                )
                .order_by(PatientNumberRow.issuer, PatientNumberRow.chart_number)
            )
            return PatientExams(
                patient=_plain(patient) if patient is not None else None,
                numbers=tuple(_plain(row) for row in numbers),
                exams=by_day[0],
                estimates=by_day[1],
                verdicts=by_day[2],
            )

    def list_exams(self, which: ExamFilter | None = None, page: Page | None = None) -> ExamPage:
        """Give one page of exams, newest first; a page further down costs no more."""
        page = page or Page()
        base = _filtered(select(ExamRow), which or ExamFilter())
        wanted = page.n_rows + 1
        found: list[ExamRow] = []
        with Session(self._engine) as session:
            if page.after is None or page.after[0] is not None:
                dated = base.where(ExamRow.exam_date.is_not(None))
                if page.after is not None:
                    dated = dated.where(tuple_(ExamRow.exam_date, ExamRow.row_id) < page.after)
                order = (ExamRow.exam_date.desc(), ExamRow.row_id.desc())
                found += session.scalars(dated.order_by(*order).limit(wanted))
            if len(found) < wanted:
                undated = base.where(ExamRow.exam_date.is_(None))
                if page.after is not None and page.after[0] is None:
                    undated = undated.where(ExamRow.row_id < page.after[1])
                rest = undated.order_by(ExamRow.row_id.desc()).limit(wanted - len(found))
                found += session.scalars(rest)
            rows = found[: page.n_rows]
            last = rows[-1] if len(found) > page.n_rows else None
            return ExamPage(
                rows=tuple(_plain(row) for row in rows),
                next=(last.exam_date, last.row_id) if last is not None else None,
            )

    def count_exams(self, which: ExamFilter | None = None) -> int:
        """Count the exams of a list."""
        query = _filtered(select(func.count()).select_from(ExamRow), which or ExamFilter())
        with Session(self._engine) as session:
            return int(session.scalar(query) or 0)


def _filtered(query: Select[Any], which: ExamFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [ExamRow.superseded_in.is_(None)]
    for column, value in (
        (ExamRow.outcome, which.outcome),
        (ExamRow.category, which.category),
        (ExamRow.device_serial, which.device_serial),
    ):
        if value is not None:
            conditions.append(column == value)
    if which.since is not None:
        conditions.append(ExamRow.exam_date >= which.since)
    if which.until is not None:
        conditions.append(ExamRow.exam_date <= which.until)
    return query.where(and_(*conditions))


def _plain(row: Any) -> Row:
    return {c.name: getattr(row, c.name) for c in row.__table__.columns if c.name not in HIDDEN}
