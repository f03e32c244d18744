"""DICOM: one container; which carrier holds the numbers is the matter of `bonescan.dxa`."""

from __future__ import annotations

from bonescan.model.scan import DxaScan, RfScan
from bonescan.settings import ReadSettings

from ..probe import Probe
from ..registry import Format


def _claims(probe: Probe) -> bool:
    return probe.is_dicom


def _read(probe: Probe, settings: ReadSettings) -> DxaScan | RfScan:
    from ..dicom.open_file import read_dicom

    return read_dicom(probe.path, settings)


FORMAT = Format("dicom", _claims, _read)
