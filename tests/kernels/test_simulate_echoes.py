"""Echoes of simulated lines against closed forms."""

from __future__ import annotations

import numpy as np

from bonescan.kernels.simulate_echoes import echo_spectra
from bonescan.model.arrays import kernel_input
from bonescan.simulate.plate import CORTEX_ALPHA_DB_CM_MHZ, plate_response

STEP_HZ, BINS = 25_000.0, 361  # up to 9 MHz, as lines are simulated
F = STEP_HZ * np.arange(BINS)
PLATE = (1.63, 6.50, 1.75, 3432.0)
NP_HZ_M = CORTEX_ALPHA_DB_CM_MHZ * 100 / 1e6 * np.log(10) / 20


def spectra(bone, tail, lines, behind=1.0):
    return echo_spectra(
        kernel_input(np.full((len(lines), BINS), bone), np.complex128),
        kernel_input(np.full((len(lines), BINS), tail), np.complex128),
        kernel_input(np.ones(BINS)),
        kernel_input(lines),
        kernel_input(np.array([*PLATE, NP_HZ_M, behind])),
        STEP_HZ,
    )


def test_bone_is_seen_twice_through_the_plate():
    thickness = np.array([0.0, 0.3e-3, 0.45e-3, 1.6e-3, 3e-3])
    lines = np.zeros((5, 5))
    lines[:, 0] = thickness
    _, through = plate_response(F, thickness)
    np.testing.assert_allclose(spectra(1.0, 0.0, lines), through, rtol=1e-10)


def test_the_surface_echo_is_the_plates_reflection():
    thickness = np.array([0.3e-3, 0.45e-3, 1.6e-3])
    lines = np.zeros((3, 5))
    lines[:, 0], lines[:, 1] = thickness, (1.0, 0.5, 0.15)
    reflection, _ = plate_response(F, thickness)
    np.testing.assert_allclose(
        spectra(0.0, 0.0, lines), lines[:, 1:2] * reflection, rtol=1e-9, atol=1e-12
    )


def test_path_delays_and_attenuates_everything_and_bone_alone_is_early():
    lines = np.array([[0.0, 0.0, 3e-6, 1.2e-6, 1e-8]])
    path = np.exp(-F * 1e-8 - 2j * np.pi * F * 3e-6)
    np.testing.assert_allclose(spectra(0.0, 2.0, lines)[0], 2.0 * path, rtol=1e-10)
    early = np.exp(2j * np.pi * F * 1.2e-6)
    np.testing.assert_allclose(spectra(1.0, 0.0, lines, 0.0)[0], early * path, rtol=1e-10)


def test_without_a_plate_bone_is_seen_as_it_is():
    lines = np.array([[0.45e-3, 0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(spectra(1.0 + 2.0j, 0.0, lines, 0.0), 1.0 + 2.0j, rtol=1e-12)


def test_no_lines():
    assert spectra(1.0, 0.0, np.zeros((0, 5))).shape == (0, BINS)
