"""Which numbers of a page prove each other, whatever else their glyphs might have been.

A number may have been read in several ways. It is accepted when its nearest
reading fits the arithmetic of the page and no other reading does:

* BMC/area = BMD, within the rounding of print. The format of print (two
  decimals, two, three) and the size of bones exclude that two numbers are wrong
  by one factor. Last digits within the rounding stay open to a page that was
  printed wrong; nobody could tell.
* Parts add up to totals; vertebrae and hip regions stand in their order.
* T = (BMD - mean)/SD of a known reference, when only one printed value is
  possible and the whole page goes by that reference. Z likewise, from the curve
  over age.

A sign alone proves nothing here: it can only contradict.

References
----------
Areas of regions: wide limits about what densitometers print for adults (our choice).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from bonescan.model.sites import vertebrae_of, without_side
from bonescan.norms.load import Norms
from bonescan.norms.reference import lms_z

from ..arithmetic import HALF_AREA_CM2, HALF_BMC_G, HALF_BMD_G_CM2, check_density, check_sums
from ..printed import PrintedRegion

FORMATS = {
    "area": re.compile(r"\d{1,3}\.\d\d"),
    "bmc": re.compile(r"\d{1,3}\.\d\d"),
    "bmd": re.compile(r"[0-2]\.\d{3}"),
    "t": re.compile(r"-?\d{1,2}\.\d"),
    "z": re.compile(r"-?\d{1,2}\.\d"),
}
MAX_SLACK_G_CM2 = 0.004  # a smaller region has too few digits to prove its BMD
AREA_CM2 = {
    "vertebra": (5.0, 30.0),  # each
    "femoral-neck": (2.5, 8.5),
    "trochanter": (6.0, 22.0),
    "intertrochanter": (9.0, 40.0),
    "total-hip": (18.0, 65.0),
    "radius-33": (1.5, 6.0),
    "total-body": (900.0, 4000.0),
}
LUMBAR = ("L1", "L2", "L3", "L4")
HIP = ("femoral-neck", "trochanter", "intertrochanter", "total-hip", "wards")
HIP_ORDER = HIP[:4]  # neck, trochanter, intertrochanter and total, which is their sum
TENTH = Decimal("0.1")
_AGE_STEPS = 5
_FEW = 2  # scores that must go by a reference before the page does
TOO_FEW = "too few digits, or no such bone"
BMC_AREA, SCORE = "bmc/area", "score"


@dataclass(slots=True)
class ProofRow:
    """One region of a page: for each quantity the ways it may be read, nearest first."""

    site: str
    label: str
    readings: dict[str, tuple[str, ...]]
    proven: dict[str, str] = field(default_factory=dict)  # quantity -> text
    proofs: dict[str, str] = field(default_factory=dict)  # quantity -> why
    doubts: list[str] = field(default_factory=list)

    def fitting(self, quantity: str) -> tuple[str, ...]:
        """List the ways to read a number that have the form it is printed in."""
        form = FORMATS[quantity]
        return tuple(t for t in self.readings.get(quantity, ()) if form.fullmatch(t))

    def forget(self, doubt: str) -> None:
        """Take back what was accepted."""
        self.proven.clear()
        self.proofs.clear()
        self.doubts.append(doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAbout:
    """What the file says about the person and device; None or "" = it does not."""

    scale: str | None = None
    sex: str | None = None
    age_years: tuple[float, float] | None = None  # from, to
    region: str = ""  # that the scan shows
    states_policy: bool = False  # the page names White women as its reference


def prove(rows: Sequence[ProofRow], about: PageAbout, norms: Norms) -> None:
    """Accept what the arithmetic of the page leaves only one reading for."""
    for row in rows:
        if row.site:
            _prove_density(row)
    _check_order(rows)
    _check_totals(rows)
    for quantity, possible in (("t", _possible_t), ("z", _possible_z)):
        _prove_scores(rows, quantity, about, norms, possible)


def _prove_density(row: ProofRow) -> None:
    """Accept BMC, area and BMD together, when one reading of the three fits and no other."""
    fits: list[tuple[str, str, str]] = []
    too_few = False
    options = (row.fitting("area"), row.fitting("bmc"), row.fitting("bmd"))
    for area, bmc, bmd in itertools.product(*options):
        region = _region(row, area, bmc, bmd)
        if check_density(region) is None:
            sound = _is_sound(row.site, region)
            too_few = too_few or not sound
            fits += [(area, bmc, bmd)] * sound
    if all(options) and not fits:
        row.doubts.append(TOO_FEW if too_few else "BMC/area is not the BMD, in any reading")
    if len(fits) > 1:
        row.doubts.append("more than one reading fits")
    # a page may be printed wrong: arithmetic confirms the nearest reading and picks no other
    nearest = tuple(row.readings[q][0] for q in ("area", "bmc", "bmd")) if fits else ()
    if len(fits) == 1 and fits[0] != nearest:
        row.doubts.append("the nearest reading does not fit")
    elif len(fits) == 1:
        for quantity, text in zip(("area", "bmc", "bmd"), fits[0], strict=True):
            row.proven[quantity], row.proofs[quantity] = text, BMC_AREA


def _region(row: ProofRow, area: str, bmc: str, bmd: str) -> PrintedRegion:
    return PrintedRegion(
        site=row.site, text=row.label, area_cm2=float(area), bmc_g=float(bmc), bmd_g_cm2=float(bmd)
    )


def _is_sound(site: str, region: PrintedRegion) -> bool:
    """Tell whether area and BMD are those of such a bone, with enough digits to prove."""
    area, bmc = region.area_cm2 or 0.0, region.bmc_g or 0.0
    count = len(vertebrae_of(site))
    low, high = AREA_CM2["vertebra"] if count else AREA_CM2.get(without_side(site), (0.0, 0.0))
    if site.endswith("-mean") or not low * max(1, count) <= area <= high * max(1, count):
        return False
    slack = HALF_BMD_G_CM2 + (HALF_BMC_G + bmc / area * HALF_AREA_CM2) / area
    return slack <= MAX_SLACK_G_CM2


def _check_order(rows: Sequence[ProofRow]) -> None:
    """Refuse labels out of their order, or twice: one of them was read or printed wrong.

    A row whose label was not understood may be the other half of an exchange:
    vertebrae are still told by the line they stand in, and hip regions by
    their sum.
    """
    sites = [r.site for r in rows]
    wrong: list[ProofRow] = [r for r in rows if r.site and sites.count(r.site) > 1]
    vertebrae = [r for r in rows if vertebrae_of(r.site)]
    if len({_line_of(r, at) for at, r in enumerate(rows) if r.site in LUMBAR}) > 1:
        wrong += vertebrae
    hip = [r for r in rows if without_side(r.site) in HIP]
    for side in {r.site.removeprefix(without_side(r.site)) for r in hip}:
        own = [r for r in hip if r.site.removeprefix(without_side(r.site)) == side]
        places = [HIP_ORDER.index(s) for r in own if (s := without_side(r.site)) in HIP_ORDER]
        if places != sorted(places) or ("" in sites and not _adds_up(own)):
            wrong += own
    for row in wrong:
        row.forget("its label is out of order, or others are unread")


def _line_of(row: ProofRow, at: int) -> int:
    """Give the line in which L1 would stand, going by this vertebra."""
    return at - LUMBAR.index(row.site)


def _adds_up(hip: Sequence[ProofRow]) -> bool:
    """Tell whether neck, trochanter, intertrochanter and total are all proven, and add up."""
    proven = [r for r in hip if "area" in r.proven and without_side(r.site) in HIP_ORDER]
    regions = [_region(r, r.proven["area"], r.proven["bmc"], r.proven["bmd"]) for r in proven]
    return len(regions) == len(HIP_ORDER) and not check_sums(regions)


def _check_totals(rows: Sequence[ProofRow]) -> None:
    """Hold totals against their parts; a total stands after them and is no smaller."""
    by_site = {r.site: r for r in rows if "bmd" in r.proven}
    regions = [
        _region(r, r.proven["area"], r.proven["bmc"], r.proven["bmd"]) for r in by_site.values()
    ]
    for mismatch in check_sums(regions):
        for site in mismatch.sites:
            by_site[site].forget("parts do not add up to the total")
    for at, row in enumerate(rows):
        members = vertebrae_of(row.site)
        if len(members) <= 1 or "area" not in row.proven:
            continue
        parts = [by_site[m].proven.get("area", "0") for m in members if m in by_site]
        later = any(r.site in members for r in rows[at + 1 :])
        if later or sum(map(float, parts)) > float(row.proven["area"]) + 0.05:
            row.forget("it stands before its parts, or is smaller")


def possible_scores(
    quantity: str, site: str, bmd: str, about: PageAbout, norms: Norms
) -> tuple[float, ...]:
    """Give the scores that a device may print beside a BMD; empty without a known reference.

    `quantity` is "t" or "z", `bmd` in g/cm2 with three decimals.
    """
    row = ProofRow(site, site, {}, proven={"bmd": bmd})
    found = (_possible_t if quantity == "t" else _possible_z)(row, about, norms)
    return tuple(sorted(map(float, found)))


Possible = Callable[[ProofRow, PageAbout, Norms], set[str]]


def _prove_scores(
    rows: Sequence[ProofRow], quantity: str, about: PageAbout, norms: Norms, possible: Possible
) -> None:
    """Accept scores when the page goes by the known reference and leaves one reading.

    One score against the rest is a number, sign or label gone wrong: its row
    loses what was accepted before. More than one, or too few: another reference.
    """
    explained: list[tuple[ProofRow, set[str], list[str]]] = []
    against: list[ProofRow] = []
    for row in rows:
        may_be = row.fitting(quantity)
        wanted = possible(row, about, norms) if "bmd" in row.proven else set()
        if not may_be or not wanted:
            continue
        fits = [t for t in may_be if _plain(t) in wanted]
        if fits:
            explained.append((row, wanted, fits))
        else:
            against.append(row)
    enough = 1 if about.states_policy and quantity == "t" else _FEW
    if len(explained) < enough + len(against) or len(against) > 1:
        return
    for row in against:
        row.forget(f"its {quantity.upper()} contradicts the reference that the others go by")
    for row, wanted, fits in explained:
        if len(wanted) == 1 and fits == [row.readings[quantity][0]]:
            row.proven[quantity], row.proofs[quantity] = fits[0], SCORE


def _possible_t(row: ProofRow, about: PageAbout, norms: Norms) -> set[str]:
    """Give the T-scores that a device may print beside this BMD."""
    reference = norms.policy_young(about.scale, without_side(row.site))
    if reference is None:
        return set()
    bmd, half = Decimal(row.proven["bmd"]), Decimal("0.0005")
    return {
        _tenth((b - reference.mean_g_cm2) / reference.sd_g_cm2) for b in (bmd - half, bmd + half)
    }


def _possible_z(row: ProofRow, about: PageAbout, norms: Norms) -> set[str]:
    """Give the Z-scores that a device may print beside this BMD, at every age it may be."""
    site = without_side(row.site)
    reference = norms.policy_age(about.scale, site, about.sex)
    if reference is None or about.age_years is None or about.sex is None:
        return set()
    curve, (young, old) = reference.curves[site, about.sex], about.age_years
    found: set[str] = set()
    for step in range(_AGE_STEPS):
        lms = curve.at(young + (old - young) * step / (_AGE_STEPS - 1))
        if lms is None:
            return set()
        bmd = float(row.proven["bmd"])
        found |= {_tenth(Decimal(repr(lms_z(b, *lms)))) for b in (bmd - 0.0005, bmd + 0.0005)}
    return found


def _tenth(value: Decimal) -> str:
    return _plain(str(value.quantize(TENTH, ROUND_HALF_UP)))


def _plain(text: str) -> str:
    return text.removeprefix("-") if not text.strip("-0.") else text
