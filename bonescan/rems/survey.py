"""What can be said of an ultrasound exam without any model: for `inspect`."""

from __future__ import annotations

from dataclasses import dataclass

from bonescan.model.scan import FrameSource, RfSite

from .measure_site import look_at_site


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSurvey:
    """The bone surface and the losses of one site."""

    surface_depth_mm: float | None  # median; None: not found, or the time zero is unknown
    saturated_percent: float  # of all samples
    frames_accepted: int
    frames_rejected: dict[str, int]  # by reason, repeated frames among them


def survey_site(samples: FrameSource, site: RfSite) -> SiteSurvey:
    """Look for the bone surface in every frame of a site.

    Raises
    ------
    UnusableScan
        BS-E168 where the samples hold nothing.
    """
    looked = look_at_site(samples, site)
    rejected = dict(looked.surfaces.rejected)
    if looked.conditioned.n_duplicates:
        rejected["repeats the frame before"] = looked.conditioned.n_duplicates
    return SiteSurvey(
        surface_depth_mm=looked.depth_mm,
        saturated_percent=looked.conditioned.saturated_percent,
        frames_accepted=int(looked.surfaces.accepted.sum()),
        frames_rejected=rejected,
    )
