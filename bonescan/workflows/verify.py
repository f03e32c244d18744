"""Compare a store with its own hashes, and the tables of a result folder with its record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import code_info
from bonescan.model.outcome import Problem
from bonescan.model.plain import to_plain
from bonescan.model.vocabulary import Severity
from bonescan.store.open_store import DatabaseFault, open_store, shown_place
from bonescan.store.store import Store

RECORD_NAME = "run.json"
HALF_FILES = ".tmp-*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at and what was found."""

    place: str
    n_results: int
    n_contents: int
    n_tables: int
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return dict(to_plain(self))


def verify(out: Path, address: str | None = None) -> Verified:
    """Look for damage; nothing is changed.

    Parameters
    ----------
    out : Path
        The result folder.
    address : str, optional
        Where its store lies, if `out` does not say so.

    Raises
    ------
    UsageError
        There is no store.
    EnvironmentFault
        It can't be opened at all.
    """
    with closing(open_store(out, address=address)) as store:
        damage, counts = _look_at(store)
    tables, changed = _tables(out)
    return Verified(
        place=shown_place(out, address),
        n_results=counts[0],
        n_contents=counts[1],
        n_tables=tables,
        problems=(*(_problem("BS-E526", "", d) for d in damage), *changed),
    )


def _look_at(store: Store) -> tuple[list[str], tuple[int, int]]:
    try:
        return store.check(), store.size()
    except DatabaseFault as error:  # so damaged that it can't be read through
        cause = " ".join(str(error.orig).split())
        return [f"it can't be read through: {cause}"], (0, 0)


def _tables(out: Path) -> tuple[int, list[Problem]]:
    """Compare tables with the record of the run that wrote them."""
    record = out / RECORD_NAME
    try:
        said = json.loads(record.read_text(encoding="utf-8")).get("tables", {})
    except FileNotFoundError:  # a run that was killed before its end wrote none
        return 0, []
    except (OSError, ValueError) as error:
        return 0, [_problem("BS-E527", RECORD_NAME, f"it can't be read: {error}.")]
    problems = list(_changed(out, said))
    problems += [
        _problem("BS-E527", path.name, "found what a killed run left half written; it is not used.")
        for path in sorted(out.glob(HALF_FILES))
    ]
    return len(said), problems


def _changed(out: Path, said: dict[str, str]) -> Iterator[Problem]:
    for name, digest in sorted(said.items()):
        try:
            data = (out / name).read_bytes()
        except OSError as error:
            yield _problem("BS-E527", name, f"it can't be read: {error.strerror}.")
            continue
        if hashlib.sha256(data).hexdigest() != digest:
            yield _problem("BS-E527", name, "found other bytes than the last run wrote.")


def _problem(code: str, file: str, reason: str) -> Problem:
    return Problem(
        code=code, severity=Severity.ERROR, file=file, reason=reason, hint=code_info(code).hint
    )
