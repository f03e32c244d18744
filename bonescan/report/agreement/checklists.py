"""GRRAS and STARD, filled where the data tell.

Items are named in our own short words; authors fill and check them against the
published lists.

References
----------
Kottner J and others, Guidelines for Reporting Reliability and Agreement Studies
(GRRAS), J Clin Epidemiol 2011;64:96. Bossuyt PM and others, STARD 2015,
BMJ 2015;351:h5527. Numbers of items are from memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonescan.stats.agreement_study import AgreementStudy, Flow, SiteAgreement

from .wording import method_words, place_words


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistRow:
    """One item: what is asked, and what the data tell; empty = for the authors."""

    number: str
    asks: str
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A reporting guideline with its items."""

    name: str
    rows: tuple[ChecklistRow, ...]


def checklists(study: AgreementStudy) -> tuple[Checklist, ...]:
    """Fill both guidelines as far as the data go."""
    return grras(study), stard(study)


CHARACTERISTICS = {"age_years": "age", "bmi_kg_m2": "BMI"}


def _methods(study: AgreementStudy) -> str:
    pairs = {(s.test_name, s.reference_name) for s in study.sites.values()}
    return "; ".join(
        f"test {method_words(test)}, reference {method_words(reference)}"
        for test, reference in sorted(pairs)
    )


def _devices(study: AgreementStudy) -> str:
    found = {
        word
        for site in study.sites.values()
        for name in ("maker", "device")
        for word in site.pairs.words.get(name, ())
        if word
    }
    return ", ".join(sorted(found))


def _sizes(study: AgreementStudy) -> str:
    return "; ".join(f"{place_words(s)}: {_people(s)}" for s in study.sites.values())


def _people(site: SiteAgreement) -> str:
    n = max((q.n for q in site.quantities.values()), default=0)
    if not site.pairs.has_subjects:
        return f"{n} pairs, taken as one a person"
    rows = {int(r) for q in site.quantities.values() for r in q.rows}
    people = len({site.pairs.subjects[r] for r in rows})
    further = site.flow.reasons.get("later_readings", 0)
    replicates = f", {further} further readings" if further else ""
    return f"{n} pairs of {people} people{replicates}"


def _characteristics(study: AgreementStudy) -> str:
    words = []
    for site in study.sites.values():
        for name, unit in (("age_years", "years"), ("bmi_kg_m2", "kg/m²")):
            known = site.pairs.numbers.get(name)
            values = known[~np.isnan(known)] if known is not None else np.empty(0)
            if values.size > 1:
                words.append(
                    f"{place_words(site)}, {CHARACTERISTICS[name]} {values.mean():.1f} "
                    f"± {values.std(ddof=1):.1f} {unit} ({values.min():.0f} to {values.max():.0f})"
                )
    return "; ".join(words)


def _flow(study: AgreementStudy) -> str:
    words = [_flow_words(s.flow, place_words(s)) for s in study.sites.values()]
    return "; ".join(words) + " (figures)"


def _flow_words(f: Flow, whose: str) -> str:
    return (
        f"{whose}: found {f.found}, readable {f.readable}, quality passed {f.quality_passed}, "
        f"paired {f.paired}, analysed {f.analysed}"
    )


def _gaps(study: AgreementStudy) -> str:
    known = [
        site.pairs.numbers["gap_days"]
        for site in study.sites.values()
        if "gap_days" in site.pairs.numbers
    ]
    values = np.abs(np.concatenate(known)) if known else np.empty(0)
    values = values[~np.isnan(values)]
    if not values.size:
        return ""
    return f"days between exams: median {np.median(values):.0f}, most {values.max():.0f}"


def _missing(study: AgreementStudy) -> str:
    n = {f"{place_words(s)} {q.quantity.upper()}: {q.n_excluded}" for s in study.sites.values()
         for q in s.quantities.values() if q.n_excluded}  # fmt: skip
    return "rows without both values left out; " + ", ".join(sorted(n)) if n else "none missing"


