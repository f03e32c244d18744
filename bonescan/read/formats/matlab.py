"""MATLAB files (`.mat`): what their variables mean comes from a key map, never from a guess.

Versions 5 to 7 are read by `matlab5`, 7.3 (HDF5 behind 512 bytes) by the
guarded HDF5 reader; there h5py sees the axes in reverse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan
from bonescan.model.scan import FrameSource, RfScan, RfSite
from bonescan.model.sites import UNKNOWN_SITE
from bonescan.settings import KeyMap, MappedValue, ReadSettings

from ..assemble import assemble_rf, sampling_rate_hz
from ..hdf5_frames import FRAME, LINE, ONE, SAMPLE, Hdf5Frames, find_array, read_one
from ..matlab5 import Variable, list_variables, pick, read_values
from ..probe import HDF5_MAGIC, Probe
from ..registry import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "matlab"
_HDF5_OFFSET = 512
_SHOWN = 12  # variables
_INNER = frozenset({"#refs#", "#subsystem#"})


def _claims(probe: Probe) -> bool:
    return probe.head.startswith((b"MATLAB 5.0", b"MATLAB 7.3")) or _is_73(probe)


def _is_73(probe: Probe) -> bool:
    return probe.head[_HDF5_OFFSET : _HDF5_OFFSET + len(HDF5_MAGIC)] == HDF5_MAGIC


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    if settings.key_map is None:
        raise _without_key_map(probe)
    read = _read_73 if _is_73(probe) else _read_5
    source, shape, number = read(probe, settings.key_map)
    return _scan(probe, settings, source, shape, number)


_Numbers = Callable[[str], float]
_Read = tuple[FrameSource, tuple[int, int, int], _Numbers]


# ------------------------------------------------------------------ without a key map


def _without_key_map(probe: Probe) -> UnusableScan:
    found = _variables_73(probe.path) if _is_73(probe) else list_variables(probe.path)
    known = [v for v in found if v.name.isidentifier() and v.name.isascii()]
    shown = ", ".join(f"{v.name} ({'x'.join(map(str, v.shape))} {v.kind})" for v in known[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    large = max((v for v in known if v.is_numeric), key=lambda v: math.prod(v.shape), default=None)
    name = "RF" if large is None else large.name
    return UnusableScan(
        "BS-E155",
        f"found the variables {shown or 'none'}{more}, and no key map.",
        f'Write a file keys.toml, e.g. samples = "{name}", axes = ["sample", "line", "frame"], '
        "fs_hz = 40e6 (one a line; yours to know), and give it with --key-map keys.toml.",
        file=probe.path,
    )


def _variables_73(path: Path) -> tuple[Variable, ...]:
    import h5py

    from bonescan.files.guarded_hdf5 import find_child, hdf5_faults, open_hdf5

    found = []
    with hdf5_faults(path), open_hdf5(path) as file:
        for name in sorted(set(map(str, file)) - _INNER)[: 4 * _SHOWN]:
            child = find_child(file, name, path)
            if isinstance(child, h5py.Dataset) and child.shape is not None:
                kind = {"float64": "double", "float32": "single"}.get(child.dtype.name)
                found.append(Variable(name, child.shape[::-1], kind or child.dtype.name))
            else:
                found.append(Variable(name, (1, 1), "struct"))
    return tuple(found)


# ------------------------------------------------------------------ version 5 to 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples5:
    """Opens the samples of a file of version 5 to 7 again."""

    path: Path
    keys: KeyMap

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        """Yield the frames, each (line, sample)."""
        yield from self.block(site)

    def block(self, site: str) -> NDArray[Any]:
        """Read all frames, (frame, line, sample)."""
        values = read_values(self.path, _roots(self.keys))
        return _upright(pick(values, self.keys.samples, self.path), self.keys.axes, self.path)


def _read_5(probe: Probe, keys: KeyMap) -> _Read:
    path = probe.path
    list_variables(path)  # damage is named before the rest
    values = read_values(path, _roots(keys))
    samples = _upright(pick(values, keys.samples, path), keys.axes, path)

    def number(name: str) -> float:
        found = pick(values, name, path)
        if found.size != 1 or found.dtype.kind not in "iuf":
            raise UnusableScan(
                "BS-E155", f"found {name!r} of shape {found.shape}, wanted one number.", file=path
            )
        return float(found.reshape(-1)[0])

    return (
        _Samples5(path=path, keys=keys),
        (samples.shape[0], samples.shape[1], samples.shape[2]),
        number,
    )


def _roots(keys: KeyMap) -> frozenset[str]:
    mapped = (keys.fs_hz, *_mapped(keys).values())
    dotted = [keys.samples, *(v.variable for v in mapped if v and v.variable)]
    return frozenset(name.split(".", 1)[0] for name in dotted)


def _upright(array: NDArray[Any], axes: Sequence[str], path: Path) -> NDArray[Any]:
    """Turn an array in the user's order of axes into (frame, line, sample)."""
    import numpy as np

    if array.dtype.kind == "c":
        raise UnusableScan("BS-E154", "found complex samples (IQ), wanted RF.", file=path)
    shape = _with_axes(array.shape, axes, path)
    known = [*axes, *(a for a in (FRAME,) if a not in axes)]
    full = array.reshape((*shape, *(1 for _ in known[len(axes) :])))
    return np.ascontiguousarray(full.transpose([known.index(a) for a in (FRAME, LINE, SAMPLE)]))


