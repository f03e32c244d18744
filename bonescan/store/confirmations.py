"""What people decided: a later decision supersedes an earlier one, and both stay."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from bonescan.model.confirmation import Confirmation, Decision

from .base import StoreBase, now
from .tables import ConfirmationRow


class Confirmations(StoreBase):
    """The part of the store that keeps decisions of people."""

    def put_confirmations(self, run_id: int | None, rows: Iterable[Confirmation]) -> int:
        """Take in decisions; nothing is overwritten.

        A decision that says again what is in force adds nothing. Another one
        about the same content, site and quantity supersedes it.

        Parameters
        ----------
        run_id : int or None
            The run that brought them.
        rows : iterable of Confirmation
            In the order in which they were made. An empty `at` becomes now.

        Returns
        -------
        n_added : int
            Decisions that changed what is in force.
        """
        added = 0
        with self._alone() as session:
            for row in rows:
                before = session.scalars(
                    select(ConfirmationRow).where(
                        tuple_(
                            ConfirmationRow.sha256, ConfirmationRow.site, ConfirmationRow.quantity
                        )
                        == row.about,
                        ConfirmationRow.superseded_by.is_(None),
                    )
                ).one_or_none()
                if before is not None and _says_the_same(before, row):
                    continue
                new = ConfirmationRow(
                    sha256=row.sha256,
                    site=row.site,
                    quantity=row.quantity,
                    value=row.value,
                    decision=str(row.decision),
                    who=row.who,
                    reason=row.reason,
                    at=row.at or now(),
                    run_id=run_id,
                )
                session.add(new)
                session.flush()
                if before is not None:
                    before.superseded_by = new.confirmation_id
                added += 1
        return added

    def confirmations(self, *, superseded: bool = False) -> tuple[Confirmation, ...]:
        """Give back the decisions in force, by content, site and quantity.

        Parameters
        ----------
        superseded : bool
            Give those that a later one replaced as well, in the order they came.
        """
        which = select(ConfirmationRow).order_by(
            ConfirmationRow.sha256,
            ConfirmationRow.site,
            ConfirmationRow.quantity,
            ConfirmationRow.confirmation_id,
        )
        if not superseded:
            which = which.where(ConfirmationRow.superseded_by.is_(None))
        with Session(self._engine) as session:
            return tuple(_confirmation(row) for row in session.scalars(which))


def _says_the_same(before: ConfirmationRow, row: Confirmation) -> bool:
    return (before.value, before.decision, before.who, before.reason) == (
        row.value,
        str(row.decision),
        row.who,
        row.reason,
    )


def _confirmation(row: ConfirmationRow) -> Confirmation:
    return Confirmation(
        sha256=row.sha256,
        site=row.site,
        quantity=row.quantity,
        value=row.value,
        decision=Decision(row.decision),
        who=row.who,
        reason=row.reason,
        at=row.at,
    )
