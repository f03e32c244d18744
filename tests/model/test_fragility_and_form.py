"""Fracture labels, and the form of spectra at another sampling rate."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bonescan.errors import NothingUsable
from bonescan.files.model_file import load_model
from bonescan.rems.fitting import gather
from bonescan.rems.training.fragility import fragility_report
from bonescan.workflows.build_model import _form_of
from tests.rems.phantoms import FORM, REFERENCE, made_up_exam


@pytest.fixture(scope="module")
def cohort():
    return gather([made_up_exam(i, 31) for i in range(200)], FORM, REFERENCE)


FOLDS = np.arange(200) % 4


def labels(cohort, n_fractured: int) -> list[bool]:
    """Let those with the lowest bone density be the fractured ones."""
    cut = np.sort(cohort.dxa_g_cm2)[n_fractured]
    return (cohort.dxa_g_cm2 < cut).tolist()


def test_fractures_that_follow_bone_density_are_told_beyond_age(cohort) -> None:
    found = fragility_report(cohort, labels(cohort, 100), FOLDS)
    assert (found.n_fractured, found.n_unfractured) == (100, 100)
    # ultrasound sees BMD with an SD of 0.05 of 0.13 g/cm2; age alone explains a sixth of it
    assert found.auc_score.est > 0.85
    assert 0.5 < found.auc_covariates.est < 0.8
    assert found.auc_both.est > found.auc_covariates.est + 0.1


def test_labels_of_others_are_not_told(cohort) -> None:
    shuffled = np.random.default_rng(2).permutation(labels(cohort, 100)).tolist()
    found = fragility_report(cohort, shuffled, FOLDS)
    assert abs(found.auc_score.est - 0.5) < 0.12  # standard error 0.04


def test_a_hundred_of_either_kind_are_needed(cohort) -> None:
    marks = labels(cohort, 100)
    assert fragility_report(cohort, labels(cohort, 99), FOLDS) is None
    assert fragility_report(cohort, labels(cohort, 101), FOLDS) is None
    unknown = [None, *marks[1:]]
    assert fragility_report(cohort, unknown, FOLDS) is None


def pairs(*rates_hz: float | None):
    return [SimpleNamespace(fs_hz=rate) for rate in rates_hz]


def test_gates_keep_their_length_in_time_and_bins_their_frequency() -> None:
    base = load_model(None).form
    assert _form_of(pairs(None, None)) is base
    assert _form_of(pairs(base.fs_hz, 20e6, base.fs_hz)) is base
    half = _form_of(pairs(20e6, 20e6, base.fs_hz))
    assert half.fs_hz == 20e6
    assert half.gate_samples / 20e6 == base.gate_samples / base.fs_hz
    assert np.array_equal(half.frequency_hz, base.frequency_hz)


def test_a_rate_that_leaves_no_room_for_noise_is_refused() -> None:
    # the band ends at 4.453 MHz, and noise is looked for from a quarter of the rate on
    assert _form_of(pairs(17.9e6)).fs_hz == 17.9e6
    with pytest.raises(NothingUsable, match=r"17.7 MHz, wanted at least 17.8 MHz"):
        _form_of(pairs(17.7e6))
