"""Tables as Parquet, with what each column means in the file itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault

from .result_tables import CellKind, ResultTable, TypedColumn

BATCH_ROWS = 20_000
NOTE = "Research software, not a medical device."


def write_parquet(tables: list[ResultTable], folder: Path, version: str) -> list[Path]:
    """Write ``<table>.parquet`` for each table, batch by batch.

    Text keeps the protection it has in the CSV. Field metadata: unit, meaning,
    decimals; file metadata: ``bonescan``, ``data_dictionary`` (JSON).

    Raises
    ------
    EnvironmentFault
        pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    written = []
    for table in tables:
        schema = _schema(arrow, table, version)
        path = folder / f"{table.name}.parquet"
        draft = path.with_name(f".tmp-{path.name}")
        with parquet.ParquetWriter(draft, schema, compression="zstd") as writer:
            for rows in _batches(table.rows()):
                columns = [
                    arrow.array([_value(row[n], column) for row in rows], schema.field(n).type)
                    for n, column in enumerate(table.columns)
                ]
                writer.write_batch(arrow.record_batch(columns, schema=schema))
        draft.replace(path)
        written.append(path)
    return written


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise EnvironmentFault(
            "BS-E505",
            "found no pyarrow, which writes Parquet.",
            "Install it: pip install 'bonescan[parquet]'.",
        ) from error
    return pyarrow, parquet


def _schema(arrow: Any, table: ResultTable, version: str) -> Any:
    types = {
        CellKind.TEXT: arrow.string(),
        CellKind.NUMBER: arrow.float64(),
        CellKind.WHOLE: arrow.int64(),
        CellKind.DATE: arrow.date32(),
        CellKind.YES_NO: arrow.bool_(),
    }
    dictionary = [
        {"name": c.name, "unit": c.unit, "decimals": c.decimals, "meaning": c.meaning}
        for c in table.columns
    ]
    fields = [
        arrow.field(c.name, types[c.kind], metadata={"unit": c.unit, "meaning": c.meaning})
        for c in table.columns
    ]
    metadata = {
        "bonescan": version,
        "note": NOTE,
        "data_dictionary": json.dumps(dictionary, ensure_ascii=False),
    }
    return arrow.schema(fields, metadata=metadata)


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def _value(cell: str, column: TypedColumn) -> Any:
    """Turn a cell into what its column holds; empty is null."""
    if not cell:
        return None
    match column.kind:
        case CellKind.NUMBER:
            return float(cell)
        case CellKind.WHOLE:
            return int(cell)
        case CellKind.DATE:
            return date.fromisoformat(cell)
        case CellKind.YES_NO:
            return cell == "yes"
    return cell
