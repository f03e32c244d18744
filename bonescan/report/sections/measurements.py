"""The table of sites: what was measured, scored and classed."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from bonescan.i18n import _
from bonescan.model.measurement import LabelledRow, Measurement
from bonescan.model.page import PageRow
from bonescan.model.sites import without_side
from bonescan.model.vocabulary import Origin, ScoreUsed
from bonescan.norms.site import site_of_vertebrae
from bonescan.report.context import PersonContext, Section
from bonescan.report.decided import decided_words
from bonescan.report.figures.numbers import fixed
from bonescan.report.figures.share_bar import share_bar
from bonescan.report.people_words import device_words
from bonescan.report.site_order import MANY_SETS, is_further_set, main_spine, site_rank
from bonescan.report.visits import shows_t
from bonescan.report.words import (
    NOTHING,
    WHO_WORDS,
    category_short,
    category_style,
    origin_words,
    site_words,
    technique_words,
)

EXCLUDED = "vertebra_excluded_by_person"
HIP_SITES = frozenset({"femoral-neck", "total-hip", "trochanter", "intertrochanter"})


def build(context: PersonContext) -> Section | None:
    """Build one table a technique, origin and device; None without a row.

    Where a device lists many sets of vertebrae, one stands for the spine and
    the others go into a table that is folded away.
    """
    groups = _by_device(context)
    if not groups:
        return None
    tables = []
    for rows in groups:
        further = _further_sets(context, rows)
        shown = [row for row in rows if not any(row is other for other in further)]
        table = _table(context, shown)
        table["further"] = _table(context, further) if further else None
        tables.append(table)
    return Section(key="measurements", title=_("Measurements"), data={"tables": tables})


def _by_device(context: PersonContext) -> list[list[PageRow]]:
    """Bring rows of one technique, origin and device together, newest first."""
    groups: dict[tuple[str, str, str], list[PageRow]] = {}
    for visit in context.visits:
        for row in sorted(visit.rows, key=site_rank):
            origin = str(row.labelled.measurement.origin)
            groups.setdefault((visit.technique, origin, device_words(row.device)), []).append(row)
    return list(groups.values())


def _further_sets(context: PersonContext, rows: list[PageRow]) -> list[PageRow]:
    deciding = {(v.exam_date, v.technique): v.deciding_site for v in context.visits}
    technique = str(rows[0].labelled.measurement.technique)
    found = []
    for day, of_day in groupby(rows, key=lambda r: r.exam.exam_date):
        members = list(of_day)
        spine = main_spine(members, deciding.get((day, technique)))
        further = [row for row in members if is_further_set(row, spine)]
        found += further if len(further) >= MANY_SETS else []
    return found


def _table(context: PersonContext, rows: list[PageRow]) -> dict[str, Any]:
    labelled = [row.labelled for row in rows]
    measured = [item.measurement for item in labelled]
    days = [(day, list(of_day)) for day, of_day in groupby(rows, key=lambda r: r.exam.exam_date)]
    shared = _shared_notes(context, rows)
    return {
        "n_rows": len(rows),
        "technique": technique_words(measured[0].technique),
        "origin": origin_words(measured[0].origin),
        "device": device_words(rows[0].device),
        "shows_t": any(shows_t(i) and i.scores.t_label is not None for i in labelled),
        "shows_share": any(_osteoporosis_score(i) != NOTHING for i in labelled),
        "shows_z": any(item.scores.z_label is not None for item in labelled),
        "has_content": any(m.bmc_g is not None or m.area_cm2 is not None for m in measured),
        "has_ultrasound": any(m.spectra_total is not None for m in measured),
        "has_printed": any(_printed(i) for i in labelled),
        "has_class": any(item.verdict.category is not None for item in labelled),
        "notes": sorted(shared),
        "has_notes": any(set(context.row_notes(row)) - shared for row in rows),
        "days": [
            (
                day.isoformat() if day else _("no date"),
                [_row(context, row, shared) for row in of_day],
            )
            for day, of_day in days
        ],
        "chances": [c for row in rows if (c := _chances(row, len(days) > 1)) is not None],
    }


def _shared_notes(context: PersonContext, rows: list[PageRow]) -> set[int]:
    """Find the notes that hold for every row of a table; they are named once, above it."""
    if not rows[1:]:
        return set()
    return set.intersection(*(set(context.row_notes(row)) for row in rows))


def _row(context: PersonContext, row: PageRow, shared: set[int]) -> dict[str, Any]:
    m, s, v = row.labelled.measurement, row.labelled.scores, row.labelled.verdict
    marked = context.references.marked
    return {
        "site": site_words(m.site),
        "left_out": EXCLUDED in m.flags and not m.scores_allowed,
        "vertebrae": _vertebrae(m.site, m.vertebrae_used),
        "bmd": _number(m.bmd_g_cm2, 3),
        "bmd_u": None if m.bmd_u_g_cm2 is None else fixed(m.bmd_u_g_cm2, 3),
        "bmc": _number(m.bmc_g, 2),
        "area": _number(m.area_cm2, 2),
        "t": _number(s.t_label, 1) if shows_t(row.labelled) else NOTHING,
        "t_reference": marked(s.reference_id)
        if shows_t(row.labelled) and s.t_label is not None
        else "",
        "z": _number(s.z_label, 1),
        "z_reference": marked(s.z_reference_id) if s.z_label is not None else "",
        "labels": v.score_used or "",
        "category": category_short(v.category) if v.category else "",
        "style": category_style(v.category),
        "printed": _printed(row.labelled),
        "printed_reference": m.reported_reference,
        "decided": _decided(context, row),
        "bias": _bias(m),
        "spectra": _spectra(m.spectra_valid, m.spectra_total),
        "depth": _number(m.depth_mm, 1),
        "osteoporosis_score": _osteoporosis_score(row.labelled),
        "notes": [n for n in context.row_notes(row) if n not in shared],
    }


def _decided(context: PersonContext, row: PageRow) -> str:
    """Say of each number that a person stated who did; such a number is not just printed."""
    names = {"bmd": _("BMD"), "t": "T", "z": "Z", "fragility": _("fragility score")}
    found: dict[str, list[str]] = {}
    for quantity, name in names.items():
        if quantity == "t" and not shows_t(row.labelled):
            continue
        if words := decided_words(context.person, row, quantity):
            found.setdefault(words, []).append(name)
    return "; ".join(f"{', '.join(which)} {words}" for words, which in found.items())


def _bias(m: Measurement) -> str:
    """Say what the uncertainty of our own hips leaves out (docs/dual-energy.md, Precision)."""
    if m.origin != Origin.MEASURED or without_side(m.site) not in HIP_SITES:
        return ""
    return _("about 1 % high in simulated checks; not in ± u")


def _vertebrae(site: str, used: tuple[str, ...]) -> str:
    """List the vertebrae in the number where the site does not say them itself."""
    known = site_of_vertebrae(used)
    return "" if known is not None and known.id == site else ", ".join(used)


def _number(value: float | None, decimals: int) -> str:
    return NOTHING if value is None else fixed(value, decimals)


def _printed(labelled: LabelledRow) -> list[tuple[bool, str]]:
    """Write the device's own scores, each with whether it labels; no T under the Z rule."""
    m, used, parts = labelled.measurement, labelled.verdict.score_used, []
    if m.reported_t_score is not None and shows_t(labelled):
        words = _("T %s") % fixed(m.reported_t_score, 1)
        parts.append((used == ScoreUsed.REPORTED_T, words))
    if m.reported_z_score is not None:
        words = _("Z %s") % fixed(m.reported_z_score, 1)
        parts.append((used == ScoreUsed.REPORTED_Z, words))
    if m.fragility_score is not None and m.origin == Origin.REPORTED:
        parts.append((False, _("fragility score %s") % fixed(m.fragility_score, 1)))
    return parts


