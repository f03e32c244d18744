"""Bytes of sound HDF5 files changed at random: a scan, or a refusal that the format foresaw."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.read.registry import read_scan
from bonescan.settings import KeyMap, MappedValue, ReadSettings

from .samples import uff, zea

KEYS = KeyMap(samples="data.beamformed_data", axes=("line", "sample", "frame"),
              fs_hz=MappedValue(variable="scan.sampling_frequency"))  # fmt: skip
SETTINGS = ReadSettings(key_map=KEYS, sampling_rate_hz=30e6, sound_speed_m_s=1540.0)


def mat73(path) -> None:
    """A file of MATLAB 7.3 is HDF5 behind 512 bytes of text."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        file["data/beamformed_data"] = np.arange(24, dtype="<f4").reshape(2, 4, 3)
        file["scan/sampling_frequency"] = np.array([[40e6]])
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")


@pytest.mark.parametrize(
    ("write", "name"), [(zea, "zea.hdf5"), (uff, "beam.uff"), (mat73, "scan.mat")]
)
def test_mutations_end_in_a_scan_or_a_refusal(tmp_path, write, name):
    path = tmp_path / name
    write(path)
    data = path.read_bytes()
    rng = np.random.default_rng(20260304)
    codes = set()
    for _ in range(120):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), rng.integers(1, 4)):
            changed[at] = rng.integers(0, 256)
        path.write_bytes(bytes(changed))
        try:
            scan = read_scan(path, SETTINGS)
            scan.samples.block(scan.sites[0].site)
            codes.add("read")
        except UnusableScan as verdict:
            codes.add(verdict.code)
    assert "read" in codes
    assert len(codes) > 1, "no change did any harm"
    assert "BS-E139" not in codes
