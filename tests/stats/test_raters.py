"""Several raters: R's irr where it is right, Krippendorff's definition, SciPy's ranks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bonescan.stats.raters import kendall_w, krippendorff_alpha_interval


@pytest.mark.shared
def test_anxiety_of_twenty_people_by_three_raters(
    published: Callable[[str], tuple[Any, Any]],
) -> None:
    columns, peer = published("irr_anxiety")
    ratings = np.array([columns[f"rater{i}"] for i in (1, 2, 3)], dtype=float).T
    assert kendall_w(ratings, correct_ties=False).est == pytest.approx(peer["kendall_W"], rel=1e-8)
    # irr weighs pairs by 1 instead of 1/(m - 1) where nothing is missing: its number of ratings
    # becomes n m (m - 1), and (119 / 2) stands in the formula for 59
    alpha = krippendorff_alpha_interval(ratings).est
    as_irr = 1.0 - (1.0 - alpha) * 59.5 / 59.0
    assert as_irr == pytest.approx(peer["kripp_alpha_interval"], rel=1e-8)


def by_definition(ratings: Any) -> float:
    """Sum over ordered pairs, as Krippendorff writes it."""
    units = [[v for v in row if v == v] for row in ratings]  # noqa: PLR0124 - NaN differs from itself
    units = [u for u in units if len(u) > 1]
    values = [v for u in units for v in u]
    observed = sum(
        sum((a - b) ** 2 for a, b in itertools.permutations(u, 2)) / (len(u) - 1) for u in units
    ) / len(values)
    expected = sum((a - b) ** 2 for a, b in itertools.permutations(values, 2))
    return float(1.0 - observed / (expected / (len(values) * (len(values) - 1))))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 8), m=st.integers(2, 4))
def test_alpha_is_what_krippendorff_defines_with_gaps_too(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = rng.integers(1, 9, (n, m)).astype(float)
    ratings[0] = range(m)
    ratings[1:][rng.random((n - 1, m)) < 0.2] = np.nan
    assert krippendorff_alpha_interval(ratings).est == pytest.approx(
        by_definition(ratings), abs=1e-9
    )


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 9), m=st.integers(3, 5))
def test_w_with_ties_is_friedmans_statistic(seed: int, n: int, m: int) -> None:
    # chi-squared of Friedman = m (n - 1) W, people as the treatments; SciPy corrects ties
    ratings = np.random.default_rng(seed).integers(0, 4, (n, m)).astype(float)
    ratings[0], ratings[1] = 9.0, -1.0
    want = stats.friedmanchisquare(*ratings)
    found = kendall_w(ratings)
    assert found.est == pytest.approx(want.statistic / (m * (n - 1)), abs=1e-9)
    assert found.p == pytest.approx(want.pvalue, abs=1e-9)


def test_a_person_not_rated_by_all_has_no_rank() -> None:
    assert kendall_w([[1, 1], [2, 2], [3, np.nan]]).est == 1.0


@pytest.mark.parametrize("ratings", [[[1, 1], [1, 1]], [[1, 2]]])
def test_what_does_not_vary_has_no_order(ratings: Any) -> None:
    assert kendall_w(ratings).est is None


def test_alpha_needs_ratings_that_differ() -> None:
    assert krippendorff_alpha_interval([[2, 2], [2, 2]]).reason == "all ratings are equal"
    assert krippendorff_alpha_interval([[2, np.nan]]).reason == "nobody has two ratings"


@pytest.mark.parametrize("call", [kendall_w, krippendorff_alpha_interval])
def test_one_rater_is_refused(call: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="wanted people by 2 raters or more"):
        call([[1], [2]])
