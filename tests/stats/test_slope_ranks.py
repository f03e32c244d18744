"""Slopes of given ranks, however little room there is."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.stats.slope_ranks import pairwise_slopes, slopes_of_rank


def points(n, seed, step=None):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.9, 0.15, n)
    y = x + rng.normal(0, 0.08, n)
    return (x, y) if step is None else (np.round(x / step), np.round(y / step))


def all_slopes(x, y, keep_all):
    """Sort every slope as the definitions say."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    i, j = np.triu_indices(x.size, 1)
    dx, dy = x[j] - x[i], y[j] - y[i]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = dy / dx
    out = dx == 0 if keep_all else ((dx == 0) & (dy == 0)) | (dx == -dy)
    return np.sort(slope[~out])


@pytest.mark.parametrize("keep_all", [True, False])
@pytest.mark.parametrize("step", [None, 0.05, 0.2])
@pytest.mark.parametrize(("room", "few"), [(10**6, 10**6), (10**6, 0), (300, 0), (20, 0), (1, 0)])
def test_every_rank_is_that_of_the_sorted_slopes(keep_all, step, room, few):
    x, y = points(60, 5, step)
    slopes, want = pairwise_slopes(x, y, keep_all=keep_all), all_slopes(x, y, keep_all)
    assert slopes.n_slopes == want.size
    assert slopes.n_below == (0 if keep_all else (want < -1).sum())
    ranks = sorted({1, 2, want.size // 4, want.size // 2, want.size - 1, want.size})
    got = slopes_of_rank(slopes, ranks, room=room, few=few)
    np.testing.assert_allclose(got, want[np.array(ranks) - 1], rtol=1e-12, atol=0)


def test_the_sample_decides_only_how_soon(monkeypatch):
    x, y = points(80, 6)
    slopes, want = pairwise_slopes(x, y, keep_all=False), all_slopes(x, y, keep_all=False)
    middle = want.size // 2
    # bounds that miss on either side are done again without a sample
    for wrong in ((5.0, 6.0), (-6.0, -5.0), (1.0, 1.0)):
        monkeypatch.setattr("bonescan.stats.slope_ranks._bounds", lambda *_, b=wrong: b)
        got = slopes_of_rank(slopes, [middle, middle + 1], few=0)
        np.testing.assert_array_equal(got, want[middle - 1 : middle + 1])


def test_the_ranks_of_many_points_are_found_with_little_room():
    x, y = points(1500, 7)
    slopes, want = pairwise_slopes(x, y, keep_all=False), all_slopes(x, y, keep_all=False)
    assert slopes.n_slopes > 2**17
    ranks = [want.size // 2 - 9000, want.size // 2, want.size // 2 + 9000]
    np.testing.assert_array_equal(slopes_of_rank(slopes, ranks), want[np.array(ranks) - 1])
    little = slopes_of_rank(slopes, ranks, room=5000)
    np.testing.assert_array_equal(little, want[np.array(ranks) - 1])


@pytest.mark.parametrize("ranks", [[], [0], [1, 1771]])
def test_ranks_that_are_not_there_are_refused(ranks):
    slopes = pairwise_slopes(*points(60, 5), keep_all=True)
    with pytest.raises(ValueError, match=r"wanted 1 to 1770"):
        slopes_of_rank(slopes, ranks)
