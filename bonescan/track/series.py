"""The series of one person: visits of one technique, origin, site and vertebra set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bonescan.model.change import Change, ExpectedCourse, OwnPrecision, SeriesPoint
from bonescan.model.plain import to_plain
from bonescan.stats.serial import Slope, slope

from .change import CHOSEN_PERCENT, assess, average_visits
from .comparable import device_text, reasons_against, same_device
from .cross_calibration import CrossCalibration
from .precision_basis import precision_basis

CourseOf = Callable[[SeriesPoint, SeriesPoint], ExpectedCourse | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One visit with its changes: against the first, and against the one before it.

    `from_previous` looks back to the latest visit that it can be compared with.
    """

    visit: SeriesPoint
    from_first: Change | None
    from_previous: Change | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series in the order of days; `slope` is None across a pregnancy or across devices."""

    technique: str
    origin: str
    site: str
    vertebrae_used: tuple[str, ...]
    steps: tuple[Step, ...]
    devices: tuple[str, ...]
    slope: Slope | None
    slope_reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the series as plain values."""
        plain = dict(to_plain(self))
        plain["slope"] = None if self.slope is None else self.slope.to_dict()
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSettings:
    """What every series of a study is judged by."""

    own: tuple[OwnPrecision, ...] = ()
    calibrations: tuple[CrossCalibration, ...] = ()
    chosen_percent: float = CHOSEN_PERCENT


def follow(
    points: Sequence[SeriesPoint],
    settings: TrackSettings,
    *,
    across_pregnancy: bool = False,
    course: CourseOf | None = None,
) -> tuple[Series, ...]:
    """Sort one person's values into series and judge every change.

    Parameters
    ----------
    points : sequence of SeriesPoint
        In any order; the result does not depend on it.
    across_pregnancy : bool
        No slope and no yearly rate.
    course : callable, optional
        Gives the expected course between two visits, or None.
    """
    groups: dict[tuple[str, str, str, tuple[str, ...]], list[SeriesPoint]] = {}
    for point in points:
        key = (str(point.technique), str(point.origin), point.site, point.vertebrae_used)
        groups.setdefault(key, []).append(point)
    return tuple(
        _series(key, groups[key], settings, across_pregnancy, course) for key in sorted(groups)
    )


def _series(
    key: tuple[str, str, str, tuple[str, ...]],
    points: Sequence[SeriesPoint],
    settings: TrackSettings,
    across_pregnancy: bool,
    course: CourseOf | None,
) -> Series:
    earliest = min(points, key=lambda p: (p.day, p.bmd_g_cm2))
    visits = average_visits(points, precision_basis(earliest, settings.own))

    def judge(one: SeriesPoint, two: SeriesPoint) -> Change:
        return assess(
            one,
            two,
            precision_basis(one, settings.own),
            calibrations=settings.calibrations,
            course=course(one, two) if course else None,
            chosen_percent=settings.chosen_percent,
            across_pregnancy=across_pregnancy,
        )

    steps = []
    for n, visit in enumerate(visits):
        earlier = visits[:n]
        like = [v for v in earlier if v.day < visit.day and _joinable(v, visit, settings)]
        steps.append(
            Step(
                visit=visit,
                from_first=judge(visits[0], visit) if n else None,
                from_previous=judge(like[-1], visit) if like else None,
            )
        )
    line, why = _line(visits, settings, across_pregnancy)
    technique, origin, site, vertebrae = key
    return Series(
        technique=technique,
        origin=origin,
        site=site,
        vertebrae_used=vertebrae,
        steps=tuple(steps),
        devices=tuple(dict.fromkeys(device_text(v.device) for v in visits)),
        slope=line,
        slope_reason=why,
    )


def _joinable(one: SeriesPoint, two: SeriesPoint, settings: TrackSettings) -> bool:
    if reasons_against(one, two):
        return False
    if same_device(one.device, two.device):
        return True
    pair = (two.device.serial, one.device.serial, one.site)
    return any(
        (c.from_serial, c.to_serial, c.site) == pair and not c.refused
        for c in settings.calibrations
    )


def _line(
    visits: Sequence[SeriesPoint], settings: TrackSettings, across_pregnancy: bool
) -> tuple[Slope | None, str]:
    if across_pregnancy:
        return None, "no rate across a pregnancy: its course does not go one way"
    first = visits[0]
    for visit in visits[1:]:
        if reasons_against(first, visit) or not same_device(first.device, visit.device):
            return None, "no rate across devices or models"
    start = first.day
    error = precision_basis(first, settings.own).error_g_cm2
    found = slope(
        [(v.day - start).days for v in visits], [v.bmd_g_cm2 for v in visits], error=error
    )
    if found.per_year.est is None:
        return None, "one visit"
    return found, ""
