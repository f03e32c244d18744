"""The calibration of a device (`*.h5`): writer and guarded reader side by side.

What a device makes of a target of known spectrum: pulse, probe and receiver
together, in linear power over frequency. Layout of version 1:

* root attributes ``format="bonescan-calibration"``, ``version=1``,
  ``calibration_id``, ``kind`` ("phantom" or "plate"), ``fs_hz``, ``window``,
  ``gate_samples``, ``c_m_s``, ``device``, ``device_serial``, ``acquired_on``,
  ``simulated``, ``scan_sha256``, ``n_lines``, ``depth_first_m``, ``depth_last_m``,
  ``depth_spread_db``;
* group ``target`` with attributes ``attenuation_db_cm_mhz``,
  ``attenuation_exponent``, and ``backscatter_exponent`` (phantom) or
  ``reflection_1`` (plate): what was divided out;
* datasets ``frequency_hz`` (bin) and ``power`` (bin; linear, greatest 1).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from bonescan.errors import UnusableScan, UsageError
from bonescan.files.guarded_hdf5 import (
    find_group,
    hdf5_faults,
    open_hdf5,
    read_column,
    read_number,
    read_text,
    read_truth,
)
from bonescan.provenance import sha256_of_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FORMAT_NAME = "bonescan-calibration"
VERSION = 1
PHANTOM, PLATE = "phantom", "plate"
MAX_FILE_BYTES = 16 * 2**20
MAX_BINS = 65_536
_LIBVER = ("earliest", "v110")  # a fixed file version: the same bytes from any newer library
_TEXTS = ("device", "device_serial", "acquired_on", "scan_sha256")


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibration:
    """The power spectrum of a device, and the scan it was taken from.

    `power` is linear over `frequency_hz`, both (bin,), its greatest value 1:
    the method uses no absolute level. Only frequencies at which the scan
    stood well above its noise are kept.
    """

    calibration_id: str
    kind: str  # PHANTOM or PLATE
    frequency_hz: Array
    power: Array
    fs_hz: float
    window: str
    gate_samples: int
    c_m_s: float
    n_lines: int
    depth_first_m: float  # of the gates below the probe
    depth_last_m: float
    depth_spread_db: float | None  # SD over depths; None: one depth only, or a plate
    attenuation_db_cm_mhz: float  # of phantom or water path, one way, at 1 MHz
    attenuation_exponent: float  # of frequency
    backscatter_exponent: float | None  # phantom
    reflection_1: float | None  # plate, amplitude
    device: str | None = None
    device_serial: str | None = None
    acquired_on: str | None = None  # ISO date
    simulated: bool | None = None
    scan_sha256: str | None = None
    content_sha256: str = ""  # of the file it was read from; "" before it is written


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration: the same bytes for the same values.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    calibration : Calibration
    """
    _check(calibration, path)
    draft = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        with h5py.File(draft, "w", libver=_LIBVER) as file:
            _put(file, {"format": FORMAT_NAME, "version": VERSION})
            _put(file, {name: getattr(calibration, name) for name in _ROOT})
            simulated = calibration.simulated
            _put(file, {"simulated": None if simulated is None else np.int8(simulated)})
            _put(file.create_group("target"), {n: getattr(calibration, n) for n in _TARGET})
            for name in ("frequency_hz", "power"):
                file.create_dataset(name, data=np.asarray(getattr(calibration, name), dtype="<f8"))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


_ROOT = (
    "calibration_id", "kind", "fs_hz", "window", "gate_samples", "c_m_s", "n_lines",
    "depth_first_m", "depth_last_m", "depth_spread_db", *_TEXTS,
)  # fmt: skip
_TARGET = (
    "attenuation_db_cm_mhz", "attenuation_exponent", "backscatter_exponent", "reflection_1",
)  # fmt: skip


