"""One site from its samples to averaged spectra, whatever the model says of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.kernels.threads import for_each_of
from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import FrameSource, RfSite

from .condition import Conditioned, condition, gain_off
from .findings import refuse_undersampled
from .gates import Gates, place_gates
from .interface import Surfaces, SurfaceSearch, depth_range_mm, find_surfaces, sample_depth_mm
from .spectra import SiteSpectra, group_spectra

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class LookedAt:
    """A site's samples with the surface that was found in them."""

    site: RfSite
    conditioned: Conditioned
    surfaces: Surfaces

    @property
    def depth_mm(self) -> float | None:
        """Median depth of the surface in accepted frames; None when unknown."""
        found = self.surfaces.sample[self.surfaces.accepted]
        return sample_depth_mm(self.site, float(np.median(found))) if found.size else None


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredSite:
    """A site's averaged spectra and what they came from."""

    looked: LookedAt
    gates: Gates
    spectra: SiteSpectra

    @property
    def n_ungrouped(self) -> int:
        """How many good lines found too few others to be averaged with, as in an odd frame."""
        return int(self.gates.used.sum()) - self.spectra.n_lines


class Room:
    """Memory for the samples of one site, used again for the next: asking for more is slow."""

    def __init__(self) -> None:
        self._held: NDArray[np.int16] = np.empty(0, np.int16)

    def of(self, shape: tuple[int, int, int]) -> NDArray[np.int16]:
        """Give an array of this shape; what an earlier one held is lost."""
        if self._held.size < math.prod(shape):
            self._held = np.empty(0, np.int16)  # given back before more is asked for
            self._held = np.empty(math.prod(shape), np.int16)
        return self._held[: math.prod(shape)].reshape(shape)


def look_at_site(samples: FrameSource, site: RfSite, room: Room | None = None) -> LookedAt:
    """Read the samples of a site and find the bone surface.

    Parameters
    ----------
    samples : FrameSource
    site : RfSite
    room : Room, optional
        Where the samples are put: they last until it is used for another site.

    Raises
    ------
    UnusableScan
        BS-E168 where the samples hold nothing.
    """
    frames = samples.frames(site.site)
    first = next(frames, None)
    if first is None or first.dtype != np.int16 or first.shape != (site.n_lines, site.n_samples):
        return _look_at_block(samples.block(site.site), site)
    stored = (room or Room()).of((site.n_frames, site.n_lines, site.n_samples))
    search = SurfaceSearch(site, stored.shape, gain_off(site, site.n_samples))

    def look(index: int, frame: NDArray[np.int16]) -> None:
        search.look(index, frame)
        stored[index] = frame

    # one thread reads the next frame while the other is busy with this one
    n_frames = for_each_of(look, chain((first,), frames))
    if n_frames != site.n_frames:
        raise UnusableScan(
            "BS-E168", f"{site.site}: found {n_frames} frames, wanted {site.n_frames}."
        )
    conditioned = condition(stored, site, search.extremes)
    return LookedAt(site=site, conditioned=conditioned, surfaces=search.found(conditioned.fresh))


def _look_at_block(stored: NDArray[Any], site: RfSite) -> LookedAt:
    """Condition samples of another type than int16 as a whole before looking at them."""
    conditioned = condition(stored, site)
    surfaces = find_surfaces(conditioned.samples, site, conditioned.gain)
    return LookedAt(site=site, conditioned=conditioned, surfaces=surfaces)


def measure_site(looked: LookedAt, form: SpectralForm) -> MeasuredSite:
    """Take the averaged spectra of a site's accepted frames.

    Raises
    ------
    UnusableScan
        BS-E160 where no frame shows a surface, BS-E166 where the stored window
        ends before the gates do, BS-E171 where the sampling folds the spectrum.
    """
    site, surfaces = looked.site, looked.surfaces
    refuse_undersampled(site)
    if not surfaces.accepted.any():
        raise UnusableScan("BS-E160", no_surface_text(looked))
    gates = place_gates(looked.conditioned, surfaces, site, form)
    if gates.n_outside > gates.n_lines / 2:
        raise UnusableScan(
            "BS-E166",
            f"{site.site}: found less than "
            f"{form.gate_start_mm[1] + form.gate_length_m * 1000.0:.1f} mm of echoes behind the "
            f"bone surface on {gates.n_outside} of {gates.n_lines} lines.",
        )
    depth = _depth(site, surfaces.sample)
    return MeasuredSite(
        looked=looked,
        gates=gates,
        spectra=group_spectra(looked.conditioned, gates, depth, form),
    )


def _depth(site: RfSite, sample: Array) -> Array:
    first, second = sample_depth_mm(site, 0.0), sample_depth_mm(site, 1.0)
    if first is None or second is None:
        return np.full(sample.shape, np.nan)
    return np.asarray(first + (second - first) * sample)


def no_surface_text(looked: LookedAt) -> str:
    """Say what was found where a bone surface was wanted."""
    site = looked.site
    n = looked.surfaces.accepted.size
    reasons = ", ".join(f"{count} {reason}" for reason, count in looked.surfaces.rejected)
    low, high = depth_range_mm(site.site)
    first, last = (sample_depth_mm(site, s) for s in looked.surfaces.search_range)
    if first is None or last is None:
        where = "in the stored samples (their depth is not known)"
    elif last <= first:
        where = (
            f"between {low:.0f} and {high:.0f} mm, the depth of this site: the samples stored "
            f"there leave no room for the gates behind a surface"
        )
    else:
        where = f"between {first:.0f} and {last:.0f} mm"
    return f"{site.site}: found no bone surface {where} in any of {n} frames ({reasons})."
