"""Whether an interval is long enough to show the loss that is expected."""

from __future__ import annotations

from bonescan.model.calendar import MONTHS_PER_YEAR
from bonescan.model.due import Pair
from bonescan.model.guidance import FactSheet, Truth

from .condition import judge
from .expected_loss import LossRate, loss_rates

# Least significant change of the spine where a site has no precision study of its own: 2.77 times
# the largest precision error that ISCD accepts there, 1.9 % (ISCD official positions 2019).
SPINE_LSC_PERCENT = 5.3

# Situations with a published loss at the lumbar spine, the faster first; the first to fit counts.
SITUATIONS = ("gnrh-and-aromatase-inhibitor", "chemotherapy-ovarian-failure",
              "aromatase-inhibitor", "natural-menopause")  # fmt: skip


def interval_note(interval_years: tuple[float, float], sheet: FactSheet) -> list[Pair]:
    """Write the sentence on an interval below LSC / expected loss; nothing where it is long enough.

    Parameters
    ----------
    interval_years : (float, float)
        From and until; the shorter one is held against the fastest loss.
    sheet : FactSheet
        Situations that are not recorded have no expected loss.

    Returns
    -------
    notes : list of (str, str)
        English and Traditional Chinese; at most one.
    """
    rate = _rate(sheet)
    if rate is None:
        return []
    slow, fast = (
        percent * MONTHS_PER_YEAR / rate.period_months
        for percent in (rate.low_percent, rate.high_percent)
    )
    if interval_years[0] >= SPINE_LSC_PERCENT / fast:
        return []
    loss, years = _span(slow, fast), _span(SPINE_LSC_PERCENT / fast, SPINE_LSC_PERCENT / slow)
    return [(
        f"Expected loss {loss} % a year ({rate.en}) reaches the least significant change of the "
        f"spine ({SPINE_LSC_PERCENT:g} %, fallback, not measured at this site) after {years} "
        "years; a shorter interval cannot show the expected change.",
        f"預期流失每年 {loss} %（{rate.zh}），約 {years} 年才達到腰椎之最小顯著變化值（LSC，"
        f"{SPINE_LSC_PERCENT:g} %，通用值，非本院測得）；較短的間隔無法顯示預期變化。",
    )]  # fmt: skip


def _rate(sheet: FactSheet) -> LossRate | None:
    """Find the rate of her situation; under an inhibitor no slower one stands in for it."""
    rates = {rate.situation: rate for rate in loss_rates()}
    for name in SITUATIONS:
        if name == "natural-menopause" and sheet.values.get("aromatase_inhibitor") is True:
            return None
        if judge(rates[name].when, sheet).truth is Truth.YES:
            return rates[name]
    return None


def _span(low: float, high: float) -> str:
    """Write a span with one decimal where needed.

    >>> _span(1.0, 2.0), _span(5.3 / 2, 5.3), _span(3.0, 3.0)
    ('1–2', '2.7–5.3', '3')
    """
    words = [f"{round(v + 1e-9, 1):g}" for v in (low, high)]
    return "–".join(dict.fromkeys(words))
