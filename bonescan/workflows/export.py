"""Hand the tables of a result folder on in the form that another program takes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan import __version__
from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.export_parquet import write_parquet
from bonescan.files.export_redcap import write_redcap
from bonescan.files.export_xlsx import write_xlsx
from bonescan.files.result_tables import (
    DICTIONARY,
    ResultTable,
    dictionary_table,
    result_tables,
)

TARGETS = ("csv", "parquet", "xlsx", "redcap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    target: str
    files: tuple[Path, ...]
    tables: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "to": self.target,
            "files": [str(f) for f in self.files],
            "tables": list(self.tables),
        }


def export_tables(out: Path, target: str, folder: Path, event: str = "") -> Exported:
    """Write the tables of `out` below `folder`; who is who stays behind.

    Parameters
    ----------
    out : Path
        A result folder; only read.
    target : str
        One of `TARGETS`.
    folder : Path
        Made where it is missing; files of the same names are replaced.
    event : str
        For REDCap: the unique name of the event.

    Returns
    -------
    exported : Exported

    Raises
    ------
    UsageError
        `out` holds no results, `folder` is the result folder, or a table is
        too large for the form.
    EnvironmentFault
        An extra is missing, or the folder can't be written.
    """
    tables = result_tables(out)
    if folder.resolve() == out.resolve():
        raise UsageError("BS-E305", f"found {folder} as source and target, wanted two folders.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = _write(out, tables, target, folder, event)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the export can't be written: {error.strerror}.", file=folder
        ) from error
    return Exported(target=target, files=tuple(files), tables=tuple(t.name for t in tables))


def _write(
    out: Path, tables: list[ResultTable], target: str, folder: Path, event: str
) -> list[Path]:
    match target:
        case "csv":
            return _copy(out, tables, folder)
        case "parquet":
            return write_parquet(tables, folder, __version__)
        case "xlsx":
            return write_xlsx([*tables, dictionary_table(out)], folder)
        case "redcap":
            return write_redcap(tables, folder, event)
    raise UsageError("BS-E304", f"found --to {target}, wanted {', '.join(TARGETS)}.")


def _copy(out: Path, tables: list[ResultTable], folder: Path) -> list[Path]:
    """Copy the tables as they are, each moved into place whole."""
    written = []
    for name in [*(t.path.name for t in tables), DICTIONARY]:
        draft = folder / f".tmp-{name}"
        shutil.copyfile(out / name, draft)
        draft.replace(folder / name)
        written.append(folder / name)
    return written
