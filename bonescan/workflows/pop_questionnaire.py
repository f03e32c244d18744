"""The questionnaire of a pregnancy study: blank forms, answers in, answers out to REDCap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.fact_dates import parse_date
from bonescan.files.fact_names import FACT_NAMES, SEVERAL_A_DAY, FactKind
from bonescan.files.fact_values import Refused, parse_value
from bonescan.files.pop_answers import (
    AnswerRow,
    DictionaryField,
    cell_problem,
    dictionary_text,
    read_answers,
    redcap_text,
    template_text,
)
from bonescan.files.tables import write_atomically
from bonescan.guidance.pop_questionnaire import PopQuestion, pop_questionnaire
from bonescan.model.outcome import Problem
from bonescan.model.person import Fact
from bonescan.store.open_store import open_store

from .guide_person import opened_study
from .pop_record import chart_number
from .pseudonyms import open_pseudonyms
from .result_folder import alone_in, prepare

FRACTURE, FRACTURE_DAY = "fragility_fracture", "fragility_fracture_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAnswers:
    """What an import kept, and what it could not."""

    n_rows: int
    n_people: int
    n_answers: int
    n_added: int
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the counts as plain values."""
        return {
            "rows": self.n_rows,
            "people": self.n_people,
            "answers": self.n_answers,
            "added": self.n_added,
        }


def column_names() -> tuple[str, ...]:
    """Give the columns of the questionnaire, in its order."""
    return tuple(q.name for q in pop_questionnaire().questions)


def write_form(path: Path, form: str, lang: str, *, feeding: bool = True) -> None:
    """Write a blank form, "blank" (HTML to print) or "csv"; without `feeding` after a loss.

    Raises
    ------
    EnvironmentFault
        BS-E501 when it can't be written.
    """
    questions = [q for q in pop_questionnaire().questions if feeding or not q.feeding]
    if form == "csv":
        _write(path, template_text(q.name for q in questions).encode("utf-8-sig"))
        return
    from bonescan.report.pop_form_page import FormField, pop_form_page

    asked = pop_questionnaire()
    fields = [
        FormField(
            section=asked.sections[q.section],
            text=q.text,
            kind=q.kind,
            choices=tuple(asked.word(q, w) for w in _choices(q)),
        )
        for q in questions
        if feeding or q.section != "birth"
    ]
    _write(path, pop_form_page(fields, lang).encode("utf-8"))


def _choices(question: PopQuestion) -> list[str]:
    if question.kind != "choice":
        return []
    return list(dict.fromkeys(FACT_NAMES[question.fact].words.values()))


def import_answers(out: Path, path: Path, on: date) -> ImportedAnswers:
    """Take answers into the store of a result folder.

    A cell that can't be kept is named with its line and column, and the rest is kept. What
    the same file said before and says no more is withdrawn.

    Parameters
    ----------
    out : Path
    path : Path
        CSV; persons by chart number or pseudonym.
    on : date
        Today: an answer of a day to come is refused.

    Raises
    ------
    UsageError
        BS-E448, BS-E320, BS-E321.
    """
    rows, problems = read_answers(path, column_names())
    prepare(out)
    with alone_in(out):
        store = open_store(out, create=True)
        try:
            before = store.facts()
            facts: list[Fact] = []
            for row in sorted(rows, key=lambda r: r.day):
                try:
                    number, issuer = chart_number(row.person, None, before, out)
                except UsageError as error:
                    problems.append(
                        cell_problem(path, row.line, "record_id", error.reason.rstrip("."))
                    )
                    continue
                base = Fact(patient_id=number, issuer=issuer, date=row.day, fact="", value="",
                            source="questionnaire", file=str(path), line=row.line)  # fmt: skip
                known = [f for f in (*before, *facts) if f.patient_id == number]
                kept, refused = _row_facts(row, base, known, on, path)
                facts += kept
                problems += refused
            n_added = store.put_facts(facts, several=SEVERAL_A_DAY, files=[path])
        finally:
            store.close()
    return ImportedAnswers(
        n_rows=len(rows),
        n_people=len({(f.issuer, f.patient_id) for f in facts}),
        n_answers=len(facts),
        n_added=n_added,
        problems=tuple(problems),
    )


