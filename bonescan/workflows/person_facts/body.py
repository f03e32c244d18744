"""Height, weight and how they changed."""

from __future__ import annotations

from bonescan.classify.known_facts import DatedValue, KnownFacts
from bonescan.model.person import PersonAtExam

from .pregnancies import PregnancyDays
from .values import FROM_FACTS, Values

CM_IN_M = 100.0


def body(known: KnownFacts, person: PersonAtExam, pregnancy: PregnancyDays | None) -> Values:
    """Tell of height and weight; loss of height is against the largest height measured before."""
    found: Values = {}
    for name in ("height_cm", "weight_kg", "bmi_kg_m2"):
        value = getattr(person, name)
        if value is not None:
            found[name] = (round(value, 2), "record")
    found |= _height(known)
    weights = [float(v) for _d, v in known.until("weight_kg")]
    if len(weights) > 1:
        change = 100.0 * (weights[-1] - weights[-2]) / weights[-2]
        found["weight_change_percent"] = (round(change, 2), FROM_FACTS)
    before = [v for d, v in known.until("prepregnancy_weight_kg") if pregnancy and pregnancy.has(d)]
    if before and person.height_cm:
        bmi = float(before[-1]) / (person.height_cm / CM_IN_M) ** 2
        found["prepregnancy_bmi_kg_m2"] = (round(bmi, 2), FROM_FACTS)
    return found


def _height(known: KnownFacts) -> Values:
    """Compare the last height with earlier ones; rounded, so that 140 - 136.7 is 3.3."""
    dated = known.until("height_cm")
    last = {float(v) for d, v in dated if d == dated[-1][0]}
    if len(last) != 1:
        return {}  # none, or two on one day that contradict each other
    now, found = last.pop(), Values()
    earlier = [(d, v) for d, v in dated if d < dated[-1][0]]
    if earlier:
        loss = max(0.0, round(max(_numbers(earlier)) - now, 2))
        found["height_loss_cm"] = (loss, FROM_FACTS)
        found["height_gain_cm"] = (max(0.0, round(now - _numbers(earlier)[-1], 2)), FROM_FACTS)
    tallest = known.undated("tallest_height_cm")
    if tallest:
        loss = max(0.0, round(max(float(v) for v in tallest) - now, 2))
        found["height_loss_from_tallest_cm"] = (loss, FROM_FACTS)
    return found


def _numbers(dated: list[DatedValue]) -> list[float]:
    return [float(v) for _d, v in dated]
