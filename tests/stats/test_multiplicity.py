"""Adjusted p-values against R's p.adjust and statsmodels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.stats import multiplicity

ADJUST = {
    "holm": multiplicity.holm,
    "bh": multiplicity.benjamini_hochberg,
    "by": multiplicity.benjamini_yekutieli,
    "hommel": multiplicity.hommel,
    "bonferroni": multiplicity.bonferroni,
}
STATSMODELS = {"bh": "fdr_bh", "by": "fdr_by"}


@pytest.mark.parametrize("name", ADJUST)
def test_the_15_p_values_of_benjamini_and_hochberg(
    name: str, expected: Callable[[str], Any]
) -> None:
    peer = expected("p_adjust")
    assert ADJUST[name](peer["p"]) == pytest.approx(peer[name], rel=1e-12)


@pytest.mark.parametrize("name", ADJUST)
@settings(deadline=None, max_examples=40)
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_equals_statsmodels_in_any_order_and_with_ties(name: str, p: list[float]) -> None:
    oracle = pytest.importorskip("statsmodels.stats.multitest")
    values = [round(v, 2) for v in p]
    want = oracle.multipletests(values, method=STATSMODELS.get(name, name))[1]
    assert ADJUST[name](values) == pytest.approx(want, abs=1e-12)


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