def _indeterminate(study: AgreementStudy) -> str:
    if study.before_exclusions is None:
        return "no scan was rejected"
    return "rejected scans count as disagreement before exclusions; both analyses are given"


def grras(study: AgreementStudy) -> Checklist:
    """Fill the 15 items for reliability and agreement studies."""
    rows = (
        ("1", "Agreement named in title or abstract", ""),
        ("2", "Devices named and described", "; ".join(
            w for w in (_methods(study), _devices(study)) if w)),
        ("3", "Population of people specified", _characteristics(study)),
        ("4", "Population of operators specified", ""),
        ("5", "What is known already, and why this study", ""),
        ("6", "Reason for the number of people and readings", ""),
        ("7", "How people were sampled", ""),
        ("8", "Measurement process: times, blinding", _gaps(study)),
        ("9", "Whether readings were independent", ""),
        ("10", "Statistical analysis", "methods paragraph of this page"),
        ("11", "Numbers of people, operators and replicates", _sizes(study)),
        ("12", "Characteristics of people and operators", _characteristics(study)),
        ("13", "Estimates with their uncertainty", "tables of this page"),
        ("14", "Practical relevance of the result", _relevance(study)),
        ("15", "Detailed results available", "tables and pairs as CSV beside this page"),
    )  # fmt: skip
    return Checklist(
        name="GRRAS 2011",
        rows=tuple(ChecklistRow(number=n, asks=asks, told=told) for n, asks, told in rows),
    )


def _relevance(study: AgreementStudy) -> str:
    found = [a.sentence for site in study.sites.values() for a in site.acceptable]
    return " ".join(found)


def stard(study: AgreementStudy) -> Checklist:
    """Fill those items of STARD 2015 that an analysis can speak to; the others stay open."""
    has_classes = any(s.classes is not None for s in study.sites.values())
    rows = (
        ("1", "Accuracy named in the title", ""),
        ("2", "Structured abstract", ""),
        ("3-4", "Background; aims and hypotheses", ""),
        ("5", "Data collected before or after the tests were done", ""),
        ("6-9", "Who was eligible, how found, where and when, how sampled", ""),
        ("10a", "Index test described", _methods(study)),
        ("10b", "Reference standard described", _devices(study)),
        ("11", "Why this reference standard", ""),
        ("12a", "Cut-offs of the index test, prespecified or exploratory",
         "WHO, T ≤ −2.5 and T < −1.0; prespecified or exploratory: for the authors"
         if has_classes else ""),
        ("12b", "Cut-offs of the reference standard",
         "WHO, T ≤ −2.5 and T < −1.0; prespecified or exploratory: for the authors"
         if has_classes else ""),
        ("13a-b", "Whether readers knew the other result", ""),
        ("14", "Methods for accuracy", "methods paragraph of this page"),
        ("15", "How indeterminate results were handled", _indeterminate(study)),
        ("16", "How missing data were handled", _missing(study)),
        ("17", "Variability of accuracy, prespecified or exploratory",
         "strata of this page, exploratory" if any(s.strata for s in study.sites.values()) else ""),
        ("18", "Intended sample size", ""),
        ("19", "Flow of participants, with a diagram", _flow(study)),
        ("20", "Characteristics of the people", _characteristics(study)),
        ("21a-b", "Severity of those with and without the condition", ""),
        ("22", "Time between the two tests", _gaps(study)),
        ("23", "Cross table of both results", "table of classes" if has_classes else ""),
        ("24", "Accuracy with intervals", "tables of this page" if has_classes else ""),
        ("25", "Adverse events", ""),
        ("26", "Limitations", ""),
        ("27", "Implications for practice", ""),
        ("28-30", "Registration, protocol, funding", ""),
    )  # fmt: skip
    return Checklist(
        name="STARD 2015",
        rows=tuple(ChecklistRow(number=n, asks=asks, told=told) for n, asks, told in rows),
    )
