"""Bone assessment in pregnancy and after birth, for women with a factor of PLO."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

from bonescan.model.calendar import after_months
from bonescan.model.due import DueList, DuePerson, DueRow, Pair
from bonescan.model.guidance import FactSheet, Known, Truth

from .condition import judge
from .due_row import dated, open_row
from .load import RuleBook
from .pregnancy import TERM, Pregnancy, current_pregnancy

NOT_ASKED_FROM_YEARS = 55  # our choice: from then on an unknown menopause counts as past
AFTER_BIRTH_MONTHS = 12  # our choice, as rule PLO-P3: as long as the disease is thought of
TRIMESTER_ENDS_DAYS = (98, 196, 280)  # 14+0, 28+0, term: the first days of what follows
BOTH_TIMES: Pair = (
    "C4: the source tests before or early in pregnancy, and elsewhere after delivery; both are "
    "offered.",
    "C4：同一來源一處建議孕前或孕早期檢查，另一處建議產後檢查；兩種時點均可。",
)


def pregnancy_rows(person: DuePerson, book: RuleBook, _from_memory: bool) -> list[DueRow]:
    """List a woman with a risk factor whose bone was not assessed in this pregnancy or since."""
    if person.sheet.values.get("sex") == "M":
        return []
    pregnancy = current_pregnancy(person)
    said = person.sheet.values.get("pregnant")
    if pregnancy is None and (said is False or person.days("pregnancy_loss")):
        return []
    if pregnancy is not None and pregnancy.delivery is not None and person.on > after_months(
        pregnancy.delivery, AFTER_BIRTH_MONTHS
    ):  # fmt: skip
        return []
    rule = book.rules["PLO-P1"]
    found = judge(rule.when, _sheet(person, pregnancy))
    if found.truth is Truth.UNKNOWN:
        age = person.sheet.values.get("age_years")
        if pregnancy is None and isinstance(age, int | float) and age >= NOT_ASKED_FROM_YEARS:
            return []
        return [open_row(person, DueList.PREGNANCY, (rule.rule_id,), found.missing)]
    rows = []
    if found.truth is Truth.YES:
        because = [n for n in found.because if n != "bone_assessed_this_pregnancy"]
        rows.append(
            dated(person, DueList.PREGNANCY, (rule.rule_id,), _window(pregnancy), _why(pregnancy),
                  because=because, notes=(BOTH_TIMES,))
        )  # fmt: skip
    return rows + _each_trimester(person, book, pregnancy)


def _sheet(person: DuePerson, pregnancy: Pregnancy | None) -> FactSheet:
    """Read the rule for this pregnancy also after the birth."""
    values: dict[str, Known] = dict(person.sheet.values)
    if pregnancy is not None:
        values["pregnant"] = True
    begin = None if pregnancy is None else pregnancy.delivery or pregnancy.start
    days = [day for day, _technique in person.assessed if day <= person.on]
    if begin is not None:
        values["bone_assessed_this_pregnancy"] = any(day >= begin for day in days)
    elif not days:
        values["bone_assessed_this_pregnancy"] = False
    return dataclasses.replace(person.sheet, values=values)


def _window(pregnancy: Pregnancy | None) -> tuple[date | None, date | None]:
    if pregnancy is None:
        return None, None
    if pregnancy.delivery is not None:
        return pregnancy.delivery, after_months(pregnancy.delivery, AFTER_BIRTH_MONTHS)
    return pregnancy.start, None if pregnancy.start is None else pregnancy.start + TERM


def _why(pregnancy: Pregnancy | None) -> Pair:
    if pregnancy is not None and pregnancy.delivery is not None:
        day = pregnancy.delivery.isoformat()
        return (
            f"Delivered on {day}, a listed risk factor, no bone assessment recorded since.",
            f"{day} 分娩，具所列風險因子，產後無骨骼評估記錄。",
        )
    return (
        "Pregnant, a listed risk factor, no bone assessment recorded in this pregnancy.",
        "懷孕中，具所列風險因子，本次懷孕無骨骼評估記錄。",
    )


def _each_trimester(person: DuePerson, book: RuleBook, pregnancy: Pregnancy | None) -> list[DueRow]:
    """Follow a pregnancy at high risk: one assessment in the trimester that goes on (C2)."""
    rule = book.rules["RET-07"]
    if pregnancy is None or pregnancy.start is None or pregnancy.ended:
        return []
    if judge(rule.when, person.sheet).truth is not Truth.YES:
        return []
    begin, end = _trimester(pregnancy.start, person.on)
    if any(begin <= day <= person.on for day, _technique in person.assessed):
        return []
    why: Pair = (
        f"High-risk pregnancy ({pregnancy.week(person.on)} weeks), no bone assessment in this "
        "trimester.",
        f"高風險妊娠（{pregnancy.week(person.on)} 週），本孕期無骨骼評估。",
    )
    notes = tuple(zip(rule.conflicts, rule.conflicts_zh, strict=True))
    return [dated(person, DueList.PREGNANCY, (rule.rule_id,), (begin, end), why, notes=notes,
                  because=rule.needs)]  # fmt: skip


def _trimester(start: date, on: date) -> tuple[date, date]:
    begin = 0
    for end in TRIMESTER_ENDS_DAYS:
        if (on - start).days < end:
            return start + timedelta(days=begin), start + timedelta(days=end - 1)
        begin = end
    return start + timedelta(days=TRIMESTER_ENDS_DAYS[-2]), start + TERM
