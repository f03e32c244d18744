"""Rows for questions in SQL: each labelling supersedes what changed and keeps the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from .base import StoreBase, chunks
from .study_tables import STUDY_TABLES

StudyRows = dict[str, dict[str, dict[str, Any]]]  # table -> row key -> column -> value


class StudyTables(StoreBase):
    """The part of the store that keeps the last labelling as rows."""

    def put_study(self, run_id: int, rows: StudyRows) -> dict[str, tuple[int, int]]:
        """Take in a whole labelling, in one transaction.

        Parameters
        ----------
        run_id : int
        rows : dict
            For each of the tables, every row that is to be in force.

        Returns
        -------
        changes : dict
            Table to (rows added, rows superseded).
        """
        with self._alone() as session:
            return {name: _put(session, run_id, name, wanted) for name, wanted in rows.items()}


def _put(
    session: Session, run_id: int, name: str, wanted: Mapping[str, dict[str, Any]]
) -> tuple[int, int]:
    table: Any = STUDY_TABLES[name]
    digests = {key: _digest(values) for key, values in wanted.items()}
    live = session.execute(
        select(table.row_id, table.row_key, table.row_sha256).where(table.superseded_in.is_(None))
    )
    gone, kept = [], set()
    for row_id, key, digest in live:
        if digests.get(key) == digest:
            kept.add(key)
        else:
            gone.append(row_id)
    for some in chunks(gone):
        session.execute(
            update(table)
            .where(table.row_id.in_(some))
            .values(superseded_in=run_id)
            .execution_options(synchronize_session=False)
        )
    new = [key for key in wanted if key not in kept]
    for keys in chunks(new):
        session.execute(
            insert(table),
            [
                wanted[key] | {"row_key": key, "row_sha256": digests[key], "run_id": run_id}
                for key in keys
            ],
        )
    return len(new), len(gone)


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
