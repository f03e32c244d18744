"""The `.yml` of a Clarius capture, which is no YAML: read line by line.

Its gain curve stands as ``tgc: { 0.00mm, 23.00dB }{ 40.00mm, 26.00dB }``, every
value carries its unit, every angle a degree sign.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import UnusableScan

MAX_BYTES = 4 * 2**20
# what the capture tool writes -> factor to SI, and dB as it is
_UNITS = {
    "": 1.0, "Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "bytes": 1.0,
    "byte": 1.0, "dB": 1.0,
}  # fmt: skip
_KEY = re.compile(r"([A-Za-z][A-Za-z ]*?)\s*:\s*(.*?)\s*")
_NUMBER = r"[-+]?\d{1,12}(?:\.\d{1,12})?(?:[eE][-+]?\d{1,2})?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*([A-Za-z]*)")
_PAIR = re.compile(r"\{\s*([^,{}]*?)\s*,\s*([^,{}]*?)\s*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClariusCapture:
    """What the `.yml` says; None = it does not."""

    kind: str  # "RF", "IQ", "B pre-scan"
    n_frames: int
    n_lines: int
    n_samples: int
    sample_bytes: int
    fs_hz: float | None
    delay_samples: float | None  # before the first stored one, counted at `fs_hz`
    f0_hz: float | None
    focus_m: float | None
    tgc: tuple[tuple[float, float], ...]  # (depth m, dB)


def read_clarius_yml(path: Path) -> ClariusCapture:
    """Read the description of a capture.

    Raises
    ------
    UnusableScan
        BS-E157 where it can't be opened, BS-E151 where it can't be understood.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnusableScan(
            "BS-E157", f"found {path.name} unreadable ({error.strerror}).", file=path
        ) from error
    if len(data) > MAX_BYTES:
        raise UnusableScan("BS-E151", f"found more than {MAX_BYTES} bytes.", file=path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableScan("BS-E151", "found text that is no UTF-8.", file=path) from error
    return _capture(_keys(text, path), path)


def _keys(text: str, path: Path) -> dict[str, str]:
    """Collect the keys at the margin; the list of lines below `lines:` is indented."""
    keys: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip() or line[0] in "# \t-":
            continue
        match = _KEY.fullmatch(line.rstrip())
        if match is None:
            raise UnusableScan("BS-E151", "found a line that is no `key: value`.", file=path)
        if match[1] in keys:
            raise UnusableScan("BS-E151", f"found {match[1][:40]!r} twice.", file=path)
        keys[match[1]] = match[2]
    return keys


def _capture(keys: dict[str, str], path: Path) -> ClariusCapture:
    size = keys.get("size", "")
    if not (size.startswith("{") and size.endswith("}")):
        raise UnusableScan("BS-E151", "found no size of the capture.", file=path)
    inner = dict.fromkeys(("samples per line", "number of lines", "sample size"), "")
    for part in size[1:-1].split(","):
        key, _, value = part.partition(":")
        inner[key.strip()] = value.strip()
    packing = keys.get("compression", "none")
    if packing.lower() != "none":
        raise UnusableScan("BS-E151", f"found the compression {packing[:40]!r}.", file=path)
    return ClariusCapture(
        kind=keys.get("type", ""),
        n_frames=_count(keys.get("frames", ""), "frames", path),
        n_lines=_count(inner["number of lines"], "number of lines", path),
        n_samples=_count(inner["samples per line"], "samples per line", path),
        sample_bytes=_count(inner["sample size"], "sample size", path),
        fs_hz=_positive(keys.get("sampling rate"), "sampling rate", path),
        delay_samples=_quantity(keys.get("delay samples"), "delay samples", path),
        f0_hz=_positive(keys.get("transmit frequency"), "transmit frequency", path),
        focus_m=_quantity(keys.get("focal depth"), "focal depth", path),
        tgc=_curve(keys.get("tgc", ""), path),
    )


def _quantity(text: str | None, key: str, path: Path) -> float | None:
    if not text:
        return None
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2] not in _UNITS:
        raise UnusableScan(
            "BS-E151", f"found {key}: {text[:40]!r}, wanted a number and a known unit.", file=path
        )
    value = float(match[1]) * _UNITS[match[2]]
    if not math.isfinite(value):
        raise UnusableScan("BS-E151", f"found {key}: {text[:40]!r}.", file=path)
    return value


def _positive(text: str | None, key: str, path: Path) -> float | None:
    value = _quantity(text, key, path)
    if value is not None and value <= 0:
        raise UnusableScan("BS-E151", f"found {key}: {value:g}, wanted > 0.", file=path)
    return value


def _count(text: str, key: str, path: Path) -> int:
    value = _quantity(text, key, path)
    if value is None or value != int(value) or value < 0:
        raise UnusableScan(
            "BS-E151", f"found {key}: {text[:40]!r}, wanted a whole number.", file=path
        )
    return int(value)


def _curve(text: str, path: Path) -> tuple[tuple[float, float], ...]:
    """Read the gain curve; an empty one is unknown."""
    if _PAIR.sub("", text).strip():
        raise UnusableScan("BS-E151", f"found tgc: {text[:60]!r}.", file=path)
    points: list[tuple[float, float]] = []
    for depth, gain in _PAIR.findall(text):
        pair = _quantity(depth, "tgc", path), _quantity(gain, "tgc", path)
        if pair[0] is None or pair[1] is None or (points and pair[0] <= points[-1][0]):
            raise UnusableScan("BS-E151", f"found tgc: {text[:60]!r}.", file=path)
        points.append((pair[0], pair[1]))
    return tuple(points)
