"""What precision and how many women can show a change: in one woman, and on average."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from .precision import LSC_95_FACTOR
from .record import Record
from .sample_size import size_for_paired_t


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectability(Record):
    """At one precision: percent of the baseline throughout.

    `share_shown` is the share of women whose measured loss reaches the least
    significant change; `share_gain_shown` that of women in whom a gain does;
    `share_measured_gain` that of women who measure above their baseline;
    `n_women_mean` how many women show the mean change with the power asked for.
    """

    precision_percent: float
    lsc_percent: float
    mean_is_shown: bool
    share_shown: float
    share_gain_shown: float
    share_measured_gain: float
    n_women_mean: int | None


def detectability(
    precision_percent: float,
    mean_percent: float,
    sd_percent: float,
    *,
    n_scans: int = 1,
    power: float = 0.80,
) -> Detectability:
    """Say what a precision shows of a change that differs between women.

    Parameters
    ----------
    precision_percent : float
        Precision error (RMS-CV) of one scan.
    mean_percent, sd_percent : float
        True change: mean, and SD between women.
    n_scans : int
        Scans averaged at each visit.
    power : float
        Of the paired t test on the mean.

    Examples
    --------
    >>> good, poor = (detectability(p, -1.9, 0.6) for p in (0.33, 1.93))
    >>> round(good.lsc_percent, 2), good.mean_is_shown, round(good.share_shown, 2)
    (0.91, True, 0.9)
    >>> round(poor.lsc_percent, 2), poor.mean_is_shown, round(poor.share_shown, 2)
    (5.35, False, 0.11)
    """
    if not (precision_percent > 0.0 and sd_percent >= 0.0 and n_scans >= 1):
        raise ValueError("found a precision, spread or count that can't be")
    error = precision_percent / math.sqrt(n_scans)
    lsc = LSC_95_FACTOR * error
    total = math.hypot(sd_percent, math.sqrt(2.0) * error)
    size = size_for_paired_t(abs(mean_percent), total, power) if mean_percent else None
    return Detectability(
        precision_percent=precision_percent,
        lsc_percent=lsc,
        mean_is_shown=abs(mean_percent) >= lsc,
        share_shown=float(special.ndtr((-lsc - mean_percent) / total)),
        share_gain_shown=float(special.ndtr((mean_percent - lsc) / total)),
        share_measured_gain=float(special.ndtr(mean_percent / total)),
        n_women_mean=None if size is None else size.n,
    )
