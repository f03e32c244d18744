"""Which heading or region letters are: by likeness to known words; vertebrae exactly."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import pairwise

from .cells import ReadCell

LIKE_1, APART_1 = 0.60, 0.15  # likeness wanted, and its lead over any other word
CAPITAL_L_1 = 1.5
BLANK_1 = 0.42  # of the height: a wider gap parts two words
REGIONS = {
    "neck": "Neck", "femoralneck": "Neck", "femneck": "Neck", "femurneck": "Neck",
    "upperneck": "Upper neck", "lowerneck": "Lower neck", "neckmean": "",
    "troch": "Troch", "trochanter": "Troch", "inter": "Inter", "intertrochanter": "Inter",
    "wards": "Ward's", "wardstriangle": "Ward's", "shaft": "Shaft", "total": "Total",
    "totalhip": "Total hip", "totalfemur": "Total hip",
    "left": "Left", "right": "Right", "mean": "Mean", "diff": "Diff", "difference": "Diff",
    "totalbody": "Total body", "subtotal": "", "head": "", "pelvis": "", "ribs": "", "spine": "",
    "arms": "", "legs": "", "trunk": "",
    "neckleft": "Neck left", "neckright": "Neck right", "totalleft": "Total left",
    "totalright": "Total right",
}  # fmt: skip
_ALIKE = str.maketrans(
    {"0": "o", "1": "l", "i": "l", "j": "l", "5": "s", "8": "b", "|": "l", "[": "l", "]": "l"}
)
_SCORE = "score"
_OF_TWO_WORDS = frozenset(
    {"Upper neck", "Lower neck", "Total hip", "Total body", "Neck", "Neck left", "Neck right",
     "Total left", "Total right"}
)  # fmt: skip
_LONG_NECK = 7  # "femneck" and longer: a neck of two words
# only one region has these letters in its name; a W or N before them often falls apart
_PIECES = {"Ward's": re.compile(r".{0,6}ard.{0,3}"), "Neck": re.compile(r".{1,3}eck")}
# letters may have come apart or run together: only the ends are sure, and the columns' formats
# and the arithmetic tell the rest
_DENSITY = re.compile(r"[b8][a-z0-9?]{1,3}([cd])o?")
_AREA = re.compile(r"a[a-z0-9?]{1,3}a|[a-z0-9?]{1,3}ea|ar[e?]?[a?]?")
_UNIT = re.compile(r"[(\[]")


def heading_of(text: str) -> str:
    """Name the quantity of a column's heading; "" where it is none.

    >>> [heading_of(t) for t in ("Area(cm2)", "BMC", "8MD(g/cm2)", "T-score", "Z-5core", "Age:61")]
    ['area', 'bmc', 'bmd', 't', 'z', '']
    """
    head = _UNIT.split(text.lower())[0]
    words = re.sub(r"[^a-z0-9?]", "", head)
    density = _DENSITY.fullmatch(words)
    if density:
        return {"c": "bmc", "d": "bmd"}[density[1]]
    if _AREA.fullmatch(words):
        return "area"
    dashed = len(head) <= 9 and head[1:2] == "-"  # noqa: PLR2004 - T-score, its letters touching
    like_score = len(words) <= 9 and _like(words[1:6].translate(_ALIKE), _SCORE) >= LIKE_1  # noqa: PLR2004
    if dashed or like_score:
        return {"t": "t", "7": "t", "z": "z", "2": "z"}.get(words[:1], "")
    return ""


def region_of(read: ReadCell) -> str:
    """Write a row's label plainly; "" where it is not surely one of the known regions."""
    spine = _vertebrae(read)
    if spine:
        return spine
    words = re.sub(r"[^a-z?]", "", read.text.lower().translate(_ALIKE))
    piece = next((name for name, form in _PIECES.items() if form.fullmatch(words)), "")
    if piece or len(words) - words.count("?") <= 1:
        more = piece == "Neck" and (words[:-4].endswith(("r", "l")) or _has_blank(read))
        return "" if more else piece  # "R Neck"; an apostrophe of Ward's leaves a gap too
    if "?" in words:  # a glyph, or a few that touch, unread
        form = re.compile(words.replace("?", ".{1,3}"))
        fitting = {r for name, r in REGIONS.items() if form.fullmatch(name.translate(_ALIKE))}
        return fitting.pop() if len(fitting) == 1 else ""
    if len(words) <= 3:  # noqa: PLR2004 - too short to be surely like anything
        return ""
    ranked = sorted(
        ((_like(words, name.translate(_ALIKE)), region, name) for name, region in REGIONS.items()),
        reverse=True,
    )
    best, region, name = ranked[0]
    other = next((like for like, another, _ in ranked if another != region), 0.0)
    if best < LIKE_1 or best - other < APART_1 or _says_more(words, name, read):
        return ""
    return region


def _says_more(words: str, name: str, read: ReadCell) -> bool:
    """Tell whether letters are left over: "Neck R" is no plain neck, and may be of another side."""
    plain = name.translate(_ALIKE)
    if len(words) > len(plain) and (words.startswith(plain) or words.endswith(plain)):
        return True
    may_part = name.startswith("ward") or (
        REGIONS[name] in _OF_TWO_WORDS and len(name) >= _LONG_NECK
    )
    return _has_blank(read) and not may_part


def _has_blank(read: ReadCell) -> bool:
    """Tell whether a gap as wide as a blank stands between two glyphs."""
    boxes = [m.box for m in read.marks if m.kind == "glyph"]
    gaps = (after.left - before.right for before, after in pairwise(boxes))
    return any(gap > BLANK_1 * read.cell.height for gap in gaps)


def _vertebrae(read: ReadCell) -> str:
    """Read ``L1``, ``L1-L4``, ``L1,L3`` glyph by glyph; a digit in doubt is no label."""
    text, want = "", "L"
    for mark in read.marks:
        if want == "L" and mark.kind == "glyph" and mark.capital_l_1 <= CAPITAL_L_1:
            text, want = text + "L", "digit"
        elif want == "digit" and mark.kind == "glyph" and len(mark.digits) == 1:
            if mark.digits not in "12345":
                return ""
            text, want = text + mark.digits, "sign"
        elif want == "sign" and mark.kind in {"minus", "point"}:
            text, want = text + {"minus": "-", "point": ","}[mark.kind], "L"
        else:
            return ""
    return text if want == "sign" else ""


def _like(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
