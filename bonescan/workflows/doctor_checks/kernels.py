"""The compiled kernels: whether they compile, and whether what was compiled is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .finding import Finding, State


def look_at_kernels() -> Iterator[Finding]:
    """Load the compiler and look at the folder of compiled kernels."""
    try:
        from bonescan.kernels import _jit
    except Exception as error:  # a compiler that does not fit may raise anything
        yield Finding(
            check="kernels",
            state=State.MISSING,
            found=f"numba does not load ({type(error).__name__}: {error})",
            advice="Install again: python -m pip install --force-reinstall numba llvmlite",
        )
        return
    yield kernel_cache(_jit.CACHE_DIR)


def kernel_cache(folder: str) -> Finding:
    """Judge the folder where compiled kernels are kept.

    Parameters
    ----------
    folder : str
        As the compiler chose it; empty when no folder was safe to use.
    """
    if not folder:
        return Finding(
            check="kernels",
            state=State.WARNING,
            found="compiled kernels can't be kept: no cache folder that only you can write",
            advice="Each run compiles them anew (seconds). Set XDG_CACHE_HOME to a folder of your "
            "own, and take others' permission to write from it.",
        )
    n_compiled = len(list(Path(folder).rglob("*.nbc")))
    text = f"{n_compiled} compiled, kept in {folder}"
    if n_compiled == 0:
        text = (
            f"none compiled yet, the first run compiles them (seconds) and keeps them in {folder}"
        )
    return Finding(check="kernels", state=State.OK, found=text)
