"""The class of one row: which rule, which number, which word."""

from __future__ import annotations

from decimal import Decimal

from bonescan.model.measurement import Measurement, Scores, Verdict
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Category, LabelFrom, ReferencePolicy, ScoreUsed
from bonescan.norms.rounding import fixed, tenths
from bonescan.norms.site import Site, site_of
from bonescan.settings import LabelSettings

from .japan import judged_in_japan
from .numbers import Choice, choose_t, choose_z
from .probability import class_probabilities
from .rule import Rule, rule_for


def classify_row(
    measurement: Measurement, scores: Scores, person: PersonAtExam, settings: LabelSettings
) -> Verdict:
    """Classify one site.

    Parameters
    ----------
    measurement : Measurement
    scores : Scores
        Of this measurement, from `bonescan.scoring.score`.
    person : PersonAtExam
    settings : LabelSettings
        Whose number labels, and whether rounded or raw.

    Returns
    -------
    verdict : Verdict
        `category` is None for sites that never label (single vertebrae,
        trochanter, Ward's area, means of two sides, total body) and for
        measurements that allow no scores; `none` where the site was judged
        and no class applies.
    """
    if not measurement.scores_allowed:
        return Verdict(category=None, shows_t=False)
    rule = rule_for(person)
    site = site_of(measurement)
    if site is None or site.labels == "no":
        return Verdict(category=None, shows_t=rule.shows_t)
    if not rule.reads or measurement.technique in rule.techniques_without_class:
        return Verdict(
            category=Category.NONE,
            category_rule=rule.id,
            shows_t=rule.shows_t,
            flags=rule.flags,
        )
    if settings.reference is ReferencePolicy.JAPAN and rule.reads == "T":
        return judged_in_japan(scores, person, site, settings.label_from, rule.flags)
    return _judged(measurement, scores, person, settings, rule, site)


def _judged(
    measurement: Measurement,
    scores: Scores,
    person: PersonAtExam,
    settings: LabelSettings,
    rule: Rule,
    site: Site,
) -> Verdict:
    choice = (
        choose_t(measurement, scores, person.sex, settings.policy)
        if rule.reads == "T"
        else choose_z(measurement, scores, settings.policy)
    )
    flags = rule.flags + choice.flags
    if site.labels == "if-no-spine-or-hip":
        allowed = bool(person.forearm_reasons)
        flags += ("radius_allowed" if allowed else "radius_only_without_spine_and_hip",)
    reported = _word(rule, choice.reported, settings.label_from)
    if choice.score is None:
        return Verdict(
            category=Category.NONE,
            reported_category=reported,
            category_rule=rule.id,
            shows_t=rule.shows_t,
            flags=(*flags, "no_score_may_label"),
        )
    category = _word(rule, choice.score, settings.label_from)
    rounding_decides = rule.decide(tenths(choice.score)) is not rule.decide(fixed(choice.score))
    if rounding_decides:
        flags += ("rounding_decides",)
    if _mismatch(rule, choice, settings.label_from):
        flags += ("class_mismatch",)
    probabilities = _probabilities(rule, choice, scores, settings.label_from)
    return Verdict(
        category=category,
        reported_category=reported,
        category_rule=rule.id,
        score_used=choice.used,
        rounding_decides=rounding_decides,
        p_normal=probabilities[0],
        p_osteopenia=probabilities[1],
        p_osteoporosis=probabilities[2],
        shows_t=rule.shows_t,
        flags=tuple(dict.fromkeys(flags)),
    )


def _word(rule: Rule, score: Decimal | None, label_from: LabelFrom) -> Category | None:
    if score is None:
        return None
    return rule.decide(fixed(score) if label_from is LabelFrom.RAW else tenths(score))


def _mismatch(rule: Rule, choice: Choice, label_from: LabelFrom) -> bool:
    own, reported = (_word(rule, s, label_from) for s in (choice.own, choice.reported))
    return own is not None and reported is not None and own is not reported


def _probabilities(
    rule: Rule, choice: Choice, scores: Scores, label_from: LabelFrom
) -> tuple[float, float, float] | tuple[None, None, None]:
    """Give probabilities only for WHO words from our own T with a known uncertainty."""
    u = scores.t_u
    if rule.reads != "T" or choice.used is not ScoreUsed.OWN_T or choice.own is None:
        return None, None, None
    if u is None or not u > 0.0:
        return None, None, None
    return class_probabilities(float(choice.own), u, label_from)
