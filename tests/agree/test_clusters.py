"""Several pairs a person: no interval that takes pairs for people, and none of no width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bonescan import compare_methods
from bonescan.agree.intervals import NO_WIDTH, without_intervals
from bonescan.stats.proportions import proportion

NAIVE_KEYS = ("p", "z", "covariance")
BY_PEOPLE = {"bca-by-subject", "percentile-by-subject", "bootstrap-bca", "bootstrap-percentile",
             "wilson-of-people"}  # fmt: skip


def cohort(n_people: int = 30, n_visits: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    n = n_people * n_visits
    level = np.repeat(rng.normal(0.8, 0.12, n_people), n_visits)
    x = level + rng.normal(0, 0.01, n)
    y = level + np.repeat(rng.normal(0, 0.04, n_people), n_visits) + rng.normal(0, 0.01, n)
    return {
        "subject_id": [f"p{i:02d}" for i in np.repeat(np.arange(n_people), n_visits)],
        "age": np.repeat(rng.uniform(45, 85, n_people), n_visits).tolist(),
        "bmi": np.repeat(rng.uniform(19, 34, n_people), n_visits).tolist(),
        "fracture": np.repeat(rng.integers(0, 2, n_people), n_visits).tolist(),
        "ls_dxa_bmd": x.tolist(), "ls_rems_bmd": y.tolist(),
        "ls_dxa_t": ((x - 1.0) * 9).tolist(), "ls_rems_t": ((y - 1.0) * 9).tolist(),
        "fn_dxa_t": ((x - 1.0) * 8).tolist(), "fn_rems_t": ((y - 1.0) * 8).tolist(),
    }  # fmt: skip


def walk(value: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield where, value
        for key, part in value.items():
            yield from walk(part, f"{where}/{key}")
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from walk(part, f"{where}/{i}")


def test_no_interval_anywhere_takes_pairs_for_people() -> None:
    """Whatever stands in the document: an interval is by person, and no p is left."""
    data = compare_methods(cohort(), several_pairs=True, bootstrap=200).to_dict()
    looked_at = 0
    for where, part in walk(data):
        if "/flow" in where or "/changes" in where:  # changes are one a person
            continue
        if part.get("lo") is not None:
            assert part["method"] in BY_PEOPLE, where
            looked_at += 1
        for key, value in part.items():
            naive = key in NAIVE_KEYS or key.startswith(("p_", "se_")) or key.endswith("_p")
            assert not (naive and isinstance(value, float)), f"{where}/{key}"
    assert looked_at > 40
    ls = data["sites"]["ls"]
    assert "tolerance" not in ls["bmd"]["more"]
    assert "prediction" not in ls["bmd"]["more"]
    assert ls["covariates_only"]["bland_altman"]["bias"]["lo"] is None


def test_strata_have_intervals_by_person() -> None:
    site = compare_methods(cohort(), several_pairs=True, bootstrap=200).sites["ls"]
    assert site.strata
    for part in site.strata:
        if part.n >= 3 * 3:
            assert part.bias.method in BY_PEOPLE
            assert part.loa_upper.method in BY_PEOPLE


def test_a_stratum_of_two_pairs_has_no_interval() -> None:
    data = {"x": [0.7, 0.8, 0.9, 1.0, 1.1], "y": [0.72, 0.79, 0.93, 1.02, 1.1],
            "sex": ["F", "F", "M", "M", "M"]}  # fmt: skip
    parts = {s.label: s for s in compare_methods("x", "y", data=data).sites["pair"].strata}
    assert (parts["F"].n, parts["F"].bias.lo) == (2, None)
    assert parts["F"].bias.est == pytest.approx(0.005)
    assert parts["M"].bias.lo is not None


def agreeing(n_people: int = 12, n_visits: int = 6) -> dict[str, Any]:
    """Every person keeps one class by both methods at every visit: half of them osteopenic."""
    who = np.repeat(np.arange(n_people), n_visits)
    x = np.where(who % 2 == 0, 0.5, -1.7) + 0.01 * who
    return {"subject_id": [f"p{i}" for i in who], "x_t": x.tolist(), "y_t": (x - 0.2).tolist()}


def test_twelve_people_who_all_agree_are_not_certainty() -> None:
    study = compare_methods("x_t", "y_t", data=agreeing(), several_pairs=True)
    found = study.sites["pair"].classes
    assert found is not None
    wilson = proportion(12, 12)  # twelve people, not seventy-two visits
    assert (found.agreement.est, found.agreement.lo, found.agreement.hi) == (
        1.0, pytest.approx(wilson.lo), pytest.approx(1.0),
    )  # fmt: skip
    assert found.agreement.method == "wilson-of-people"
    for coefficient in (found.kappa, found.kappa_linear, found.gwet_ac1):
        assert (coefficient.est, coefficient.lo) == (1.0, None)
        assert coefficient.reason == NO_WIDTH
    sick = study.sites["pair"].osteoporosis
    assert sick is not None
    assert sick.specificity.lo == pytest.approx(wilson.lo)
    assert sick.sensitivity.est is None


def test_twenty_normal_people_have_no_exact_ac1() -> None:
    x = np.linspace(-0.5, 1.5, 20)
    site = compare_methods(x, x + 0.1, quantity="t").sites["pair"]
    assert site.classes is not None
    assert site.classes.gwet_ac1.est == 1.0
    assert site.classes.gwet_ac1.lo is None
    assert site.classes.gwet_ac1.reason == NO_WIDTH


@pytest.mark.parametrize(
    ("reference", "test"),
    [([1.0, 2.0], [1.1, 2.1]), ([1.0, 2.0], [1.1, 2.3]), ([1, 2, 3, 4], [1.5, 2.5, 3.5, 4.5])],
    ids=["two pairs, equal", "two pairs", "equal differences"],
)
def test_an_acceptable_difference_needs_a_spread(reference: Any, test: Any) -> None:
    site = compare_methods(reference, test, acceptable_difference=1e6).sites["pair"]
    assert [a.verdict for a in site.acceptable] == ["undecided"]
    assert "no spread" in site.acceptable[0].sentence


def test_age_and_bmi_alone_stand_beside_the_method() -> None:
    """17 people whose BMD has nothing to do with age: no negative r, and both SDs."""
    rng = np.random.default_rng(4)
    x = rng.normal(0.8, 0.1, 17)
    y = x + rng.normal(0, 0.02, 17)
    data = {"ls_dxa_bmd": x, "ls_rems_bmd": y, "age": rng.uniform(50, 80, 17),
            "bmi": rng.uniform(20, 30, 17)}  # fmt: skip
    study = compare_methods(data, bootstrap=0)
    alone = study.sites["ls"].covariates_only
    assert alone is not None
    assert alone.more["sd_diff_of_method"] == pytest.approx((y - x).std(ddof=1))
    assert alone.pearson.est is None
    assert "below 0 in 17 cross-validated rows" in alone.pearson.reason
    line = next(text for text in str(study).splitlines() if "age and BMI alone" in text)
    assert f"of the method on the same 17 {(y - x).std(ddof=1):.4f}" in line


def test_what_is_no_estimate_stays() -> None:
    assert without_intervals({"n": 3, "words": ("a", "b"), "limits": (1.0, 2.0)}) == {
        "n": 3, "words": ("a", "b"), "limits": (1.0, 2.0),
    }  # fmt: skip
