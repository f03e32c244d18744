"""Who is due by which rule: from facts and past exams to windows of days.

Conditions come from the rule tables; here they meet the calendar. A missing
fact leaves a row open ("cannot be judged"); it never makes anybody not due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from bonescan.model.calendar import MONTHS_PER_YEAR, after_months
from bonescan.model.due import DueList, DuePerson, DueRow, DueState, Followed, Pair, PersonDue
from bonescan.model.guidance import Known, Rule, Truth

from .condition import Judged, judge
from .due_pregnancy import pregnancy_rows
from .due_referral import referral_rows
from .due_row import dated, open_row, plain_date, why_measured
from .interval_note import interval_note
from .load import RuleBook
from .pop_visits import pop_rows
from .recorded_words import facts_named_by

FIRST_TEST_AGE = {"RET-01": 65, "RET-02": 70}  # years; the rules' own conditions
BASELINE_ONLY = frozenset({"RET-05"})  # repeated "by result": no interval is published
DENOSUMAB_DOSE_MONTHS = 6  # dosing interval of the label
DENOSUMAB_LATE_MONTHS = 7  # our choice, as rule DMB-01
HORMONE_YEARS = 5  # as rule SEQ-05
FRACTURE_MONTHS = 12  # RET-04 repeats after 1 year; so long "after healing" may be
TREATMENT_RULES = ("CTI-01", "CTI-02", "CTI-03")
TREATMENTS = frozenset({"aromatase_inhibitor", "ovarian_suppression", "gnrh_drug"})
HEIGHT_RULES = ("HGT-01", "HGT-02", "HGT-04")
ADULT_YEARS = 20  # below it no menopausal status is asked for

YEARLY_IF_NEEDED: Pair = (
    "Every 2 years; after 1 year only if needed.",
    "每 2 年一次；必要時 1 年。",
)


def due_of(person: DuePerson, book: RuleBook, *, from_memory: bool = False) -> PersonDue | None:
    """Judge every list for one person.

    Parameters
    ----------
    person : DuePerson
    book : RuleBook
    from_memory : bool
        Recommendations marked as from memory too.

    Returns
    -------
    due : PersonDue or None
        Rows with the earliest due date first; None for the dead and for whom
        withdrew (and gave no new consent after it): no list names them.
    """
    if person.days("died") or _withdrew(person):
        return None
    if person.identity_in_doubt:
        return PersonDue(patient_id=person.patient_id, rows=tuple(_needs_person(person)))
    rows: list[DueRow] = []
    for lister in _LISTERS:
        rows += lister(person, book, from_memory)
    rows += _needs_person(person)
    return PersonDue(
        patient_id=person.patient_id,
        rows=tuple(sorted(rows, key=_order)),
        followed=_followed(person),
    )


def _withdrew(person: DuePerson) -> bool:
    withdrawn, consent = person.last_day("withdrawn"), person.last_day("consent")
    return withdrawn is not None and not (consent is not None and consent > withdrawn)


def _order(row: DueRow) -> tuple[object, ...]:
    last = row.state in (DueState.CANNOT_BE_JUDGED, DueState.MISSED)
    return (last, row.list_name is DueList.PERSON, *row.lead, row.rule_ids)


def _truth(rule: Rule, person: DuePerson) -> Judged:
    return judge(rule.when, person.sheet)


def _is_on(rule: Rule, from_memory: bool) -> bool:
    return rule.default_on or from_memory


def _fact_day(person: DuePerson, name: str) -> date | None:
    found: Known | None = person.sheet.values.get(name)
    return found if isinstance(found, date) else None


# ------------------------------------------------------------------ retest


def _retest(person: DuePerson, book: RuleBook, from_memory: bool) -> list[DueRow]:
    """Take every retest rule with an interval, shipped or the user's own."""
    rows = []
    for rule in book.rules.values():
        timed = rule.interval_years is not None or rule.rule_id in BASELINE_ONLY
        if rule.topic != "retest" or not timed or not _is_on(rule, from_memory):
            continue
        found = _truth(rule, person)
        if found.truth is Truth.UNKNOWN:
            rows.append(open_row(person, DueList.RETEST, (rule.rule_id,), found.missing))
        elif found.truth is Truth.YES:
            rows += _retest_row(person, rule, found)
    return rows


