"""DICOM structured reports: TID 1500 groups, and vendors' plain containers of values.

GE enCORE writes a root ``DXA Report``, containers that name the scan, one
container a region in them, BMD, BMC and area as NUM and **T- and Z-scores as
TEXT**; containers ``Trend <region>``, and any that name a previous exam, a
baseline or a comparison, hold other days: their numbers are kept as readings
of another day and never become measurements.
What a value is comes from its code where the code is known, else from its
meaning; where the two contradict each other, neither is believed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bonescan.model.header import DicomItem, Tag
from bonescan.model.regions import imaged_region, measured_site
from bonescan.model.scan import DxaScan
from bonescan.model.sites import SIDES, side_of, spine_site, vertebrae_of, without_side

from ..carrier import Carrier
from ..codes import GENERIC_REGIONS, LOINC, OTHER_QUANTITIES, SNOMED_SIDES, SNOMED_SITES
from ..printed import (
    Found,
    PrintedRegion,
    kept_word,
    note_reference,
    other_day,
    plain_number,
    share_references,
    take_number,
)

CONTENT: Tag = (0x0040, 0xA730)
VALUE_TYPE: Tag = (0x0040, 0xA040)
CONCEPT_NAME: Tag = (0x0040, 0xA043)
CONCEPT_CODE: Tag = (0x0040, 0xA168)
TEXT_VALUE: Tag = (0x0040, 0xA160)
MEASURED_VALUE: Tag = (0x0040, 0xA300)
NUMERIC_VALUE: Tag = (0x0040, 0xA30A)
UNIT: Tag = (0x0040, 0x08EA)
CODE_VALUE: Tag = (0x0008, 0x0100)
CODE_SCHEME: Tag = (0x0008, 0x0102)
CODE_MEANING: Tag = (0x0008, 0x0104)

FINDING_SITE = frozenset({"363698007", "G-C0E3"})
LATERALITY = frozenset({"272741003", "G-C171"})
TRACKING_IDENTIFIER = "112039"
SR_CLASSES = "1.2.840.10008.5.1.4.1.1.88."

# meanings of containers and values that belong to another day than the exam's
_OTHER_DAY = re.compile(r"trend|previous|prior|earlier|baseline|histor|comparison|change")
# meanings that are no value that is used
_NOT_USED = re.compile(
    r"\blsc\b|percent|%|\bpya\b|\bpam\b|young adult|age.?match"
    r"|\bcv\b|\bfat\b|\blean\b"
)
_QUANTITIES = (
    ("t", re.compile(r"\bt[ -]?scores?\b|\btscore\b")),
    ("z", re.compile(r"\bz[ -]?scores?\b|\bzscore\b")),
    ("fragility", re.compile(r"fragility score")),
    ("bmc", re.compile(r"\bbmc\b|bone mineral content")),
    ("bmd", re.compile(r"\bbmd\b|bone (mineral )?density")),
    ("area", re.compile(r"\barea\b")),
)
_REFERENCE = re.compile(r"reference|population")
_VERTEBRA = re.compile(r"\bl([1-5])\b|\b(first|second|third|fourth|fifth)\b")
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}
_SEVERAL = re.compile(
    r"\b(?:t12|l[1-5])(?:\s?(?:[-,+&/]|,? ?and|to|thru|through)\s?(?:t12|l?[1-5])\b)+"
    r"(?: ?\([^()]{1,20}\))?"
)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
LUMBAR = "lumbar-spine"
CODE_CONTRADICTS, SIDE_CONTRADICTS = "code_contradicts_region", "side_contradicts"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree a value stands."""

    scan: str = ""  # the region imaged, as `imaged_region` names it
    site: str = ""
    text: str = ""
    path: tuple[str, ...] = ()  # the meanings of the containers above
    is_other_day: bool = False
    branch: tuple[int, ...] = ()  # the containers above, by their numbers in the tree
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Report:
    found: Found
    references: list[tuple[tuple[int, ...], str, str]] = field(default_factory=list)
    branches: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of each site
    regions: dict[str, PrintedRegion] = field(default_factory=dict)


