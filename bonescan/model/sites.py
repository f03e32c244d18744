"""The grammar of site names, one for every file, table and page.

==========================  ===================================================
``L1`` … ``L4``             one vertebra (``T12``, ``L5`` where a page prints it)
``L1-L4``, ``L2-L4``        vertebrae in a row
``L1+L3``, ``L1+L2+L4``     a subset with a gap
``femoral-neck-left`` …     ``femoral-neck total-hip trochanter intertrochanter
                            wards femoral-shaft upper-neck lower-neck`` with
                            ``-left``, ``-right``, ``-mean`` where known
``radius-33`` …             ``radius-33 radius-ultradistal radius-mid
                            radius-total ulna-33 forearm-33 …``, sides likewise
``total-body``              of the whole body only the total is kept
``lumbar-spine`` …          the region that an image shows, when it names no
                            measured region: ``lumbar-spine lateral-spine
                            femur knee forearm calcaneus hand`` with sides
``unknown``                 samples of a file that names no site; no result file
                            gives it a score
==========================  ===================================================
"""

from __future__ import annotations

import re

SIDED = (
    "femoral-neck",
    "upper-neck",
    "lower-neck",
    "total-hip",
    "trochanter",
    "intertrochanter",
    "femoral-shaft",
    "wards",
    "radius-33",
    "radius-mid",
    "radius-ultradistal",
    "radius-total",
    "ulna-33",
    "ulna-mid",
    "ulna-ultradistal",
    "ulna-total",
    "forearm-33",
    "forearm-total",
    # regions of an image
    "femur",
    "knee",
    "forearm",
    "calcaneus",
    "hand",
)
UNSIDED = (
    "total-body",
    # regions of an image
    "lumbar-spine",
    "lateral-spine",
    "dual-femur",
)
UNKNOWN_SITE = "unknown"
SIDES = ("left", "right", "mean")
VERTEBRAE = ("T12", "L1", "L2", "L3", "L4", "L5")

_VERTEBRA = re.compile(r"T12|L[1-5]")


def is_site(text: str) -> bool:
    """Tell whether `text` is a site name.

    >>> [is_site(t) for t in ("L1-L4", "L1+L3", "wards-left", "L4-L1", "L1+L2", "hip")]
    [True, True, True, False, False, False]
    """
    if text in UNSIDED:
        return True
    if vertebrae_of(text):
        return True
    name, _, side = text.rpartition("-")
    return text in SIDED or (side in SIDES and name in SIDED)


def vertebrae_of(site: str) -> tuple[str, ...]:
    """List the vertebrae of a spine site; empty for any other site and for wrong forms.

    >>> vertebrae_of("L1-L4"), vertebrae_of("L1+L3"), vertebrae_of("femoral-neck")
    (('L1', 'L2', 'L3', 'L4'), ('L1', 'L3'), ())
    """
    names = _named(site)
    return names if names and spine_site(names) == site else ()


def _named(site: str) -> tuple[str, ...]:
    if "+" in site:
        names = tuple(site.split("+"))
        return names if all(_VERTEBRA.fullmatch(n) for n in names) else ()
    first, dash, last = site.partition("-")
    if not _VERTEBRA.fullmatch(first) or (dash and not _VERTEBRA.fullmatch(last)):
        return ()
    start, stop = VERTEBRAE.index(first), VERTEBRAE.index(last if dash else first)
    return VERTEBRAE[start : stop + 1]


def spine_site(vertebrae: tuple[str, ...]) -> str:
    """Write vertebrae as a site: a row as ``L1-L4``, a set with a gap as ``L1+L3``.

    >>> spine_site(("L2",)), spine_site(("L1", "L2")), spine_site(("L4", "L1", "L2"))
    ('L2', 'L1-L2', 'L1+L2+L4')
    """
    order = sorted({VERTEBRAE.index(v) for v in vertebrae})
    names = [VERTEBRAE[i] for i in order]
    if not names:
        return ""
    if len(names) == 1:
        return names[0]
    in_a_row = order[-1] - order[0] == len(order) - 1
    return f"{names[0]}-{names[-1]}" if in_a_row else "+".join(names)


def side_of(site: str) -> str | None:
    """Name the side of a site; None when it has none.

    >>> side_of("femoral-neck-left"), side_of("L1-L4"), side_of("radius-33")
    ('left', None, None)
    """
    name, _, side = site.rpartition("-")
    return side if side in SIDES and name in SIDED else None


def without_side(site: str) -> str:
    """Drop the side of a site.

    >>> without_side("femoral-neck-left"), without_side("L1-L4")
    ('femoral-neck', 'L1-L4')
    """
    return site.rpartition("-")[0] if side_of(site) else site
