"""The reference plot of each labelling site, or its Z presentation under the Z rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bonescan.i18n import _
from bonescan.model.page import PageRow
from bonescan.report.context import PersonContext, Section
from bonescan.report.decided import decided_words
from bonescan.report.figures import reference_plot, score_scale
from bonescan.report.figures.numbers import fixed
from bonescan.report.references import References
from bonescan.report.site_order import is_further_set, main_spine, site_rank
from bonescan.report.visits import shows_t
from bonescan.report.words import WHO_WORDS, site_words

Key = tuple[str, str, str, str, bool, bool]


def build(context: PersonContext) -> Section | None:
    """Build one figure a labelling site, technique and reference; None when nothing can be said."""
    figures = [
        drawn for rows in _groups(context).values() if (drawn := _figure(rows, context)) is not None
    ]
    if not figures:
        return None
    data = {"figures": figures, "legend": _legend(figures)}
    return Section(key="plots", title=_("Bone density and its reference"), data=data)


def _legend(figures: Sequence[dict[str, Any]]) -> list[str]:
    """Say once what all figures share."""
    populations = sorted({f["age_population"] for f in figures if f["age_population"]})
    legend = [_("Z: people of the same age and sex, %s.") % name for name in populations]
    if any(f["has_earlier"] for f in figures):
        legend.append(_("Full dot: latest exam, open dots: earlier ones."))
    if any(f["has_bars"] for f in figures):
        legend.append(_("Bars: ± one standard uncertainty."))
    return legend


def _groups(context: PersonContext) -> dict[Key, list[PageRow]]:
    """Bring rows of one site, technique and reference together, oldest exam first."""
    groups: dict[Key, list[PageRow]] = {}
    for visit in reversed(context.visits):
        spine = main_spine(visit.rows, visit.deciding_site)
        for row in sorted(visit.rows, key=site_rank):
            labelled = row.labelled
            if is_further_set(row, spine):
                continue
            has_bmd = labelled.measurement.bmd_g_cm2 is not None
            if labelled.verdict.category is None or not (has_bmd or _prints_score(row)):
                continue
            key = (
                str(labelled.measurement.technique),
                labelled.measurement.site,
                labelled.scores.reference_id or "",
                labelled.scores.z_reference_id or "",
                shows_t(labelled),
                has_bmd,
            )
            groups.setdefault(key, []).append(row)
    return dict(sorted(groups.items(), key=lambda g: (g[0][0], site_rank(g[1][-1]), g[0])))


def _prints_score(row: PageRow) -> bool:
    """Tell whether the device printed the score that may be shown; it is drawn without a BMD."""
    m = row.labelled.measurement
    printed = m.reported_t_score if shows_t(row.labelled) else m.reported_z_score
    return printed is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    svg: str
    words: str  # what it rests on, or why there is nothing
    has_points: bool = False  # dots and bars over age, not one number on a scale
    has_age: bool = False  # the curves behind Z


def _figure(rows: Sequence[PageRow], context: PersonContext) -> dict[str, Any] | None:
    last = rows[-1].labelled
    drawn = (_t_figure if shows_t(last) else _z_figure)(rows, context.references)
    if drawn is None:
        return None
    m, z_id, points = last.measurement, last.scores.z_reference_id, _points(rows)
    return {
        "svg": drawn.svg,
        "site": site_words(m.site),
        "technique": str(m.technique),
        "words": drawn.words if drawn.has_points else _with_decider(drawn.words, rows[-1], context),
        "has_earlier": drawn.has_points and len(points) > 1,
        "has_bars": drawn.has_points and points[-1].bmd_u_g_cm2 is not None,
        "age_population": context.references.population(z_id) if drawn.has_age and z_id else "",
    }


def _with_decider(words: str, row: PageRow, context: PersonContext) -> str:
    said = decided_words(context.person, row, "t" if shows_t(row.labelled) else "z")
    return f"{words} {said[:1].upper()}{said[1:]}." if said else words


def _points(rows: Sequence[PageRow]) -> list[reference_plot.PlotPoint]:
    return [
        reference_plot.PlotPoint(
            age_years=row.person.age_years,
            bmd_g_cm2=row.labelled.measurement.bmd_g_cm2,
            bmd_u_g_cm2=row.labelled.measurement.bmd_u_g_cm2,
        )
        for row in rows
        if row.person.age_years is not None and row.labelled.measurement.bmd_g_cm2 is not None
    ]


def _age(row: PageRow, references: References) -> reference_plot.AgeReference | None:
    labelled = row.labelled
    return references.age(labelled.scores.z_reference_id, labelled.measurement.site, row.person.sex)


def _described(rows: Sequence[PageRow]) -> str:
    values = [
        _("%(bmd)s g/cm² at %(age)s years")
        % {"bmd": fixed(p.bmd_g_cm2, 3), "age": fixed(p.age_years, 1)}
        for p in _points(rows)
    ]
    return "; ".join(values)


def _t_figure(rows: Sequence[PageRow], references: References) -> _Drawn | None:
    last = rows[-1].labelled
    # the colours are those of T -1.0 and -2.5; the Japanese criteria also go by percent
    by_who = last.verdict.category_rule != "japan-2012"
    coloured = by_who and last.verdict.category in WHO_WORDS
    points, site = _points(rows), site_words(last.measurement.site)
    young = references.young(last.scores.reference_id)
    if young is not None and points:
        age = _age(rows[-1], references)
        svg = reference_plot.t_plot(
            points,
            young,
            age,
            coloured=coloured,
            title=_("%s: bone density against age with T-score") % site,
            description=_described(rows),
        )
        words = _("T counts from: %s.") % references.population(last.scores.reference_id or "")
        return _Drawn(svg=svg, words=words, has_points=True, has_age=age is not None)
    printed = last.measurement.reported_t_score
    if printed is None:
        return None
    svg = score_scale.t_scale(
        printed,
        coloured=coloured,
        title=_("%s: T-score printed by the device") % site,
        description=_("T-score %s") % fixed(printed, 1),
    )
    return _Drawn(svg=svg, words=_printed_only())


def _z_figure(rows: Sequence[PageRow], references: References) -> _Drawn:
    """Draw what the Z rule allows: never a T, and no class colours."""
    last = rows[-1].labelled
    points, site = _points(rows), site_words(last.measurement.site)
    age = _age(rows[-1], references)
    if age is not None and points:
        svg = reference_plot.z_plot(
            points,
            age,
            title=_("%s: bone density against that of the same age") % site,
            description=_described(rows),
        )
        return _Drawn(svg=svg, words=_("Band: Z from −2 to +2."), has_points=True, has_age=True)
    printed = last.measurement.reported_z_score
    if printed is None:
        words = _("No age reference fits this device, site and sex: there is no figure.")
        return _Drawn(svg="", words=words)
    svg = score_scale.z_scale(
        printed,
        title=_("%s: Z-score printed by the device") % site,
        description=_("Z-score %s") % fixed(printed, 1),
    )
    return _Drawn(svg=svg, words=_printed_only())


def _printed_only() -> str:
    return _("Printed by the device; its reference is not known here as numbers.")
