"""Checks a condition against the kinds of the facts that it reads.

Done when the tables are loaded, so that a rule which could never be judged is
refused there and not on the day when its fact is first recorded.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from bonescan.model.guidance import FactQuestion

from .condition import parse

_TRUTH, _NUMBER, _WORD, _WORDS, _DATE = "yes-no", "number", "word", "words", "date"
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def check_kinds(condition: str, facts: Mapping[str, FactQuestion]) -> None:
    """Refuse a condition that compares what can't be compared.

    Parameters
    ----------
    condition : str
    facts : mapping of str to FactQuestion
        Every fact that the condition reads.

    Raises
    ------
    ValueError
        Naming the part: a fact standing alone that is not yes-no, a time since
        what is no date, a number beside a word, a word that the fact can't
        have, a search in what is not several words.

    Examples
    --------
    >>> age = FactQuestion(name="age", kind="number", ask_en="?", ask_zh="?")
    >>> check_kinds("age >= 65", {"age": age})
    >>> check_kinds("age", {"age": age})
    Traceback (most recent call last):
    ValueError: found 'age', a number, where yes or no was wanted
    """
    _truth(parse(condition), facts)


def _truth(node: ast.expr, facts: Mapping[str, FactQuestion]) -> None:
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _truth(part, facts)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            _truth(inner, facts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            terms = [left, *others]
            for one, op, other in zip(terms[:-1], ops, terms[1:], strict=True):
                _pair(one, op, other, facts)
        case ast.Call(func=ast.Name(id="at_least"), args=[_, *parts]):
            for part in parts:
                _truth(part, facts)
        case ast.Call(func=ast.Name(id="is_known")):
            return
        case _:
            kind = _kind(node, facts)
            if kind != _TRUTH:
                raise ValueError(
                    f"found {ast.unparse(node)!r}, a {kind}, where yes or no was wanted"
                )


def _pair(
    left: ast.expr, op: ast.cmpop, right: ast.expr, facts: Mapping[str, FactQuestion]
) -> None:
    if isinstance(op, ast.In | ast.NotIn):
        _search(left, right, facts)
        return
    kinds = _kind(left, facts), _kind(right, facts)
    well = kinds[0] == kinds[1] and kinds[0] not in (_WORDS, "list")
    if isinstance(op, _ORDERED):
        well = kinds == (_NUMBER, _NUMBER)
    if not well:
        raise ValueError(
            f"found {ast.unparse(left)!r} ({kinds[0]}) beside {ast.unparse(right)!r} ({kinds[1]})"
        )
    _word_is_known(left, right, facts)
    _word_is_known(right, left, facts)


def _search(left: ast.expr, right: ast.expr, facts: Mapping[str, FactQuestion]) -> None:
    kind = _kind(left, facts)
    if isinstance(right, ast.Tuple):
        odd = [ast.unparse(p) for p in right.elts if _kind(p, facts) != kind]
        if odd:
            raise ValueError(f"found {', '.join(odd)} among what {ast.unparse(left)!r} may be")
        for part in right.elts:
            _word_is_known(left, part, facts)
        return
    if _kind(right, facts) != _WORDS or kind != _WORD:
        raise ValueError(
            f"found {ast.unparse(left)!r} in {ast.unparse(right)!r}, wanted a word in several words"
        )
    _word_is_known(right, left, facts)


def _word_is_known(fact: ast.expr, word: ast.expr, facts: Mapping[str, FactQuestion]) -> None:
    """Refuse a word that a fact can't have, where its words are listed."""
    match fact, word:
        case ast.Name(id=name), ast.Constant(value=str() as text):
            allowed = facts[name].words
            if allowed and text not in allowed:
                raise ValueError(f"found {name} {text!r}, wanted one of {', '.join(allowed)}")


def _kind(node: ast.expr, facts: Mapping[str, FactQuestion]) -> str:
    match node:
        case ast.Constant(value=bool()):
            return _TRUTH
        case ast.Constant(value=str()):
            return _WORD
        case ast.Constant():
            return _NUMBER
        case ast.Name(id=name):
            return facts[name].kind
        case ast.UnaryOp(op=ast.USub(), operand=inner) if _kind(inner, facts) == _NUMBER:
            return _NUMBER
        case ast.Call(func=ast.Name(id=function), args=[ast.Name(id=name)]) if (
            function != "is_known"
        ):
            if facts[name].kind != _DATE:
                raise ValueError(f"found {ast.unparse(node)!r}, and {name} is no date")
            return _NUMBER
        case ast.Tuple():
            return "list"
        case _:
            raise ValueError(f"found {ast.unparse(node)!r} where a value was wanted")
