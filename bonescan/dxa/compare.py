"""Two carriers in one file: agreeing ones complete each other, contradicting ones decide nothing.

A densitometer often writes its numbers twice into one object, as a structured
report or private block and as a printed page. Both are of one analysis, so
they have to say the same.
"""

from __future__ import annotations

from bonescan.model.sites import side_of, without_side

from .printed import FIELDS, Found, PrintedRegion, lend_references, once_each

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
    theirs = once_each([r for r in other.regions if r.has_numbers])
    faults: list[str] = []
    paired: list[tuple[PrintedRegion, PrintedRegion]] = []
    for group in _pairs(first.regions, theirs):
        said = [_contradictions(*pair, (first.carrier, other.carrier)) for pair in group]
        agreeing = [pair for pair, texts in zip(group, said, strict=True) if not texts]
        paired += agreeing
        if not agreeing:
            faults += [text for texts in said for text in texts]
            for own, _ in group:
                own.flags.append(CARRIERS_DISAGREE)
    if faults:
        first.contradictions += faults
        return
    for own, their in paired:
        if sum(own is o for o, _ in paired) == 1:
            _lend(own, their)
    known = {id(their) for _, their in paired}
    first.regions += [r for r in theirs if id(r) not in known]
    if not first.references:
        first.t_reference = first.t_reference or other.t_reference
        first.z_reference = first.z_reference or other.z_reference


def _pairs(
    ours: list[PrintedRegion], theirs: list[PrintedRegion]
) -> list[list[tuple[PrintedRegion, PrintedRegion]]]:
    """Pair the regions of two carriers by site, and by site without side where one names none.

    A region without a side may be either of two with one: these pairs are one
    group, and one of them has to agree.
    """
    by_site = {r.site: r for r in theirs}
    own_sites = {r.site for r in ours}
    groups = [[(own, by_site[own.site])] for own in ours if own.site in by_site]
    groups += [
        [(own, r) for r in theirs if without_side(r.site) == own.site]
        for own in ours
        if side_of(own.site) is None and own.site not in by_site
    ]
    groups += [
        [(own, their) for own in ours if without_side(own.site) == their.site]
        for their in theirs
        if side_of(their.site) is None and their.site not in own_sites
    ]
    return [group for group in groups if group]


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
    return found


def _lend(own: PrintedRegion, other: PrintedRegion) -> None:
    for name in FIELDS.values():
        if getattr(own, name) is None:
            setattr(own, name, getattr(other, name))
    lend_references(own, other)
    own.flags += [f for f in other.flags if f not in own.flags]
