"""The frozen X-ray table and the beam through it, against published and computed values."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.simulate.dxa_beam import (
    IDEAL_CE,
    IDEAL_SM,
    MATERIALS,
    load_beam,
    log_attenuation,
    transmission,
)

# cm2/g at 40 and 70 keV by xraydb 4.5.8 (Elam's tables), worked out apart from this project
ATTENUATION = {
    "hydroxyapatite": (0.9876, 0.3131),
    "muscle": (0.2685, 0.1916),
    "adipose": (0.2396, 0.1875),
    "water": (0.2683, 0.1929),
}


@pytest.mark.parametrize("material", MATERIALS)
def test_mass_attenuation_is_that_of_xraydb(material):
    beam = load_beam(IDEAL_CE)
    row = beam.mass_attenuation_cm2_g[MATERIALS.index(material)]
    x = np.log(beam.energy_kev)
    found = [np.exp(np.interp(np.log(kev), x, np.log(row))) for kev in (40.0, 70.0)]
    assert found == pytest.approx(ATTENUATION[material], abs=2e-4)


# mean energies by spekpy 2.5.4 of 76 kVp + 2.5 mm Al + 0.59 mm Ce and 100 kVp + 0.5 mm Sm
@pytest.mark.parametrize(
    ("source", "low_kev", "high_kev"), [(IDEAL_CE, 36.7, 64.2), (IDEAL_SM, 41.8, 78.2)]
)
def test_mean_energies_of_the_k_edge_systems(source, low_kev, high_kev):
    beam = load_beam(source)
    for part, wanted in ((beam.low, low_kev), (beam.high, high_kev)):
        assert (part * beam.energy_kev).sum() / part.sum() == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("source", ["ce", "sm", "calibration", "exam"])
def test_the_photons_of_a_source_sum_to_one_and_all_pass_air(source):
    beam = load_beam(source)
    assert beam.low.sum() + beam.high.sum() == pytest.approx(1.0, abs=1e-4)
    assert (beam.low >= 0).all()
    assert (beam.high >= 0).all()
    low, high = transmission(beam, np.zeros((2, len(MATERIALS))))
    np.testing.assert_allclose([*low, *high], 1.0)


def test_a_beam_hardens_on_its_way():
    low, high = log_attenuation(load_beam(IDEAL_CE), 0.0, [10.0, 20.0])
    assert low[1] < 2.0 * low[0]
    assert high[1] < 2.0 * high[0]


def test_the_exams_are_made_with_another_spectrum_than_the_phantom():
    there, here = load_beam("calibration"), load_beam("exam")
    assert np.abs(there.low - here.low).max() > 1e-3
