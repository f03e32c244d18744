"""The page of who is due: self-contained, readable without JavaScript, A4 in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from bonescan import __version__
from bonescan.model.due import DueList, DueRow, DueState, DueStudy, Followed, PersonDue

from .due_words import LANGUAGES, LIST_WORDS, PAGE_WORDS, STATE_WORDS, words
from .environment import asset, content_policy, environment
from .print_style import print_style

GAP = "–"
LANDSCAPE = "@page{size:A4 landscape}"  # eight columns


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One row as shown."""

    person: str
    leads: bool
    list_name: str
    rules: str
    state: str
    style: str
    begin: str
    end: str
    overdue: str
    why: str
    reasons: str
    notes: tuple[str, ...]


def due_page(study: DueStudy, lang: str) -> str:
    """Write the page.

    Parameters
    ----------
    study : DueStudy
    lang : str
        "en" or "zh-TW".

    Returns
    -------
    html : str
    """
    w = words(PAGE_WORDS, lang)
    title = f"{w['title']} {study.on.isoformat()}"
    styles = [asset("page.css"), asset("due.css"), print_style(__version__, title), LANDSCAPE]
    notes = study.rules.values()
    i = LANGUAGES.index(lang)
    return (
        environment()
        .get_template("due.html.j2")
        .render(
            w=w,
            lang="zh-Hant-TW" if lang == "zh-TW" else "en",
            title=title,
            version=__version__,
            styles=[Markup(s) for s in styles],
            policy=content_policy(tuple(styles)),
            on=day_words(study.on, lang),
            counts=study.counts(),
            groups=[
                ("due", w["due"], _lines(study, (DueState.DUE, DueState.OVERDUE), lang)),
                ("later", w["later"], _lines(study, (DueState.LATER,), lang)),
                ("missed", w["missed"], _lines(study, (DueState.MISSED,), lang)),
            ],
            needs=_needs(study, i),
            open_people=_open(study, i),
            followed=[(p.patient_id, course_words(p.followed)) for p in study.people
                      if p.followed.anything],
            safety=[(n.rule_id, n.text[i], n.source, n.evidence) for n in notes if n.safety],
            rules=[(n.rule_id, n.text[i], n.source, n.evidence) for n in notes if not n.safety],
        )
    )  # fmt: skip


def _lines(study: DueStudy, states: Sequence[DueState], lang: str) -> list[_Line]:
    """List rows person by person, whose first row is due first stands first."""
    shown: list[tuple[PersonDue, list[DueRow]]] = []
    for person in study.people:
        rows = [r for r in person.rows if r.state in states and r.list_name is not DueList.PERSON]
        if rows:
            shown.append((person, rows))
    shown.sort(key=lambda pair: (pair[1][0].lead, pair[0].patient_id))
    return [_line(row, lang, leads=row is rows[0]) for _person, rows in shown for row in rows]


def _line(row: DueRow, lang: str, *, leads: bool) -> _Line:
    i = LANGUAGES.index(lang)
    return _Line(
        person=row.patient_id,
        leads=leads,
        list_name=LIST_WORDS[row.list_name][i],
        rules=", ".join(row.rule_ids),
        state=STATE_WORDS[row.state][i],
        style=str(row.state),
        begin=day_words(row.due_from, lang),
        end=day_words(row.due_until, lang),
        overdue="" if row.overdue_days is None else str(row.overdue_days),
        why=row.why[i],
        reasons="; ".join(row.reasons),
        notes=tuple(note[i] for note in row.notes),
    )


def _needs(study: DueStudy, i: int) -> list[tuple[str, list[str]]]:
    return [(p.patient_id, [r.why[i] for r in p.needs]) for p in study.people if p.needs]


def _open(study: DueStudy, i: int) -> list[tuple[list[str], str, list[tuple[str, str]]]]:
    """List who can't be judged; people who lack the same facts stand together."""
    alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for person in study.people:
        names = tuple(dict.fromkeys(n for r in person.unjudged for n in r.missing))
        rules = ", ".join(dict.fromkeys(rule for r in person.unjudged for rule in r.rule_ids))
        if names:
            alike.setdefault((names, rules), []).append(person.patient_id)
    return [
        (people, rules, [(n, _question(study, n, i)) for n in names])
        for (names, rules), people in alike.items()
    ]


def _question(study: DueStudy, name: str, i: int) -> str:
    question = study.questions[name]
    return (question.ask_en, question.ask_zh)[i]


def course_words(followed: Followed) -> dict[str, str]:
    """Write the courses of height, weight and falls."""

    def course(points: Sequence[tuple[date, float]]) -> str:
        return "; ".join(f"{d.isoformat()} {v:g}" for d, v in points)

    def number(value: float | None, digits: int = 1) -> str:
        return "" if value is None else f"{round(value, digits):g}"

    return {
        "height": course(followed.heights_cm),
        "loss": number(followed.height_loss_cm),
        "from_tallest": number(followed.height_loss_from_tallest_cm),
        "weight": course(followed.weights_kg),
        "change": number(followed.weight_change_percent),
        "falls": course(followed.falls),
        "imaging": "; ".join(f"{d.isoformat()} {v}" for d, v in followed.imaging),
    }


def day_words(day: date | None, lang: str) -> str:
    """Write a day; on Chinese pages the Minguo year stands beside it.

    >>> day_words(date(2025, 4, 10), "zh-TW")
    '2025-04-10（民國 114 年）'
    """
    if day is None:
        return GAP
    roc = f"（民國 {day.year - 1911} 年）" if lang == "zh-TW" and day.year > 1911 else ""  # noqa: PLR2004 - first year of the Republic less one
    return f"{day.isoformat()}{roc}"
