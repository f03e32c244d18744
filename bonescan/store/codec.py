"""Outcomes as JSON text and back, by their own type hints; pictures travel apart."""

from __future__ import annotations

import dataclasses
import json
import sys
import types
import typing
from collections.abc import Callable
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
    value: T = _builder(typing.cast("typing.Hashable", kind))(json.loads(text))
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


Build = Callable[[Any], Any]
LONGEST_SHARED = 64  # characters; longer texts are seldom the same twice


@cache
def _builder(kind: Any) -> Build:
    """Make the function that turns plain values into a `kind`, once for each kind."""
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        return _builder(next(a for a in typing.get_args(kind) if a is not type(None)))
    if origin is tuple:
        return _tuple_builder(typing.get_args(kind))
    if dataclasses.is_dataclass(kind):
        return _dataclass_builder(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _or_none({member.value: member for member in kind}.__getitem__)
    known = {date: date.fromisoformat, bytes: bytes.fromhex, float: float, str: _shared}
    return _or_none(known[kind]) if kind in known else _as_it_is


def _or_none(build: Build) -> Build:
    return lambda plain: None if plain is None else build(plain)


def _as_it_is(plain: Any) -> Any:
    return plain


def _shared(text: Any) -> Any:
    """Keep one copy of a short text: a store says "DXA" once a reading."""
    is_short = isinstance(text, str) and len(text) <= LONGEST_SHARED
    return sys.intern(text) if is_short else text


def _tuple_builder(arguments: tuple[Any, ...]) -> Build:
    if len(arguments) == 2 and arguments[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        every = arguments[0]
        # looked up when called: a kind may hold others of its own
        return _or_none(lambda plain: tuple(map(_builder(every), plain)))
    builders = [_builder(a) for a in arguments]
    return _or_none(lambda plain: tuple(build(v) for build, v in zip(builders, plain, strict=True)))


def _dataclass_builder(kind: Any) -> Build:
    builders: dict[str, Build] = {}

    def build(plain: Any) -> Any:
        if plain is None:
            return None
        if not builders:
            builders.update({k: _builder(h) for k, h in typing.get_type_hints(kind).items()})
        return kind(**{k: builders[k](v) for k, v in plain.items()})

    return build
