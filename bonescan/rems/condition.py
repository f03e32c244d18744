"""Samples as stored, checked: duplicates, rails, and what is left to take off at the gates.

Nothing is filtered and no gain is undone sample by sample: offset, slow baseline and gain
curve are taken off where the gates are transformed (`spectra`), which touches only them.
"""

from __future__ import annotations

import hashlib
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

# No device amplifies deep echoes by more than half of this against shallow ones.
MAX_GAIN_SPAN_DB = 240.0

Samples = NDArray[np.int16]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditioned:
    """The samples of one site, ready for envelopes and spectra.

    `samples` still hold their offset and, where `gain` is not None, the gain
    that the device put on with depth: (sample - offset) * gain is the echo, up
    to one factor for all. Samples at one of the `rails` are clipped.
    """

    samples: Samples  # (frame, line, sample)
    rails: tuple[int, ...]
    railed_lines: NDArray[np.bool_]  # (frame, line): has clipped samples
    offset: int
    gain: Array | None  # (sample,), least value 1
    n_railed: int
    fresh: NDArray[np.bool_]  # (stored frame,): not a copy of an earlier one

    @property
    def n_frames_stored(self) -> int:
        """How many frames the file holds."""
        return int(self.fresh.size)

    @property
    def n_duplicates(self) -> int:
        """How many frames were left out for being copies of earlier ones."""
        return int(np.count_nonzero(~self.fresh))

    @property
    def saturated_percent(self) -> float:
        """Share of clipped samples."""
        return 100.0 * self.n_railed / self.samples.size

    @property
    def railed(self) -> NDArray[np.bool_]:
        """Mark the clipped samples, one byte for each sample of the record."""
        marks = np.zeros(self.samples.shape, dtype=bool)
        for frame, lines, out in zip(self.samples, self.railed_lines, marks, strict=True):
            if lines.any():
                out[lines] = np.isin(frame[lines], self.rails)
        return marks

    def levelled(self) -> Samples:
        """Copy the samples without offset and gain, the largest at full scale; same without gain.

        For uses that need every sample: what was small beside the largest is rounded.
        """
        if self.gain is None:
            return self.samples
        levelled = np.empty(self.samples.shape, dtype=np.int16)
        largest = max(float(np.abs(self._echo(frame)).max()) for frame in self.samples)
        for frame, out in zip(self.samples, levelled, strict=True):
            out[:] = np.rint(self._echo(frame) * (INT16_MAX / largest))
        return levelled

    def _echo(self, frame: Samples) -> Array:
        echo = frame.astype(np.float64) - self.offset
        return echo if self.gain is None else np.asarray(echo * self.gain)


class LineExtremes:
    """Least and greatest sample of each line, frame by frame, on any thread."""

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        self.lows = np.empty(shape, dtype)  # (frame, line)
        self.highs = np.empty(shape, dtype)

    def look(self, index: int, frame: NDArray[Any]) -> None:
        """Take one frame, (line, sample)."""
        np.min(frame, axis=1, out=self.lows[index])
        np.max(frame, axis=1, out=self.highs[index])


def condition(
    stored: NDArray[Any], site: RfSite, extremes: LineExtremes | None = None
) -> Conditioned:
    """Check and prepare the samples of one site.

    Parameters
    ----------
    stored : (frame, line, sample) ndarray
        As the file holds them; integers, or floats without NaN.
    site : RfSite
        Its `tgc_db` becomes the gain that is still to be applied.
    extremes : LineExtremes, optional
        Of all frames, where they are known already.

    Returns
    -------
    conditioned : Conditioned
        int16: integers of 16 bits as they are, wider ones and floats scaled as a whole
        and without offset. Frames equal to an earlier one are left out.

    Raises
    ------
    UnusableScan
        BS-E168: no samples, not a number, too large, the same value everywhere, more
        than half of them clipped, or a gain curve that no device has.
    """
    if stored.ndim != 3 or 0 in stored.shape:  # noqa: PLR2004 - frame, line, sample
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found samples of shape {stored.shape}, wanted frames of lines.",
        )
    if not np.issubdtype(stored.dtype, np.integer) and not np.all(np.isfinite(stored)):
        raise UnusableScan("BS-E168", f"{site.site}: found samples that are not numbers.")
    if extremes is None:
        extremes = LineExtremes(stored.shape[:2], stored.dtype)
        for i, frame in enumerate(stored):
            extremes.look(i, frame)
    lows, highs = extremes.lows, extremes.highs
    low, high = float(lows.min()), float(highs.max())
    if low == high:
        raise UnusableScan("BS-E168", f"{site.site}: found the same value in every sample.")
    if max(-low, high) > MAX_SAMPLE:
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found samples from {low:.3g} to {high:.3g}, wanted none beyond "
            f"{MAX_SAMPLE:.3g}.",
        )
    gain = gain_off(site, stored.shape[-1])
    fresh = _not_repeated(stored, extremes)
    if not fresh.all():
        stored, lows, highs = stored[fresh], lows[fresh], highs[fresh]
    rails, n_railed = _rails(_Record(frames=stored, lows=lows, highs=highs), site)
    touched = [(lows == end) | (highs == end) for end in rails]
    plain = stored.dtype == np.int16
    offset = round(float(stored.mean(dtype=np.float64))) if gain is not None or not plain else 0
    scale = 1.0 if plain else _scale(stored, offset, site)
    return Conditioned(
        samples=np.ascontiguousarray(stored) if plain else _narrowed(stored, offset, scale),
        rails=tuple(round((end - (0 if plain else offset)) * scale) for end in rails),
        railed_lines=np.any(touched, axis=0) if rails else np.zeros(lows.shape, dtype=bool),
        offset=offset if plain else 0,
        gain=gain,
        n_railed=n_railed,
        fresh=fresh,
    )


