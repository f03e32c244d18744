"""A docstring names the parameters that its function has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "bonescan"
FILES = sorted(PACKAGE.rglob("*.py"))
SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?:^\w[\w ]*\n-+$|\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: :.*)?$", re.MULTILINE)


def parameters_in(docstring: str) -> list[str]:
    section = SECTION.search(docstring)
    if section is None:
        return []
    names = [m.group(1).split(", ") for m in ENTRY.finditer(section.group(1))]
    return [name.lstrip("*") for group in names for name in group]


def wrong_parameters(tree: ast.Module) -> list[str]:
    wrong = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or not (text := ast.get_docstring(node)):
            continue
        a = node.args
        has = {
            arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if arg
        }
        strangers = [name for name in parameters_in(text) if name not in has]
        wrong += [f"{node.name} has no parameter {name!r}" for name in strangers]
    return wrong


def undocumented(tree: ast.Module) -> list[str]:
    """Public functions, and public methods of public classes, without a docstring."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found += [m for m in node.body if isinstance(m, ast.FunctionDef)]
        elif isinstance(node, ast.FunctionDef):
            found.append(node)
    return [
        node.name for node in found if not node.name.startswith("_") and not ast.get_docstring(node)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_docstrings_are_there_and_true(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert path.name == "__init__.py" or ast.get_docstring(tree), "the file does not say what it is"
    assert undocumented(tree) == []
    assert wrong_parameters(tree) == []


def test_a_parameter_that_is_not_there_is_seen() -> None:
    code = '''
def f(x, *, y=1):
    """Do it.

    Parameters
    ----------
    x, z : float
        Two numbers.
    y : int, optional
        One.

    Returns
    -------
    w : float
    """
'''
    assert wrong_parameters(ast.parse(code)) == ["f has no parameter 'z'"]
    assert undocumented(ast.parse("def g(): pass\nclass A:\n    def _h(self): pass")) == ["g"]
