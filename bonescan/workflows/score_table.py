"""Score and classify a whole CSV; every row keeps its other columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.classify.row import classify_row
from bonescan.errors import EnvironmentFault, NothingUsable, UsageError
from bonescan.files.csv_table import CsvRow, CsvTable, read_csv_table
from bonescan.files.flag_texts_scoring import CELL_NOT_READ, FLAGS
from bonescan.files.tables import RESULTS_COLUMNS, write_atomically
from bonescan.model.measurement import Scores, Verdict
from bonescan.model.outcome import Problem
from bonescan.model.vocabulary import LabelFrom, LabelPolicy
from bonescan.norms.load import load_norms
from bonescan.scoring.table import ScoreRequest, score_table
from bonescan.settings import LabelSettings

from .score_bmd import one_of
from .score_cells import RowReader, TableDefaults

SCORED_COLUMNS = (
    "t_score", "t_label", "z_score", "z_label", "reference_id", "z_reference_id", "category",
    "reported_category", "category_rule", "score_used", "rounding_decides", "p_normal",
    "p_osteopenia", "p_osteoporosis", "flags",
)  # fmt: skip
NUMBERS = frozenset({"bmd_g_cm2", "reported_t_score", "reported_z_score"})
_WRITERS = {c.name: c for c in RESULTS_COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredTable:
    """What became of a table."""

    out: Path
    n_rows: int
    n_scored: int
    categories: dict[str, int]
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the counts as plain values."""
        return {
            "out": str(self.out),
            "rows": self.n_rows,
            "scored": self.n_scored,
            "categories": self.categories,
        }


def score_csv(
    source: Path,
    out: Path,
    defaults: TableDefaults,
    *,
    norms_dir: Path | None = None,
    label_policy: str = "device",
    label_from: str = "rounded",
) -> ScoredTable:
    """Score every row of `source` and write it, with its other columns, to `out`.

    Parameters
    ----------
    source : Path
        CSV with the column names of ``results.csv``; `site` and one of
        `bmd_g_cm2`, `reported_t_score`, `reported_z_score` are needed.
    out : Path
        UTF-8 CSV. Score columns that are there are filled anew, the others
        are added at the end.
    defaults : TableDefaults
    norms_dir : Path, optional
    label_policy, label_from : str
        As for `run`.

    Returns
    -------
    table : ScoredTable
        A cell that can't be read is a problem with its line and column; its
        row is kept with the flag `cell_not_read`.

    Raises
    ------
    NothingUsable
        BS-E347: no row could be scored.
    UsageError
        BS-E347: the columns are missing or stand twice.
    """
    settings = LabelSettings(
        policy=LabelPolicy(one_of("label policy", label_policy, LabelPolicy)),
        label_from=LabelFrom(one_of("label from", label_from, LabelFrom)),
    )
    if out.exists() and source.exists() and out.samefile(source):
        raise UsageError(
            "BS-E347", f"{out} is input and output at once; the input is never changed."
        )
    norms = load_norms(norms_dir)
    table = read_csv_table(source)
    _check_header(table, source)
    reader = RowReader(header=table.header, defaults=defaults, norms=norms, file=str(source))
    requests = [reader.request(row) for row in table.rows]
    readable = [r for r in requests if r is not None]
    scores = score_table(readable, norms, settings)
    found = {
        id(request): (s, classify_row(request.measurement, s, request.person, settings))
        for request, s in zip(readable, scores, strict=True)
    }
    scored = sum(_has_score(s, v) for s, v in found.values())
    if not scored:
        first = reader.problems[0].reason if reader.problems else ""
        raise NothingUsable("BS-E347", f"No row could be scored. {first}".strip(), file=source)
    rows = [
        _cells(table.header, row, request, found.get(id(request)), row.line in reader.bad_lines)
        for row, request in zip(table.rows, requests, strict=True)
    ]
    _write(out, [_out_header(table.header), *rows])
    words = Counter(str(v.category) for _, v in found.values() if v.category is not None)
    return ScoredTable(
        out=out,
        n_rows=len(rows),
        n_scored=scored,
        categories=dict(sorted(words.items())),
        problems=tuple(reader.problems),
    )


def _check_header(table: CsvTable, source: Path) -> None:
    if "site" not in table.header or not NUMBERS & set(table.header):
        raise UsageError(
            "BS-E347",
            f"found the columns {', '.join(table.header)}, wanted site and bmd_g_cm2.",
            file=source,
        )
    twice = [c for c, n in Counter(table.header).items() if n > 1]
    if twice:
        raise UsageError(
            "BS-E347", f"found the column {twice[0]!r} twice, wanted once.", file=source
        )


def _has_score(scores: Scores, verdict: Verdict) -> bool:
    return any(s is not None for s in (scores.t_score, scores.z_score, verdict.score_used))


def _out_header(header: Sequence[str]) -> list[str]:
    return [*header, *(c for c in SCORED_COLUMNS if c not in header)]


def _cells(
    header: Sequence[str],
    row: CsvRow,
    request: ScoreRequest | None,
    found: tuple[Scores, Verdict] | None,
    is_bad: bool,
) -> list[str]:
    """Write one row: its own cells, with the scores in their columns."""
    own = dict(zip(header, row.cells, strict=False))
    flags = [f for f in own.get("flags", "").split(";") if f and f not in FLAGS]
    values: dict[str, Any] = dict.fromkeys(SCORED_COLUMNS)
    if found is not None and request is not None:
        scores, verdict = found
        for name in SCORED_COLUMNS[:-1]:
            source = scores if hasattr(scores, name) else verdict
            values[name] = getattr(source, name)
        flags += request.person.flags + scores.flags + verdict.flags
    if is_bad:
        flags.append(CELL_NOT_READ)
    values["flags"] = tuple(sorted(set(flags)))  # in the order of results.csv
    written = {name: _WRITERS[name].cell(value) for name, value in values.items()}
    extra = list(row.cells[len(header) :])  # more cells than columns: kept where they stood
    return [written.get(c, own.get(c, "")) for c in _out_header(header)] + extra


def _write(out: Path, rows: Sequence[Sequence[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    try:
        write_atomically(out, buffer.getvalue().encode())
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the table can't be written: {error.strerror}.", file=out
        ) from error
