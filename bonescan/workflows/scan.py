"""One file from Python: what it is, and what is measured in it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from bonescan import pipeline
from bonescan.model.outcome import Outcome
from bonescan.model.scan import Scan
from bonescan.read.registry import read_scan
from bonescan.settings import Settings


def open_scan(path: str | PathLike[str], settings: Settings | None = None) -> Scan:
    """Read what a file says of itself; samples and pixels stay in it until asked for.

    Parameters
    ----------
    path : str or path
        The file; it is opened for reading only.
    settings : Settings, optional

    Returns
    -------
    scan : RfScan or DxaScan

    Raises
    ------
    UnusableScan
        The file can't be read; the code says why.
    SetAside
        A sound file that is no scan of ours.
    """
    return read_scan(Path(path), (settings or Settings()).read)


def measure_scan(path: str | PathLike[str], settings: Settings | None = None) -> Outcome:
    """Measure one file, without facts about the person: no score, no class.

    Parameters
    ----------
    path : str or path
        The file; it is opened for reading only.
    settings : Settings, optional

    Returns
    -------
    outcome : Outcome
        Always one, whatever the bytes are; `to_dict` gives plain values.
    """
    return pipeline.measure(Path(path), settings or Settings())
