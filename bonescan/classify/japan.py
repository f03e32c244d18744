"""The class of one row by the Japanese criteria, where they were asked for."""

from __future__ import annotations

from bonescan.model.measurement import Scores, Verdict
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Category, LabelFrom, ScoreUsed
from bonescan.norms.japan import japan_category
from bonescan.norms.rounding import fixed
from bonescan.norms.site import Site

RULE_ID = "japan-2012"


def judged_in_japan(
    scores: Scores, person: PersonAtExam, site: Site, label_from: LabelFrom, flags: tuple[str, ...]
) -> Verdict:
    """Classify by percent of the young adult mean or its SDs.

    Only our own numbers label: a printed T rests on another reference, or says
    nothing of percent. No probabilities: the criteria have two axes.

    Parameters
    ----------
    scores : Scores
        With T and percent of the young adults of Japan.
    person : PersonAtExam
        Somebody to whom WHO words may be said.
    site : Site
        That may label.
    label_from : LabelFrom
    flags : tuple of str
        Of the rule that fits the person.
    """
    flags = (*flags, "japan_criteria")
    if site.labels == "if-no-spine-or-hip":
        flags += ("radius_only_without_spine_and_hip",)
    t, percent = scores.t_score, scores.young_adult_percent
    if t is None or percent is None:
        return Verdict(
            category=Category.NONE, category_rule=RULE_ID, flags=(*flags, "no_score_may_label")
        )
    rounded, raw = (
        japan_category(fixed(t), percent, site.without_side, person, how)
        for how in (LabelFrom.ROUNDED, LabelFrom.RAW)
    )
    if rounded is not raw:
        flags += ("rounding_decides",)
    return Verdict(
        category=raw if label_from is LabelFrom.RAW else rounded,
        category_rule=RULE_ID,
        score_used=ScoreUsed.OWN_T,
        rounding_decides=rounded is not raw,
        flags=flags,
    )
