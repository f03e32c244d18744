"""What reading a file gives: an ultrasound, DXA or dual-energy scan, without its samples.

A scan holds metadata and a source that opens the file again: a handle or a
200 MB array can't cross to a worker, a path can.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .dual_energy import DualEnergyScan
from .exam import Device, Exam, Subject
from .reading import Reading
from .vocabulary import Technique

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .header import DicomItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file a scan came from."""

    path: Path
    size_bytes: int
    format_name: str


class FrameSource(Protocol):
    """Opens the RF samples of a file again, frame by frame."""

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        """Yield the frames of a site, each (line, sample), integer as stored."""
        ...

    def block(self, site: str) -> NDArray[Any]:
        """Read all frames of a site at once, (frame, line, sample)."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class SpectraTable:
    """Pre-computed gate spectra of one site (small arrays, read-only).

    All arrays have one row a spectrum; `power` is (n, bin), linear.
    """

    power: NDArray[Any]
    frequency_hz: NDArray[Any]
    gate_start_m: NDArray[Any] | None  # below the bone surface
    gate_length_m: NDArray[Any] | None
    depth_m: NDArray[Any] | None  # of the bone surface; None: no path correction is possible
    line: NDArray[Any] | None
    frame: NDArray[Any] | None
    n_averaged: NDArray[Any] | None
    window: str | None
    unit: str | None


@dataclass(frozen=True, eq=False, kw_only=True)
class RfSite:
    """Geometry and acquisition of one site; None = the file does not say."""

    site: str
    fs_hz: float
    n_frames: int
    n_lines: int
    n_samples: int
    f0_hz: float | None = None
    c_m_s: float | None = None
    t0_s: float | None = None
    probe_radius_m: float | None = None
    line_pitch_m: float | None = None
    gain_db: float | None = None
    gain_known: bool | None = None
    focus_m: float | None = None
    calibration_id: str | None = None
    line_angle_rad: NDArray[Any] | None = None
    tgc_db: NDArray[Any] | None = None
    spectra: SpectraTable | None = None

    @property
    def has_rf(self) -> bool:
        """Whether raw samples are stored (not only spectra)."""
        return self.n_samples > 0


@dataclass(frozen=True, eq=False, kw_only=True)
class RfScan:
    """A radiofrequency ultrasound exam of one or more sites."""

    source: Source
    subject: Subject
    device: Device
    exam: Exam
    sites: tuple[RfSite, ...]
    samples: FrameSource | None  # None: spectra only
    flags: tuple[str, ...] = ()


class PixelSource(Protocol):
    """Opens the pixels of an image file again, after the size checks."""

    def pixels(self) -> NDArray[Any]:
        """Read the first frame as (row, column), grey, as stored."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInfo:
    """Geometry of a stored image."""

    n_rows: int
    n_columns: int
    pixel_pitch_mm: tuple[float, float] | None  # (column, row) spacing
    pitch_source: str | None  # "PixelSpacing", "ImagerPixelSpacing", "ExposedArea"


@dataclass(frozen=True, eq=False, kw_only=True)
class DxaScan:
    """A densitometry object from a DICOM file: header as plain data, pixels on demand."""

    source: Source
    subject: Subject
    device: Device
    exam: Exam
    header: DicomItem
    site: str | None  # canonical, from protocol or anatomy; None: not said
    protocol: str | None
    modality: str | None
    sop_class_uid: str | None
    image: ImageInfo | None
    pixels: PixelSource | None
    flags: tuple[str, ...] = ()
    findings: tuple[str, ...] = field(default=())  # what the reader noticed, in words


@dataclass(frozen=True, eq=False, kw_only=True)
class ResultsRow:
    """One row of a table of numbers that a device gave: a person, a day, one or more sites.

    `numbers` holds each number once as typed or exported, or twice where the
    table has two entries for it.
    """

    line: int  # in the file, counted from 1
    subject: Subject
    device: Device
    exam: Exam
    technique: Technique
    numbers: tuple[tuple[Reading, ...], ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class DeviceResults:
    """A table of numbers of many people; rows that can't be used are in `refused`."""

    source: Source
    carrier: str
    rows: tuple[ResultsRow, ...]
    refused: tuple[tuple[int, str], ...] = ()  # (line, what was found and what was wanted)
    subject: None = None  # each row has its own
    device: None = None
    exam: None = None


Scan = RfScan | DxaScan | DualEnergyScan | DeviceResults
