"""Yes-no answers to a questionnaire about what is otherwise read from diagnoses and drugs."""

from __future__ import annotations

from datetime import date

from bonescan.classify.known_facts import KnownFacts

from .pregnancies import PregnancyDays
from .values import FROM_FACTS, Values, is_recent

LASTING = ("autoimmune_disease", "lrp5_or_col1a1_variant")
OF_PREGNANCY = "heparin_or_steroid_in_pregnancy"


def answers(known: KnownFacts, pregnancy: PregnancyDays | None, on: date, found: Values) -> Values:
    """Take a yes whatever else is recorded, and a no only where nothing is.

    A no of more than 365 days ago says nothing of today; heparin and steroids are
    asked about one pregnancy, so only answers of its time count.
    """
    said: dict[str, list[bool]] = {
        name: [v == "yes" for v in known.undated(name)]
        + [v == "yes" for d, v in known.until(name) if v == "yes" or is_recent(d, on)]
        for name in LASTING
    }
    if pregnancy is not None:
        said[OF_PREGNANCY] = [v == "yes" for d, v in known.until(OF_PREGNANCY) if pregnancy.has(d)]
    told: Values = {}
    for name, values in said.items():
        if any(values):
            told[name] = (True, FROM_FACTS)
        elif values and name not in found:
            told[name] = (False, FROM_FACTS)
    return told
