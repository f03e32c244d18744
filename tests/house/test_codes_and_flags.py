"""Every code and every flag that a user can meet is explained, and none is explained in vain."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bonescan import errors
from bonescan.errors import all_codes
from bonescan.files.flag_texts import all_flags

PACKAGE = Path(__file__).resolve().parents[2] / "bonescan"
CODE = re.compile(r"BS-[EW]\d{3}")
FLAG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


@cache
def sources(left_out: str) -> tuple[tuple[Path, str], ...]:
    """Read every source but those whose path below the package starts with `left_out`."""
    paths = sorted(PACKAGE.rglob("*.py"))
    kept = [p for p in paths if not p.relative_to(PACKAGE).as_posix().startswith(left_out)]
    return tuple((path, path.read_text(encoding="utf-8")) for path in kept)


def flag_words_in(tree: ast.AST) -> Iterator[str]:
    """Yield the words that code puts where flags stand."""
    for node in ast.walk(tree):
        for value in _values_that_become_flags(node):
            yield from _words(value)


def _values_that_become_flags(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.keyword):
        return [node.value] if _holds_flags(node.arg or "") else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        adds = node.func.attr in {"append", "add", "extend"}
        return node.args if adds and _holds_flags(_name(node.func.value)) else []
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [node.value] if any(_holds_flags(_name(t)) for t in targets) else []
    return []


def _holds_flags(name: str) -> bool:
    return name.lower().endswith(("flag", "flags"))


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _words(node: ast.AST) -> Iterator[str]:
    """Yield what may become a flag of an expression: constants, not the sides of a comparison."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and FLAG.fullmatch(node.value):
            yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body)
        yield from _words(node.orelse)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from _words(element)
    elif isinstance(node, ast.BinOp):
        yield from _words(node.left)
        yield from _words(node.right)
    elif isinstance(node, ast.Starred):
        yield from _words(node.value)


@cache
def used_flags() -> dict[str, str]:
    found: dict[str, str] = {}
    for path, text in sources("files/flag_texts"):
        for word in flag_words_in(ast.parse(text)):
            found.setdefault(word, path.relative_to(PACKAGE).as_posix())
    return found


@cache
def used_codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for path, text in sources("errors/"):
        for code in CODE.findall(text):
            found.setdefault(code, path.relative_to(PACKAGE).as_posix())
    return found


@pytest.mark.parametrize(("code", "where"), used_codes().items())
def test_a_code_in_use_is_registered(code: str, where: str) -> None:
    registered = code in all_codes()
    assert registered, f"{where} uses {code}, which no bonescan/errors/codes_*.py lists"


@pytest.mark.parametrize("code", all_codes())
def test_a_registered_code_says_what_it_means_and_what_to_do(code: str) -> None:
    info = all_codes()[code]
    assert CODE.fullmatch(code)
    assert len(info.title) > 10
    assert len(info.hint) > 10
    assert info.hint.endswith((".", ")", "?"))


def test_each_code_stands_in_the_range_of_its_room() -> None:
    ranges = re.findall(
        r"^BS-([EW])(\d{3})-\1(\d{3}) .*\((.*)\)$", errors.__doc__ or "", re.MULTILINE
    )
    assert len(ranges) > 10
    astray = []
    for module in pkgutil.iter_modules(errors.__path__):
        for info in importlib.import_module(f"bonescan.errors.{module.name}").CODES:
            letter, number = info.code[3], info.code[4:]
            astray += [
                f"{info.code} in {module.name}"
                for kind, first, last, rooms in ranges
                if letter == kind and first <= number <= last and f"`{module.name}`" not in rooms
            ]
    assert astray == []


@pytest.mark.parametrize("code", all_codes())
def test_a_registered_code_is_in_use(code: str) -> None:
    in_use = code in used_codes()
    assert in_use, f"{code} is registered, and nothing in bonescan raises it"


@pytest.mark.parametrize(("flag", "where"), used_flags().items())
def test_a_flag_in_use_is_explained(flag: str, where: str) -> None:
    explained = flag in all_flags()
    assert explained, f"{where} sets {flag}; no files/flag_texts_*.py explains it"


@pytest.mark.parametrize("flag", all_flags())
def test_a_flag_is_explained_in_a_sentence_and_in_use(flag: str) -> None:
    assert FLAG.fullmatch(flag) or flag.isalpha()
    assert len(all_flags()[flag].split()) >= 4
    everywhere = [text for _, text in sources("files/flag_texts")]
    # as a word, or as a constant that carries it (CELL_NOT_READ)
    assert any(f'"{flag}"' in text or flag.upper() in text for text in everywhere), (
        "nothing sets it"
    )


def test_the_search_for_flags_sees_each_way_of_setting_one() -> None:
    code = """
flags = ["low_signal", *more]
flags.append("gain_unknown" if gain is None else "gain_old")
flags += ("no_path",)
row = Row(flags=("one_two",) + others, name="not_a_flag")
SIM_FLAG = "sim_model"
if flags == ["never_mind"]: pass
"""
    assert set(flag_words_in(ast.parse(code))) == {
        "low_signal", "gain_unknown", "gain_old", "no_path", "one_two", "sim_model",
    }  # fmt: skip
