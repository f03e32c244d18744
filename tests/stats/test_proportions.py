"""Proportions: three intervals against R (binom, PropCIs), statsmodels, and their edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.stats.proportions import PROPORTION_METHODS, proportion

KEYS = {"wilson": "wilson", "clopper-pearson": "exact", "agresti-coull": "agresti_coull"}


@pytest.mark.parametrize("method", PROPORTION_METHODS)
def test_intervals_are_those_of_r(method: Any, expected: Callable[[str], Any]) -> None:
    for row in expected("binomial_ci")["rows"]:
        found = proportion(row["k"], row["n"], method)
        lo, hi = row[KEYS[method]]
        assert found.est == row["k"] / row["n"]
        # R lets Agresti-Coull leave [0, 1]: cut here
        assert found.lo == pytest.approx(max(lo, 0.0), rel=1e-8, abs=1e-12)
        assert found.hi == pytest.approx(min(hi, 1.0), rel=1e-8)
        assert found.method == method


@settings(deadline=None, max_examples=60)
@given(n=st.integers(1, 400), share=st.floats(0, 1), method=st.sampled_from(PROPORTION_METHODS))
def test_intervals_are_those_of_statsmodels(n: int, share: float, method: Any) -> None:
    oracle = pytest.importorskip("statsmodels.stats.proportion")
    k = round(share * n)
    names = {"wilson": "wilson", "clopper-pearson": "beta", "agresti-coull": "agresti_coull"}
    lo, hi = oracle.proportion_confint(k, n, method=names[method])
    found = proportion(k, n, method)
    assert found.lo == pytest.approx(max(float(lo), 0.0), abs=1e-9)
    assert found.hi == pytest.approx(min(float(hi), 1.0), abs=1e-9)


@pytest.mark.parametrize("method", PROPORTION_METHODS)
def test_none_and_all_of_n_end_at_0_and_1(method: Any) -> None:
    for n in range(1, 60):  # not 2e-17, as arithmetic leaves
        assert proportion(0, n, method).lo == 0.0
        assert proportion(n, n, method).hi == 1.0


@pytest.mark.parametrize("method", PROPORTION_METHODS)
def test_nothing_of_nothing_is_no_proportion(method: Any) -> None:
    found = proportion(0, 0, method)
    assert (found.est, found.lo, found.hi) == (None, None, None)
    assert found.to_dict() == {"est": None, "lo": None, "hi": None, "reason": found.reason}


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (1, 0)])
def test_a_count_outside_its_whole_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="wanted a count of 0 to"):
        proportion(k, n)


def test_an_unknown_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="found the method 'wald'"):
        proportion(1, 2, "wald")  # type: ignore[arg-type]
