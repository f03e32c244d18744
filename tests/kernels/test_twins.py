"""Every kernel gives what its NumPy twin, and SciPy where it can, gives."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan import kernels
from bonescan.kernels._jit import KERNELS

from .conftest import load_rivals

rivals = load_rivals()
RIVALS = rivals.rivals()
NO_TENTHS, NO_CODE = -(2**63), -1


def parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def test_every_kernel_has_a_twin_and_a_row_in_the_table():
    for info in pkgutil.iter_modules(kernels.__path__):  # a module not imported lists nothing
        importlib.import_module(f"bonescan.kernels.{info.name}")
    assert KERNELS
    for name in KERNELS:
        module, func = name.split(".")
        twin = importlib.import_module(f"bonescan.kernels.plain.{module}")
        assert hasattr(twin, func), f"{name} has no twin in kernels/plain/{module}.py"
    assert set(KERNELS) == set(RIVALS)


@pytest.mark.parametrize("name", RIVALS)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(0, 140), gaps=st.sampled_from([0, 0.05, 0.5, 1])
)
@settings(max_examples=25, deadline=None)
def test_kernel_equals_its_twin(name, seed, n, gaps):
    rival = RIVALS[name]
    args = rival.inputs(np.random.default_rng(seed), n, gaps)
    got, want = rival.kernel(*args), rival.plain(*args)
    for one, other in zip(parts(got), parts(want), strict=True):
        np.testing.assert_allclose(one, other, rtol=rival.rtol, atol=rival.atol)
        if isinstance(other, np.ndarray):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)


OTHERS = [(name, other) for name, rival in RIVALS.items() for other in rival.others]


@pytest.mark.parametrize(("name", "other"), OTHERS)
def test_kernel_equals_scipy_and_blas(name, other):
    rival = RIVALS[name]
    args = rival.inputs(np.random.default_rng(7), 60, 0.1)
    got, want = rival.kernel(*args), rival.others[other](*args)
    for one, theirs in zip(parts(got), parts(want), strict=True):
        np.testing.assert_allclose(one, theirs, rtol=rival.rtol, atol=rival.atol)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spectra.match_gates", "match.top_matches"])
def test_kernels_equal_their_rivals_at_the_size_that_is_timed(name):
    rival = rivals.rivals(rivals.FULL)[name]
    args = rival.inputs(np.random.default_rng(8), 300, 0)
    got = parts(rival.kernel(*args))
    for run in rival.others.values():
        for one, other in zip(got, parts(run(*args)), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", [name for name, rival in RIVALS.items() if rival.gaps_give])
def test_nothing_but_gaps_never_becomes_a_number(name):
    rival = RIVALS[name]
    for result in parts(rival.kernel(*rival.inputs(np.random.default_rng(9), 30, 1.0))):
        values = np.asarray(result)
        assert values.size
        if rival.gaps_give == "zero":
            assert not values.any()
        elif np.issubdtype(values.dtype, np.floating):
            assert np.isnan(values).all()
        else:
            assert np.isin(values, (NO_TENTHS, NO_CODE)).all()
