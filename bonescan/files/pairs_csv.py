"""Tables of pairs: wide CSV, any two columns, DataFrames and arrays, into rows of sites.

A wide table has the columns ``<site>_<method>_<bmd|t|z>`` (``ls_dxa_bmd``,
``ls_rems_bmd`` ...). Text stays text, whatever it looks like; a number column
holds finite numbers and gaps, and anything else is refused with its row.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import NothingUsable, UsageError
from bonescan.model.pairs import QUANTITIES, SitePairs

from .csv_table import read_csv_table

Array = NDArray[np.float64]

_WIDE = re.compile(r"(.+)_([^_]+)_(bmd|t|z)", re.IGNORECASE)
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>", "nat", "."})
_YES = frozenset({"1", "1.0", "yes", "y", "true", "pass", "passed", "ok", "good"})
_NO = frozenset({"0", "0.0", "no", "n", "false", "fail", "failed", "rejected", "bad", "excluded"})
USUAL_REFERENCE = "dxa"
MINUS = "\N{MINUS SIGN}"  # what word processors make of a hyphen before a number
NEAR = 0.5  # how alike a column name must be to be offered

# what a column is taken for when no option names one
_USUAL = {
    "subject": ("subject_id", "patient_id", "subject"),
    "age": ("age_y", "age_years", "age"),
    "bmi": ("bmi", "bmi_kg_m2"),
    "sex": ("sex",),
    "device": ("device", "test_device", "rems_device"),
    "maker": ("maker", "dxa_maker", "manufacturer", "dxa_manufacturer"),
    "depth": ("depth_mm",),
    "fracture": ("prior_fragility_fracture", "fragility_fracture", "fracture"),
    "issuer": ("issuer",),
    "quality": ("quality",),
    "date": ("exam_date", "date"),
}
_NUMBERS = {"age": "age_years", "bmi": "bmi_kg_m2", "depth": "depth_mm"}
_WORDS = {"sex": "sex", "device": "device", "maker": "maker", "issuer": "issuer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChoice:
    """Which column is what, by name; None takes the usual names, if the table has them.

    `reference` and `test` name two columns, or two methods of a wide table.
    """

    reference: str | None = None
    test: str | None = None
    quantity: str | None = None  # of two columns: "bmd", "t" or "z"
    subject: str | None = None
    replicate: str | None = None
    issuer: str | None = None
    age: str | None = None
    bmi: str | None = None
    sex: str | None = None
    device: str | None = None
    maker: str | None = None
    depth: str | None = None
    fracture: str | None = None
    quality: str | None = None
    date: str | None = None  # of the test, ISO: for changes of people seen several times


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A table as named columns of cells; `labels` names each row to a person."""

    columns: Mapping[str, Sequence[Any]]
    labels: tuple[str, ...]
    file: str = ""

    def pick(self, name: str) -> Sequence[Any]:
        """Give a column, or say which there are and which one was probably meant."""
        if name in self.columns:
            return self.columns[name]
        raise self.no_column(name)

    def no_column(self, name: str) -> UsageError:
        """Say that there is no such column."""
        near = difflib.get_close_matches(name, list(self.columns), n=1, cutoff=NEAR)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        found = ", ".join(self.columns) or "none"
        return UsageError(
            "BS-E370", f"found no column {name!r}; the columns are {found}{meant}", file=self.file
        )

    def numbers(self, name: str) -> Array:
        """Read a column of numbers; gaps are NaN."""
        cells = self.pick(name)
        return np.array([self._number(name, row, cell) for row, cell in enumerate(cells)])

    def words(self, name: str) -> tuple[str | None, ...]:
        """Read a column of words; gaps are None."""
        return tuple(_word(cell) for cell in self.pick(name))

    def days(self, name: str) -> Array:
        """Read a column of ISO dates as day numbers; gaps are NaN."""
        return np.array([self._day(name, row, cell) for row, cell in enumerate(self.pick(name))])

    def yes_no(self, name: str) -> Array:
        """Read a column of 1 and 0, yes and no, pass and fail; gaps are NaN."""
        return np.array([self._yes_no(name, row, cell) for row, cell in enumerate(self.pick(name))])

    def _number(self, name: str, row: int, cell: Any) -> float:
        text = _word(cell)
        if text is None:
            return math.nan
        try:
            value = float(cell if not isinstance(cell, str) else text.replace(MINUS, "-"))
        except (TypeError, ValueError):
            comma = " with a decimal comma" if "," in text else ""
            raise self._no_number(name, row, f"the text {text!r}{comma}") from None
        if not math.isfinite(value):
            raise self._no_number(name, row, f"the value {value}")
        return value

    def _day(self, name: str, row: int, cell: Any) -> float:
        text = _word(cell)
        if text is None:
            return math.nan
        try:
            return float(date.fromisoformat(text[:10]).toordinal())
        except ValueError:
            raise UsageError(
                "BS-E371",
                f"column {name!r}, {self.labels[row]}: found {text!r}, wanted a date as "
                "2026-01-31.",
                file=self.file,
            ) from None

    def _yes_no(self, name: str, row: int, cell: Any) -> float:
        text = _word(cell)
        if text is None:
            return math.nan
        if text.lower() in _YES:
            return 1.0
        if text.lower() in _NO:
            return 0.0
        raise UsageError(
            "BS-E371",
            f"column {name!r}, {self.labels[row]}: found {text!r}, wanted yes or no (1 or 0, "
            "pass or fail).",
            file=self.file,
        )

    def _no_number(self, name: str, row: int, found: str) -> UsageError:
        return UsageError(
            "BS-E371",
            f"column {name!r}, {self.labels[row]}: found {found}, wanted a finite number.",
            file=self.file,
        )


