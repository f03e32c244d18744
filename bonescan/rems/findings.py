"""What is odd about samples before anything is measured in them, each with its figure.

Clipped samples and copies of the frame before are found where samples are
conditioned (`condition`); here is what only a look at whole lines tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.model.scan import RfSite
from bonescan.stats.line_spectrum import LOWEST_HZ, mean_power, peak_and_band

Array = NDArray[np.float64]

# A band that reaches the last 2 % below half the sampling rate does not end there: it is folded.
END_OF_AXIS_1 = 0.98
DEAD_LINES_1 = 0.01  # of the lines; a converter's hiccup is no finding
QUICK_LINES = 16  # of a frame, for its spectrum, where time counts
MHZ = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A flag, and the sentence that says what was measured."""

    flag: str
    text: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Survey:
    """One look at the lines of a site: their mean power spectrum, and what is odd."""

    power: Array  # (bin,), of whole lines; empty where there is no frame
    findings: tuple[Finding, ...]


def find_oddities(
    frames: Iterable[NDArray[Any]], site: RfSite, *, quick: bool = False
) -> tuple[Finding, ...]:
    """Look at the frames of a site and say only what is odd; as `survey`."""
    return survey(frames, site, quick=quick).findings


def survey(frames: Iterable[NDArray[Any]], site: RfSite, *, quick: bool = False) -> Survey:
    """Look at the frames of a site as they are stored.

    Parameters
    ----------
    frames : iterable of (line, sample) ndarray
        All frames, or some of them where time counts: each is a sample of the
        same electronics. Copies are only found among those that are given.
    site : RfSite
    quick : bool
        Where time counts and no frame is a copy of another: copies are not looked
        for, and the spectrum is that of about 16 lines of each frame, evenly spread.

    Returns
    -------
    survey : Survey
        Findings in a fixed order; empty where nothing is odd.
    """
    seen = _Seen(quick=quick)
    power = mean_power(seen.through(frames))
    if power.size == 0:
        return Survey(power=power, findings=())
    spectral = (*_baseline(power, site), *_undersampled(power, site)) if power.max() >= 0 else ()
    return Survey(power=power, findings=(*spectral, *_dead_lines(seen), *_repeated(seen)))


class _Seen:
    """Counts, while frames pass, what a mean spectrum can't show."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.n_frames = self.n_lines = self.n_dead = self.n_repeated = 0
        self._hashes: dict[bytes, int] = {}

    def through(self, frames: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        for frame in frames:
            self.n_lines += frame.shape[0]
            self.n_dead += int(np.count_nonzero(frame.min(axis=1) == frame.max(axis=1)))
            if self.quick:
                yield frame[:: max(1, frame.shape[0] // QUICK_LINES)]
                continue
            key = hashlib.blake2b(np.ascontiguousarray(frame).data, digest_size=16).digest()
            before = self._hashes.get(key)
            # a copy of the frame just before is found, and left out, in conditioning
            self.n_repeated += before is not None and before < self.n_frames - 1
            self._hashes[key] = self.n_frames
            self.n_frames += 1
            yield frame


def _baseline(power: Array, site: RfSite) -> Iterator[Finding]:
    """Find a slow baseline: the strongest single frequency lies below what a probe sends.

    It need not hold much energy: 1.6 % in the mouse liver RF of the ITK project.
    """
    frequency_hz = np.arange(power.size) * (site.fs_hz / site.n_samples)
    slow = frequency_hz < LOWEST_HZ
    if not slow.any() or slow.all() or power[slow].max() <= power[~slow].max():
        return
    share = 100.0 * power[slow].sum() / power.sum()
    yield Finding(
        flag="slow_baseline",
        text=f"the strongest frequency is {frequency_hz[int(np.argmax(power))] / MHZ:.2f} MHz; "
        f"{share:.1f} % of the energy lies below {LOWEST_HZ / MHZ:g} MHz",
    )


def _undersampled(power: Array, site: RfSite) -> Iterator[Finding]:
    if is_undersampled(site):
        yield Finding(flag="undersampled", text=_rate_text(site))
        return
    band = peak_and_band(power, site.fs_hz, site.n_samples)
    half = site.fs_hz / 2.0
    if band is not None and band.band_hz[1] >= END_OF_AXIS_1 * half:
        yield Finding(
            flag="undersampled",
            text=f"the spectrum does not fall off before {half / MHZ:.2f} MHz, half the sampling "
            "rate",
        )


def is_undersampled(site: RfSite) -> bool:
    """Tell whether the rate is below twice the centre frequency: the spectrum is folded."""
    return site.f0_hz is not None and site.fs_hz < 2.0 * site.f0_hz


def refuse_undersampled(site: RfSite) -> None:
    """Refuse samples whose spectrum lies about the frequency.

    Raises
    ------
    UnusableScan
        BS-E171 where the sampling rate is below twice the centre frequency.
    """
    if is_undersampled(site):
        raise UnusableScan("BS-E171", f"{site.site}: found {_rate_text(site)}.")


def _rate_text(site: RfSite) -> str:
    f0_hz = site.f0_hz or 0.0
    return (
        f"a sampling rate of {site.fs_hz / MHZ:g} MHz, below twice the centre frequency of "
        f"{f0_hz / MHZ:g} MHz"
    )


def _dead_lines(seen: _Seen) -> Iterator[Finding]:
    if seen.n_dead > DEAD_LINES_1 * seen.n_lines:
        yield Finding(
            flag="dead_lines",
            text=f"{seen.n_dead} of {seen.n_lines} lines hold the same value in every sample",
        )


def _repeated(seen: _Seen) -> Iterator[Finding]:
    if seen.n_repeated:
        yield Finding(
            flag="repeated_frames",
            text=f"{seen.n_repeated} of {seen.n_frames} frames are copies of an earlier one",
        )
