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

from bonescan.model.guidance import Evidence, FactSheet, Truth

from .condition import MONTHS_PER_YEAR, judge, months_between

FILE = Path(__file__).parent / "expected_loss.toml"
LONGEST_MONTHS = 24.0  # a rate of the first two years says nothing of later ones
PREGNANCY_AND_AFTER = frozenset({"pregnant", "lactating"})


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
    when: str
    since: str  # fact with the date it began; empty when no date is recorded for it
    source: str
    evidence: Evidence

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
    """A rate that fits a person, over the months between two of her exams."""

    rate: LossRate
    months: float
    linear_percent: tuple[float, float]
    compounded_percent: tuple[float, float]
    note: str = ""  # what forbids reading it further


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLoss:
    """What was measured between two exams; no verdict."""

    from_day: date
    to_day: date
    months: float
    change_percent: float  # of the baseline, negative = lost
    per_year_percent: float | None  # None across a pregnancy
    note: str = ""


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
                when=row["when"],
                since=row["since"],
                source=row["source"],
                evidence=Evidence(row["evidence"]),
            )
        )
    return tuple(found)


def expected_losses(sheet: FactSheet, from_day: date, to_day: date) -> tuple[ExpectedLoss, ...]:
    """Find every published rate that fits a person, over the time between two exams.

    Parameters
    ----------
    sheet : FactSheet
        A situation that is unknown gives no rate.
    from_day, to_day : date
        `to_day` after `from_day`.

    Returns
    -------
    losses : tuple of ExpectedLoss
        Losses over at most two years; a note says when the time is longer, or
        when the start of the situation is not recorded.
    """
    months = months_between(from_day, to_day)
    if months <= 0:
        raise ValueError(f"found {to_day} after {from_day}, wanted two days in time")
    found = []
    for rate in loss_rates():
        if judge(rate.when, sheet).truth is not Truth.YES:
            continue
        counted = min(months, LONGEST_MONTHS if rate.period_months >= MONTHS_PER_YEAR
                      else rate.period_months)  # fmt: skip
        low, high, low_c, high_c = rate.lost_percent(counted)
        found.append(
            ExpectedLoss(
                rate=rate,
                months=counted,
                linear_percent=(low, high),
                compounded_percent=(low_c, high_c),
                note=_note(rate, sheet, months, counted),
            )
        )
    return tuple(found)


def _note(rate: LossRate, sheet: FactSheet, months: float, counted: float) -> str:
    notes = []
    if months > counted:
        notes.append(
            f"the exams lie {months:.0f} months apart; the rate is not carried beyond {counted:.0f}"
        )
    if rate.since and rate.since not in sheet.values:
        notes.append("when it began is not recorded; the rate belongs to the first years")
    elif not rate.since:
        notes.append("the rate belongs to the first year or two of the treatment")
    return "; ".join(notes)


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
        note="no yearly rate across a pregnancy" if across_pregnancy else "",
    )
