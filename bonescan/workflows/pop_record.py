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
from bonescan.model.gestation import pregnancy_ends
from bonescan.model.person import Fact
from bonescan.store.open_store import open_store

from .identify import Crosswalk, PersonKey
from .pseudonyms import Pseudonyms, open_pseudonyms
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
        after a loss, a chart number of several issuers. BS-E470: an unknown pseudonym.
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
            name = _shown(PersonKey(of or "", number), store.facts(), pseudonyms, out)
        finally:
            store.close()
    return Recorded(patient_id=name, facts=tuple(facts), n_added=n_added)


def _shown(key: PersonKey, facts: Sequence[Fact], pseudonyms: Pseudonyms, out: Path) -> str:
    """Give the pseudonym under which lists name her: that of `same_as`, where scans know it."""
    scanned = {PersonKey(r["issuer"] or "", r["chart_number"]) for r in _identities(out)}
    same = Crosswalk.of(facts, {*scanned, key}).person(key)
    person = same if same in scanned else key
    return pseudonyms.of(person.issuer, person.patient_id)


def chart_number(
    patient: str, issuer: str | None, facts: Sequence[Fact], out: Path
) -> tuple[str, str | None]:
    """Find the chart number behind a pseudonym, and its issuer.

    A chart number stands for itself. Without an issuer it is that of the person whom
    the folder knows by this number, as facts without issuer are.

    Raises
    ------
    UsageError
        BS-E446: the number is known of several issuers. BS-E470: an unknown pseudonym.
    """
    if not patient.startswith("P-"):
        return patient, issuer or _only_issuer(patient, facts, out)
    pseudonyms = open_pseudonyms(out)
    for fact in facts:
        if pseudonyms.of(fact.issuer or "", fact.patient_id) == patient:
            return fact.patient_id, fact.issuer
    for row in _identities(out):
        if row.get("patient_id") == patient and row.get("chart_number"):
            return row["chart_number"], row.get("issuer") or None
    raise UsageError("BS-E470", f"found nobody called {patient} in {out}.")


def _identities(out: Path) -> list[dict[str, str]]:
    path = out / "identities.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _only_issuer(number: str, facts: Sequence[Fact], out: Path) -> str | None:
    """Find who gave out a chart number: by the scans, else by the facts."""
    scanned = {r.get("issuer") or "" for r in _identities(out) if r.get("chart_number") == number}
    known = scanned or {f.issuer or "" for f in facts if f.patient_id == number and f.issuer}
    if len(known) > 1:
        words = ", ".join(sorted(w or "none" for w in known))
        raise UsageError(
            "BS-E446", f"found the chart number of several issuers ({words}), wanted --issuer."
        )
    return next(iter(known), None) or None


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
    others = [*before, *(f for f in now if f.fact not in FEEDING)]
    for fact in now:
        if fact.fact not in FEEDING or fact.date is None:
            continue
        ends = pregnancy_ends(others, fact.date)
        if ends and ends[-1].is_loss:
            raise UsageError(
                "BS-E446",
                f"found {fact.fact} on {fact.date} after the loss of the pregnancy on "
                f"{ends[-1].day}; of twins of whom one lives, give multiplicity=2 too.",
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
