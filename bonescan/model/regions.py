"""Which site a protocol name, a body part or a printed region means, in any maker's words."""

from __future__ import annotations

import re

from .sites import VERTEBRAE, side_of, spine_site, without_side

_SIDE = re.compile(r"\b(left|right|lt|rt|l|r|左|右|mean)\b|左|右", re.IGNORECASE)
_SIDES = {
    "left": "left", "lt": "left", "l": "left", "左": "left",
    "right": "right", "rt": "right", "r": "right", "右": "right",
    "mean": "mean",
}  # fmt: skip

# what an image or a scan shows: pattern -> (region, may have a side)
_IMAGED = (
    (r"lva|\blateral\b|\bvfa\b|\biva\b", "lateral-spine", False),
    (r"whole body|total body", "total-body", False),
    (r"dual\s*(femur|hip)", "dual-femur", False),
    (r"knee", "knee", True),
    (r"forearm|radius|wrist", "forearm", True),
    (r"calcaneus|heel", "calcaneus", True),
    (r"\bhand\b", "hand", True),
    (r"femur|hip\b|femoral", "femur", True),
    (r"spine|lumbar|l1|腰椎", "lumbar-spine", False),
)

# a measured region: pattern -> (site, may have a side); order matters
_MEASURED = (
    (r"upper (femoral )?neck|neck \(?upper\b", "upper-neck", True),
    (r"lower (femoral )?neck|neck \(?lower\b", "lower-neck", True),
    (r"femoral neck|femur neck|neck of femur|\bneck\b|股骨頸", "femoral-neck", True),
    (r"ward'?s?", "wards", True),
    (r"inter(trochanter(ic)?)?\b|轉子間", "intertrochanter", True),
    (r"trochanter|\btroch\b|大轉子", "trochanter", True),
    (r"\bshaft\b", "femoral-shaft", True),
    (r"total (hip|femur|proximal femur)|(hip|femur) total|\bhtot\b|全髖", "total-hip", True),
    (
        r"radius (33 ?%?|1/3|one third)|(33 ?%|1/3) (distal )?radius|橈骨三分之一處",
        "radius-33",
        True,
    ),
    (r"radius (ud|ultra ?distal)|ud radius|ultra ?distal radius", "radius-ultradistal", True),
    (r"radius total|total radius", "radius-total", True),
    (r"(whole|total) body( total)?|全身", "total-body", False),
)
# words that make of a region's name something else: a difference, a change, another day's value
_NO_REGION = re.compile(
    r"\bdiff\w*|\bchange|\bmax(?:imum)?\b|\bmin(?:imum)?\b|\bprev\w*|\bprior\b|\bbaseline\b|\blsc\b|\basymmetr\w*"
    r"|\btrend\b|\brate\b|\bexpected\b|差異|變化",
)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_THROUGH = re.compile(r"(?<=\d)\s+(?:through|thru|to)\s+(?=[lt]\d)")
_NAMES = frozenset(site for _, site, sided in _MEASURED if sided)


def imaged_region(*texts: str | None) -> str | None:
    """Name the region that a scan shows, from the first text that tells.

    >>> imaged_region("AP Spine"), imaged_region("Left Ortho Knee"), imaged_region("LVA")
    ('lumbar-spine', 'knee-left', 'lateral-spine')
    >>> imaged_region("a Right Hip"), imaged_region("", "Total Body"), imaged_region("Skull")
    ('femur-right', 'total-body', None)
    """
    for text in texts:
        words = (text or "").replace("_", " ").lower()
        for pattern, region, sided in _IMAGED:
            if re.search(pattern, words):
                return region + _side_suffix(words) if sided else region
    return None


def measured_site(text: str, side: str = "", scan: str = "") -> str | None:
    """Name the site of a printed region; None when it is not known.

    Parameters
    ----------
    text : str
        The region as printed: ``L1-L2,L4``, ``Neck Left``, ``Total``, ``Ward's``.
    side : str, optional
        "left", "right" or "mean" where it stands elsewhere.
    scan : str, optional
        The scan it belongs to (a region of `imaged_region`): "Total" alone means
        total hip in a femur scan and total body in a whole-body scan, and a
        scan of one side lends its side to its regions.

    Examples
    --------
    >>> measured_site("L1-L2,L4"), measured_site("L1,L3"), measured_site("L1-L4 (L2)")
    ('L1+L2+L4', 'L1+L3', 'L1+L3+L4')
    >>> measured_site("Neck Left"), measured_site("Neck", scan="femur-right")
    ('femoral-neck-left', 'femoral-neck-right')
    >>> measured_site("Total", "right", "dual-femur"), measured_site("Total", scan="femur-left")
    ('total-hip-right', 'total-hip-left')
    >>> measured_site("Total", scan="lumbar-spine"), measured_site("Fat")
    (None, None)
    >>> measured_site("Neck Diff."), measured_site("Neck % Change"), measured_site("L1\u2013L4")
    (None, None, 'L1-L4')
    """
    words = text.strip().lower().replace("_", " ").translate(_DASHES)
    if _NO_REGION.search(words):
        return None
    words = _THROUGH.sub("-", words)
    if side_of(words) and without_side(words) in _NAMES:
        return words
    spine = _spine(words)
    if spine:
        return spine
    own = f"-{side}" if side else _side_suffix(words)
    bare = _SIDE.sub(" ", words).strip() if own else words
    suffix = own or _scan_suffix(scan)
    if bare in _NAMES:
        return bare + suffix
    for pattern, site, sided in _MEASURED:
        if re.search(pattern, bare):
            return site + suffix if sided else site
    if bare == "total":
        return _total(scan, suffix)
    return None


def _total(scan: str, suffix: str) -> str | None:
    if scan.startswith(("femur", "dual-femur")):
        return "total-hip" + suffix
    return "total-body" if scan == "total-body" else None


def _scan_suffix(scan: str) -> str:
    return f"-{side_of(scan)}" if side_of(scan) else ""


def _side_suffix(words: str) -> str:
    found = _SIDE.search(words)
    return f"-{_SIDES[found.group(0).lower()]}" if found else ""


_SPINE = re.compile(r"(?:t12|l[1-5])(?:\s*[-,+]\s*(?:t12|l[1-5]))*")
_EXCLUDED = re.compile(r"(?P<all>.+?)\s*\((?P<out>[^)]*)\)")


def _spine(words: str) -> str | None:
    """Read `L1-L4`, `L1,L3`, `L1-L2,L4`, and `L1-L4 (L2)`, which leaves L2 out."""
    left_out: set[str] = set()
    excluded = _EXCLUDED.fullmatch(words)
    if excluded:
        words = excluded["all"]
        left_out = set(_vertebrae(excluded["out"]))
        if not left_out:
            return None
    names = [v for v in _vertebrae(words) if v not in left_out]
    return spine_site(tuple(names)) or None


def _vertebrae(words: str) -> list[str]:
    words = words.strip()
    if not _SPINE.fullmatch(words):
        return []
    names: list[str] = []
    for part in re.split(r"[,+]", words):
        ends = [VERTEBRAE.index(v.strip().upper()) for v in part.split("-")]
        if ends != sorted(ends):
            return []
        names += VERTEBRAE[ends[0] : ends[-1] + 1]
    return names
