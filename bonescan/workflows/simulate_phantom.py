"""Make a scan of a phantom or plate, from which a calibration is taken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.rf_exam import write_rf_exam
from bonescan.simulate.phantom import KINDS, PHANTOM, TARGETS, KnownTarget, simulate_target

CALIBRATION_ID = "sim-{kind}-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTarget:
    """What was written."""

    file: Path
    seed: int
    calibration_id: str
    target: KnownTarget

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values."""
        known = self.target
        return {
            "file": str(self.file),
            "seed": self.seed,
            "calibration_id": self.calibration_id,
            "kind": known.kind,
            "attenuation_db_cm_mhz": known.attenuation_db_cm_mhz,
            "attenuation_exponent": known.attenuation_exponent,
            "backscatter_exponent": known.backscatter_exponent,
            "reflection_1": known.reflection_1,
            "depth_first_m": known.depth_first_m,
            "depth_last_m": known.depth_last_m,
            "c_m_s": known.c_m_s,
        }


def simulate_phantom(
    file: Path | str, kind: str = PHANTOM, seed: int = 1, calibration_id: str | None = None
) -> SimulatedTarget:
    """Write the scan of a target.

    Parameters
    ----------
    file : path
        Must not exist.
    kind : str
        "phantom" or "plate".
    seed : int
    calibration_id : str, optional
        Default "sim-phantom-1" or "sim-plate-1".

    Raises
    ------
    UsageError
        BS-E350: the file exists; BS-E351: another kind, a negative seed.
    EnvironmentFault
        BS-E501: it can't be written.
    """
    file = Path(file)
    if kind not in KINDS:
        raise UsageError("BS-E351", f"found the kind {kind!r}, wanted one of: {', '.join(KINDS)}.")
    if seed < 0:
        raise UsageError("BS-E351", f"found {seed} as seed, wanted 0 or more.")
    if file.exists():
        raise UsageError("BS-E350", "found it there already, wanted a new file.", file=file)
    name = calibration_id or CALIBRATION_ID.format(kind=kind)
    content = simulate_target(TARGETS[kind], seed, name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_rf_exam(file, content)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"writing failed: {error.strerror or error}.", file=file
        ) from error
    return SimulatedTarget(file=file, seed=seed, calibration_id=name, target=TARGETS[kind])
