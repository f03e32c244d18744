"""A printed page as lines of text, back into tables: site, area, BMC, BMD, T, Z.

GE, Hologic and REMS devices print a header row, often on two lines, and one
row a region; a cell may be blank, as the T-score of a premenopausal page. A
number goes to the column it stands under, and a row whose numbers could stand
under two columns is not taken. Beside tables, a REMS page names a site and
gives its numbers as ``BMD: 0.652 g/cm2``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from bonescan.files.page_labels import days_in
from bonescan.files.pdf_text import TextLine, TextPiece
from bonescan.model.regions import imaged_region, measured_site

from .printed import (
    Found,
    PrintedRegion,
    kept_word,
    note_reference,
    other_day,
    plain_number,
    share_references,
    take_number,
)
from .table import Place, lacks_point, read_table

MAX_HEADER_LINES = 3
LONGEST_NAME = 24
MAX_GAP_LINES = 2  # of other text between the rows of one table
# a number must stand at least this many times nearer to its column than to the next one
CLEARLY_NEARER = 2.0

_NUMBER = re.compile(r"[-+\u2212\u2013]?\d{1,6}(?:[.,]\d{1,5})?\*?")
_LONE_MINUS = re.compile(r"(?:^|\s)[-\u2212\u2013]\s+\d")
_BLANKS = frozenset({"-", "--", "---", "\u2013", "\u2014", "n/a", "*"})
_COLUMN_WORDS = re.compile(
    r"\bbmd|\bbmc|\barea\b|[tz]\s?-\s?score|score|region|g/cm|cm²|cm2|\(g\)|young|age|\(%\)"
    r"|%|vertebra|site|date|fat|lean|sbmd|width|height|\bfragility|change|previous|baseline",
    re.IGNORECASE,
)
_NEEDED = re.compile(r"\bbmd\b|\b[tz]\s?-\s?score|\bfat\b|\blean\b", re.IGNORECASE)
_OTHER_DAY = re.compile(r"trend|measured|\bdate\b|previous|baseline|change", re.IGNORECASE)
_CHANGE = re.compile(r"\bchange\b", re.IGNORECASE)
_SIDE_COLUMN = re.compile(r"\b(left|right)\b|左|右", re.IGNORECASE)
_PRIOR = re.compile(
    r"\bprior\b|\bprevious\b|\bearlier\b|\bcomparison\b|\bbaseline\b"
    r"|\b(scan|exam\w*|bmd|densit\w+|results?) histor|\bhistor\w+ (of )?(scan|exam|bmd|result)",
    re.IGNORECASE,
)
# lines that speak of the past of the person, or of no earlier exam
_NOT_PRIOR = re.compile(
    r"fractur|therap|treat|surger|parent|\bno\b|\bnone\b|population", re.IGNORECASE
)
_NO_EXAM_DATE = re.compile(
    r"birth|\bdob\b|\bborn\b|print|report|generated|analy[sz]|refer|version|source|出生|列印|報告",
    re.IGNORECASE,
)
_CURRENT = re.compile(r"\bcurrent\b|\btoday|\bthis (exam|scan|visit)", re.IGNORECASE)
_FOOTNOTE = re.compile(r"(?<=[A-Za-z])(?<!cm)(?<!mm)[\u00b9\u00b2\u00b3\u2070-\u2079,]+(?=\s|$|\()")
_SECTION = re.compile(
    r"(?:site|anatomical site|region|scan type|scan)\s{0,3}[:：]\s{0,20}(\S.{0,60})", re.IGNORECASE
)
_VALUE = re.compile(
    r"(?i:(bmd|bmc|area|t[- ]?score|z[- ]?score|fragility score|depth))\s{0,3}[:：=]\s{0,20}"
    r"([-+\u2212]?\d{1,6}(?:[.,]\d{1,5})?|-{1,3}|n/a)(?![\d.,])\s{0,3}"
    r"(g/cm[²2]|mg/cm[²2]|cm[²2]|mm|g|%)?"
)
_UNITS = (
    (r"[(\[]m?g/cm.{0,3}[)\]]", r"\bbmd\b|g/cm"),
    (r"[(\[][cm]m.?[)\]]", r"\barea\b|[cm]m.?[)\]]"),
    (r"[(\[]m?g[)\]]", r"\bbmc\b|\bfat\b|\blean\b|\btotal\b|\(g\)"),
)
_QUANTITIES = {"bmd": "bmd", "bmc": "bmc", "area": "area", "t": "t", "z": "z", "f": "fragility"}
_FOOTER = re.compile(r"\b([TZ])-score vs\.? ?(.{3,200})")
_REFERENCE = re.compile(r"(?:^|\s\s)reference\s{0,3}[:：]\s{0,20}(\S.{0,160})", re.IGNORECASE)
_POPULATION = re.compile(r"(\S.{0,160}Reference Population(?: \(v\d+\))?)")
_RISK = re.compile(r"(fragility score.{0,60}|.{0,40}fracture risk.{0,60})", re.IGNORECASE)


def read_page(
    lines: Sequence[TextLine], page: int, scan: str, found: Found, exam_date: date | None = None
) -> None:
    """Take the numbers of one page.

    Parameters
    ----------
    lines : sequence of TextLine
        From top to bottom.
    page : int
        Counted from 1.
    scan : str
        The region imaged, where the object around the page says it; "" unknown.
    found : Found
        Regions, readings and references are added to it.
    exam_date : date, optional
        Tables under the date of another day are kept as readings only.
    """
    section = earlier = ""
    printed: list[tuple[str, str]] = []
    n_before = len(found.regions)
    number = 0
    while number < len(lines):
        line = str(lines[number])
        _references(line, printed)
        section = _section(line) or section
        earlier = _earlier(line, exam_date, earlier)
        head, height = _header(lines[number : number + MAX_HEADER_LINES])
        if head:
            place = (page, number, imaged_region(section) or scan)
            below = lines[number + height :]
            number += height + _table(head, below, place, height, found, earlier)
            continue
        aside = bool(earlier) or _names_prior(line)
        _values(line, section, f"page {page}, line {number + 1}", found, aside)
        number += 1
    for score, text in printed:
        note_reference(found, score, text)
    share_references(found.regions[n_before:], printed)


def _names_prior(line: str) -> bool:
    return bool(_PRIOR.search(line)) and not _NOT_PRIOR.search(line)


def _earlier(line: str, exam_date: date | None, before: str) -> str:
    """Give the line that says that what follows is of another day; "" for the exam's own."""
    if _VALUE.search(line):
        return before
    days = set() if _NO_EXAM_DATE.search(line) else days_in(line)
    if exam_date in days or _CURRENT.search(line):
        return ""
    if _names_prior(line) or (exam_date is not None and days):
        return " ".join(line.split())[:60]
    return before


