"""Our own dual-energy exam (HDF5), known by the attribute `format` at its root."""

from __future__ import annotations

from bonescan.model.dual_energy import DualEnergyScan
from bonescan.settings import ReadSettings

from ..probe import HDF5_MAGIC, Probe
from ..registry import Format

NAME = "bonescan-dual-energy"


def _claims(probe: Probe) -> bool:
    root = probe.hdf5_root if probe.head.startswith(HDF5_MAGIC) else None
    return root is not None and root.format == NAME


def _read(probe: Probe, settings: ReadSettings) -> DualEnergyScan:
    from bonescan.files.dual_energy import open_dual_energy

    return open_dual_energy(probe.path)


FORMAT = Format(NAME, _claims, _read)