def _row_facts(
    row: AnswerRow, base: Fact, known: Sequence[Fact], on: date, path: Path
) -> tuple[list[Fact], list[Problem]]:
    """Turn the cells of one row into facts."""
    kept: list[Fact] = []
    problems: list[Problem] = []
    withdrawn = [f.date for f in known if f.fact == "withdrawn" and f.date and f.date <= row.day]
    if row.day > on or withdrawn:
        why = f"found {row.day}, which is to come" if row.day > on else (
            f"found answers of {row.day}, after the withdrawal on {max(withdrawn)}")  # fmt: skip
        return [], [cell_problem(path, row.line, "answer_date", why)]
    for question in pop_questionnaire().questions:
        text = row.cells.get(question.name)
        if text is None or not question.fact:
            continue
        try:
            fact = _fact(question, text, row, base)
        except Refused as error:
            problems.append(cell_problem(path, row.line, question.name, str(error)))
            continue
        lost = _loss_before(known, fact.date or row.day) if question.feeding else None
        why = ""
        if fact.date is not None and fact.date > on:
            why = f"found {fact.date}, which is to come"
        elif lost is not None:
            why = f"found an answer after the loss of the pregnancy on {lost}"
        if why:
            problems.append(cell_problem(path, row.line, question.name, why))
        else:
            kept.append(fact)
    return kept, problems


def _fact(question: PopQuestion, text: str, row: AnswerRow, base: Fact) -> Fact:
    known = FACT_NAMES[question.fact]
    if known.kind is FactKind.EVENT:
        return replace(base, fact=known.name, value="yes", date=parse_date(text, minguo=False))
    value = parse_value(known, text)
    day: date | None = row.day if known.dated else None
    if known.name == FRACTURE and value != "none":  # it happened before it was told
        told = row.cells.get(FRACTURE_DAY)
        day = parse_date(told, minguo=False) if told else None
    return replace(base, fact=known.name, value=value, date=day)


def _loss_before(facts: Sequence[Fact], day: date) -> date | None:
    """Find the loss that the last pregnancy up to a day ended with."""
    losses = [f.date for f in facts if f.fact == "pregnancy_loss" and f.date and f.date <= day]
    births = [f.date for f in facts if f.fact == "delivery" and f.date and f.date <= day]
    if not losses or any(b > max(losses) for b in births):
        return None
    return max(losses)


def export_redcap(out: Path, path: Path, lang: str, event: str) -> tuple[Path, Path]:
    """Write everybody's answers as REDCap imports them, and the data dictionary beside.

    Persons carry their pseudonym. Yes and no are 1 and 0, as REDCap codes them.

    Raises
    ------
    UsageError
        BS-E305 no store of ours.
    EnvironmentFault
        BS-E501 when a file can't be written.
    """
    with opened_study(out):  # says what is wrong with a folder that is none of ours
        pseudonyms = open_pseudonyms(out)
    store = open_store(out)
    try:
        facts = store.facts()
    finally:
        store.close()
    asked = {q.fact: q for q in pop_questionnaire().questions if q.fact}
    days: dict[tuple[str, date], dict[str, str]] = {}
    undated: dict[str, dict[str, str]] = {}
    for fact in facts:
        question = asked.get(fact.fact)
        if question is None:
            continue
        person = pseudonyms.of(fact.issuer or "", fact.patient_id)
        if fact.date is None:
            undated.setdefault(person, {})[question.name] = _coded(question, fact)
            continue
        cells = days.setdefault((person, fact.date), {})
        cells[question.name] = _coded(question, fact)
        if fact.fact == FRACTURE and fact.value != "none":
            cells[FRACTURE_DAY] = fact.date.isoformat()
    for person, cells in undated.items():
        first = min((d for p, d in days if p == person), default=None)
        if first is not None:
            days[person, first] = cells | days[person, first]
    rows = [AnswerRow(line=0, person=p, day=d, cells=days[p, d]) for p, d in sorted(days)]
    beside = path.with_name(f"{path.stem}_data_dictionary.csv")
    _write(path, redcap_text(rows, column_names(), event).encode("utf-8"))
    _write(beside, dictionary_text(_dictionary(lang)).encode("utf-8"))
    return path, beside


def _coded(question: PopQuestion, fact: Fact) -> str:
    if FACT_NAMES[fact.fact].kind is FactKind.EVENT:
        return "" if fact.date is None else fact.date.isoformat()
    if question.kind == "yesno":
        return "1" if fact.value == "yes" else "0"
    return fact.value


def _dictionary(lang: str) -> list[DictionaryField]:
    asked, i = pop_questionnaire(), 1 if lang == "zh-TW" else 0
    found, section = [], ""
    for q in asked.questions:
        choices = " | ".join(f"{w}, {asked.word(q, w)[i]}" for w in _choices(q))
        found.append(
            DictionaryField(
                name=q.name,
                kind=q.kind,
                label=q.text[i],
                section=asked.sections[q.section][i] if q.section != section else "",
                fact=q.fact,
                choices=choices,
            )
        )
        section = q.section
    return found


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"it can't be written: {error.strerror}.", file=path
        ) from error