def _find(scan: DxaScan) -> Found | None:
    if not (scan.sop_class_uid or "").startswith(SR_CLASSES) and not scan.header.items(CONTENT):
        return None
    report = _Report(Found(carrier="sr"))
    _walk(scan.header, _Place(scan=scan.site or ""), report)
    report.found.regions = list(report.regions.values())
    _share_references(report)
    return report.found


def _share_references(report: _Report) -> None:
    """Give each region the references of the nearest container above its score."""
    for site, region in report.regions.items():
        branch = report.branches[site]
        for depth in range(len(branch), -1, -1):
            here = [(s, text) for at, s, text in report.references if at == branch[:depth]]
            share_references([region], here)
            if any(score == "t" for score, _ in here):
                break  # of several here none is the region's, and one above is of something else


def _walk(item: DicomItem, place: _Place, report: _Report) -> None:
    for number, child in enumerate(item.items(CONTENT)):
        code, meaning = _concept(child, CONCEPT_NAME)
        kind = child.text(VALUE_TYPE) or ""
        if kind == "CONTAINER":
            below = _enter(child, meaning, place, report)
            other = place.is_other_day or bool(_OTHER_DAY.search(meaning.lower()))
            path = (*place.path, meaning.strip() or code)
            branch = (*place.branch, number)
            below = replace(below, path=path, is_other_day=other, branch=branch)
            _walk(child, below, report)
        elif kind in {"NUM", "TEXT"}:
            _take(child, kind, (code, meaning), place, report)


def _concept(item: DicomItem, tag: Tag) -> tuple[str, str]:
    for concept in item.items(tag):
        return concept.text(CODE_VALUE) or "", concept.text(CODE_MEANING) or ""
    return "", ""


def _enter(item: DicomItem, meaning: str, place: _Place, report: _Report) -> _Place:
    """Learn from a container which scan and which region its values belong to."""
    site, text, flags = _finding_site(item, report)
    if site:
        return replace(place, site=site, text=text, flags=flags)
    words = meaning.strip()
    scan = imaged_region(words)
    site = measured_site(words, "", scan or place.scan) or ""
    if site:
        return _Place(scan=scan or place.scan, site=site, text=words)
    if scan is not None:
        return _Place(scan=scan)
    is_heading = _scheme(item) == "DCM"
    return place if is_heading else replace(place, site="", text=words)


def _scheme(item: DicomItem) -> str:
    for concept in item.items(CONCEPT_NAME):
        return concept.text(CODE_SCHEME) or ""
    return ""


def _finding_site(item: DicomItem, report: _Report) -> tuple[str, str, tuple[str, ...]]:
    """Read finding sites, their side and the tracking identifier of a group or value.

    Returns
    -------
    site, text : str
        "" where a finding site was not understood.
    flags : tuple of str
        Where the parts contradict each other.
    """
    sites: list[str] = []
    texts: list[str] = []
    side = label = ""
    for child in item.items(CONTENT):
        code, _ = _concept(child, CONCEPT_NAME)
        if code in FINDING_SITE:
            value, meaning = _concept(child, CONCEPT_CODE)
            sites.append(_coded_site(value, meaning, report))
            texts.append(meaning)
            side = side or _side(child)
        elif code in LATERALITY:
            side = _side_word(*_concept(child, CONCEPT_CODE))
        elif code == TRACKING_IDENTIFIER:
            label = child.text(TEXT_VALUE) or ""
    if not sites or not all(sites):
        return "", "", ()
    site, flags = _one_site(sites, side, label)
    return site, label or ", ".join(texts), flags


def _coded_site(code: str, meaning: str, report: _Report) -> str:
    by_code = SNOMED_SITES.get(code, "")
    by_text = _site_in_words(meaning)
    if by_code and by_text and by_text != by_code and _is_vertebra(by_code, by_text):
        report.found.not_understood.append(f"code {code} means {by_code}, text says {meaning!r}")
        return ""
    if not by_code and not by_text and _VERTEBRA.search(_plain(meaning)):
        report.found.needs_person.append(f"{meaning!r}: of which vertebrae is not clear")
    if by_code == LUMBAR and vertebrae_of(by_text):
        return by_text
    return by_code or by_text


def _is_vertebra(*sites: str) -> bool:
    return all(vertebrae_of(site) for site in sites)


