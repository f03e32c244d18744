"""The bone surface where it is known, and nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bonescan.kernels.interface import SECOND_PATH_SHARE_1, has_second_path, path_contrast
from bonescan.read.registry import read_scan
from bonescan.rems import interface
from bonescan.rems.condition import condition
from bonescan.rems.interface import (
    CROOKED,
    HOLLOW,
    MIN_CONTRAST,
    NARROW,
    NO_SURFACE,
    TWO_SURFACES,
    central,
    find_surfaces,
    sample_depth_mm,
)
from bonescan.settings import ReadSettings
from bonescan.simulate.bone import bone_of
from bonescan.simulate.exam import simulate_rf
from bonescan.simulate.people import draw_people

from .phantoms import PER_MM, bone_frames, no_bone_frames, rf_site

ACROSS = np.linspace(-1.0, 1.0, 64)


def found_in(samples, **site):
    return find_surfaces(samples, rf_site(samples, **site))


@pytest.mark.parametrize("shape", ["flat", "tilted", "arc"])
def test_a_known_surface_is_found_within_a_fifth_of_a_millimetre_on_every_line(shape) -> None:
    profile = {"flat": 0.0 * ACROSS, "tilted": 2.0 * ACROSS, "arc": 3.0 * ACROSS**2}[shape]
    truth = 7.0 + profile + np.array([[0.0], [0.3], [-0.2]])
    found = found_in(bone_frames(truth, np.random.default_rng(1)))
    assert found.accepted.all()
    assert found.usable.all()
    # the last lines of a median of seven are held, so a steep edge lags by up to three lines
    inner = slice(3, -3)
    np.testing.assert_allclose(found.sample[:, inner] / PER_MM, truth[:, inner], atol=0.2)


def test_depth_counts_from_the_first_stored_sample() -> None:
    samples = bone_frames(np.full((2, 64), 8.0), np.random.default_rng(2))
    site = rf_site(samples)
    found = find_surfaces(samples, site)
    assert sample_depth_mm(site, float(np.median(found.sample))) == pytest.approx(48.0, abs=0.2)
    assert sample_depth_mm(rf_site(samples, t0_s=None), 100.0) is None


def test_half_the_sampling_rate_finds_the_same_depth() -> None:
    samples = bone_frames(np.full((2, 64), 8.0), np.random.default_rng(3))
    half = np.ascontiguousarray(samples[..., ::2])
    found = found_in(half, fs_hz=20e6)
    np.testing.assert_allclose(found.sample / (PER_MM / 2.0), 8.0, atol=0.2)


def test_lines_that_lost_their_echo_are_bridged_but_not_used() -> None:
    samples = bone_frames(np.full((2, 64), 7.0), np.random.default_rng(4))
    samples[:, 30:32] = no_bone_frames(np.random.default_rng(5), (2, 2, 1040)) // 8
    found = found_in(samples)
    np.testing.assert_allclose(found.sample[:, 30:32] / PER_MM, 7.0, atol=0.3)
    assert not found.usable[:, 30:32].any()
    assert found.usable[:, :30].all()


def test_soft_tissue_alone_shows_no_surface() -> None:
    found = found_in(no_bone_frames(np.random.default_rng(6)))
    assert not found.accepted.any()
    assert not found.usable.any()
    assert found.rejected == ((NO_SURFACE, 2),)


def test_a_surface_outside_the_depths_of_the_site_is_not_taken() -> None:
    samples = bone_frames(np.full((2, 64), 7.0), np.random.default_rng(7))
    deep = found_in(samples, t0_s=100e-3 * 2.0 / 1540.0)  # 107 mm: too deep for a neck
    assert not deep.accepted.any()
    spine = found_in(samples, site="L2", t0_s=100e-3 * 2.0 / 1540.0)  # but not for the spine
    assert spine.accepted.all()


def test_without_a_time_zero_the_whole_line_is_searched() -> None:
    samples = bone_frames(np.full((2, 64), 7.0), np.random.default_rng(8))
    assert found_in(samples, t0_s=None).accepted.all()


def test_a_surface_without_room_for_the_gates_behind_it_is_not_taken() -> None:
    near_end = 1040 / PER_MM - 5.0
    found = found_in(bone_frames(np.full((2, 64), near_end), np.random.default_rng(9)))
    assert not found.accepted.any() or np.all(found.sample[found.accepted] / PER_MM < near_end - 1)


@pytest.mark.parametrize(("n_good", "accepted"), [(23, True), (22, False)])
def test_sixty_percent_of_the_central_lines_decide(n_good, accepted) -> None:
    # 38 of 64 lines are central: 23 are 60.5 %, 22 are 57.9 %
    middle = central(64)
    assert middle.stop - middle.start == 38
    samples = bone_frames(np.full((1, 64), 7.0), np.random.default_rng(10))
    tissue = no_bone_frames(np.random.default_rng(11), (1, 64, 1040)) // 8
    # take the echo from central lines, spread out so that the path holds
    lost = np.linspace(middle.start, middle.stop - 1, 38 - n_good).round().astype(int)
    assert len(set(lost)) == 38 - n_good
    samples[:, lost] = tissue[:, lost]
    assert bool(found_in(samples).accepted[0]) is accepted


def test_a_surface_no_parabola_fits_is_crooked() -> None:
    zigzag = 9.0 + 3.0 * np.sign(np.sin(2.0 * np.pi * np.arange(64) / 22.0))
    # the path may move 1 mm a line, so it can follow a smoothed zigzag
    smooth = np.convolve(np.pad(zigzag, 4, mode="edge"), np.ones(9) / 9, mode="valid")
    found = found_in(bone_frames(np.tile(smooth, (2, 1)), np.random.default_rng(12)))
    assert found.rejected == ((CROOKED, 2),)


@pytest.mark.parametrize(
    ("site", "n_lines", "accepted"),
    [
        ("L3", 30, True),
        ("L3", 29, False),
        ("femoral-neck-left", 16, True),
        ("femoral-neck-left", 15, False),
    ],
)
def test_enough_of_the_bone_must_be_seen(site, n_lines, accepted) -> None:
    # lines 0.5 mm apart: 15 mm of a vertebra, 8 mm of a neck
    found = found_in(bone_frames(np.full((2, n_lines), 7.0), np.random.default_rng(16)), site=site)
    assert found.accepted.tolist() == [accepted] * 2
    assert found.rejected == (() if accepted else ((NARROW, 2),))


def test_without_a_distance_of_lines_no_surface_is_narrow() -> None:
    samples = bone_frames(np.full((2, 12), 7.0), np.random.default_rng(17))
    assert found_in(samples, line_pitch_m=None).accepted.all()


@pytest.mark.parametrize(
    ("site", "hollow_mm", "accepted"),
    [
        ("femoral-neck-left", 0.4, True),
        ("femoral-neck-left", 0.6, False),
        ("femoral-neck-left", -3.0, True),
        ("L3", 0.6, True),
    ],
)
def test_a_neck_is_no_hollow(site, hollow_mm, accepted) -> None:
    # 38 of 64 lines decide: the middle of these lies deeper than their ends
    surface = 7.0 - hollow_mm * (ACROSS * 63.0 / 37.0) ** 2
    found = found_in(bone_frames(np.tile(surface, (2, 1)), np.random.default_rng(18)), site=site)
    assert found.accepted.tolist() == [accepted] * 2
    assert found.rejected == (() if accepted else ((HOLLOW, 2),))


@pytest.mark.parametrize("site", ["L2", "femoral-neck-left"])
def test_the_truth_of_clean_simulated_scans_is_met_within_half_a_millimetre(site) -> None:
    """The simulator writes down where it put the bone; every line that is used must say so."""
    n_used = 0
    for person in draw_people(5, 41):
        rng = np.random.default_rng(person.bone_seed)
        exam = simulate_rf(bone_of(person, site, rng), site, rng, 2, 64)
        known = rf_site(
            exam.samples, site, t0_s=exam.t0_s, probe_radius_m=exam.probe_radius_m,
            line_pitch_m=exam.line_pitch_m,
        )  # fmt: skip
        found = find_surfaces(exam.samples, known)
        assert found.accepted.all()
        depth_mm = (exam.t0_s + found.sample / exam.fs_hz) * exam.c_m_s / 2.0 * 1000.0
        away = np.abs(depth_mm - 1000.0 * exam.surface_m)[found.usable]
        assert away.max() < 0.5
        assert np.median(away) < 0.15
        n_used += away.size
    assert n_used > 0.85 * 5 * 2 * 64


def test_a_frame_in_the_shadow_of_gas_is_rejected_and_the_others_are_not_moved() -> None:
    samples = bone_frames(np.full((3, 64), 7.0), np.random.default_rng(19))
    alone = found_in(samples)
    shaded = samples.copy()
    shaded[1] = no_bone_frames(np.random.default_rng(20), (1, 64, 1040))[0] // 8
    found = found_in(shaded)
    assert found.accepted.tolist() == [True, False, True]
    assert found.rejected == ((NO_SURFACE, 1),)
    np.testing.assert_array_equal(found.sample[[0, 2]], alone.sample[[0, 2]])


def test_the_order_of_frames_changes_no_surface() -> None:
    samples = bone_frames(
        7.0 + 0.5 * np.arange(4.0)[:, None] + 0.0 * ACROSS, np.random.default_rng(21)
    )
    one, other = found_in(samples), found_in(np.ascontiguousarray(samples[::-1]))
    np.testing.assert_array_equal(one.sample, other.sample[::-1])
    np.testing.assert_array_equal(one.contrast, other.contrast[::-1])


def test_a_gain_curve_that_is_known_moves_no_surface() -> None:
    samples = bone_frames(np.full((2, 64), 7.0), np.random.default_rng(22), echo=2000.0)
    curve_db = np.linspace(0.0, 20.0, 1040)
    amplified = np.rint(samples * 10.0 ** (curve_db / 20.0)).astype(np.int16)
    gain = 10.0 ** ((20.0 - curve_db) / 20.0)
    plain, found = found_in(samples), find_surfaces(amplified, rf_site(amplified), gain)
    np.testing.assert_allclose(found.sample / PER_MM, plain.sample / PER_MM, atol=0.02)
    np.testing.assert_allclose(found.contrast, plain.contrast, atol=0.1)


def test_a_second_surface_must_come_near_to_the_first_to_matter() -> None:
    """Both sides of the limit: the second path reaches 80 and 90 % of the first one's contrast."""
    assert SECOND_PATH_SHARE_1 == 0.85
    score = np.zeros((9, 60), np.float32)
    score[:, 10] = 10.0
    for share, doubtful in ((0.8, False), (0.9, True)):
        rival = score.copy()
        rival[:, 40] = 10.0 * share
        assert _second(rival, 10) is doubtful
    # single bright cells here and there make no path
    scattered = score.copy()
    scattered[np.arange(9), 30 + 25 * (np.arange(9) % 2)] = 9.9
    assert _second(scattered, 10) is False


