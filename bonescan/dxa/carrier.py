"""The carriers of numbers inside a DICOM file, found by name and tried in order.

A carrier is one file ``dxa/carriers/<name>.py`` that ends with
``CARRIER = Carrier(name, order, find)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bonescan.model.scan import DxaScan

from .printed import Found


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
    """Try the carriers in order; the first with regions wins.

    Returns
    -------
    found : Found or None
        None: no carrier is in the file. Without regions: one is, and nothing in
        it was understood.
    """
    empty: Found | None = None
    for carrier in load_carriers():
        found = carrier.find(scan)
        if found is None:
            continue
        if any(r.has_numbers for r in found.regions):
            return found
        empty = empty or found
    return empty
