"""The B-mode picture of a frame, with surface and gates drawn over it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bonescan.kernels.interface import rectified_envelope
from bonescan.model.arrays import kernel_input
from bonescan.model.outcome import Overlay, Picture
from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import RfSite

from .interface import sample_depth_mm
from .measure_site import LookedAt
from .spacing import NOMINAL_C_M_S, line_spacing_mm

WIDTH_PX, MAX_HEIGHT_PX = 360, 480
PX_PER_LINE = 3  # where the file does not say how far the lines are apart
LEVEL = 2  # of compression; 4 takes twice as long for an eighth less
DYNAMIC_RANGE_DB = 55.0
GREYS = 32  # enough for the eye, and the file stays small
STEP, WIDTH = 4, 12  # samples


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing:
    """What the picture of a site shows: one frame, without the others."""

    site: RfSite
    samples: NDArray[np.int16]  # (line, sample)
    gain: NDArray[np.float32] | None  # (sample,), what takes the gain curve off
    surface: NDArray[np.float64]  # (line,), in samples
    accepted: bool  # the frame shows a surface
    form: SpectralForm | None  # where the gates lie; None draws no gates


def drawing_of(looked: LookedAt, form: SpectralForm | None) -> Drawing:
    """Copy the frame that shows the surface best."""
    frame, conditioned = _best_frame(looked), looked.conditioned
    gain = conditioned.gain
    return Drawing(
        site=looked.site,
        samples=kernel_input(conditioned.samples[frame].copy(), np.int16),
        gain=None if gain is None else gain.astype(np.float32),
        surface=looked.surfaces.sample[frame],
        accepted=bool(looked.surfaces.accepted[frame]),
        form=form,
    )


def bmode_picture(drawing: Drawing) -> Picture:
    """Draw a frame.

    Parameters
    ----------
    drawing : Drawing

    Returns
    -------
    picture : Picture
        Lines side by side as columns (not scan converted), to scale where the
        distance of lines is known; overlays in its pixels.
    """
    site, surface, samples = drawing.site, drawing.surface, drawing.samples
    n_lines, n_samples = samples.shape
    speed = site.c_m_s if site.c_m_s is not None else NOMINAL_C_M_S
    height_mm = n_samples / site.fs_hz * speed / 2.0 * 1000.0
    spacing = line_spacing_mm(surface, site) if np.isfinite(surface).all() else None
    width_mm = None if spacing is None else spacing * n_lines
    width_px = WIDTH_PX if width_mm is not None else min(WIDTH_PX, PX_PER_LINE * n_lines)
    scale = width_px / width_mm if width_mm is not None else width_px / height_mm
    height_px = int(np.clip(round(height_mm * scale), 40, MAX_HEIGHT_PX))
    envelope = rectified_envelope(samples, STEP, WIDTH)
    if drawing.gain is not None:
        envelope *= drawing.gain[STEP // 2 :: STEP][: envelope.shape[1]]
    grey = _grey(envelope)
    size = (width_px, height_px)
    image = Image.fromarray(grey.T).resize(size, Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    _few_greys(image).save(buffer, format="PNG", compress_level=LEVEL)
    return Picture(
        kind="bmode",
        site=site.site,
        png=buffer.getvalue(),
        width_px=width_px,
        height_px=height_px,
        width_mm=width_mm,
        height_mm=height_mm,
        top_mm=sample_depth_mm(site, 0.0),
        overlays=_overlays(drawing, size) if drawing.accepted else (),
    )


def _best_frame(looked: LookedAt) -> int:
    contrast, accepted = looked.surfaces.contrast, looked.surfaces.accepted
    if not accepted.any():
        return 0
    level = np.where(accepted, np.median(np.nan_to_num(contrast), axis=1), -np.inf)
    return int(np.argmax(level))


def _grey(envelope: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Compress the envelope logarithmically; the brightest 0.1 % are white."""
    level_db = 20.0 * np.log10(np.maximum(envelope, 0.25))
    top = float(np.percentile(level_db, 99.9))
    share = np.clip((level_db - top + DYNAMIC_RANGE_DB) / DYNAMIC_RANGE_DB, 0.0, 1.0)
    return np.asarray(np.rint(share * 255.0), dtype=np.uint8)


def _few_greys(image: Image.Image) -> Image.Image:
    step = 255.0 / (GREYS - 1)
    table = [round(round(v / step) * step) for v in range(256)]
    return image.point(table)


def _overlays(drawing: Drawing, size: tuple[int, int]) -> tuple[Overlay, ...]:
    n_lines, n_samples = drawing.samples.shape
    surface, form = drawing.surface, drawing.form
    x = (np.arange(n_lines) + 0.5) * size[0] / n_lines

    def track(sample: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
        y = np.clip((sample + 0.5) * size[1] / n_samples, 0.0, size[1])
        return tuple((round(float(a), 1), round(float(b), 1)) for a, b in zip(x, y, strict=True))

    found = [Overlay(name="surface", points=track(surface))]
    if form is not None:
        per_mm = 2.0 / form.c_m_s / 1000.0 * drawing.site.fs_hz
        length = form.gate_length_m * 1000.0 * per_mm
        for name, start_mm in zip(("gate-a", "gate-b"), form.gate_start_mm, strict=False):
            top = surface + start_mm * per_mm
            # there along the top, back along the bottom: the outline of the gate
            outline = track(top) + track(top + length)[::-1] + track(top)[:1]
            found.append(Overlay(name=name, points=outline))
    return tuple(found)
