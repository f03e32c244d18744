"""Lines of a pixel grid: how far rows are apart in depth is how fast they are sampled in time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_UNEVEN_1 = 1e-3  # float32 metres leave 1e-4 of a row
MIN_ROWS = 2


def row_pitch_m(depth_m: NDArray[Any], path: Path) -> float:
    """Distance between rows.

    Parameters
    ----------
    depth_m : (row,) ndarray
        Depths of the rows.

    Raises
    ------
    UnusableScan
        BS-E154 where rows don't lie evenly downward: such a column is no line in time.
    """
    import numpy as np

    steps = np.diff(depth_m.astype(np.float64))
    if steps.size < MIN_ROWS - 1 or not np.all(np.isfinite(steps)) or not np.all(steps > 0):
        raise UnusableScan("BS-E154", "found rows of pixels that do not go deeper.", file=path)
    pitch = float((depth_m[-1] - depth_m[0]) / steps.size)
    if float(np.abs(steps - pitch).max()) > MAX_UNEVEN_1 * pitch * steps.size:
        raise UnusableScan("BS-E154", "found rows of pixels at uneven depths.", file=path)
    return pitch
