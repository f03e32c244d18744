"""What a person's bone density would be expected to lose, and what it lost.

Rates are group means of the first year or two, per source; sources that
disagree stand beside each other and nothing is averaged. They are for display
and never decide a verdict on change: precision does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bonescan.model.calendar import MONTHS_PER_YEAR
from bonescan.model.due import Pair
from bonescan.model.guidance import Evidence, FactSheet, Truth

from .condition import judge, months_between

FILE = Path(__file__).parent / "expected_loss.toml"
LONGEST_MONTHS = 24.0  # a rate of the first two years says nothing of later ones
PREGNANCY_AND_AFTER = frozenset({"pregnant", "lactating"})
LUMBAR = "lumbar spine"
SITES_ZH = {LUMBAR: "腰椎", "site not stated": "部位未註明"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRate:
    """One published rate; bounds are percent lost over `period_months`, positive."""

    situation: str
    en: str
    zh: str
    site: str
    low_percent: float
    high_percent: float
    period_months: float
    longest_months: float  # after its beginning, and between the exams, at most
    when: str
    since: str  # fact with the date it began; empty when no date is recorded for it
    source: str
    evidence: Evidence
    conflict: Pair = ("", "")  # what other sources say

    @property
    def site_zh(self) -> str:
        """The site in Traditional Chinese."""
        return SITES_ZH[self.site]

    def lost_percent(self, months: float) -> tuple[float, float, float, float]:
        """Give the loss over some months: low and high linear, low and high compounded.

        >>> rate = next(r for r in loss_rates() if r.situation == "surgical-menopause")
        >>> [round(v, 1) for v in rate.lost_percent(22)]
        [11.0, 12.8, 10.7, 12.5]
        """
        periods = months / self.period_months
        linear = (self.low_percent * periods, self.high_percent * periods)
        low, high = (
            100.0 * (1.0 - (1.0 - p / 100.0) ** periods)
            for p in (self.low_percent, self.high_percent)
        )
        return (*linear, low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLoss:
    """A rate that fits a person, over the months between two of her exams.

    Where the rate does not hold for these exams the losses are None and the
    notes say why.
    """

    rate: LossRate
    months: float
    linear_percent: tuple[float, float] | None
    compounded_percent: tuple[float, float] | None
    notes: tuple[Pair, ...] = ()  # what forbids reading it further, English and Chinese


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLoss:
    """What was measured between two exams; no verdict."""

    from_day: date
    to_day: date
    months: float
    change_percent: float  # of the baseline, negative = lost
    per_year_percent: float | None  # None across a pregnancy
    notes: tuple[Pair, ...] = ()


@cache
def loss_rates() -> tuple[LossRate, ...]:
    """Read the published rates."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["loss"]
    found = []
    for row in rows:
        yearly = "percent_per_year" in row
        low, high = row["percent_per_year"] if yearly else row["percent_per_half_year"]
        found.append(
            LossRate(
                situation=row["situation"],
                en=row["en"],
                zh=row["zh"],
                site=row["site"],
                low_percent=float(low),
                high_percent=float(high),
                period_months=float(MONTHS_PER_YEAR if yearly else MONTHS_PER_YEAR / 2),
                longest_months=float(row.get("longest_months", LONGEST_MONTHS)),
                when=row["when"],
                since=row["since"],
                source=row["source"],
                evidence=Evidence(row["evidence"]),
                conflict=(row.get("conflict_en", ""), row.get("conflict_zh", "")),
            )
        )
    return tuple(found)


def expected_losses(
    sheet: FactSheet, from_day: date, to_day: date, *, lumbar: bool = True
) -> tuple[ExpectedLoss, ...]:
    """Find every published rate that fits a person, over the time between two exams.

    Parameters
    ----------
    sheet : FactSheet
        A situation that is unknown gives no rate.
    from_day, to_day : date
        `to_day` after `from_day`.
    lumbar : bool
        Whether the exams are of the lumbar spine: a rate of the spine says
        nothing of other sites.

    Returns
    -------
    losses : tuple of ExpectedLoss
        Losses over at most two years from the beginning of a situation; no
        number, with the reason, where it began after the first exam or longer
        before, and at another site than the rate's.
    """
    months = months_between(from_day, to_day)
    if months <= 0:
        raise ValueError(f"found {to_day} after {from_day}, wanted two days in time")
    return tuple(
        _expected(rate, sheet, from_day, months, lumbar=lumbar)
        for rate in loss_rates()
        if judge(rate.when, sheet).truth is Truth.YES
    )


