"""The page of a result folder: counts, what needs a person, people, files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from bonescan.errors import all_codes
from bonescan.i18n import _
from bonescan.model.page import PageRow, PersonPage, StudyPage
from bonescan.model.person import PersonAtExam
from bonescan.model.sites import vertebrae_of
from bonescan.model.vocabulary import Category, OutcomeKind, Severity

from .environment import asset, content_policy, environment
from .figures.numbers import fixed
from .figures.share_bar import share_bar
from .page_file import page_file
from .person_page import warnings
from .print_style import print_style
from .visits import Visit, row_flags, uses_who_words, uses_z_words, visits
from .words import (
    NOTHING,
    WHO_WORDS,
    Z_WORDS,
    category_short,
    category_style,
    category_words,
    outcome_words,
    site_words,
)

DEVICES_SHOWN = 12  # in the table of how far files came; attrition.csv has them all
LINES_SHOWN = 6  # of one problem; more are counted and lie folded away
TABLES = (
    "results.csv",
    "patients.csv",
    "files.csv",
    "readings.csv",
    "attrition.csv",
    "data_dictionary.csv",
    "run.json",
)


def index_page(study: StudyPage) -> str:
    """Write the page of a result folder.

    Parameters
    ----------
    study : StudyPage
        Everything that the folder shows; 10,000 rows and more are fine.

    Returns
    -------
    html : str
        Self-contained and complete without JavaScript; a short script adds
        sorting and filters.
    """
    styles = [asset("page.css"), asset("index.css"), print_style(study.version, study.title)]
    if uses_who_words(study.people):
        styles.insert(1, asset("who.css"))
    early, script = asset("head.js"), asset("tables.js")
    rows = [row for person in study.people for row in _people_rows(person)]
    flags = sorted({flag for row in rows for flag in row["flags"]})
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            study=study,
            version=study.version,
            styles=[Markup(s) for s in styles],
            scripts=[Markup(script)],
            head_scripts=[Markup(early)],
            policy=content_policy(tuple(styles), (early, script)),
            warnings=warnings(list(study.people)),
            watermark="",
            tiles=_tiles(study, rows),
            outcomes=_outcomes(study),
            attrition=_attrition(study),
            classes=_classes(study),
            rows=rows,
            classes_shown=sorted({row["category"] for row in rows}),
            techniques=sorted({row["technique"] for row in rows if row["technique"] != NOTHING}),
            outcomes_shown=sorted({file.outcome for file in study.files}),
            pages={p.patient_id: page_file(p) for p in study.people},
            problems=_problems(study),
            flags=[(flag, study.flag_texts.get(flag) or flag.replace("_", " ")) for flag in flags],
            tables=TABLES,
            uses_who=uses_who_words(study.people),
            uses_z=uses_z_words(study.people),
            lines_shown=LINES_SHOWN,
        )
    )


def _tiles(study: StudyPage, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (_("files"), str(len(study.files))),
        (_("people"), str(len(study.people))),
        (_("results (sites)"), str(sum(len(p.rows) for p in study.people))),
        (_("need review"), str(sum(row["review"] for row in rows))),
        (_("files refused"), str(sum(f.outcome == OutcomeKind.UNUSABLE for f in study.files))),
    ]


def _outcomes(study: StudyPage) -> list[tuple[str, str, int]]:
    """Count files by outcome, in the order of the vocabulary; unknown words last."""
    order = [str(kind) for kind in OutcomeKind]
    words = sorted(
        study.outcome_counts, key=lambda w: (order.index(w) if w in order else len(order), w)
    )
    return [(word, outcome_words(word), study.outcome_counts[word]) for word in words]


def _attrition(study: StudyPage) -> dict[str, Any]:
    """Show how many files came how far: all of them, and by device where there are several."""
    steps = {
        "found": _("found"),
        "readable": _("readable"),
        "recognised": _("bone density"),
        "quality_passed": _("passed checks"),
        "measured": _("with numbers"),
        "classified": _("with a class"),
    }
    everything = [row for row in study.attrition if row["scope"] == "all"]
    devices = [row for row in study.attrition if row["scope"] == "device"]
    shown = everything + (devices if 1 < len(devices) <= DEVICES_SHOWN else [])
    return {
        "heads": list(steps.values()),
        "rows": [(row["device"] or _("all files"), [row[step] for step in steps]) for row in shown],
        "set_aside": everything[0]["set_aside"] if everything else 0,
    }


def _classes(study: StudyPage) -> dict[str, Any]:
    counts = [
        (category_style(kind), category_words(kind), study.category_counts[kind])
        for kind in Category
        if study.category_counts.get(kind)
    ]
    title = _("Classes, one a person, date and technique")
    described = ", ".join(f"{words} {n}" for _style, words, n in counts)
    parts = [(f"share-{style.removeprefix('who-')}", float(n)) for style, _words, n in counts]
    svg = share_bar(parts, title=title, description=described) if counts else ""
    return {"title": title, "counts": counts, "svg": svg}


def _people_rows(person: PersonPage) -> Iterator[dict[str, Any]]:
    """Make one row a visit; a person without numbers gets one row too."""
    found = visits(person)
    if not found:
        yield _empty_row(person)
    for visit in found:
        yield _visit_row(person, visit)


def _empty_row(person: PersonPage) -> dict[str, Any]:
    days = sorted({e.exam.exam_date.isoformat() for e in person.exams if e.exam.exam_date})
    described = person.exams[-1].person if person.exams else None
    flags = sorted({flag for e in person.exams for flag in e.person.flags})
    return {
        **_who(person, described),
        "date": days[-1] if days else NOTHING,
        "technique": NOTHING,
        "site": NOTHING,
        "bmd": NOTHING,
        "score": NOTHING,
        "category": _("no numbers"),
        "style": "no-class",
        "review": any(e.outcome == OutcomeKind.NEEDS_REVIEW for e in person.exams),
        "flags": flags,
    }


def _visit_row(person: PersonPage, visit: Visit) -> dict[str, Any]:
    verdict = visit.verdict
    deciding = _deciding_row(visit)
    shown = deciding or _widest_row(visit)
    bmd = shown.labelled.measurement.bmd_g_cm2 if shown and (deciding or verdict is None) else None
    flags = sorted(
        {f for r in visit.rows for f in row_flags(r)} | set(verdict.flags if verdict else ())
    )
    site = verdict.deciding_site if verdict else None
    if verdict is None and shown is not None:
        site = shown.labelled.measurement.site
    return {
        **_who(person, shown.person if shown else None),
        "date": visit.exam_date.isoformat() if visit.exam_date else NOTHING,
        "technique": visit.technique,
        "site": site_words(site) if site else NOTHING,
        "bmd": NOTHING if bmd is None else fixed(bmd, 3),
        "score": _score(visit),
        "category": category_short(verdict.category if verdict else None),
        "style": category_style(verdict.category if verdict else None),
        "review": bool(verdict and verdict.needs_review),
        "flags": flags,
    }


def _who(person: PersonPage, described: PersonAtExam | None) -> dict[str, Any]:
    age = described.age_years if described else None
    return {
        "id": person.patient_id or _("no patient id"),
        "page": page_file(person),
        "sex": (described.sex if described else None) or NOTHING,
        "age": NOTHING if age is None else fixed(age, 1),
    }


def _deciding_row(visit: Visit) -> PageRow | None:
    site = visit.verdict.deciding_site if visit.verdict else None
    return next((r for r in visit.rows if r.labelled.measurement.site == site), None)


def _widest_row(visit: Visit) -> PageRow | None:
    """Take the row of the most vertebrae, else the first: L1-L4 rather than L1."""
    sizes = [len(vertebrae_of(r.labelled.measurement.site)) for r in visit.rows]
    return visit.rows[sizes.index(max(sizes))] if sizes else None


def _score(visit: Visit) -> str:
    verdict = visit.verdict
    if verdict is None or verdict.deciding_score is None:
        return NOTHING
    if verdict.category in WHO_WORDS:
        return f"T {fixed(verdict.deciding_score, 1)}"
    if verdict.category in Z_WORDS:
        return f"Z {fixed(verdict.deciding_score, 1)}"
    return NOTHING


def _problems(study: StudyPage) -> list[dict[str, Any]]:
    """Bring problems of one code together, errors first; each reason with its files."""
    groups: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for p in study.problems:
        reasons = groups.setdefault((str(p.severity), p.code, p.hint), {})
        reasons.setdefault(p.reason, []).append(p.file)
    order = [str(word) for word in (Severity.ERROR, Severity.WARNING, Severity.NOTE)]
    ranked = sorted(
        groups.items(),
        key=lambda g: (order.index(g[0][0]) if g[0][0] in order else len(order), *g[0][1:]),
    )
    return [_problem(*key, reasons) for key, reasons in ranked]


def _problem(severity: str, code: str, hint: str, reasons: dict[str, list[str]]) -> dict[str, Any]:
    known = all_codes().get(code)
    lines = [(reason, ", ".join(files)) for reason, files in reasons.items()]
    return {
        "severity": severity,
        "code": code,
        "title": known.title if known else "",
        "hint": hint,
        "n_files": sum(map(len, reasons.values())),
        "lines": lines,
    }
