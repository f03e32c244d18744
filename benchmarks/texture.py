"""The texture index of a vertebra: time against NumPy, and against a Fourier transform."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from bonescan.dxa.texture import offsets_of
from bonescan.kernels.plain.variogram import squared_differences as twin
from bonescan.kernels.variogram import squared_differences
from bonescan.model.arrays import kernel_input

from .rivals import Array, fft_squared_differences
from .run import SEED, alternate, line, timed

PIXEL_MM = (0.25, 0.25)  # of the exported picture of a narrow fan-beam scanner
VERTEBRA_MM = (40.0, 34.0)  # width and height of a lumbar vertebra
ASKED = {"NumPy twin": 5.0, "NumPy, zeros for gaps": 5.0, "scipy.fft, all offsets at once": 1.0}


def vertebra() -> tuple[Array, Array]:
    """Make a map with a waist, NaN outside, and the offsets of the index."""
    rng = np.random.default_rng(SEED)
    shape = tuple(round(mm / p) for mm, p in zip(VERTEBRA_MM[::-1], PIXEL_MM, strict=True))
    y, x = np.mgrid[: shape[0], : shape[1]] * 0.25
    density = rng.normal(1.0, 0.1, shape)
    waist = 18.0 - 3.0 * np.sin(np.pi * y / VERTEBRA_MM[1])
    density[np.abs(x - VERTEBRA_MM[0] / 2) > waist] = np.nan
    return kernel_input(density), kernel_input(offsets_of(PIXEL_MM)[0], np.int64)


def zeros_for_gaps(values: Array, offsets: Array) -> tuple[Array, Array]:
    """Do the same with zeros and weights in place of NaN: no selection, two more products."""
    known = ~np.isnan(values)
    level, weight = np.where(known, values, 0.0), known.astype(np.float64)
    rows, columns = values.shape
    sums, counts = np.zeros(len(offsets)), np.zeros(len(offsets))
    for k, (down, across) in enumerate(offsets):
        first, last = max(0, -across), min(columns, columns - across)
        there = slice(down, None), slice(first + across, last + across)
        here = slice(None, rows - down), slice(first, last)
        both = (weight[there] * weight[here]).ravel()
        step = (level[there] - level[here]).ravel()
        step *= step
        sums[k], counts[k] = step @ both, both.sum()
    return sums, counts


def tables(repeats: int, attempts: int) -> list[str]:
    """Time the kernel against its rivals; lines of a Markdown table."""
    args = vertebra()
    first = timed(lambda: squared_differences(*args), time.process_time)
    want = twin(*args)
    rivals = {
        "NumPy twin": twin,
        "NumPy, zeros for gaps": zeros_for_gaps,
        "scipy.fft, all offsets at once": fft_squared_differences,
    }
    rows, columns = args[0].shape
    lines = [
        "",
        f"**texture index of a vertebra, {rows} × {columns} pixels, {len(args[1])} offsets** "
        f"(`variogram.squared_differences`; 20 calls; first call {first:.2f} s)",
        "",
        "| against | kernel ms, min / median | rival ms, min / median | ratio, min / median "
        "| asked | run |",
        "|---|---|---|---|---|---|",
    ]
    for name, rival in rivals.items():
        np.testing.assert_allclose(rival(*args)[0], want[0], rtol=1e-9)
        both = partial(_often, squared_differences, args), partial(_often, rival, args)
        run = partial(alternate, *both, repeats, time.process_time)
        timing, attempt = run(), 1
        while not timing.accepted and attempt < attempts:
            timing, attempt = run(), attempt + 1
        lines.append(line(name, ASKED[name], timing, attempt))
    return lines


def _often(call: Callable[..., object], args: tuple[Array, Array]) -> None:
    for _ in range(20):  # one call is too short for the clock
        call(*args)
