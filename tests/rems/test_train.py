"""Training on people whose law is planted, and on people who have none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.errors import NothingUsable
from bonescan.model.rems_model import COVARIATES, FEMORAL_NECK, OS, PCR, TWO_GATE
from bonescan.rems.learnt import against_others
from bonescan.rems.predict import estimate_site
from bonescan.rems.train import train_site
from bonescan.rems.training.controls import SWAPPED_IN_CELLS

from .phantoms import FORM, REFERENCE, made_up_exam, made_up_spectra, rems_model


def trained(exams, seed=1):
    return train_site(exams, FEMORAL_NECK, FORM, REFERENCE, np.random.default_rng(seed))


def rows(site) -> dict:
    return {r.estimator: r for r in site.cross_validation}


def test_the_planted_law_is_learnt(made_up) -> None:
    site = made_up.for_site("femoral-neck-left")
    # ultrasound sees BMD with an SD of 0.05 g/cm2; little can be lost on the way
    assert rows(site)[TWO_GATE].see_g_cm2 == pytest.approx(0.05, abs=0.008)
    assert site.primary == TWO_GATE
    assert site.estimators == (OS, TWO_GATE, PCR)  # three gates: no fit of the attenuation
    assert set(site.informative) == set(site.estimators)
    for bmd in (0.60, 0.75, 0.90):
        spectra = made_up_spectra(np.random.default_rng(5), bmd, 400)
        found = estimate_site(spectra, site, FORM, corrected=True)
        # shrunk towards the mean (0.67) by the error in what it was trained on
        two_gate = found.by_estimator_g_cm2[TWO_GATE]
        assert two_gate == pytest.approx(0.67 + 0.90 * (bmd - 0.67), abs=0.03)


def test_the_score_falls_with_bone_density(made_up) -> None:
    site = made_up.for_site("femoral-neck")
    scores = [
        estimate_site(made_up_spectra(np.random.default_rng(6), b), site, FORM, corrected=True)
        for b in (0.5, 0.65, 0.95)
    ]
    percent = [s.votes.osteoporosis_score_percent for s in scores]
    assert percent[0] > 95.0
    assert percent[2] < 5.0
    assert site.os_slope_g_cm2 < 0


def test_ultrasound_that_knows_nothing_is_said_to_know_nothing() -> None:
    site = trained([made_up_exam(i, 3, informative=False) for i in range(150)])
    assert site.informative == ()
    table = rows(site)
    assert table[TWO_GATE].pearson_1 < 0.3
    assert table[COVARIATES].pearson_1 > 0.2  # age does know something


def test_swapping_people_of_like_age_and_weight_takes_the_gain_away(made_up) -> None:
    table = rows(made_up.for_site("femoral-neck"))
    swapped = table[f"{SWAPPED_IN_CELLS}+covariates:{TWO_GATE}"]
    plain = table[COVARIATES]
    assert swapped.see_g_cm2 == pytest.approx(plain.see_g_cm2, rel=0.05)
    assert table[f"{TWO_GATE}+covariates"].see_g_cm2 < 0.6 * plain.see_g_cm2


def test_nobody_is_predicted_by_a_model_that_saw_her() -> None:
    """Every person stands twice under one id: her copy must not help to predict her."""
    exams = [made_up_exam(i, 4, informative=False) for i in range(150)]
    twice = trained([*exams, *exams])
    # were copies spread over folds, a lookup by D(f) would show up as a correlation
    assert rows(twice)[TWO_GATE].pearson_1 < 0.3
    assert twice.n_people == 150


def test_the_same_seed_gives_the_same_model() -> None:
    exams = [made_up_exam(i, 5) for i in range(150)]
    one, two = trained(exams), trained(exams)
    assert rems_model(one).content_sha256 == rems_model(two).content_sha256


def test_ranges_and_counts_are_those_of_the_people() -> None:
    exams = [made_up_exam(i, 5) for i in range(150)]
    site = trained(exams)
    dxa = [e.dxa_bmd_g_cm2 for e in exams]
    assert site.bmd_range_g_cm2 == (min(dxa), max(dxa))
    assert site.age_range_years == (
        min(e.age_years for e in exams),
        max(e.age_years for e in exams),
    )
    assert site.sexes == ("F",)
    # T <= -2.5 is 0.5715 g/cm2 and below, T >= -1.0 is 0.738 and above, with 0.849 / 0.111
    assert site.n_osteoporotic == sum(d <= 0.5715 for d in dxa)
    assert site.n_normal == sum(d >= 0.738 for d in dxa)
    assert not site.includes_pregnancy


def test_too_few_people_make_no_model() -> None:
    with pytest.raises(NothingUsable, match="found 149 people") as caught:
        trained([made_up_exam(i, 5) for i in range(149)])
    assert caught.value.code == "BS-E313"


def test_too_few_of_a_class_make_no_model() -> None:
    healthy = [e for i in range(400) if (e := made_up_exam(i, 6)).dxa_bmd_g_cm2 > 0.58]
    assert len(healthy) > 150
    with pytest.raises(NothingUsable, match=r"0 with T <= -2.5 and \d+ with"):
        trained(healthy)


def test_without_gate_c_there_is_no_check_of_the_decay() -> None:
    def without_c(exam):
        power = exam.parts[0].power.copy()
        power[2] = np.nan
        return dataclasses.replace(exam, parts=(dataclasses.replace(exam.parts[0], power=power),))

    site = trained([without_c(made_up_exam(i, 7)) for i in range(150)])
    assert site.decay_sd_db is None
    assert site.decay_curve_db.size == 0
    spectra = made_up_spectra(np.random.default_rng(1), 0.7)
    assert estimate_site(spectra, site, FORM, corrected=True).decay_z is None


def test_the_residual_table_is_the_scatter_of_the_cross_validation(made_up) -> None:
    site = made_up.for_site("femoral-neck")
    table = rows(site)
    for row, name in enumerate(site.estimators):
        pooled = np.sqrt(np.mean(site.residual_sd_g_cm2[row] ** 2))
        assert pooled == pytest.approx(table[name].see_g_cm2, rel=0.03)
        assert np.all(np.diff(site.residual_bmd_g_cm2[row]) > 0)


def test_one_against_the_others() -> None:
    np.testing.assert_allclose(
        against_others(np.array([0.8, 0.8, 0.8, 1.0])), [-0.0667, -0.0667, -0.0667, 0.2], atol=1e-4
    )
