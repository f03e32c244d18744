"""The formats, found by name, and the one way from a file to a scan.

A format is one file ``read/formats/<name>.py`` that ends with
``FORMAT = Format(name, claims, read)``, or an entry point of the group
``bonescan.formats`` that leads to such a value. Exactly one format may claim a
file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from bonescan.errors import SetAside, UnusableScan
from bonescan.model.scan import RfScan, Scan
from bonescan.settings import ReadSettings

from .named_site import under_site
from .probe import Probe
from .unknown import refuse_unknown

ENTRY_POINTS = "bonescan.formats"


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Parameters
    ----------
    name : str
        Stands in the column ``format`` of ``files.csv``.
    claims : callable
        Probe → bool: whether the file is of this format. Never raises for
        content; content, suffix and siblings may count.
    read : callable
        (Probe, ReadSettings) → Scan; raises `UnusableScan` or `SetAside` only.
    """

    name: str
    claims: Callable[[Probe], bool]
    read: Callable[[Probe, ReadSettings], Scan]


@cache
def load_formats() -> dict[str, Format]:
    """Collect every format, sorted by name; a broken or doubled one is refused at once."""
    found: dict[str, Format] = {}
    package = importlib.import_module("bonescan.read.formats")
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        _add(found, importlib.import_module(f"{package.__name__}.{module}"), module)
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda p: p.name):
        _add(found, point.load(), f"entry point {point.name} = {point.value}")
    return dict(sorted(found.items()))


def _add(found: dict[str, Format], holder: object, where: str) -> None:
    format_ = getattr(holder, "FORMAT", holder)
    if not isinstance(format_, Format):
        raise TypeError(f"{where} holds no FORMAT = Format(name, claims, read)")
    if format_.name in found:
        raise ValueError(f"the format {format_.name!r} stands twice, the second time in {where}")
    found[format_.name] = format_


def identify(probe: Probe) -> Format:
    """Find the one format that claims the file.

    Raises
    ------
    UnusableScan
        None claims it (with what its first bytes look like), or two do.
    """
    claims = [f for f in load_formats().values() if f.claims(probe)]
    if len(claims) == 1:
        return claims[0]
    if claims:
        names = " and ".join(f.name for f in claims)
        raise UnusableScan("BS-E105", f"found a file that {names} claim.", file=probe.path)
    raise refuse_unknown(probe)


def _named(scan: Scan, settings: ReadSettings) -> Scan:
    """Name the site of samples that name none, where the user does."""
    if settings.site is None or not isinstance(scan, RfScan):
        return scan
    return under_site(scan, settings.site)


def read_scan(path: Path, settings: ReadSettings, siblings: frozenset[str] | None = None) -> Scan:
    """Read one file.

    Parameters
    ----------
    path : Path
        A regular file, or a link to one; it is opened for reading only.
    settings : ReadSettings
        What the user says about files that don't say it themselves.
    siblings : frozenset of str, optional
        Names beside the file; list a large folder once and hand them in.

    Returns
    -------
    scan : RfScan, DxaScan or DeviceResults
        Metadata; samples and pixels are opened again when they are asked for.

    Raises
    ------
    UnusableScan
        The file gives no scan; code, reason and hint say why.
    SetAside
        A companion of other files, or DICOM that is no densitometry.
    """
    name = ""
    try:
        probe = replace(Probe.of(path, siblings), column_map=settings.column_map)
        format_ = identify(probe)
        name = format_.name
        return _named(format_.read(probe, settings), settings)
    except (UnusableScan, SetAside) as verdict:
        verdict.format_name = name
        raise
    except OSError as error:
        raise UnusableScan(
            "BS-E101", f"found the file unreadable ({error.strerror or error}).", file=path
        ) from error
    except Exception as error:
        # whatever the bytes are, one file must not stop a run; the code names it as our gap
        raise UnusableScan(
            "BS-E139", f"found {type(error).__name__} ({str(error)[:200]}).", file=path
        ) from error