def _retest_row(person: DuePerson, rule: Rule, found: Judged) -> list[DueRow]:
    last = person.last_assessed
    if rule.interval_years is None:
        if last is not None:
            return []
        window: tuple[date | None, date | None] = (None, None)
    else:
        window = _window(person, rule, last)
    notes = [*zip(rule.conflicts, rule.conflicts_zh, strict=True)]
    if rule.interval_years is not None and last is not None:
        notes += interval_note(rule.interval_years, person.sheet)
    if rule.rule_id == "RET-06":
        notes.append(YEARLY_IF_NEEDED)
    why = why_measured(person, rule.interval_years)
    return [dated(person, DueList.RETEST, (rule.rule_id,), window, why,
                  because=found.because, notes=notes, safety_ids=rule.safety_ids)]  # fmt: skip


def _window(person: DuePerson, rule: Rule, last: date | None) -> tuple[date | None, date | None]:
    """Place the window of a retest rule.

    The first test is due from the day the rule began to hold, where that day
    is known, and so is the next one after a test of long before; no deadline is
    published. A cancer is measured at once, a fracture within the year.
    """
    start = _start_of(person, rule.rule_id)
    if rule.rule_id == "RET-04" and start is not None and (last is None or last < start):
        return start, after_months(start, FRACTURE_MONTHS)
    if rule.rule_id == "RET-06" and start is not None and (last is None or last < start):
        return start, start
    if last is None:
        return start, None
    begin, end = _after_last(last, rule)
    if start is None:
        return begin, end
    return (start, None) if end < start else (max(begin, start), end)


def _after_last(last: date, rule: Rule) -> tuple[date, date]:
    low, high = rule.interval_years or (0.0, 0.0)
    return (
        after_months(last, round(low * MONTHS_PER_YEAR)),
        after_months(last, round(high * MONTHS_PER_YEAR)),
    )


def _start_of(person: DuePerson, rule_id: str) -> date | None:
    if rule_id in FIRST_TEST_AGE:
        birth = person.birth_date
        return None if birth is None else _birthday(birth, FIRST_TEST_AGE[rule_id])
    if rule_id == "RET-04":
        return _fact_day(person, "fragility_fracture_date")
    if rule_id == "RET-06":
        return _fact_day(person, "breast_cancer_date")
    return None


