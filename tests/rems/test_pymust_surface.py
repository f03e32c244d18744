"""The surface in lines of an independent simulator: PyMUST, a curved array, beamformed here.

PyMUST (Garcia D, "SIMUS: an open-source simulator for medical ultrasound
imaging", Comput Methods Programs Biomed 2022, from memory) solves the field of
real elements in the frequency domain: one sound speed, single scattering, no
attenuation of bone. What it can show is that the surface is where it was put.
A convex array looks the same from each of its elements, so each line is made
in its own frame by a small aperture and the scatterers are turned.
"""

from __future__ import annotations

import numpy as np
import pymust
import pytest

from bonescan.model.scan import RfSite
from bonescan.rems.interface import sample_depth_mm
from bonescan.rems.measure_site import look_at_site

from .phantoms import InMemory

FS_HZ, C_M_S = 40e6, 1540.0
N_ELEMENTS, N_LINES = 12, 12
N_TISSUE = 500
ANGLES_RAD = np.linspace(-0.105, 0.105, N_LINES)
WINDOW_M = (0.034, 0.066)  # depths that are stored
HALF_WIDTH_M = 4e-3  # of the strip that a line sees


def cortex_m(angle_rad: np.ndarray) -> np.ndarray:
    """Depth of the bone below the probe: an arc around 46 mm, at most 8 degrees off the lines."""
    return 0.046 + 0.04 * angle_rad**2 + 0.005 * angle_rad


def scatterers(rng: np.random.Generator) -> np.ndarray:
    """Angle, depth and strength of soft tissue, cortex and the sparse echoes behind it."""
    wide = ANGLES_RAD[-1] + 0.06
    tissue = rng.uniform(-wide, wide, N_TISSUE), rng.uniform(0.036, 0.064, N_TISSUE)
    fresh = np.abs(tissue[1] - cortex_m(tissue[0])) > 0.4e-3
    behind = tissue[1] > cortex_m(tissue[0])
    strength = rng.standard_normal(N_TISSUE) * np.where(behind, 0.25, 1.0)
    edge = np.arange(-wide, wide, 0.15e-3 / 0.096)
    return np.stack([
        np.concatenate([tissue[0][fresh], edge]),
        np.concatenate([tissue[1][fresh], cortex_m(edge)]),
        np.concatenate([strength[fresh], 8.0 + rng.standard_normal(edge.size)]),
    ])  # fmt: skip


class Aperture:
    """Twelve elements in the middle of a C5-2v, in the frame of PyMUST."""

    def __init__(self) -> None:
        self.param = pymust.getparam("C5-2v")
        self.param.Nelements, self.param.fs, self.param.c = N_ELEMENTS, FS_HZ, C_M_S
        self.radius = self.param.radius
        half = np.arcsin(self.param.pitch / 2.0 / self.radius) * (N_ELEMENTS - 1)
        angle = np.linspace(-half, half, N_ELEMENTS)
        self.chord = self.radius * np.cos(half)  # the ends of the array lie at z = 0
        self.x, self.z = self.radius * np.sin(angle), self.radius * np.cos(angle) - self.chord
        self.face = self.radius - self.chord

    def line(self, points: np.ndarray, angle_rad: float) -> np.ndarray:
        """Make the beamformed line at `angle_rad`: all elements fire, each point is focused on."""
        turned = points[0] - angle_rad
        r = self.radius + points[1]
        x, z = r * np.sin(turned), r * np.cos(turned) - self.chord
        near = np.abs(x) < HALF_WIDTH_M
        options = pymust.utils.Options()
        options.dBThresh, options.ElementSplitting = -40, 1  # what a small aperture needs
        echoes, _ = pymust.simus(
            x[near], z[near], points[2][near], np.zeros((1, N_ELEMENTS)), self.param, options
        )
        return self._focused(np.asarray(echoes))

    def _focused(self, echoes: np.ndarray) -> np.ndarray:
        depth = np.arange(*np.rint(np.array(WINDOW_M) * 2.0 / C_M_S * FS_HZ)) / FS_HZ * C_M_S / 2.0
        back = np.hypot(self.x[:, None], depth + self.face - self.z[:, None])
        at = (depth + back) / C_M_S * FS_HZ
        taps = np.arange(echoes.shape[0])
        return sum(np.interp(at[e], taps, echoes[:, e]) for e in range(N_ELEMENTS))


@pytest.fixture(scope="module")
def lines() -> np.ndarray:
    aperture, points = Aperture(), scatterers(np.random.default_rng(11))
    made = np.stack([aperture.line(points, angle) for angle in ANGLES_RAD])
    return np.rint(made * (20000.0 / np.abs(made).max())).astype(np.int16)[None]


def test_the_cortex_of_an_independent_simulator_is_found_within_1_mm(lines):
    _, n_lines, n_samples = lines.shape
    site = RfSite(
        site="femoral-neck-left",
        fs_hz=FS_HZ,
        n_frames=1,
        n_lines=n_lines,
        n_samples=n_samples,
        f0_hz=3.57e6,
        c_m_s=C_M_S,
        t0_s=round(WINDOW_M[0] * 2.0 / C_M_S * FS_HZ) / FS_HZ,
        probe_radius_m=0.04957,
        line_angle_rad=ANGLES_RAD,
    )
    found = look_at_site(InMemory({site.site: lines}), site)
    assert found.surfaces.accepted.tolist() == [True]
    depth_mm = [sample_depth_mm(site, float(s)) for s in found.surfaces.sample[0]]
    error_mm = np.array(depth_mm) - 1000.0 * cortex_m(ANGLES_RAD)
    assert np.abs(error_mm).max() < 1.0
