"""The B-mode picture of a frame, with surface and gates drawn over it."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bonescan.kernels.interface import rectified_envelope
from bonescan.model.arrays import kernel_input
from bonescan.model.outcome import Overlay, Picture
from bonescan.model.rems_model import SpectralForm

from .interface import sample_depth_mm
from .measure_site import LookedAt
from .spacing import NOMINAL_C_M_S, line_spacing_mm

WIDTH_PX, MAX_HEIGHT_PX = 360, 480
PX_PER_LINE = 3  # where the file does not say how far the lines are apart
LEVEL = 4  # of compression; higher ones take several times as long for a few per cent
DYNAMIC_RANGE_DB = 55.0
GREYS = 32  # enough for the eye, and the file stays small
STEP, WIDTH = 4, 12  # samples


def bmode_picture(looked: LookedAt, form: SpectralForm | None) -> Picture:
    """Draw the frame that shows the surface best.

    Parameters
    ----------
    looked : LookedAt
    form : SpectralForm or None
        Where the gates lie; None draws no gates.

    Returns
    -------
    picture : Picture
        Lines side by side as columns (not scan converted), to scale where the
        distance of lines is known; overlays in its pixels.
    """
    site, surfaces = looked.site, looked.surfaces
    frame = _best_frame(looked)
    samples = kernel_input(looked.conditioned.samples[frame], np.int16)
    n_lines, n_samples = samples.shape
    speed = site.c_m_s if site.c_m_s is not None else NOMINAL_C_M_S
    height_mm = n_samples / site.fs_hz * speed / 2.0 * 1000.0
    surface = surfaces.sample[frame]
    spacing = line_spacing_mm(surface, site) if np.isfinite(surface).all() else None
    width_mm = None if spacing is None else spacing * n_lines
    width_px = WIDTH_PX if width_mm is not None else min(WIDTH_PX, PX_PER_LINE * n_lines)
    scale = width_px / width_mm if width_mm is not None else width_px / height_mm
    height_px = int(np.clip(round(height_mm * scale), 40, MAX_HEIGHT_PX))
    envelope = rectified_envelope(samples, STEP, WIDTH)
    if looked.conditioned.gain is not None:
        envelope *= looked.conditioned.gain[STEP // 2 :: STEP][: envelope.shape[1]].astype(
            np.float32
        )
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
        overlays=_overlays(looked, frame, size, form) if surfaces.accepted[frame] else (),
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


def _overlays(
    looked: LookedAt, frame: int, size: tuple[int, int], form: SpectralForm | None
) -> tuple[Overlay, ...]:
    n_lines, n_samples = looked.conditioned.samples.shape[1:]
    surface = looked.surfaces.sample[frame]
    x = (np.arange(n_lines) + 0.5) * size[0] / n_lines

    def track(sample: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
        y = np.clip((sample + 0.5) * size[1] / n_samples, 0.0, size[1])
        return tuple((round(float(a), 1), round(float(b), 1)) for a, b in zip(x, y, strict=True))

    found = [Overlay(name="surface", points=track(surface))]
    if form is not None:
        per_mm = 2.0 / form.c_m_s / 1000.0 * looked.site.fs_hz
        length = form.gate_length_m * 1000.0 * per_mm
        for name, start_mm in zip(("gate-a", "gate-b"), form.gate_start_mm, strict=False):
            top = surface + start_mm * per_mm
            # there along the top, back along the bottom: the outline of the gate
            outline = track(top) + track(top + length)[::-1] + track(top)[:1]
            found.append(Overlay(name=name, points=outline))
    return tuple(found)
