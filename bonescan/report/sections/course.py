"""Bone density over several visits: values only, change is not judged here."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.page import PageRow
from bonescan.report.context import PersonContext, Section
from bonescan.report.figures.course import CoursePoint, course
from bonescan.report.figures.numbers import fixed
from bonescan.report.people_words import device_words, phase_words
from bonescan.report.site_order import is_further_set, main_spine, site_rank
from bonescan.report.words import NOTHING, site_words

Key = tuple[str, str, str, str]


def build(context: PersonContext) -> Section | None:
    """Build one figure a site and technique seen on two dates or more; None without any."""
    figures = [
        _figure(rows)
        for rows in _series(context).values()
        if len({r.exam.exam_date for r in rows}) > 1
    ]
    if not figures:
        return None
    return Section(key="course", title=_("Course over time"), data={"figures": figures})


def _series(context: PersonContext) -> dict[Key, list[PageRow]]:
    """Bring rows of one technique, origin, site and model together, oldest first."""
    series: dict[Key, list[PageRow]] = {}
    for visit in reversed(context.visits):
        spine = main_spine(visit.rows, visit.deciding_site)
        for row in sorted(visit.rows, key=site_rank):
            m = row.labelled.measurement
            if row.exam.exam_date is None or m.bmd_g_cm2 is None:
                continue
            if row.labelled.verdict.category is None or is_further_set(row, spine):
                continue
            key = (str(m.technique), str(m.origin), m.site, m.model_id or "")
            series.setdefault(key, []).append(row)
    return dict(sorted(series.items(), key=lambda s: (s[0][0], site_rank(s[1][-1]), s[0])))


def _figure(rows: list[PageRow]) -> dict[str, object]:
    m = rows[-1].labelled.measurement
    site, points = site_words(m.site), [_point(row) for row in rows]
    described = "; ".join(f"{p.day.isoformat()}: {fixed(p.bmd_g_cm2, 3)} g/cm²" for p in points)
    svg = course(points, title=_("%s: bone density at each visit") % site, description=described)
    return {
        "svg": svg,
        "site": site,
        "technique": str(m.technique),
        "several_devices": len({p.device for p in points}) > 1,
    }


def _point(row: PageRow) -> CoursePoint:
    m = row.labelled.measurement
    phase = phase_words(row.person)
    return CoursePoint(
        day=row.exam.exam_date,  # type: ignore[arg-type]  # rows without a date were left out
        bmd_g_cm2=m.bmd_g_cm2,  # type: ignore[arg-type]  # and those without a BMD
        bmd_u_g_cm2=m.bmd_u_g_cm2,
        device=device_words(row.device),
        phase="" if phase == NOTHING else phase,
    )