def _section(line: str) -> str:
    """Name the site or scan that a line announces; "" where it announces none."""
    words = " ".join(line.split())
    named = _SECTION.search(words)
    if named and (imaged_region(named[1]) or measured_site(named[1])):
        return named[1].strip()
    short = words.lower().replace("bone density", "").replace("results", "").strip(" :-")
    is_heading = len(short.split()) <= 3 and not re.search(r"\d|[:=]", short)  # noqa: PLR2004
    return short if short and is_heading and imaged_region(short) else ""


def _header(lines: Sequence[TextLine]) -> tuple[list[TextPiece], int]:
    """Join the lines of a table's header into one cell a column; none where this is no header."""
    taken: list[list[TextPiece]] = []
    for line in lines:
        cells = [replace(c, text=_FOOTNOTE.sub("", c.text)) for c in line.pieces]
        n_known = sum(bool(_COLUMN_WORDS.search(c.text)) for c in cells)
        is_data = _row(line) is not None or _VALUE.search(str(line)) is not None
        if len(cells) <= 1 or n_known * 2 < len(cells) or is_data:
            break
        taken.append(cells)
    text = " ".join(c.text for cells in taken for c in cells)
    if len(_NEEDED.findall(text)) < 1 or len(text) > 400:  # noqa: PLR2004 - no header is longer
        return [], 0
    base = _with_label_column(max(taken, key=len), taken)
    words: list[list[str]] = [[] for _ in base]
    for cells in taken:
        for cell in cells:
            fitting = [i for i, c in enumerate(base) if _fits_unit(c.text, cell.text)]
            among = fitting or range(len(base))
            words[_nearest(base, cell, among)].append(cell.text)
    head = [replace(c, text=" ".join(w)) for w, c in zip(words, base, strict=True)]
    return head, len(taken)


