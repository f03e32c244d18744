"""A dual-energy X-ray exam as a file gives it: metadata, calibrations, counts on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .exam import Device, Exam, Subject
    from .scan import Source


@dataclass(frozen=True, eq=False, kw_only=True)
class DualEnergyCalibration:
    """A step phantom as the device saw it, and the check of the day; arrays are read-only."""

    calibration_id: str
    mineral_g_cm2: NDArray[Any]  # (step,) hydroxyapatite
    soft_g_cm2: NDArray[Any]  # (step,) soft tissue, all of one composition
    log_low: NDArray[Any]  # (step,) -ln(I/I0) of the low channel
    log_high: NDArray[Any]
    mineral_u_percent: float | None = None  # standard uncertainty of the phantom's mineral
    phantom: str | None = None
    scale: str | None = None  # the maker whose references fit; None: no reference does
    check_mineral_g_cm2: float | None = None  # block of the day
    check_log_low: NDArray[Any] | None = None  # (2,) soft tissue alone, with the block
    check_log_high: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DualEnergyImage:
    """One scan of low and high frames; the counts are read on demand."""

    site: str  # "lumbar-spine", "femur-left", "femur-right" or "spine-phantom"
    n_rows: int
    n_columns: int
    pixel_width_mm: float  # spacing of the columns
    pixel_height_mm: float  # spacing of the rows
    protocol: str | None = None
    calibration_id: str | None = None


class CountSource(Protocol):
    """Opens the frames of a dual-energy file again, after the size checks."""

    def counts(self, site: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Read photons low and high (row, column), and in air low and high (column,)."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class DualEnergyScan:
    """Dual-energy X-ray frames of one or more sites of one exam."""

    source: Source
    subject: Subject
    device: Device
    exam: Exam
    images: tuple[DualEnergyImage, ...]
    calibrations: tuple[DualEnergyCalibration, ...]
    counts: CountSource
    flags: tuple[str, ...] = ()