def _word(cell: Any) -> str | None:
    """Give a cell as text; None for every way of writing a gap."""
    text = "" if cell is None else str(cell).strip()
    return None if text.lower() in _MISSING else text


def read_pairs_csv(path: Path, choice: ColumnChoice) -> tuple[SitePairs, ...]:
    """Read the pairs of a CSV.

    Parameters
    ----------
    path : Path
    choice : ColumnChoice

    Returns
    -------
    sites : tuple of SitePairs
        In the order of the columns; ("pair",) for two named columns.

    Raises
    ------
    UsageError
        BS-E320, BS-E321 no text table; BS-E370 a column that isn't there;
        BS-E371 a cell that is no number.
    NothingUsable
        BS-E374 no row at all.
    """
    table = read_csv_table(path)
    repeated = sorted({n for n in table.header if n and table.header.count(n) > 1})
    if repeated:
        raise UsageError(
            "BS-E370", f"found the column {repeated[0]!r} twice, wanted each name once.", file=path
        )
    width = len(table.header)
    for row in table.rows:
        if len(row.cells) > width:
            raise UsageError(
                "BS-E371",
                f"line {row.line}: found {len(row.cells)} cells, wanted {width} as in the header.",
                file=path,
            )
    columns = {
        name: [row.cells[i] if i < len(row.cells) else "" for row in table.rows]
        for i, name in enumerate(table.header)
        if name
    }
    labels = tuple(f"line {row.line}" for row in table.rows)
    return pairs_of_table(Cells(columns=columns, labels=labels, file=str(path)), choice)


def cells_of_frame(frame: Any) -> Cells:
    """Take a pandas or polars DataFrame, or a mapping of columns, as a table."""
    names = list(frame.columns) if hasattr(frame, "columns") else list(frame)
    columns = {str(name): list(frame[name]) for name in names}
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise UsageError("BS-E372", f"found columns of {told} values, wanted one length.")
    n = next(iter(lengths.values()), 0)
    return Cells(columns=columns, labels=row_labels(n))


def row_labels(n: int) -> tuple[str, ...]:
    """Name rows that have no line in a file, from 1."""
    return tuple(f"row {i}" for i in range(1, n + 1))


def pairs_of_table(cells: Cells, choice: ColumnChoice) -> tuple[SitePairs, ...]:
    """Find the sites of a table, as `read_pairs_csv` does."""
    if not cells.labels:
        raise NothingUsable("BS-E374", "found a header and no row.", file=cells.file)
    if _names_columns(cells, choice):
        return (_two_columns(cells, choice),)
    return _wide(cells, choice)


def _names_columns(cells: Cells, choice: ColumnChoice) -> bool:
    """Tell two named columns from two methods of a wide table."""
    named = (choice.reference, choice.test)
    if named == (None, None):
        return False
    methods = {m.group(2) for name in cells.columns if (m := _WIDE.fullmatch(name))}
    if all(name is None or name in methods for name in named) and not any(
        name in cells.columns for name in named
    ):
        return False
    if choice.reference is None or choice.test is None:
        raise UsageError("BS-E376", "found one of --reference and --test, wanted both.")
    return True


