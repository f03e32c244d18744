"""The one place that imports numba and decides how kernels are compiled.

A kernel is a function of arrays and scalars. Every array enters it as a
read-only C-contiguous view of the stated dtype (`bonescan.model.arrays.kernel_input`),
so that numba compiles exactly one version of it.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

from bonescan import __version__

P = ParamSpec("P")
R = TypeVar("R")

# No "nnan" and no "ninf": scans carry NaN for what was not measured and the kernels must see it.
FLAGS = {"nsz", "arcp", "contract", "afn", "reassoc"}
UNUSED_DAYS = 90  # cache folders of other versions are kept this long
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH

KERNELS: dict[str, Callable[..., object]] = {}


def _sources_key() -> str:
    """Hash every source in this folder: numba's own key misses callees in other files."""
    here = Path(__file__).parent
    digest = hashlib.sha256(f"{__version__} {numba.__version__}".encode())
    for path in sorted(here.rglob("*.py")):
        digest.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _only_ours(folder: Path) -> bool:
    """Whether nobody else can put a file there: numba unpickles what it finds."""
    status = folder.stat()
    ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return ours and not status.st_mode & OTHERS_MAY_WRITE and os.access(folder, os.W_OK)


def _remove_unused(base: Path, keep: Path) -> None:
    """Remove the folders of other versions that nobody used for `UNUSED_DAYS`."""
    oldest = time.time() - UNUSED_DAYS * 86_400
    for folder in base.iterdir():
        if folder != keep and folder.is_dir() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def _cache_dir() -> str:
    """Name the folder of exactly this version and these sources; "" when none is safe."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    base = Path(home, "bonescan", "kernels")
    folder = base / f"{__version__}-{_sources_key()}"
    try:
        Path(home).mkdir(parents=True, exist_ok=True)
        for level in (base.parent, base, folder):
            level.mkdir(exist_ok=True, mode=0o700)
            if not _only_ours(level):
                return ""
        os.utime(folder)  # says "still used"
        _remove_unused(base, folder)
    except OSError:
        return ""
    return str(folder)


CACHE_DIR = _cache_dir()


def kernel(
    *, relaxed: bool = False, parallel: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function of arrays and scalars, and list it for the twin tests.

    Parameters
    ----------
    relaxed : bool, default False
        Let the compiler reorder float operations (never so that NaN or
        infinity vanish); needs a comment that gives the measured error.
    parallel : bool, default False
        Run `prange` loops on several threads; only over independent rows, and
        called under `threads.kernel_lock`.

    Returns
    -------
    decorate : callable
        Gives the compiled function, listed in `KERNELS` as "module.name".
    """

    def compile_(func: Callable[P, R]) -> Callable[P, R]:
        options = vars(numba.config)  # numba chooses the folder when njit() is applied
        outside, options["CACHE_DIR"] = options["CACHE_DIR"], CACHE_DIR
        try:
            compiled: Callable[P, R] = numba.njit(
                nogil=True,
                cache=bool(CACHE_DIR),
                parallel=parallel,
                error_model="numpy",
                fastmath=FLAGS if relaxed else False,
            )(func)
        finally:
            options["CACHE_DIR"] = outside
        KERNELS[f"{func.__module__.rsplit('.', 1)[-1]}.{func.__name__}"] = compiled
        return compiled

    return compile_


def load_blas() -> None:
    """Load the BLAS library that numba's `np.dot` calls; otherwise its first call does."""
    importlib.import_module("scipy.linalg.cython_blas")
