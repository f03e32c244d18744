"""The one class of a person by one technique on one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bonescan.model.measurement import LabelledRow
from bonescan.model.person import PersonAtExam, PersonVerdict
from bonescan.model.vocabulary import Category, Origin, ScoreUsed, Technique
from bonescan.norms.rounding import fixed, tenths
from bonescan.norms.site import Site, site_of
from bonescan.norms.who_words import who_category

from .review import DOUBTFUL_NUMBERS, REVIEW_FLAGS
from .rule import rule_for
from .vertebrae import rows_disagree

# From the worst word down; the lowest score decides within a word.
_WORST_FIRST = (
    Category.OSTEOPOROSIS,
    Category.BELOW_EXPECTED_RANGE,
    Category.OSTEOPENIA,
    Category.WITHIN_EXPECTED_RANGE,
    Category.NORMAL,
)
DISCORDANT, EXCLUDED = "vertebra_discordant", "vertebra_excluded_by_person"
# Two files of one exam may round differently; beyond it they are two scans, or one is wrong.
ROUNDING_G_CM2, ROUNDING_T = 0.0015, 0.15
_ORIGIN_ORDER = (Origin.REPORTED, Origin.MEASURED, Origin.ESTIMATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A row that may decide, with its site and the number that labelled it."""

    row: LabelledRow
    site: Site
    score: Decimal | None


def decide_person(
    rows: Sequence[LabelledRow], person: PersonAtExam, technique: Technique
) -> PersonVerdict:
    """Take the class of the lowest site that may label.

    Parameters
    ----------
    rows : sequence of LabelledRow
        Of one person and day; other techniques are left out. Rows that allow no
        scores decide nothing; what is doubtful about them is said of the person.
    person : PersonAtExam
    technique : Technique

    Returns
    -------
    verdict : PersonVerdict
        One class, from L1-L4 (or, without it, its largest set of vertebrae),
        femoral neck and total hip of either side, never a mean of sides; the
        radius only where neither spine nor hip has a class, or beside them where
        a fact allows it (`PersonAtExam.forearm_reasons`). A spine or hip that a
        person judged not evaluable decides nothing. Where one site
        stands twice, the reported number goes before a measured one. Category
        `none` where nothing may label.

    References
    ----------
    ISCD Adult Official Positions 2019 and 2023 (iscd.org): the lowest T of
    spine, total hip and femoral neck; one diagnosis a person, not one a site.
    """
    own = [r for r in rows if r.measurement.technique == technique]
    ours = [r for r in own if r.measurement.scores_allowed]
    candidates = _candidates(ours, person)
    judged = [c for c in candidates if c.score is not None]
    deciding = min(judged, key=_lowest_first, default=None)
    flags = (*_flags(ours, candidates, deciding, person), *_doubts(own, ours))
    flags = tuple(dict.fromkeys(flags))
    rule = rule_for(person)
    if deciding is None:
        return PersonVerdict(
            technique=technique,
            category=Category.NONE,
            severity=None,
            deciding_site=None,
            deciding_score=None,
            category_rule=rule.id,
            needs_review=bool(REVIEW_FLAGS & set(flags)),
            flags=flags,
        )
    category = deciding.row.verdict.category
    return PersonVerdict(
        technique=technique,
        category=category,
        severity=severity(category, person),
        deciding_site=deciding.site.id,
        deciding_score=None if deciding.score is None else float(deciding.score),
        category_rule=deciding.row.verdict.category_rule,
        needs_review=bool(REVIEW_FLAGS & set(flags)),
        flags=flags,
    )


def _doubts(rows: Sequence[LabelledRow], used: Sequence[LabelledRow]) -> list[str]:
    """Say what is doubtful about rows that decide nothing, and where two of one site differ."""
    found = [f for row in rows for f in row.measurement.flags if f in DOUBTFUL_NUMBERS]
    by_site: dict[tuple[str, str], list[LabelledRow]] = {}
    for row in used:
        site = site_of(row.measurement)
        if site is not None and row.verdict.category is not None:
            by_site.setdefault((site.id, row.measurement.origin), []).append(row)
    for same in by_site.values():
        values = [r.measurement.bmd_g_cm2 for r in same if r.measurement.bmd_g_cm2 is not None]
        scores = [
            r.measurement.reported_t_score
            for r in same
            if r.measurement.reported_t_score is not None
        ]
        if _spread(values) > ROUNDING_G_CM2 or _spread(scores) > ROUNDING_T:
            found.append("same_day_numbers_differ")
    return found


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values) if values else 0.0


def severity(category: Category | None, person: PersonAtExam) -> str | None:
    """Call osteoporosis with a fragility fracture severe (WHO Technical Report Series 843)."""
    is_severe = category is Category.OSTEOPOROSIS and person.fragility_fracture
    return "severe" if is_severe else None


