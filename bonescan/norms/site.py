"""The grammar of sites: one spelling a site, whatever the device or the table calls it.

A site is a region with an optional side (`femoral-neck-left`), or a set of
lumbar vertebrae (`L1`, `L1-L4`, `L1+L3`). Sets without a gap are written with
a hyphen, sets with a gap with plus signs.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations, pairwise
from pathlib import Path

from bonescan.model.measurement import Measurement

SITES_FOLDER = Path(__file__).parent / "sites"
VERTEBRAE = ("L1", "L2", "L3", "L4")
SIDES = ("left", "right", "mean")
SPINE = "lumbar-spine"

_SIDE_WORDS = {
    "left": "left", "lt": "left", "左": "left", "左側": "left",
    "right": "right", "rt": "right", "右": "right", "右側": "right",
    "mean": "mean", "平均": "mean",
}  # fmt: skip
_SPINE_WORDS = ("ap lumbar spine", "pa lumbar spine", "lumbar spine", "ap spine", "pa spine",
                "lumbar", "spine", "腰椎")  # fmt: skip
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212~", "-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One member of ``norms/sites``: what a region is called and whether it may label."""

    id: str
    name_en: str
    name_zh: str
    labels: str  # "yes", "no" or "if-no-spine-or-hip"
    sided: bool
    aliases: tuple[str, ...]
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site in the one spelling; `vertebrae` only for sets of lumbar vertebrae."""

    region: str
    side: str | None = None
    vertebrae: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The spelling that stands in tables."""
        if self.vertebrae:
            return vertebrae_id(self.vertebrae)
        return f"{self.region}-{self.side}" if self.side else self.region

    @property
    def without_side(self) -> str:
        """The spelling that reference tables use: sides share one reference."""
        return self.id if self.vertebrae else self.region

    @property
    def labels(self) -> str:
        """Whether the site may give a class: "yes", "no" or "if-no-spine-or-hip"."""
        if self.vertebrae and len(self.vertebrae) < MIN_VERTEBRAE:
            return "no"
        if self.side == "mean":
            return "no"
        return regions()[self.region].labels

    def name(self, lang: str = "en") -> str:
        """Name the site for a reader, in "en" or "zh-TW"."""
        region = regions()[self.region]
        if lang == "zh-TW":
            side = {"left": "左", "right": "右", "mean": "平均"}.get(self.side or "", "")
            return f"{side}{region.name_zh}{' ' if self.vertebrae else ''}{self._set()}"
        side = f", {self.side}" if self.side else ""
        return f"{region.name_en}{' ' if self.vertebrae else ''}{self._set()}{side}"

    def _set(self) -> str:
        return self.id if self.vertebrae else ""


MIN_VERTEBRAE = 2  # ISCD: a single vertebra serves neither diagnosis nor monitoring