def _site_in_words(meaning: str) -> str:
    """Name the site that a text means; "" where it names vertebrae in words that are not known."""
    words = _plain(meaning)
    site = measured_site(words)
    if site:
        return site
    spans = _SEVERAL.findall(words)
    if len(spans) == 1:
        joined = re.sub(r"\s*(?:,?\s*\band\b|&|/)\s*", ",", spans[0])
        joined = re.sub(r"\s*\b(?:to|thru|through)\b\s*", "-", joined)
        return measured_site(re.sub(r"([-,+]\s*)([1-5])\b", r"\1l\2", joined)) or ""
    named = {one or _ORDINALS[ordinal] for one, ordinal in _VERTEBRA.findall(words)}
    return "L" + named.pop() if len(named) == 1 and not spans else ""


def _plain(words: str) -> str:
    return words.strip().lower().translate(_DASHES)


def _one_site(sites: list[str], side: str, label: str) -> tuple[str, tuple[str, ...]]:
    """Join the finding sites of a group; its label may name the region more closely.

    A label that names other vertebrae than the codes wins, and is flagged.
    """
    spoken = _site_in_words(label)
    flags = _label_flags(sites, side, spoken)
    if vertebrae_of(spoken) and (_is_vertebra(*sites) or sites[0] == LUMBAR):
        return spoken, flags
    return _joined_site(sites, side, label), flags


def _label_flags(sites: list[str], side: str, spoken: str) -> tuple[str, ...]:
    own_side = side_of(spoken) if spoken else None
    if side and own_side and own_side != side:
        return (SIDE_CONTRADICTS,)
    is_spine = _is_vertebra(*sites) or sites[0] == LUMBAR
    if not spoken:
        return ()
    if is_spine != bool(vertebrae_of(spoken)):
        return (CODE_CONTRADICTS,)
    if _is_vertebra(*sites):
        coded = spine_site(tuple(v for s in sites for v in vertebrae_of(s)))
        return () if coded == spoken else (CODE_CONTRADICTS,)
    return ()


def _joined_site(sites: list[str], side: str, label: str) -> str:
    named = measured_site(label, side, f"{sites[0]}-{side}" if side else sites[0]) or ""
    if _is_vertebra(*sites):
        site = spine_site(tuple(v for s in sites for v in vertebrae_of(s)))
    else:
        site = sites[0]
    if named and (site in GENERIC_REGIONS or site == named):
        return named
    if side and side_of(f"{site}-{side}"):
        return f"{site}-{side}"
    return site


def _side(item: DicomItem) -> str:
    for child in item.items(CONTENT):
        code, _ = _concept(child, CONCEPT_NAME)
        if code in LATERALITY:
            return _side_word(*_concept(child, CONCEPT_CODE))
    return ""


def _side_word(code: str, meaning: str) -> str:
    word = meaning.strip().lower()
    return SNOMED_SIDES.get(code, "") or (word if word in SIDES else "")


def _take(
    item: DicomItem, kind: str, concept: tuple[str, str], place: _Place, report: _Report
) -> None:
    """Put one NUM or TEXT item where it belongs."""
    code, meaning = concept
    words = meaning.lower().replace("_", " ")
    if kind == "TEXT" and _REFERENCE.search(words):
        if not place.is_other_day:
            _reference(words, item.text(TEXT_VALUE), place, report)
        return
    quantity, region = _quantity(code, words)
    text, unit = _number(item, kind)
    where = "/".join((*place.path, meaning.strip() or code))
    if place.is_other_day or _OTHER_DAY.search(words) or not quantity:
        _keep(quantity, (meaning, text, unit, where), kind, place, report)
        return
    site, printed_as, flags = _finding_site(item, report)
    if site:
        place = replace(place, site=site, text=printed_as or place.text, flags=flags)
    site, printed_as, flag = _place_of(meaning, region, place)
    if plain_number(text) is not None:
        _ask_of_what(quantity, site, meaning, place, report)
    new = PrintedRegion(site=site, text=printed_as or place.text)
    # a blank, as the T-score of a premenopausal page, makes no region of its own
    counts = site and plain_number(text) is not None
    printed = report.regions.setdefault(site, new) if counts else new
    printed.is_average = site.endswith("-mean")
    printed.flags += [f for f in (flag, *place.flags) if f and f not in printed.flags]
    if counts and (quantity == "t" or site not in report.branches):
        report.branches[site] = place.branch
    take_number(report.found, printed, quantity, text, unit, where)
    if counts and quantity in {"t", "z"}:
        _own_reference(item, quantity, printed, report)


