r"""Hologic's private text: the analysis that QDR and APEX consoles put into their images.

Private creators ``HOLOGIC`` and ``Hologic``, at any block; every text (or
unknown) element of theirs is searched. Two grammars:

* lines ``Key = "value";`` and table cells ``…ResultsTable1[ i][ j] = "text";``
  (i = column, j = row, row 0 is the header; blank cells are blank; line ends
  may be the four characters ``\r\n`` written out);
* XML, whose schema is not published: any element that names a region and
  holds a BMD counts. A document type definition is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from bonescan.model.header import DicomItem, Tag
from bonescan.model.regions import imaged_region
from bonescan.model.scan import DxaScan

from ..carrier import Carrier
from ..printed import Found, note_reference, plain_unit, share_references
from ..safe_xml import parse_xml
from ..table import read_table

CREATORS = ("HOLOGIC",)  # compared in any case
TEXT_VRS = frozenset({"LT", "UT", "ST", "LO", "UC", "UN", "OB", "OW"})
MAX_COLUMNS, MAX_ROWS = 64, 256
MAX_FOOTERS = 20

# every pattern starts at the start of a word and has no choice within it: linear on any text
_CELL = re.compile(
    r"(?<!\w)(\w{1,80})\s{0,20}\[\s{0,20}(\d{1,3})\s{0,20}\]\s{0,20}\[\s{0,20}(\d{1,3})"
    r'\s{0,20}\]\s{0,20}=\s{0,20}"([^"]{0,400})"'
)
_KEY = re.compile(r'(?<!\w)([A-Za-z]\w{0,40})\s{0,20}=\s{0,20}"([^"]{0,2000})"\s{0,20};')
_FOOTER = re.compile(r"([TZ])-score vs\.? ?([^\r\n\"\\]{1,200})")
_NEXT_FOOTER = re.compile(r"[TZ]-score vs")
_SCAN_KEYS = ("ScanType", "Scan_Type", "AnalysisType", "Analysis")
_XML_NAMES = frozenset({"region", "name", "label", "roi", "id"})
_XML_QUANTITIES = ("area", "bmc", "bmd", "t_score", "tscore", "z_score", "zscore")


def _find(scan: DxaScan) -> Found | None:
    texts = list(_texts(scan.header))
    if not texts:
        return None
    found = Found(carrier="hologic-private")
    for tag, text in texts:
        _read_text(text, f"({tag[0]:04X},{tag[1]:04X})", scan, found)
    if not found.regions and not found.not_understood:
        return None  # private elements without an analysis: the scan's backup only
    return found


def _texts(header: DicomItem) -> Iterator[tuple[Tag, str]]:
    for element in header.private(CREATORS):
        if element.vr not in TEXT_VRS:
            continue
        value = element.value
        for part in value if isinstance(value, tuple) else (value,):
            text = part.decode("utf-8", errors="replace") if isinstance(part, bytes) else part
            if isinstance(text, str) and ("ResultsTable" in text or "<" in text[:2000]):
                yield element.tag, text


def _read_text(text: str, place: str, scan: DxaScan, found: Found) -> None:
    n_regions = len(found.regions)
    if "ResultsTable" in text:
        keys = dict(_KEY.findall(text))
        region = scan.site or imaged_region(*(keys.get(k) for k in _SCAN_KEYS)) or ""
        for name, table in _tables(text, found):
            read_table(
                table,
                region,
                found,
                lambda r, c, n=name: f"{place} {n}[{c}][{r}]",  # type: ignore[misc]
            )
    elif text.lstrip().startswith("<"):
        _read_xml(text, place, scan.site or "", found)
    n_references = len(found.references)
    _read_footers(text, found)
    share_references(found.regions[n_regions:], found.references[n_references:])


def _read_footers(text: str, found: Found) -> None:
    """Take the reference strings as printed; both may stand in one line."""
    for count, match in enumerate(_FOOTER.finditer(text)):
        if count >= MAX_FOOTERS:
            return
        reference = _NEXT_FOOTER.split(match[2])[0].strip()
        if reference:
            note_reference(found, match[1].lower(), f"{match[1]}-score vs. {reference}")


def _tables(text: str, found: Found) -> Iterator[tuple[str, list[list[str]]]]:
    """Gather the cells of each table; cells beyond the caps are named, not taken."""
    tables: dict[str, dict[tuple[int, int], str]] = {}
    for name, column, row, value in _CELL.findall(text):
        if "ResultsTable" not in name:
            continue
        if int(column) >= MAX_COLUMNS or int(row) >= MAX_ROWS:
            found.not_understood.append(f"cell [{column}][{row}] of {name}")
            continue
        tables.setdefault(name, {})[int(row), int(column)] = value.strip()
    for name, cells in tables.items():
        n_rows = max(row for row, _ in cells) + 1
        n_columns = max(column for _, column in cells) + 1
        yield name, [[cells.get((r, c), "") for c in range(n_columns)] for r in range(n_rows)]


def _read_xml(text: str, place: str, region: str, found: Found) -> None:
    root = parse_xml(text, found)
    if root is None:
        return
    scan = region or imaged_region(*(e.text for e in root.iter() if _bare(e.tag) == "scantype"))
    rows = [_xml_row(element) for element in root.iter()]
    units = {q: u for row in rows if row for q, u in row[2].items() if u}
    for label, values, _ in filter(None, rows):
        head = ["Region", *(f"{_column(q)}[{units.get(q, '')}]" for q in values)]
        read_table(
            [head, [label, *values.values()]],
            scan or "",
            found,
            lambda _, c, n=label, q=tuple(values): f"{place} {n}/{q[c - 1]}",  # type: ignore[misc]
        )


def _xml_row(
    element: ElementTree.Element,
) -> tuple[str, dict[str, str], dict[str, str]] | None:
    """Read one element as a region: its name, its numbers, their units."""
    fields = {_bare(k): (v, "") for k, v in element.attrib.items()}
    for child in element:
        fields[_bare(child.tag)] = (
            child.text or "",
            plain_unit(child.get("units") or child.get("unit")),
        )
    names = [fields[n][0] for n in fields if n in _XML_NAMES and fields[n][0].strip()]
    values = {q: fields[q][0] for q in _XML_QUANTITIES if q in fields}
    if not names or "bmd" not in values:
        return None
    return names[0], values, {q: fields[q][1] for q in values}


def _bare(name: str) -> str:
    return name.rsplit("}", 1)[-1].lower().replace("-", "_")


def _column(quantity: str) -> str:
    return {
        "t_score": "T-score",
        "tscore": "T-score",
        "z_score": "Z-score",
        "zscore": "Z-score",
    }.get(quantity, quantity)


CARRIER = Carrier("hologic-private", 20, _find)
