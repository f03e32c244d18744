"""One number as a device gave it, and where exactly it stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .plain import to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A number of a carrier, before anything was made of it.

    Parameters
    ----------
    site : str
        Canonical site, "" where the region was not understood.
    region_text : str
        The region as printed.
    quantity : str
        "bmd", "bmc", "area", "t", "z", "fragility", or a word of the carrier
        for what is kept and not interpreted (body composition).
    text : str
        The number as printed, "" for a blank.
    value : float or None
        In the unit printed; None where the text is no number.
    unit : str
        As printed, "" where none is.
    carrier : str
        Name of the carrier.
    place : str
        Element ("(0021,1001)"), path in a report tree, row and column of a
        table, or page and box in pixels ("page 1, box 120,44,38,12": left, top,
        width, height).
    reference : str
        The reference as printed beside the number, "" where none is.
    proof : str
        Why the value may be used: "text" (the carrier holds text), "bmc/area",
        "sum", "score" (the printed reference gives it), "typed-twice",
        "person" (somebody confirmed it), or "" (nothing proves it: it decides
        nothing).
    crop_png : bytes
        The piece of the picture it was read from, where it was read from one.
    decision, decided_by : str
        "confirm", "correct" or "reject", and who did; "" where nobody decided.
    """

    site: str
    region_text: str
    quantity: str
    text: str
    value: float | None
    unit: str = ""
    carrier: str = ""
    place: str = ""
    reference: str = ""
    proof: str = ""
    crop_png: bytes = b""
    decision: str = ""
    decided_by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the reading as plain values; the crop with the length of its bytes."""
        return dict(to_plain(self))
