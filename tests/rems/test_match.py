"""The vote of the spectra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bonescan.rems.match import match_models

RNG = np.random.default_rng(1)
SICK, WELL = RNG.normal(size=(2, 76))


def test_correlations_are_pearsons() -> None:
    spectra = RNG.normal(size=(5, 76))
    found = match_models(spectra, SICK, WELL, -1.0)
    for row, best in zip(spectra, found.best_1, strict=True):
        want = max(stats.pearsonr(row, m).statistic for m in (SICK, WELL))
        assert best == pytest.approx(want, abs=1e-10)


def test_each_spectrum_votes_for_the_model_it_is_like() -> None:
    spectra = np.stack([SICK, 5.0 + 2.0 * SICK, WELL, WELL - 3.0])
    found = match_models(spectra, SICK, WELL, 0.9)
    assert found.vote.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert found.osteoporosis_score_percent == pytest.approx(50.0)


def test_a_tie_counts_half() -> None:
    spectra = np.stack([SICK, WELL, SICK])
    found = match_models(spectra, SICK, SICK, -1.0)
    assert found.vote.tolist() == [0.5, 0.5, 0.5]
    assert found.osteoporosis_score_percent == pytest.approx(50.0)


@pytest.mark.parametrize(("step", "valid"), [(-1e-9, True), (1e-9, False)])
def test_the_least_correlation_belongs_to_the_valid(step, valid) -> None:
    spectrum = SICK + 0.3 * WELL
    best = match_models(spectrum[None], SICK, WELL, -1.0).best_1[0]
    found = match_models(spectrum[None], SICK, WELL, best + step)
    assert bool(found.valid[0]) is valid


def test_what_is_no_spectrum_has_no_vote() -> None:
    broken = SICK.copy()
    broken[3] = np.nan
    found = match_models(np.stack([broken, np.full(76, 2.0), SICK]), SICK, WELL, -1.0)
    assert found.valid.tolist() == [False, False, True]
    assert found.n_valid == 1
    assert found.osteoporosis_score_percent == 100.0


def test_no_valid_spectrum_gives_no_score() -> None:
    assert np.isnan(match_models(np.ones((2, 76)), SICK, WELL, 0.0).osteoporosis_score_percent)