def _second(score, cell):
    grid = interface._Grid.of(PER_MM)
    path = np.full(9, cell)
    above = path_contrast(score, path, grid.apart, 0, 59)
    return bool(has_second_path(score, path, above, grid.max_step, grid.apart, 0, 59))


def test_two_layers_alike_leave_the_surface_undecided() -> None:
    rng = np.random.default_rng(13)
    both = bone_frames(np.full((2, 64), 5.0), rng, bone=60.0, loss_db_mm=0.0).astype(np.int32)
    both += bone_frames(np.full((2, 64), 10.0), rng, echo=4000.0, bone=100.0)
    found = found_in(np.clip(both, -32768, 32767).astype(np.int16))
    assert found.rejected == ((TWO_SURFACES, 2),)


def test_scaling_the_samples_moves_nothing() -> None:
    samples = bone_frames(np.full((2, 64), 7.0), np.random.default_rng(14), echo=4000.0)
    one, two = found_in(samples), found_in(samples * np.int16(2))
    np.testing.assert_allclose(one.sample, two.sample, atol=1e-3)
    np.testing.assert_array_equal(one.usable, two.usable)


def test_a_frame_of_too_few_lines_is_not_searched() -> None:
    samples = bone_frames(np.full((1, interface.MIN_LINES - 1), 7.0), np.random.default_rng(15))
    assert not found_in(samples).accepted.any()