@cache
def regions() -> dict[str, Region]:
    """Load every member of ``norms/sites``; a broken one is named, never skipped."""
    found: dict[str, Region] = {}
    for path in sorted(SITES_FOLDER.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        try:
            region = Region(
                id=table["id"],
                name_en=table["name_en"],
                name_zh=table["name_zh"],
                labels=table["labels"],
                sided=table["sided"],
                aliases=tuple(table["aliases"]),
                citation=table["citation"],
            )
        except KeyError as missing:
            raise RuntimeError(f"{path.name}: the site has no {missing}") from None
        if region.id != path.stem or region.labels not in {"yes", "no", "if-no-spine-or-hip"}:
            raise RuntimeError(f"{path.name}: id and labels must fit the grammar of sites")
        found[region.id] = region
    return found


@cache
def _aliases() -> dict[str, str]:
    table: dict[str, str] = {}
    for region in regions().values():
        if region.id == SPINE:
            continue
        for alias in (region.id, region.name_en, region.name_zh, *region.aliases):
            key = _plain(alias)
            if table.setdefault(key, region.id) != region.id:
                raise RuntimeError(f"norms/sites: {alias!r} names {table[key]} and {region.id}")
    return table


def vertebrae_id(vertebrae: tuple[str, ...]) -> str:
    """Write a set of vertebrae, given in order, in the one spelling.

    >>> vertebrae_id(("L1", "L2", "L3", "L4")), vertebrae_id(("L1", "L3")), vertebrae_id(("L2",))
    ('L1-L4', 'L1+L3', 'L2')
    """
    first, last = VERTEBRAE.index(vertebrae[0]), VERTEBRAE.index(vertebrae[-1])
    if len(vertebrae) > 1 and last - first + 1 == len(vertebrae):
        return f"{vertebrae[0]}-{vertebrae[-1]}"
    return "+".join(vertebrae)


@lru_cache(maxsize=4096)
def parse_site(text: str | None) -> Site | None:
    """Read a site in any known spelling; None when it is not one.

    "Spine" alone is not a site: makers differ in the vertebrae they mean by it.

    >>> [parse_site(t).id for t in ("AP Spine L1-L4 (L2)", "Neck Left", "L1,L3-L4", "股骨頸")]
    ['L1+L3+L4', 'femoral-neck-left', 'L1+L3+L4', 'femoral-neck']
    >>> parse_site("spine") is None
    True
    """
    if not text:
        return None
    plain = _plain(text)
    vertebrae = _parse_vertebrae(plain)
    if vertebrae:
        return Site(region=SPINE, vertebrae=vertebrae)
    return _parse_region(plain)


def site_of(measurement: Measurement) -> Site | None:
    """Read the site of a number; None when it is outside the grammar.

    The vertebrae that went into it count and not its heading: the reference
    of L1-L4 does not fit an L1-L4 from which L2 was left out.
    """
    site = parse_site(measurement.site)
    if site is not None and site.region == SPINE and measurement.vertebrae_used:
        return site_of_vertebrae(measurement.vertebrae_used)
    return site


def site_of_vertebrae(vertebrae: tuple[str, ...]) -> Site | None:
    """Name the site of the vertebrae that went into a number; None when they are not L1 to L4."""
    if not vertebrae or any(v not in VERTEBRAE for v in vertebrae):
        return None
    return Site(region=SPINE, vertebrae=tuple(v for v in VERTEBRAE if v in vertebrae))


def all_sites() -> tuple[str, ...]:
    """List every site of the grammar in its one spelling."""
    spines = [c for n in range(1, 5) for c in combinations(VERTEBRAE, n)]
    ids = [vertebrae_id(c) for c in spines]
    for region in regions().values():
        if region.id != SPINE:
            ids.append(region.id)
            ids += [f"{region.id}-{side}" for side in SIDES if region.sided]
    return tuple(ids)


def _plain(text: str) -> str:
    flat = unicodedata.normalize("NFKC", text).translate(_DASHES).casefold()
    return " ".join(flat.replace("_", " ").replace("\u2019", "'").split())


def _parse_vertebrae(plain: str) -> tuple[str, ...]:
    for words in _SPINE_WORDS:
        if plain.startswith(words):
            plain = plain.removeprefix(words).strip(" :")
            break
    excluded: tuple[str, ...] = ()
    if bracket := re.fullmatch(r"(.+?)\s*\(([^()]+)\)", plain):  # GE: "L1-L4 (L2)" leaves L2 out
        plain, excluded = bracket[1], _vertebra_set(bracket[2])
        if not excluded:
            return ()
    used = _vertebra_set(plain)
    if not set(excluded) <= set(used):
        return ()
    return tuple(v for v in used if v not in excluded)


def _vertebra_set(plain: str) -> tuple[str, ...]:
    """Read "l1,l3-l4", "l2-4" or "l1+l3"; () when it is not a set in rising order."""
    numbers: list[int] = []
    for piece in re.split(r"\s*[,+&]\s*", plain.strip()):
        match = re.fullmatch(r"l([1-4])(?:\s*-\s*l?([1-4]))?", piece)
        if match is None:
            return ()
        first, last = int(match[1]), int(match[2] or match[1])
        if match[2] and last <= first:
            return ()
        numbers += range(first, last + 1)
    if any(b <= a for a, b in pairwise(numbers)):
        return ()
    return tuple(f"L{n}" for n in numbers)


def _parse_region(plain: str) -> Site | None:
    known = _aliases()
    if plain in known:
        return Site(region=known[plain])
    for word, side in _SIDE_WORDS.items():
        rest = _without_side(plain, word)
        if rest in known:
            region = regions()[known[rest]]
            return Site(region=region.id, side=side) if region.sided else None
    return None


def _without_side(plain: str, word: str) -> str:
    """Take a side off either end: "neck left", "left neck", "neck-left", "neck (left)", "左..."."""
    end = re.fullmatch(rf"(.+?)[\s\-,(]+{word}\)?", plain)
    start = re.fullmatch(rf"{word}[\s\-,]{'*' if not word.isascii() else '+'}(.+)", plain)
    found = end or start
    return found[1].strip() if found else ""
