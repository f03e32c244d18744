"""What the simulated samples must show, whatever the details of the code."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.simulate.bone import bone_of
from bonescan.simulate.exam import simulate_rf
from bonescan.simulate.fields import frame_line_field
from bonescan.simulate.people import draw_people
from bonescan.simulate.setup import SET_B

QUIET = dataclasses.replace(
    SET_B, noise_db=-160.0, clutter_db=-300.0, rough_db=-300.0, motion_sd_m=0.0
)
# No echo of the surface either: nothing but scatterers.
SCATTER_ONLY = dataclasses.replace(QUIET, surface_echo_1=1e-9, line_cortex_sd_m=0.0, bits=24)


@pytest.fixture(scope="module")
def person():
    return draw_people(1, 5)[0]


def bone(person, site="femoral-neck", **changes):
    found = bone_of(person, site, np.random.default_rng(1))
    return dataclasses.replace(found, **changes)


def gate_power(exam, start_mm, n=128):
    """Mean power spectrum of a gate below the true surface, on a 512-point grid [MHz, power]."""
    per_mm = 2e-3 / exam.c_m_s * exam.fs_hz
    first = np.rint(
        (exam.surface_m - exam.t0_s * exam.c_m_s / 2) * 1e3 * per_mm + start_mm * per_mm
    )
    index = first.astype(int)[..., None] + np.arange(n)
    gates = np.take_along_axis(exam.samples, index, axis=2).astype(float)
    window = np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2
    power = np.abs(np.fft.rfft(gates * window, 512, axis=-1)) ** 2
    return np.fft.rfftfreq(512, 1 / exam.fs_hz) / 1e6, power.mean(axis=(0, 1))


@pytest.mark.parametrize("alpha", [3.0, 6.0])
def test_attenuation_of_a_homogeneous_phantom_is_recovered(person, alpha, monkeypatch):
    """The slope of D(f) is 2 alpha dz, dz the distance of the gates (in bone, not tissue)."""
    monkeypatch.setattr("bonescan.simulate.exam._digitise", lambda lines, *_: lines)
    phantom = bone(person, alpha_tb_db_cm_mhz=alpha, c_tb_m_s=1540.0, depth_m=0.03, cortex_m=2e-4)
    exam = simulate_rf(
        phantom, "femoral-neck", np.random.default_rng(3), 12, 256, setup=SCATTER_ONLY
    )
    frequency, near = gate_power(exam, 1.5)
    _, far = gate_power(exam, 4.0)
    band = (frequency >= 2.0) & (frequency <= 4.5)
    difference_db = 10 * np.log10(near / far)
    slope = np.polyfit(frequency[band], difference_db[band], 1)[0]
    assert slope / (2 * 0.25) == pytest.approx(alpha, rel=0.05)


def test_the_same_generator_gives_the_same_bytes(person):
    first, second = (
        simulate_rf(bone(person), "femoral-neck", np.random.default_rng(4), 2, 16) for _ in range(2)
    )
    assert first.samples.tobytes() == second.samples.tobytes()
    other = simulate_rf(bone(person), "femoral-neck", np.random.default_rng(5), 2, 16)
    assert first.samples.tobytes() != other.samples.tobytes()


BONE_CHANGES = {
    "depth_m": 0.071, "alpha_soft_db_cm_mhz": 0.7, "alpha_local_db_cm_mhz": 0.7, "cortex_m": 1e-3,
    "bvtv_1": 0.2, "tbth_mm": 0.2, "alpha_tb_db_cm_mhz": 15.0, "c_tb_m_s": 1800.0,
    "scatter_exponent": 2.5,
}  # fmt: skip
SETUP_CHANGES = {
    "fs_hz": 50e6, "f0_hz": 3e6, "bandwidth_1": 0.5, "c_m_s": 1500.0, "pre_bone_m": 8e-3,
    "full_scale_1": 0.5, "bits": 12, "trabecular_db": -21.0, "soft_tissue_db": -42.0,
    "soft_tissue_exponent": 2.5, "frame_correlation": 0.5, "surface_echo_1": 0.4,
    "incidence_sd_deg": 8.0, "incidence_width_deg": 6.0, "incidence_correlation": 0.5,
    "dropout_1": 0.3, "dropout_factor": 0.5, "rough_db": -12.0, "rough_decay_m": 1e-3,
    "clutter_db": -40.0, "clutter_db_m": 500.0, "fascia_db": (-10.0, 1.0), "n_fascia": 4,
    "noise_db": -80.0, "line_cortex_sd_m": 0.3e-3, "line_cortex_correlation": 0.1,
    "frame_cortex_correlation": 0.1, "motion_sd_m": 1e-3, "neck_arc_m": (1e-3, 0.2e-3),
    "bvtv_line_sd_1": 0.2, "bvtv_depth_sd_1": 0.2, "plate_on_path": False,
    "tilt_m": 1e-3,
}  # fmt: skip


# The window reaches far enough up for the fascia to lie inside it.
DEEP = dataclasses.replace(SET_B, pre_bone_m=22e-3)


def deep_samples(bone_, setup=DEEP):
    rng = np.random.default_rng(6)
    return simulate_rf(bone_, "femoral-neck", rng, 2, 24, 32e-3, setup).samples


@pytest.fixture(scope="module")
def base_samples(person):
    return deep_samples(bone(person))


@pytest.mark.parametrize("name", BONE_CHANGES)
def test_each_property_of_the_bone_changes_the_samples(person, base_samples, name):
    samples = deep_samples(bone(person, **{name: BONE_CHANGES[name]}))
    assert not np.array_equal(samples, base_samples)


@pytest.mark.parametrize("name", SETUP_CHANGES)
def test_each_setting_changes_the_samples(person, base_samples, name):
    samples = deep_samples(bone(person), dataclasses.replace(DEEP, **{name: SETUP_CHANGES[name]}))
    assert not np.array_equal(samples, base_samples)


def test_every_setting_is_tried():
    tried = {*SETUP_CHANGES, "probe_radius_m", "pitch_spine_m", "pitch_neck_m", "spine_shape_sd_m"}
    tried |= {"bvtv_line_correlation", "bvtv_depth_length_m"}  # of what is off
    assert tried == {f.name for f in dataclasses.fields(SET_B)}


@pytest.mark.parametrize("site", ["femoral-neck-left", "L3"])
def test_the_surface_stands_where_the_truth_says(person, site):
    exam = simulate_rf(bone(person, site), site, np.random.default_rng(7), 2, 64, setup=QUIET)
    index = np.abs(exam.samples.astype(float)).argmax(axis=2)
    depth_m = (exam.t0_s + index / exam.fs_hz) * exam.c_m_s / 2
    strong = np.abs(exam.samples.astype(float)).max(axis=2) > 2000  # lines with a surface echo
    assert np.median(np.abs(depth_m - exam.surface_m)[strong]) < 0.25e-3


def test_gain_is_the_one_stored(person):
    """Nine lines of ten peak below 35 % of full scale; a louder world lowers the gain alike."""
    exam = simulate_rf(bone(person), "femoral-neck", np.random.default_rng(8), 2, 64, setup=QUIET)
    peaks = np.abs(exam.samples.astype(float)).max(axis=2)
    assert np.quantile(peaks, 0.9) == pytest.approx(0.35 * 32768, rel=0.02)
    deeper = bone(person, depth_m=bone(person).depth_m + 0.01)
    quieter = simulate_rf(deeper, "femoral-neck", np.random.default_rng(8), 2, 64, setup=QUIET)
    alpha = bone(person).alpha_soft_db_cm_mhz
    assert quieter.gain_db - exam.gain_db == pytest.approx(2 * alpha * 2.9, abs=1.0)


def test_speckle_of_neighbouring_frames_is_correlated_by_0_85(person):
    exam = simulate_rf(bone(person), "femoral-neck", np.random.default_rng(9), 3, 128, setup=QUIET)
    soft = exam.samples[:, :, :150].astype(float)  # in front of the bone
    for lag, expected in ((1, 0.85), (2, 0.85**2)):
        r = np.corrcoef(soft[0].ravel(), soft[lag].ravel())[0, 1]
        assert r == pytest.approx(expected, abs=0.03)


def test_cortex_varies_from_line_to_line_as_asked():
    field = frame_line_field(np.random.default_rng(10), (200, 200), 0.8, 0.6)
    assert field.std() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(field[:, 1:].ravel(), field[:, :-1].ravel())[0, 1] == pytest.approx(
        0.6, abs=0.03
    )
    assert np.corrcoef(field[1:].ravel(), field[:-1].ravel())[0, 1] == pytest.approx(0.8, abs=0.03)


def test_a_wrong_site_is_refused(person):
    with pytest.raises(ValueError, match=r"found the bone of femoral-neck, wanted that of L1"):
        simulate_rf(bone(person), "L1", np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"found the site 'calcaneus', wanted L1"):
        bone_of(person, "calcaneus", np.random.default_rng(0))


def test_dense_bone_attenuates_more_between_the_gates():
    """The mean of D(f) rises with BMD over a small cohort; how well is another matter."""
    bmd, contrast = [], []
    for i, someone in enumerate(draw_people(40, 11, women_1=1.0, age_years=(50, 80))):
        rng = np.random.default_rng([11, i])
        exam = simulate_rf(bone_of(someone, "femoral-neck", rng), "femoral-neck", rng, 2, 96)
        frequency, near = gate_power(exam, 1.5)
        _, far = gate_power(exam, 4.0)
        band = (frequency >= 1.5) & (frequency <= 3.5)
        bmd.append(someone.bmd_neck_g_cm2)
        contrast.append(np.mean(10 * np.log10(near / far)[band]))
    assert np.corrcoef(bmd, contrast)[0, 1] > 0.3
