"""The cubic calibration: known answers of a published geometry, and phantoms that won't do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bonescan.dxa.calibrate import LARGEST_CHECK_CHANGE_1, fit_calibration
from bonescan.errors import UnusableScan
from bonescan.kernels.plain.dual_energy import cubic_terms
from bonescan.model.dual_energy import DualEnergyCalibration
from bonescan.simulate.dxa_beam import IDEAL_CE, load_beam, log_attenuation
from bonescan.simulate.dxa_frames import scan_phantom

STEPS = np.array([0.5, 1.0, 1.5])


def wedge(source=IDEAL_CE):
    mineral, soft = (a.ravel() for a in np.meshgrid(np.linspace(0, 2, 9), np.linspace(8, 28, 11)))
    low, high = log_attenuation(load_beam(source), mineral, soft, 0.2)
    return DualEnergyCalibration(
        calibration_id="wedge", mineral_g_cm2=mineral, soft_g_cm2=soft, log_low=low, log_high=high
    )


# worked out apart from this project with spekpy and xraydb: mineral of 0 to 2 g/cm2 on soft
# tissue of 8 to 28 g/cm2 with 20 % fat, phantom of three steps behind 15 and 25 g/cm2
@pytest.mark.parametrize(
    ("soft", "wanted"), [(15.0, (0.4996, 0.9995, 1.4996)), (25.0, (0.5001, 1.0003, 1.5005))]
)
def test_the_cubic_gives_the_steps_of_the_spine_phantom(soft, wanted):
    fit = fit_calibration(wedge())
    found = cubic_terms(*log_attenuation(load_beam(IDEAL_CE), STEPS, soft)) @ fit.mineral_terms
    np.testing.assert_allclose(found, wanted, atol=1.2e-4)
    assert fit.misfit_g_cm2 == pytest.approx(0.0015, abs=5e-5)
    assert fit.factor_1 == 1.0
    assert not fit.checked


@pytest.mark.parametrize(
    ("source", "wanted"), [("ce", (0.507, 1.0, 1.485)), ("sm", (0.507, 1.0, 1.483))]
)
def test_two_energies_and_one_point_miss_the_other_steps_by_hardening(source, wanted):
    # those figures come from frames with noise: 0.003 is a fifth of one pixel's
    beam = load_beam(source)
    soft_low, soft_high = log_attenuation(beam, 0.0, 15.0)
    low, high = log_attenuation(beam, STEPS, 15.0)
    apparent = low - soft_low / soft_high * high
    np.testing.assert_allclose(apparent / apparent[1], wanted, atol=0.003)


def test_fewer_terms_are_worse_as_published():
    one = wedge()
    terms = cubic_terms(one.log_low, one.log_high)
    for n, wanted in ((2, 0.131), (5, 0.0165)):
        found, *_ = np.linalg.lstsq(terms[:, :n], one.mineral_g_cm2, rcond=None)
        worst = np.abs(terms[:, :n] @ found - one.mineral_g_cm2).max()
        assert worst == pytest.approx(wanted, rel=0.03)


def test_the_soft_tissue_is_found_as_well():
    fit = fit_calibration(wedge())
    low, high = log_attenuation(load_beam(IDEAL_CE), 1.0, [12.0, 20.0])
    np.testing.assert_allclose(cubic_terms(low, high) @ fit.soft_terms, [12.0, 20.0], rtol=2e-3)


def test_the_check_of_the_day_takes_the_drift_off():
    fit = fit_calibration(scan_phantom())
    low, high = log_attenuation(load_beam("exam"), [0.0, 1.0], 18.0)
    terms = cubic_terms(low, high)
    apparent, soft = terms @ fit.mineral_terms, terms @ fit.soft_terms
    found = fit.factor_1 * (apparent[1] - apparent[0] / soft[0] * soft[1])
    assert found == pytest.approx(1.0, abs=1e-9)
    assert fit.checked
    assert fit.factor_1 != pytest.approx(1.0, abs=0.01)
    assert not fit_calibration(scan_phantom(check_source=None)).checked


def some_steps(keep):
    one = wedge()
    names = ("mineral_g_cm2", "soft_g_cm2", "log_low", "log_high")
    return replace(one, **{name: getattr(one, name)[keep] for name in names})


@pytest.mark.parametrize(
    ("phantom", "words"),
    [
        (some_steps(slice(0, 0)), "0 steps"),
        (some_steps(slice(0, 17)), "17 steps"),
        (some_steps(np.resize(np.arange(5), 30)), "terms of the polynomial"),
        (replace(wedge(), mineral_g_cm2=np.full(99, 1.0)), "over 0.00"),
        (replace(wedge(), mineral_g_cm2=wedge().mineral_g_cm2[::-1]), "missed by"),
        (replace(wedge(), log_low=np.zeros(99), log_high=np.zeros(99)), "without attenuation"),
    ],
)
def test_a_phantom_that_does_not_determine_the_polynomial_is_refused(phantom, words):
    with pytest.raises(UnusableScan, match=words) as refused:
        fit_calibration(phantom)
    assert refused.value.code == "BS-E411"


@pytest.mark.parametrize(("off", "accepted"), [(0.97, True), (1.03, False)])
def test_a_device_that_drifted_too_far_needs_its_phantom_again(off, accepted):
    one = scan_phantom(check_source="calibration")
    known = 1.0 / (1.0 + off * LARGEST_CHECK_CHANGE_1)
    one = replace(one, check_mineral_g_cm2=known)
    if accepted:
        assert fit_calibration(one).factor_1 == pytest.approx(known, abs=2e-3)
        return
    with pytest.raises(UnusableScan, match="check of the day"):
        fit_calibration(one)


def test_a_phantom_of_unknown_quality_counts_as_one_percent():
    assert fit_calibration(wedge()).u_relative_1 == pytest.approx(0.01, abs=2e-4)
    sure = replace(wedge(), mineral_u_percent=0.0)
    assert fit_calibration(sure).u_relative_1 < 1e-3
