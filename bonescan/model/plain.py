"""Frozen values as plain dictionaries: what JSON, a table or a notebook takes."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any


def to_plain(value: Any) -> Any:
    """Turn a value of `model` into dict, list, str, number and None; bytes give their length."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [to_plain(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Path):
        return str(value)
    return value


def find_unstorable(value: Any) -> str | None:
    """Say what in a value can't be written down: a number that is none, or broken text.

    >>> find_unstorable((1.0, "a"))
    >>> find_unstorable({"bmd_g_cm2": float("nan")})
    'the number nan'
    """
    match value:
        case float():
            return None if math.isfinite(value) else f"the number {value}"
        case str():
            return None if value.isprintable() or _encodes(value) else "text that is no Unicode"
        case dict():
            value = tuple(value.values())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = tuple(getattr(value, f.name) for f in dataclasses.fields(value))
    if isinstance(value, tuple | list):
        return next((odd for v in value if (odd := find_unstorable(v))), None)
    return None


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def shown_path(path: Path | str) -> str:
    r"""Write a path as text that any file can hold; bytes that are no UTF-8 as ``\xff``.

    >>> shown_path("bad\udcff.dcm")
    'bad\\xff.dcm'
    """
    raw = str(path).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")
