"""Classes and their agreement: R's vcd, irr and irrCAC, statsmodels, and what can't be defined."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.model.estimate import Estimate
from bonescan.stats.classes import (
    bowker,
    class_agreement,
    class_table,
    stuart_maxwell,
    who_class,
)
from bonescan.stats.kappa import (
    Coefficient,
    brennan_prediger,
    cohen_kappa,
    gwet_ac,
    identity_weights,
    kappa_against_chance,
    krippendorff_alpha,
    linear_weights,
    quadratic_weights,
    scott_pi,
)

# Stuart A. Biometrika 1953;40:105-110: unaided distance vision, right eye in rows.
VISION = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
SITES = ["ls", "fn"]
COHEN = {
    "cohen_vcd": identity_weights,
    "weighted_linear_vcd": linear_weights,
    "weighted_quadratic_vcd": quadratic_weights,
}
IRRCAC: dict[str, tuple[Callable[..., Coefficient], Callable[[int], Any]]] = {
    "irrcac_cohen": (cohen_kappa, identity_weights),
    "irrcac_gwet_ac1": (gwet_ac, identity_weights),
    "irrcac_gwet_ac2_linear": (gwet_ac, linear_weights),
    "irrcac_gwet_ac2_quadratic": (gwet_ac, quadratic_weights),
    "irrcac_brennan_prediger": (brennan_prediger, identity_weights),
    "irrcac_scott_pi": (scott_pi, identity_weights),
    "irrcac_krippendorff": (krippendorff_alpha, identity_weights),
}
small_tables = st.lists(st.integers(0, 9), min_size=9, max_size=9).map(
    lambda cells: np.array(cells).reshape(3, 3)
)


def blocks(expected: Callable[[str], Any]) -> list[Any]:
    """Give every block of class agreement that R computed on our own tables."""
    peer = expected("rems_dxa_200")
    sites = [peer[s]["who_classes_rows_rems_cols_dxa"] for s in SITES]
    return [*sites, peer["worst_site"]["kappa"], peer["spine_vs_hip_dxa"]]


def agrees_with_r(block: Any) -> None:
    table, k = block["table"], len(block["table"])
    for name, weights in COHEN.items():
        found, want = cohen_kappa(table, weights(k)), block[name]
        assert found.est == pytest.approx(want["est"], rel=1e-8)
        assert found.se == pytest.approx(want["ase"], rel=1e-8)
        interval = found.normal_interval("")
        assert (interval.lo, interval.hi) == pytest.approx((want["lo"], want["hi"]), rel=1e-8)
    for name, (coefficient, weights) in IRRCAC.items():
        found, want = coefficient(table, weights(k)), block[name]
        assert found.est == pytest.approx(want["est"], rel=1e-8)
        assert found.se == pytest.approx(want["se"], rel=1e-8)
        # irrCAC prints its interval as text with up to three decimals
        printed = [float(x) for x in want["ci"].strip("()").split(",")]
        interval = found.t_interval("")
        assert (interval.lo, interval.hi) == pytest.approx(printed, abs=5.01e-4)
    whole = class_agreement(table)
    assert whole.n == block["n"]
    assert whole.agreement.est == pytest.approx(block["observed_agreement"]["est"], rel=1e-8)
    wilson = whole.agreement.lo, whole.agreement.hi
    assert wilson == pytest.approx(tuple(block["observed_agreement"]["wilson"]), rel=1e-8)
    exact = class_agreement(table, "clopper-pearson").agreement
    assert (exact.lo, exact.hi) == pytest.approx(
        tuple(block["observed_agreement"]["exact"]), rel=1e-8
    )
    assert whole.pabak.est == pytest.approx(block["pabak"], rel=1e-8)
    homogeneity = block["stuart_maxwell"]
    assert whole.stuart_maxwell.chi2 == pytest.approx(homogeneity["chi2"][0][0], rel=1e-8)
    assert whole.stuart_maxwell.p == pytest.approx(homogeneity["p"][0][0], rel=1e-8)
    assert whole.stuart_maxwell.df == homogeneity["df"]
    if block["bowker"]["chi2"] is not None:  # R has none where a pair of cells is empty
        assert whole.bowker.chi2 == pytest.approx(block["bowker"]["chi2"], rel=1e-8)
        assert whole.bowker.p == pytest.approx(block["bowker"]["p"], rel=1e-8)
        assert whole.bowker.df == block["bowker"]["df"]


@pytest.mark.parametrize("which", range(4), ids=["ls", "fn", "worst site", "spine against hip"])
def test_every_coefficient_is_that_of_r(which: int, expected: Callable[[str], Any]) -> None:
    agrees_with_r(blocks(expected)[which])


def test_vision_of_7477_women_has_the_published_kappa() -> None:
    found = class_agreement(VISION)
    # R's vcd and irr on Stuart's table
    assert found.kappa.est == pytest.approx(0.595388828089434, rel=1e-12)
    assert found.kappa_linear.est == pytest.approx(0.652380429500598, rel=1e-12)
    assert found.kappa_quadratic.est == pytest.approx(0.702334252490098, rel=1e-12)
    assert found.bowker.chi2 == pytest.approx(19.1065502152668, rel=1e-12)
    assert found.bowker.df == 6
    assert found.stuart_maxwell.chi2 == pytest.approx(11.9565696229826, rel=1e-12)
    assert found.stuart_maxwell.df == 3


@pytest.mark.shared
def test_published_sets_are_those_of_r(published: Callable[[str], tuple[Any, Any]]) -> None:
    columns, peer = published("irr_vision")
    levels = [level.lower() for level in peer["levels"]]
    eyes = [[levels.index(v.lower()) for v in columns[c]] for c in ("r.eye", "l.eye")]
    table = class_table(eyes[0], eyes[1], 4)
    assert table.tolist() == peer["kappas"]["table"] == VISION
    agrees_with_r(peer["kappas"])
    columns, peer = published("irr_anxiety")
    one, two = (np.array(columns[r], dtype=int) for r in ("rater1", "rater2"))
    # kappa2 of irr takes the values that occur as its levels, weights by their place
    found = np.unique(np.concatenate([one, two]))
    ratings = class_table(np.searchsorted(found, one), np.searchsorted(found, two), found.size)
    kinds = {"unweighted": identity_weights, "equal": linear_weights, "squared": quadratic_weights}
    for name, weights in kinds.items():
        kappa = cohen_kappa(ratings, weights(found.size))
        want = peer["kappa2_raters12"][name]
        assert kappa.est == pytest.approx(want["kappa"], rel=1e-8)
        test = kappa_against_chance(ratings, weights(found.size))
        assert (test.statistic, test.p) == pytest.approx((want["z"], want["p"]), rel=1e-8)


def test_tables_and_discordance_come_from_the_scores(
    table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    columns, peer = table("rems_dxa_200"), expected("rems_dxa_200")
    for site in SITES:
        rems, dxa = (
            who_class([float(t or "nan") for t in columns[f"{site}_{m}_t"]])
            for m in ("rems", "dxa")
        )
        counts, want = class_table(rems, dxa), peer[site]
        assert counts.tolist() == want["who_classes_rows_rems_cols_dxa"]["table"]
        found = class_agreement(counts)
        assert found.minor == want["discordance"]["minor"]
        assert found.major == want["discordance"]["major"]
        assert found.n_test_worse == want["discordance"]["rems_lower_class"]
        assert found.n_test_better == want["discordance"]["rems_higher_class"]


def test_the_worst_site_and_spine_against_hip_come_from_the_scores(
    table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    columns, peer = table("rems_dxa_200"), expected("rems_dxa_200")
    t = {
        name: np.array([float(v or "nan") for v in columns[f"{name}_t"]])
        for name in ("ls_rems", "fn_rems", "ls_dxa", "fn_dxa")
    }
    # the lower of two T where both are known: NumPy's minimum passes NaN on
    rems, dxa = (np.minimum(t[f"ls_{m}"], t[f"fn_{m}"]) for m in ("rems", "dxa"))
    worst = class_table(who_class(rems), who_class(dxa))
    assert worst.tolist() == peer["worst_site"]["kappa"]["table"]
    assert worst.sum() == peer["worst_site"]["n"]
    sites = class_table(who_class(t["fn_dxa"]), who_class(t["ls_dxa"]))  # rows = hip
    assert sites.tolist() == peer["spine_vs_hip_dxa"]["table"]


@settings(deadline=None, max_examples=60)
@given(cells=small_tables)
def test_kappas_are_those_of_statsmodels(cells: Any) -> None:
    oracle = pytest.importorskip("statsmodels.stats.inter_rater")
    share = cells / max(cells.sum(), 1)
    chance = float(share.sum(axis=0) @ share.sum(axis=1))
    if cells.sum() < 2 or chance > 1 - 1e-9:
        return
    for weights, kind in ((identity_weights, None), (linear_weights, "linear")):
        found = cohen_kappa(cells, weights(3))
        with np.errstate(all="ignore"):  # its z divides by an error of 0
            want = oracle.cohens_kappa(cells, wt=kind)
        assert found.est == pytest.approx(want.kappa, abs=1e-9)
        assert found.se**2 == pytest.approx(want.var_kappa, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(cells=small_tables)
def test_kappa_against_chance_is_that_of_statsmodels(cells: Any) -> None:
    oracle = pytest.importorskip("statsmodels.stats.inter_rater")
    full = cells + 1  # no margin is empty
    found, want = (
        kappa_against_chance(full, linear_weights(3)),
        oracle.cohens_kappa(full, wt="linear"),
    )
    assert found.statistic == pytest.approx(want.z_value, abs=1e-9)
    assert found.p == pytest.approx(want.pvalue_two_sided, abs=1e-9)


def test_what_has_no_kappa_is_not_tested() -> None:
    found = kappa_against_chance([[3, 0], [0, 0]], identity_weights(2))
    assert (found.statistic, found.p) == (None, None)
    assert "one class" in found.reason
    one_row = kappa_against_chance([[3, 2], [0, 0]], identity_weights(2))
    assert (one_row.p, one_row.reason) == (None, "kappa can't vary with these margins")


@settings(deadline=None, max_examples=60)
@given(cells=small_tables)
def test_symmetry_and_homogeneity_are_those_of_statsmodels(cells: Any) -> None:
    oracle = pytest.importorskip("statsmodels.stats.contingency_tables")
    full = cells + 1  # statsmodels divides by empty pairs
    square = oracle.SquareTable(full, shift_zeros=False)
    want = square.symmetry()
    found = bowker(full)
    assert (found.chi2, found.p, found.df) == pytest.approx(
        (want.statistic, want.pvalue, want.df), abs=1e-9
    )
    margins, found = square.homogeneity(method="stuart_maxwell"), stuart_maxwell(full)
    assert (found.chi2, found.df) == pytest.approx((margins.statistic, margins.df), abs=1e-8)


@settings(deadline=None, max_examples=60)
@given(cells=small_tables)
def test_what_prints_is_never_nan(cells: Any) -> None:
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [n for v in value.values() for n in numbers(v)]
        if isinstance(value, list):
            return [n for v in value for n in numbers(v)]
        return [value] if isinstance(value, float) else []

    assert all(math.isfinite(n) for n in numbers(class_agreement(cells).to_dict()))


def test_an_empty_table_defines_nothing() -> None:
    found = class_agreement(np.zeros((3, 3), dtype=int))
    estimates = [v for v in (getattr(found, f) for f in found.__slots__) if isinstance(v, Estimate)]
    assert [e.est for e in estimates] == [None] * 10
    assert all(e.reason for e in estimates)
    assert found.bowker.chi2 is None
    assert found.stuart_maxwell.chi2 is None
    assert found.row_shares[0] == (None, None, None)


def test_one_class_only_has_no_kappa_but_an_agreement() -> None:
    found = class_agreement([[7, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert found.agreement.est == 1.0
    assert found.kappa.est is None
    assert "one class" in found.kappa.reason
    assert found.scott_pi.est is None
    assert found.krippendorff_alpha.est is None
    assert found.gwet_ac1.est == 1.0  # chance agreement is 0 there
    assert found.row_shares == ((1.0, 0.0, 0.0), (None, None, None), (None, None, None))


def test_the_upper_end_of_gwets_interval_stops_at_1_and_kappas_does_not() -> None:
    found = class_agreement([[20, 1], [0, 4]])
    assert found.gwet_ac1.hi == found.pabak.hi == 1.0
    assert found.kappa.hi > 1.0  # as R's vcd prints it


def test_one_and_two_classes_apart_are_counted_by_themselves() -> None:
    found = class_agreement([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert (found.minor, found.major) == (2 + 4 + 6 + 8, 3 + 7)
    assert (found.n_test_worse, found.n_test_better) == (4 + 7 + 8, 2 + 3 + 6)


def test_a_single_pair_has_no_error() -> None:
    found = class_agreement([[0, 1], [0, 0]])
    assert found.gwet_ac1.est is not None
    assert (found.gwet_ac1.lo, found.gwet_ac1.reason) == (None, "one case has no standard error")


def test_a_diagonal_is_kappa_1_and_nothing_is_asymmetric() -> None:
    found = class_agreement(np.diag([5, 3, 2]))
    for e in (found.kappa, found.kappa_linear, found.kappa_quadratic, found.gwet_ac1, found.pabak):
        assert (e.est, e.lo, e.hi) == pytest.approx((1.0, 1.0, 1.0))
    assert found.bowker.p is None
    assert found.bowker.reason == found.stuart_maxwell.reason == "no case lies off the diagonal"
    assert "reason" in found.bowker.to_dict()


def test_empty_pairs_of_cells_count_neither_in_bowkers_sum_nor_in_its_df() -> None:
    # lumbar spine of rems_dxa_200, by hand: (15 - 11)²/26 + (6 - 3)²/9
    found = bowker([[79, 11, 0], [15, 58, 3], [0, 6, 21]])
    assert found.chi2 == pytest.approx(16 / 26 + 1.0, rel=1e-12)
    assert found.df == 2


def test_classes_that_nobody_confuses_with_others_take_a_degree_of_freedom() -> None:
    # two blocks that never mix: each is McNemar's (b - c)²/(b + c) with one degree of freedom
    found = stuart_maxwell([[5, 6, 0, 0], [2, 5, 0, 0], [0, 0, 4, 1], [0, 0, 7, 4]])
    assert found.df == 2
    assert found.chi2 == pytest.approx(16 / 8 + 36 / 8, rel=1e-10)


@pytest.mark.parametrize(
    ("t", "rounded", "raw"),
    [
        (-0.949, 0, 0),
        (-1.0, 0, 0),
        (-1.049, 0, 1),
        (-1.05, 1, 1),
        (-2.449, 1, 1),
        (-2.45, 2, 1),
        (-2.499, 2, 1),
        (-2.5, 2, 2),
        ((0.637 - 0.942) / 0.122, 2, 2),  # -2.4999999999999996 in double precision
        (math.nan, -1, -1),
    ],
)
def test_cut_offs_take_in_what_the_who_says(t: float, rounded: int, raw: int) -> None:
    assert who_class([t]).tolist() == [rounded]
    assert who_class([t], "raw").tolist() == [raw]


def test_missing_classes_make_no_pair() -> None:
    assert class_table([0, -1, 2], [0, 1, -1]).sum() == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: who_class([1.0], "printed"), "found label_from 'printed'"),
        (lambda: class_table([0, 1], [0]), "found 2 and 1 classes"),
        (lambda: class_table([0, 3], [0, 1]), "found classes beyond 0 to 2"),
        (lambda: class_table([0, -2], [0, 1]), "found classes beyond 0 to 2"),
        (lambda: class_agreement([[1, 2, 3], [4, 5, 6]]), "wanted a square one"),
        (lambda: class_agreement([[1]]), "wanted two or more"),
        (lambda: class_agreement([[1.5, 0], [0, 1]]), "wanted whole numbers from 0"),
        (lambda: class_agreement([[-1, 0], [0, 1]]), "wanted whole numbers from 0"),
    ],
)
def test_what_is_no_table_of_classes_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
