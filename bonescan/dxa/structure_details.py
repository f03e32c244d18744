"""Texture of vertebrae and structure of the hip on a map of density, in words for a page."""

from __future__ import annotations

import numpy as np

from bonescan.model.sites import VERTEBRAE

from .decompose import DensityMap
from .hip_structure import Section, hip_structure
from .regions import HipAxes, Placed
from .segment import Bone, in_pixels
from .texture import texture_index

_HALF = 0.5  # of a pixel


def structure_details(
    site: str, density: DensityMap, placed: Placed, bone: Bone
) -> list[tuple[str, str]]:
    """Give the texture index of each vertebra, or the sections of the hip."""
    if placed.hip is not None:
        return _hip(site, density, placed.hip)
    lines = []
    for region in placed.regions:
        if region.site in VERTEBRAE:
            inside = region.area_weights(bone) >= 1.0
            noise = float(np.sqrt(np.nanmedian(density.variance_g2_cm4[inside])))
            found = texture_index(density.density_g_cm2, density.pixel_mm, inside, noise)
            text = f"none: {found.reason}" if found.index is None else f"{found.index:.2f}"
            lines.append((f"{site}: {region.site} variogram texture index", text))
    return lines


def _hip(site: str, density: DensityMap, axes: HipAxes) -> list[tuple[str, str]]:
    femur = in_pixels(axes.femur) >= _HALF
    values = density.density_g_cm2[:, ::-1] if axes.mirrored else density.density_g_cm2
    found = hip_structure(values, density.pixel_mm, femur, axes.neck, axes.shaft)
    lines = [(f"{site}: structure, {s.region}", _section(s)) for s in found.sections]
    if found.neck_shaft_angle_degrees is not None:
        lines.append((f"{site}: neck-shaft angle", f"{found.neck_shaft_angle_degrees:.0f}°"))
    lines += [(f"{site}: structure, missing", reason) for reason in found.reasons]
    return [*lines, (f"{site}: structure assumes", found.assumed)]


def _section(section: Section) -> str:
    ratio = section.buckling_ratio_1
    return (
        f"width {section.width_mm:.1f} mm, CSA {section.csa_cm2:.2f} cm2, CSMI "
        f"{section.csmi_cm4:.2f} cm4, Z {section.section_modulus_cm3:.2f} cm3, buckling ratio "
        f"{'unknown' if ratio is None else f'{ratio:.1f}'}"
    )
