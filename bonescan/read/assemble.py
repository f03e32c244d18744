"""What files of other makers have in common: one site, and much that they do not say."""

from __future__ import annotations

from collections.abc import Sequence

from bonescan.errors import UnusableScan
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.scan import FrameSource, RfScan, RfSite, Source
from bonescan.model.sites import UNKNOWN_SITE
from bonescan.settings import ReadSettings

from .probe import Probe


def assemble_rf(
    probe: Probe,
    format_name: str,
    site: RfSite,
    samples: FrameSource,
    *,
    device: Device | None = None,
    flags: Sequence[str] = (),
) -> RfScan:
    """Make a scan of samples whose file names neither person nor origin."""
    unknown = {
        "site_unknown": site.site == UNKNOWN_SITE,
        "origin_unknown": True,
        "gain_unknown": not site.gain_known,
        "sound_speed_unknown": site.c_m_s is None,
        "time_zero_unknown": site.t0_s is None,
    }
    return RfScan(
        source=Source(path=probe.path, size_bytes=probe.size_bytes, format_name=format_name),
        subject=Subject(),
        device=device or Device(),
        exam=Exam(),
        sites=(site,),
        samples=samples,
        flags=tuple(dict.fromkeys((*(f for f, is_so in unknown.items() if is_so), *flags))),
    )


def sampling_rate_hz(stated: float | None, settings: ReadSettings, probe: Probe) -> float:
    """Take the rate that the file states, else what the user says; never a default.

    Raises
    ------
    UnusableScan
        BS-E147 where nobody says it.
    """
    found = stated or settings.sampling_rate_hz
    if found is None:
        raise UnusableScan("BS-E147", "found no sampling rate.", file=probe.path)
    return found
