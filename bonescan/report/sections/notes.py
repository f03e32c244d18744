"""Every flag in plain words, and what decided or might have decided otherwise."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.page import PageRow
from bonescan.report.context import PersonContext, Section
from bonescan.report.figures.numbers import fixed
from bonescan.report.visits import shows_t
from bonescan.report.words import NOTHING, category_short, site_words


def build(context: PersonContext) -> Section | None:
    """Build the numbered notes and the remarks on how classes came about; None without any."""
    notes = [(i, flag, context.flag_text(flag)) for i, flag in enumerate(context.flags, 1)]
    remarks: dict[str, list[str]] = {}
    for visit in context.visits:
        for row in visit.rows:
            if said := _remarks(row):
                remarks.setdefault(_where(visit.exam_date, row), []).extend(said)
    if not notes and not remarks:
        return None
    data = {"notes": notes, "remarks": remarks}
    return Section(key="notes", title=_("Notes"), data=data)


def _where(day: object, row: PageRow) -> str:
    m = row.labelled.measurement
    return f"{site_words(m.site)}, {m.technique}, {day or NOTHING}"


def _remarks(row: PageRow) -> list[str]:
    s, v, with_t = row.labelled.scores, row.labelled.verdict, shows_t(row.labelled)
    remarks = []
    if v.rounding_decides:
        remarks.append(_rounding(row))
    if s.alternatives and with_t:
        named = " ".join(s.alternatives)
        remarks.append(_("Another reference would change the class: %s") % named)
    if with_t and v.reported_category is not None and v.category not in (None, v.reported_category):
        remarks.append(
            _(
                "By the device's printed score the class is %(printed)s, here it is %(ours)s. Both "
                "stand in results.csv."
            )
            % {
                "printed": category_short(v.reported_category),
                "ours": category_short(v.category),
            }
        )
    return remarks


def _rounding(row: PageRow) -> str:
    s, v = row.labelled.scores, row.labelled.verdict
    pairs = {"own-T": (s.t_score, s.t_label), "own-Z": (s.z_score, s.z_label)}
    exact, rounded = pairs.get(str(v.score_used), (None, None))
    if exact is None or rounded is None:
        return _("Rounding decides: the unrounded score would give another class.")
    return _(
        "Rounding decides: the class comes from the score rounded to one decimal (%(rounded)s), so "
        "that the printed number and the class agree. Unrounded (%(exact)s) it would give another "
        "class."
    ) % {"rounded": fixed(rounded, 1), "exact": fixed(exact, 3)}
