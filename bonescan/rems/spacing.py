"""How far lines are apart at the bone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bonescan.model.scan import RfSite

Array = NDArray[np.float64]

NOMINAL_C_M_S = 1540.0


def line_spacing_mm(surface_sample: Array, site: RfSite) -> float | None:
    """Distance between neighbouring lines at the bone; None when the file does not say.

    Lines of a convex probe spread with depth: pitch · (radius + depth) / radius.
    """
    pitch_m, radius_m = site.line_pitch_m, site.probe_radius_m
    if site.line_angle_rad is not None and radius_m is not None and len(site.line_angle_rad) > 1:
        pitch_m = float(np.median(np.abs(np.diff(site.line_angle_rad)))) * radius_m
    if pitch_m is None or not pitch_m > 0:
        return None
    spread = 1.0
    if radius_m is not None and radius_m > 0 and site.t0_s is not None:
        speed = site.c_m_s if site.c_m_s is not None else NOMINAL_C_M_S
        middle = float(np.median(surface_sample))
        depth_m = (site.t0_s + middle / site.fs_hz) * speed / 2.0
        spread = (radius_m + depth_m) / radius_m
    return pitch_m * spread * 1000.0
