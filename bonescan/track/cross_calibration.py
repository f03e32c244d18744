"""Two devices on one scale: by people measured on both, or by a phantom for a like device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bonescan.model.estimate import Estimate
from bonescan.norms.site import parse_site
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
    is_inverted: bool = False  # the line was fitted in the other direction

    def convert(self, bmd_g_cm2: float) -> float:
        """Bring a value of `from_serial` to the scale of `to_serial`."""
        return self.intercept + self.slope * bmd_g_cm2 if self.applies else bmd_g_cm2


def inverted(line: CrossCalibration) -> CrossCalibration | None:
    """Turn a line round: value = (other − intercept) / slope, its error over the slope.

    None where the line does not rise and says nothing backwards.
    """
    if line.applies and line.slope <= 0.0:
        return None
    slope = 1.0 / line.slope if line.applies else 1.0
    lo, hi, est = line.bias.lo, line.bias.hi, line.bias.est
    return replace(
        line,
        from_serial=line.to_serial,
        to_serial=line.from_serial,
        bias=replace(
            line.bias,
            est=None if est is None else -est,
            lo=None if hi is None else -hi,
            hi=None if lo is None else -lo,
        ),
        intercept=-line.intercept * slope if line.applies else 0.0,
        slope=slope,
        see_g_cm2=line.see_g_cm2 * slope,
        is_inverted=not line.is_inverted,
    )


def between(
    calibrations: Sequence[CrossCalibration],
    from_serial: str | None,
    to_serial: str | None,
    site: str,
) -> tuple[CrossCalibration, ...]:
    """List what may bring values of one device to another's scale, the best first.

    A line whose site names no side fits both sides. What joins goes before what is refused,
    the side's own line before that of any side, and a line before one turned round.
    """
    found: list[tuple[tuple[bool, bool, bool], CrossCalibration]] = []
    for line in calibrations:
        exact = site_fits(line.site, site)
        if exact is None or from_serial == to_serial:
            continue
        if (line.from_serial, line.to_serial) == (from_serial, to_serial):
            used: CrossCalibration | None = line
        elif (line.to_serial, line.from_serial) == (from_serial, to_serial):
            used = inverted(line)
        else:
            continue
        if used is not None:
            found.append(((bool(used.refused), not exact, used.is_inverted), used))
    return tuple(line for _rank, line in sorted(found, key=lambda pair: pair[0]))


def site_fits(given: str, site: str) -> bool | None:
    """Tell whether a row of a table is about a site: None not at all, False without its side.

    >>> site_fits("Neck Left", "femoral-neck-left"), site_fits("femoral-neck", "femoral-neck-left")
    (True, False)
    >>> site_fits("femoral-neck-right", "femoral-neck-left") is None
    True
    """
    one, two = parse_site(given), parse_site(site)
    if one is None or two is None:
        return True if given == site else None
    if one == two:
        return True
    if one.side is None and (one.region, one.vertebrae) == (two.region, two.vertebrae):
        return False
    return None


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
