"""Public screening indices: who should have bone density measured.

Each index holds for the people it was made for and for nobody else; outside
them there is no result. None was made for pregnancy, for women before
menopause or for cancer treatment. FRAX, Garvan and QFracture are not computed.

References
----------
Items, bands and cuts: BMC Musculoskelet Disord 2008;9:13, table 1; ORAI:
Cadarette 2000, CMAJ 162:1289; SCORE: Lydick 1998; MORES: Shepherd 2007, Ann
Fam Med 5:540 (points of its items from memory); OST below 4 in men: University
of Washington osteoporosis education pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bonescan.model.guidance import Evidence, FactSheet, Known

from .index_words import in_chinese

POUNDS_PER_KG = 2.20462262
POSTMENOPAUSAL = frozenset({"postmenopausal", "surgical"})
NOT_MENOPAUSAL = frozenset({"premenopausal", "pregnant", "lactating", "after-weaning"})
CANCER_TREATMENT = ("breast_cancer", "aromatase_inhibitor", "ovarian_suppression", "gnrh_drug")
TRUNCATE, ROUND = "truncate", "round"
OST_MODES = (TRUNCATE, ROUND)
ANCESTRY_POINTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexResult:
    """One index for one person; `score` is None outside its population or with facts missing.

    `reaches_cut` is None too where an item that is left out would decide.
    """

    name: str
    population: str
    score: float | None
    reaches_cut: bool | None
    cut: str
    raw: float | None = None  # OST and OSTA: before it was made whole
    band: str = ""  # OSTA: low, medium or high
    missing: tuple[str, ...] = ()
    reason: str = ""  # why there is no score
    evidence: Evidence = Evidence.SOURCE
    note: str = ""

    @property
    def chinese(self) -> dict[str, str]:
        """Name, population, band, reason and note in Traditional Chinese."""
        words = ("name", "population", "cut", "band", "reason", "note")
        return {word: in_chinese(getattr(self, word)) for word in words}


class _Absent(Exception):  # noqa: N818 - a way out of a formula, not a fault
    """A fact that a formula needs is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class _Facts:
    sheet: FactSheet

    def _get(self, name: str) -> Known:
        value = self.sheet.values.get(name)
        if value is None:
            raise _Absent(name)
        return value

    def number(self, name: str) -> float:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"found {value!r} for {name}, wanted a number")
        return float(value)

    def truth(self, name: str) -> bool:
        value = self._get(name)
        if not isinstance(value, bool):
            raise TypeError(f"found {value!r} for {name}, wanted yes or no")
        return value

    def word(self, name: str) -> str:
        return str(self._get(name))

    def age(self) -> int:
        """Give completed years: bands and cuts are printed for whole ages."""
        return math.floor(self.number("age_years"))


def screening_indices(
    sheet: FactSheet, *, ost_mode: str = TRUNCATE, from_memory: bool = False
) -> tuple[IndexResult, ...]:
    """Compute every index for one person.

    Parameters
    ----------
    sheet : FactSheet
    ost_mode : {"truncate", "round"}
        Published sources differ: toward zero, or to the nearest whole number.
    from_memory : bool
        Also the index whose points were not verified in their source.

    Returns
    -------
    results : tuple of IndexResult
        All of them, also those without a score, which say why.
    """
    if ost_mode not in OST_MODES:
        raise ValueError(f"found the mode {ost_mode!r}, wanted one of {', '.join(OST_MODES)}")
    facts = _Facts(sheet)
    found = [index(facts, ost_mode) for index in _INDICES]
    return tuple(i if from_memory or i.evidence is not Evidence.MEMORY else _off(i) for i in found)


def _off(index: IndexResult) -> IndexResult:
    """Hold back an index from memory that nobody asked for; its facts are not asked for either."""
    if index.score is None and not index.missing:
        return index
    return replace(index, score=None, reaches_cut=None, missing=(), reason="off: from memory")


