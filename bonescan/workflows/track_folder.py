"""Everybody's series of a result folder, with the verdict on every change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError, code_info
from bonescan.files.cross_calibration_csv import CalibrationPairs, read_cross_calibration
from bonescan.files.precision_table import read_precision_table
from bonescan.model.change import Acquisition, ExpectedCourse, SeriesPoint
from bonescan.model.outcome import Problem
from bonescan.model.page import PageRow, PersonPage
from bonescan.model.person import Fact
from bonescan.model.vocabulary import Severity, Technique
from bonescan.track.change import CHOSEN_PERCENT
from bonescan.track.cross_calibration import CrossCalibration, between, by_phantom, in_vivo
from bonescan.track.precision_basis import fits
from bonescan.track.series import Series, TrackSettings, follow, lies_across

from .guide_person import opened_study
from .pregnancy_spans import pregnancy_spans

IN_DOUBT = frozenset({"identity_conflict", "no_patient_id"})
NOT_FOR_SERIES = frozenset({"arithmetic_mismatch", "region_printed_twice"})
# Femoral neck by REMS, first visit at 11-13, second at 36-38 weeks. The mean: Ramirez Zegarra
# 2024, Aging Clin Exp Res, doi 10.1007/s40520-023-02677-4, n = 65. The spread between women:
# 28 of 164 gained (Arechavaleta-Velasco 2025), which is 2.0 with that mean; the 0.6 of the
# former may be no SD between women, and would make every woman lose whatever was measured.
PREGNANCY_COURSE = ExpectedCourse(
    mean_percent=-1.9,
    sd_percent=2.0,
    source="mean: Ramirez Zegarra 2024 (REMS, femoral neck, n = 65); SD between women 2.0 %: "
    "28 of 164 gained (Arechavaleta-Velasco 2025), where the former prints ±0.6",
)
T1_DAYS, T3_DAYS = (77, 97), (252, 272)  # 11+0 to 13+6, 36+0 to 38+6


@dataclass(frozen=True, kw_only=True)
class TrackedPerson:
    """One person's series, and the values that could not enter one."""

    patient_id: str
    series: tuple[Series, ...]
    left_out: tuple[str, ...]
    across_pregnancy: bool

    def to_dict(self) -> dict[str, Any]:
        """Give the series as plain values."""
        return {
            "patient_id": self.patient_id,
            "across_pregnancy": self.across_pregnancy,
            "series": [s.to_dict() for s in self.series],
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True, kw_only=True)
class TrackReport:
    """Everybody's series."""

    people: tuple[TrackedPerson, ...]
    calibrations: tuple[CrossCalibration, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def verdicts(self) -> dict[str, int]:
        """Count the verdicts on changes from the first comparable visit of a series."""
        counts: dict[str, int] = {}
        for person in self.people:
            for series in person.series:
                for step in series.steps:
                    if step.shown is not None:
                        word = str(step.shown.verdict)
                        counts[word] = counts.get(word, 0) + 1
        return dict(sorted(counts.items()))

    def to_dict(self) -> dict[str, Any]:
        """Give the document of ``track --json``."""
        return {
            "people": [p.to_dict() for p in self.people],
            "verdicts_from_first": self.verdicts,
            "cross_calibrations": [c.to_dict() for c in self.calibrations],
        }


def track_settings(
    precision: Path | None = None,
    cross_calibration: Path | None = None,
    chosen_percent: float = CHOSEN_PERCENT,
    *,
    all_repeats: bool = False,
) -> TrackSettings:
    """Read what changes are judged by.

    Raises
    ------
    UsageError
        A table that can't be used, or a chosen size below 0.
    """
    if not 0.0 <= chosen_percent <= 100.0:  # noqa: PLR2004 - percent
        raise UsageError("BS-E444", f"found {chosen_percent} %, wanted 0 to 100.")
    pairs = () if cross_calibration is None else read_cross_calibration(cross_calibration)
    return TrackSettings(
        own=() if precision is None else read_precision_table(precision),
        calibrations=tuple(_calibrated(p) for p in pairs),
        chosen_percent=chosen_percent,
        all_repeats=all_repeats,
    )


def track_folder(out: Path, settings: TrackSettings, patient: str = "") -> TrackReport:
    """Follow everybody of a result folder, or one person.

    Parameters
    ----------
    out : Path
        A folder that `bonescan run` made.
    settings : TrackSettings
    patient : str, optional
        Pseudonym, or chart number where the folder shows those.

    Raises
    ------
    UsageError
        BS-E305 no store of ours; BS-E444 nobody of that name.
    """
    with opened_study(out) as (study, _pseudonyms):
        pages = [p for p in study.people if not patient or patient in {p.patient_id, p.pseudonym}]
        facts = {p.patient_id: study.facts.get(p.pseudonym, ()) for p in pages}
    if patient and not pages:
        raise UsageError("BS-E444", f"found nobody called {patient} in {out}.")
    people = tuple(track_person(p, settings, facts[p.patient_id]) for p in pages)
    points = [point for p in pages for point in person_points(p)]
    return TrackReport(
        people=people,
        calibrations=settings.calibrations,
        problems=tuple(_unused(points, settings)),
    )


def track_person(
    page: PersonPage, settings: TrackSettings, facts: Iterable[Fact] = ()
) -> TrackedPerson:
    """Follow one person of a study; `facts` are those about the person."""
    left_out = [
        f"{row.file}, {row.labelled.measurement.site}: {why}"
        for row in page.rows
        if (why := _unfit(row))
    ]
    gestation = {
        row.exam.exam_date: row.person.gestation_days
        for row in page.rows
        if row.exam.exam_date is not None
    }
    pregnancies = pregnancy_spans(page.rows, facts)
    points = person_points(page)
    days = [p.day for p in points]

    def course(one: SeriesPoint, two: SeriesPoint) -> ExpectedCourse | None:
        return pregnancy_course(one, two, gestation)

    return TrackedPerson(
        patient_id=page.patient_id,
        series=follow(points, settings, pregnancies=pregnancies, course=course),
        left_out=tuple(left_out),
        across_pregnancy=bool(days) and lies_across(min(days), max(days), pregnancies),
    )


def person_points(page: PersonPage | None) -> list[SeriesPoint]:
    """Give every value of a person that may enter a series."""
    return [] if page is None else [_point(row) for row in page.rows if not _unfit(row)]


def _unfit(row: PageRow) -> str:
    """Say why a value enters no series."""
    m = row.labelled.measurement
    if m.bmd_g_cm2 is None:
        return "no bone density"
    if row.exam.exam_date is None:
        return "no exam date"
    if not m.scores_allowed:
        return "a simulated model's estimate of a real exam"
    if IN_DOUBT & {*m.flags, *row.person.flags, *row.labelled.verdict.flags}:
        return "nobody knows for certain whose it is"
    if NOT_FOR_SERIES & set(m.flags):
        return "its printed numbers contradict each other"
    return ""


def _point(row: PageRow) -> SeriesPoint:
    m, day = row.labelled.measurement, row.exam.exam_date
    if m.bmd_g_cm2 is None or day is None:
        raise ValueError("a value without density or day enters no series")
    return SeriesPoint(
        day=day,
        bmd_g_cm2=m.bmd_g_cm2,
        technique=m.technique,
        origin=m.origin,
        site=m.site,
        device=row.device,
        vertebrae_used=m.vertebrae_used,
        model_id=m.model_id,
        weight_kg=row.person.weight_kg,
        depth_mm=m.depth_mm,
        acquisition=Acquisition(
            study_uid=row.exam.study_uid,
            accession_number=row.exam.accession_number,
            time=row.exam.exam_time,
            bmc_g=m.bmc_g,
            area_cm2=m.area_cm2,
        ),
        exam=row.file,
    )


def pregnancy_course(
    one: SeriesPoint, two: SeriesPoint, gestation: dict[date, float | None]
) -> ExpectedCourse | None:
    """Give the published course where both visits lie in its windows, one pregnancy apart.

    Only for REMS at the femoral neck, where it was measured. `gestation` gives days of
    gestation by day.
    """
    if {one.technique, two.technique} != {Technique.REMS}:
        return None
    first, second = gestation.get(one.day), gestation.get(two.day)
    if first is None or second is None or not one.site.startswith("femoral-neck"):
        return None
    days = (two.day - one.day).days
    of_one_pregnancy = abs(days - (second - first)) <= 14  # noqa: PLR2004 - dating may be revised
    inside = T1_DAYS[0] <= first <= T1_DAYS[1] and T3_DAYS[0] <= second <= T3_DAYS[1]
    return PREGNANCY_COURSE if inside and of_one_pregnancy else None


def _unused(points: Sequence[SeriesPoint], settings: TrackSettings) -> Iterator[Problem]:
    """Warn of rows that are about no value that is followed: a slip of the pen hides there."""
    for own in settings.own:
        if not any(fits(own, p) for p in points):
            device = own.device_serial or "any"
            yield _problem(
                f"a precision study fits no value that is followed: {own.technique}, site "
                f"{own.site}, vertebrae {'+'.join(own.vertebrae_used) or 'any'}, device {device}."
            )
    devices = {(p.device.serial, p.site) for p in points}
    for line in settings.calibrations:
        there = any(
            between([line], line.from_serial, line.to_serial, site)
            and (line.to_serial, site) in devices
            for serial, site in devices
            if serial == line.from_serial
        )
        if not there:
            yield _problem(
                "a cross-calibration fits no values that are followed: "
                f"{line.from_serial} to {line.to_serial}, site {line.site}."
            )


def _problem(reason: str) -> Problem:
    code = "BS-W449"
    return Problem(
        code=code, severity=Severity.WARNING, file="", reason=reason, hint=code_info(code).hint
    )


def _calibrated(pairs: CalibrationPairs) -> CrossCalibration:
    if pairs.kind == "phantom":
        return by_phantom(
            pairs.from_serial,
            pairs.to_serial,
            pairs.values_from,
            pairs.values_to,
            same_model=pairs.same_model,
        )
    return in_vivo(
        pairs.site, pairs.from_serial, pairs.to_serial, pairs.values_from, pairs.values_to
    )
