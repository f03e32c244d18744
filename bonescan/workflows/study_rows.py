"""A labelled study as rows of the store's tables, for questions in SQL."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from bonescan.model.outcome import Problem
from bonescan.model.page import PageExam, PageRow, PageVerdict, PersonPage
from bonescan.store.study_rows import StudyRows

from .gather_study import Study

Row = dict[str, Any]


def study_rows(study: Study) -> StudyRows:
    """Give the rows of every table by the key under which one of them holds at a time."""
    by_shown = {p.patient_id: p.pseudonym or p.patient_id for p in study.people}
    rows: StudyRows = {
        "patient": {}, "patient_number": {}, "exam": {}, "estimate": {}, "verdict": {},
        "problem": {},
    }  # fmt: skip
    for page in study.people:
        key = by_shown[page.patient_id]
        _put(rows["patient"], key, _patient(key, page))
        counts = Counter((row.sha256, row.part) for row in page.rows)
        for exam in page.exams:
            place = (exam.sha256, exam.part)
            _put(
                rows["exam"],
                f"{exam.sha256}:{exam.part}",
                _exam(key, exam, study, counts[place], page),
            )
        for number in page.rows:
            m = number.labelled.measurement
            place_text = f"{number.sha256}:{number.part}:{m.technique}:{m.origin}:{m.site}"
            _put(rows["estimate"], place_text, _estimate(key, number))
        for verdict in page.verdicts:
            day = _iso(verdict.exam_date) or verdict.content
            _put(
                rows["verdict"],
                f"{key}:{day}:{verdict.verdict.technique}",
                _verdict(key, verdict),
            )
    for name in study.identities:
        key = by_shown.get(name["patient_id"], name["patient_id"])
        values = {
            "patient_key": key,
            "issuer": name["issuer"],
            "chart_number": name["chart_number"],
        }
        _put(rows["patient_number"], f"{key}:{name['issuer']}:{name['chart_number']}", values)
    for problem in study.problems:
        _put(rows["problem"], f"{problem.code}:{problem.file}:{problem.reason}", _problem(problem))
    return rows


def _put(table: dict[str, Row], key: str, values: Row) -> None:
    """Add a row; what shares its key with another one is numbered."""
    name, number = key, 1
    while name in table:
        number += 1
        name = f"{key}#{number}"
    table[name] = values


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _patient(key: str, page: PersonPage) -> Row:
    days = sorted(e.exam.exam_date.isoformat() for e in page.exams if e.exam.exam_date)
    births = {e.person.birth_date for e in page.exams if e.person.birth_date}
    sexes = {e.person.sex for e in page.exams if e.person.sex}
    return {
        "patient_key": key,
        "sex": sexes.pop() if len(sexes) == 1 else None,
        "birth_date": _iso(births.pop()) if len(births) == 1 else None,
        "first_exam_date": days[0] if days else None,
        "last_exam_date": days[-1] if days else None,
        "n_exams": len(page.exams),
    }


def _exam(key: str, exam: PageExam, study: Study, n_results: int, page: PersonPage) -> Row:
    outcome = study.contents[exam.sha256].outcome
    techniques = sorted(
        {
            str(r.labelled.measurement.technique)
            for r in page.rows
            if (r.sha256, r.part) == (exam.sha256, exam.part)
        }
    )
    return {
        "patient_key": key,
        "sha256": exam.sha256,
        "part": exam.part,
        "file": exam.file,
        "format": outcome.format_name,
        "carrier": outcome.carrier,
        "outcome": exam.outcome,
        "exam_date": _iso(exam.exam.exam_date),
        "exam_time": exam.exam.exam_time,
        "study_uid": exam.exam.study_uid,
        "sop_instance_uid": exam.exam.sop_instance_uid,
        "accession_number": exam.exam.accession_number,
        "manufacturer": exam.device.manufacturer,
        "device_model": exam.device.model,
        "device_serial": exam.device.serial,
        "technique": ";".join(techniques) or None,
        "category": _category(exam, techniques, page),
        "n_results": n_results,
    }


def _category(exam: PageExam, techniques: list[str], page: PersonPage) -> str | None:
    """Give the class of the day and technique of an exam; None for several techniques."""
    found = {
        str(v.verdict.category)
        for v in page.verdicts
        if v.exam_date == exam.exam.exam_date
        and v.content in {"", exam.sha256}
        and str(v.verdict.technique) in techniques
        and v.verdict.category is not None
    }
    return found.pop() if len(found) == 1 else None


def _estimate(key: str, row: PageRow) -> Row:
    m, s, v = row.labelled.measurement, row.labelled.scores, row.labelled.verdict
    return {
        "patient_key": key,
        "sha256": row.sha256,
        "part": row.part,
        "exam_date": _iso(row.exam.exam_date),
        "technique": str(m.technique),
        "origin": str(m.origin),
        "site": m.site,
        "bmd_g_cm2": m.bmd_g_cm2,
        "bmd_u_g_cm2": m.bmd_u_g_cm2,
        "bmc_g": m.bmc_g,
        "area_cm2": m.area_cm2,
        "t_score": s.t_score,
        "z_score": s.z_score,
        "reference_id": s.reference_id,
        "z_reference_id": s.z_reference_id,
        "reported_t_score": m.reported_t_score,
        "reported_z_score": m.reported_z_score,
        "category": _word(v.category),
        "category_rule": v.category_rule,
        "score_used": _word(v.score_used),
        "model_id": m.model_id,
        "flags": ";".join(sorted({*m.flags, *s.flags, *v.flags, *row.person.flags})),
    }


def _verdict(key: str, row: PageVerdict) -> Row:
    v = row.verdict
    return {
        "patient_key": key,
        "exam_date": _iso(row.exam_date),
        "technique": str(v.technique),
        "category": _word(v.category),
        "severity": _word(v.severity),
        "deciding_site": v.deciding_site,
        "deciding_score": None if v.deciding_score is None else float(v.deciding_score),
        "category_rule": v.category_rule,
        "needs_review": bool(v.needs_review),
        "flags": ";".join(sorted(v.flags)),
    }


def _problem(problem: Problem) -> Row:
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "file": problem.file,
        "reason": problem.reason,
        "hint": problem.hint,
    }


def _word(value: object) -> str | None:
    return None if value is None else str(value)