def _with_label_column(base: list[TextPiece], taken: Sequence[list[TextPiece]]) -> list[TextPiece]:
    """Put the column of names before the others, where another line of the header names it."""
    if _is_label_column(base[0]):
        return base
    first = min((cells[0] for cells in taken), key=lambda c: c.left_pt)
    is_apart = _is_label_column(first) and first.right_pt <= base[0].left_pt
    return [replace(first, text=""), *base] if is_apart else base


def _nearest(columns: Sequence[TextPiece], piece: TextPiece, among: Iterable[int]) -> int:
    return min(among, key=lambda i: abs(columns[i].middle_pt - piece.middle_pt))


def _fits_unit(column: str, text: str) -> bool:
    """Tell whether `text` is a unit alone, and that of this column: a narrow page shifts words."""
    bare = column.lower()
    return any(
        re.fullmatch(unit, text.lower()) and re.search(quantity, bare) for unit, quantity in _UNITS
    )


def _row(line: TextLine) -> tuple[str, list[TextPiece]] | None:
    """Split a row into its label and its numbers; None where the line is no row of numbers."""
    cells = line.words
    first = next((i for i, c in enumerate(cells) if _NUMBER.fullmatch(c.text)), None)
    if first is None or first == 0:
        return None
    label, numbers = list(cells[:first]), list(cells[first:])
    while len(label) > 1 and label[-1].text.lower() in _BLANKS and label[-1].text != "*":
        numbers.insert(0, label.pop())  # a dash for a blank
    allowed = (_NUMBER.fullmatch(c.text) or c.text.lower() in _BLANKS for c in numbers)
    return (" ".join(c.text for c in label), numbers) if all(allowed) else None


def _table(
    head: list[TextPiece],
    lines: Sequence[TextLine],
    place: tuple[int, int, str],
    above: int,
    found: Found,
    earlier: str,
) -> int:
    """Take the rows below a header; give back how many lines they fill."""
    page, first, scan = place
    columns = head if _is_label_column(head[0]) else [TextPiece("Region", 0, 0), *head]
    rows: list[list[str]] = [[c.text for c in columns]]
    places = [first]
    used = gap = 0
    for number, line in enumerate(lines):
        row = _row(line)
        if row is not None:
            cells = None if _parts_a_minus(line) else _placed(row[1], columns)
            if cells is None:
                found.not_understood.append(f"row {row[0]!r}: its columns are not clear")
            else:
                rows.append([row[0], *cells])
                places.append(first + above + number)
            used, gap = number + 1, 0
        elif _is_block(str(line)):
            rows.append([str(line), *[""] * (len(columns) - 1)])
            places.append(first + above + number)
            gap = 0
        else:
            gap += 1
            if gap > MAX_GAP_LINES or _header(lines[number : number + MAX_HEADER_LINES])[0]:
                break
    of_the_day = " ".join(c for c in rows[0] if not _CHANGE.search(c))

    def where(row: int, column: int) -> str:
        return f"page {page}, line {places[row] + 1}, column {column + 1}"

    if _OTHER_DAY.search(of_the_day):
        _keep_aside(rows, where, found)
    elif earlier:
        _keep_aside(rows, where, found)
        found.not_understood.append(f"a table under {earlier!r} is of another day")
    elif any(_SIDE_COLUMN.search(c) for c in rows[0][1:]):
        why = f"page {page}: a table with a column for each side"
        found.not_understood.append(why)
        found.needs_person.append(why)
    else:
        read_table(rows, scan, found, where)
    return used


def _parts_a_minus(line: TextLine) -> bool:
    """Tell whether a minus may belong to the number after it: a lost sign is the worst error."""
    return any(_LONE_MINUS.search(piece.text) for piece in line.pieces)


