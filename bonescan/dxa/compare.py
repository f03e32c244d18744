"""Two carriers in one file: agreeing ones complete each other, contradicting ones decide nothing.

A densitometer often writes its numbers twice into one object, as a structured
report or private block and as a printed page. Both are of one analysis, so
they have to say the same.
"""

from __future__ import annotations

from bonescan.model.sites import without_side

from .printed import FIELDS, Found, PrintedRegion, once_each

CARRIERS_DISAGREE = "carriers_disagree"
# half of the last digit that is printed: what two roundings of one number may differ by (ISCD:
# BMD with 3 decimals, BMC and area with 2, scores with 1)
_HALF_DIGIT = {"bmd": 0.0005, "bmc": 0.005, "area": 0.005, "t": 0.05, "z": 0.05, "fragility": 0.05}
_BINARY_DUST = 1e-9


def join_carriers(first: Found, other: Found) -> None:
    """Hold `other` against `first`, and lend `first` what only `other` prints.

    Where one number differs by more than its rounding, `first` gets both
    values as a contradiction, its region a flag, and nothing is lent.
    """
    first.readings += other.readings
    first.not_understood += other.not_understood
    first.regions = once_each(first.regions)
    theirs = {r.site: r for r in once_each(other.regions) if r.has_numbers}
    faults = [
        text
        for region in first.regions
        if region.site in theirs
        for text in _contradictions(region, theirs[region.site], (first.carrier, other.carrier))
    ]
    if faults:
        first.contradictions += faults
        return
    for region in first.regions:
        if region.site in theirs:
            _lend(region, theirs[region.site])
    known = {r.site for r in first.regions} | {without_side(r.site) for r in first.regions}
    unsided = {r.site for r in first.regions if without_side(r.site) == r.site}
    first.regions += [
        r for s, r in theirs.items() if s not in known and without_side(s) not in unsided
    ]
    first.t_reference = first.t_reference or other.t_reference
    first.z_reference = first.z_reference or other.z_reference


def _contradictions(
    own: PrintedRegion, other: PrintedRegion, carriers: tuple[str, str]
) -> list[str]:
    found = []
    for quantity, name in FIELDS.items():
        values = getattr(own, name), getattr(other, name)
        if None in values:
            continue
        if abs(values[0] - values[1]) > _HALF_DIGIT[quantity] + _BINARY_DUST:
            both = " and ".join(f"{v:g} ({c})" for v, c in zip(values, carriers, strict=True))
            found.append(f"{own.site} {quantity} is {both}")
    if found:
        own.flags.append(CARRIERS_DISAGREE)
    return found


def _lend(own: PrintedRegion, other: PrintedRegion) -> None:
    for name in FIELDS.values():
        if getattr(own, name) is None:
            setattr(own, name, getattr(other, name))
    own.flags += [f for f in other.flags if f not in own.flags]
