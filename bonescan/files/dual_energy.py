"""The dual-energy exam (`*.h5`): low and high X-ray frames of the sites of one exam.

Writer and guarded reader side by side. Layout of version 1:

* root attributes ``format="bonescan-dual-energy"``, ``version=1``, ``exam_id``,
  ``acquired_at`` (ISO 8601 with offset), ``device``, ``device_serial``,
  ``operator``, ``simulated``;
* group ``/subject`` with attributes about the person, as in an RF exam;
* one group a scan, ``/scans/<id>`` with id ``lumbar-spine``, ``femur-left``,
  ``femur-right`` or ``spine-phantom``: datasets ``low`` and ``high`` (row,
  column), photons counted, integer or float, uncompressed or gzip+shuffle;
  ``air_low`` and ``air_high`` (column,), photons counted without an object;
  attributes ``pixel_width_mm pixel_height_mm protocol calibration_id``. The head
  is above, the person seen from the front: in ``femur-left`` the pelvis is on
  the left of the image, in ``femur-right`` on the right;
* one group a calibration, ``/calibrations/<id>``: datasets ``mineral_g_cm2
  soft_g_cm2 log_low log_high`` (step,), the steps of a phantom and their
  -ln(I/I0); attributes ``phantom mineral_u_percent scale`` (a maker's name only
  if its references fit the phantom's scale); optional for the day of the exam
  ``check_mineral_g_cm2`` with datasets ``check_log_low`` and ``check_log_high``
  (2,): soft tissue alone, and with the block.

What is absent is unknown. ``/truth`` of simulated files is never opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from bonescan.errors import UnusableScan
from bonescan.files.guarded_hdf5 import (
    FAULTS,
    find_dataset,
    find_group,
    hdf5_faults,
    open_hdf5,
    read_column,
    read_number,
    read_text,
    read_truth,
)
from bonescan.files.rf_exam import (
    check_dates,
    parse_acquired_at,
    read_subject,
    subject_attributes,
)
from bonescan.model.dual_energy import DualEnergyCalibration, DualEnergyImage, DualEnergyScan
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.scan import Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

FORMAT_NAME = "bonescan-dual-energy"
VERSION = 1
SPINE, FEMUR_LEFT, FEMUR_RIGHT, PHANTOM = (
    "lumbar-spine", "femur-left", "femur-right", "spine-phantom",
)  # fmt: skip
SITES = (SPINE, FEMUR_LEFT, FEMUR_RIGHT, PHANTOM)

MAX_CALIBRATIONS = 16
MAX_STEPS = 10_000
LEAST_SIDE_PX, LARGEST_SIDE_PX = 16, 4096
MAX_FRAME_BYTES = 128 * 2**20
LARGEST_COUNT = 1e12
_STEP_COLUMNS = ("mineral_g_cm2", "soft_g_cm2", "log_low", "log_high")
_LIBVER = ("earliest", "v110")  # a fixed file version: the same bytes from any newer library
_GZIP_LEVEL = 6
_CHECK_STEPS = 2
_FRAME_AXES = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class DualEnergyFrames:
    """One scan to be written: photons low and high (row, column), in air (column,)."""

    image: DualEnergyImage
    low: NDArray[np.uint32]
    high: NDArray[np.uint32]
    air_low: NDArray[np.float64]
    air_high: NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class DualEnergyContent:
    """Everything that a dual-energy file holds; None = unknown and not stored."""

    subject: Subject
    scans: tuple[DualEnergyFrames, ...]
    calibrations: tuple[DualEnergyCalibration, ...]
    exam_id: str | None = None
    acquired_at: str | None = None  # ISO 8601 with offset
    device: str | None = None
    device_serial: str | None = None
    operator: str | None = None
    simulated: bool | None = None
    truth: Mapping[str, float | str] = field(default_factory=dict)


# ------------------------------------------------------------------ writing


def write_dual_energy(path: Path, content: DualEnergyContent) -> None:
    """Write a dual-energy exam; the file appears whole or not at all.

    The same content gives the same file with the same versions of HDF5 and zlib.
    """
    if not content.scans:
        raise ValueError("a dual-energy exam needs at least one scan")
    unknown = [s.image.site for s in content.scans if s.image.site not in SITES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no scan of a dual-energy exam")
    draft = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        with h5py.File(draft, "w", libver=_LIBVER) as file:
            root = {"format": FORMAT_NAME, "version": VERSION}
            for name in ("exam_id", "acquired_at", "device", "device_serial", "operator"):
                root[name] = getattr(content, name)
            _put(file, root | {"simulated": content.simulated})
            _put(file.create_group("subject"), subject_attributes(content.subject))
            for scan in content.scans:
                _write_scan(file.create_group(f"scans/{scan.image.site}"), scan)
            for one in content.calibrations:
                _write_calibration(file.create_group(f"calibrations/{one.calibration_id}"), one)
            if content.truth:
                _put(file.create_group("truth"), dict(sorted(content.truth.items())))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _put(group: h5py.Group, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if value is not None:
            group.attrs[name] = np.int8(value) if isinstance(value, bool) else value


def _write_scan(group: h5py.Group, scan: DualEnergyFrames) -> None:
    image = scan.image
    _put(
        group,
        {
            "pixel_width_mm": image.pixel_width_mm,
            "pixel_height_mm": image.pixel_height_mm,
            "protocol": image.protocol,
            "calibration_id": image.calibration_id,
        },
    )
    for name in ("low", "high"):
        frame = np.ascontiguousarray(getattr(scan, name), dtype="<u4")
        group.create_dataset(
            name,
            data=frame,
            chunks=frame.shape,
            compression="gzip",
            compression_opts=_GZIP_LEVEL,
            shuffle=True,
        )
        air = getattr(scan, f"air_{name}")
        group.create_dataset(f"air_{name}", data=np.asarray(air, dtype="<f8"))


def _write_calibration(group: h5py.Group, one: DualEnergyCalibration) -> None:
    _put(
        group,
        {
            "phantom": one.phantom,
            "mineral_u_percent": one.mineral_u_percent,
            "scale": one.scale,
            "check_mineral_g_cm2": one.check_mineral_g_cm2,
        },
    )
    for name in (*_STEP_COLUMNS, "check_log_low", "check_log_high"):
        if getattr(one, name) is not None:
            group.create_dataset(name, data=np.asarray(getattr(one, name), dtype="<f8"))


# ------------------------------------------------------------------ reading


def open_dual_energy(path: Path) -> DualEnergyScan:
    """Read a dual-energy exam's metadata and calibrations, and check its frames.

    Raises
    ------
    UnusableScan
        Whatever is wrong with the file; `/truth` is never looked at.
    """
    with hdf5_faults(path), open_hdf5(path) as file:
        if read_text(file, "format", path) != FORMAT_NAME:
            raise UnusableScan("BS-E141", f"found no format={FORMAT_NAME!r}.", file=path)
        version = read_number(file, "version", path)
        if version != VERSION:
            found = "none" if version is None else f"{version:g}"
            raise UnusableScan("BS-E142", f"found version {found}, wanted {VERSION}.", file=path)
        flags: list[str] = []
        exam = _exam(file, path, flags)
        subject = read_subject(file, path, flags)
        check_dates(subject, exam, path)
        return DualEnergyScan(
            source=Source(path=path, size_bytes=path.stat().st_size, format_name=FORMAT_NAME),
            subject=subject,
            device=Device(
                model=read_text(file, "device", path),
                serial=read_text(file, "device_serial", path),
            ),
            exam=exam,
            images=tuple(_images(file, path)),
            calibrations=tuple(_calibrations(file, path)),
            counts=Hdf5Counts(path=path),
            flags=tuple(dict.fromkeys(flags)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hdf5Counts:
    """Opens the frames of a dual-energy exam again."""

    path: Path

    def counts(self, site: str) -> tuple[Array, Array, Array, Array]:
        """Read photons low and high (row, column), and in air (column,), as float64."""
        path = self.path
        with hdf5_faults(path), open_hdf5(path) as file:
            scans = find_group(file, "scans", path)
            group = None if scans is None else find_group(scans, site, path)
            if group is None:
                raise UnusableScan("BS-E141", f"found no scan {site!r}.", file=path)
            low, high = (_read_frame(_frame(group, name, path), path) for name in ("low", "high"))
            air = [_air(group, name, low.shape[1], path) for name in ("air_low", "air_high")]
            return low, high, air[0], air[1]


def _exam(file: h5py.File, path: Path, flags: list[str]) -> Exam:
    day, clock = parse_acquired_at(read_text(file, "acquired_at", path), flags)
    simulated = read_truth(file, "simulated", path)
    if simulated is None:
        flags.append("origin_unknown")
    return Exam(
        exam_id=read_text(file, "exam_id", path),
        exam_date=day,
        exam_time=clock,
        operator=read_text(file, "operator", path),
        simulated=simulated,
    )


def _images(file: h5py.File, path: Path) -> Iterator[DualEnergyImage]:
    scans = find_group(file, "scans", path)
    if scans is None or len(scans) == 0:
        raise UnusableScan("BS-E141", "found no scan.", file=path)
    if len(scans) > len(SITES):
        raise UnusableScan(
            "BS-E144", f"found {len(scans)} scans, wanted ≤ {len(SITES)}.", file=path
        )
    for name in sorted(scans, key=str):
        if name not in SITES:
            raise UnusableScan("BS-E145", f"found the unknown scan {str(name)!r}.", file=path)
        group = find_group(scans, name, path)
        if group is None:
            raise UnusableScan("BS-E141", f"found no scan {name!r}.", file=path)
        yield _image(name, group, path)


def _image(site: str, group: h5py.Group, path: Path) -> DualEnergyImage:
    low, high = (_frame(group, name, path) for name in ("low", "high"))
    if low.shape != high.shape:
        raise UnusableScan(
            "BS-E145", f"found low of {low.shape} and high of {high.shape}, wanted one.", file=path
        )
    for name in ("air_low", "air_high"):
        _air(group, name, low.shape[1], path)
    return DualEnergyImage(
        site=site,
        n_rows=low.shape[0],
        n_columns=low.shape[1],
        pixel_width_mm=_pitch(group, "pixel_width_mm", path),
        pixel_height_mm=_pitch(group, "pixel_height_mm", path),
        protocol=read_text(group, "protocol", path),
        calibration_id=read_text(group, "calibration_id", path),
    )


LEAST_PITCH_MM, LARGEST_PITCH_MM = 0.1, 2.0


def _pitch(group: h5py.Group, name: str, path: Path) -> float:
    value = read_number(group, name, path)
    if value is None or not LEAST_PITCH_MM <= value <= LARGEST_PITCH_MM:
        found = "no" if value is None else f"{value:g} mm as"
        raise UnusableScan(
            "BS-E145",
            f"found {found} {name}, wanted {LEAST_PITCH_MM} to {LARGEST_PITCH_MM} mm.",
            file=path,
        )
    return value


def _frame(group: h5py.Group, name: str, path: Path) -> h5py.Dataset:
    data = find_dataset(group, name, path, MAX_FRAME_BYTES)
    if data is None:
        raise UnusableScan("BS-E141", f"found no {name} frame.", file=path)
    sides = data.shape
    if len(sides) != _FRAME_AXES or not all(LEAST_SIDE_PX <= n <= LARGEST_SIDE_PX for n in sides):
        raise UnusableScan(
            "BS-E145",
            f"found {name} of shape {sides}, wanted rows and columns of {LEAST_SIDE_PX} to "
            f"{LARGEST_SIDE_PX} pixels.",
            file=path,
        )
    return data


def _read_frame(data: h5py.Dataset, path: Path) -> Array:
    try:
        values: Array = data[()].astype(np.float64)
    except FAULTS as error:
        raise UnusableScan("BS-E140", f"found a damaged frame ({error}).", file=path) from error
    if not np.isfinite(values).all() or (values < 0).any() or (values > LARGEST_COUNT).any():
        raise UnusableScan("BS-E145", "found counts that are no numbers of photons.", file=path)
    return values


def _air(group: h5py.Group, name: str, n_columns: int, path: Path) -> Array:
    values = read_column(group, name, n_columns, path)
    if values is None:
        raise UnusableScan("BS-E141", f"found no {name}.", file=path)
    if (values < 1).any() or (values > LARGEST_COUNT).any():
        raise UnusableScan("BS-E145", f"found {name} below 1 photon.", file=path)
    return values.astype(np.float64)


def _calibrations(file: h5py.File, path: Path) -> Iterator[DualEnergyCalibration]:
    parent = find_group(file, "calibrations", path)
    if parent is None:
        return
    if len(parent) > MAX_CALIBRATIONS:
        raise UnusableScan("BS-E144", f"found {len(parent)} calibrations.", file=path)
    for name in sorted(parent, key=str):
        group = find_group(parent, name, path) if isinstance(name, str) else None
        if group is None:
            raise UnusableScan("BS-E145", f"found the calibration {str(name)!r}.", file=path)
        yield _calibration(name, group, path)


def _calibration(name: str, group: h5py.Group, path: Path) -> DualEnergyCalibration:
    first = read_column(group, "mineral_g_cm2", None, path)
    n_steps = 0 if first is None else first.size
    steps = {column: read_column(group, column, n_steps, path) for column in _STEP_COLUMNS}
    if n_steps == 0 or n_steps > MAX_STEPS or any(v is None for v in steps.values()):
        raise UnusableScan("BS-E141", f"found no steps in the calibration {name!r}.", file=path)
    check = read_number(group, "check_mineral_g_cm2", path)
    length = None if check is None else _CHECK_STEPS
    doubt = read_number(group, "mineral_u_percent", path)
    scale = read_text(group, "scale", path)
    return DualEnergyCalibration(
        calibration_id=name,
        phantom=read_text(group, "phantom", path),
        mineral_u_percent=None if doubt is None else abs(doubt),
        scale=scale.lower() if scale else None,
        check_mineral_g_cm2=check,
        check_log_low=read_column(group, "check_log_low", length, path),
        check_log_high=read_column(group, "check_log_high", length, path),
        **{column: _as_float(values) for column, values in steps.items()},
    )


def _as_float(values: Array | None) -> Array:
    out = np.asarray(values, dtype=np.float64)
    out.flags.writeable = False
    return out
