"""Our own RF exam (HDF5), known by the attribute `format` at its root."""

from __future__ import annotations

from bonescan.model.scan import RfScan
from bonescan.settings import ReadSettings

from ..probe import HDF5_MAGIC, Probe
from ..registry import Format

NAME = "bonescan-rf"


def _claims(probe: Probe) -> bool:
    if not probe.head.startswith(HDF5_MAGIC):
        return False
    root = probe.hdf5_root
    if root is None:
        # too damaged to tell: the reader names the damage
        return probe.suffix in {".h5", ".hdf5"}
    return root.format == NAME


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    from bonescan.files.rf_exam import open_rf_exam

    return open_rf_exam(probe.path)


FORMAT = Format(NAME, _claims, _read)