def _two_columns(cells: Cells, choice: ColumnChoice) -> SitePairs:
    reference, test = str(choice.reference), str(choice.test)
    if reference == test:
        raise UsageError(
            "BS-E376", f"found {reference!r} as reference and as test, wanted two columns."
        )
    quantity = choice.quantity or _quantity_of(reference, test)
    if quantity not in QUANTITIES:
        raise UsageError("BS-E376", f"found the quantity {quantity!r}, wanted bmd, t or z.")
    values = {quantity: (cells.numbers(reference), cells.numbers(test))}
    return _site("pair", (reference, test), values, cells, choice)


def _quantity_of(reference: str, test: str) -> str:
    for letter in ("t", "z"):
        if reference.lower().endswith(f"_{letter}") and test.lower().endswith(f"_{letter}"):
            return letter
    return "bmd"


def _wide(cells: Cells, choice: ColumnChoice) -> tuple[SitePairs, ...]:
    found: dict[str, dict[str, dict[str, str]]] = {}  # site, method, quantity -> column
    for name in cells.columns:
        if match := _WIDE.fullmatch(name):
            site, method, quantity = match.groups()
            found.setdefault(site, {}).setdefault(method, {})[quantity.lower()] = name
    if not found:
        raise UsageError(
            "BS-E370",
            "found no columns named <site>_<method>_<bmd|t|z> and no --reference with --test; the "
            f"columns are {', '.join(cells.columns)}.",
            file=cells.file,
        )
    sites = []
    for site, methods in found.items():
        reference, test = _two_methods(site, methods, choice, cells.file)
        values = {
            q: (cells.numbers(methods[reference][q]), cells.numbers(methods[test][q]))
            for q in QUANTITIES
            if q in methods[reference] and q in methods[test]
        }
        if values:
            sites.append(_site(site, (reference, test), values, cells, choice))
    if not sites:
        raise UsageError(
            "BS-E370", "found no quantity that both methods give at one site.", file=cells.file
        )
    return tuple(sites)


def _two_methods(
    site: str, methods: Mapping[str, Any], choice: ColumnChoice, file: str
) -> tuple[str, str]:
    names = list(methods)
    reference = choice.reference or next((n for n in names if n.lower() == USUAL_REFERENCE), None)
    others = [n for n in names if n != reference]
    test = choice.test or (others[0] if len(others) == 1 else None)
    if reference not in names or test not in names or reference == test:
        raise UsageError(
            "BS-E370",
            f"site {site!r}: found the methods {', '.join(names)}, wanted a reference and one "
            "other; name them with --reference and --test.",
            file=file,
        )
    return str(reference), str(test)


def _site(
    site: str,
    methods: tuple[str, str],
    values: Mapping[str, tuple[Array, Array]],
    cells: Cells,
    choice: ColumnChoice,
) -> SitePairs:
    n = len(cells.labels)

    def column(role: str) -> str | None:
        asked = getattr(choice, role)
        if asked is not None:
            cells.pick(asked)
            return str(asked)
        own = {f"{site}_{methods[1]}_{role}", f"{methods[1]}_{role}"} if role == "quality" else ()
        return next((c for c in (*own, *_USUAL.get(role, ())) if c in cells.columns), None)

    subject, replicate, quality = column("subject"), column("replicate"), column("quality")
    numbers = _columns(_NUMBERS, column, cells.numbers)
    numbers |= _columns({"fracture": "fracture"}, column, cells.yes_no)
    numbers |= _columns({"date": "day"}, column, cells.days)
    passed = np.full(n, math.nan) if quality is None else cells.yes_no(quality)
    return SitePairs(
        site=site,
        reference_name=methods[0],
        test_name=methods[1],
        labels=cells.labels,
        subjects=_subjects(None if subject is None else cells.words(subject), cells.labels),
        has_subjects=subject is not None,
        replicates=None
        if replicate is None
        else tuple(word or "" for word in cells.words(replicate)),
        values=values,
        numbers=numbers,
        words=_columns(_WORDS, column, cells.words),
        rejected=passed == 0.0,
    )


def _columns(
    names: Mapping[str, str], column: Callable[[str], str | None], read: Callable[[str], Any]
) -> dict[str, Any]:
    found = {}
    for role, name in names.items():
        where = column(role)
        if where is not None:
            found[name] = read(where)
    return found


def _subjects(words: Iterable[str | None] | None, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Name who a row is of; a row without a name is somebody of its own."""
    if words is None:
        return labels
    return tuple(word or f"({label})" for word, label in zip(words, labels, strict=True))
