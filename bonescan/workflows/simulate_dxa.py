"""Make a folder of simulated dual-energy exams, and of the phantom that checks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.dual_energy import write_dual_energy
from bonescan.simulate.dxa_exam import dual_energy_exam, phantom_exam

PHANTOM_FILE = "spine_phantom.h5"
MAX_PEOPLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDxa:
    """What was written."""

    out: Path
    seed: int
    files: tuple[str, ...]  # the phantom first

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values."""
        return {"out": str(self.out), "seed": self.seed, "files": list(self.files)}


def simulate_dxa(
    out: Path | str, n: int, seed: int, progress: Callable[[int, int], None] | None = None
) -> SimulatedDxa:
    """Write `n` exams of spine and left hip, and one scan of the spine phantom.

    Parameters
    ----------
    out : path
        New or empty folder.
    n : int
        Virtual people, 0 to 10,000.
    seed : int
    progress : callable, optional
        Told (done, of) after each person.

    Raises
    ------
    UsageError
        BS-E350: the folder holds something; BS-E351: a number out of range.
    EnvironmentFault
        BS-E501: it can't be written.
    """
    out = Path(out)
    if not 0 <= n <= MAX_PEOPLE or seed < 0:
        raise UsageError(
            "BS-E351", f"found {n} people and seed {seed}, wanted 0 to {MAX_PEOPLE} and 0 or more."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("BS-E350", f"found something in {out.name}, wanted an empty folder.")
    names = [PHANTOM_FILE]
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_dual_energy(out / PHANTOM_FILE, phantom_exam(seed))
        for number in range(1, n + 1):
            names.append(f"person_{number:04d}.h5")
            write_dual_energy(out / names[-1], dual_energy_exam(number, seed))
            if progress is not None:
                progress(number, n)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"writing failed: {error.strerror or error}.", file=out
        ) from error
    return SimulatedDxa(out=out, seed=seed, files=tuple(names))