def _with_axes(shape: tuple[int, ...], axes: Sequence[str], path: Path) -> tuple[int, ...]:
    """Give each named axis its length; MATLAB drops trailing axes of length 1."""
    n = len(axes)
    padded = (*shape, *(1 for _ in range(n - len(shape))))
    if any(length != 1 for length in padded[n:]) or 0 in padded:
        raise UnusableScan(
            "BS-E155",
            f"found samples of shape {'x'.join(map(str, shape))}, wanted the axes "
            f"{', '.join(axes)}.",
            file=path,
        )
    return padded[:n]


# ------------------------------------------------------------------ version 7.3


def _read_73(probe: Probe, keys: KeyMap) -> _Read:
    from bonescan.files.guarded_hdf5 import find_group, hdf5_faults, open_hdf5

    path = probe.path
    place = tuple(keys.samples.split("."))
    with hdf5_faults(path), open_hdf5(path) as file:
        stored = find_array(file, place, path).shape
    named = _with_axes(stored[::-1], keys.axes, path)
    axes = (*keys.axes, *(ONE for _ in stored[len(named) :]))[: len(stored)]
    if not {LINE, SAMPLE} <= set(axes):
        raise UnusableScan("BS-E155", f"found samples of {len(stored)} axes.", file=path)
    frames = Hdf5Frames(path=path, place=place, axes=axes[::-1])

    def number(name: str) -> float:
        *groups, last = name.split(".")
        with hdf5_faults(path), open_hdf5(path) as file:
            group = file
            for part in groups:
                group = find_group(group, part, path) or {}
            found = read_one(group, last, path) if group else None
        if found is None:
            raise UnusableScan("BS-E155", f"found no variable {name!r}.", file=path)
        return found

    return frames, frames.shape(stored), number


# ------------------------------------------------------------------ both


def _mapped(keys: KeyMap) -> dict[str, MappedValue | None]:
    return {
        "c_m_s": keys.c_m_s,
        "f0_hz": keys.f0_hz,
        "t0_s": keys.t0_s,
        "line_pitch_m": keys.line_pitch_m,
        "probe_radius_m": keys.probe_radius_m,
    }


def _scan(
    probe: Probe,
    settings: ReadSettings,
    source: FrameSource,
    shape: tuple[int, int, int],
    number: _Numbers,
) -> RfScan:
    keys = settings.key_map
    if keys is None:
        raise _without_key_map(probe)
    values = {
        name: None if said is None else _quantity(name, said, number, probe.path)
        for name, said in _mapped(keys).items()
    }
    site = RfSite(
        site=keys.site or UNKNOWN_SITE,
        fs_hz=sampling_rate_hz(
            None if keys.fs_hz is None else _quantity("fs_hz", keys.fs_hz, number, probe.path),
            settings,
            probe,
        ),
        n_frames=shape[0],
        n_lines=shape[1],
        n_samples=shape[2],
        f0_hz=values["f0_hz"] or settings.centre_frequency_hz,
        c_m_s=values["c_m_s"] or settings.sound_speed_m_s,
        t0_s=settings.time_zero_s if values["t0_s"] is None else values["t0_s"],
        line_pitch_m=values["line_pitch_m"],
        probe_radius_m=values["probe_radius_m"],
    )
    return assemble_rf(probe, NAME, site, source)


def _quantity(name: str, said: MappedValue, number: _Numbers, path: Path) -> float:
    if said.number is not None:
        return said.number
    value = number(said.variable or "") * said.factor
    if not math.isfinite(value) or (name != "t0_s" and not value > 0):
        raise UnusableScan(
            "BS-E155", f"found {name} = {value:g} in {said.variable!r}, wanted > 0.", file=path
        )
    return value


FORMAT = Format(NAME, _claims, _read)
