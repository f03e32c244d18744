"""A small sound file of every format, made without bonescan's own writers."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import h5py
import numpy as np

from .dicom_bytes import lunar


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


def write_sample(name: str, folder: Path) -> Path:
    """Write the sample of a format."""
    path = folder / FILES[name]
    if name == "bonescan-rf":
        rf_exam(path)
    else:
        path.write_bytes(CONTENT[name])
    return path


FILES = {
    "bonescan-rf": "exam.h5",
    "companion": "README.md",
    "dicom": "scan.dcm",
    "metaimage-rf": "capture.mha",
    "spectra-csv": "spectra.csv",
}
CONTENT = {
    "companion": b"# What this folder holds\n",
    "dicom": lunar(),
    "metaimage-rf": mha(),
    "spectra-csv": SPECTRA.encode(),
}
