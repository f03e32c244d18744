"""Conditions over named facts in three-valued logic.

The language is a small part of Python's expressions, read by Python's own
parser and walked here; nothing is ever executed:

* names of facts; numbers, words in quotes, ``True`` and ``False``
* ``and``, ``or``, ``not``; comparisons, also chained; ``in`` and ``not in``
* ``at_least(n, fact, fact, ...)``: so many of the conditions hold
* ``years_since(fact)``, ``months_since(fact)``, ``days_since(fact)`` of a date;
  unknown for a date still to come
* ``is_known(fact)``: never unknown itself

A fact that is missing is unknown, and a condition is unknown only where the
missing fact could change it (Kleene's strong logic).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from bonescan.model.calendar import MONTHS_PER_YEAR, after_months
from bonescan.model.guidance import FactSheet, Known, Truth

_MOST_CHARACTERS = 2000

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SINCE: Mapping[str, Callable[[date, date], float]] = {
    "years_since": lambda day, on: months_between(day, on) / MONTHS_PER_YEAR,
    "months_since": lambda day, on: months_between(day, on),  # noqa: PLW0108 - it stands below
    "days_since": lambda day, on: float((on - day).days),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A truth, the facts that made it, and the missing ones that leave it open."""

    truth: Truth
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Term:
    """A value with the facts it came from; None = unknown."""

    value: Known | tuple[Any, ...] | None  # a list written in a condition holds any values
    names: tuple[str, ...] = ()


@cache
def parse(condition: str) -> ast.expr:
    """Read a condition and refuse whatever the language does not have.

    Raises
    ------
    ValueError
        Naming what was found and where.
    """
    if len(condition) > _MOST_CHARACTERS:
        raise ValueError(f"found a condition of {len(condition)} characters, wanted a short one")
    try:
        tree = ast.parse(condition, mode="eval").body
    except SyntaxError as fault:
        raise ValueError(f"found {condition!r}, which is not a condition: {fault.msg}") from fault
    _check(tree)
    return tree


def names_in(condition: str) -> tuple[str, ...]:
    """List the facts that a condition reads, each once, in order.

    >>> names_in('age_years >= 65 and sex == "F"')
    ('age_years', 'sex')
    """
    found = [
        (n.lineno, n.col_offset, n.id)
        for n in ast.walk(parse(condition))
        if isinstance(n, ast.Name) and n.id not in _FUNCTIONS
    ]
    return tuple(dict.fromkeys(name for _line, _column, name in sorted(found)))


def judge(condition: str, sheet: FactSheet) -> Judged:
    """Judge a condition by what is known of a person.

    >>> from datetime import date
    >>> sheet = FactSheet(patient_id="a", on=date(2026, 1, 1), values={"age_years": 70})
    >>> judge('age_years >= 65 or sex == "M"', sheet).truth.value
    'yes'
    >>> judge('age_years >= 65 and sex == "M"', sheet).missing
    ('sex',)
    """
    return _judge(parse(condition), sheet)


# ------------------------------------------------------------------ checking


def _check(node: ast.expr) -> None:
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            return
        case ast.Name():
            return
        case ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
            for part in parts:
                _check(part)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=inner):
            _check(inner)
        case ast.Compare(left=left, ops=ops, comparators=others):
            if not all(type(op) in _COMPARE or isinstance(op, ast.In | ast.NotIn) for op in ops):
                raise ValueError(_refusal(node))
            for part in (left, *others):
                _check(part)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            _check_call(name, args, node)
        case _:
            raise ValueError(_refusal(node))


def _check_call(name: str, args: list[ast.expr], node: ast.expr) -> None:
    if name == "at_least":
        well = _is_count(args)
    else:
        well = len(args) == 1 and isinstance(args[0], ast.Name)
    if not well:
        raise ValueError(_refusal(node))
    for arg in args:
        _check(arg)


def _is_count(args: list[ast.expr]) -> bool:
    """Tell a count that can be reached: 1 to as many as there are, none of them twice."""
    first, others = args[:1], {ast.unparse(a) for a in args[1:]}
    if len(others) != len(args) - 1 or not others:
        return False
    match first:
        case [ast.Constant(value=n)]:
            return type(n) is int and 1 <= n <= len(others)
    return False


def _refusal(node: ast.expr) -> str:
    return f"found {ast.unparse(node)!r}, which conditions do not have"


# ------------------------------------------------------------------ judging


def _judge(node: ast.expr, sheet: FactSheet) -> Judged:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return _all([_judge(p, sheet) for p in parts])
        case ast.BoolOp(values=parts):
            return _any([_judge(p, sheet) for p in parts])
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _not(_judge(inner, sheet))
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _compare([left, *others], ops, sheet)
        case ast.Call(func=ast.Name(id="at_least"), args=[ast.Constant(value=int() as n), *args]):
            return _at_least(n, [_judge(a, sheet) for a in args])
        case ast.Call(func=ast.Name(id="is_known"), args=[ast.Name(id=name)]):
            known = name in sheet.values
            return Judged(Truth.YES if known else Truth.NO, (name,))
        case _:
            return _plain(_term(node, sheet))


def _plain(term: _Term) -> Judged:
    """Take a yes-no fact standing alone."""
    if term.value is None:
        return Judged(Truth.UNKNOWN, missing=term.names)
    if not isinstance(term.value, bool):
        raise TypeError(f"found {term.value!r} where yes or no was wanted ({term.names})")
    return Judged(Truth.YES if term.value else Truth.NO, term.names)