def _is_label_column(cell: TextPiece) -> bool:
    return bool(re.search(r"region|vertebra|site|date|measured", cell.text, re.IGNORECASE))


def _is_block(line: str) -> bool:
    """Know the heading of a block of sides, as "Neck" above Left, Right and Mean."""
    words = line.strip()
    is_name = 0 < len(words) <= LONGEST_NAME and "  " not in words
    return is_name and measured_site(words, scan="femur") is not None


def _placed(numbers: list[TextPiece], columns: list[TextPiece]) -> list[str] | None:
    """Put each number under its column; None where one could stand under two."""
    targets = columns[1:]
    cells = [""] * len(targets)
    own = all(_nearest(targets, n, range(len(targets))) == i for i, n in enumerate(numbers))
    if len(numbers) == len(targets) and own:
        return [_plain(c.text) for c in numbers]
    last = -1
    for number in numbers:
        far = sorted((abs(c.middle_pt - number.middle_pt), i) for i, c in enumerate(targets))
        clear = len(far) == 1 or far[1][0] >= CLEARLY_NEARER * far[0][0]
        if not clear or far[0][1] <= last:
            return None
        last = far[0][1]
        cells[last] = _plain(number.text)
    return cells


def _plain(text: str) -> str:
    return "" if text.lower() in _BLANKS else text


def _keep_aside(rows: list[list[str]], where: Place, found: Found) -> None:
    """Note a table of visits: its numbers are of other days."""
    for number, row in enumerate(rows[1:], start=1):
        region = PrintedRegion(site="", text=row[0])
        for column, text in enumerate(row[1:], start=1):
            if plain_number(text) is not None:
                word = other_day(kept_word(rows[0][column]))
                take_number(found, region, word, text, "", where(number, column))


def _values(line: str, section: str, place: str, found: Found, aside: bool) -> None:
    """Take labelled values, which belong to the site announced above them."""
    pairs = _VALUE.findall(line)
    if not pairs:
        return
    if aside:
        _values_aside(pairs, section, place, found)
        return
    site = measured_site(section) or ""
    if not site and imaged_region(section) == "lumbar-spine":
        site = "L1-L4" if any(r.site == "L1-L4" for r in found.regions) else "lumbar-spine"
    region = next((r for r in found.regions if r.site == site), None)
    if region is None:
        region = PrintedRegion(site=site, text=section)
        if site:
            found.regions.append(region)
        else:
            found.not_understood.append(f"{pairs[0][0]} of no site")
    for label, text, unit in pairs:
        word = label.lower().replace("-", " ").split()[0]
        quantity = _QUANTITIES.get(word if word in _QUANTITIES else word[0], kept_word(label))
        quantity = "depth" if word == "depth" else quantity
        if lacks_point(quantity, text):
            found.needs_person.append(f"{section}: {label} {text!r}, without a decimal")
            quantity = f"{quantity}-without-a-decimal"
        take_number(found, region, quantity, "" if text.lower() in _BLANKS else text, unit, place)
        if quantity == "fragility":
            for said in _RISK.findall(line)[:1]:
                found.details.append(("as printed", " ".join(said.split())))


def _values_aside(
    pairs: Sequence[tuple[str, str, str]], section: str, place: str, found: Found
) -> None:
    region = PrintedRegion(site="", text=section)
    for label, text, unit in pairs:
        take_number(found, region, other_day(kept_word(label)), text, unit, place)


def _references(line: str, printed: list[tuple[str, str]]) -> None:
    """Take the references of a line; one that names no score is of both, where these have none."""
    for match in _FOOTER.finditer(line):
        text = re.split(r"\s{2,}|[TZ]-score vs", match[2])[0].strip()
        printed.append((match[1].lower(), f"{match[1]}-score vs. {text}"))
    named = _REFERENCE.search(line) or _POPULATION.search(line)
    if named:
        text = " ".join(named[1].split())
        known = {score for score, _ in printed}
        printed += [(score, text) for score in "tz" if score not in known]
