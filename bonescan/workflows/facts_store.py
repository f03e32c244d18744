"""Facts about people: a template to fill, a check, import into a result folder, and a look."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, code_info
from bonescan.files.fact_names import FACT_NAMES, SEVERAL_A_DAY
from bonescan.files.facts_csv import LONG_COLUMNS, read_facts
from bonescan.files.tables import write_atomically
from bonescan.model.outcome import Problem
from bonescan.model.person import Fact
from bonescan.model.vocabulary import Severity

from .result_folder import prepare

EXIT_NOTHING = 4

_LONG_EXAMPLES = (
    ("EXAMPLE-1", "", "", "birth_date", "1987-05-12", "chart"),
    ("EXAMPLE-1", "", "", "sex", "F", "chart"),
    ("EXAMPLE-1", "", "2024-05-01", "delivery", "yes", "chart"),
    ("EXAMPLE-1", "", "2024-05-03", "feeding", "exclusive", "questionnaire"),
    ("EXAMPLE-1", "", "2024-11-20", "weaning", "yes", "questionnaire"),
    ("EXAMPLE-2", "", "2015-03-01", "menopause", "natural", "questionnaire"),
    ("EXAMPLE-2", "", "2022-08-14", "fragility_fracture", "forearm", "chart"),
)
_WIDE_COLUMNS = (
    "patient_id", "issuer", "sex", "birth_date", "date", "menopausal_status", "menopause",
    "menopause_date", "pregnancy_last_period", "delivery", "weaning", "fragility_fracture",
    "fragility_fracture_date", "height_cm", "weight_kg", "source",
)  # fmt: skip
_WIDE_EXAMPLES = (
    ("EXAMPLE-1", "", "F", "1987-05-12", "2024-11-25", "", "", "", "2023-07-26", "2024-05-01",
     "2024-11-20", "none", "", "162", "58", "questionnaire"),
    ("EXAMPLE-2", "", "F", "1958-02-03", "2024-11-25", "", "natural", "2008-03-01", "", "",
     "", "forearm", "2022-08-14", "157", "61", "chart"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFacts:
    """What an import or a check found."""

    facts: tuple[Fact, ...]
    problems: tuple[Problem, ...]
    n_added: int | None = None  # None: only checked

    @property
    def n_people(self) -> int:
        """How many people the facts are about."""
        return len({(f.issuer, f.patient_id) for f in self.facts})


def template_text(form: str) -> str:
    """Write a facts table to start from, "long" or "wide", with example rows that are left out."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if form == "wide":
        writer.writerows((_WIDE_COLUMNS, *_WIDE_EXAMPLES))
    else:
        writer.writerows((LONG_COLUMNS, *_LONG_EXAMPLES))
    return buffer.getvalue()


def write_template(out: Path, form: str) -> None:
    """Write the template with a UTF-8 mark, so that a spreadsheet reads it right."""
    try:
        write_atomically(out, template_text(form).encode("utf-8-sig"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the template can't be written: {error.strerror}.", file=out
        ) from error


def catalogue() -> list[dict[str, Any]]:
    """List every fact that may be recorded."""
    return [
        {
            "fact": f.name,
            "meaning": f.meaning,
            "takes": f.allowed,
            "needs_date": f.needs_date,
            "name_zh_tw": f.name_zh or None,
        }
        for f in FACT_NAMES.values()
    ]


def check_facts(path: Path) -> ImportedFacts:
    """Read a facts file and keep nothing."""
    facts, problems = read_facts(path)
    return ImportedFacts(facts=facts, problems=problems)


def import_facts(path: Path, out: Path) -> ImportedFacts:
    """Read a facts file into the store of a result folder, made if it is new.

    What the same file said before and says no more is withdrawn. Facts about
    somebody without a scan are kept and named (BS-W203). Classes
    change at the next `run`, which measures nothing again.
    """
    from bonescan.store.open_store import open_store

    facts, problems = read_facts(path)
    prepare(out)
    store = open_store(out, create=True)
    try:
        n_added = store.put_facts(facts, several=SEVERAL_A_DAY, files=[path])
        exams = [exam for c in store.contents() for exam in c.outcome.exams]
        known = {e.subject.patient_id for e in exams if e.subject}
    finally:
        store.close()
    strangers = _strangers(facts, known, str(path))
    return ImportedFacts(facts=facts, problems=problems + strangers, n_added=n_added)


def stored_facts(out: Path, patient_id: str | None = None) -> tuple[Fact, ...]:
    """Give the facts in force in a result folder, of everybody or of one chart number."""
    from bonescan.store.open_store import open_store

    store = open_store(out)
    try:
        facts = store.facts()
    finally:
        store.close()
    return tuple(f for f in facts if patient_id is None or f.patient_id == patient_id)


def fact_row(fact: Fact) -> dict[str, Any]:
    """Give one fact as plain values."""
    return {
        "patient_id": fact.patient_id,
        "issuer": fact.issuer,
        "date": fact.date.isoformat() if fact.date else None,
        "fact": fact.fact,
        "value": fact.value,
        "source": fact.source,
    }


def _strangers(facts: Sequence[Fact], known: set[str | None], file: str) -> tuple[Problem, ...]:
    if not known:  # facts may come before the first scan
        return ()
    counts: dict[str, int] = {}
    for fact in facts:
        if fact.patient_id not in known:
            counts[fact.patient_id] = counts.get(fact.patient_id, 0) + 1
    return tuple(
        Problem(
            code="BS-W203",
            severity=Severity.WARNING,
            file=file,
            reason=f"Found {n} fact{'s' * (n > 1)} about the id {patient_id!r}, which no scan in "
            "the result folder carries.",
            hint=code_info("BS-W203").hint,
        )
        for patient_id, n in counts.items()
    )
