"""Bone density and its uncertainty."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.model.rems_model import OS
from bonescan.rems.predict import Uncertainty, estimate_site

from .phantoms import FORM, made_up_spectra


@pytest.fixture(scope="module")
def site(made_up):
    return made_up.for_site("femoral-neck")


def estimated(site, bmd=0.7, n=100, seed=1):
    return estimate_site(made_up_spectra(np.random.default_rng(seed), bmd, n), site, FORM, True)


def test_the_parts_add_in_squares() -> None:
    u = Uncertainty(model_g_cm2=0.03, sampling_g_cm2=0.04, path_g_cm2=0.12)
    assert u.total_g_cm2 == pytest.approx(0.13)


def test_the_sampling_part_is_the_scatter_of_repeated_exams(site) -> None:
    rng = np.random.default_rng(2)
    # groups of one cluster are independent here, so the clustered value must agree as well
    repeats = [estimate_site(made_up_spectra(rng, 0.7, 100), site, FORM, True) for _ in range(200)]
    scatter = np.std([r.bmd_g_cm2 for r in repeats])
    stated = np.mean([r.uncertainty.sampling_g_cm2 for r in repeats])
    assert stated == pytest.approx(scatter, rel=0.2)


def test_more_spectra_are_surer(site) -> None:
    few, many = estimated(site, n=60), estimated(site, n=960)
    ratio = few.uncertainty.sampling_g_cm2 / many.uncertainty.sampling_g_cm2
    assert ratio == pytest.approx(4.0, rel=0.5)  # √16


def test_the_model_part_is_read_from_the_residual_table(site) -> None:
    row = site.estimators.index(site.primary)
    table = dataclasses.replace(
        site,
        residual_bmd_g_cm2=np.tile([0.6, 0.8], (3, 1)),
        residual_sd_g_cm2=np.tile([0.02, 0.06], (3, 1)),
    )
    found = estimated(table)
    want = np.interp(found.bmd_g_cm2, [0.6, 0.8], [0.02, 0.06])
    assert found.uncertainty.model_g_cm2 == pytest.approx(want)
    low = estimated(table, bmd=0.3)
    assert low.bmd_g_cm2 < 0.6
    assert low.uncertainty.model_g_cm2 == pytest.approx(0.02)  # held past the end
    assert row == 1


def test_two_gates_know_no_path_and_the_score_does(site) -> None:
    assert estimated(site).uncertainty.path_g_cm2 == 0.0
    led_by_score = dataclasses.replace(site, primary=OS)
    # at a score between 0 and 100, tilting all spectra by the path must move votes
    score = estimated(led_by_score, bmd=0.66, n=400)
    assert 2.0 < score.votes.osteoporosis_score_percent < 98.0
    assert score.uncertainty.path_g_cm2 > 0.0
    assert score.bmd_g_cm2 == score.by_estimator_g_cm2[OS]


def test_the_path_part_is_half_the_way_between_its_ends(site) -> None:
    led_by_score = dataclasses.replace(site, primary=OS)
    spectra = made_up_spectra(np.random.default_rng(1), 0.66, 400)

    def bmd(alpha_db_cm_mhz=0.55, away_mm=0.0):
        form = dataclasses.replace(FORM, attenuation_db_cm_mhz=alpha_db_cm_mhz)
        moved = dataclasses.replace(spectra, depth_mm=spectra.depth_mm + away_mm)
        return estimate_site(moved, led_by_score, form, True).bmd_g_cm2

    # 0.06 dB/cm/MHz, 2 mm, and 1 % of the speed of sound: 0.6 mm at 60 mm
    by_attenuation = (bmd(0.61) - bmd(0.49)) / 2.0
    by_depth = (bmd(away_mm=2.0) - bmd(away_mm=-2.0)) / 2.0
    by_speed = (bmd(away_mm=0.6) - bmd(away_mm=-0.6)) / 2.0
    assert by_depth != 0.0
    found = estimate_site(spectra, led_by_score, FORM, True).uncertainty.path_g_cm2
    want = np.sqrt(by_attenuation**2 + by_depth**2 + by_speed**2)
    assert found == pytest.approx(want, rel=1e-9)


def test_the_sampling_part_of_a_score_is_binomial(site) -> None:
    led_by_score = dataclasses.replace(site, primary=OS)
    found = estimated(led_by_score, bmd=0.66, n=400)
    p = found.votes.osteoporosis_score_percent / 100.0
    binomial = abs(site.os_slope_g_cm2) * 100.0 * np.sqrt(p * (1 - p) / 400)
    assert found.uncertainty.sampling_g_cm2 == pytest.approx(binomial, rel=0.4)


def test_uncorrected_models_leave_the_path_alone(site) -> None:
    spectra = made_up_spectra(np.random.default_rng(1), 0.7)
    deeper = dataclasses.replace(spectra, depth_mm=spectra.depth_mm + 30.0)
    lenient = dataclasses.replace(site, primary=OS, r_min_1=-1.0)
    here, there = (estimate_site(s, lenient, FORM, corrected=False) for s in (spectra, deeper))
    assert here.bmd_g_cm2 == there.bmd_g_cm2
    assert here.uncertainty.path_g_cm2 == 0.0


def test_slow_decay_behind_gate_b_stands_out(site) -> None:
    spectra = made_up_spectra(np.random.default_rng(3), 0.7, 100)
    normal = estimate_site(spectra, site, FORM, True)
    assert abs(normal.decay_z) < 3.0
    cluttered = spectra.power.copy()
    cluttered[2] = cluttered[1] * 0.8  # the echo hardly fades behind gate B
    found = estimate_site(dataclasses.replace(spectra, power=cluttered), site, FORM, True)
    assert found.decay_z < -5.0


def test_no_valid_spectrum_gives_no_number_and_no_warning(site) -> None:
    strict = dataclasses.replace(site, primary=OS, r_min_1=1.0)
    found = estimated(strict)
    assert found.votes.n_valid == 0
    assert np.isnan(found.bmd_g_cm2)
    assert np.isnan(found.uncertainty.total_g_cm2)
