"""Strict and tolerant agreement: R's figures, both readings, both sides of 0.3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.stats.discordance import tolerant_agreement


@pytest.mark.parametrize("site", ["ls", "fn"])
@pytest.mark.parametrize("label_from", ["rounded", "raw"])  # T of this set has one decimal
def test_both_readings_are_those_of_r(
    site: str, label_from: Any, table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    columns, want = table("rems_dxa_200"), expected("rems_dxa_200")[site]
    rems, dxa = ([float(t or "nan") for t in columns[f"{site}_{m}_t"]] for m in ("rems", "dxa"))
    found = tolerant_agreement(rems, dxa, label_from=label_from)
    tolerance = want["tolerance_0.3"]
    assert (found.n_a, found.n_b) == (tolerance["agree_A"], tolerance["agree_B"])
    assert found.n_within_tolerance == tolerance["n_abs_diff_le_0.3"]
    assert found.a_percent == pytest.approx(tolerance["pct_A"], rel=1e-12)
    assert found.b_percent == pytest.approx(tolerance["pct_B"], rel=1e-12)
    assert found.n_strict == want["discordance"]["concordant"]
    assert found.strict_percent == pytest.approx(want["discordance"]["concordant_pct"], rel=1e-12)
    assert found.to_dict()["a_percent"] == found.a_percent


@pytest.mark.parametrize(
    ("test", "reference", "a", "b"),
    [
        (-1.3, -1.0, 1, 1),  # -1.3 - (-1.0) is -0.30000000000000004 in binary
        (-1.4, -1.0, 0, 0),
        (-0.7, -1.1, 1, 0),  # near the cut-off, far from the other T
        (-1.4, -0.9, 0, 0),
        (-2.2, -2.5, 1, 1),
        (-2.1, -2.5, 0, 0),
        (-2.7, -0.9, 0, 0),  # near -2.5 but not near -1.0, which also lies between
        (-1.2, -2.6, 0, 0),
        (-1.7, -1.1, 1, 1),  # one class: always
    ],
)
def test_the_tolerance_is_inclusive_and_asks_every_cut_off_between(
    test: float, reference: float, a: int, b: int
) -> None:
    found = tolerant_agreement([test], [reference])
    assert (found.n_a, found.n_b) == (a, b)


def test_a_wide_tolerance_still_asks_both_cut_offs_of_a_major_discordance() -> None:
    # -1.75 lies 0.75 from both cut-offs, but its class is osteopenia; -2.5 lies 1.5 from -1.0
    assert tolerant_agreement([-2.5], [-1.0], tolerance=1.4).n_a == 0
    assert tolerant_agreement([-2.5], [-1.0], tolerance=1.5).n_a == 1


def test_raw_scores_are_compared_raw() -> None:
    # 0.34 apart: within 0.3 once rounded to -1.0 and -1.3, not before
    assert tolerant_agreement([-1.34], [-1.0]).n_b == 1
    assert tolerant_agreement([-1.34], [-1.0], label_from="raw").n_b == 0
    # what arithmetic leaves of a T is no distance
    residue = tolerant_agreement([-1.3 - 1e-13], [-1.0], label_from="raw")
    assert (residue.n_a, residue.n_b) == (1, 1)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 60), tolerance=st.floats(0, 2))
def test_tolerance_never_takes_agreement_away(seed: int, n: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    reference = rng.normal(-1.8, 1.2, n)
    found = tolerant_agreement(reference + rng.normal(0, 0.6, n), reference, tolerance)
    assert found.n_strict <= min(found.n_a, found.n_b)
    assert max(found.n_a, found.n_b) <= found.n == n


def test_without_pairs_there_are_no_percentages() -> None:
    found = tolerant_agreement([np.nan], [-1.0])
    assert (found.n, found.strict_percent, found.a_percent, found.b_percent) == (0, *[None] * 3)


def test_what_makes_no_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match="found 1 and 2 T-scores"):
        tolerant_agreement([-1.0], [-1.0, -2.0])
    with pytest.raises(ValueError, match="wanted 0 or more"):
        tolerant_agreement([-1.0], [-1.0], tolerance=-0.1)
