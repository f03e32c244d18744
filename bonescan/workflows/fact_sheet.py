"""A person's facts as guidance reads them: from a file, from options, or from a result folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.files.fact_dates import parse_date
from bonescan.files.fact_names import FACT_NAMES, YES_NO_WORDS
from bonescan.files.fact_values import Refused
from bonescan.guidance.load import RuleBook
from bonescan.model.guidance import FactQuestion, FactSheet, Known

TOP_KEYS = frozenset({"patient_id", "on", "facts"})
CM_IN_M = 100.0
CHILDBEARING = ("pregnant", "breastfeeding", "may_become_pregnant")
DERIVED_FROM = frozenset({"sex", "menopausal status"})  # sources of facts that follow from others

# Wide enough for any living person, so that they catch a wrong unit; facts that stand in facts
# files have theirs there. A T or Z beyond 10 is a slip of the pen.
LIMITS: Mapping[str, tuple[float, float]] = {
    "age_years": (0, 120),
    "gestation_weeks": (0, 45),
    "t_score": (-10, 10),
    "z_score": (-10, 10),
    "annual_loss_percent": (-50, 50),
    "fractures_after_45": (0, 50),
    "bmi_kg_m2": (8, 100),
    "prepregnancy_bmi_kg_m2": (8, 100),
    "height_loss_cm": (0, 50),
    "height_loss_from_tallest_cm": (0, 50),
    "height_gain_cm": (0, 50),
    "weight_change_percent": (-90, 300),
    "frax_major_percent": (0, 100),
    "frax_hip_percent": (0, 100),
}

# A fact that is denied, and one that says it was there.
_DENIED_BY = (
    ("pregnant", "gestation_weeks"),
    ("breast_cancer", "breast_cancer_date"),
    ("fragility_fracture", "fracture_sites"),
    ("fragility_fracture", "fragility_fracture_date"),
    ("denosumab", "denosumab_last_dose_date"),
    ("hormone_therapy_ever", "hormone_therapy"),
    ("hormone_therapy_ever", "hormone_therapy_stop_date"),
)


def read_fact_sheet(
    path: Path, book: RuleBook, today: date, *, on: date | None = None
) -> FactSheet:
    """Read facts from a TOML file.

    Parameters
    ----------
    path : Path
        ``patient_id`` and ``on`` (a date; today when absent) at the top, and
        a table ``[facts]`` with the names that ``bonescan guide --list-facts``
        gives.
    book : RuleBook
    today : date
    on : date, optional
        The day to judge for; goes before the file's.

    Returns
    -------
    sheet : FactSheet
        With what follows from sex and menopausal status.

    Raises
    ------
    UsageError
        BS-E401 with the name and what it takes: also a date after the day to
        judge for, and facts that contradict one another.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError("BS-E401", f"the facts can't be read: {fault}.", file=path) from fault
    odd = sorted(set(table) - TOP_KEYS)
    if odd or not isinstance(table.get("facts"), dict):
        found = f"found {', '.join(odd)}" if odd else "found no table [facts]"
        raise UsageError("BS-E401", f"{found}, wanted patient_id, on and [facts].", file=path)
    day = table.get("on", today)
    if type(day) is not date:
        raise UsageError("BS-E401", f"on: found {day!r}, wanted a date as 2026-03-01.", file=path)
    day = on or day
    values = {name: fact_value(name, v, book) for name, v in table["facts"].items()}
    sheet = FactSheet(patient_id=str(table.get("patient_id", "")), on=day, values=values)
    return completed(_past_only(sheet, path))


