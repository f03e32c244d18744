"""Samples as stored to samples that may be analysed: offset, gain, duplicates, rails.

Nothing is filtered sample by sample: a slow baseline is kept out where the
gates are transformed (`spectra`), which costs nothing and touches only them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.model.scan import RfSite

INT16_MAX = 32767
# An extreme value is a rail when it repeats this often and stands out from the codes next to it:
# beef RF of the ITK project clips at -32768 and +32752 (234 of 493,568 samples).
RAIL_REPEATS = 8
RAIL_OVER_NEIGHBOURS = 4.0
NEIGHBOUR_CODES = 8
# A record with a larger share of clipped samples is no echo: the deeper half of a line alone is
# quieter than that. (The clipped exam of the sample scans has 4 %.)
MAX_CLIPPED_1 = 0.5
# Float64 counts in ones up to here; no converter, and no voltage, comes near.
MAX_SAMPLE = 2.0**53

Samples = NDArray[np.int16]


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditioned:
    """The samples of one site, ready for envelopes and spectra.

    `railed` marks the clipped samples: one byte each, however many there are.
    """

    samples: Samples  # (frame, line, sample)
    railed: NDArray[np.bool_]  # (frame, line, sample)
    n_frames_stored: int
    n_duplicates: int
    saturated_percent: float


def condition(stored: NDArray[Any], site: RfSite) -> Conditioned:
    """Check and prepare the samples of one site.

    Parameters
    ----------
    stored : (frame, line, sample) ndarray
        As the file holds them; integers, or floats without NaN.
    site : RfSite
        Its `tgc_db` is taken off when stored.

    Returns
    -------
    conditioned : Conditioned
        int16, without offset; frames equal to the one before are left out.

    Raises
    ------
    UnusableScan
        BS-E168: no samples, not a number, too large, the same value everywhere, or
        more than half of them clipped.
    """
    if stored.ndim != 3 or 0 in stored.shape:  # noqa: PLR2004 - frame, line, sample
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found samples of shape {stored.shape}, wanted frames of lines.",
        )
    if not np.issubdtype(stored.dtype, np.integer) and not np.all(np.isfinite(stored)):
        raise UnusableScan("BS-E168", f"{site.site}: found samples that are not numbers.")
    low, high = stored.min(), stored.max()
    if low == high:
        raise UnusableScan("BS-E168", f"{site.site}: found the same value in every sample.")
    low, high = float(low), float(high)
    if max(-low, high) > MAX_SAMPLE:
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found samples from {low:.3g} to {high:.3g}, wanted none beyond "
            f"{MAX_SAMPLE:.3g}.",
        )
    fresh = _not_repeated(stored)
    frames = stored if fresh.all() else stored[fresh]
    railed, n_railed = _railed(frames, low, high, site)
    return Conditioned(
        samples=_levelled(frames, site),
        railed=railed,
        n_frames_stored=stored.shape[0],
        n_duplicates=int(np.count_nonzero(~fresh)),
        saturated_percent=100.0 * n_railed / frames.size,
    )


def _not_repeated(frames: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which frames differ from the one before; a frozen image must not count twice."""
    fresh = np.ones(frames.shape[0], dtype=bool)
    for i in range(1, frames.shape[0]):
        # most differing frames differ in their first line: look there before comparing all
        same_start = np.array_equal(frames[i, 0], frames[i - 1, 0])
        fresh[i] = not (same_start and np.array_equal(frames[i], frames[i - 1]))
    return fresh


def _railed(
    frames: NDArray[Any], low: float, high: float, site: RfSite
) -> tuple[NDArray[np.bool_], int]:
    """Mark samples at a rail, an end of the record's own range that repeats too often."""
    rails = [end for end in (low, high) if _is_rail(frames, end, low, high)]
    count = sum(_count(frames, end, end) for end in rails)
    if count > MAX_CLIPPED_1 * frames.size:
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found {100.0 * count / frames.size:.0f} % of the samples clipped, "
            f"wanted at most {100.0 * MAX_CLIPPED_1:.0f} %.",
        )
    marks = np.zeros(frames.shape, dtype=bool)
    for end in rails:
        for i, frame in enumerate(frames):
            marks[i] |= frame == end
    return marks, count


def _is_rail(frames: NDArray[Any], end: float, low: float, high: float) -> bool:
    repeats = _count(frames, end, end)
    if repeats < RAIL_REPEATS:
        return False
    if high - low < 2 * NEIGHBOUR_CODES:  # a handful of codes: every value repeats
        return False
    inner = end - NEIGHBOUR_CODES if end == high else end + NEIGHBOUR_CODES
    first, last = sorted((inner, end))
    near = _count(frames, first, last) - repeats
    return bool(repeats > RAIL_OVER_NEIGHBOURS * near / NEIGHBOUR_CODES)


def _count(frames: NDArray[Any], first: float, last: float) -> int:
    """Count the samples from `first` to `last`, frame by frame: no copy of the whole record."""
    if first == last:
        return sum(int(np.count_nonzero(frame == first)) for frame in frames)
    return sum(int(np.count_nonzero((frame >= first) & (frame <= last))) for frame in frames)


def _levelled(frames: NDArray[Any], site: RfSite) -> Samples:
    """Take off offset and stored gain curve; what doesn't fit int16 is scaled as a whole.

    A common factor is harmless: the method uses no absolute level. Frame by
    frame, so that no wide copy of the whole record is needed.
    """
    offset = round(float(frames.mean(dtype=np.float64)))
    plain = site.tgc_db is None and frames.dtype == np.int16
    if plain and offset == 0:
        return np.ascontiguousarray(frames, dtype=np.int16)
    levelled = np.empty(frames.shape, dtype=np.int16)
    if plain:
        for frame, out in zip(frames, levelled, strict=True):
            shifted = frame.astype(np.int32) - offset
            out[:] = np.clip(shifted, -INT16_MAX - 1, INT16_MAX)
        return levelled
    gain = None if site.tgc_db is None else _gain_off(site, frames.shape[-1])
    largest = max(float(np.abs(_true(frame, offset, gain)).max()) for frame in frames)
    scale = INT16_MAX / largest if largest > 0 else math.inf
    if not 0 < scale < math.inf:
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found samples that are at most {largest:.3g} without offset and gain, "
            "wanted echoes.",
        )
    for frame, out in zip(frames, levelled, strict=True):
        out[:] = np.rint(_true(frame, offset, gain) * scale)
    return levelled


def _true(
    frame: NDArray[Any], offset: int, gain: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """One frame without offset and gain curve, (line, sample)."""
    values = frame.astype(np.float64) - offset
    if gain is not None:
        with np.errstate(over="ignore", invalid="ignore"):  # refused by the caller
            values *= gain
    return np.asarray(values)


def _gain_off(site: RfSite, n_samples: int) -> NDArray[np.float64]:
    curve = np.asarray(site.tgc_db, dtype=np.float64)
    if curve.shape != (n_samples,) or not np.all(np.isfinite(curve)):
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found a gain curve of shape {curve.shape}, wanted one value for each "
            f"of {n_samples} samples.",
        )
    with np.errstate(over="ignore", under="ignore"):  # absurd curves leave nothing, or no number
        return np.asarray(10.0 ** (-curve / 20.0))
