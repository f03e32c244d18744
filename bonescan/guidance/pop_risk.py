"""Published factors of osteoporosis in pregnancy: which are present, absent and unknown.

A list and a count. No weights, score or cut-off are published, so none is
invented, and what nobody recorded is unknown and never absent.

References
----------
Report on the WCO-IOF-ESCEO congress, Rome, April 2025 (congress notes,
second-hand): the risk factors and the target list for pregnancy.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bonescan.model.due import Pair
from bonescan.model.guidance import FactSheet, Truth

from .condition import judge

FILE = Path(__file__).parent / "pop_risk.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFactor:
    """One factor; `when` is a condition over the facts of guidance."""

    id: str
    when: str
    text: Pair
    note: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFactor:
    """One factor of one woman, with the facts it rests on or lacks."""

    factor: RiskFactor
    truth: Truth
    reasons: tuple[str, ...]
    missing: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the factor as plain values."""
        return {
            "id": self.factor.id,
            "state": {"yes": "present", "no": "absent"}.get(str(self.truth), "unknown"),
            "en": self.factor.text[0],
            "zh": self.factor.text[1],
            "note_en": self.factor.note[0],
            "note_zh": self.factor.note[1],
            "reasons": list(self.reasons),
            "missing": list(self.missing),
        }


@cache
def risk_factors() -> tuple[RiskFactor, ...]:
    """Read the factors, in their order."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["factor"]
    return tuple(
        RiskFactor(
            id=row["id"],
            when=row["when"],
            text=(row["en"], row["zh"]),
            note=(row.get("note_en", ""), row.get("note_zh", "")),
        )
        for row in rows
    )


def risk_map(sheet: FactSheet) -> tuple[JudgedFactor, ...]:
    """Say of each published factor whether a woman has it.

    Parameters
    ----------
    sheet : FactSheet
        What is known of her on a day.
    """
    found = []
    for factor in risk_factors():
        judged = judge(factor.when, sheet)
        found.append(
            JudgedFactor(
                factor=factor,
                truth=judged.truth,
                reasons=tuple(judged.because),
                missing=tuple(judged.missing),
            )
        )
    return tuple(found)
