"""ROC areas against R's pROC and scikit-learn; ties, empty groups and the direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.stats.classes import who_class
from bonescan.stats.roc import auc, midranks, paired_delong

SITES = ["ls", "fn"]


def agrees_with_r(found: Any, want: Any) -> None:
    assert (found.n_pos, found.n_neg) == (want["n_pos"], want["n_neg"])
    assert (found.auc.est, found.auc.lo, found.auc.hi) == pytest.approx(
        (want["auc"], want["lo"], want["hi"]), rel=1e-8
    )
    assert found.delong_variance == pytest.approx(want["delong_var"], rel=1e-8)
    best = want["youden_best"]
    cuts = {name: best[name] if isinstance(best[name], list) else [best[name]] for name in best}
    ours = sorted(found.youden_best, key=lambda p: p.threshold)
    order = np.argsort(cuts["threshold"])
    for place, point in zip(order, ours, strict=True):
        assert point.threshold == pytest.approx(cuts["threshold"][place], rel=1e-8)
        assert point.sensitivity == pytest.approx(cuts["sensitivity"][place], rel=1e-8)
        assert point.specificity == pytest.approx(cuts["specificity"][place], rel=1e-8)
        assert point.youden + 1.0 == pytest.approx(
            cuts["youden"][place], rel=1e-8
        )  # as pROC has it


def scores(table: Callable[[str], Any], site: str) -> tuple[Any, Any, Any]:
    columns = table("rems_dxa_200")
    rems, dxa = (
        np.array([float(t or "nan") for t in columns[f"{site}_{m}_t"]]) for m in ("rems", "dxa")
    )
    return rems, dxa, np.array(columns["prior_fragility_fracture"]) == "1"


@pytest.mark.parametrize("site", SITES)
def test_curves_are_those_of_proc(
    site: str, table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    rems, dxa, fracture = scores(table, site)
    peer, classes = expected("rems_dxa_200")[site]["roc_auc"], who_class(dxa)
    n_missing = int(np.isnan(rems).sum())
    curve = auc(rems, classes == 2)
    agrees_with_r(curve, peer["rems_t_for_dxa_osteoporosis"])
    assert curve.n_excluded == n_missing
    agrees_with_r(auc(rems, classes >= 1), peer["rems_t_for_dxa_low_bone_mass"])
    agrees_with_r(auc(rems, fracture), peer["rems_t_for_fracture"])
    both = ~np.isnan(rems)
    agrees_with_r(auc(dxa[both], fracture[both]), peer["dxa_t_for_fracture"])


@pytest.mark.parametrize("site", SITES)
def test_paired_areas_are_those_of_proc(
    site: str, table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    found = paired_delong(*scores(table, site))
    want = expected("rems_dxa_200")[site]["roc_auc"]["delong_paired_rems_vs_dxa"]
    assert found.z == pytest.approx(want["z"], rel=1e-8)
    assert found.difference.p == pytest.approx(want["p"], rel=1e-8)
    assert found.difference.est == pytest.approx(want["diff"], rel=1e-8)
    assert (found.difference.lo, found.difference.hi) == pytest.approx(
        tuple(want["ci_diff"]), rel=1e-8
    )
    assert found.covariance == pytest.approx(want["cov"], rel=1e-8)
    assert found.to_dict()["auc_a"]["method"] == "delong"


@pytest.mark.shared
def test_a_published_set_where_high_values_speak_for_disease(
    published: Callable[[str], tuple[Any, Any]],
) -> None:
    columns, peer = published("asah")
    poor = np.array(columns["outcome"]) == "Poor"
    found = {name: np.array(columns[name], dtype=float) for name in ("s100b", "ndka", "wfns")}
    for name, score in found.items():
        agrees_with_r(auc(score, poor, lower_is_disease=False), peer[name])
    for a, b in (("s100b", "ndka"), ("wfns", "s100b"), ("wfns", "ndka")):
        want = peer[f"delong_{a}_vs_{b}"]
        both = paired_delong(found[a], found[b], poor, lower_is_disease=False)
        assert (both.z, both.difference.p) == pytest.approx((want["z"], want["p"]), rel=1e-8)
        assert [both.difference.lo, both.difference.hi] == pytest.approx(want["ci"], rel=1e-8)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(4, 60), decimals=st.integers(0, 3))
def test_areas_and_points_are_those_of_scikit_learn(seed: int, n: int, decimals: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    t = rng.normal(-1.5, 1.0, n).round(decimals)
    sick = rng.random(n) < 0.4
    sick[:2] = [True, False]
    found = auc(t, sick)
    assert found.auc.est == pytest.approx(metrics.roc_auc_score(sick, -t), abs=1e-12)
    alarms, hits, _ = metrics.roc_curve(sick, -t, drop_intermediate=False)
    assert [p.sensitivity for p in found.points] == pytest.approx(hits)
    assert [1.0 - p.specificity for p in found.points] == pytest.approx(alarms)


def test_the_direction_is_never_chosen_from_the_data() -> None:
    t, sick = [-3.0, -2.0, -1.0, 0.0], [False, False, True, True]
    assert auc(t, sick).auc.est == 0.0
    assert auc(t, sick, lower_is_disease=False).auc.est == 1.0


def test_all_scores_tied_is_one_half_without_an_interval() -> None:
    found = auc([-2.0] * 6, [True] * 3 + [False] * 3)
    assert (found.auc.est, found.auc.lo, found.delong_variance) == (0.5, None, 0.0)
    assert "variance is 0" in found.auc.reason
    assert [p.threshold for p in found.points] == [None, None]
    both = paired_delong([-2.0] * 6, [-1.0] * 6, [True] * 3 + [False] * 3)
    assert (both.difference.est, both.z) == (0.0, None)


def test_groups_wholly_apart_have_the_area_1_without_an_interval() -> None:
    found = auc([-3.0, -2.8, -1.0, 0.0], [True, True, False, False])
    assert (found.auc.est, found.auc.hi) == (1.0, None)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [([True] * 3, "nobody is free of the disease"), ([False] * 3, "nobody has the disease")],
)
def test_one_empty_group_has_no_area(sick: list[bool], reason: str) -> None:
    found = auc([-1.0, -2.0, -3.0], sick)
    assert (found.auc.est, found.auc.reason, found.points) == (None, reason, ())
    assert found.to_dict()["youden_best"] == []
    both = paired_delong([-1.0, -2.0, -3.0], [-1.0, -2.0, -2.0], sick)
    assert (both.difference.est, both.covariance, both.difference.reason) == (None, None, reason)


def test_one_person_in_a_group_has_an_area_and_no_variance() -> None:
    found = auc([-3.0, -1.0, 0.0], [True, False, False])
    assert (found.auc.est, found.auc.lo, found.delong_variance) == (1.0, None, None)
    both = paired_delong([-3.0, -1.0, 0.0], [0.0, -1.0, -2.0], [True, False, False])
    assert (both.difference.est, both.difference.lo, both.z) == (1.0, None, None)


def test_equal_scores_do_not_differ_and_have_no_test() -> None:
    t, sick = [-3.0, -1.0, -2.0, 0.0, -1.5], [True, True, False, False, False]
    both = paired_delong(t, t, sick)
    assert (both.difference.est, both.difference.p) == (0.0, None)
    assert "do not vary" in both.difference.reason


def test_tied_youden_cut_offs_all_stand() -> None:
    # sensitivity 1/2 at specificity 1, and 1 at 1/2
    found = auc([-3.0, -2.0, -1.0, 0.0], [True, False, True, False])
    assert [p.threshold for p in found.youden_best] == [-2.5, -0.5]
    assert [p.youden for p in found.youden_best] == [0.5, 0.5]
    plain = found.to_dict()
    assert plain["youden_best"][0] == {
        "threshold": -2.5, "sensitivity": 0.5, "specificity": 1.0, "youden": 0.5,
    }  # fmt: skip
    assert plain["points"][0] == {"threshold": None, "sensitivity": 0.0, "specificity": 1.0}


def test_midranks_share_ties() -> None:
    assert midranks(np.array([10.0, 20.0, 10.0, 30.0])).tolist() == [1.5, 3.0, 1.5, 4.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: auc([1.0], [True, False]), "found 1 scores and 2 labels"),
        (lambda: paired_delong([1.0, 2.0], [1.0], [1, 0]), "found 2 and 1 scores and 2 labels"),
        (lambda: auc([1.0, 2.0], [1, 2]), "found labels other than 0 and 1"),
    ],
)
def test_what_makes_no_curve_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
