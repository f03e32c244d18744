"""Prompts for one person: from a facts file, or from a result folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.guidance.evaluate import evaluate
from bonescan.guidance.indices import TRUNCATE, IndexResult, screening_indices
from bonescan.guidance.load import RuleBook, load_rules
from bonescan.guidance.questionnaire import (
    NOTE,
    TITLE,
    QuestionnaireResult,
    count_answers,
    questions,
)
from bonescan.model.guidance import FactQuestion, FactSheet, Guidance, Prompt, RuleKind, Truth
from bonescan.model.page import PersonPage
from bonescan.model.person import Fact
from bonescan.norms.load import load_norms
from bonescan.settings import Settings
from bonescan.store.open_store import has_store, open_store

from .fact_sheet import Clash, clashes, read_fact_sheet, with_options
from .fact_words import citation_zh, reason_zh, source_zh
from .gather_study import Study, gather_study
from .guide_asked import Asked, asked_facts
from .person_sheet import person_sheet
from .pseudonyms import Pseudonyms, open_pseudonyms
from .result_folder import STORE_NAME
from .series_loss import series_losses

QUESTION = "q_"  # facts that answer the questionnaire begin so
FOR_THE_CLINICIAN = (
    "Prompts for a clinician, not instructions. Research software, not a medical device.",
    "供臨床醫師參考之提示，並非醫囑。僅供研究，非醫療器材。",
)
DECIDES = ("for the clinician to decide", "由臨床醫師判斷")
DECIDES_SENTENCE = (" For the clinician to decide.", "由臨床醫師判斷。")
CONTRAINDICATIONS_NOTE = "SAF-07"  # stands directly above the listed contraindications


@dataclass(frozen=True, kw_only=True)
class GuidedPerson:
    """A person's facts and what the rules say of them."""

    sheet: FactSheet
    guidance: Guidance
    questions: dict[str, FactQuestion]
    indices: tuple[IndexResult, ...] = ()
    questionnaire: QuestionnaireResult | None = None  # None: not one of its questions is answered
    losses: tuple[dict[str, Any], ...] = ()  # own series beside published rates, plain values
    clashes: tuple[Clash, ...] = ()  # contraindications on record that an option denied

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values, both languages side by side."""
        return {
            "patient_id": self.guidance.patient_id,
            "on": self.guidance.on.isoformat(),
            "prompts": [self._prompt_dict(p) for p in self.guidance.prompts],
            "safety": self._safety_dicts(),
            "unknown": [self._open_dict(p) for p in self.guidance.unknown],
            "ask": [
                self._ask_dict(a)
                for a in asked_facts(self.guidance.unknown, self.indices, self.sheet)
            ],
            "not_understood": list(self.sheet.not_understood),
            "clashes": [self._clash_dict(c) for c in self.clashes],
            "switched_off": list(self.guidance.switched_off),
            "indices": [_index_dict(i) for i in self.indices],
            "questionnaire": None
            if self.questionnaire is None
            else _questionnaire_dict(self.questionnaire),
            "losses": [dict(loss) for loss in self.losses],
            "note": list(FOR_THE_CLINICIAN),
        }

    def _open_dict(self, prompt: Prompt) -> dict[str, Any]:
        """Say what to ask; the text of a rule that can't be judged stays out of sight."""
        return {
            "rule_id": prompt.rule_id,
            "topic": prompt.topic,
            "ask": [
                {"fact": n, "en": self.questions[n].ask_en, "zh": self.questions[n].ask_zh}
                for n in prompt.missing
            ],
        }

    def _prompt_dict(self, prompt: Prompt) -> dict[str, Any]:
        """Write a prompt; each ends with who decides, whatever its table says."""
        en, zh = prompt.text_en, prompt.text_zh
        if prompt.kind is not RuleKind.SAFETY:
            en = en if DECIDES[0] in en.casefold() else en + DECIDES_SENTENCE[0]
            zh = zh if DECIDES[1] in zh else zh + DECIDES_SENTENCE[1]
        names = [reason.partition(" = ")[0] for reason in prompt.reasons]
        return {
            "rule_id": prompt.rule_id,
            "kind": str(prompt.kind),
            "topic": prompt.topic,
            "state": str(prompt.truth),
            "shows_state": prompt.shows_state,
            "en": en,
            "zh": zh,
            "value": prompt.value,
            "reasons": list(prompt.reasons),
            "reasons_zh": [reason_zh(name, self.sheet, self.questions) for name in names],
            "source": prompt.source,
            "source_zh": citation_zh(prompt.source),
            "evidence": str(prompt.evidence),
            "conflicts_en": list(prompt.conflicts),
            "conflicts_zh": list(prompt.conflicts_zh),
            "safety_ids": list(prompt.safety_ids),
        }

    def _safety_dicts(self) -> list[dict[str, Any]]:
        """Put what is recorded first; the contraindications stay together under their note."""
        rows = self.guidance.safety
        note = [p for p in rows if p.rule_id == CONTRAINDICATIONS_NOTE]
        block = note + [p for p in rows if p.shows_state]
        recorded = any(p.truth is Truth.YES for p in block)
        others = [p for p in rows if p not in block]
        placed = [(p, recorded) for p in block]
        placed += [(p, p.truth is Truth.YES) for p in others]
        return [
            {**self._prompt_dict(p), "first": first}
            for p, first in sorted(placed, key=lambda pair: not pair[1])
        ]

    def _ask_dict(self, asked: Asked) -> dict[str, Any]:
        question = self.questions[asked.fact]
        numbers = {QUESTION + q.key: q.number for q in questions()}
        return {
            "fact": asked.fact,
            "en": question.ask_en,
            "zh": question.ask_zh,
            "rules": [name for name in asked.waiting if name not in numbers],
            "answers": [numbers[name] for name in asked.waiting if name in numbers],
        }

    def _clash_dict(self, clash: Clash) -> dict[str, str]:
        where, where_zh = clash.recorded, source_zh(clash.recorded)
        question = self.questions[clash.fact]
        return {
            "fact": clash.fact,
            "en": f"{clash.fact}: recorded yes{f' ({where})' if where else ''}, an option says "
            "no; the record stays.",
            "zh": f"{question.ask_zh}記錄為「是」{f'（{where_zh}）' if where else ''}，"
            "選項為「否」；以記錄為準。",
        }


