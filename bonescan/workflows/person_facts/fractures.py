"""Recorded fragility fractures as facts."""

from __future__ import annotations

from datetime import date, timedelta

from bonescan.classify.known_facts import KnownFacts
from bonescan.model.person import PersonAtExam

from .pregnancies import TERM, PregnancyDays
from .values import FROM_FACTS, RECENT, Values, age_on, is_recent

FIFTY = 50.0
FACT = "fragility_fracture"


def fractures(
    known: KnownFacts, person: PersonAtExam, pregnancy: PregnancyDays | None, on: date
) -> Values:
    """Tell of fractures with their sites and ages.

    Denied fractures answer with no only where nothing else is recorded and the
    denial is of the last 365 days, or has no date and so is true of the person.
    """
    dated = [(d, v) for d, v in known.until(FACT) if v != "none"]
    undated = [v for v in known.undated(FACT) if v != "none"]
    sites = tuple(dict.fromkeys([v for _d, v in dated] + undated))
    denied = [d for d, v in known.until(FACT) if v == "none"]
    found: Values = {}
    if sites:
        found["fragility_fracture"] = (True, FROM_FACTS)
        found["fracture_sites"] = (sites, FROM_FACTS)
    elif "none" in known.undated(FACT) or (denied and is_recent(denied[-1], on)):
        source = f"denied {denied[-1]}" if denied else "denied"
        found["fragility_fracture"] = (False, source)
        found["fracture_sites"] = ((), source)
    if dated:
        found["fragility_fracture_date"] = (dated[-1][0], FROM_FACTS)
    late = _after_50(found, [d for d, _v in dated], person)
    if late is not None:
        found["fracture_after_50"] = (late, FROM_FACTS)
    around = _around_birth(found, [d for d, _v in dated], denied, known, pregnancy)
    if around is not None:
        found["fracture_in_pregnancy_or_lactation"] = (around, FROM_FACTS)
    return found


def _after_50(found: Values, days: list[date], person: PersonAtExam) -> bool | None:
    """Say no only where fractures were denied, or she or he is not yet 50."""
    ages = [age_on(person, d) for d in days]
    if any(a is not None and a >= FIFTY for a in ages):
        return True
    young = person.age_is_exact and person.age_years is not None and person.age_years < FIFTY
    return False if young or found.get(FACT, (None, ""))[0] is False else None


def _around_birth(
    found: Values,
    days: list[date],
    denied: list[date],
    known: KnownFacts,
    pregnancy: PregnancyDays | None,
) -> bool | None:
    """Say no only where fractures were denied after the birth, or in this pregnancy."""
    windows = [(b - TERM, b + RECENT) for b in known.days("delivery")]
    if pregnancy is not None and not pregnancy.is_over:
        windows.append((pregnancy.start, pregnancy.end))
    if any(start <= d <= end for d in days for start, end in windows):
        return True
    if found.get(FACT, (None, ""))[0] is not False or not denied:
        return None
    if pregnancy is None:
        return False
    asked = pregnancy.end + timedelta(days=1) if pregnancy.is_over else pregnancy.start
    return False if denied[-1] >= asked else None
