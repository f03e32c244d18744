"""Classes and scores of a person's last exam, and whether bone was measured since an event."""

from __future__ import annotations

from datetime import date

from bonescan.classify.known_facts import KnownFacts
from bonescan.model.page import PageVerdict, PersonPage
from bonescan.model.vocabulary import Category, Technique

from .diagnoses import breast_cancer_days
from .pregnancies import PregnancyDays
from .values import FROM_FACTS, Values

ORDER = (Technique.DXA, Technique.REMS, Technique.REMS_STYLE)
TABLE = "patients.csv"  # of exams on one day the first technique of ORDER speaks


def bone(
    page: PersonPage | None,
    known: KnownFacts,
    pregnancy: PregnancyDays | None,
    so_far: Values,
    on: date,
) -> Values:
    """Tell of the last exam; `so_far` holds the menopause and the stop of hormones.

    Scores and classes come from the last DXA or REMS exam: our own REMS-style
    method gives none to act on, and must not hide an earlier one.
    """
    exams = [] if page is None else [
        (v.exam_date, v) for v in page.verdicts if v.exam_date is not None and v.exam_date <= on
    ]  # fmt: skip
    here = max((d for d, _v in exams), default=None)
    elsewhere = known.last_day("bmd_elsewhere")
    measured = max((d for d in (here, elsewhere) if d is not None), default=None)
    found: Values = {}
    if measured is not None:
        found["last_bmd_date"] = (measured, TABLE if measured == here else FROM_FACTS)
    scored = [(d, v) for d, v in exams if v.verdict.technique is not Technique.REMS_STYLE]
    if scored:
        day = max(d for d, _v in scored)
        found |= _scores(_first([v for d, v in scored if d == day]), day)
    if pregnancy is not None and not pregnancy.is_over:
        within = [v for d, v in exams if pregnancy.holds(d)]
        if within:
            used = _first(within).verdict.technique
            found["technique"] = (str(used), TABLE)
    return found | _since(measured, known, so_far)


def _first(verdicts: list[PageVerdict]) -> PageVerdict:
    return min(verdicts, key=lambda v: ORDER.index(v.verdict.technique))


def _scores(last: PageVerdict, day: date) -> Values:
    found: Values = {}
    verdict = last.verdict
    source = f"{verdict.technique} {day}"
    if verdict.category not in (None, Category.NONE):
        found["category"] = (str(verdict.category), source)
    if verdict.severity:
        found["severity"] = (verdict.severity, source)
    if verdict.deciding_score is None:
        return found
    who = verdict.category in (Category.NORMAL, Category.OSTEOPENIA, Category.OSTEOPOROSIS)
    name = "t_score" if who else "z_score"
    found[name] = (verdict.deciding_score, f"{verdict.technique} {verdict.deciding_site} {day}")
    return found


def _since(last: date | None, known: KnownFacts, so_far: Values) -> Values:
    """Tell whether bone was measured after an event; no means that we hold no record of it."""
    found: Values = {}
    events: dict[str, list[date]] = {"bmd_since_cancer": breast_cancer_days(known)}
    for name, event in (
        ("bmd_since_menopause", "menopause_date"),
        ("bmd_since_hormone_stop", "hormone_therapy_stop_date"),
    ):
        day = so_far.get(event, (None, ""))[0]
        events[name] = [day] if isinstance(day, date) else []
    for name, days in events.items():
        if days:
            found[name] = (last is not None and last >= max(days), TABLE)
    return found