def _put(group: h5py.Group, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if value is not None:
            group.attrs[name] = value


def read_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises
    ------
    UsageError
        BS-E360: no such file, damage, another format, values that can't be true.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UsageError("BS-E360", f"found more than {MAX_FILE_BYTES} bytes.", file=path)
        with hdf5_faults(path), open_hdf5(path) as file:
            found = _read(file, path)
        _check(found, path)
    except OSError as error:
        raise UsageError(
            "BS-E360", f"the file can't be read ({error.strerror or error}).", file=path
        ) from error
    except UnusableScan as error:
        raise UsageError("BS-E360", error.reason, file=path) from error
    return found


def read_calibrations(paths: Sequence[Path]) -> tuple[Calibration, ...]:
    """Read several calibration files; the same objects for the same unchanged files.

    Raises
    ------
    UsageError
        BS-E360: as `read_calibration`, or two files under one id.
    """
    return _read_all(tuple((path, _version(path)) for path in paths))


def _version(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0  # reading says what is wrong
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _read_all(files: tuple[tuple[Path, tuple[int, int]], ...]) -> tuple[Calibration, ...]:
    found = tuple(read_calibration(path) for path, _ in files)
    ids = [c.calibration_id for c in found]
    for doubled in sorted({i for i in ids if ids.count(i) > 1}):
        raise UsageError("BS-E360", f"found two calibrations under the id {doubled[:80]!r}.")
    return found


def find_calibration(
    calibrations: Sequence[Calibration], calibration_id: str | None
) -> Calibration | None:
    """Find the calibration that an exam names; None where it names none or another."""
    if calibration_id is None:
        return None
    return next((c for c in calibrations if c.calibration_id == calibration_id), None)


def _read(file: h5py.File, path: Path) -> Calibration:
    if read_text(file, "format", path) != FORMAT_NAME:
        raise UsageError("BS-E360", f"found no format={FORMAT_NAME!r}.", file=path)
    version = read_number(file, "version", path)
    if version != VERSION:
        raise UsageError("BS-E360", f"found version {version}, wanted {VERSION}.", file=path)
    target = find_group(file, "target", path)
    axis = read_column(file, "frequency_hz", None, path)
    if target is None or axis is None:
        raise UsageError("BS-E360", "found no target or no frequency_hz.", file=path)
    power = read_column(file, "power", axis.shape[0], path)
    if power is None:
        raise UsageError("BS-E360", "found no power.", file=path)
    return Calibration(
        calibration_id=_text(file, "calibration_id", path),
        kind=_text(file, "kind", path),
        frequency_hz=axis,
        power=power,
        fs_hz=_number(file, "fs_hz", path),
        window=_text(file, "window", path),
        gate_samples=int(_number(file, "gate_samples", path)),
        c_m_s=_number(file, "c_m_s", path),
        n_lines=int(_number(file, "n_lines", path)),
        depth_first_m=_number(file, "depth_first_m", path),
        depth_last_m=_number(file, "depth_last_m", path),
        depth_spread_db=read_number(file, "depth_spread_db", path),
        attenuation_db_cm_mhz=_number(target, "attenuation_db_cm_mhz", path),
        attenuation_exponent=_number(target, "attenuation_exponent", path),
        backscatter_exponent=read_number(target, "backscatter_exponent", path),
        reflection_1=read_number(target, "reflection_1", path),
        simulated=read_truth(file, "simulated", path),
        content_sha256=sha256_of_file(path),
        **{name: read_text(file, name, path) for name in _TEXTS},
    )


def _text(group: h5py.Group, name: str, path: Path) -> str:
    value = read_text(group, name, path)
    if value is None:
        raise UsageError("BS-E360", f"found no {name}.", file=path)
    return value


def _number(group: h5py.Group, name: str, path: Path) -> float:
    value = read_number(group, name, path)
    if value is None:
        raise UsageError("BS-E360", f"found no {name}.", file=path)
    return value


def _check(found: Calibration, path: Path) -> None:
    """Refuse what no calibration can hold, whoever wrote it."""
    fault = next((text for wrong, text in _faults(found) if wrong), None)
    if fault is not None:
        raise UsageError("BS-E360", f"found {fault}.", file=path)


def _faults(found: Calibration) -> list[tuple[bool, str]]:
    axis, power = np.asarray(found.frequency_hz), np.asarray(found.power)
    fits = axis.shape == power.shape and axis.ndim == 1 and 2 <= axis.size <= MAX_BINS  # noqa: PLR2004 - one bin has no shape
    rising = fits and bool(axis[0] > 0 and np.all(np.diff(axis) > 0))
    known = {
        PHANTOM: found.backscatter_exponent is not None,
        PLATE: found.reflection_1 is not None and 0 < found.reflection_1 <= 1,
    }
    return [
        (not found.calibration_id, "an empty calibration_id"),
        (found.kind not in known, f"the kind {found.kind[:40]!r}, wanted phantom or plate"),
        (not known.get(found.kind, True), f"a {found.kind} without what it reflects"),
        (not fits, f"{power.shape} powers for {axis.shape} frequencies"),
        (not rising, "frequencies that do not rise from above zero"),
        (fits and not bool(np.all(power > 0)), "power that is not above zero"),
        (not found.fs_hz > 0, f"fs_hz = {found.fs_hz}"),
        (rising and axis[-1] > found.fs_hz / 2, "frequencies above half the sampling rate"),
        (found.gate_samples <= 0 or found.n_lines <= 0, "no gate or no line"),
        (
            not 0 <= found.depth_first_m <= found.depth_last_m,
            f"depths from {found.depth_first_m} to {found.depth_last_m} m",
        ),
    ]
