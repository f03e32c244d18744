"""What a person decided about one number or one vertebra, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .plain import to_plain

EXCLUDE_VERTEBRA = "exclude-vertebra"  # the quantity by which a proposed exclusion is accepted


class Decision(StrEnum):
    """What was decided."""

    CONFIRM = "confirm"  # it is as proposed
    CORRECT = "correct"  # it is the value given here
    REJECT = "reject"  # it is not to be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One decision of a person; a later one about the same thing supersedes it.

    Parameters
    ----------
    sha256 : str
        The content it is about.
    site : str
        Site in the site grammar; for an exclusion the vertebra ("L3").
    quantity : str
        "bmd", "bmc", "area", "t", "z", ..., or "exclude-vertebra".
    value : float or None
        The number confirmed or corrected to; None where there is none.
    decision : Decision
        "confirm", "correct" or "reject".
    who : str
        Who decided.
    reason : str
        Why; may be empty.
    at : str
        When, ISO 8601 with offset.
    """

    sha256: str
    site: str
    quantity: str
    value: float | None
    decision: Decision
    who: str
    reason: str = ""
    at: str = ""

    @property
    def about(self) -> tuple[str, str, str]:
        """What one decision after another speaks of: content, site and quantity."""
        return (self.sha256, self.site, self.quantity)

    def to_dict(self) -> dict[str, Any]:
        """Give the decision as plain values."""
        return dict(to_plain(self))
