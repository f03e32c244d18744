"""RF samples in a MetaImage (`.mha`): header lines, then the samples, plain or by zlib.

The format has no field for the sampling rate, and its spacing is often unset:
the rate comes from the user, never from a guess. The first axis is depth, the
second the line, the third the frame.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import UNKNOWN_SITE
from bonescan.settings import ReadSettings

from ..assemble import assemble_rf, sampling_rate_hz
from ..probe import Probe
from ..registry import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "metaimage-rf"
MAX_HEADER_BYTES = 64 * 2**10
MAX_DATA_BYTES = 2 * 2**30
MAX_INFLATION = 200
RF_TYPES = {"MET_SHORT": "i2", "MET_INT": "i4", "MET_FLOAT": "f4"}
_RANKS = (2, 3)  # (sample, line) or (sample, line, frame)
_CLAIMED_KEYS = {"ObjectType", "NDims", "Comment"}
_LINE = re.compile(rb"[ \t]*(\w+)[ \t]*=[ \t]*([^\r\n]*?)[ \t\r]*\n")
_END_KEY = "ElementDataFile"


def _claims(probe: Probe) -> bool:
    key, equals, _ = probe.first_line.partition("=")
    return bool(equals) and key.strip() in _CLAIMED_KEYS and b"NDims" in probe.head


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    shape: tuple[int, int, int]  # frame, line, sample
    dtype: str
    offset: int
    packed: bool
    n_bytes: int  # unpacked


def _layout(path: Path) -> _Layout:
    keys, offset = _header(path)
    kind = keys.get("ElementType", "")
    if kind not in RF_TYPES or keys.get("ElementNumberOfChannels", "1") != "1":
        raise UnusableScan("BS-E150", f"found samples of type {kind or 'unknown'}.", file=path)
    if keys.get(_END_KEY) != "LOCAL":
        raise UnusableScan(
            "BS-E148",
            f"found the data in {keys.get(_END_KEY, '')[:60]!r}, wanted LOCAL.",
            file=path,
        )
    shape = _shape(keys, path)
    order = ">" if _yes(keys, "BinaryDataByteOrderMSB", "ElementByteOrderMSB") else "<"
    n_bytes = math.prod(shape) * int(RF_TYPES[kind][1])
    if n_bytes > MAX_DATA_BYTES:
        raise UnusableScan(
            "BS-E149", f"found {n_bytes} bytes, wanted ≤ {MAX_DATA_BYTES}.", file=path
        )
    layout = _Layout(
        shape=shape,
        dtype=order + RF_TYPES[kind],
        offset=offset,
        packed=_yes(keys, "CompressedData"),
        n_bytes=n_bytes,
    )
    _check_size(layout, keys, path)
    return layout


def _header(path: Path) -> tuple[dict[str, str], int]:
    with path.open("rb") as file:
        head = file.read(MAX_HEADER_BYTES)
    keys: dict[str, str] = {}
    offset = 0
    while _END_KEY not in keys:
        match = _LINE.match(head, offset)
        if match is None:
            raise UnusableScan(
                "BS-E148", f"found no `key = value` line at byte {offset}.", file=path
            )
        key, value = (part.decode("latin_1") for part in match.groups())
        if key in keys:
            raise UnusableScan("BS-E148", f"found {key} twice.", file=path)
        keys[key] = value
        offset = match.end()
    return keys, offset


def _shape(keys: dict[str, str], path: Path) -> tuple[int, int, int]:
    words = keys.get("DimSize", "").split()
    if keys.get("NDims") != str(len(words)) or len(words) not in _RANKS:
        raise UnusableScan(
            "BS-E148",
            f"found NDims = {keys.get('NDims')} and DimSize = {keys.get('DimSize')}.",
            file=path,
        )
    if not all(re.fullmatch(r"[1-9]\d{0,8}", w) for w in words):
        raise UnusableScan("BS-E148", f"found DimSize = {keys['DimSize']}.", file=path)
    n_samples, n_lines, n_frames = (*(int(w) for w in words), 1)[:3]
    return n_frames, n_lines, n_samples


def _yes(keys: dict[str, str], *names: str) -> bool:
    return any(keys.get(name, "").lower() == "true" for name in names)


def _check_size(layout: _Layout, keys: dict[str, str], path: Path) -> None:
    left = path.stat().st_size - layout.offset
    if not layout.packed:
        if left != layout.n_bytes:
            raise UnusableScan(
                "BS-E149", f"found {left} bytes of samples, wanted {layout.n_bytes}.", file=path
            )
        return
    stated = keys.get("CompressedDataSize")
    if stated is not None and stated != str(left):
        raise UnusableScan(
            "BS-E149", f"found {left} packed bytes, wanted CompressedDataSize {stated[:20]}.",
            file=path,
        )  # fmt: skip
    if layout.n_bytes > left * MAX_INFLATION:
        raise UnusableScan(
            "BS-E149", f"found {left} packed bytes for {layout.n_bytes} of samples.", file=path
        )


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    path = probe.path
    layout = _layout(path)
    fs_hz = sampling_rate_hz(None, settings, probe)
    samples = MetaImageSamples(path=path)
    if layout.packed:
        samples.block(UNKNOWN_SITE)  # nothing but unpacking tells whether the stream is whole
    n_frames, n_lines, n_samples = layout.shape
    site = RfSite(
        site=UNKNOWN_SITE,
        fs_hz=fs_hz,
        n_frames=n_frames,
        n_lines=n_lines,
        n_samples=n_samples,
        f0_hz=settings.centre_frequency_hz,
        c_m_s=settings.sound_speed_m_s,
        t0_s=settings.time_zero_s,
    )
    return assemble_rf(probe, NAME, site, samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaImageSamples:
    """Opens the samples of a MetaImage again."""

    path: Path

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        """Yield the frames, each (line, sample), in the stored type."""
        yield from self.block(site)

    def block(self, site: str) -> NDArray[Any]:
        """Read all frames, (frame, line, sample), in the stored type."""
        import numpy as np

        layout = _layout(self.path)
        with self.path.open("rb") as file:
            file.seek(layout.offset)
            data = file.read()
        if layout.packed:
            data = self._inflate(data, layout.n_bytes)
        values = np.frombuffer(data, dtype=layout.dtype).reshape(layout.shape)
        return values.astype(layout.dtype[1:], copy=False)

    def _inflate(self, packed: bytes, n_bytes: int) -> bytes:
        machine = zlib.decompressobj()
        try:
            data = machine.decompress(packed, n_bytes + 1)
        except zlib.error as error:
            raise UnusableScan(
                "BS-E149", f"found a damaged stream ({error}).", file=self.path
            ) from error
        if len(data) != n_bytes or not machine.eof:
            raise UnusableScan(
                "BS-E149", f"found {len(data)} unpacked bytes, wanted {n_bytes}.", file=self.path
            )
        return data


FORMAT = Format(NAME, _claims, _read)
