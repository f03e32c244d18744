"""Symptoms, habits, family and laboratory values, as far as they speak of today."""

from __future__ import annotations

from datetime import date

from bonescan.classify.known_facts import KnownFacts

from .pregnancies import PregnancyDays
from .values import FROM_FACTS, Values, is_recent

OF_TODAY = ("back_pain", "smoking", "bone_pain", "fall_with_injury")
OF_PREGNANCY = ("high_risk_pregnancy", "preterm_risk_or_planned_caesarean")
# Once yes, always yes; a no holds for a year: a parent may break a hip, a sister fall ill.
LASTING = ("parent_hip_fracture", "family_osteoporosis", "family_breast_cancer", "thrombosis_risk")
NUMBERS = ("falls_12_months", "calcium_intake_mg_day", "vitamin_d_ng_ml")


def habits(known: KnownFacts, pregnancy: PregnancyDays | None, on: date) -> Values:
    """Take what was said in the last 365 days, or without a date."""
    found: Values = {}
    for name in (*OF_TODAY, *OF_PREGNANCY, *LASTING):
        said = list(known.undated(name))
        said += [v for d, v in known.until(name)
                 if (is_recent(d, on) or (name in LASTING and v == "yes"))
                 and (name not in OF_PREGNANCY or pregnancy is None or pregnancy.has(d)
                      or (pregnancy.is_over and d > pregnancy.end))]  # fmt: skip
        if said:
            found[name] = (said[-1] == "yes", FROM_FACTS)
    for name in NUMBERS:
        numbers = [v for d, v in known.until(name) if is_recent(d, on)]
        numbers = numbers or list(known.undated(name))
        if numbers:
            found[name] = (float(numbers[-1]), FROM_FACTS)
    return found