def _index_dict(index: IndexResult) -> dict[str, Any]:
    return {
        "name": index.name,
        "population": index.population,
        "score": index.score,
        "cut": index.cut,
        "reaches_cut": index.reaches_cut,
        "band": index.band,
        "missing": list(index.missing),
        "reason": index.reason,
        "evidence": str(index.evidence),
        "note": index.note,
        "raw": index.raw,
        **{f"{word}_zh": text for word, text in index.chinese.items()},
    }


def _questionnaire_dict(found: QuestionnaireResult) -> dict[str, Any]:
    return {
        "n_yes": found.n_yes,
        "n_asked": found.n_asked,
        "yes": [{"number": q.number, "en": q.en, "zh": q.zh} for q in found.yes],
        "unanswered": [q.number for q in found.unanswered],
        "not_applicable": [q.number for q in found.not_applicable],
        **dict(zip(("title_en", "title_zh"), TITLE, strict=True)),
        **dict(zip(("note_en", "note_zh"), NOTE, strict=True)),
    }


def guide_facts(
    path: Path,
    options: Sequence[str] = (),
    *,
    today: date,
    on: date | None = None,
    rules: Path | None = None,
    from_memory: bool = False,
    topics: Sequence[str] = (),
    ost_mode: str = TRUNCATE,
) -> GuidedPerson:
    """Judge the rules for the person whose facts a TOML file holds.

    Parameters
    ----------
    path : Path
    options : sequence of str
        Further facts as NAME=VALUE.
    today : date
        The day to judge for where neither `on` nor the file names one.
    on : date, optional
        The day to judge for; goes before the file's.
    ost_mode : {"truncate", "round"}

    Raises
    ------
    UsageError
        BS-E400, BS-E401.
    """
    book = load_rules(rules)
    known = read_fact_sheet(path, book, today, on=on)
    sheet = with_options(known, options, book)
    found = guided(sheet, book, from_memory=from_memory, topics=topics, ost_mode=ost_mode)
    return replace(found, clashes=clashes(known, options, book))


