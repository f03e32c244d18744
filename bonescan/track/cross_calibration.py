"""Two devices on one scale: by people measured on both, or by a phantom for a like device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bonescan.model.estimate import Estimate
from bonescan.stats.deming import deming
from bonescan.stats.quantiles import t_quantile
from bonescan.stats.record import Record

LEAST_PEOPLE = 30  # measured on both systems (ARRT examination guide, after ISCD)
LEAST_PHANTOM_SCANS = 10  # on each (Krueger 2016, J Clin Densitom 19:220)
PHANTOM_LIMIT_PERCENT = 1.0  # of the spine's mean, same source
SLACK_PERCENT = 1e-9  # equality passes, whatever binary arithmetic leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCalibration(Record):
    """How values of one device are brought to the scale of another.

    `from_serial` values become intercept + slope·value on the scale of `to_serial`;
    `applies` is False where the devices differ by less than chance, and values are then
    taken as they are, with the same `see_g_cm2` in every comparison across the two.
    """

    site: str
    from_serial: str
    to_serial: str
    kind: str  # "in-vivo" or "phantom"
    n: int
    bias: Estimate  # to − from
    intercept: float
    slope: float
    see_g_cm2: float
    applies: bool
    refused: str = ""  # why it joins nothing, with what is missing

    def convert(self, bmd_g_cm2: float) -> float:
        """Bring a value of `from_serial` to the scale of `to_serial`."""
        return self.intercept + self.slope * bmd_g_cm2 if self.applies else bmd_g_cm2


def in_vivo(
    site: str,
    from_serial: str,
    to_serial: str,
    values_from: Sequence[float],
    values_to: Sequence[float],
) -> CrossCalibration:
    """Calibrate by people measured on both devices within a short time.

    Parameters
    ----------
    values_from, values_to : sequence of float
        One value a person on each device, g/cm².

    Returns
    -------
    found : CrossCalibration
        `refused` below 30 people. The line is Deming's with equal errors; it is applied
        where the 95 % interval of the mean difference leaves out 0.

    References
    ----------
    Deming WE. Statistical adjustment of data. New York: Wiley; 1943. Number of people:
    ARRT densitometry examination guide, after ISCD (second-hand).
    """
    x, y = (np.asarray(v, dtype=np.float64) for v in (values_from, values_to))
    if x.shape != y.shape or x.ndim != 1 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("found values that do not pair, wanted one finite value a person on each")
    n = int(x.size)
    if n < LEAST_PEOPLE:
        return _refused(
            (site, from_serial, to_serial, "in-vivo", n),
            f"found {n} people measured on both devices, wanted {LEAST_PEOPLE}",
        )
    gaps = y - x
    half = t_quantile(0.975, n - 1) * float(gaps.std(ddof=1)) / math.sqrt(n)
    mean = float(gaps.mean())
    line = deming(x, y)
    intercept, slope = line.intercept.est, line.slope.est
    if intercept is None or slope is None:
        return _refused(
            (site, from_serial, to_serial, "in-vivo", n), "the two devices give no line"
        )
    applies = abs(mean) > half
    left = y - (intercept + slope * x) if applies else gaps
    lost = 2 if applies else 0
    return CrossCalibration(
        site=site,
        from_serial=from_serial,
        to_serial=to_serial,
        kind="in-vivo",
        n=n,
        bias=Estimate(est=mean, lo=mean - half, hi=mean + half, method="Student's t"),
        intercept=intercept,
        slope=slope,
        see_g_cm2=math.sqrt(float(left @ left) / (n - lost)),
        applies=applies,
    )


def by_phantom(
    from_serial: str,
    to_serial: str,
    scans_from: Sequence[float],
    scans_to: Sequence[float],
    *,
    same_model: bool,
) -> CrossCalibration:
    """Check a moved, repaired or like-for-like replaced device by a spine phantom.

    A phantom joins only devices of the same model whose means lie within 1 %; other
    devices need people measured on both.
    """
    site = "L1-L4"
    about = (site, from_serial, to_serial, "phantom", min(len(scans_from), len(scans_to)))
    if not same_model:
        return _refused(
            about, f"other models: a phantom does not join them, wanted {LEAST_PEOPLE} people"
        )
    if about[4] < LEAST_PHANTOM_SCANS:
        return _refused(
            about,
            f"found {about[4]} phantom scans on one device, wanted {LEAST_PHANTOM_SCANS} on each",
        )
    one, two = (np.asarray(v, dtype=np.float64) for v in (scans_from, scans_to))
    before, after = float(one.mean()), float(two.mean())
    gap = 100.0 * (after - before) / before
    if abs(gap) > PHANTOM_LIMIT_PERCENT + SLACK_PERCENT:
        return _refused(
            about,
            f"the phantom differs by {gap:+.2f} %, wanted at most {PHANTOM_LIMIT_PERCENT:.0f} %: "
            "correct the device, or measure people on both",
        )
    error = math.sqrt(float(one.var(ddof=1)) / one.size + float(two.var(ddof=1)) / two.size)
    half = 1.959963984540054 * error
    return CrossCalibration(
        site=site,
        from_serial=from_serial,
        to_serial=to_serial,
        kind="phantom",
        n=about[4],
        bias=Estimate(
            est=after - before, lo=after - before - half, hi=after - before + half, method="normal"
        ),
        intercept=0.0,
        slope=1.0,
        see_g_cm2=error,
        applies=False,
    )


def _refused(about: tuple[str, str, str, str, int], why: str) -> CrossCalibration:
    site, from_serial, to_serial, kind, n = about
    return CrossCalibration(
        site=site,
        from_serial=from_serial,
        to_serial=to_serial,
        kind=kind,
        n=n,
        bias=Estimate(est=None, reason=why),
        intercept=0.0,
        slope=1.0,
        see_g_cm2=0.0,
        applies=False,
        refused=why,
    )