def _not_repeated(frames: NDArray[Any], extremes: LineExtremes) -> NDArray[np.bool_]:
    """Tell which frames are no copy of any before; frozen images and loops must not count twice.

    Copies have the same extremes in every line, which are known already: only frames
    that agree in those are read again, once each.
    """
    fresh = np.ones(len(frames), dtype=bool)
    alike: dict[bytes, list[int]] = {}
    for i, (lows, highs) in enumerate(zip(extremes.lows, extremes.highs, strict=True)):
        alike.setdefault(lows.tobytes() + highs.tobytes(), []).append(i)
    for indices in alike.values():
        seen: set[bytes] = set()
        for i in indices if len(indices) > 1 else ():
            whole = np.ascontiguousarray(frames[i])
            digest = hashlib.blake2b(whole.data, digest_size=32).digest()
            fresh[i] = digest not in seen
            seen.add(digest)
    return fresh


@dataclass(frozen=True, eq=False, kw_only=True)
class _Record:
    """Frames, and the extremes of each line, which spare looking at most lines again."""

    frames: NDArray[Any]
    lows: NDArray[Any]
    highs: NDArray[Any]

    def count(self, first: float, last: float) -> int:
        """Count the samples from `first` to `last`."""
        may = (self.highs >= first) & (self.lows <= last)
        total = 0
        for frame, lines in zip(self.frames, may, strict=True):
            if lines.any():
                some = frame[lines]
                total += int(np.count_nonzero((some >= first) & (some <= last)))
        return total


def _rails(record: _Record, site: RfSite) -> tuple[list[float], int]:
    """Find rails, ends of the record's own range that repeat too often, and count them."""
    low, high = float(record.lows.min()), float(record.highs.max())
    rails = [end for end in (low, high) if _is_rail(record, end, low, high)]
    count = sum(record.count(end, end) for end in rails)
    if count > MAX_CLIPPED_1 * record.frames.size:
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found {100.0 * count / record.frames.size:.0f} % of the samples "
            f"clipped, wanted at most {100.0 * MAX_CLIPPED_1:.0f} %.",
        )
    return rails, count


def _is_rail(record: _Record, end: float, low: float, high: float) -> bool:
    repeats = record.count(end, end)
    if repeats < RAIL_REPEATS:
        return False
    if high - low < 2 * NEIGHBOUR_CODES:  # a handful of codes: every value repeats
        return False
    inner = end - NEIGHBOUR_CODES if end == high else end + NEIGHBOUR_CODES
    first, last = sorted((inner, end))
    near = record.count(first, last) - repeats
    return bool(repeats > RAIL_OVER_NEIGHBOURS * near / NEIGHBOUR_CODES)


def _scale(frames: NDArray[Any], offset: int, site: RfSite) -> float:
    """Find what scales wide samples to int16: one factor, since no level is absolute."""
    largest = max(float(np.abs(frame.astype(np.float64) - offset).max()) for frame in frames)
    scale = INT16_MAX / largest if largest > 0 else math.inf
    if not 0 < scale < math.inf:
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found samples that are at most {largest:.3g} without offset, wanted "
            "echoes.",
        )
    return scale


def _narrowed(frames: NDArray[Any], offset: int, scale: float) -> Samples:
    narrow = np.empty(frames.shape, dtype=np.int16)
    for frame, out in zip(frames, narrow, strict=True):
        out[:] = np.rint((frame.astype(np.float64) - offset) * scale)
    return narrow


def gain_off(site: RfSite, n_samples: int) -> Array | None:
    """Turn the stored gain curve into what takes it off, least value 1; None without a curve.

    Raises
    ------
    UnusableScan
        BS-E168 where the curve has another length, or no device has it.
    """
    if site.tgc_db is None:
        return None
    curve = np.asarray(site.tgc_db, dtype=np.float64)
    if curve.shape != (n_samples,) or not np.all(np.isfinite(curve)):
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found a gain curve of shape {curve.shape}, wanted one value for each "
            f"of {n_samples} samples.",
        )
    span_db = float(np.ptp(curve))
    if span_db > MAX_GAIN_SPAN_DB:
        raise UnusableScan(
            "BS-E168",
            f"{site.site}: found a gain curve that spans {span_db:.3g} dB, wanted at most "
            f"{MAX_GAIN_SPAN_DB:.0f} dB.",
        )
    return np.asarray(10.0 ** ((curve.max() - curve) / 20.0))
