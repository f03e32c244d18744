"""A small sound file of every format, made without bonescan's own writers."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import h5py
import numpy as np

from .dicom_bytes import lunar
from .pdf_bytes import pdf, table


def rf_exam(path: Path) -> None:
    """An RF exam as the description of the container says, by h5py alone."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "bonescan-rf", "version": 1, "simulated": 1})
        file.attrs["acquired_at"] = "2026-03-04T09:10:11+08:00"
        file.create_group("subject").attrs.update({"patient_id": "0007", "sex": "F"})
        site = file.create_group("sites/femoral-neck-left")
        site.attrs.update({"fs_hz": 40e6, "c_m_s": 1540.0, "t0_s": 2e-5, "gain_known": 1})
        rf = np.arange(2 * 4 * 64, dtype="<i2").reshape(2, 4, 64)
        site.create_dataset("rf", data=rf, chunks=(1, 4, 64))


def dual_energy(path: Path) -> None:
    """A dual-energy exam as the description of the container says, by h5py alone."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "bonescan-dual-energy", "version": 1, "simulated": 1})
        file.create_group("subject").attrs.update({"patient_id": "0007", "sex": "F"})
        scan = file.create_group("scans/lumbar-spine")
        scan.attrs.update({"pixel_width_mm": 0.6, "pixel_height_mm": 1.05, "calibration_id": "c1"})
        for name, level in (("low", 3000), ("high", 6000)):
            scan.create_dataset(name, data=np.full((20, 24), level, dtype="<u4"))
            scan.create_dataset(f"air_{name}", data=np.full(24, 4e5))
        steps = file.create_group("calibrations/c1")
        steps.attrs["phantom"] = "steps"
        for name in ("mineral_g_cm2", "soft_g_cm2", "log_low", "log_high"):
            steps.create_dataset(name, data=np.linspace(0.1, 2.0, 20))


SPECTRA = """# format = bonescan-spectra
# version = 1
# patient_id = 0007
# fs_hz = 40000000
# window = hann
# unit = 1
# rows = 2
site,depth_m,n_averaged,power_1500000,power_1600000.5
L1,0.05,8,1e-3,2e-3
L2,0.06,8,1.5e-3,0
"""


def mha(packed: bool = False, order: str = "<", kind: str = "MET_SHORT", extra: str = "") -> bytes:
    """Two frames of three lines of four samples: 0, 1, … 23."""
    values = struct.pack(f"{order}24h", *range(24))
    data = zlib.compress(values) if packed else values
    head = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\n"
        f"BinaryDataByteOrderMSB = {order == '>'}\nCompressedData = {packed}\n"
        + (f"CompressedDataSize = {len(data)}\n" if packed else "")
        + f"DimSize = 4 3 2          \nElementType = {kind}\n{extra}ElementDataFile = LOCAL\n"
    )
    return head.encode() + data


# the description as the scanner writes it: units, a curve that is no YAML, degree signs
CLARIUS_YML = """# raw data parameters

frames: 2
frame rate: 11 Hz
transmit frequency: 3.5 MHz
imaging depth: 40 mm
focal depth: 20 mm
tgc: { 0.00mm, 23.00dB }{ 40.00mm, 26.00dB }
size: {samples per line: 4, number of lines: 3, sample size: 2 bytes}
type: RF
compression: none
sampling rate: 15 MHz
delay samples: 16
lines:
  - {rx element: 0, tx element: 1.5, angle: 0 \u00b0}
  - {rx element: 1, tx element: 1.5, angle: 0 \u00b0}
  - {rx element: 2, tx element: 1.5, angle: 0 \u00b0}
"""


def clarius_raw(n_frames: int = 2, n_lines: int = 3, n_samples: int = 4, size: int = 2) -> bytes:
    """Frames of 0, 1, 2, ... 23 behind time stamps, as the maker's description has them."""
    data = struct.pack("<5I", 0, n_frames, n_lines, n_samples, size)
    for frame in range(n_frames):
        data += struct.pack("<Q", 272578025480 + frame * 90909090)
        first = frame * n_lines * n_samples
        data += struct.pack(f"<{n_lines * n_samples}h", *range(first, first + n_lines * n_samples))
    return data


def ultrasonix_rf(n_frames: int = 2, n_lines: int = 3, n_samples: int = 4, **more: int) -> bytes:
    """19 numbers of a SonixTouch with an L14-5/38 probe, then 0, 1, 2, ... 23."""
    head = {"type": 16, "frames": n_frames, "w": n_lines, "h": n_samples, "ss": 16}
    head |= dict.fromkeys(("ulx", "uly", "urx", "ury", "brx", "bry", "blx", "bly"), 0)
    head |= {"probe": 2, "txf": 10_000_000, "sf": 40_000_000, "dr": 19, "ld": 256, "extra": 0}
    n = n_frames * n_lines * n_samples
    return struct.pack("<19i", *(head | more).values()) + struct.pack(f"<{n}h", *range(n))


