"""Adjusted p-values against R's p.adjust, SciPy, and what defines each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bonescan.stats import multiplicity

ADJUST = {
    "holm": multiplicity.holm,
    "bh": multiplicity.benjamini_hochberg,
    "by": multiplicity.benjamini_yekutieli,
    "hommel": multiplicity.hommel,
    "bonferroni": multiplicity.bonferroni,
}


@pytest.mark.parametrize("name", ADJUST)
def test_the_15_p_values_of_benjamini_and_hochberg(
    name: str, expected: Callable[[str], Any]
) -> None:
    peer = expected("p_adjust")
    assert ADJUST[name](peer["p"]) == pytest.approx(peer[name], rel=1e-12)


def by_closure(p: list[float], of_set: Callable[[Any], float]) -> list[float]:
    """Adjust by closed testing: the largest p among all sets that hold a hypothesis."""
    sets = [s for k in range(1, len(p) + 1) for s in itertools.combinations(range(len(p)), k)]
    found = [(s, of_set(np.sort([p[i] for i in s]))) for s in sets]
    return [min(1.0, max(value for s, value in found if i in s)) for i in range(len(p))]


@settings(deadline=None, max_examples=40)
@given(p=st.lists(st.floats(0, 1).map(lambda v: round(v, 2)), min_size=1, max_size=6))
def test_each_is_what_defines_it_in_any_order_and_with_ties(p: list[float]) -> None:
    # Holm closes Bonferroni's test of a set, Hommel that of Simes
    holm = by_closure(p, lambda s: float(len(s) * s[0]))
    simes = by_closure(p, lambda s: float((len(s) * s / np.arange(1, len(s) + 1)).min()))
    assert multiplicity.holm(p) == pytest.approx(holm, abs=1e-12)
    assert multiplicity.hommel(p) == pytest.approx(simes, abs=1e-12)
    for ours, scipys in ((multiplicity.benjamini_hochberg, "bh"),
                         (multiplicity.benjamini_yekutieli, "by")):  # fmt: skip
        assert ours(p) == pytest.approx(stats.false_discovery_control(p, method=scipys), abs=1e-12)


@pytest.mark.parametrize("name", ADJUST)
def test_a_missing_p_stays_missing_and_does_not_count(name: str) -> None:
    found = ADJUST[name]([0.03, math.nan, 0.01])
    assert math.isnan(found[1])
    assert found[[0, 2]] == pytest.approx(ADJUST[name]([0.03, 0.01]))


@pytest.mark.parametrize("name", ADJUST)
def test_nothing_is_adjusted_to_nothing_and_one_to_itself(name: str) -> None:
    assert ADJUST[name]([]).shape == (0,)
    assert np.isnan(ADJUST[name]([math.nan])).all()
    assert ADJUST[name]([0.04]) == pytest.approx([0.04])


@pytest.mark.parametrize("wrong", [-0.01, 1.01])
def test_what_is_no_p_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        multiplicity.holm([0.5, wrong])
