"""Who is who: one key a person, and the doubts that keep exams from being joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bonescan.errors import code_info
from bonescan.model.exam import Subject
from bonescan.model.outcome import Problem
from bonescan.model.person import Fact
from bonescan.model.vocabulary import Severity

from .pseudonyms import Pseudonyms


@dataclass(frozen=True, slots=True, order=True)
class PersonKey:
    """Issuer and chart number as written; a file that names nobody is a person of its own."""

    issuer: str
    patient_id: str
    content: str = ""  # only for a file that names nobody

    @classmethod
    def of(cls, subject: Subject | None, sha256: str) -> PersonKey:
        """Make the key of the person a file is about."""
        if subject is None or not subject.patient_id:
            return cls("", "", sha256)
        return cls(subject.issuer or "", subject.patient_id)


def facts_of(key: PersonKey, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Pick the facts about a person; facts without issuer hold for any issuer."""
    return tuple(
        f
        for f in facts
        if f.patient_id == key.patient_id and key.patient_id and f.issuer in (None, "", key.issuer)
    )


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Chart numbers that a fact says are one person's, and those said to be two people's."""

    same: dict[PersonKey, PersonKey]
    doubts: dict[PersonKey, tuple[PersonKey, ...]] = field(default_factory=dict)  # not joined

    @classmethod
    def of(cls, facts: Iterable[Fact], keys: Iterable[PersonKey] = ()) -> Crosswalk:
        """Read the facts `same_as`, whose value is an id or ``issuer|id``.

        A fact without issuer holds for every issuer among `keys`, the people
        that the scans name; an id without issuer is one of the same issuer.
        """
        issuers: dict[str, set[str]] = {}
        for key in keys:
            issuers.setdefault(key.patient_id, set()).add(key.issuer)
        targets: dict[PersonKey, set[PersonKey]] = {}
        for fact in facts:
            if fact.fact != "same_as":
                continue
            issuer, _, patient_id = fact.value.rpartition("|")
            of_any = {"", *issuers.get(fact.patient_id, ())}
            for own_issuer in {fact.issuer} if fact.issuer else of_any:
                own = PersonKey(own_issuer, fact.patient_id)
                targets.setdefault(own, set()).add(PersonKey(issuer or own_issuer, patient_id))
        return cls(
            {own: min(others) for own, others in targets.items() if len(others) == 1},
            {own: tuple(sorted(o)) for own, o in targets.items() if len(o) > 1},
        )

    def person(self, key: PersonKey) -> PersonKey:
        """Follow the chain to the number that stands for the person; of a circle its least."""
        chain = [key]
        while (following := self.same.get(chain[-1])) is not None:
            if following in chain:
                return min(chain[chain.index(following) :])
            chain.append(following)
        return chain[-1]

    def names(self, key: PersonKey) -> tuple[PersonKey, ...]:
        """List every number of the person `key` stands for, itself first."""
        others = (k for k in sorted(self.same) if k != key and self.person(k) == key)
        return (key, *others)


@dataclass(frozen=True, slots=True)
class ByChartNumber:
    """Speaks of people as their records do; only where the site shows chart numbers."""

    def of(self, key: PersonKey) -> str:
        """Name a person."""
        return f"chart number {key.patient_id!r}"

    def values(self, values: Iterable[str]) -> str:
        """Show what stands in the records."""
        return f" ({' and '.join(sorted(values))})"


@dataclass(frozen=True, slots=True)
class ByPseudonym:
    """Speaks of people so that a page may be shown: no chart number, no birth date."""

    pseudonyms: Pseudonyms

    def of(self, key: PersonKey) -> str:
        """Name a person."""
        return self.pseudonyms.of(key.issuer, key.patient_id)

    def values(self, _values: Iterable[str]) -> str:
        """Show nothing."""
        return ""


Speech = ByChartNumber | ByPseudonym


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def identity_conflicts(
    people: dict[PersonKey, list[Subject]],
    facts: dict[PersonKey, tuple[Fact, ...]],
    crosswalk: Crosswalk | None = None,
    speech: Speech | None = None,
) -> dict[PersonKey, str]:
    """Find the people whose records contradict each other.

    Parameters
    ----------
    people : dict
        Person -> who the files say it is, one entry a file.
    facts : dict
        Person -> facts.
    crosswalk : Crosswalk, optional
        Its doubts are conflicts too.
    speech : ByChartNumber or ByPseudonym, optional
        How the sentences name people; by chart number unless told.

    Returns
    -------
    conflicts : dict
        Person -> what was found, in one sentence.
    """
    speech = speech or ByChartNumber()
    doubts = crosswalk.doubts if crosswalk else {}
    found = {
        key: f"{_capital(speech.of(key))} is said to be the same person as "
        f"{' and '.join(speech.of(other) for other in doubts[key])}; wanted one, "
        "they are not joined."
        for key in people
        if key in doubts
    }
    for key, subjects in people.items():
        if reason := _contradiction(key, subjects, facts.get(key, ()), speech):
            found[key] = reason
    for one, other, reason in _look_alikes(people, speech):
        found.setdefault(one, reason)
        found.setdefault(other, reason)
    return found


def conflict_problem(files: Sequence[str], reason: str) -> Problem:
    """Say what is wrong with the identity of the exams in `files`."""
    return Problem(
        code="BS-W282",
        severity=Severity.WARNING,
        file=";".join(files),
        reason=reason,
        hint=code_info("BS-W282").hint,
    )


def _contradiction(
    key: PersonKey, subjects: list[Subject], facts: tuple[Fact, ...], speech: Speech
) -> str:
    births = {s.birth_date.isoformat() for s in subjects if s.birth_date}
    births |= {f.value for f in facts if f.fact == "birth_date"}
    sexes = {s.sex for s in subjects if s.sex} | {f.value for f in facts if f.fact == "sex"}
    if len(births) > 1:
        return (
            f"{_capital(speech.of(key))} stands with {len(births)} birth dates"
            f"{speech.values(births)}; wanted one."
        )
    if len(sexes) > 1:
        return (
            f"{_capital(speech.of(key))} stands with both sexes{speech.values(sexes)}; wanted one."
        )
    return ""


def _look_alikes(
    people: dict[PersonKey, list[Subject]], speech: Speech
) -> Iterable[tuple[PersonKey, PersonKey, str]]:
    """Pair people of one issuer who are probably one: a chart number or a name spelt twice."""
    seen: dict[tuple[str, ...], PersonKey] = {}
    for key in sorted(people):
        if not key.patient_id:
            continue
        for mark, words in _marks(key, people[key]):
            other = seen.setdefault(mark, key)
            if other != key:
                yield (
                    other,
                    key,
                    f"{_capital(speech.of(other))} and {speech.of(key)} {words}; "
                    "they are not joined.",
                )


def _marks(key: PersonKey, subjects: list[Subject]) -> Iterable[tuple[tuple[str, ...], str]]:
    bare = re.sub(r"[\s\-_/.]", "", key.patient_id).casefold().lstrip("0")
    births = sorted({s.birth_date.isoformat() for s in subjects if s.birth_date})
    sexes = sorted({s.sex for s in subjects if s.sex})
    names = sorted({_bare_name(s.name) for s in subjects if s.name} - {""})
    for birth in births:
        yield (
            ("id", key.issuer, bare, birth),
            "have chart numbers that differ only in spelling, and one birth date",
        )
        for name in names:
            for sex in sexes:
                yield (
                    ("name", key.issuer, name, birth, sex),
                    "share name, birth date and sex",
                )


def _bare_name(name: str) -> str:
    return re.sub(r"[\s^=,]+", " ", name).strip().casefold()