def _all(parts: list[Judged]) -> Judged:
    for part in parts:
        if part.truth is Truth.NO:
            return part
    open_parts = [p for p in parts if p.truth is Truth.UNKNOWN]
    if open_parts:
        return Judged(Truth.UNKNOWN, missing=_joined(p.missing for p in open_parts))
    return Judged(Truth.YES, _joined(p.because for p in parts))


def _any(parts: list[Judged]) -> Judged:
    holding = [p for p in parts if p.truth is Truth.YES]
    if holding:
        return Judged(Truth.YES, _joined(p.because for p in holding))
    open_parts = [p for p in parts if p.truth is Truth.UNKNOWN]
    if open_parts:
        return Judged(Truth.UNKNOWN, missing=_joined(p.missing for p in open_parts))
    return Judged(Truth.NO, _joined(p.because for p in parts))


def _not(inner: Judged) -> Judged:
    turned = {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.UNKNOWN: Truth.UNKNOWN}
    return Judged(turned[inner.truth], inner.because, inner.missing)


def _at_least(n: int, parts: list[Judged]) -> Judged:
    holding = [p for p in parts if p.truth is Truth.YES]
    open_parts = [p for p in parts if p.truth is Truth.UNKNOWN]
    if len(holding) >= n:
        return Judged(Truth.YES, _joined(p.because for p in holding))
    if len(holding) + len(open_parts) < n:
        return Judged(Truth.NO, _joined(p.because for p in parts))
    return Judged(Truth.UNKNOWN, missing=_joined(p.missing for p in open_parts))


def _compare(parts: list[ast.expr], ops: list[ast.cmpop], sheet: FactSheet) -> Judged:
    terms = [_term(p, sheet) for p in parts]
    steps = [
        _one_comparison(left, op, right)
        for left, op, right in zip(terms[:-1], ops, terms[1:], strict=True)
    ]
    return _all(steps)


def _one_comparison(left: _Term, op: ast.cmpop, right: _Term) -> Judged:
    names = _joined((left.names, right.names))
    if isinstance(op, ast.In | ast.NotIn):
        found = _membership(left, right, names)
        return found if isinstance(op, ast.In) else _not(found)
    unknown = _joined(t.names for t in (left, right) if t.value is None)
    if unknown:
        return Judged(Truth.UNKNOWN, missing=unknown)
    try:
        holds = _COMPARE[type(op)](left.value, right.value)
    except TypeError as fault:
        raise TypeError(f"found {left.value!r} beside {right.value!r} ({names})") from fault
    return Judged(Truth.YES if holds else Truth.NO, names)


def _membership(left: _Term, right: _Term, names: tuple[str, ...]) -> Judged:
    """Look for a value among several; an unknown member leaves it open where none is equal."""
    if right.value is not None and not isinstance(right.value, tuple):
        raise TypeError(f"found {right.value!r} after in, wanted several words ({names})")
    if left.value is None or right.value is None:
        return Judged(
            Truth.UNKNOWN, missing=_joined(t.names for t in (left, right) if t.value is None)
        )
    if left.value in right.value:
        return Judged(Truth.YES, names)
    if None in right.value:
        return Judged(Truth.UNKNOWN, missing=right.names)
    return Judged(Truth.NO, names)


def _term(node: ast.expr, sheet: FactSheet) -> _Term:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return _Term(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _negative(_term(inner, sheet))
        case ast.Tuple(elts=parts):
            terms = [_term(p, sheet) for p in parts]
            open_names = _joined(t.names for t in terms if t.value is None)
            names = open_names or _joined(t.names for t in terms)
            return _Term(tuple(t.value for t in terms), names)
        case ast.Name(id=name):
            return _Term(sheet.values.get(name), (name,))
        case ast.Call(func=ast.Name(id=function), args=[ast.Name(id=name)]):
            return _since(function, name, sheet)
        case _:
            raise ValueError(_refusal(node))


def _negative(term: _Term) -> _Term:
    if term.value is None:
        return term
    if isinstance(term.value, bool) or not isinstance(term.value, int | float):
        raise TypeError(f"found a minus before {term.value!r}, wanted a number")
    return _Term(-term.value, term.names)


def _since(function: str, name: str, sheet: FactSheet) -> _Term:
    day = sheet.values.get(name)
    if day is None:
        return _Term(None, (name,))
    if not isinstance(day, date):
        raise TypeError(f"found {day!r} for {name}, wanted a date")
    if day > sheet.on:
        return _Term(None, (name,))
    return _Term(_SINCE[function](day, sheet.on), (name,))


def months_between(day: date, on: date) -> float:
    """Count months by the calendar: whole on every monthly day, a share of the month between.

    A month without that day ends one day early, so the 31st plus a month is
    the 30th, and 29 February has its anniversary on the 28th.

    >>> months_between(date(2016, 3, 1), date(2026, 3, 1)) / 12
    10.0
    >>> months_between(date(2024, 2, 29), date(2025, 2, 28))
    12.0
    """
    if on < day:
        return -months_between(on, day)
    whole = (on.year - day.year) * MONTHS_PER_YEAR + on.month - day.month
    if after_months(day, whole) > on:
        whole -= 1
    begin, end = after_months(day, whole), after_months(day, whole + 1)
    return whole + (on - begin).days / (end - begin).days


def _joined(groups: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))


_FUNCTIONS = frozenset({*_SINCE, "at_least", "is_known"})
