"""Write a simulated pregnancy cohort: the table a study has, and beside it the truth."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.tables import Column, table_text, write_atomically
from bonescan.simulate.pop import (
    SPREADS_PERCENT,
    T3_MEAN_PERCENT,
    VISITS,
    PopDesign,
    simulate_pop,
)
from bonescan.stats.pop_power import Detectability, detectability

COLUMNS = (
    Column(name="woman_id", meaning="virtual woman"),
    Column(name="age_y", meaning="years at the first visit"),
    Column(name="breastfeeding", meaning="1 = fed at the breast"),
    Column(name="visit", meaning="T1, T3, L6, PW"),
    Column(name="scan", meaning="number of the scan at the visit"),
    Column(name="device", meaning="A or B"),
    Column(name="gestational_week", meaning="in pregnancy"),
    Column(name="postpartum_week", meaning="after birth"),
    Column(name="days_since_t1", meaning="since the first visit"),
    Column(name="weaning_day_pp", meaning="day after birth of weaning"),
    Column(name="fn_bmd", meaning="femoral neck, simulated", unit="g/cm2", decimals=3),
)
TRUTH = (
    Column(name="woman_id", meaning="virtual woman"),
    Column(name="visit", meaning="T1, T3, L6, PW"),
    Column(name="true_bmd", meaning="without noise and device", unit="g/cm2", decimals=6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPop:
    """What was written, and what this precision can show."""

    out: Path
    seed: int
    design: PopDesign
    n_rows: int
    shows: tuple[tuple[str, Detectability], ...]  # by spread

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values."""
        return {
            "out": str(self.out),
            "simulated": True,
            "seed": self.seed,
            "design": dataclasses.asdict(self.design),
            "rows": self.n_rows,
            "files": ["cohort.csv", "truth.csv"],
            "mean_change_t3_percent": T3_MEAN_PERCENT,
            "detectability": {name: d.to_dict() for name, d in self.shows},
        }


def write_pop(out: Path, design: PopDesign, seed: int) -> SimulatedPop:
    """Simulate and write.

    Parameters
    ----------
    out : Path
        New or empty folder; gets ``cohort.csv`` (as `pop cohort` reads it) and
        ``truth.csv``, which no analysis reads.

    Raises
    ------
    UsageError
        BS-E304 a design that can't be; BS-E305 the folder is not empty.
    EnvironmentFault
        BS-E501 it can't be written.
    """
    try:
        rows = simulate_pop(design, seed)
    except ValueError as error:
        raise UsageError("BS-E304", f"{error}.") from error
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("BS-E305", f"{out} holds something, wanted a new or empty folder.")
    truth = {(r.woman_id, r.visit): r.true_bmd for r in rows}
    try:
        out.mkdir(parents=True, exist_ok=True)
        text = table_text(COLUMNS, (dataclasses.asdict(r) for r in rows))
        write_atomically(out / "cohort.csv", text.encode("utf-8"))
        true_rows = (
            {"woman_id": w, "visit": v, "true_bmd": value} for (w, v), value in truth.items()
        )
        write_atomically(out / "truth.csv", table_text(TRUTH, true_rows).encode("utf-8"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"writing failed: {error.strerror or error}.", file=out
        ) from error
    return SimulatedPop(
        out=out,
        seed=seed,
        design=design,
        n_rows=len(rows),
        shows=tuple(
            (name, detectability(design.precision_percent, T3_MEAN_PERCENT, sd))
            for name, sd in SPREADS_PERCENT.items()
        ),
    )


def parse_missing(text: str) -> tuple[float, float, float, float]:
    """Read the shares of women who miss each visit.

    >>> parse_missing("0,0.1,0.18,0.3")
    (0.0, 0.1, 0.18, 0.3)

    Raises
    ------
    UsageError
        BS-E304: not one number a visit.
    """
    try:
        first, second, third, fourth = (float(p) for p in text.split(","))
    except ValueError as error:
        raise UsageError(
            "BS-E304", f"found --missing {text}, wanted one share for each of {', '.join(VISITS)}."
        ) from error
    return first, second, third, fourth