def zea(path: Path, **scan: float) -> None:
    """Beamformed RF as zea wrote it at first: (frame, z, x), 2 frames of 3 lines of 4 samples."""
    values = np.arange(24, dtype="<f4").reshape(2, 3, 4).transpose(0, 2, 1)
    with h5py.File(path, "w") as file:
        file["data/beamformed_data"] = np.ascontiguousarray(values)
        numbers = {"sampling_frequency": 40e6, "center_frequency": 3.5e6, "sound_speed": 1540.0}
        for key, value in (numbers | {"n_ax": 4} | scan).items():
            file[f"scan/{key}"] = np.float32(value)


def uff(path: Path, **change: object) -> None:
    """Beamformed RF as the UltraSound ToolBox writes it: pixels of a line together."""
    with h5py.File(path, "w") as file:
        group = file.create_group("b_data")
        group.attrs["class"] = "uff.beamformed_data"
        group.create_dataset("data", data=np.arange(24, dtype="<f4").reshape(2, 1, 1, 12))
        group["data"].attrs.update({"class": "single", "complex": 0})
        group["sampling_frequency"] = np.array([[40e6]])
        group["modulation_frequency"] = np.array([[0.0]])
        scan = group.create_group("scan")
        scan.attrs["class"] = "uff.linear_scan"
        scan["x_axis"] = np.array([[-1e-3, 0.0, 1e-3]])
        scan["z_axis"] = 0.01 + np.arange(4)[None, :] * (1540.0 / 2 / 40e6)


def mat5_array(name: str, values: np.ndarray, order: str = "<", kind: int = 10) -> bytes:
    """One int16 matrix of version 5 (class 10): flags, shape, name, values."""
    raw = values.astype(f"{order}i2").tobytes("F")

    def part(type_: int, data: bytes) -> bytes:
        return struct.pack(f"{order}2I", type_, len(data)) + data + bytes(-len(data) % 8)

    body = part(6, struct.pack(f"{order}2I", kind, 0))
    body += part(5, struct.pack(f"{order}{values.ndim}i", *values.shape))
    body += part(1, name.encode()) + part(3, raw)
    return struct.pack(f"{order}2I", 14, len(body)) + body


def mat5(*elements: bytes, order: str = "<") -> bytes:
    """A file of version 5: 128 bytes of header, then its variables."""
    head = b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(124)
    return head + (b"\0\1IM" if order == "<" else b"\1\0MI") + b"".join(elements)


# 2 frames of 3 lines of 4 samples, stored as (sample, line, frame); and a rate in kHz
MAT_RF = np.arange(24).reshape(2, 3, 4).transpose(2, 1, 0)
MAT5 = mat5(mat5_array("RfData", MAT_RF), mat5_array("fs_khz", np.array([[15000]])))


def write_sample(name: str, folder: Path) -> Path:
    """Write the sample of a format."""
    path = folder / FILES[name]
    if name in WRITERS:
        WRITERS[name](path)
        return path
    if name == "clarius-rf":
        path.with_suffix(".yml").write_text(CLARIUS_YML, encoding="utf-8")
    path.write_bytes(CONTENT[name])
    return path


WRITERS = {
    "bonescan-dual-energy": dual_energy,
    "bonescan-rf": rf_exam,
    "zea-hdf5": zea,
    "uff-hdf5": uff,
}


# each number typed in twice, a blank line below: columns as the documentation names them
TYPED_TWICE = (
    "exam_date,technique,site,bmd_g_cm2,bmd_g_cm2_again,t_score,t_score_again,patient_id\n"
    "2026-03-04,REMS,femoral-neck-left,0.652,0.652,-1.80,-1.80,0007007007\n"
)
REPORT_PAGE = [
    (72, 740, "Patient ID: 0007"),
    (72, 726, "Scan Type: a Lumbar Spine"),
    *table([(72, "Region"), (150, "BMD (g/cm2)"), (240, "T-score")], [["L1-L4", "0.930", "-1.0"]]),
]
FILES = {
    "bonescan-dual-energy": "frames.h5",
    "bonescan-rf": "exam.h5",
    "clarius-rf": "20260304_rf.raw",
    "companion": "README.md",
    "device-results": "typed.csv",
    "dicom": "scan.dcm",
    "matlab": "scan.mat",
    "metaimage-rf": "capture.mha",
    "pdf": "report.pdf",
    "spectra-csv": "spectra.csv",
    "uff-hdf5": "beamformed.uff",
    "ultrasonix-rf": "scan.rf",
    "zea-hdf5": "zea.hdf5",
}
CONTENT = {
    "clarius-rf": clarius_raw(),
    "matlab": MAT5,
    "ultrasonix-rf": ultrasonix_rf(),
    "companion": b"# What this folder holds\n",
    "device-results": TYPED_TWICE.encode(),
    "dicom": lunar(),
    "pdf": pdf(REPORT_PAGE),
    "metaimage-rf": mha(),
    "spectra-csv": SPECTRA.encode(),
}
