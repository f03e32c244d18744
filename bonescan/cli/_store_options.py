"""Options of verbs that open a store, and of runs that guard their workers."""

from __future__ import annotations

import re

import typer

StoreOption: str | None = typer.Option(
    None,
    "--store",
    metavar="URL",
    help="Where the store lies: a database URL (postgresql+psycopg://user@host/name) or an SQLite "
    "file; default: what OUT notes, or bonescan.db in OUT.",
)
TimeLimit: float | None = typer.Option(
    None,
    "--time-limit",
    min=0.0,
    metavar="SECONDS",
    help="A scan that takes longer is given up; default 600 in worker processes, 0 = any.",
)
MemoryLimit: str | None = typer.Option(
    None,
    "--memory-limit",
    metavar="SIZE",
    help="Memory one worker process may hold, as 2GiB or 500MB; default 4GiB, 0 = any.",
)

_UNITS = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "k": 2**10, "m": 2**20, "g": 2**30,
}  # fmt: skip
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")


def read_size(text: str | None) -> int | None:
    """Read a size as 2GiB, 500 MB or 1000000; None stays None."""
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is None or match[2].lower() not in _UNITS:
        from bonescan.errors import UsageError

        raise UsageError("BS-E304", f"found --memory-limit {text}, wanted a size as 2GiB.")
    return int(float(match[1]) * _UNITS[match[2].lower()])