def _ask_of_what(quantity: str, site: str, meaning: str, place: _Place, report: _Report) -> None:
    """Name a number of no region; ask a person about a T of a spine without vertebrae."""
    if not site:
        report.found.not_understood.append(f"{meaning} of {place.text or 'no region'}")
    if quantity == "t" and (site == LUMBAR or (not site and place.scan == LUMBAR)):
        about = f"{meaning} of {place.text or 'the lumbar spine'}"
        report.found.needs_person.append(f"{about}: of which vertebrae is not clear")


def _own_reference(item: DicomItem, score: str, printed: PrintedRegion, report: _Report) -> None:
    """Take the reference that stands below the score itself."""
    for child in item.items(CONTENT):
        text = child.text(TEXT_VALUE)
        if text and _REFERENCE.search(_concept(child, CONCEPT_NAME)[1].lower()):
            note_reference(report.found, score, text)
            share_references([printed], [(score, text)])


def _keep(
    quantity: str, said: tuple[str, str, str, str], kind: str, place: _Place, report: _Report
) -> None:
    """Note a number that is not used: of another day, or of something else than bone density."""
    meaning, text, unit, where = said
    if kind == "TEXT" and plain_number(text) is None:
        return  # words, not a number
    word = quantity or kept_word(meaning)
    aside = place.is_other_day or bool(_OTHER_DAY.search(meaning.lower().replace("_", " ")))
    region = PrintedRegion(site=place.site, text=place.text)
    take_number(report.found, region, other_day(word) if aside else word, text, unit, where)


def _place_of(meaning: str, region: str, place: _Place) -> tuple[str, str, str]:
    """Name the site of a value: its group, else the words of its meaning, else its LOINC code."""
    if place.site:
        clash = region and not _agrees(region, place.site)
        return place.site, place.text, CODE_CONTRADICTS if clash else ""
    bare = meaning.lower().replace("_", " ")
    for _, pattern in _QUANTITIES:
        bare = pattern.sub(" ", bare)
    own = measured_site(" ".join(bare.split()), "", place.scan)
    if own:
        return own, meaning, ""
    if region:
        return region.replace("hip", "femur"), meaning, "region_not_stated"
    return "", "", ""


def _agrees(region: str, site: str) -> bool:
    if region == "lumbar-spine" or vertebrae_of(site):
        return region == "lumbar-spine" and (site == region or bool(vertebrae_of(site)))
    sides = {side for side in (side_of(region.replace("hip", "femur")), side_of(site)) if side}
    is_arm = without_side(site).startswith(("radius", "ulna", "forearm"))
    return len(sides) <= 1 and is_arm == region.startswith("forearm")


def _quantity(code: str, words: str) -> tuple[str, str]:
    if code in LOINC:
        return LOINC[code]
    if code in OTHER_QUANTITIES:
        return OTHER_QUANTITIES[code], ""
    if _NOT_USED.search(words):
        return "", ""
    for name, pattern in _QUANTITIES:
        if pattern.search(words):
            return name, ""
    return "", ""


def _number(item: DicomItem, kind: str) -> tuple[str, str]:
    """Give a value as written, and its unit by code, else by meaning."""
    if kind == "TEXT":
        return item.text(TEXT_VALUE) or "", ""
    for measured in item.items(MEASURED_VALUE):
        code, meaning = _concept(measured, UNIT)
        element = measured.elements.get(NUMERIC_VALUE)
        if element is None or element.value is None:
            return "", code or meaning
        return element.written or str(element.value), code or meaning
    return "", ""


def _reference(words: str, text: str | None, place: _Place, report: _Report) -> None:
    if not text:
        return
    score = "z" if re.search(r"\bz[ -]?score", words) else "t"
    note_reference(report.found, score, text)
    report.references.append((place.branch, score, text))


CARRIER = Carrier("sr", 10, _find)
