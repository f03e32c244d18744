"""What the tests of simulated files share."""

from __future__ import annotations

import hashlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from bonescan.simulate.sample_set import write_sample_scans


def payload_sha256(path: Path) -> str:
    """Hash what a file says, not how its container was packed.

    HDF5 and zlib of other versions pack the same arrays otherwise: for ``.h5`` names, attributes
    and stored values count, for anything else the bytes.
    """
    digest = hashlib.sha256()
    if path.suffix != ".h5":
        digest.update(path.read_bytes())
        return digest.hexdigest()

    def add(name: str, item: h5py.HLObject) -> None:
        for key in sorted(item.attrs):
            digest.update(f"{name}@{key}={item.attrs[key]!r}\0".encode())
        if isinstance(item, h5py.Dataset):
            digest.update(f"{name} {item.dtype} {item.shape} {item.chunks}\0".encode())
            digest.update(np.ascontiguousarray(item[()]).tobytes())

    with h5py.File(path, "r") as file:
        add("/", file)
        file.visititems(add)
    return digest.hexdigest()


@pytest.fixture(scope="session")
def payload_of():
    return payload_sha256


@pytest.fixture(scope="session")
def fresh_samples(tmp_path_factory) -> Path:
    """The sample scans, made anew with the defaults."""
    out = tmp_path_factory.mktemp("fresh") / "sample_scans"
    write_sample_scans(out)
    return out
