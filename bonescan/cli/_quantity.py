"""Numbers with a unit on the command line."""

from __future__ import annotations

import re

import typer

_FREQUENCY = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([kKmMgG]?)[hH]?[zZ]?\s*")
_PREFIX = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_RANGE_HZ = (1e3, 1e10)


def frequency_hz(text: str | float) -> float:
    """Read a frequency: ``30e6``, ``30MHz``, ``30 MHz``, ``30000000``.

    >>> frequency_hz("30MHz"), frequency_hz("3e7"), frequency_hz("7.5 mhz")
    (30000000.0, 30000000.0, 7500000.0)
    """
    match = _FREQUENCY.fullmatch(str(text))
    if match is None:
        raise typer.BadParameter(f"found {text!r}, wanted a frequency such as 30e6 or 30MHz.")
    value = float(match[1]) * _PREFIX[match[2].lower()]
    if not _RANGE_HZ[0] <= value <= _RANGE_HZ[1]:
        raise typer.BadParameter(f"found {value:g} Hz, wanted 1 kHz to 10 GHz, as in 30MHz.")
    return value


_TIME = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(s|sec|min|h)?\s*")
_SECONDS = {None: 1.0, "s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}
MAX_S = 7 * 24 * 3600.0


def seconds(text: str | float) -> float:
    """Read a length of time: ``30``, ``30s``, ``2min``, ``0.5 h``.

    >>> seconds("30s"), seconds("2min"), seconds(5)
    (30.0, 120.0, 5.0)
    """
    match = _TIME.fullmatch(str(text))
    if match is None:
        raise typer.BadParameter(f"found {text!r}, wanted a time such as 30s or 2min.")
    value = float(match[1]) * _SECONDS[match[2]]
    if not 0.0 < value <= MAX_S:
        raise typer.BadParameter(f"found {value:g} s, wanted more than 0 and at most 7 days.")
    return value