def _candidates(rows: Sequence[LabelledRow], person: PersonAtExam) -> list[_Candidate]:
    """Pick the rows that may decide: one a site, one set of vertebrae, radius last."""
    by_site: dict[str, _Candidate] = {}
    for row in sorted(rows, key=lambda r: _ORIGIN_ORDER.index(r.measurement.origin)):
        site = site_of(row.measurement)
        if row.verdict.category is None or site is None or _not_evaluable(site, person):
            continue
        candidate = _Candidate(row=row, site=site, score=_label_score(row))
        known = by_site.get(site.id)
        if known is None or (known.score is None and candidate.score is not None):
            by_site[site.id] = candidate
        elif known.score is not None and candidate.score is not None and _same(known, candidate):
            by_site[site.id] = min(known, candidate, key=_lowest_first)
    spine = [c for c in by_site.values() if c.site.vertebrae]
    most = max((len(c.site.vertebrae) for c in spine if c.score is not None), default=0)
    spine = [c for c in spine if len(c.site.vertebrae) == most or most == 0]
    others = [c for c in by_site.values() if not c.site.vertebrae]
    hips = [c for c in others if c.site.labels == "yes"]
    radius = [c for c in others if c.site.labels == "if-no-spine-or-hip"]
    if any(c.score is not None for c in spine + hips) and not person.forearm_reasons:
        radius = []
    return spine + hips + radius


def _not_evaluable(site: Site, person: PersonAtExam) -> bool:
    is_hip = not site.vertebrae and site.labels == "yes"
    return ("spine" in person.not_evaluable and bool(site.vertebrae)) or (
        "hip" in person.not_evaluable and is_hip
    )


def _same(one: _Candidate, other: _Candidate) -> bool:
    """Whether two rows of one site are of one origin: a repeated scan of the same day."""
    return one.row.measurement.origin == other.row.measurement.origin


def _lowest_first(candidate: _Candidate) -> tuple[int, Decimal, str]:
    category = candidate.row.verdict.category
    rank = _WORST_FIRST.index(category) if category in _WORST_FIRST else len(_WORST_FIRST)
    return rank, candidate.score if candidate.score is not None else Decimal(0), candidate.site.id


def _label_score(row: LabelledRow) -> Decimal | None:
    """Find the number that gave the row its word: to one decimal, or raw where raw labelled."""
    match row.verdict.score_used:
        case ScoreUsed.REPORTED_T:
            score = row.measurement.reported_t_score
        case ScoreUsed.OWN_T:
            score = row.scores.t_score
        case ScoreUsed.REPORTED_Z:
            score = row.measurement.reported_z_score
        case ScoreUsed.OWN_Z:
            score = row.scores.z_score
        case _:
            return None
    if score is None:
        return None
    return fixed(score) if _raw_labelled(row, score) else tenths(score)


def _raw_labelled(row: LabelledRow, score: float) -> bool:
    """Whether the word fits the raw score and not the rounded one (--label-from raw)."""
    if not row.verdict.rounding_decides:
        return False
    rounded, raw = tenths(score), fixed(score)
    if row.verdict.score_used in {ScoreUsed.REPORTED_T, ScoreUsed.OWN_T}:
        return who_category(raw) is row.verdict.category is not who_category(rounded)
    return row.verdict.category is Category.WITHIN_EXPECTED_RANGE  # rounding only makes Z worse


def _flags(
    rows: Sequence[LabelledRow],
    candidates: Sequence[_Candidate],
    deciding: _Candidate | None,
    person: PersonAtExam,
) -> tuple[str, ...]:
    """Unite what was noticed about the person, all measurements, and the rows that may decide."""
    flags = list(person.flags)
    measured = [row.measurement for row in rows]
    settled = any(EXCLUDED in m.flags for m in measured)
    for m in measured:  # once a person left a vertebra out, the others are looked at anew
        flags += [f for f in m.flags if not (settled and f == DISCORDANT)]
    for candidate in candidates:
        flags += candidate.row.scores.flags + candidate.row.verdict.flags
    if not candidates:  # nothing carried the rule's flags (early or unknown menopause, ...)
        flags += rule_for(person).flags
    if rows_disagree(rows):
        flags.append(DISCORDANT)
    if deciding is not None and deciding.site.region == "radius-33":
        flags.append("radius_allowed" if person.forearm_reasons else "radius_decides")
    if any(_not_evaluable(site, person) for site in map(site_of, measured) if site is not None):
        flags.append("site_not_evaluable")
    who_word = deciding is not None and deciding.row.verdict.category in {
        Category.NORMAL,
        Category.OSTEOPENIA,
    }
    if who_word and person.hip_or_vertebral_fracture:
        flags.append("osteoporosis_by_fracture")
    return tuple(dict.fromkeys(flags))
