"""Structure of the proximal femur in the plane of the image, from a map of bone density.

A line across the bone is read as the mineral mass profile m(x) of its cross
section. What follows holds for bending in the plane of the image only, and
rests on the assumptions that `Assumptions` names: how dense the mineral of solid
bone is, what share of it lies in the cortex, and that the cross section is a ring.

References
----------
Beck TJ, Ruff CB, Warden KE, Scott WW, Rao GU. Predicting femoral neck strength from
bone mineral data: a structural approach. Invest Radiol 1990;25:6-18.
Beck TJ. Extending DXA beyond bone mineral density: understanding hip structure
analysis. Curr Osteoporos Rep 2007;5:49-55: the three regions and their places.
Effective density and cortical shares are from memory of these and are inputs here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

REGIONS = ("neck", "intertrochanter", "shaft")
BAND_MM = 5.0  # sections are averages over this much of the bone's length
HALF_REACH_MM = 60.0  # of a line across; longer than half of any femur is wide
STEP_MM = 0.25  # along and across a line
SHAFT_WIDTHS = 1.5  # the shaft section lies this many neck widths below the crossing of the axes
_LEAST_MASS_G_CM = 1e-6
_PARALLEL = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What hip structure can't measure and has to assume; recorded with every result."""

    rho_eff_g_cm3: float = 1.05  # mineral per volume of solid cortical bone
    cortical_share_1: dict[str, float] = field(
        default_factory=lambda: {"neck": 0.6, "intertrochanter": 0.7, "shaft": 1.0}
    )
    shape: str = "ring"

    def words(self) -> str:
        """Say them in one line."""
        shares = ", ".join(f"{k} {v:.1f}" for k, v in self.cortical_share_1.items())
        return (
            f"mineral of solid bone {self.rho_eff_g_cm3:.2f} g/cm3; cortex holds {shares} of it; "
            f"cross section a {self.shape}; bending in the plane of the image"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A bone's axis in the image: a point and the direction it runs in, x right and y down."""

    x_mm: float
    y_mm: float
    dx_1: float
    dy_1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One cross section; lengths in the plane of the image."""

    region: str
    x_mm: float  # where the line crosses the axis
    y_mm: float
    width_mm: float
    csa_cm2: float  # cross-sectional area of bone without marrow
    csmi_cm4: float  # second moment of area about the centroid
    section_modulus_cm3: float  # csmi / y_max
    y_max_mm: float  # from the centroid to the farther edge
    cortex_mm: float | None  # mean thickness; None: more bone than a solid ring of this width
    buckling_ratio_1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HipStructure:
    """The sections of one hip, the angle between its axes, and what was assumed."""

    sections: tuple[Section, ...]
    neck_shaft_angle_degrees: float | None
    axis_length_mm: float | None  # of the femur along the neck's axis, head to lateral edge
    assumed: str
    reasons: tuple[str, ...] = ()  # why a section is missing


def hip_structure(
    bmd_g_cm2: NDArray[Any],
    pixel_mm: tuple[float, float],
    mask: NDArray[np.bool_],
    neck: Line,
    shaft: Line,
    assumptions: Assumptions | None = None,
) -> HipStructure:
    """Analyse neck, intertrochanter and shaft of one proximal femur.

    Parameters
    ----------
    bmd_g_cm2 : (n_rows, n_columns) float64
        Map of areal density with the soft tissue taken off.
    pixel_mm : (float, float)
        Width and height of a pixel [mm]. Position (x, y) mm is that of the middle
        of the pixel in column x/width, row y/height.
    mask : (n_rows, n_columns) bool
        The femur, without pelvis.
    neck : Line
        Axis of the neck, its direction towards the head; its point on the neck.
    shaft : Line
        Axis of the shaft, its direction away from the hip.
    assumptions : Assumptions, optional

    Returns
    -------
    structure : HipStructure
        Neck at its narrowest within 10 mm of `neck`'s point; intertrochanter along
        the bisector of the angle between the axes, at their crossing; shaft 1.5
        neck widths below the crossing. A section whose line leaves the image, or
        crosses no bone, is missing with its reason.
    """
    assumed = assumptions or Assumptions()
    density = np.where(mask, np.nan_to_num(np.asarray(bmd_g_cm2, dtype=np.float64)), 0.0)
    image = _Image(density, np.asarray(mask, dtype=np.float64), pixel_mm)
    neck, shaft = _unit(neck), _unit(shaft)
    sections: list[Section] = []
    reasons: list[str] = []

    def add(region: str, found: Section | str) -> None:
        if isinstance(found, Section):
            sections.append(found)
        else:
            reasons.append(f"{region}: {found}")

    narrowest = _narrowest(image, neck, assumed)
    add("neck", narrowest)
    crossing = _crossing(neck, shaft)
    if crossing is None:
        reasons.append("the axes of neck and shaft are parallel")
    else:
        add(
            "intertrochanter",
            _section(image, _bisector(crossing, neck, shaft), assumed, REGIONS[1]),
        )
        if isinstance(narrowest, Section):
            below = SHAFT_WIDTHS * narrowest.width_mm
            add("shaft", _section(image, _moved(shaft, crossing, below), assumed, REGIONS[2]))
    return HipStructure(
        sections=tuple(sections),
        neck_shaft_angle_degrees=None if crossing is None else _angle_degrees(neck, shaft),
        axis_length_mm=_length_mm(image, neck),
        assumed=assumed.words(),
        reasons=tuple(reasons),
    )


def section_of_profile(
    mass_g_cm2: Array,
    step_mm: float,
    edges_mm: tuple[float, float],
    region: str,
    assumed: Assumptions,
) -> tuple[float, float, float, float, float | None]:
    """Take area, second moment, centroid and cortex of one mineral mass profile.

    Parameters
    ----------
    mass_g_cm2 : (n,) float64
        m(x) at x = 0, step, 2 step, ...
    step_mm : float
    edges_mm : (float, float)
        Outer edges of the bone on the same x.

    Returns
    -------
    csa_cm2, csmi_cm4, centroid_mm, y_max_mm : float
        CSA = Σ m dx / rho, CSMI = Σ m (x - x_c)² dx / rho.
    cortex_mm : float or None
        (w - sqrt(w² - 4 s CSA / pi)) / 2 for a ring of width w that holds the
        share s of the bone; None where a solid disc would not hold it.
    """
    x_cm = np.arange(mass_g_cm2.size) * step_mm / 10.0
    area = mass_g_cm2 * (step_mm / 10.0) / assumed.rho_eff_g_cm3
    csa = float(area.sum())
    centroid = float(area @ x_cm) / csa
    csmi = float(area @ (x_cm - centroid) ** 2)
    width = (edges_mm[1] - edges_mm[0]) / 10.0
    y_max = max(edges_mm[1] / 10.0 - centroid, centroid - edges_mm[0] / 10.0)
    inner = width**2 - 4.0 * assumed.cortical_share_1[region] * csa / math.pi
    cortex = (width - math.sqrt(inner)) / 2.0 * 10.0 if inner >= 0.0 else None
    return csa, csmi, centroid * 10.0, y_max * 10.0, cortex


class _Image:
    """Density and mask with their pixel size, read between pixels by bilinear interpolation."""

    def __init__(self, density: Array, mask: Array, pixel_mm: tuple[float, float]) -> None:
        self.density, self.mask, self.pixel_mm = density, mask, pixel_mm

    def holds(self, x_mm: Array, y_mm: Array) -> NDArray[np.bool_]:
        """Whether points lie between the middles of the outermost pixels."""
        rows, columns = self.mask.shape
        across, down = x_mm / self.pixel_mm[0], y_mm / self.pixel_mm[1]
        inside = (across >= 0) & (across <= columns - 1) & (down >= 0) & (down <= rows - 1)
        return np.asarray(inside, dtype=np.bool_)

    def at(self, values: Array, x_mm: Array, y_mm: Array) -> Array:
        """Read `values` at points; 0 outside the image."""
        rows, columns = values.shape
        across, down = x_mm / self.pixel_mm[0], y_mm / self.pixel_mm[1]
        inside = self.holds(x_mm, y_mm)
        left = np.clip(np.floor(across), 0, max(columns - 2, 0)).astype(np.intp)
        top = np.clip(np.floor(down), 0, max(rows - 2, 0)).astype(np.intp)
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        a, b = across - left, down - top
        upper = values[top, left] * (1 - a) + values[top, right] * a
        lower = values[bottom, left] * (1 - a) + values[bottom, right] * a
        return np.where(inside, upper * (1 - b) + lower * b, 0.0)


@dataclass(frozen=True, eq=False, slots=True)
class _Cut:
    """A band across an axis: its points, how much of it is bone, and the bone's edges."""

    x_mm: Array
    y_mm: Array
    begin: int  # samples that hold the bone and what is spread beyond its edges
    end: int
    edges_mm: tuple[float, float]  # from `begin`

    @property
    def width_mm(self) -> float:
        """Width of the bone."""
        return self.edges_mm[1] - self.edges_mm[0]


def _cut(image: _Image, axis: Line) -> _Cut | str:
    """Lay a band of `BAND_MM` across an axis and find the bone in it."""
    across = np.arange(-HALF_REACH_MM, HALF_REACH_MM + STEP_MM / 2, STEP_MM)
    along = np.arange(-BAND_MM / 2, BAND_MM / 2 + STEP_MM / 2, STEP_MM)
    x = axis.x_mm + along[:, None] * axis.dx_1 - across * axis.dy_1
    y = axis.y_mm + along[:, None] * axis.dy_1 + across * axis.dx_1
    covered = image.at(image.mask, x, y).mean(axis=0)
    run = _run(covered, across.size // 2)
    if run is None:
        return "its line crosses no bone at the axis"
    first, last = run
    # density is spread over half a pixel beyond the mask when it is read between pixels
    spread = math.ceil(max(image.pixel_mm) / STEP_MM) + 1
    begin, end = first - spread, last + 1 + spread
    ends = [begin, end - 1]  # the image is convex: what lies between is inside too
    if begin < 0 or end > across.size or not image.holds(x[:, ends], y[:, ends]).all():
        return "the bone runs out of the image"
    # where the mean mask falls through one half, between two samples
    left = first - begin - (covered[first] - 0.5) / (covered[first] - covered[first - 1])
    right = last - begin + (covered[last] - 0.5) / (covered[last] - covered[last + 1])
    return _Cut(x, y, begin, end, (float(left) * STEP_MM, float(right) * STEP_MM))


def _section(image: _Image, axis: Line, assumed: Assumptions, region: str) -> Section | str:
    """Read the section across `axis` at its point, averaged over `BAND_MM` along it."""
    cut = _cut(image, axis)
    if isinstance(cut, str):
        return cut
    held = slice(cut.begin, cut.end)
    mass = image.at(image.density, cut.x_mm[:, held], cut.y_mm[:, held]).mean(axis=0)
    if float(mass.sum()) * STEP_MM / 10.0 < _LEAST_MASS_G_CM:
        return "no mineral on its line"
    csa, csmi, _, y_max, cortex = section_of_profile(mass, STEP_MM, cut.edges_mm, region, assumed)
    return Section(
        region=region,
        x_mm=float(axis.x_mm),
        y_mm=float(axis.y_mm),
        width_mm=cut.width_mm,
        csa_cm2=csa,
        csmi_cm4=csmi,
        section_modulus_cm3=csmi / (y_max / 10.0),
        y_max_mm=y_max,
        cortex_mm=cortex,
        buckling_ratio_1=y_max / cortex if cortex else None,
    )


def _run(covered: Array, start: int) -> tuple[int, int] | None:
    """Find the samples around `start` whose mean mask is at least one half."""
    inside = covered >= 0.5  # noqa: PLR2004 - half of a pixel is bone
    if not inside[start]:
        return None
    before, after = np.flatnonzero(~inside[:start]), np.flatnonzero(~inside[start:])
    first = int(before[-1]) + 1 if before.size else 0
    last = start + int(after[0]) - 1 if after.size else inside.size - 1
    return first, last


def _narrowest(image: _Image, neck: Line, assumed: Assumptions) -> Section | str:
    """Look for the narrowest section within 10 mm along the axis and 10° either way."""
    best: tuple[float, Line] | None = None
    reason = ""
    for shift in np.arange(-10.0, 10.5, 1.0):
        for tilt in np.deg2rad(np.arange(-10.0, 10.5, 2.5)):
            cos, sin = math.cos(tilt), math.sin(tilt)
            turned = Line(
                x_mm=neck.x_mm + shift * neck.dx_1,
                y_mm=neck.y_mm + shift * neck.dy_1,
                dx_1=neck.dx_1 * cos - neck.dy_1 * sin,
                dy_1=neck.dx_1 * sin + neck.dy_1 * cos,
            )
            cut = _cut(image, turned)
            if isinstance(cut, str):
                reason = reason or cut
            elif best is None or cut.width_mm < best[0]:
                best = cut.width_mm, turned
    return reason if best is None else _section(image, best[1], assumed, REGIONS[0])


def _unit(line: Line) -> Line:
    length = math.hypot(line.dx_1, line.dy_1)
    if not (math.isfinite(length) and length > 0.0):
        raise ValueError(
            f"direction ({line.dx_1}, {line.dy_1}) of an axis, wanted one of some length"
        )
    return Line(x_mm=line.x_mm, y_mm=line.y_mm, dx_1=line.dx_1 / length, dy_1=line.dy_1 / length)


def _crossing(one: Line, other: Line) -> tuple[float, float] | None:
    turn = one.dx_1 * other.dy_1 - one.dy_1 * other.dx_1
    if abs(turn) < _PARALLEL:
        return None
    along = ((other.x_mm - one.x_mm) * other.dy_1 - (other.y_mm - one.y_mm) * other.dx_1) / turn
    return one.x_mm + along * one.dx_1, one.y_mm + along * one.dy_1


def _bisector(crossing: tuple[float, float], neck: Line, shaft: Line) -> Line:
    """Give the axis whose section lies along the bisector of the obtuse neck-shaft angle."""
    # along the bisector runs the section; its axis stands across it
    return Line(
        x_mm=crossing[0],
        y_mm=crossing[1],
        **dict(
            zip(
                ("dx_1", "dy_1"),
                _normalised(neck.dx_1 - shaft.dx_1, neck.dy_1 - shaft.dy_1),
                strict=True,
            )
        ),
    )


def _normalised(x: float, y: float) -> tuple[float, float]:
    length = math.hypot(x, y)
    return x / length, y / length


def _moved(line: Line, start: tuple[float, float], by_mm: float) -> Line:
    return Line(
        x_mm=start[0] + by_mm * line.dx_1,
        y_mm=start[1] + by_mm * line.dy_1,
        dx_1=line.dx_1,
        dy_1=line.dy_1,
    )


def _angle_degrees(neck: Line, shaft: Line) -> float:
    """Give the angle between neck (towards the head) and shaft (downwards): about 130° in life."""
    cosine = neck.dx_1 * shaft.dx_1 + neck.dy_1 * shaft.dy_1
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _length_mm(image: _Image, neck: Line) -> float | None:
    """Measure the femur along the neck's axis, from the lateral edge to the end of the head.

    This is not the hip axis length, which ends at the inner rim of the pelvis.
    """
    along = np.arange(-150.0, 150.0 + STEP_MM / 2, STEP_MM)
    x, y = neck.x_mm + along * neck.dx_1, neck.y_mm + along * neck.dy_1
    run = _run(image.at(image.mask, x, y), along.size // 2)
    if run is None or run[0] == 0 or run[1] == along.size - 1:
        return None
    ends = slice(run[0] - 1, run[1] + 2)
    if not image.holds(x[ends], y[ends]).all():
        return None  # the bone runs out of the image
    return float(along[run[1]] - along[run[0]]) + STEP_MM
