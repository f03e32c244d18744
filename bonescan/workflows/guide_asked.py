"""What to ask about a person, each fact once, first what settles most of what presses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bonescan.guidance.indices import IndexResult
from bonescan.model.guidance import FactSheet, Prompt

LAST = 10_000  # indices and the questionnaire come after every rule
# Answers of the questionnaire that a clinician has to look into before a rule may read them.
FOLLOW_UP: Mapping[str, tuple[str, ...]] = {
    "q_low_trauma_fracture": ("fragility_fracture", "fracture_sites", "fragility_fracture_date"),
    "q_bilateral_oophorectomy": ("menopause_kind", "menopause_age_years", "ovarian_suppression"),
    "q_steroids": ("steroid_use", "steroid_over_6_months"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A fact to ask for, and what waits for it: rule ids, indices, answers ("q_steroids")."""

    fact: str
    waiting: tuple[str, ...]


def asked_facts(
    unknown: Sequence[Prompt], indices: Iterable[IndexResult], sheet: FactSheet
) -> tuple[Asked, ...]:
    """Order what is missing: most rules of the first rank first, then of the next.

    A rule counts for each of its missing facts by a share, so that a fact
    which settles a rule alone goes before one of many.

    Parameters
    ----------
    unknown : sequence of Prompt
        Open rules.
    indices : iterable of IndexResult
    sheet : FactSheet
        Answers of the questionnaire in it ask further.

    Returns
    -------
    asked : tuple of Asked
    """
    rows = [(p.rank, p.rule_id, p.missing) for p in unknown]
    rows += [(LAST, i.name, i.missing) for i in indices if i.missing]
    for answer, facts in FOLLOW_UP.items():
        missing = tuple(f for f in facts if f not in sheet.values)
        if sheet.values.get(answer) is True and missing:
            rows.append((LAST, answer, missing))
    ranks = sorted({rank for rank, _name, _missing in rows})
    shares: defaultdict[str, defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    waiting: dict[str, list[str]] = {}
    for rank, name, missing in rows:
        for fact in missing:
            shares[fact][rank] += 1.0 / len(missing)
            waiting.setdefault(fact, []).append(name)
    order = sorted(shares, key=lambda fact: [-shares[fact][rank] for rank in ranks])
    return tuple(Asked(fact=fact, waiting=tuple(waiting[fact])) for fact in order)
