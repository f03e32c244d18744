"""The one way an array enters a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[np.float64]


def kernel_input(values: ArrayLike, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """View `values` as the one kind of array that enters a kernel.

    Parameters
    ----------
    values : array_like
        Any shape.
    dtype : dtype, default float64
        The working precision that the kernel states.

    Returns
    -------
    view : ndarray, same shape
        C-contiguous and read-only; a copy only where type or layout asks for
        one. The caller's own array stays writable.
    """
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
