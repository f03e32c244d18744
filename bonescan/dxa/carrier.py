"""The carriers of numbers inside a DICOM file, found by name and tried in order.

A carrier is one file ``dxa/carriers/<name>.py`` that ends with
``CARRIER = Carrier(name, order, find)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from bonescan.model.reading import Reading
from bonescan.model.scan import DxaScan

from .compare import join_carriers
from .printed import Found, settle_references

FIRST_PIXEL_ORDER = 60


@dataclass(frozen=True, slots=True)
class Carrier:
    """One place where numbers may stand.

    Parameters
    ----------
    name : str
        Stands in the column ``carrier`` of ``files.csv``.
    order : int
        Lower is tried earlier; no two carriers share one.
    find : callable
        DxaScan → Found, or None where this carrier is not in the file. A
        `Found` without regions means: it is there and was not understood.
    """

    name: str
    order: int
    find: Callable[[DxaScan], Found | None]

    @property
    def reads_pixels(self) -> bool:
        """Whether it recognises numbers in a picture instead of reading text."""
        return self.order >= FIRST_PIXEL_ORDER


@cache
def load_carriers() -> tuple[Carrier, ...]:
    """Collect every carrier in the order in which they are tried."""
    package = importlib.import_module("bonescan.dxa.carriers")
    found: list[Carrier] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        carrier = getattr(importlib.import_module(f"{package.__name__}.{module}"), "CARRIER", None)
        if not isinstance(carrier, Carrier):
            raise TypeError(f"dxa/carriers/{module}.py holds no CARRIER = Carrier(...)")
        if any(carrier.name == c.name or carrier.order == c.order for c in found):
            raise ValueError(f"{carrier.name!r}: its name or order stands twice")
        found.append(carrier)
    return tuple(sorted(found, key=lambda c: c.order))


def find_numbers(scan: DxaScan) -> Found | None:
    """Try the carriers: the first with regions decides, held against every other one of text.

    Carriers that read pixels are tried only where no text holds a number.

    Returns
    -------
    found : Found or None
        None: no carrier is in the file. Without regions: one is, and nothing in
        it was understood. Its readings are those of all carriers.
    """
    empty: Found | None = None
    first: Found | None = None
    for carrier in load_carriers():
        if first is not None and carrier.reads_pixels:
            break
        found = carrier.find(scan)
        if found is None:
            continue
        settle_references(found)
        if not any(r.has_numbers for r in found.regions):
            empty = _joined_without_numbers(empty, found)
        elif first is None:
            first = found
        else:
            join_carriers(first, found)
    if first is None:
        return empty
    if empty is not None:
        first.not_understood += empty.not_understood
        first.readings += empty.readings
        first.details += empty.details
    first.readings = [_with_reference(r, first) for r in first.readings]
    return first


def _joined_without_numbers(before: Found | None, found: Found) -> Found:
    if before is None:
        return found
    before.not_understood += found.not_understood
    before.readings += found.readings
    before.details += found.details
    return before


def _with_reference(reading: Reading, found: Found) -> Reading:
    """Put the printed reference beside the scores that rest on it."""
    one = next((r for r in found.regions if r.site == reading.site), None)
    printed = {
        "t": (one and one.t_reference) or found.t_reference,
        "z": (one and one.z_reference) or found.z_reference,
    }.get(reading.quantity)
    if reading.reference or not printed or reading.carrier != found.carrier:
        return reading
    return replace(reading, reference=printed)
