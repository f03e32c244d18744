"""The one class of each date and technique, in words."""

from __future__ import annotations

from typing import Any

from bonescan.i18n import _
from bonescan.model.page import PageRow
from bonescan.model.person import PersonVerdict
from bonescan.model.vocabulary import Category, MenopausalStatus, ScoreUsed
from bonescan.report.context import PersonContext, Section
from bonescan.report.decided import decided_words
from bonescan.report.figures.numbers import fixed
from bonescan.report.visits import Visit, verdict_flags
from bonescan.report.words import (
    NOTHING,
    WHO_WORDS,
    Z_WORDS,
    category_style,
    category_words,
    rule_words,
    score_used_words,
    sentence,
    site_in_sentence,
    site_words,
    technique_words,
)

IN_OR_AFTER_PREGNANCY = frozenset(
    {MenopausalStatus.PREGNANT, MenopausalStatus.LACTATING, MenopausalStatus.AFTER_WEANING}
)

BOTH_SHOWN = frozenset({"none-early-menopause", "none-unknown-menopause"})


def build(context: PersonContext) -> Section:
    """Build a card for the newest visit of each technique, and a line for each earlier one.

    Without any visit the section says in one sentence why.
    """
    newest = {v.technique: v for v in reversed(context.visits)}
    cards = [_card(context, v) for v in context.visits if newest[v.technique] is v]
    earlier = [v for v in context.visits if newest[v.technique] is not v]
    said = {words for card in cards for words in card["remarks"]}
    data = {
        "cards": cards,
        "earlier": [_line(context, v) for v in earlier],
        "earlier_review": any(v.verdict and v.verdict.needs_review for v in earlier),
        "without_numbers": _without_numbers(context) if not cards else [],
        "earlier_remarks": [words for words in _remarks(earlier) if words not in said],
    }
    return Section(key="result", title=_("Result"), data=data)


def _without_numbers(context: PersonContext) -> list[str]:
    """Say of each kind of file why it gives no number and what to do, each once."""
    said = [f"{sentence(e.reason)} {sentence(e.hint)}".strip() for e in context.exams]
    return list(dict.fromkeys(words for words in said if words))


def _card(context: PersonContext, visit: Visit) -> dict[str, Any]:
    return {
        **_line(context, visit),
        "technique": technique_words(visit.technique),
        "rule": _rule(visit),
        "sentence": _score_sentence(context, visit),
        "remarks": _remarks([visit]),
    }


def _line(context: PersonContext, visit: Visit) -> dict[str, Any]:
    verdict = visit.verdict
    return {
        "date": visit.exam_date.isoformat() if visit.exam_date else _("no date"),
        "technique": visit.technique,
        "style": category_style(verdict.category if verdict else None),
        "heading": _heading(verdict),
        "score": _score(verdict),
        "site": site_words(verdict.deciding_site) if verdict and verdict.deciding_site else NOTHING,
        "needs_review": bool(verdict and verdict.needs_review),
        "notes": context.note_numbers(verdict_flags(visit)),
    }


def _deciding_row(visit: Visit) -> PageRow | None:
    site = visit.verdict.deciding_site if visit.verdict else None
    return next((r for r in visit.rows if r.labelled.measurement.site == site), None)


def _heading(verdict: PersonVerdict | None) -> str:
    if verdict is None:
        return _("Bone density without a class")
    if verdict.severity == "severe":
        return _("Severe osteoporosis")
    return category_words(verdict.category)


def _score(verdict: PersonVerdict | None) -> str:
    if verdict is None or verdict.deciding_score is None:
        return NOTHING
    number = fixed(verdict.deciding_score, 1)
    if verdict.category in WHO_WORDS:
        return _("T %s") % number
    return _("Z %s") % number if verdict.category in Z_WORDS else NOTHING


def _score_sentence(context: PersonContext, visit: Visit) -> str:
    verdict, row = visit.verdict, _deciding_row(visit)
    if verdict is None or verdict.deciding_score is None or verdict.deciding_site is None:
        return ""
    words = {
        "score": fixed(verdict.deciding_score, 1),
        "site": site_in_sentence(verdict.deciding_site),
        "source": _source(context, row),
    }
    if verdict.category in WHO_WORDS:
        return _("T-score %(score)s at the %(site)s decides (%(source)s).") % words
    if verdict.category in Z_WORDS:
        return _("Z-score %(score)s at the %(site)s decides (%(source)s).") % words
    return ""


def _source(context: PersonContext, row: PageRow | None) -> str:
    """Say whose score it is; one that a person stated is not simply the device's."""
    used = row.labelled.verdict.score_used if row else None
    quantities: dict[str | None, str] = {ScoreUsed.REPORTED_T: "t", ScoreUsed.REPORTED_Z: "z"}
    quantity = quantities.get(used, "bmd")
    said = decided_words(context.person, row, quantity) if row else ""
    if said and quantity != "bmd":
        return _("read from the picture of a report page, %s") % said
    words = score_used_words(used)
    return _("%(score)s, BMD %(said)s") % {"score": words, "said": said} if said else words


def _rule(visit: Visit) -> str:
    verdict = visit.verdict
    if verdict is None:
        return ""
    known = rule_words(verdict.category_rule)
    if verdict.category_rule in BOTH_SHOWN:
        return f"{known} {_scores_shown(visit)}".strip()
    if known or verdict.category != Category.NONE:
        return known
    return _("No class applies, or a fact that decides about it is missing; the notes say which.")


def _scores_shown(visit: Visit) -> str:
    """Say which scores stand in the rows in place of a class; "" where none does."""
    measured = [(r.labelled.scores, r.labelled.measurement) for r in visit.rows]
    has_z = any(z is not None for s, m in measured for z in (s.z_label, m.reported_z_score))
    if visit.shows_t and has_z:
        return _("T and Z are both shown.")
    if visit.shows_t:
        return _("T is shown; there is no Z.")
    return _("Z is shown; there is no T.") if has_z else ""


def _remarks(visits: list[Visit]) -> list[str]:
    """Say what a class does not say; these sentences always stand beside it."""
    found = {v.verdict.category if v.verdict else None for v in visits}
    people = [r.person for v in visits for r in v.rows]
    remarks = []
    if found & WHO_WORDS:
        remarks.append(
            _(
                "A hip or vertebral fragility fracture is osteoporosis clinically, whatever the "
                "T-score."
            )
        )
        if any(p.hip_or_vertebral_fracture for p in people):
            remarks.append(_("Such a fracture is recorded for this person."))
    if Category.WITHIN_EXPECTED_RANGE in found:
        remarks.append(_("Within the expected range does not exclude fragility."))
    if Category.BELOW_EXPECTED_RANGE in found:
        remarks.append(_("A low Z-score alone is not a diagnosis."))
    if found & Z_WORDS and any(p.menopausal_status in IN_OR_AFTER_PREGNANCY for p in people):
        remarks.append(
            _("Back pain in pregnancy or lactation needs assessment, whatever the Z-score.")
        )
    if any(v.verdict is None for v in visits):
        remarks.append(_("These numbers may not be scored or classed; the notes say why."))
    return remarks