def _birthday(birth: date, years: int) -> date:
    """Find a birthday; one of 29 February falls on 1 March in a common year, as ages count."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


# ------------------------------------------------------------------ cancer, menopause, drugs


def _cancer(person: DuePerson, book: RuleBook, _from_memory: bool) -> list[DueRow]:
    rule = book.rules["CTI-10"]
    found = _truth(rule, person)
    day = _fact_day(person, "breast_cancer_date")
    why: Pair = (
        f"Breast cancer{_since_en(day)}, no bone density recorded since.",
        f"乳癌{_since_zh(day)}，其後無骨密度檢查記錄。",
    )
    return _at_once(person, DueList.CANCER, (rule,), found, day, why)


def _at_once(
    person: DuePerson,
    list_name: DueList,
    rules: Sequence[Rule],
    found: Judged,
    day: date | None,
    why: Pair,
) -> list[DueRow]:
    """Make the row of a test that is due on the day of its cause."""
    ids = tuple(r.rule_id for r in rules)
    if found.truth is Truth.UNKNOWN:
        return [open_row(person, list_name, ids, found.missing)]
    if found.truth is Truth.NO:
        return []
    safety = tuple(dict.fromkeys(s for r in rules for s in r.safety_ids))
    return [dated(person, list_name, ids, (day, day), why, because=found.because,
                  safety_ids=safety)]  # fmt: skip


def _since_en(day: date | None) -> str:
    return "" if day is None else f" on {plain_date(day)}"


def _since_zh(day: date | None) -> str:
    return "" if day is None else f"（{plain_date(day)}）"


def _treatment(person: DuePerson, book: RuleBook, _from_memory: bool) -> list[DueRow]:
    """Measure again under treatment that takes bone: 2 years after the last, 1 if needed."""
    rules = [book.rules[i] for i in TREATMENT_RULES]
    judged = [(rule, _truth(rule, person)) for rule in rules]
    firing = [(rule, found) for rule, found in judged if found.truth is Truth.YES]
    if not firing:
        open_ = [(r, j) for r, j in judged if j.truth is Truth.UNKNOWN]
        missing = tuple(dict.fromkeys(n for _r, j in open_ for n in j.missing))
        ids = tuple(r.rule_id for r, _j in open_)
        return [open_row(person, DueList.TREATMENT, ids, missing)] if open_ else []
    follow_up = book.rules["CTI-11"]
    last = person.last_assessed
    begin = _treated_since(person) if last is None else None
    window = (begin, None) if last is None else _after_last(last, follow_up)
    notes = [YEARLY_IF_NEEDED, *zip(follow_up.conflicts, follow_up.conflicts_zh, strict=True)]
    if last is not None:
        notes += interval_note(follow_up.interval_years or (0.0, 0.0), person.sheet)
    because = tuple(dict.fromkeys(name for _rule, found in firing for name in found.because))
    return [
        dated(
            person,
            DueList.TREATMENT,
            (*(r.rule_id for r, _found in firing), follow_up.rule_id),
            window,
            why_measured(person, follow_up.interval_years),
            because=because,
            notes=notes,
            safety_ids=tuple(dict.fromkeys(s for r, _found in firing for s in r.safety_ids)),
        )
    ]


def _treated_since(person: DuePerson) -> date | None:
    """Find the first dated dose of a treatment that takes bone."""
    days = [
        day
        for name in ("drug_start", "drug_dose")
        for day, text in person.until(name)
        if TREATMENTS & set(facts_named_by("drug", text))
    ]
    return min(days, default=None)


def _early_menopause(person: DuePerson, book: RuleBook, _from_memory: bool) -> list[DueRow]:
    if person.sheet.values.get("sex") == "M":
        return []
    rule = book.rules["RET-09"]
    day = _fact_day(person, "menopause_date")
    why: Pair = (
        f"Menopause before 40{_since_en(day)}, no bone density recorded since.",
        f"40 歲前停經{_since_zh(day)}，其後無骨密度檢查記錄。",
    )
    rules = (rule, book.rules["POI-01"])
    return _at_once(person, DueList.EARLY_MENOPAUSE, rules, _truth(rule, person), day, why)


def _hormone_stopped(person: DuePerson, book: RuleBook, _from_memory: bool) -> list[DueRow]:
    rule = book.rules["SEQ-05"]
    found, day = _truth(rule, person), _fact_day(person, "hormone_therapy_stop_date")
    if found.truth is Truth.UNKNOWN:
        return [open_row(person, DueList.HORMONE_STOPPED, (rule.rule_id,), found.missing)]
    if found.truth is Truth.NO or day is None:
        return []
    why: Pair = (
        f"Hormone therapy stopped on {plain_date(day)}, no bone density recorded since.",
        f"荷爾蒙治療於 {plain_date(day)} 停用，其後無骨密度檢查記錄。",
    )
    window = (day, after_months(day, HORMONE_YEARS * MONTHS_PER_YEAR))
    other = book.rules["SEQ-01"]
    return [
        dated(person, DueList.HORMONE_STOPPED, (other.rule_id, rule.rule_id), window, why,
              because=found.because,
              safety_ids=tuple(dict.fromkeys((*other.safety_ids, *rule.safety_ids))))
    ]  # fmt: skip


def _denosumab(person: DuePerson, book: RuleBook, _from_memory: bool) -> list[DueRow]:
    rule = book.rules["DMB-01"]
    found = _truth(rule, person)
    if found.truth is Truth.UNKNOWN:
        return [open_row(person, DueList.DENOSUMAB, (rule.rule_id,), found.missing)]
    dose = _fact_day(person, "denosumab_last_dose_date")
    values = person.sheet.values
    waits = (
        values.get("denosumab") is True
        and values.get("denosumab_follow_on") is False
        and values.get("denosumab_stopped") is False
    )
    if found.truth is Truth.NO and (dose is None or not waits):
        return []
    window = (None, None) if dose is None else (
        after_months(dose, DENOSUMAB_DOSE_MONTHS), after_months(dose, DENOSUMAB_LATE_MONTHS)
    )  # fmt: skip
    late = found.truth is Truth.YES
    why: Pair = (
        f"Last dose of denosumab {_day_words(dose)}, no next dose or follow-on recorded.",
        f"最近一次 denosumab 注射日期：{_day_words(dose)}，未記錄後續注射或接續治療。",
    )
    row = dated(person, DueList.DENOSUMAB, (rule.rule_id, "DMB-02"), window, why,
                because=found.because if late else (), safety_ids=rule.safety_ids)  # fmt: skip
    return [row if late else replace(row, state=DueState.LATER)]


def _day_words(day: date | None) -> str:
    return "–" if day is None else plain_date(day)


# ------------------------------------------------------------------ height, and what needs a person


def _height(person: DuePerson, book: RuleBook, from_memory: bool) -> list[DueRow]:
    """Ask for imaging after a loss of height; the rules from memory only where asked for."""
    rules = [book.rules[i] for i in HEIGHT_RULES if _is_on(book.rules[i], from_memory)]
    judged = [(rule, _truth(rule, person)) for rule in rules]
    firing = [(rule, found) for rule, found in judged if found.truth is Truth.YES]
    measured, imaged = person.last_day("height_cm"), person.last_day("spine_imaging")
    if firing:
        if imaged is not None and (measured is None or imaged >= measured):
            return []
        why: Pair = (
            "Height lost, no imaging of the spine recorded since.",
            "身高減少，其後無脊椎影像檢查記錄。",
        )
        because = tuple(dict.fromkeys(n for _r, found in firing for n in found.because))
        return [dated(person, DueList.HEIGHT, tuple(r.rule_id for r, _f in firing),
                      (measured, None), why, because=because)]  # fmt: skip
    open_ = [(r, f) for r, f in judged if f.truth is Truth.UNKNOWN and r.rule_id != "HGT-04"]
    if not open_:  # the questionnaire of HGT-04 is not kept in a store
        return []
    missing = tuple(dict.fromkeys(n for _r, f in open_ for n in f.missing))
    return [open_row(person, DueList.HEIGHT, tuple(r.rule_id for r, _f in open_), missing)]


IDENTITY: Pair = (
    "Identity in doubt: two birth dates or sexes, or one person under two numbers.",
    "身分待確認：同一病歷號有不同出生日期或性別，或同一人有不同病歷號。",
)
NO_STATUS: Pair = ("Menopausal status is not recorded.", "未記錄停經狀態。")


def _needs_person(person: DuePerson) -> list[DueRow]:
    found = list(person.review)
    if unread := person.sheet.not_understood:
        found.append((f"Records that could not be read: {'; '.join(unread)}.",
                      f"無法判讀之記錄：{'；'.join(unread)}。"))  # fmt: skip
    if person.identity_in_doubt:
        found = [IDENTITY, *found]
    elif _status_is_missing(person):
        found.append(NO_STATUS)
    return [
        DueRow(
            patient_id=person.patient_id,
            list_name=DueList.PERSON,
            rule_ids=(),
            state=DueState.DUE,
            why=why,
        )
        for why in dict.fromkeys(found)
    ]


def _status_is_missing(person: DuePerson) -> bool:
    values = person.sheet.values
    age = values.get("age_years")
    adult = not isinstance(age, int | float) or age >= ADULT_YEARS
    return values.get("sex") == "F" and adult and "menopausal_status" not in values


def _followed(person: DuePerson) -> Followed:
    def numbers(name: str) -> tuple[tuple[date, float], ...]:
        return tuple((day, float(value)) for day, value in person.until(name))

    def number(name: str) -> float | None:
        value = person.sheet.values.get(name)
        return float(value) if isinstance(value, int | float) else None

    return Followed(
        heights_cm=numbers("height_cm"),
        weights_kg=numbers("weight_kg"),
        falls=numbers("falls_12_months"),
        height_loss_cm=number("height_loss_cm"),
        height_loss_from_tallest_cm=number("height_loss_from_tallest_cm"),
        weight_change_percent=number("weight_change_percent"),
        imaging=person.until("spine_imaging"),
    )


_LISTERS: tuple[Callable[[DuePerson, RuleBook, bool], list[DueRow]], ...] = (
    _retest,
    _cancer,
    _treatment,
    _early_menopause,
    _hormone_stopped,
    _denosumab,
    pregnancy_rows,
    pop_rows,
    referral_rows,
    _height,
)
