"""Compile, or load, what a run needs, before it needs it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import interface, ranks, spectra
from .basis import dft_basis
from .threads import pinned_blas


def _view(values: NDArray[Any]) -> NDArray[Any]:
    """Give an array as it enters kernels in a run: contiguous and read-only."""
    values.flags.writeable = False
    return values


def warm_up() -> None:
    """Call each kernel of the ultrasound path once, with next to nothing.

    What is not in the cache yet is compiled and put there, so that worker
    processes started afterwards only load it. Tables of scores aren't warmed: a
    run has few rows, and scores them in decimal arithmetic.
    """
    lines = _view(np.zeros((2, 16), np.int16))
    first = _view(np.zeros(1, np.int64))
    basis = _view(dft_basis(1.0, 16, [0.25]))
    with pinned_blas():
        spectra.group_power(lines, first, _view(np.zeros((1, 1), np.int64)), first, 1, basis, 1)
        ranks.middle_of_columns(_view(np.zeros((1, 1))), 0)
        ranks.column_medians(_view(np.zeros((1, 1))))
        plan = _view(np.array([4, 4, 1, 1, 2, 1, 1, 0, 0, 0, 3]))
        interface.surface_of_frame(lines, plan, _view(np.ones(0, np.float32)))