def _result(
    facts: _Facts, applies: Callable[[_Facts], bool], needs: tuple[str, ...],
    score: Callable[[_Facts], float], reaches: Callable[[float], bool | None], **named: Any,
) -> IndexResult:  # fmt: skip
    """Compute one index: outside its people nothing, with facts missing all their names."""
    nothing = IndexResult(score=None, reaches_cut=None, **named)
    values = facts.sheet.values
    try:
        treated = any(values.get(name) is True for name in CANCER_TREATMENT)
        if values.get("pregnant") is True or treated or not applies(facts):
            return replace(nothing, reason="outside its population")
    except _Absent as gap:
        return replace(nothing, missing=(gap.name,), reason="a fact is missing")
    missing = tuple(name for name in needs if name not in values)
    if missing:
        return replace(nothing, missing=missing, reason="a fact is missing")
    value = score(facts)
    return replace(nothing, score=value, reaches_cut=reaches(value))


def _postmenopausal(facts: _Facts) -> bool:
    return facts.word("sex") == "F" and facts.word("menopausal_status") in POSTMENOPAUSAL


def _ost_raw(facts: _Facts) -> float:
    return round(0.2 * (facts.number("weight_kg") - facts.age()), 9)


def _with_raw(found: IndexResult, facts: _Facts) -> IndexResult:
    """Keep the number before it was made whole: sources make it whole in two ways."""
    return found if found.score is None else replace(found, raw=_ost_raw(facts))


def _whole(value: float, mode: str) -> float:
    if mode == ROUND:
        return float(math.copysign(math.floor(abs(value) + 0.5), value)) if value else 0.0
    return float(math.trunc(value))


def _ost(facts: _Facts, mode: str) -> IndexResult:
    """OST; below 2 in postmenopausal women, below 4 in men."""
    man = facts.sheet.values.get("sex") == "M"
    found = _result(
        facts,
        lambda f: f.word("sex") == "M" or _postmenopausal(f),
        ("weight_kg", "age_years"),
        lambda f: _whole(_ost_raw(f), mode),
        lambda s: s < (4 if man else 2),
        name="OST",
        population="postmenopausal women; men",
        cut="< 4" if man else "< 2",
        note=_OST_NOTES[mode],
    )
    return _with_raw(found, facts)


_OST_NOTES = {
    TRUNCATE: "0.2 x (kg - age), truncated",
    ROUND: "0.2 x (kg - age), rounded",
}


def _osta(facts: _Facts, mode: str) -> IndexResult:
    """OSTA: above -1 low, -1 to -4 medium, below -4 high."""
    found = _result(
        facts, _postmenopausal, ("weight_kg", "age_years"),
        lambda f: _whole(_ost_raw(f), mode), lambda s: s <= -1,
        name="OSTA", population="postmenopausal women", cut="<= -1", note=_OST_NOTES[mode],
    )  # fmt: skip
    if found.score is None:
        return found
    band = "low" if found.score > -1 else "medium" if found.score >= -4 else "high"  # noqa: PLR2004 - the bands
    return replace(_with_raw(found, facts), band=band)


def _by_band(value: float, bands: tuple[tuple[float, float], ...], otherwise: float) -> float:
    """Give the points of the first band whose lower edge is reached."""
    return next((points for edge, points in bands if value >= edge), otherwise)


def _woman_of_45(facts: _Facts) -> bool:
    """Tell whether she is 45 or older, and not known to be before menopause or perhaps pregnant."""
    if facts.word("sex") != "F" or facts.number("age_years") < 45:  # noqa: PLR2004 - its population
        return False
    status = facts.sheet.values.get("menopausal_status")
    if status in NOT_MENOPAUSAL:
        return False
    return status in POSTMENOPAUSAL or not facts.truth("pregnant")


def _orai(facts: _Facts, _mode: str) -> IndexResult:
    return _result(
        facts,
        _woman_of_45,
        ("weight_kg", "hormone_therapy"),
        lambda f: (
            _by_band(f.number("age_years"), ((75, 15), (65, 9), (55, 5)), 0)
            + (9 if f.number("weight_kg") < 60 else 3 if f.number("weight_kg") < 70 else 0)  # noqa: PLR2004 - its bands
            + (0 if f.truth("hormone_therapy") else 2)
        ),
        lambda s: s >= 9,  # noqa: PLR2004 - its cut
        name="ORAI",
        population="women of 45 or older",
        cut=">= 9",
    )


