"""What a carrier finds: the numbers a device printed, region by region."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bonescan.model.reading import Reading

BMD_UNITS = {"g/cm2": 1.0, "g/cm-2": 1.0, "g.cm-2": 1.0, "mg/cm2": 1e-3, "mg/cm-2": 1e-3}
BMC_UNITS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}
AREA_UNITS = {"cm2": 1.0, "mm2": 1e-2}
UNITS = {"bmd": BMD_UNITS, "bmc": BMC_UNITS, "area": AREA_UNITS}
PLAUSIBLE = {"bmd": (0.02, 5.0), "bmc": (0.0, 10_000.0), "area": (0.05, 30_000.0)}
MAX_SCORE = 15.0
PRINTED_TWICE = "region_printed_twice"
REFERENCE_UNKNOWN = "unknown_printed_reference"
TEXT_PROOF = "text"  # the carrier holds text: nothing had to be recognised

_NUMBER = re.compile(r"[-+]?\d{1,9}(?:[.,]\d{1,9})?")
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u00a0": " "})
_TAG = re.compile(r"<[^<>]{0,40}>")


@dataclass(slots=True, kw_only=True)
class PrintedRegion:
    """One region with its numbers, in g, cm2 and g/cm2; None = not printed.

    `is_average` marks rows such as the mean of two hips, to which the
    arithmetic of a region does not apply.
    """

    site: str
    text: str  # as printed
    bmd_g_cm2: float | None = None
    bmc_g: float | None = None
    area_cm2: float | None = None
    t_score: float | None = None
    z_score: float | None = None
    fragility_score: float | None = None
    is_average: bool = False
    t_reference: str | None = None  # as printed with this region; None = only for the whole file
    z_reference: str | None = None
    flags: list[str] = field(default_factory=list)

    @property
    def has_numbers(self) -> bool:
        """Whether anything worth a row was printed."""
        return any(v is not None for v in (self.bmd_g_cm2, self.t_score, self.z_score))


@dataclass(slots=True, kw_only=True)
class Found:
    """What a carrier holds: regions, the printed references, and what was not understood.

    `readings` lists every number that was seen, used or not, with its place;
    `contradictions` what this carrier and another one in the same file say of
    one number, with both values; `details` what else a page should show;
    `needs_person` which numbers were read from a picture and not proven.
    `t_reference` and `z_reference` hold for the whole file, until
    `settle_references` finds that several are printed.
    """

    carrier: str
    regions: list[PrintedRegion] = field(default_factory=list)
    t_reference: str | None = None
    z_reference: str | None = None
    references: list[tuple[str, str]] = field(default_factory=list)  # ("t" or "z", as printed)
    not_understood: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)
    needs_person: list[str] = field(default_factory=list)


def plain_number(text: object) -> float | None:
    r"""Read a printed number: decimal commas, typographic minus, blanks; None where it is none.

    >>> plain_number("-1,5"), plain_number(" 0.930 "), plain_number("-0.0"), plain_number(" ")
    (-1.5, 0.93, 0.0, None)
    >>> plain_number("1.234,5"), plain_number("nan"), plain_number("\u22121.0")
    (None, None, -1.0)
    """
    if isinstance(text, bool) or text is None:
        return None
    if isinstance(text, int | float):
        return float(text) + 0.0 if math.isfinite(text) else None
    words = str(text).translate(_SIGNS).strip().rstrip("*").strip()
    if not _NUMBER.fullmatch(words):
        return None
    return float(words.replace(",", ".")) + 0.0  # no negative zero


def plain_unit(text: str | None) -> str:
    """Write a unit plainly: no blanks, no markup, powers as digits.

    >>> plain_unit(" g/cm2"), plain_unit("[g/cm<sup><small>2</small></sup>]"), plain_unit("g/cm²")
    ('g/cm2', 'g/cm2', 'g/cm2')
    """
    words = _TAG.sub("", text or "").replace("²", "2").replace("^", "")
    return re.sub(r"[\s\[\](){}]", "", words).lower()


def in_base_unit(quantity: str, value: float, unit: str) -> tuple[float | None, str]:
    """Convert by the stated unit; nothing is scaled because it looks large.

    Parameters
    ----------
    quantity : str
        "bmd", "bmc" or "area".
    unit : str
        As `plain_unit` gives it; "" = not stated.

    Returns
    -------
    value : float or None
        In g/cm2, g or cm2; None when the unit is unknown or the value can't be true.
    flag : str
        "", "unit_not_stated", "unit_unknown" or "value_implausible".
    """
    factor = UNITS[quantity].get(unit) if unit else 1.0
    if factor is None:
        return None, "unit_unknown"
    low, high = PLAUSIBLE[quantity]
    if not low <= value * factor <= high:
        return None, "value_implausible"
    return value * factor, "" if unit else "unit_not_stated"


def set_number(region: PrintedRegion, quantity: str, value: float, unit: str = "") -> None:
    """Put one number on a region; a second, different one is flagged for a person to settle.

    `quantity` is "bmd", "bmc", "area", "t", "z" or "fragility".
    """
    name = FIELDS[quantity]
    if quantity in UNITS:
        base, flag = in_base_unit(quantity, value, unit)
        if flag and flag not in region.flags:
            region.flags.append(flag)
        if base is None:
            return
        value = base
    elif abs(value) > (MAX_SCORE if quantity in "tz" else 100.0):
        region.flags.append("value_implausible")
        return
    before = getattr(region, name)
    if before is not None and not _same(before, value):
        region.flags.append(PRINTED_TWICE)
        return
    setattr(region, name, value)


def take_number(
    found: Found, region: PrintedRegion, quantity: str, text: str, unit: str = "", place: str = ""
) -> None:
    """Note one number as printed, and put it on its region; a blank is noted and stays blank.

    Parameters
    ----------
    quantity : str
        "bmd", "bmc", "area", "t", "z" or "fragility"; any other word is noted
        only, not interpreted.
    text : str
        As printed.
    unit : str
        As printed.
    place : str
        Where it stands in the file.
    """
    value = plain_number(text)
    if quantity in FIELDS and value is not None:
        set_number(region, quantity, value, plain_unit(unit))
    found.readings.append(
        Reading(
            site=region.site,
            region_text=region.text,
            quantity=quantity,
            text=text.strip(),
            value=value,
            unit=unit.strip(),
            carrier=found.carrier,
            place=place,
            proof=TEXT_PROOF if value is not None else "",
        )
    )


def note_reference(found: Found, score: str, text: str) -> None:
    """Note one printed reference of "t" or "z"; the first stands for the file while it is alone."""
    name = _REFERENCES[score]
    found.references.append((score, text))
    if getattr(found, name) is None:
        setattr(found, name, text)


def share_references(regions: Sequence[PrintedRegion], printed: Sequence[tuple[str, str]]) -> None:
    """Give regions the references printed with them: in their table, their page, their container.

    Where several of one score are printed there, nobody can tell whose each is,
    and none is given.
    """
    for score, name in _REFERENCES.items():
        texts = {text for of, text in printed if of == score}
        if len(texts) == 1:
            (text,) = texts
            for region in regions:
                if getattr(region, name) is None:
                    setattr(region, name, text)


def settle_references(found: Found) -> None:
    """Let the only reference of a file hold for all of it; of several, none for the rest.

    A region whose own is not known among several is flagged, so that its
    printed T labels nothing.
    """
    for score, name in _REFERENCES.items():
        own = {getattr(region, name) for region in found.regions}
        texts = {text for of, text in found.references if of == score} | own
        texts = (texts | {getattr(found, name)}) - {None}
        if len(texts) == 1:
            (text,) = texts
            setattr(found, name, text)
            share_references(found.regions, [(score, text)])
        elif texts:
            setattr(found, name, None)
            for region in found.regions:
                is_printed = getattr(region, FIELDS[score]) is not None
                if score == "t" and is_printed and getattr(region, name) is None:
                    region.flags.append(REFERENCE_UNKNOWN)


def other_day(quantity: str) -> str:
    """Name a quantity of another day than the exam's: kept, and never taken for the exam's own."""
    return f"{quantity}-of-another-day"


def kept_word(meaning: str) -> str:
    """Make a quantity word of a printed meaning that is kept and not interpreted.

    >>> kept_word("BMD_PYA"), kept_word("Fat [(g)]"), kept_word("% Fat")
    ('bmd-pya', 'fat-g', 'percent-fat')
    """
    words = meaning.strip().lower().replace("%", " percent ")
    return "-".join(re.findall(r"\w+", words.replace("_", " ")))[:60]


_REFERENCES = {"t": "t_reference", "z": "z_reference"}
FIELDS = {
    "bmd": "bmd_g_cm2",
    "bmc": "bmc_g",
    "area": "area_cm2",
    "t": "t_score",
    "z": "z_score",
    "fragility": "fragility_score",
}


def once_each(regions: list[PrintedRegion]) -> list[PrintedRegion]:
    """Keep the first row of each site; a later one that says otherwise is flagged and left out.

    A later row that agrees lends the numbers which only it prints.
    """
    kept: dict[str, PrintedRegion] = {}
    for region in regions:
        first = kept.setdefault(region.site, region)
        if first is not region:
            _join(first, region)
    return list(kept.values())


def _join(first: PrintedRegion, later: PrintedRegion) -> None:
    pairs = {n: (getattr(first, n), getattr(later, n)) for n in FIELDS.values()}
    both = [(a, b) for a, b in pairs.values() if a is not None and b is not None]
    if PRINTED_TWICE in later.flags or not all(_same(a, b) for a, b in both):
        first.flags.append(PRINTED_TWICE)
        return
    for name, (own, other) in pairs.items():
        if own is None:
            setattr(first, name, other)
    lend_references(first, later)


def lend_references(own: PrintedRegion, other: PrintedRegion) -> None:
    """Take over the references of the same region printed a second time."""
    for name in _REFERENCES.values():
        if getattr(own, name) is None:
            setattr(own, name, getattr(other, name))


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)  # 0.886 g/cm2 and 886 mg/cm2
