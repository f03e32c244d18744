"""Take in what is said at enrolment or a visit: facts with a day, checked before they are kept."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.files.fact_names import FACT_NAMES, SEVERAL_A_DAY, FactKind
from bonescan.files.fact_values import Refused, parse_value
from bonescan.model.person import Fact
from bonescan.store.open_store import open_store

from .pseudonyms import open_pseudonyms
from .result_folder import alone_in, prepare

FEEDING = frozenset({"feeding", "weaning"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was kept."""

    patient_id: str  # pseudonym
    facts: tuple[Fact, ...]
    n_added: int

    def to_dict(self) -> dict[str, Any]:
        """Give the facts as plain values, without the chart number."""
        return {
            "patient_id": self.patient_id,
            "n_added": self.n_added,
            "facts": [
                {"date": None if f.date is None else f.date.isoformat(), "fact": f.fact,
                 "value": f.value}
                for f in self.facts
            ],
        }  # fmt: skip


def record_facts(
    out: Path,
    patient: str,
    entries: Sequence[tuple[str, str, date | None]],
    *,
    issuer: str | None,
    source: str,
    on: date,
) -> Recorded:
    """Keep facts about one woman.

    Parameters
    ----------
    out : Path
        Result folder, made if it is new: a woman may be enrolled before her first scan.
    patient : str
        Chart number, or pseudonym of somebody the folder knows.
    entries : sequence of (fact, value, day)
        As in a facts file.
    issuer : str or None
        Of the chart number.
    source : str
        Who says so.
    on : date
        Today, for what can't lie in the future.

    Raises
    ------
    UsageError
        BS-E446: a fact or value that can't be, a day to come, nothing to record, feeding
        after a loss, an unknown pseudonym.
    """
    if not entries:
        raise UsageError("BS-E446", "found nothing to record.")
    prepare(out)
    with alone_in(out):
        store = open_store(out, create=True)
        try:
            pseudonyms = open_pseudonyms(out)
            number, of = chart_number(patient, issuer, store.facts(), out)
            facts = [_fact(number, of, entry, source, on) for entry in entries]
            _check_loss([f for f in store.facts() if f.patient_id == number], facts)
            n_added = store.put_facts(facts, several=SEVERAL_A_DAY)
            name = pseudonyms.of(of or "", number)
        finally:
            store.close()
    return Recorded(patient_id=name, facts=tuple(facts), n_added=n_added)


def chart_number(
    patient: str, issuer: str | None, facts: Sequence[Fact], out: Path
) -> tuple[str, str | None]:
    """Find the chart number behind a pseudonym; a chart number stands for itself."""
    if not patient.startswith("P-"):
        return patient, issuer
    pseudonyms = open_pseudonyms(out)
    for fact in facts:
        if pseudonyms.of(fact.issuer or "", fact.patient_id) == patient:
            return fact.patient_id, fact.issuer
    path = out / "identities.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("patient_id") == patient and row.get("chart_number"):
                    return row["chart_number"], row.get("issuer") or None
    raise UsageError("BS-E446", f"found nobody called {patient} in {out}.")


def _fact(
    number: str, issuer: str | None, entry: tuple[str, str, date | None], source: str, on: date
) -> Fact:
    name, text, day = entry
    known = FACT_NAMES.get(name)
    if known is None:
        raise UsageError(
            "BS-E446", f"found the fact {name!r}; `bonescan facts template` lists all."
        )
    if day is None and known.needs_date:
        raise UsageError("BS-E446", f"found {name} without its day.")
    if day is not None and day > on and name != "due_date":
        raise UsageError("BS-E446", f"found {name} on {day}, which is to come.")
    try:
        value = parse_value(known, text or ("yes" if known.kind is FactKind.EVENT else ""))
    except Refused as error:
        raise UsageError("BS-E446", f"{name}: {error}.") from error
    return Fact(
        patient_id=number,
        issuer=issuer,
        date=day if known.dated else None,
        fact=name,
        value=value,
        source=source,
    )


def _check_loss(before: Sequence[Fact], now: Sequence[Fact]) -> None:
    """After a loss nobody is asked about feeding, and an answer is a slip of the pen."""
    both = [*before, *now]
    losses = [f.date for f in both if f.fact == "pregnancy_loss" and f.date is not None]
    births = [f.date for f in both if f.fact == "delivery" and f.date is not None]
    for fact in now:
        if fact.fact not in FEEDING or fact.date is None:
            continue
        lost = [d for d in losses if d <= fact.date]
        if lost and not any(max(lost) < b <= fact.date for b in births):
            raise UsageError(
                "BS-E446",
                f"found {fact.fact} on {fact.date} after the loss of the pregnancy on {max(lost)}.",
            )


def entries_of(
    on: date, words: Mapping[str, Any], facts: Sequence[str]
) -> list[tuple[str, str, date | None]]:
    """Turn options and NAME=VALUE words into entries of that day.

    A date among the options is the day of its event; True is a yes of today.

    Raises
    ------
    UsageError
        BS-E446: a word that is not NAME=VALUE.
    """
    found: list[tuple[str, str, date | None]] = []
    for name, value in words.items():
        if isinstance(value, date):
            found.append((name, "yes", value))
        elif isinstance(value, tuple):
            found.append((name, str(value[0]), value[1]))
        elif value is True:
            found.append((name, "yes", on))
        elif value not in (None, "", False):
            found.append((name, str(value), on))
    for word in facts:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError("BS-E446", f"found --fact {word}, wanted NAME=VALUE.")
        found.append((name.strip(), value.strip(), on))
    return found
