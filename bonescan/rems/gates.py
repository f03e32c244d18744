"""Which lines are analysed, and where their gates begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import RfSite

from .condition import Conditioned
from .interface import Surfaces
from .spacing import NOMINAL_C_M_S, line_spacing_mm

Array = NDArray[np.float64]

MAX_INCIDENCE_DEG = 20.0
SLOPE_LINES = 5  # the slope at a line is taken between the lines this far on either side
# A line is left out when more than this share of its samples, surface to end of gate B, is clipped.
MAX_RAILED_1 = 0.005


@dataclass(frozen=True, eq=False, kw_only=True)
class Gates:
    """First samples of the gates of each line, and why lines were left out.

    `start` is (gate, frame, line), gates A, B and whatever follows; `used` (frame, line).
    Counts are of lines in accepted frames.
    """

    start: NDArray[np.int64]
    used: NDArray[np.bool_]
    n_lines: int
    n_no_surface: int
    n_steep: int
    n_saturated: int
    n_outside: int
    incidence_known: bool


def place_gates(
    conditioned: Conditioned, surfaces: Surfaces, site: RfSite, form: SpectralForm
) -> Gates:
    """Place the gates behind the surface and leave out lines that can't be analysed.

    Parameters
    ----------
    conditioned : Conditioned
    surfaces : Surfaces
    site : RfSite
        Without line pitch or angles no incidence is known and no line is left out for it.
    form : SpectralForm
        Gate starts in millimetres at its nominal speed of sound.

    Returns
    -------
    gates : Gates
    """
    per_mm = 2.0 / form.c_m_s / 1000.0 * site.fs_hz
    offsets = np.rint(np.array(form.gate_start_mm) * per_mm)
    surface = np.where(np.isfinite(surfaces.sample), surfaces.sample, -1.0)
    top = np.rint(surface).astype(np.int64)
    start = top[None] + offsets.astype(np.int64)[:, None, None]
    in_frame = np.broadcast_to(surfaces.accepted[:, None], surfaces.usable.shape)
    end_b = start[1] + form.gate_samples
    outside = (top < 0) | (end_b > conditioned.samples.shape[2])
    incidence = incidence_deg(surface, site)
    steep = np.zeros_like(outside) if incidence is None else incidence > MAX_INCIDENCE_DEG
    saturated = _saturated(conditioned, top, end_b)
    return Gates(
        start=start,
        used=surfaces.usable & ~outside & ~steep & ~saturated,
        n_lines=int(in_frame.sum()),
        n_no_surface=int((in_frame & ~surfaces.usable).sum()),
        n_steep=int((surfaces.usable & steep).sum()),
        n_saturated=int((surfaces.usable & saturated).sum()),
        n_outside=int((surfaces.usable & outside).sum()),
        incidence_known=incidence is not None,
    )


def incidence_deg(surface_sample: Array, site: RfSite) -> Array | None:
    """Angle between each line and the normal of the surface.

    Parameters
    ----------
    surface_sample : (frame, line) ndarray
    site : RfSite

    Returns
    -------
    incidence : (frame, line) ndarray or None
        None where the file does not say how far the lines are apart.
    """
    spacing_mm = line_spacing_mm(surface_sample, site)
    n_lines = surface_sample.shape[1]
    if spacing_mm is None or n_lines <= 2 * SLOPE_LINES:
        return None
    speed = site.c_m_s if site.c_m_s is not None else NOMINAL_C_M_S
    depth_mm = surface_sample / site.fs_hz * speed / 2.0 * 1000.0
    lines = np.arange(n_lines)
    left, right = np.maximum(lines - SLOPE_LINES, 0), np.minimum(lines + SLOPE_LINES, n_lines - 1)
    rise = (depth_mm[:, right] - depth_mm[:, left]) / (right - left)
    return np.asarray(np.degrees(np.arctan(np.abs(rise) / spacing_mm)))


def _saturated(
    conditioned: Conditioned, top: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which lines are clipped between surface and end; only these samples are looked at."""
    count = np.zeros(top.shape, dtype=np.int64)
    for f, line in zip(*np.nonzero(conditioned.railed_lines), strict=True):
        inside = conditioned.samples[f, line, max(top[f, line], 0) : max(end[f, line], 0)]
        count[f, line] = sum(np.count_nonzero(inside == rail) for rail in conditioned.rails)
    return np.asarray(count > MAX_RAILED_1 * (end - top))
