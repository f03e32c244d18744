"""The only site of a file that names none, under the name that somebody gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bonescan.model.scan import FrameSource, RfScan
from bonescan.model.sites import UNKNOWN_SITE

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFrames:
    """Frames of a file that names no site, under the name that the user or a table gives it."""

    source: FrameSource
    stored: str

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        """Yield the frames of the only site, (line, sample)."""
        del site
        return self.source.frames(self.stored)

    def block(self, site: str) -> NDArray[Any]:
        """Read all frames of the only site, (frame, line, sample)."""
        del site
        return self.source.block(self.stored)


def under_site(scan: RfScan, site: str) -> RfScan:
    """Name the only site of a scan whose file names none; any other scan stays as it is."""
    if [s.site for s in scan.sites] != [UNKNOWN_SITE]:
        return scan
    samples = scan.samples
    return replace(
        scan,
        sites=(replace(scan.sites[0], site=site),),
        samples=None if samples is None else NamedFrames(source=samples, stored=UNKNOWN_SITE),
        flags=tuple(f for f in scan.flags if f != "site_unknown"),
    )