def test_the_contrast_limit_parts_bone_from_soft_tissue_with_fascia() -> None:
    """What MIN_CONTRAST was chosen from: virtual people, with and without their bone."""
    import dataclasses

    from bonescan.simulate.setup import SET_B

    bone, tissue = [], []
    for person in draw_people(6, 99):
        rng = np.random.default_rng(person.bone_seed)
        latent = bone_of(person, "L2", rng)
        deep = dataclasses.replace(SET_B, pre_bone_m=28e-3)
        exam = simulate_rf(latent, "L2", rng, 2, 48, window_m=42e-3, setup=deep)
        site = {"site": "L2", "t0_s": None}
        bone.append(found_in(np.ascontiguousarray(exam.samples[..., 1100:]), **site).contrast)
        tissue.append(found_in(np.ascontiguousarray(exam.samples[..., :1300]), **site).contrast)
    assert np.mean(np.concatenate(bone) >= MIN_CONTRAST) > 0.9
    assert np.mean(np.concatenate(tissue) >= MIN_CONTRAST) < 0.02


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "fs_hz"),
    [("itk_EyeRoundOverChuck_5.0MHz_20V.mha", 30e6), ("itk_MouseLiverRF.mha", 60e6)],
)
def test_real_tissue_without_bone_shows_no_surface(shared_dir: Path, name, fs_hz) -> None:
    scan = read_scan(shared_dir / "data" / "rf" / name, ReadSettings(sampling_rate_hz=fs_hz))
    site = scan.sites[0]
    samples = condition(scan.samples.block(site.site), site).samples
    assert not find_surfaces(samples, site).accepted.any()
