"""Each fault stands in the samples as it says, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.simulate.artefact import ARTEFACTS, NO_ARTEFACT
from bonescan.simulate.cohort import CohortExam, simulate_exam
from bonescan.simulate.population import draw_population
from bonescan.simulate.stress import STRESSES

PERSON = draw_population(1, 6, "linear")[0]


def exam(name):
    what = CohortExam(person=PERSON, region="lumbar", seed=3)
    return simulate_exam(what, STRESSES["none"], ARTEFACTS.get(name, NO_ARTEFACT))[0]


@pytest.fixture(scope="module")
def clean():
    return exam("")


def absolute(found):
    """Samples over the echo of a perfect reflector."""
    return found.samples.astype(float) / 10 ** (found.gain_db / 20)


def surface_sample(found):
    per_m = 2 / found.c_m_s * found.fs_hz
    return (found.surface_m - found.t0_s * found.c_m_s / 2) * per_m


def test_every_fault_has_a_text_and_changes_the_exam(clean):
    for name, artefact in ARTEFACTS.items():
        found = exam(name)
        assert len(artefact.text) > 10
        same = found.samples.shape == clean.samples.shape and np.array_equal(
            found.samples, clean.samples
        )
        assert same is (name == "wrong-depth")


def test_gas_leaves_noise_on_a_run_of_lines(clean):
    found = exam("gas-shadow")
    changed = (found.samples != clean.samples).any(axis=(0, 2))
    run = np.flatnonzero(changed)
    assert run.size == pytest.approx(0.15 * 64, abs=1)
    assert np.all(np.diff(run) == 1)
    peak = np.abs(found.samples[:, run].astype(float)).max()
    assert peak < 0.01 * np.abs(clean.samples[:, run].astype(float)).max()
    assert found.samples[:, run].std() > 0.5


def test_an_osteophyte_raises_the_surface_and_shades_what_is_behind(clean):
    found = exam("osteophyte")
    rise_mm = 1e3 * (clean.surface_m - found.surface_m)
    assert rise_mm.max() == pytest.approx(3.0, abs=0.05)
    assert (rise_mm[:, :20] == 0).all()
    middle = int(rise_mm[0].argmax())
    behind = np.rint(surface_sample(found)[:, middle]).astype(int) + 100
    was = np.rint(surface_sample(clean)[:, middle]).astype(int) + 100
    levels = [
        np.std([e.samples[f, middle, at[f] : at[f] + 200] for f in range(4)])
        for e, at in ((found, behind), (clean, was))
    ]
    assert 20 * np.log10(levels[0] / levels[1]) == pytest.approx(-25, abs=1.5)


def test_the_wall_of_an_aorta_lies_3_cm_above_the_bone_and_shades_it():
    found = exam("calcified-aorta")
    top = np.rint(surface_sample(found)).astype(int)
    up = round(30e-3 * 2 / 1540 * 40e6)
    around = np.arange(-20, 21)
    peaks, bone = (
        np.abs(np.take_along_axis(found.samples, (top - k)[..., None] + around, 2).astype(int)).max(
            2
        )
        for k in (up, 0)
    )
    inside = slice(16, 48)
    # as bright as the bone was: the bone is 6 dB down
    assert np.median(peaks[:, inside] / bone[:, inside]) == pytest.approx(2.0, rel=0.1)
    assert np.median(peaks[:, :8] / bone[:, :8]) < 0.2


def test_tilt_lowers_one_edge_by_24_mm(clean):
    found = exam("tilt")
    fall_mm = 1e3 * ((found.surface_m - clean.surface_m)[:, -1] - (found.surface_m)[:, 0])
    fall_mm += 1e3 * clean.surface_m[:, 0]
    np.testing.assert_allclose(fall_mm, 24.0, atol=1e-9)


def test_saturation_clips(clean):
    share = (np.abs(exam("saturation").samples.astype(int)) >= 32767).mean()
    assert share > 0.02 > (np.abs(clean.samples.astype(int)) >= 32767).mean()


def test_noise_rises_by_34_db(clean):
    """At the end of the line, 13 mm behind the surface, where clutter is 80 dB down."""
    quiet, loud = (absolute(e)[..., -60:].std() for e in (clean, exam("low-snr")))
    assert loud == pytest.approx(10 ** (-66 / 20), rel=0.05)
    assert quiet < loud / 10


def test_a_wrong_depth_moves_the_stated_time_not_the_samples(clean):
    found = exam("wrong-depth")
    assert (found.t0_s - clean.t0_s) * 1540 / 2 == pytest.approx(65e-3)
    np.testing.assert_array_equal(found.surface_m, clean.surface_m)  # the truth


def test_a_second_echo_stands_4_mm_nearer_and_four_times_as_bright(clean):
    found = exam("double-surface")
    peak = np.abs(absolute(found)).argmax(axis=2)
    bright = np.abs(absolute(clean)).max(axis=2) > np.median(np.abs(absolute(clean)).max(axis=2))
    away_mm = (surface_sample(found) - peak)[bright] / 40e6 * 1540 / 2 * 1e3
    assert np.median(away_mm) == pytest.approx(4.0, abs=0.3)
    ratio = (
        np.abs(absolute(found)).max(axis=2)[bright] / np.abs(absolute(clean)).max(axis=2)[bright]
    )
    assert np.median(ratio) == pytest.approx(4.0, rel=0.05)
