"""Samples as stored to samples that may be analysed: offset, gain, duplicates, rails.

Nothing is filtered sample by sample: a slow baseline is kept out where the
gates are transformed (`spectra`), which costs nothing and touches only them.
"""

from __future__ import annotations

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

Samples = NDArray[np.int16]


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditioned:
    """The samples of one site, ready for envelopes and spectra.

    `railed` lists the clipped samples as rows of (frame, line, sample).
    """

    samples: Samples  # (frame, line, sample)
    railed: NDArray[np.intp]
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
        BS-E168: no samples, not a number, or the same value everywhere.
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
    fresh = _not_repeated(stored)
    frames = stored if fresh.all() else stored[fresh]
    railed = _railed(frames, float(low), float(high))
    return Conditioned(
        samples=_levelled(frames, site),
        railed=railed,
        n_frames_stored=stored.shape[0],
        n_duplicates=int(np.count_nonzero(~fresh)),
        saturated_percent=100.0 * len(railed) / frames.size,
    )


def _not_repeated(frames: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which frames differ from the one before; a frozen image must not count twice."""
    fresh = np.ones(frames.shape[0], dtype=bool)
    for i in range(1, frames.shape[0]):
        # most differing frames differ in their first line: look there before comparing all
        same_start = np.array_equal(frames[i, 0], frames[i - 1, 0])
        fresh[i] = not (same_start and np.array_equal(frames[i], frames[i - 1]))
    return fresh


def _railed(frames: NDArray[Any], low: float, high: float) -> NDArray[np.intp]:
    """List samples at a rail: at an end of the record's own range that repeats too often."""
    places = [np.argwhere(frames == end) for end in (low, high) if _is_rail(frames, end, low, high)]
    return np.concatenate(places) if places else np.empty((0, 3), dtype=np.intp)


def _is_rail(frames: NDArray[Any], end: float, low: float, high: float) -> bool:
    repeats = np.count_nonzero(frames == end)
    if repeats < RAIL_REPEATS:
        return False
    if high - low < 2 * NEIGHBOUR_CODES:  # a handful of codes: every value repeats
        return False
    inner = end - NEIGHBOUR_CODES if end == high else end + NEIGHBOUR_CODES
    first, last = sorted((inner, end))
    near = np.count_nonzero((frames >= first) & (frames <= last)) - repeats
    return bool(repeats > RAIL_OVER_NEIGHBOURS * near / NEIGHBOUR_CODES)


def _levelled(frames: NDArray[Any], site: RfSite) -> Samples:
    """Take off offset and stored gain curve; what doesn't fit int16 is scaled as a whole.

    A common factor is harmless: the method uses no absolute level.
    """
    offset = round(float(frames.mean()))
    if site.tgc_db is None and frames.dtype == np.int16:
        if offset == 0:
            return np.ascontiguousarray(frames, dtype=np.int16)
        shifted = frames.astype(np.int32) - offset
        return np.clip(shifted, -INT16_MAX - 1, INT16_MAX).astype(np.int16)
    values = frames.astype(np.float64) - offset
    if site.tgc_db is not None:
        values *= _gain_off(site, frames.shape[-1])
    largest = float(np.abs(values).max())
    return np.rint(values * (INT16_MAX / largest)).astype(np.int16)


def _gain_off(site: RfSite, n_samples: int) -> NDArray[np.float64]:
    curve = np.asarray(site.tgc_db, dtype=np.float64)
    if curve.shape != (n_samples,) or not np.all(np.isfinite(curve)):
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found a gain curve of shape {curve.shape}, wanted one value for each "
            f"of {n_samples} samples.",
        )
    return np.asarray(10.0 ** (-curve / 20.0))
