"""Speckle: white scatterers seen through a filter that changes with depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from .pulse import Array

SUPPORT = 48  # samples on each side of a scatterer; the pulse is 137 dB down there
BLOCK = 128  # scatterers in one matrix product
GRID = 512  # points of the grid on which filters are designed


@dataclass(frozen=True, eq=False)
class DepthFilter:
    """A filter that changes with depth, as one small dense matrix a block of scatterers."""

    blocks: Array  # (block, BLOCK, BLOCK + 2 * SUPPORT)
    n_scatterers: int

    def apply(self, white: Array) -> Array:
        """Filter `white` (line, scatterer); the result starts `SUPPORT` samples earlier.

        Returns
        -------
        filtered : (line, n_blocks * BLOCK + 2 * SUPPORT) float64
            Sample `SUPPORT + j` is the place of scatterer j.
        """
        n_blocks = self.blocks.shape[0]
        out = np.zeros((white.shape[0], n_blocks * BLOCK + 2 * SUPPORT))
        for b in range(n_blocks):
            part = white[:, b * BLOCK : (b + 1) * BLOCK]
            matrix = self.blocks[b, : part.shape[1]]
            out[:, b * BLOCK : b * BLOCK + matrix.shape[1]] += part @ matrix
        return out


def design_grid_hz(fs_hz: float) -> Array:
    """Frequencies on which the magnitudes of a `depth_filter` are given."""
    grid: Array = fft.rfftfreq(GRID, 1.0 / fs_hz)
    return grid


def depth_filter(magnitudes: Array, step: int, n_scatterers: int) -> DepthFilter:
    """Make the filter from zero-phase magnitudes at every `step`-th scatterer.

    Parameters
    ----------
    magnitudes : (kernel, bin) float64
        On `design_grid_hz`; kernel i serves scatterers i*step to (i+1)*step - 1.
    step : int
        Must divide `BLOCK`.
    n_scatterers : int
    """
    kernels = fft.irfft(magnitudes, GRID, axis=1)
    kernels = np.roll(kernels, SUPPORT, axis=1)[:, : 2 * SUPPORT + 1]
    n_blocks = -(-n_scatterers // BLOCK)
    index = np.minimum(np.arange(n_blocks * BLOCK) // step, len(kernels) - 1)
    # Row j of a block is the kernel of scatterer j, moved right by j: laid out in rows one
    # longer than needed and cut anew, each row slips by one.
    width = BLOCK + 2 * SUPPORT
    rows = np.zeros((n_blocks, BLOCK, width + 1))
    rows[:, :, : 2 * SUPPORT + 1] = kernels[index].reshape(n_blocks, BLOCK, -1)
    flat = rows.reshape(n_blocks, -1)[:, : BLOCK * width]
    return DepthFilter(
        blocks=np.ascontiguousarray(flat.reshape(n_blocks, BLOCK, width)),
        n_scatterers=n_scatterers,
    )


def rms_gain(magnitude: Array) -> float:
    """Root mean square of white noise of unit variance after this filter (design grid)."""
    return float(np.sqrt(np.sum(fft.irfft(magnitude, GRID) ** 2)))
