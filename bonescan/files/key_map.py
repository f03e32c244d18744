"""The key map: a TOML file that says what the variables of a MATLAB file mean.

::

    samples = "RfData"                      # the variable; "param.rf" in a struct
    axes = ["sample", "line", "frame"]      # in MATLAB's order; frame may be left out
    fs_hz = "param.fs"                      # a variable, or
    # fs_hz = 40e6                          # a number, or
    # fs_hz = { variable = "FPS", factor = 1e6 }
    c_m_s = 1540                            # the rest may be left out: then unknown
    f0_hz = 3.5e6
    t0_s = 0.0
    line_pitch_m = 0.0003
    probe_radius_m = 0.06
    site = "femoral-neck-left"
"""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.model.sites import is_site
from bonescan.settings import KeyMap, MappedValue

AXES = ("sample", "line", "frame")
_NUMBERS = ("fs_hz", "c_m_s", "f0_hz", "t0_s", "line_pitch_m", "probe_radius_m")
_KEYS = ("samples", "axes", *_NUMBERS, "site")
_NAME = re.compile(r"[A-Za-z]\w{0,62}(\.[A-Za-z]\w{0,62}){0,3}", re.ASCII)
MAX_BYTES = 64 * 2**10


def read_key_map(path: Path) -> KeyMap:
    """Read a key map.

    Raises
    ------
    UsageError
        BS-E301: no such file, no TOML, an unknown key, a value that can't be meant.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError("BS-E301", f"found more than {MAX_BYTES} bytes.", file=path)
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("BS-E301", f"the key map can't be read: {error}", file=path) from error
    strangers = sorted(set(table) - set(_KEYS))
    if strangers:
        raise UsageError(
            "BS-E301", f"found the key {strangers[0]!r}, wanted {', '.join(_KEYS)}.", file=path
        )
    return KeyMap(
        samples=_name(table.get("samples"), "samples", path),
        axes=_axes(table.get("axes"), path),
        fs_hz=_value(table["fs_hz"], "fs_hz", path) if "fs_hz" in table else None,
        site=_site(table.get("site"), path),
        **{
            name: _value(table[name], name, path)
            for name in _NUMBERS
            if name in table and name != "fs_hz"
        },
    )


def _name(value: Any, key: str, path: Path) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise UsageError(
            "BS-E301",
            f"found {key} = {value!r}, wanted the name of a variable, with full stops within a "
            "struct.",
            file=path,
        )
    return value


def _axes(value: Any, path: Path) -> tuple[str, ...]:
    names = tuple(value) if isinstance(value, list) else ()
    allowed = names and len(set(names)) == len(names) and set(names) <= set(AXES)
    if not allowed or not {"sample", "line"} <= set(names):
        raise UsageError(
            "BS-E301",
            f'found axes = {value!r}, wanted an order of "sample", "line" and, where there are '
            'several, "frame".',
            file=path,
        )
    return names


def _value(value: Any, name: str, path: Path) -> MappedValue:
    if isinstance(value, str):
        return MappedValue(variable=_name(value, name, path))
    if isinstance(value, dict):
        if set(value) != {"variable", "factor"}:
            raise UsageError(
                "BS-E301", f"found {name} = {value!r}, wanted variable and factor.", file=path
            )
        return MappedValue(
            variable=_name(value["variable"], name, path),
            factor=_number(value["factor"], name, path),
        )
    number = _number(value, name, path)
    check_quantity(name, number, path)
    return MappedValue(number=number)


def _number(value: Any, name: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UsageError("BS-E301", f"found {name} = {value!r}, wanted a number.", file=path)
    return float(value)


def check_quantity(name: str, number: float, path: Path) -> None:
    """Refuse a rate, speed, pitch or radius that is not above zero."""
    if name != "t0_s" and not number > 0:
        raise UsageError("BS-E301", f"found {name} = {number:g}, wanted > 0.", file=path)


def _site(value: Any, path: Path) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not is_site(value):
        raise UsageError("BS-E301", f"found site = {value!r}, wanted one as L1.", file=path)
    return value
