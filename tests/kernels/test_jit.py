"""How kernels are compiled, and that what was compiled is never used when it is stale."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numba
import numpy as np
import pytest

import bonescan
from bonescan.kernels import _jit

JIT = not numba.config.DISABLE_JIT
PACKAGE = Path(bonescan.__file__).parent
DAY_S = 86_400


def count_nan(values):
    count = 0
    for value in values:
        count += np.isnan(value)
    return count


def row_sums(rows):
    sums = np.empty(rows.shape[0])
    for i in numba.prange(rows.shape[0]):
        sums[i] = rows[i].sum()
    return sums


@pytest.fixture
def uncached(monkeypatch):
    """Compile what a test defines without listing or keeping it."""
    monkeypatch.setattr(_jit, "KERNELS", {})
    monkeypatch.setattr(_jit, "CACHE_DIR", "")


@pytest.mark.parametrize("relaxed", [False, True])
def test_nan_is_seen_however_relaxed(uncached, relaxed):
    compiled = _jit.kernel(relaxed=relaxed)(count_nan)
    assert compiled(np.array([1.0, np.nan, 2.0])) == 1


def test_a_kernel_is_listed_by_module_and_name(uncached):
    compiled = _jit.kernel()(count_nan)
    assert {"test_jit.count_nan": compiled} == _jit.KERNELS


def test_parallel_rows_are_those_of_one_thread(uncached):
    rows = np.arange(12.0).reshape(4, 3)
    np.testing.assert_array_equal(_jit.kernel(parallel=True)(row_sums)(rows), rows.sum(axis=1))


def test_the_cache_folder_of_others_is_left_alone(uncached, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "others")
    _jit.kernel()(count_nan)
    assert numba.config.CACHE_DIR == "others"


# --- the folder ---


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_the_folder_is_named_by_version_and_sources_and_is_ours_alone(home):
    folder = Path(_jit._cache_dir())
    assert folder.parent == home / "bonescan" / "kernels"
    assert folder.name.startswith(bonescan.__version__ + "-")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert _jit._cache_dir() == str(folder)


def test_without_xdg_the_folder_lies_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _jit._cache_dir().startswith(str(tmp_path / ".cache" / "bonescan"))


def test_a_folder_that_cant_be_made_turns_caching_off(home, monkeypatch):
    (home / "bonescan").write_text("a file where the folder should be")
    assert _jit._cache_dir() == ""


def test_a_kernel_without_a_folder_still_works_and_leaves_no_file(uncached, home):
    assert _jit.kernel()(count_nan)(np.array([np.nan, np.nan])) == 2
    assert not list(home.rglob("*.nb*"))
    assert not list(Path(__file__).parent.rglob("test_jit.count_nan*.nb*"))


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
@pytest.mark.parametrize("level", [0, 1, 2], ids=["version", "kernels", "bonescan"])
def test_a_folder_that_others_may_write_turns_caching_off(home, mode, level):
    folder = Path(_jit._cache_dir())
    [folder, *folder.parents][level].chmod(mode)
    assert _jit._cache_dir() == ""


def test_a_folder_of_somebody_else_turns_caching_off(home, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 12_345_678)
    assert _jit._cache_dir() == ""


def test_old_folders_are_removed_after_90_days_without_use(home):
    ours = Path(_jit._cache_dir())
    for name, days in {"old": 91, "recent": 89}.items():
        (ours.parent / name).mkdir()
        (ours.parent / name / "kernel.nbi").write_text("")
        used = time.time() - days * DAY_S
        os.utime(ours.parent / name, (used, used))
    os.utime(ours, (0, 0))  # our own is never too old
    assert _jit._cache_dir() == str(ours)
    assert sorted(p.name for p in ours.parent.iterdir()) == sorted(["recent", ours.name])
    assert ours.stat().st_mtime > time.time() - DAY_S


# --- stale results ---

INNER = """
from ._jit import kernel

@kernel()
def inner(x: float) -> float:
    return x + 4.0
"""
OUTER = """
from ._jit import kernel
from .inner import inner

@kernel()
def outer(x: float) -> float:
    return inner(x)
"""
ASK = """
from bonescan.kernels.outer import outer
print(outer(0.0), sum(outer.stats.cache_hits.values()))
"""


@pytest.mark.skipif(not JIT, reason="nothing is compiled with NUMBA_DISABLE_JIT=1")
def test_an_edit_of_a_callee_in_another_file_is_seen(tmp_path):
    """Alone, numba goes on giving the caller's old answer: it knows the caller's file only."""
    kernels = tmp_path / "bonescan" / "kernels"
    shutil.copytree(PACKAGE / "kernels", kernels)
    shutil.copy(PACKAGE / "__init__.py", kernels.parent)
    (kernels / "inner.py").write_text(INNER)
    (kernels / "outer.py").write_text(OUTER)
    env = os.environ | {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def ask():
        done = subprocess.run(
            [sys.executable, "-c", ASK], env=env, cwd=tmp_path, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout.split()

    assert ask() == ["4.0", "0"]
    assert ask() == ["4.0", "1"]  # from the cache
    (kernels / "inner.py").write_text(INNER.replace("4.0", "202.0"))
    assert ask() == ["202.0", "0"]
