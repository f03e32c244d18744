"""Whether 95 % intervals hold what they promise, on thousands of simulated people."""

from __future__ import annotations

import dataclasses

import numpy as np

from bonescan.model.rems_model import FADE
from bonescan.rems.attenuation import fit_fade
from bonescan.rems.fitting import Cohort
from bonescan.rems.learnt import interval_folds
from bonescan.rems.spectra import SiteSpectra
from bonescan.simulate.bone import bone_of
from bonescan.simulate.outcome import dxa_reading_g_cm2
from bonescan.simulate.population import LINEAR, draw_population
from bonescan.simulate.setup import SET_B
from bonescan.simulate.spectra_level import draw_spectra
from bonescan.stats.conformal import cv_plus_interval
from bonescan.workflows.build_demo_model import FORM

SMALL = dataclasses.replace(FORM, gate_start_mm=(1.5, 4.0, 6.5, 2.75, 5.25))
N_CALIBRATION, N_TEST = 1000, 2000


def exams(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Attenuation of one vertebra, 80 lines, and the DXA reading of L1-L4."""
    alpha, dxa = [], []
    for person in draw_population(n, seed, LINEAR):
        rng = np.random.default_rng([seed, person.bone_seed])
        drawn = draw_spectra(bone_of(person, "L2", rng), rng, SMALL, (2, 40), SET_B)
        spectra = SiteSpectra(
            power=drawn.power,
            noise=drawn.noise,
            depth_mm=drawn.depth_mm,
            cluster=drawn.cluster,
            n_lines=drawn.n_lines,
        )
        alpha.append([fit_fade(spectra, SMALL).alpha_db_cm_mhz])
        dxa.append(dxa_reading_g_cm2(person, "L1-L4"))
    return np.array(alpha), np.array(dxa)


def test_ninety_five_percent_of_two_thousand_people_lie_inside() -> None:
    vectors, dxa = exams(N_CALIBRATION, 41)
    empty = np.zeros((N_CALIBRATION, 0))
    cohort = Cohort(
        people=tuple(f"P{i}" for i in range(N_CALIBRATION)),
        features=(),
        difference_db=empty,
        dxa_g_cm2=dxa,
        t_score=empty,
        covariates=empty,
        depth_mm=empty,
        vectors={FADE: vectors},
    )
    folds = interval_folds(cohort, FADE, np.arange(N_CALIBRATION) % 5)
    new, read = exams(N_TEST, 42)
    inside, width = [], []
    for vector, value in zip(new, read, strict=True):
        lo, hi = cv_plus_interval(
            folds.fold_intercept_g_cm2 + folds.fold_weights_g_cm2 @ vector,
            folds.fold.astype(int),
            folds.residual_g_cm2,
            folds.weight_1,
        )
        inside.append(lo <= value <= hi)
        width.append(hi - lo)
    assert 0.93 <= np.mean(inside) <= 0.97
    # and not by being as wide as the population: 95 % of it are 0.53 g/cm2
    assert np.median(width) < 0.40
