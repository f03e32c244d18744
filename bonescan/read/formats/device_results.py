"""A table of numbers that a device gave: one row a person and day, by the user's column map.

Numbers typed in twice are the same kind of table with columns of our own.
"""

from __future__ import annotations

from bonescan.errors import BonescanError, UnusableScan
from bonescan.model.scan import DeviceResults, Source
from bonescan.settings import ReadSettings

from ..probe import Probe
from ..registry import Format
from ..results_table import map_of

NAME = "device-results"


def _claims(probe: Probe) -> bool:
    return map_of(probe) is not None


def _read(probe: Probe, settings: ReadSettings) -> DeviceResults:
    from bonescan.files.results_csv import read_results

    columns = map_of(probe)
    if columns is None:
        raise UnusableScan("BS-E104", "found no table that a column map fits.", file=probe.path)
    source = Source(path=probe.path, size_bytes=probe.size_bytes, format_name=NAME)
    try:
        return read_results(source, columns)
    except UnusableScan:
        raise
    except BonescanError as error:
        raise UnusableScan("BS-E187", error.reason, file=probe.path) from error


FORMAT = Format(NAME, _claims, _read)
