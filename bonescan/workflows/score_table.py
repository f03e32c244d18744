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
from bonescan.files.tables import RESULTS_COLUMNS, Column, write_atomically
from bonescan.model.measurement import Scores, Verdict
from bonescan.model.outcome import Problem
from bonescan.norms.load import load_norms
from bonescan.scoring.table import ScoreRequest, score_table

from .score_bmd import known_maker, label_settings
from .score_cells import RowReader, TableDefaults
from .score_columns import ADDED_COLUMNS, PooledOptions, added_values

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
    reference_policy: str = "iscd",
    pooled: PooledOptions | None = None,
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
    reference_policy : {"iscd", "japan", "local-z"}
        As for `score_bmd`.
    pooled : PooledOptions, optional
        Standardised and converted BMD of a cohort, in columns of their own.

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
    settings = label_settings(label_policy, label_from, reference_policy)
    known_maker(defaults.manufacturer)
    pooled = pooled or PooledOptions()
    if out.exists() and source.exists() and out.samefile(source):
        raise UsageError(
            "BS-E347", f"{out} is input and output at once; the input is never changed."
        )
    norms = load_norms(norms_dir)
    table = read_csv_table(source)
    _check_header(table, source)
    reader = RowReader(
        header=table.header,
        defaults=defaults,
        norms=norms,
        file=str(source),
        policy=settings.reference,
    )
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
    columns = (*(_WRITERS[c] for c in SCORED_COLUMNS), *ADDED_COLUMNS, *pooled.columns)
    header = [*table.header, *(c.name for c in columns if c.name not in table.header)]
    rows = [
        _cells(
            table.header,
            row,
            _values(request, found.get(id(request)), pooled, row.line in reader.bad_lines),
            header,
            columns,
        )
        for row, request in zip(table.rows, requests, strict=True)
    ]
    _write(out, [header, *rows])
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


def _values(
    request: ScoreRequest | None,
    found: tuple[Scores, Verdict] | None,
    pooled: PooledOptions,
    is_bad: bool,
) -> dict[str, Any]:
    """Gather what was found of one row under the names of its columns."""
    unread = (CELL_NOT_READ,) * is_bad
    if found is None or request is None:
        return {"flags": unread}
    scores, verdict = found
    values: dict[str, Any] = {}
    for name in SCORED_COLUMNS[:-1]:
        source = scores if hasattr(scores, name) else verdict
        values[name] = getattr(source, name)
    values["flags"] = request.person.flags + scores.flags + verdict.flags + unread
    return values | added_values(request, scores, pooled)


def _cells(
    header: Sequence[str],
    row: CsvRow,
    values: dict[str, Any],
    out_header: Sequence[str],
    columns: Sequence[Column],
) -> list[str]:
    """Write one row: its own cells, with the scores in their columns."""
    own = dict(zip(header, row.cells, strict=False))
    flags = [f for f in own.get("flags", "").split(";") if f and f not in FLAGS]
    flags += values["flags"]
    written = {c.name: c.cell(values.get(c.name)) for c in columns}
    # in the order of results.csv
    written["flags"] = _WRITERS["flags"].cell(tuple(sorted(set(flags))))
    extra = list(row.cells[len(header) :])  # more cells than columns: kept where they stood
    return [written.get(c, own.get(c, "")) for c in out_header] + extra


def _write(out: Path, rows: Sequence[Sequence[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    try:
        write_atomically(out, buffer.getvalue().encode())
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the table can't be written: {error.strerror}.", file=out
        ) from error