def guide_patient(
    patient_id: str,
    out: Path,
    options: Sequence[str] = (),
    *,
    on: date,
    rules: Path | None = None,
    from_memory: bool = False,
    topics: Sequence[str] = (),
    ost_mode: str = TRUNCATE,
) -> GuidedPerson:
    """Judge the rules for a person of a result folder.

    Parameters
    ----------
    patient_id : str
        Pseudonym as in patients.csv.
    out : Path
        Result folder of `bonescan run`.
    options : sequence of str
        Further facts as NAME=VALUE.
    on : date
        The day to judge for.

    Raises
    ------
    UsageError
        BS-E400, BS-E401; BS-E402: nobody of that name is there.
    """
    book = load_rules(rules)
    people = {s.patient_id: (s, page) for s, page in folder_people(out, on)}
    if patient_id not in people:
        raise UsageError("BS-E402", f"found no {patient_id} among {len(people)} people.", file=out)
    known, page = people[patient_id]
    sheet = with_options(known, options, book)
    found = guided(sheet, book, from_memory=from_memory, topics=topics, ost_mode=ost_mode)
    losses = tuple(series_losses(page, sheet))
    return replace(found, losses=losses, clashes=clashes(known, options, book))


def guided(
    sheet: FactSheet,
    book: RuleBook,
    *,
    from_memory: bool = False,
    topics: Sequence[str] = (),
    ost_mode: str = TRUNCATE,
) -> GuidedPerson:
    """Judge the rules for a sheet of facts.

    Raises
    ------
    UsageError
        BS-E304: a topic that no rule has.
    """
    try:
        guidance = evaluate(sheet, book, from_memory=from_memory, topics=topics)
    except ValueError as fault:
        raise UsageError("BS-E304", f"{fault}.") from fault
    return GuidedPerson(
        sheet=sheet,
        guidance=guidance,
        questions=dict(book.facts),
        indices=screening_indices(sheet, ost_mode=ost_mode, from_memory=from_memory),
        questionnaire=_answered(sheet),
    )


def _answered(sheet: FactSheet) -> QuestionnaireResult | None:
    answers = {
        name.removeprefix(QUESTION): value
        for name, value in sheet.values.items()
        if name.startswith(QUESTION) and isinstance(value, bool)
    }
    sex = sheet.values.get("sex")
    return count_answers(answers, str(sex) if sex else None) if answers else None


@contextmanager
def opened_study(out: Path) -> Iterator[tuple[Study, Pseudonyms]]:
    """Read a result folder as it is labelled today.

    Raises
    ------
    UsageError
        BS-E305: there is no store of ours.
    """
    if not has_store(out):
        raise UsageError("BS-E305", f"found no {STORE_NAME} there, wanted a result folder.",
                         file=out)  # fmt: skip
    store = open_store(out)
    try:
        pseudonyms = open_pseudonyms(out)
        yield gather_study(store, pseudonyms, load_norms(None), Settings()), pseudonyms
    finally:
        store.close()


def folder_sheets(out: Path, on: date) -> list[FactSheet]:
    """Gather the facts of everybody in a result folder, scanned or only recorded.

    People whose identity is in doubt are left out: their facts may be another's.
    """
    return [sheet for sheet, _page in folder_people(out, on)]


def folder_people(out: Path, on: date) -> list[tuple[FactSheet, PersonPage | None]]:
    """Gather the facts of everybody as `folder_sheets` does, with their exams; None = no exam."""
    with opened_study(out) as (study, pseudonyms):
        doubtful = {
            p.patient_id
            for p in study.people
            if any("identity_conflict" in v.verdict.flags for v in p.verdicts)
        }
        found: list[tuple[FactSheet, PersonPage | None]] = [
            (person_sheet(p.patient_id, on, study.facts.get(p.patient_id, ()), p), p)
            for p in study.people
            if p.patient_id not in doubtful
        ]
        for patient_id, facts in _recorded_only(study, pseudonyms).items():
            found.append((person_sheet(patient_id, on, facts, None), None))
    return found


def _recorded_only(study: Study, pseudonyms: Pseudonyms) -> dict[str, tuple[Fact, ...]]:
    people: dict[str, list[Fact]] = {}
    for fact in study.facts_without_scan:
        name = pseudonyms.of(fact.issuer or "", fact.patient_id)
        people.setdefault(name, []).append(fact)
    return {name: tuple(facts) for name, facts in people.items()}
