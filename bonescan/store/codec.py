"""Outcomes as JSON text and back, by their own type hints; pictures travel apart."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union

T = TypeVar("T")


def encode(value: Any) -> str:
    """Write a frozen dataclass as JSON text; keys sorted, so that equal values give equal text."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, allow_nan=False)


def decode(kind: type[T], text: str) -> T:
    """Read what `encode` wrote as a value of `kind`."""
    value: T = _build(kind, json.loads(text))
    return value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, plain: Any) -> Any:
    if plain is None:
        return None
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = [a for a in typing.get_args(kind) if a is not type(None)]
        return _build(inner[0], plain)
    if origin is tuple:
        args = typing.get_args(kind)
        if len(args) == 2 and args[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
            return tuple(_build(args[0], v) for v in plain)
        return tuple(_build(a, v) for a, v in zip(args, plain, strict=True))
    return _build_plain(kind, plain)


def _build_plain(kind: Any, plain: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast("typing.Hashable", kind))
        return kind(**{k: _build(hints[k], v) for k, v in plain.items()})  # type: ignore[operator]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(plain)
    if kind is date:
        return date.fromisoformat(plain)
    if kind is bytes:
        return bytes.fromhex(plain)
    if kind is float:
        return float(plain)
    return plain