def _expected(
    rate: LossRate, sheet: FactSheet, from_day: date, months: float, *, lumbar: bool
) -> ExpectedLoss:
    conflict = (rate.conflict,) if rate.conflict[0] else ()
    began = sheet.values.get(rate.since) if rate.since else None
    elapsed = months_between(began, from_day) if isinstance(began, date) else None
    reason = _no_rate(rate, elapsed, lumbar=lumbar)
    if reason is not None:
        return ExpectedLoss(rate=rate, months=months, linear_percent=None,
                            compounded_percent=None, notes=(reason, *conflict))  # fmt: skip
    counted = min(months, rate.longest_months)
    if rate.period_months < MONTHS_PER_YEAR and elapsed is not None:
        counted = min(counted, rate.longest_months - elapsed)  # only what is left of its months
    low, high, low_c, high_c = rate.lost_percent(counted)
    return ExpectedLoss(
        rate=rate,
        months=counted,
        linear_percent=(low, high),
        compounded_percent=(low_c, high_c),
        notes=(*_limits(rate, months, counted, elapsed), *conflict),
    )


def _no_rate(rate: LossRate, elapsed: float | None, *, lumbar: bool) -> Pair | None:
    """Say why a rate does not hold for these exams; None where it does."""
    if rate.site == LUMBAR and not lumbar:
        return "the rate is for the lumbar spine", "此流失率僅適用於腰椎"
    if elapsed is not None and elapsed < 0:
        return "it began after the first exam", "此情況於第一次檢查之後才開始"
    if elapsed is not None and elapsed >= rate.longest_months:
        longest = f"{rate.longest_months:.0f}"
        return (
            f"it began {longest} months or more before the first exam; the rate belongs to the "
            f"first {longest} months",
            f"此情況開始至第一次檢查已達 {longest} 個月以上；此流失率僅適用於最初 {longest} 個月",
        )
    return None


def _limits(
    rate: LossRate, months: float, counted: float, elapsed: float | None
) -> tuple[Pair, ...]:
    notes: list[Pair] = []
    if months > counted:
        notes.append((
            f"the exams lie {months:.0f} months apart; the rate is not carried beyond "
            f"{counted:.0f}",
            f"兩次檢查相隔 {months:.0f} 個月；此流失率不推算超過 {counted:.0f} 個月",
        ))  # fmt: skip
    if rate.since and elapsed is None:
        notes.append(("when it began is not recorded; the rate belongs to the first years",
                      "開始日期未記錄；此流失率僅適用於最初數年"))  # fmt: skip
    elif not rate.since:
        notes.append(("in force at both exams not recorded; the rate belongs to the first year "
                      "or two of the treatment",
                      "兩次檢查時是否均處於此情況未記錄；僅適用於治療之最初一至兩年"))  # fmt: skip
    return tuple(notes)


_ACROSS_PREGNANCY: Pair = ("no yearly rate across a pregnancy", "跨越懷孕期間，不計算每年流失率")


def own_loss(
    points: Sequence[tuple[date, float]], *, across_pregnancy: bool = False
) -> OwnLoss | None:
    """Compare the first with the last of one series, which must be of one site and device.

    Parameters
    ----------
    points : sequence of (date, BMD)
    across_pregnancy : bool
        No yearly rate is given then.

    Returns
    -------
    loss : OwnLoss or None
        None with fewer than two days.
    """
    ordered = sorted(points)
    if len(ordered) < 2 or ordered[0][0] == ordered[-1][0]:  # noqa: PLR2004 - a change needs two
        return None
    (first, before), (last, after) = ordered[0], ordered[-1]
    months = months_between(first, last)
    change = 100.0 * (after - before) / before
    return OwnLoss(
        from_day=first,
        to_day=last,
        months=months,
        change_percent=change,
        per_year_percent=None if across_pregnancy else change * MONTHS_PER_YEAR / months,
        notes=(_ACROSS_PREGNANCY,) if across_pregnancy else (),
    )
