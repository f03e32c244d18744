"""Make the folder of sample scans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault
from bonescan.simulate.sample_set import DEFAULT_PEOPLE, DEFAULT_SEED, KEEP_RF, write_sample_scans


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedScans:
    """What was written."""

    out: Path
    n_people: int
    seed: int
    files: tuple[str, ...]
    outcomes: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values."""
        return {
            "out": str(self.out),
            "people": self.n_people,
            "seed": self.seed,
            "files": list(self.files),
            "expected_outcomes": self.outcomes,
            "manifest": str(self.out / "MANIFEST.csv"),
        }


def simulate_scans(
    out: Path,
    n: int = DEFAULT_PEOPLE,
    seed: int = DEFAULT_SEED,
    keep: str = KEEP_RF,
    progress: Callable[[int, int], None] | None = None,
) -> SimulatedScans:
    """Write sample scans of `n` virtual people; see `write_sample_scans`.

    Raises
    ------
    UsageError
        The folder holds other files.
    EnvironmentFault
        BS-E501: it can't be written.
    """
    try:
        rows = write_sample_scans(out, n, seed, keep, progress)
    except OSError as error:
        raise EnvironmentFault("BS-E501", f"writing failed: {error.strerror}.", file=out) from error
    return SimulatedScans(
        out=out,
        n_people=n,
        seed=seed,
        files=tuple(row.file for row in rows),
        outcomes=dict(sorted(Counter(row.outcome for row in rows).items())),
    )