def _score(facts: _Facts, _mode: str) -> IndexResult:
    """SCORE without its ancestry item, which is off: 5 points fewer for most women."""

    def points(f: _Facts) -> float:
        fractures = min(4 * f.number("fractures_after_45"), 12)
        return (
            (4 if f.truth("rheumatoid_arthritis") else 0)
            + fractures
            + 3 * (math.floor(f.number("age_years")) // 10)  # the first digit, also at 100
            + (0 if f.truth("hormone_therapy_ever") else 1)
            - math.trunc(f.number("weight_kg") * POUNDS_PER_KG / 10)
        )

    def reaches(score: float) -> bool | None:
        if score >= 6:  # noqa: PLR2004 - its cut
            return True
        return None if score + ANCESTRY_POINTS >= 6 else False  # noqa: PLR2004

    found = _result(
        facts, lambda f: _postmenopausal(f) and f.number("age_years") >= 45,  # noqa: PLR2004 - its population
        ("weight_kg", "rheumatoid_arthritis", "fractures_after_45", "hormone_therapy_ever"),
        points, reaches,
        name="SCORE", population="postmenopausal women of 45 or older", cut=">= 6",
        note="without the item on ancestry (5 points in the instrument); weight in pounds",
    )  # fmt: skip
    if found.score is None or found.reaches_cut is not None:
        return found
    return replace(found, note="the cut is reached with the item on ancestry (5 points in the "
                   "instrument), which is left out; weight in pounds")  # fmt: skip


def _abone(facts: _Facts, _mode: str) -> IndexResult:
    return _result(
        facts, _postmenopausal, ("age_years", "weight_kg", "oestrogen_or_pill_6_months"),
        lambda f: (f.age() > 65)  # noqa: PLR2004 - its items
        + (f.number("weight_kg") < 63.5)  # noqa: PLR2004
        + (not f.truth("oestrogen_or_pill_6_months")),
        lambda s: s >= 2,  # noqa: PLR2004 - its cut
        name="ABONE", population="postmenopausal women", cut=">= 2",
    )  # fmt: skip


def _sofsurf(facts: _Facts, _mode: str) -> IndexResult:
    """SOFSURF; the points for less than 59 kg are read as two instead of one."""
    return _result(
        facts, _postmenopausal, ("age_years", "weight_kg", "smoking", "fracture_after_menopause"),
        lambda f: round(0.2 * (f.number("age_years") - 65), 9)
        + (2 if f.number("weight_kg") < 59 else 1 if f.number("weight_kg") < 68 else 0)  # noqa: PLR2004 - its bands
        + f.truth("smoking") + f.truth("fracture_after_menopause"),
        lambda s: s >= 1,
        name="SOFSURF", population="postmenopausal women", cut=">= 1",
        note="the source leaves open whether the points below 59 kg come instead or in addition",
    )  # fmt: skip


def _nof(facts: _Facts, _mode: str) -> IndexResult:
    return _result(
        facts, _postmenopausal,
        ("age_years", "fracture_after_40", "family_osteoporosis", "smoking"),
        lambda f: (f.number("age_years") >= 65) + f.truth("fracture_after_40")  # noqa: PLR2004 - its items
        + f.truth("family_osteoporosis") + f.truth("smoking"),
        lambda s: s >= 1,
        name="NOF count", population="postmenopausal women", cut=">= 1",
    )  # fmt: skip


def _body_weight(facts: _Facts, _mode: str) -> IndexResult:
    return _result(
        facts, _postmenopausal, ("weight_kg",),
        lambda f: f.number("weight_kg"), lambda s: s < 70,  # noqa: PLR2004 - its cut
        name="body weight", population="postmenopausal women", cut="< 70 kg",
    )  # fmt: skip


def _mores(facts: _Facts, _mode: str) -> IndexResult:
    def points(f: _Facts) -> float:
        weight = f.number("weight_kg")
        return (
            _by_band(f.number("age_years"), ((75, 4), (56, 3)), 0)
            + (3 if f.truth("copd") else 0)
            + (6 if weight <= 70 else 4 if weight <= 80 else 0)  # noqa: PLR2004 - its bands
        )

    return _result(
        facts, lambda f: f.word("sex") == "M" and f.number("age_years") >= 60,  # noqa: PLR2004 - its population
        ("weight_kg", "copd"), points,
        lambda s: s >= 6,  # noqa: PLR2004 - its cut
        name="MORES", population="men of 60 or older", cut=">= 6", evidence=Evidence.MEMORY,
        note="points of the items from memory",
    )  # fmt: skip


_INDICES = (_ost, _osta, _orai, _score, _abone, _sofsurf, _nof, _body_weight, _mores)
