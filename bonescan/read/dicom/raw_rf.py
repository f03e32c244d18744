"""RF samples in a DICOM Raw Data object of ours; the writer is `bonescan.files.rf_dicom`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan
from bonescan.files import rf_dicom as layout
from bonescan.model.exam import Exam, Subject
from bonescan.model.header import DicomItem
from bonescan.model.scan import RfScan, RfSite, Source
from bonescan.model.sites import is_site

from .people import read_device
from .structure import Structure, check_structure

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SITES = 64
SAMPLE_BYTES = 2
_AXES = 3


def holds_rf(header: DicomItem, sop_class: str) -> bool:
    """Tell whether this is Raw Data with our block; Modality has no say (RF is fluoroscopy)."""
    if sop_class != layout.RAW_DATA_STORAGE:
        return False
    return _own(header, layout.LAYOUT_NAME) is not None


def read_raw_rf(
    header: DicomItem, structure: Structure, source: Source, person: tuple[Subject, Exam],
    flags: list[str], max_bytes: int,
) -> RfScan:  # fmt: skip
    """Make a scan of a Raw Data object of ours.

    Raises
    ------
    UnusableScan
        BS-E159: another layout, no site, no sampling rate, samples that don't
        fit their shape.
    """
    path = source.path
    version = _own(header, layout.LAYOUT_NAME)
    if version != layout.LAYOUT:
        raise _refusal(path, f"the layout {str(version)[:20]!r}, wanted {layout.LAYOUT!r}")
    items = _own(header, layout.SITES)
    known = items if isinstance(items, tuple) else ()
    if not 0 < len(known) <= MAX_SITES:
        raise _refusal(path, f"{len(known)} sites, wanted 1 to {MAX_SITES}")
    sizes = [len(data) for data in _sample_bytes(structure, path)]
    if len(sizes) != len(known):
        raise _refusal(path, f"samples of {len(sizes)} sites, wanted {len(known)}")
    sites = tuple(_site(item, n, path) for item, n in zip(known, sizes, strict=True))
    names = [s.site for s in sites]
    if len(set(names)) != len(names):
        raise _refusal(path, "a site twice")
    subject, exam = person
    unknown = {
        "origin_unknown": exam.simulated is None,
        "sound_speed_unknown": any(s.c_m_s is None for s in sites),
        "time_zero_unknown": any(s.t0_s is None for s in sites),
        "gain_unknown": any(not s.gain_known for s in sites),
    }
    return RfScan(
        source=source,
        subject=subject,
        device=read_device(header, None),
        exam=exam,
        sites=sites,
        samples=DicomRfSamples(path=path, max_bytes=max_bytes, sites=sites),
        flags=tuple(dict.fromkeys([*flags, *(f for f, is_so in unknown.items() if is_so)])),
    )


def _refusal(path: Path, found: str) -> UnusableScan:
    return UnusableScan("BS-E159", f"found {found}.", file=path)


def _own(item: DicomItem, element: int) -> Any:
    """Value of an element of our block, whatever block number it was given."""
    for found in item.private((layout.CREATOR,)):
        if found.tag[0] == layout.GROUP and found.tag[1] & 0xFF == element:
            return found.value
    return None


def _site(item: DicomItem, n_bytes: int, path: Path) -> RfSite:
    name = _own(item, layout.SITE)
    if not isinstance(name, str) or not is_site(name):
        raise _refusal(path, f"the site {str(name)[:40]!r}, wanted one as L1")
    shape = _own(item, layout.SHAPE)
    if not isinstance(shape, tuple) or len(shape) != _AXES or 0 in shape:
        raise _refusal(path, f"{name} of shape {shape}, wanted frames, lines, samples")
    wanted = math.prod(shape) * SAMPLE_BYTES
    if n_bytes != wanted:
        raise _refusal(path, f"{n_bytes} bytes of {name}, wanted {wanted}")
    numbers: dict[str, Any] = {
        key: _number(item, e, key, path) for e, key in layout.NUMBERS.items()
    }
    fs_hz = numbers.pop("fs_hz")
    if fs_hz is None:
        raise UnusableScan("BS-E147", f"found no sampling rate of {name}.", file=path)
    gain, calibration = _own(item, layout.GAIN_KNOWN), _own(item, layout.CALIBRATION)
    return RfSite(
        site=name,
        fs_hz=fs_hz,
        n_frames=shape[0],
        n_lines=shape[1],
        n_samples=shape[2],
        gain_known={"YES": True, "NO": False}.get(str(gain)),
        calibration_id=calibration if isinstance(calibration, str) else None,
        line_angle_rad=_curve(item, layout.ANGLES, shape[1], path),
        tgc_db=_curve(item, layout.TGC, shape[2], path),
        **numbers,
    )


_SIGNED = frozenset({"t0_s", "gain_db"})


def _number(item: DicomItem, element: int, name: str, path: Path) -> float | None:
    value = _own(item, element)
    if value is None:
        return None
    if not isinstance(value, float) or not math.isfinite(value):
        raise _refusal(path, f"{name} = {str(value)[:40]}")
    if name not in _SIGNED and value <= 0:
        raise _refusal(path, f"{name} = {value:g}, wanted > 0")
    return value


def _curve(item: DicomItem, element: int, length: int, path: Path) -> NDArray[Any] | None:
    value = _own(item, element)
    if value is None:
        return None
    import numpy as np

    values = np.asarray(value if isinstance(value, tuple) else (value,), dtype=np.float64)
    if values.shape != (length,) or not np.isfinite(values).all():
        raise _refusal(path, f"a curve of {values.size} numbers, wanted {length}")
    values.flags.writeable = False
    return values


def _sample_bytes(structure: Structure, path: Path) -> list[bytes]:
    """Take the samples of each site out of the data set, by pydicom under guard."""
    import io
    import warnings

    from pydicom.filereader import read_dataset

    file = io.BytesIO(structure.body)
    file.seek(structure.body_offset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the header was judged when it was parsed
        try:
            data = read_dataset(file, structure.is_implicit, structure.is_little_endian)
            block = data.private_block(layout.GROUP, layout.CREATOR)
            return [
                item.private_block(layout.GROUP, layout.CREATOR)[layout.SAMPLES].value
                for item in block[layout.SITES].value
            ]
        except Exception as error:  # pydicom raises a dozen kinds, all meaning this
            raise _refusal(path, f"no samples ({type(error).__name__})") from error


@dataclass(frozen=True, eq=False, kw_only=True)
class DicomRfSamples:
    """Opens the samples of a Raw Data object of ours again."""

    path: Path
    max_bytes: int
    sites: tuple[RfSite, ...]

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        """Yield the frames of `site`, each (line, sample)."""
        yield from self.block(site)

    def block(self, site: str) -> NDArray[Any]:
        """Read all frames of `site`, (frame, line, sample)."""
        import numpy as np

        from .open_file import read_bytes

        structure = check_structure(read_bytes(self.path, self.max_bytes), self.path)
        data = _sample_bytes(structure, self.path)
        number = [s.site for s in self.sites].index(site)
        known = self.sites[number]
        shape = (known.n_frames, known.n_lines, known.n_samples)
        if len(data) != len(self.sites) or len(data[number]) != math.prod(shape) * SAMPLE_BYTES:
            raise _refusal(self.path, "a file that has changed")
        return np.frombuffer(data[number], dtype="<i2").reshape(shape).astype(np.int16, copy=False)
