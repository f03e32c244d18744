"""Visits of the POP protocol as they fall due, to the day.

The windows and their sources stand in ``files/protocols/high_risk.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from bonescan.files.protocol import own_protocol
from bonescan.model.calendar import after_months
from bonescan.model.due import DueList, DuePerson, DueRow, DueState, Pair
from bonescan.model.gestation import feeding_after
from bonescan.model.protocol import LATE_SCAN_DAYS
from bonescan.model.vocabulary import Technique

from .due_row import dated, open_row
from .load import RuleBook
from .pregnancy import Pregnancy, current_pregnancy, overdue_birth

WEEK = 7
_VISITS = {v.name: v for v in own_protocol("high_risk").visits}


def _days(window: tuple[int, int] | None) -> tuple[int, int]:
    if window is None:
        raise RuntimeError("a visit of our own protocol has no days")
    return window


T1_DAYS = _days(_VISITS["T1"].ideal_days)
T2_DAYS = _days(_VISITS["T2"].ideal_days)
T3_DAYS = _days(_VISITS["T3"].ideal_days)
T3_EARLY_DAYS = _days(_VISITS["T3"].early_ideal_days)
T3_ALLOWED_FROM_DAYS = (_VISITS["T3"].allowed_days or (0, None))[0]
L_DAYS = (_VISITS["L6"].allowed_days or (0, 0))[0], (_VISITS["L6"].allowed_days or (0, 0))[1] or 0
L_MONTHS = _VISITS["PW"].ideal_months or 0  # after weaning
L_SLACK = timedelta(days=_VISITS["PW"].slack_days or 0)
LATE_SCAN = timedelta(days=LATE_SCAN_DAYS)  # so long past its window a scan still answers a visit
BY_ULTRASOUND = frozenset({Technique.REMS, Technique.REMS_STYLE})
ENROLLED = ("pop_enrolled", "consent", "centre")

NO_T1: Pair = ("Without the first visit there is no verdict on change.",
               "缺少第一次訪視，無法判斷變化。")  # fmt: skip
TWO_DATES: Pair = ("Several due dates are recorded; the latest one counts.",
                   "記錄有多個預產期，採最晚者。")  # fmt: skip
ANCHORS: Pair = (
    'C1: "6 months after lactation" may mean after delivery or after weaning; both are computed.',
    "C1：「哺乳 6 個月後」可指產後或斷奶後；兩者均計算。",
)


def pop_rows(person: DuePerson, _book: RuleBook, _from_memory: bool) -> list[DueRow]:
    """List the visits of a woman who takes part; nothing after a loss of the pregnancy."""
    if not _takes_part(person):
        return []
    pregnancy = current_pregnancy(person)
    if pregnancy is None and overdue_birth(person):
        return [_open(person, ("POP-04", "POP-05"), ("delivery_date",))]
    if pregnancy is None:
        known = any(person.days(n) for n in ("delivery", "pregnancy_loss"))
        return [] if known else [_open(person, ("POP-03",), ("gestation_weeks", "delivery_date"))]
    return [*_in_pregnancy(person, pregnancy), *_after_birth(person, pregnancy)]


def _takes_part(person: DuePerson) -> bool:
    """Whether enrolment, consent or a centre is recorded up to the day."""
    return any(f.fact in ENROLLED and (f.date is None or f.date <= person.on) for f in person.facts)


def _enrolled_on(person: DuePerson) -> date | None:
    return min((d for name in ENROLLED for d, _v in person.until(name)), default=None)


def _open(person: DuePerson, rules: tuple[str, ...], missing: tuple[str, ...]) -> DueRow:
    return open_row(person, DueList.POP, rules, missing)


def _seen(person: DuePerson, begin: date, end: date) -> bool:
    """Whether there was an ultrasound visit from `begin` until `end`, both included."""
    return any(begin <= d <= min(end, person.on) and t in BY_ULTRASOUND
               for d, t in person.assessed)  # fmt: skip


def _said(person: DuePerson, name: str, since: date) -> bool:
    return any(d >= since and v == "yes" for d, v in person.until(name))


def _in_pregnancy(person: DuePerson, pregnancy: Pregnancy) -> Iterator[DueRow]:
    start = pregnancy.start
    if start is None:
        return
    visits: list[tuple[str, str, tuple[int, int], tuple[int, int | None]]]
    visits = [("T1", "POP-03", T1_DAYS, (0, T1_DAYS[1]))]
    if _said(person, "high_risk_pregnancy", start):
        visits.append(("T2", "POP-12", T2_DAYS, T2_DAYS))
    t3 = T3_EARLY_DAYS if pregnancy.early else T3_DAYS
    visits.append(("T3", "POP-04", t3, (T3_ALLOWED_FROM_DAYS, None)))
    joined = _enrolled_on(person)
    for name, rule, ideal, (first, last) in visits:
        begin = start + timedelta(days=first)
        end = pregnancy.delivery or date.max if last is None else start + timedelta(days=last)
        end = min(end, pregnancy.delivery or date.max)
        if _seen(person, begin, end) or (joined is not None and joined > end):
            continue
        window = (start + timedelta(days=ideal[0]), start + timedelta(days=ideal[1]))
        yield _visit(person, pregnancy, name, rule, window, end)


_NAMES: dict[str, Pair] = {
    "T1": ("first trimester", "第一孕期"),
    "T2": ("second trimester", "第二孕期"),
    "T3": ("third trimester", "第三孕期"),
}


def _visit(
    person: DuePerson,
    pregnancy: Pregnancy,
    name: str,
    rule: str,
    window: tuple[date, date],
    end: date,
) -> DueRow:
    en, zh = _NAMES[name]
    weeks = f"{pregnancy.week(window[0])}–{pregnancy.week(window[1])}"
    missed = person.on > end or pregnancy.ended
    born = pregnancy.delivery
    if born is not None:
        words = (f"missing, delivered at {pregnancy.week(born)} weeks",
                 f"未完成，於 {pregnancy.week(born)} 週分娩")  # fmt: skip
    elif missed:
        words = ("missing, its window is over", "未完成，時窗已過")
    else:
        now = pregnancy.week(person.on)
        words = (f"now {now} weeks", f"目前 {now} 週")
    why: Pair = (f"POP visit {name}, {en}, {weeks} weeks: {words[0]}.",
                 f"POP 訪視 {name}（{zh}，{weeks} 週）：{words[1]}。")  # fmt: skip
    notes = [NO_T1] if missed and name == "T1" else []
    if pregnancy.n_due_dates > 1:
        notes.append(TWO_DATES)
    row = dated(person, DueList.POP, (rule,), window, why, notes=notes)
    return replace(row, state=DueState.MISSED, overdue_days=None) if missed else row


def _after_birth(person: DuePerson, pregnancy: Pregnancy) -> Iterator[DueRow]:
    born = pregnancy.delivery
    if born is None or pregnancy.end is None:
        return
    begin, end = (born + timedelta(days=d) for d in L_DAYS)
    if not _seen(person, begin, end + LATE_SCAN):
        ideal = born + timedelta(days=sum(L_DAYS) // 2)
        yield _after(person, (begin, end), ideal, ("delivery", "分娩"), born)
    feeding = feeding_after(person.facts, person.on, pregnancy.end)
    if feeding.never:
        return
    weaned = feeding.weaning
    if weaned is None:
        yield _open(person, ("POP-05",), ("weaning_date",) if feeding.recorded else
                    ("breastfeeding", "weaning_date"))  # fmt: skip
        return
    ideal = after_months(weaned, L_MONTHS)
    begin, end = ideal - L_SLACK, ideal + L_SLACK
    if not _seen(person, begin, end + LATE_SCAN):
        yield _after(person, (begin, end), ideal, ("weaning", "斷奶"), weaned)


def _after(
    person: DuePerson, window: tuple[date, date], ideal: date, anchor: Pair, day: date
) -> DueRow:
    late = person.on > window[1]
    out_en = "; the window is over, a visit now is kept as out of protocol" if late else ""
    out_zh = "；時窗已過，現在訪視記為超出計畫時窗" if late else ""
    span = f"{window[0].isoformat()}–{window[1].isoformat()}"
    why: Pair = (
        f"POP visit L by {anchor[0]} on {day.isoformat()}, ideally on {ideal.isoformat()}, "
        f"{span}{out_en}.",
        f"POP 訪視 L，依{anchor[1]}日 {day.isoformat()} 計，理想日 {ideal.isoformat()}，"
        f"{span}{out_zh}。",
    )
    return dated(person, DueList.POP, ("POP-05",), window, why, notes=(ANCHORS,))
