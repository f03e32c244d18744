"""The series of one person: visits of one technique, origin, site and vertebra set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bonescan.model.change import Change, ExpectedCourse, OwnPrecision, SeriesPoint
from bonescan.model.plain import to_plain
from bonescan.stats.serial import Slope, slope

from .change import CHOSEN_PERCENT, assess
from .comparable import device_text, reasons_against, same_device
from .cross_calibration import CrossCalibration, between
from .precision_basis import precision_basis
from .visits import average_visits

CourseOf = Callable[[SeriesPoint, SeriesPoint], ExpectedCourse | None]
Span = tuple[date, date]  # a pregnancy with what follows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One visit with its changes.

    `from_first` is against the first visit of all, comparable or not; `from_first_comparable`
    against the earliest that it can be compared with, so that the baseline stays where it is
    after a change of device; `from_previous` against the latest such.
    """

    visit: SeriesPoint
    from_first: Change | None
    from_first_comparable: Change | None
    from_previous: Change | None

    @property
    def shown(self) -> Change | None:
        """The change that a reader is told; None on the first day."""
        if self.from_first_comparable is not None:
            return self.from_first_comparable
        return self.from_first if self.from_first is not None and self.from_first.days else None


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
    all_repeats: bool = False  # values of one day without a time are repeats, the site says


def follow(
    points: Sequence[SeriesPoint],
    settings: TrackSettings,
    *,
    pregnancies: Sequence[Span] = (),
    course: CourseOf | None = None,
) -> tuple[Series, ...]:
    """Sort one person's values into series and judge every change.

    Parameters
    ----------
    points : sequence of SeriesPoint
        In any order; the result does not depend on it.
    pregnancies : sequence of (date, date)
        Pregnancies with what follows them. A pair of visits that one overlaps gets no
        yearly rate, a series no slope.
    course : callable, optional
        Gives the expected course between two visits, or None.
    """
    groups: dict[tuple[str, str, str, tuple[str, ...]], list[SeriesPoint]] = {}
    for point in points:
        key = (str(point.technique), str(point.origin), point.site, point.vertebrae_used)
        groups.setdefault(key, []).append(point)
    return tuple(_series(key, groups[key], settings, pregnancies, course) for key in sorted(groups))


def _series(
    key: tuple[str, str, str, tuple[str, ...]],
    points: Sequence[SeriesPoint],
    settings: TrackSettings,
    pregnancies: Sequence[Span],
    course: CourseOf | None,
) -> Series:
    earliest = min(points, key=lambda p: (p.day, p.bmd_g_cm2))
    visits = average_visits(
        points, precision_basis(earliest, settings.own), all_repeats=settings.all_repeats
    )

    def judge(one: SeriesPoint, two: SeriesPoint) -> Change:
        return assess(
            one,
            two,
            precision_basis(one, settings.own),
            calibrations=settings.calibrations,
            course=course(one, two) if course else None,
            chosen_percent=settings.chosen_percent,
            across_pregnancy=lies_across(one.day, two.day, pregnancies),
        )

    steps = []
    for n, visit in enumerate(visits):
        earlier = visits[:n]
        like = [v for v in earlier if v.day < visit.day and _joinable(v, visit, settings)]
        steps.append(
            Step(
                visit=visit,
                from_first=judge(visits[0], visit) if n else None,
                from_first_comparable=judge(like[0], visit) if like else None,
                from_previous=judge(like[-1], visit) if like else None,
            )
        )
    line, why = _line(visits, settings, pregnancies)
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
    if same_device(one.device, two.device) is None:
        return False
    lines = between(settings.calibrations, two.device.serial, one.device.serial, one.site)
    return bool(lines) and not lines[0].refused


def lies_across(one: date, two: date, pregnancies: Sequence[Span]) -> bool:
    """Tell whether a pregnancy overlaps the time between two days; touching it does not."""
    first, last = min(one, two), max(one, two)
    return any(begin < last and first < end for begin, end in pregnancies)


def _line(
    visits: Sequence[SeriesPoint], settings: TrackSettings, pregnancies: Sequence[Span]
) -> tuple[Slope | None, str]:
    if lies_across(visits[0].day, visits[-1].day, pregnancies):
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