def with_options(sheet: FactSheet, options: Iterable[str], book: RuleBook) -> FactSheet:
    """Add facts written as NAME=VALUE; they go before what was known.

    A contraindication that is recorded stays: `clashes` lists those that an
    option denied.

    Raises
    ------
    UsageError
        BS-E401 as `read_fact_sheet`.
    """
    given = _given(options, book)
    kept = {clash.fact for clash in _clashes(sheet, given, book)}
    values, sources = dict(sheet.values), dict(sheet.sources)
    if given.keys() & {"sex", "menopausal_status"}:
        for name in [n for n, source in sources.items() if source in DERIVED_FROM]:
            if values[name] is False:  # it followed from what is now corrected
                del values[name], sources[name]
    for name in given.keys() - kept:
        values[name], sources[name] = given[name], "option"
    return completed(_past_only(replace(sheet, values=values, sources=sources)), frozenset(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A contraindication that is recorded and that an option denied; the record stays."""

    fact: str
    recorded: str  # where from; empty when a facts file says so


def clashes(sheet: FactSheet, options: Iterable[str], book: RuleBook) -> tuple[Clash, ...]:
    """List the recorded contraindications that options deny.

    Parameters
    ----------
    sheet : FactSheet
        Before the options.
    """
    return _clashes(sheet, _given(options, book), book)


def _clashes(sheet: FactSheet, given: Mapping[str, Known], book: RuleBook) -> tuple[Clash, ...]:
    guarded = {name for r in book.rules.values() if r.shows_state for name in r.needs}
    return tuple(
        Clash(fact=name, recorded=sheet.sources.get(name, ""))
        for name, value in given.items()
        if name in guarded and sheet.values.get(name) is True and value is False
    )


def _given(options: Iterable[str], book: RuleBook) -> dict[str, Known]:
    given: dict[str, Known] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            raise UsageError("BS-E401", f"found {option!r}, wanted NAME=VALUE.")
        given[name.strip()] = fact_value(name.strip(), text.strip(), book)
    return given


def completed(sheet: FactSheet, given: frozenset[str] | None = None) -> FactSheet:
    """Add what follows from sex, menopausal status and size, and refuse contradictions.

    A fact that is there is never replaced.

    Parameters
    ----------
    sheet : FactSheet
    given : frozenset of str, optional
        Only what follows from these, and only contradictions that they have a
        part in: records that disagree among themselves are no slip of the
        user's. None for all.

    Raises
    ------
    UsageError
        BS-E401 naming two facts that can't both be.
    """
    values = sheet.values
    found = _follows(values.get("sex"), values.get("menopausal_status"))
    if given is not None and not given & {"sex", "menopausal_status"}:
        found = {name: pair for name, pair in found.items() if name in given}
    height, weight = values.get("height_cm"), values.get("weight_kg")
    if isinstance(height, float) and isinstance(weight, float):
        found["bmi_kg_m2"] = (round(weight / (height / CM_IN_M) ** 2, 2), "height and weight")
    _refuse_contradictions(values, found, given)
    new = {name: pair for name, pair in found.items() if name not in values}
    return replace(
        sheet,
        values={**values, **{name: value for name, (value, _source) in new.items()}},
        sources={**sheet.sources, **{name: source for name, (_value, source) in new.items()}},
    )


def _follows(sex: Known | None, status: Known | None) -> dict[str, tuple[Known, str]]:
    if sex == "M":
        return dict.fromkeys(CHILDBEARING, (False, "sex"))
    found: dict[str, Known] = {}
    match status:
        case "postmenopausal" | "surgical":
            found = dict.fromkeys(CHILDBEARING, False)
        case "pregnant":
            found = {"pregnant": True}
        case "lactating":
            found = {"pregnant": False, "breastfeeding": True}
        case "after-weaning":
            found = {"pregnant": False, "breastfeeding": False}
        case _:
            pass
    return {name: (value, "menopausal status") for name, value in found.items()}


def _refuse_contradictions(
    values: Mapping[str, Known],
    follows: Mapping[str, tuple[Known, str]],
    given: frozenset[str] | None,
) -> None:
    for name, (wanted, source) in follows.items():
        if isinstance(wanted, bool) and values.get(name, wanted) is not wanted:
            raise _contradiction(name, values[name], source, wanted)
    status = values.get("menopausal_status")
    if values.get("sex") == "M" and status not in (None, "unknown", "not-applicable"):
        raise _contradiction("menopausal_status", status, "sex", wanted=False)
    for denied, named in _DENIED_BY:
        ours = given is None or given & {denied, named}
        if ours and values.get(denied) is False and values.get(named):
            raise _contradiction(denied, False, named, wanted=True)


def _contradiction(name: str, value: Known | None, source: str, wanted: bool) -> UsageError:
    found = ("yes" if value else "no") if isinstance(value, bool) else value
    reason = source.replace("_", " ")
    return UsageError(
        "BS-E401",
        f"{name}: found {found}, wanted {'yes' if wanted else 'no'} after the {reason}; "
        "correct one of them.",
    )


def _past_only(sheet: FactSheet, path: Path | None = None) -> FactSheet:
    """Refuse a date after the day to judge for."""
    for name, value in sheet.values.items():
        if isinstance(value, date) and value > sheet.on:
            raise UsageError(
                "BS-E401",
                f"{name}: found {value}, wanted a date until {sheet.on}, the day to judge for.",
                file=path or "",
            )
    return sheet


def fact_value(name: str, value: Any, book: RuleBook) -> Known:
    """Turn a value into what its fact takes.

    Raises
    ------
    UsageError
        BS-E401: the fact is not known, or can't have the value.
    """
    fact = book.facts.get(name)
    if fact is None:
        near = get_close_matches(name, book.facts, n=1)
        wanted = f"wanted {near[0]}?" if near else "wanted a name of `bonescan guide --list-facts`."
        raise UsageError("BS-E401", f"found the fact {name!r}, {wanted}")
    found: Known | None = _KINDS[fact.kind](fact, value)
    if found is None:
        raise UsageError("BS-E401", f"{name}: found {value!r}, wanted {wanted_words(fact)}.")
    return found


def limits(name: str) -> tuple[float, float]:
    """Give the least and largest number of a fact: those of facts files, or the ones here."""
    recorded = FACT_NAMES.get(name)
    if recorded is not None and recorded.low is not None and recorded.high is not None:
        return recorded.low, recorded.high
    return LIMITS.get(name, (-1e9, 1e9))


def wanted_words(fact: FactQuestion) -> str:
    """Say what a fact takes."""
    if fact.words:
        several = "words" if fact.kind == "words" else "one"
        return f"{several} of {', '.join(fact.words)}"
    low, high = limits(fact.name)
    return {
        "yes-no": "yes or no",
        "number": f"a number from {low:g} to {high:g}",
        "date": "a date as 2026-03-01",
        "words": "words, separated by commas",
        "word": "a word",
    }[fact.kind]


def _yes_no(_fact: FactQuestion, value: Any) -> Known | None:
    if isinstance(value, bool):
        return value
    word = YES_NO_WORDS.get(str(value).casefold())
    return None if word is None else word == "yes"


def _number(fact: FactQuestion, value: Any) -> Known | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    low, high = limits(fact.name)
    return number if low <= number <= high else None  # also refuses infinite and NaN


def _word(fact: FactQuestion, value: Any) -> Known | None:
    if not isinstance(value, str) or not value.strip():
        return None
    word = value.strip()
    if not fact.words:
        return word
    return next((w for w in fact.words if w.casefold() == word.casefold()), None)


def _words(fact: FactQuestion, value: Any) -> Known | None:
    parts = value if isinstance(value, list) else str(value).split(",")
    found = [_word(fact, part) for part in parts]
    return None if None in found or not found else tuple(str(f) for f in found)


def _date(_fact: FactQuestion, value: Any) -> Known | None:
    if type(value) is date:
        return value
    try:
        return parse_date(str(value), minguo=False)
    except Refused:
        return None


_KINDS: Mapping[str, Any] = {
    "yes-no": _yes_no,
    "number": _number,
    "word": _word,
    "words": _words,
    "date": _date,
}
