"""Rows of somebody's table as requests to score; what can't be read is named and left out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bonescan.errors import BonescanError, UsageError, code_info
from bonescan.files.csv_table import CsvRow
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Problem
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import ReferencePolicy, Severity, Technique
from bonescan.norms.load import Norms
from bonescan.scoring.score import plan_scores
from bonescan.scoring.table import ScoreRequest

from .score_bmd import FRACTURES, check_bmd, known_maker, measurement_of, one_of, person_of

# what `run` refused to score stays unscored when its own table comes back
NEVER_SCORED = (
    "not_for_any_use",
    "single_vertebra",
    "arithmetic_mismatch",  # these four: the number contradicts itself, and nobody has settled it
    "region_printed_twice",
    "carriers_disagree",
    "entries_differ",
)
_WORDS: dict[str, tuple[str, ...]] = {"sex": ("F", "M"), "fracture": FRACTURES}
_BETWEEN_FLAGS = re.compile(r"[;,\s]+")

V = TypeVar("V", str, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDefaults:
    """What holds for every row whose own cell is empty or missing; a reference always wins.

    A cell that holds something unreadable is not empty: its value is unknown.
    """

    sex: str | None = None
    age: str | None = None
    menopausal_status: str | None = None
    fracture: str | None = None
    manufacturer: str | None = None
    technique: str = "DXA"
    reference_id: str | None = None
    z_reference_id: str | None = None


@dataclass(kw_only=True)
class RowReader:
    """Reads the rows of one table."""

    header: Sequence[str]
    defaults: TableDefaults
    norms: Norms
    file: str
    policy: ReferencePolicy = ReferencePolicy.ISCD
    problems: list[Problem] = field(default_factory=list)
    bad_lines: set[int] = field(default_factory=set)

    def request(self, row: CsvRow) -> ScoreRequest | None:
        """Read one row; None when it can't be scored at all."""
        if len(row.cells) > len(self.header):
            self._bad(row, "", f"found {len(row.cells)} cells, wanted {len(self.header)}")
            return None
        cells = {k: v for k, v in zip(self.header, row.cells, strict=False) if v}
        reference = self.defaults.reference_id or cells.get("reference_id")
        z_reference = self.defaults.z_reference_id or cells.get("z_reference_id")
        try:
            measurement = self._measurement(row, cells, reference)
            person = self._person(row, cells)
            plan_scores(measurement, person, self.norms, reference, z_reference, self.policy)
        except BonescanError as refused:
            self._bad(row, "", refused.reason.rstrip("."))
            return None
        return ScoreRequest(
            measurement=measurement,
            person=person,
            reference_id=reference,
            z_reference_id=z_reference,
        )

    def _measurement(
        self, row: CsvRow, cells: dict[str, str], reference: str | None
    ) -> Measurement:
        technique = cells.get("technique", self.defaults.technique)
        maker = cells.get("manufacturer") or self.defaults.manufacturer
        if technique == Technique.REMS_STYLE:  # its manufacturer made the ultrasound device
            known = self.norms.young.get(reference or "")
            maker = known.scale if known else self.defaults.manufacturer
        elif technique != Technique.REMS:  # the maker of a REMS device changes nothing
            maker = self._checked(row, "manufacturer", maker, known_maker)
        measurement = measurement_of(
            self._checked(row, "bmd_g_cm2", self._number(row, cells, "bmd_g_cm2"), check_bmd),
            site=cells.get("site", ""),
            manufacturer=maker,
            technique=technique,
            bmd_u_g_cm2=self._number(row, cells, "bmd_u_g_cm2"),
            reported=(
                self._number(row, cells, "reported_t_score"),
                self._number(row, cells, "reported_z_score"),
                cells.get("reported_reference"),
            ),
        )
        forbidding = _forbids_scores(cells.get("flags", ""))
        if forbidding:
            self._problem(row, "BS-W262", f": found the flag {forbidding}, so nothing was scored")
            return replace(measurement, scores_allowed=False)
        return measurement

    def _person(self, row: CsvRow, cells: dict[str, str]) -> PersonAtExam:
        sex = self._word(row, cells, "sex", self.defaults.sex)
        status = self._word(row, cells, "menopausal_status", self.defaults.menopausal_status)
        age, exact = None, True
        text = cells.get("age_years") or self.defaults.age
        if text:
            try:
                age, exact = parse_age(text)
            except UsageError as refused:
                self._bad(row, "age_years", refused.reason.rstrip("."))
        if "age_in_whole_years" in cells.get("flags", "").split(";"):
            exact = False  # half a year is in the number already
        fracture = self._word(row, cells, "fracture", self.defaults.fracture)
        return person_of(sex, age, status, age_is_exact=exact, fracture=fracture)

    def _number(self, row: CsvRow, cells: dict[str, str], column: str) -> float | None:
        text = cells.get(column)
        if text is None:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self._bad(row, column, f"found {text!r}, wanted a number with a decimal point")
            return None
        return number

    def _checked(
        self, row: CsvRow, column: str, value: V | None, check: Callable[[V | None], object]
    ) -> V | None:
        """Name a value that `check` refuses and leave it out; its row stays."""
        try:
            check(value)
        except UsageError as refused:
            self._bad(row, column, refused.reason.rstrip("."))
            return None
        return value

    def _word(
        self, row: CsvRow, cells: dict[str, str], column: str, default: str | None
    ) -> str | None:
        """Read a word; the default is for an empty cell, never for an unreadable one."""
        from bonescan.model.vocabulary import MenopausalStatus

        text = cells.get(column)
        if text is None:
            return default
        try:
            return one_of(column, text, _WORDS.get(column, tuple(MenopausalStatus)))
        except UsageError as refused:
            self._bad(row, column, refused.reason.rstrip("."))
            return None

    def _bad(self, row: CsvRow, column: str, found: str) -> None:
        self.bad_lines.add(row.line)
        self._problem(row, "BS-W260", (f", column {column!r}" if column else "") + f": {found}")

    def _problem(self, row: CsvRow, code: str, text: str) -> None:
        self.problems.append(
            Problem(
                code=code,
                severity=Severity.WARNING,
                file=self.file,
                reason=f"Line {row.line}{text}.",
                hint=code_info(code).hint,
            )
        )


def _forbids_scores(flags: str) -> str:
    """Name the flag under which no T, Z or class may be made of a row; "" where none does."""
    found = set(_BETWEEN_FLAGS.split(flags.casefold()))
    for flag in NEVER_SCORED:
        if flag in found:
            return flag
    if "simulated_model" in found and "simulated_exam" not in found:
        return "simulated_model without simulated_exam"
    return ""


def parse_age(text: str) -> tuple[float, bool]:
    """Read an age: "47.3" is exact, "47" means whole years and gets half a year.

    Returns
    -------
    age_years : float
    is_exact : bool

    Examples
    --------
    >>> parse_age("47.0"), parse_age("47")
    ((47.0, True), (47.5, False))
    """
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not 0.0 <= age < 130.0:  # noqa: PLR2004 - sanity of an entry
        raise UsageError("BS-E346", f"found the age {text!r}, wanted years as 47.3 or 47.")
    return (age, True) if "." in text else (age + 0.5, False)
