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
from bonescan.guidance.indices import IndexResult, screening_indices
from bonescan.guidance.load import RuleBook, load_rules
from bonescan.guidance.questionnaire import QuestionnaireResult, count_answers
from bonescan.model.guidance import FactQuestion, FactSheet, Guidance, Prompt
from bonescan.model.page import PersonPage
from bonescan.model.person import Fact
from bonescan.norms.load import load_norms
from bonescan.settings import Settings
from bonescan.store.open_store import open_store

from .fact_sheet import read_fact_sheet, with_options
from .gather_study import Study, gather_study
from .person_sheet import person_sheet
from .pseudonyms import Pseudonyms, open_pseudonyms
from .result_folder import STORE_NAME
from .series_loss import series_losses

QUESTION = "q_"  # facts that answer the questionnaire begin so
FOR_THE_CLINICIAN = (
    "Prompts for a clinician, not instructions. Research software, not a medical device.",
    "供臨床醫師參考之提示，並非醫囑。僅供研究，非醫療器材。",
)


@dataclass(frozen=True, kw_only=True)
class GuidedPerson:
    """A person's facts and what the rules say of them."""

    sheet: FactSheet
    guidance: Guidance
    questions: dict[str, FactQuestion]
    indices: tuple[IndexResult, ...] = ()
    questionnaire: QuestionnaireResult | None = None  # None: not one of its questions is answered
    losses: tuple[dict[str, Any], ...] = ()  # own series beside published rates, plain values

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values, both languages side by side."""
        return {
            "patient_id": self.guidance.patient_id,
            "on": self.guidance.on.isoformat(),
            "prompts": [_prompt_dict(p) for p in self.guidance.prompts],
            "safety": [_prompt_dict(p) for p in self.guidance.safety],
            "unknown": [self._open_dict(p) for p in self.guidance.unknown],
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


def _prompt_dict(prompt: Prompt) -> dict[str, Any]:
    return {
        "rule_id": prompt.rule_id,
        "kind": str(prompt.kind),
        "topic": prompt.topic,
        "state": str(prompt.truth),
        "en": prompt.text_en,
        "zh": prompt.text_zh,
        "value": prompt.value,
        "reasons": list(prompt.reasons),
        "source": prompt.source,
        "evidence": str(prompt.evidence),
        "conflicts_en": list(prompt.conflicts),
        "conflicts_zh": list(prompt.conflicts_zh),
        "safety_ids": list(prompt.safety_ids),
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
    }


def _questionnaire_dict(found: QuestionnaireResult) -> dict[str, Any]:
    return {
        "n_yes": found.n_yes,
        "n_asked": found.n_asked,
        "yes": [{"number": q.number, "en": q.en, "zh": q.zh} for q in found.yes],
        "unanswered": [q.number for q in found.unanswered],
        "not_applicable": [q.number for q in found.not_applicable],
    }


def guide_facts(
    path: Path,
    options: Sequence[str] = (),
    *,
    today: date,
    rules: Path | None = None,
    from_memory: bool = False,
    topics: Sequence[str] = (),
) -> GuidedPerson:
    """Judge the rules for the person whose facts a TOML file holds.

    Raises
    ------
    UsageError
        BS-E400, BS-E401.
    """
    book = load_rules(rules)
    sheet = with_options(read_fact_sheet(path, book, today), options, book)
    return guided(sheet, book, from_memory=from_memory, topics=topics)


def guide_patient(
    patient_id: str,
    out: Path,
    options: Sequence[str] = (),
    *,
    on: date,
    rules: Path | None = None,
    from_memory: bool = False,
    topics: Sequence[str] = (),
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
    found = guided(sheet, book, from_memory=from_memory, topics=topics)
    return replace(found, losses=tuple(series_losses(page, sheet)))


def guided(
    sheet: FactSheet, book: RuleBook, *, from_memory: bool = False, topics: Sequence[str] = ()
) -> GuidedPerson:
    """Judge the rules for a sheet of facts."""
    return GuidedPerson(
        sheet=sheet,
        guidance=evaluate(sheet, book, from_memory=from_memory, topics=topics),
        questions=dict(book.facts),
        indices=screening_indices(sheet),
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
    if not (out / STORE_NAME).is_file():
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