def _spectra(valid: int | None, total: int | None) -> str:
    if total is None:
        return NOTHING
    return _("%(valid)s of %(total)s") % {
        "valid": valid if valid is not None else "?",
        "total": total,
    }


def _osteoporosis_score(labelled: LabelledRow) -> str:
    """Write the share of osteoporosis-like spectra; no WHO wording under the Z rule."""
    share = labelled.measurement.osteoporosis_score_percent
    if share is None or not shows_t(labelled) or not labelled.measurement.scores_allowed:
        return NOTHING
    return _("%s %%") % fixed(share, 0)


def _chances(row: PageRow, several_days: bool) -> dict[str, Any] | None:
    """Show the probability of each class; only where a WHO class is given."""
    labelled, v = row.labelled, row.labelled.verdict
    if v.category not in WHO_WORDS or not shows_t(labelled):
        return None
    if v.p_normal is None or v.p_osteopenia is None or v.p_osteoporosis is None:
        return None
    parts = (
        ("normal", _("normal"), v.p_normal),
        ("osteopenia", _("osteopenia"), v.p_osteopenia),
        ("osteoporosis", _("osteoporosis"), v.p_osteoporosis),
    )
    words = ", ".join(f"{name} {fixed(100 * p, 0)} %" for _key, name, p in parts)
    site = site_words(labelled.measurement.site)
    svg = share_bar(
        [(f"share-{key}", p) for key, _name, p in parts],
        title=_("%s: probability of each class") % site,
        description=words,
    )
    day = row.exam.exam_date
    return {
        "day": day.isoformat() if day and several_days else "",
        "site": site,
        "svg": svg,
        "words": words,
    }
