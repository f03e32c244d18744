"""Envelope, surface score and best path against worked examples."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.kernels.interface import (
    has_second_path,
    path_contrast,
    rectified_envelope,
    surface_score,
    viterbi_surface,
)
from bonescan.model.arrays import kernel_input


def envelope(lines, step, width):
    return rectified_envelope(kernel_input(lines, np.int16), step, width)


def score(levels, jump=2, shadow=(0, 0), smooth=1):
    cells = 0, np.shape(levels)[1] - 1
    return surface_score(np.array(levels, np.float32), jump, *shadow, smooth, *cells)


def best_path(field, max_step, first=0, last=10**9):
    return viterbi_surface(np.array(field, np.float32), max_step, first, last)


# --- envelope ---


def test_a_square_wave_has_its_amplitude_as_envelope_whatever_its_offset():
    wave = 100 * (-1) ** np.arange(64)
    for offset in (0, 1000, -32_000):
        np.testing.assert_allclose(envelope([wave + offset], 4, 12), 100)


def test_a_constant_line_is_silent():
    assert not envelope(np.full((2, 40), -32_768), 4, 12).any()
    assert not envelope(np.full((2, 40), 32_767), 4, 12).any()


def test_the_envelope_of_full_scale_does_not_overflow():
    rails = np.where(np.arange(64) % 2, 32_767, -32_768)
    np.testing.assert_allclose(envelope([rails], 8, 24), 32_767.5)


def test_cells_are_averaged_over_an_odd_number_of_them():
    line = np.zeros(40)
    line[20:24] = [80, -80, 80, -80]  # cell 5 of 4 samples
    alone = envelope([line], 4, 4)[0]
    np.testing.assert_allclose(alone, [0, 0, 0, 0, 0, 80, 0, 0, 0, 0])
    three = envelope([line], 4, 12)[0]
    np.testing.assert_allclose(three[3:8], [0, 80 / 3, 80 / 3, 80 / 3, 0], rtol=1e-6)
    np.testing.assert_array_equal(three, envelope([line], 4, 19)[0])  # 19 samples: 3 cells


def test_an_incomplete_last_cell_is_left_out():
    assert envelope(np.zeros((3, 23)), 8, 8).shape == (3, 2)
    assert envelope(np.zeros((3, 7)), 8, 8).shape == (3, 0)
    assert envelope(np.zeros((0, 64)), 8, 8).shape == (0, 8)


# --- score ---


def test_a_level_line_scores_its_logarithm():
    np.testing.assert_allclose(score(np.full((1, 9), 20.0)), np.log(20), rtol=1e-6)


def test_a_step_scores_its_level_and_twice_the_logarithm_of_its_height():
    levels = np.array([[1.0, 1, 1, 1, 8, 8, 8, 8]])
    got = score(levels, jump=2)[0]
    assert got[4] == pytest.approx(np.log(8) + 2 * np.log(8), rel=1e-6)
    assert got[3] == pytest.approx(np.log(1) + 2 * np.log(4.5 / 1), rel=1e-5)  # (1 + 8) / 2 over 1
    assert got.argmax() == 4


def test_the_shadow_counts_by_the_share_of_it_that_is_in_the_line():
    levels = np.array([[4.0, 4, 4, 9, 9, 1, 1]])
    plain, got = score(levels)[0], score(levels, shadow=(2, 4))[0]
    # cell 3: above ln 4, shadow cells 5 and 6 ln 1; cell 4: only cell 6 of two
    assert got[3] - plain[3] == pytest.approx(np.log(4), rel=1e-5)
    above = np.log([4, 4, 4, 9]).mean()
    assert got[4] - plain[4] == pytest.approx(0.5 * above, rel=1e-5)
    assert got[5] == plain[5]  # no shadow inside the line
    assert got[0] == plain[0]  # nothing above


def test_a_silent_line_is_held_above_the_floor():
    np.testing.assert_allclose(score(np.zeros((1, 5))), np.log(0.25), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_one_bad_cell_spoils_its_line_and_no_other(bad):
    levels = np.ones((3, 6))
    levels[1, 4] = bad
    got = score(levels, shadow=(1, 3), smooth=3)
    assert np.isnan(got[1]).all()
    assert np.isfinite(got[[0, 2]]).all()


def test_empty_lines():
    assert score(np.empty((0, 5))).shape == (0, 5)
    assert score(np.empty((3, 0))).shape == (3, 0)


def test_a_range_of_cells_scores_as_in_the_whole_line():
    levels = np.exp(np.random.default_rng(5).normal(3, 2, (4, 30))).astype(np.float32)
    whole, part = score(levels, 3, (2, 9), 3), surface_score(levels, 3, 2, 9, 3, 11, 17)
    np.testing.assert_array_equal(part, whole[:, 11:18])


# --- path ---


def test_the_path_follows_a_ridge():
    ridge = np.array([3, 4, 5, 5, 4, 2])
    field = np.zeros((6, 9))
    field[np.arange(6), ridge] = 1
    np.testing.assert_array_equal(best_path(field, 2), ridge)


def test_a_step_too_long_is_not_taken():
    field = np.zeros((2, 9))
    field[0, 0], field[1, 3] = 5, 4
    np.testing.assert_array_equal(best_path(field, 3), [0, 3])
    np.testing.assert_array_equal(best_path(field, 2), [0, 0])


def test_equal_paths_step_little_and_stay_shallow():
    assert best_path(np.zeros((4, 7)), 3).tolist() == [0, 0, 0, 0]
    field = np.zeros((3, 5))
    field[2, 2] = 1  # the end is settled; before it no step at all
    assert best_path(field, 2).tolist() == [2, 2, 2]
    field[0, [1, 3]] = 1  # one step from either side: the shallower
    assert best_path(field, 1).tolist() == [1, 2, 2]


def test_the_path_stays_within_its_cells():
    field = np.zeros((4, 10))
    field[:, [0, 9]] = 100
    assert set(best_path(field, 9, 2, 7)) <= set(range(2, 8))
    assert best_path(field, 9, -5, 99).tolist() == [0, 0, 0, 0]
    assert best_path(field, 9, 9, 9).tolist() == [9, 9, 9, 9]


@pytest.mark.parametrize(("first", "last"), [(3, 2), (10, 20), (-9, -1)])
def test_no_cell_allowed_gives_no_path(first, last):
    assert best_path(np.zeros((3, 10)), 1, first, last).tolist() == [-1, -1, -1]


def test_no_line_no_path():
    assert best_path(np.zeros((0, 10)), 1).shape == (0,)
    assert best_path(np.zeros((2, 0)), 1).tolist() == [-1, -1]


def test_a_gap_counts_as_the_worst_of_its_line():
    field = np.array([[1.0, 2, 5], [np.nan, 3, 1], [2, 2, np.inf]])
    worst = np.array([[1.0, 2, 5], [1, 3, 1], [2, 2, 2]])
    assert best_path(field, 2).tolist() == best_path(worst, 2).tolist() == [2, 1, 0]


def test_a_line_of_gaps_is_bridged():
    field = np.zeros((3, 6))
    field[0, 2] = field[2, 2] = 1
    field[1] = np.nan
    assert best_path(field, 1).tolist() == [2, 2, 2]


@given(seed=st.integers(0, 2**32 - 1), max_step=st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_no_path_scores_more(seed, max_step):
    field = np.random.default_rng(seed).integers(-5, 6, (4, 5)).astype(np.float32)
    path = best_path(field, max_step)
    every = [
        sum(field[i, cell] for i, cell in enumerate(cells))
        for cells in itertools.product(range(5), repeat=4)
        if max(abs(np.diff(cells))) <= max_step
    ]
    assert max(abs(np.diff(path))) <= max_step
    assert field[np.arange(4), path].sum() == max(every)


# --- a second path ---


def second(field, cell):
    field = np.array(field, np.float32)
    path = np.full(len(field), cell)
    last = field.shape[1] - 1
    above = path_contrast(field, path, 2, 0, last)
    return bool(has_second_path(field, path, above, 1, 2, 0, last))


@pytest.mark.parametrize(("share", "doubtful"), [(0.84, False), (0.86, True)])
def test_a_rival_counts_from_85_percent_of_the_best_on(share, doubtful):
    field = np.zeros((8, 30))
    field[:, 5], field[:, 20] = 20.0, 20.0 * share
    assert second(field, 5) is doubtful


def test_bright_cells_that_no_path_joins_are_no_rival():
    field = np.zeros((8, 30))
    field[:, 5] = 20.0
    field[::2, 12] = field[1::2, 25] = 20.0
    assert second(field, 5) is False


def test_a_path_without_contrast_is_never_alone():
    assert second(np.zeros((4, 30)), 5) is True


def test_the_twin_too_takes_a_path_without_contrast_for_doubtful():
    from bonescan.kernels.plain import interface as plain

    field = np.zeros((4, 30), np.float32)
    above = np.zeros((2, 4), np.float32)
    assert plain.has_second_path(field, np.full(4, 5), above, 1, 2, 0, 29) is True
