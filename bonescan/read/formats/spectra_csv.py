"""Gate spectra as CSV, known by its first header line."""

from __future__ import annotations

from bonescan.model.scan import RfScan
from bonescan.settings import ReadSettings

from ..probe import Probe
from ..registry import Format


def _claims(probe: Probe) -> bool:
    key, _, value = probe.first_line.lstrip("# ").partition("=")
    return (
        probe.first_line.startswith("#")
        and key.strip() == "format"
        and value.strip() == "bonescan-spectra"
    )


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    from bonescan.files.spectra_csv import open_spectra_csv

    return open_spectra_csv(probe.path)


FORMAT = Format("spectra-csv", _claims, _read)
