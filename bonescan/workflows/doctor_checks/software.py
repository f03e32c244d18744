"""Python, the libraries, and the tables and models that ship with bonescan."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import bonescan
from bonescan.errors import BonescanError

from .finding import Finding, State

OLDEST_PYTHON = (3, 11)
REINSTALL = "Install again: python -m pip install --force-reinstall bonescan (or . in a checkout)."

# Libraries with machine code, which can be installed and still not load.
COMPILED = ("numpy", "scipy", "h5py", "PIL", "pydantic", "sqlalchemy")


def look_at_software() -> Iterator[Finding]:
    """Look at everything that was installed."""
    yield python()
    yield libraries(requires("bonescan") or () if _is_installed() else None)
    yield machine_code(COMPILED)
    yield shipped_data()


def python(found: tuple[int, int] | None = None) -> Finding:
    """Judge the interpreter.

    Parameters
    ----------
    found : (major, minor), optional
        The version to judge; the running one by default.
    """
    text = f"Python {platform.python_version()} in {sys.prefix}, bonescan {bonescan.__version__}"
    if (found or sys.version_info[:2]) < OLDEST_PYTHON:
        return Finding(
            check="python",
            state=State.MISSING,
            found=text,
            advice="Make the virtual environment with Python 3.11 or newer.",
        )
    if sys.prefix == sys.base_prefix:
        return Finding(
            check="python",
            state=State.NOTE,
            found=f"{text}; this is no virtual environment",
            advice="Other programs may change these libraries; python3 -m venv .venv keeps ours.",
        )
    return Finding(check="python", state=State.OK, found=text)


def libraries(requirements: Iterable[str] | None) -> Finding:
    """Compare what is installed with what is asked for.

    Parameters
    ----------
    requirements : iterable of str, or None
        Lines such as "numpy>=1.26"; lines that belong to an extra are passed
        over. None: bonescan runs without having been installed.
    """
    if requirements is None:
        return Finding(
            check="libraries",
            state=State.NOTE,
            found="bonescan was started from its folder without being installed",
            advice="The versions of the libraries were not compared: python -m pip install .",
        )
    wanted = [line for line in requirements if "extra ==" not in line]
    wrong = [text for line in wanted if (text := _wrong(line))]
    if wrong:
        return Finding(
            check="libraries", state=State.MISSING, found="; ".join(wrong), advice=REINSTALL
        )
    names = ", ".join(f"{n} {version(n)}" for n in map(_name, wanted))
    return Finding(check="libraries", state=State.OK, found=names)


def machine_code(modules: Iterable[str]) -> Finding:
    """Load the libraries that hold machine code."""
    broken = []
    for name in modules:
        try:
            import_module(name)
        except Exception as error:  # a broken library may raise anything
            broken.append(f"{name} does not load ({type(error).__name__}: {error})")
    if broken:
        return Finding(
            check="machine code", state=State.MISSING, found="; ".join(broken), advice=REINSTALL
        )
    return Finding(check="machine code", state=State.OK, found="all libraries load")


def shipped_data() -> Finding:
    """Load the reference tables and the bundled model as a run would."""
    from bonescan.files.model_file import load_model
    from bonescan.norms.load import load_norms

    try:
        norms, model = load_norms(None), load_model(None)
    except (BonescanError, OSError, ValueError) as error:
        return Finding(
            check="shipped data",
            state=State.MISSING,
            found=f"a table or the model can't be read: {error}",
            advice=REINSTALL,
        )
    return Finding(
        check="shipped data",
        state=State.OK,
        found=f"reference tables {norms.content_sha256[:12]}, model {model.model_id}",
    )


def _is_installed() -> bool:
    try:
        version("bonescan")
    except PackageNotFoundError:
        return False
    return True


def _name(requirement: str) -> str:
    return re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]


def _wrong(requirement: str) -> str:
    name = _name(requirement)
    oldest = re.search(r">=\s*([\d.]+)", requirement)
    try:
        have = version(name)
    except PackageNotFoundError:
        return f"{name} is not installed"
    if oldest and _numbers(have) < _numbers(oldest.group(1)):
        return f"{name} is {have}, wanted {oldest.group(1)} or newer"
    return ""


def _numbers(text: str) -> tuple[int, ...]:
    """Compare "1.10" above "1.9"; what follows the first letter ("2.0rc1") does not count."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, found.group().split("."))) if found else ()


def package_folder() -> Path:
    """Say where the running bonescan lies."""
    return Path(bonescan.__file__).parent
