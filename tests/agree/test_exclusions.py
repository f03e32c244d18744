"""Rejected scans before and after exclusions; several rows of a person; judged differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bonescan import compare_methods

Csv = Callable[[str], Path]

# 10 women: reference and test T by hand; the last three test scans were refused
ROWS = [
    (-3.0, -2.8, "pass"), (-2.6, -2.7, "pass"), (-2.0, -2.6, "pass"), (-1.5, -1.6, "pass"),
    (-0.5, -0.4, "pass"), (0.2, 0.1, "pass"), (-1.2, -0.9, "pass"),
    (-2.9, "", "fail"), (-0.3, -0.2, "fail"), (-1.8, "", "fail"),
]  # fmt: skip


def with_quality(csv_file: Csv) -> Path:
    rows = "\n".join(f"{x},{y},{q}" for x, y, q in ROWS)
    return csv_file(f"fn_dxa_t,fn_rems_t,fn_rems_quality\n{rows}")


def test_a_rejected_scan_is_a_disagreement_before_exclusions(
    csv_file: Csv, agree: Callable[..., Any]
) -> None:
    data = agree(with_quality(csv_file))
    after, before = data["sites"]["fn"], data["before_exclusions"]["fn"]
    # after: 7 pairs, (-2.0, -2.6) and (-1.2, -0.9) differ in class
    assert after["classes"]["agreement"]["est"] == pytest.approx(5 / 7)
    assert after["osteoporosis"]["sensitivity"]["est"] == pytest.approx(1.0)
    assert after["osteoporosis"]["specificity"]["est"] == pytest.approx(4 / 5)
    # before: three more, none agreeing; one missed of three, two more false alarms of seven
    assert before["classes"]["agreement"]["est"] == pytest.approx(5 / 10)
    assert before["osteoporosis"]["sensitivity"]["est"] == pytest.approx(2 / 3)
    assert before["osteoporosis"]["specificity"]["est"] == pytest.approx(4 / 7)
    assert before["classes"]["more"]["n_rejected"] == 3
    # -2.6 and -0.9 are within 0.3 of the cut-off they crossed; only -1.2 and -0.9 are 0.3 apart
    tolerant = before["classes"]["tolerant_0_3"]
    assert tolerant["a_percent"] == pytest.approx(70.0)
    assert tolerant["b_percent"] == pytest.approx(60.0)
    assert before["classes"]["kappa_linear"]["est"] is None
    # the refused scan that gave a number takes part in the continuous analysis before
    assert (after["t"]["n"], before["t"]["n"]) == (7, 8)


def test_the_flow_counts_what_was_rejected(csv_file: Csv, agree: Callable[..., Any]) -> None:
    flow = agree(with_quality(csv_file))["flow"]
    steps = [flow[k] for k in ("found", "readable", "quality_passed", "paired", "analysed")]
    assert steps == [10, 10, 7, 7, 7]
    assert flow["reasons"] == {"rejected": 3}


def test_kappa_before_exclusions_takes_no_result_for_a_class(
    csv_file: Csv, agree: Callable[..., Any]
) -> None:
    """Cohen's formula by hand on the 4 x 4 table with the refused scans as a fourth row."""
    kappa = agree(with_quality(csv_file))["before_exclusions"]["fn"]["classes"]["kappa"]["est"]
    table = np.array([[2, 1, 0, 0], [0, 1, 0, 0], [0, 1, 2, 0], [1, 1, 1, 0]]) / 10.0
    chance = float(table.sum(axis=1) @ table.sum(axis=0))
    assert kappa == pytest.approx((float(np.trace(table)) - chance) / (1.0 - chance), rel=1e-12)


def visits(n_people: int = 40, n_visits: int = 3) -> dict[str, list[Any]]:
    rng = np.random.default_rng(11)
    level = np.repeat(rng.normal(0.8, 0.1, n_people), n_visits)
    own_bias = np.repeat(rng.normal(0.0, 0.05, n_people), n_visits)
    x = level + rng.normal(0, 0.005, level.size)
    y = level + own_bias + rng.normal(0, 0.005, level.size)
    return {
        "subject": [f"p{i:02d}" for i in np.repeat(np.arange(n_people), n_visits)],
        "date": [f"202{5 + i % n_visits}-06-01" for i in range(level.size)],
        "x": x.tolist(),
        "y": y.tolist(),
    }


def test_several_visits_a_person_widen_the_interval_of_the_bias() -> None:
    """With all the spread between people, the bias of 40 people has the SE of 40, not of 120."""
    data = visits()
    study = compare_methods("x", "y", data=data, several_pairs=True,
                            columns={"subject": "subject", "date": "date"})  # fmt: skip
    block = study.sites["pair"].quantities["bmd"].bland_altman
    assert block is not None
    bias = block.bias
    assert bias.method == "bca-by-subject"
    d = (np.array(data["y"]) - np.array(data["x"])).reshape(40, 3).mean(axis=1)
    half = 1.96 * d.std(ddof=1) / math.sqrt(40)
    assert bias.lo is not None
    assert bias.hi is not None
    assert (bias.hi - bias.lo) / 2 == pytest.approx(half, rel=0.12)
    assert study.problems[0].code == "BS-W374"
    spearman = study.sites["pair"].quantities["bmd"].spearman
    assert spearman.lo is None
    assert "several pairs" in spearman.reason


def test_changes_between_visits_are_compared_too() -> None:
    data = visits()
    study = compare_methods("x", "y", data=data, several_pairs=True, bootstrap=200,
                            columns={"subject": "subject", "date": "date"})  # fmt: skip
    changes = study.sites["pair"].quantities["bmd"].more["changes"]
    x = np.array(data["x"]).reshape(40, 3)
    assert changes.n == 40
    assert changes.mean_change_reference == pytest.approx(float((x[:, 2] - x[:, 0]).mean()))


def test_no_resamples_means_no_interval_not_a_wrong_one() -> None:
    study = compare_methods("x", "y", data=visits(), several_pairs=True, bootstrap=0,
                            columns={"subject": "subject"})  # fmt: skip
    q = study.sites["pair"].quantities["bmd"]
    assert q.bland_altman is not None
    assert q.bland_altman.bias.lo is None
    assert q.deming is not None
    assert q.deming.slope.lo is None


def test_clustered_classes_have_intervals_by_person() -> None:
    data = visits()
    t = {"subject": data["subject"], "fn_dxa_t": [10 * (v - 0.95) for v in data["x"]],
         "fn_rems_t": [10 * (v - 0.95) for v in data["y"]]}  # fmt: skip
    site = compare_methods(t, several_pairs=True).sites["fn"]
    assert site.classes is not None
    assert site.classes.kappa.method in {"bca-by-subject", "percentile-by-subject"}
    assert site.auc is not None
    assert site.auc.method == "bootstrap-bca"
    assert site.bias_at_t is not None
    assert site.bias_at_t["-1.0"].method == "bca-by-subject"


@pytest.mark.parametrize(
    ("asked", "verdict"),
    # R's exact interval of the limits at the spine: -0.12254..-0.09700 and 0.08523..0.11077
    [(0.123, "acceptable"), (0.122, "undecided"), (0.098, "undecided"),
     (0.0969, "not-acceptable"), (0.05, "not-acceptable")],
)  # fmt: skip
def test_an_acceptable_difference_is_judged_against_the_intervals(
    asked: float, verdict: str, agree: Callable[..., Any], set_200: Path
) -> None:
    data = agree(set_200, "--acceptable-difference", asked, "--bootstrap", 0)
    judged = data["sites"]["ls"]["more"]["acceptable_difference"]
    assert [(j["quantity"], j["verdict"]) for j in judged] == [("bmd", verdict)]


def test_makers_are_analysed_apart_unless_asked(
    csv_file: Csv, verb: Callable[..., tuple[int, str, str]], agree: Callable[..., Any]
) -> None:
    rows = "\n".join(
        f"{0.6 + 0.05 * i:.3f},{0.61 + 0.05 * i + 0.01 * (i % 3):.3f},{('hologic', 'ge')[i % 2]}"
        for i in range(10)
    )
    path = csv_file(f"fn_dxa_bmd,fn_rems_bmd,dxa_maker\n{rows}")
    data = agree(path)
    assert set(data["sites"]) == {"fn@ge", "fn@hologic"}
    assert [s["bmd"]["n"] for s in data["sites"].values()] == [5, 5]
    assert set(agree(path, "--pool-makers")["sites"]) == {"fn"}
    assert "BS-W370" in verb("agree", path, "--pool-makers")[1]


def test_strata_hold_the_same_numbers_as_their_rows(
    agree: Callable[..., Any], set_200: Path
) -> None:
    strata = agree(set_200, "--bootstrap", 0)["sites"]["ls"]["more"]["strata"]
    ages = [s for s in strata if s["variable"] == "age_years"]
    assert sum(s["n"] for s in ages) == 193
    assert {s["variable"] for s in strata} == {"age_years", "bmi_kg_m2"}  # all women: no sex strata
    assert all(s["kappa"]["est"] is not None for s in ages if s["n_t"] > 20)


def test_the_first_reading_is_the_lowest_number_not_the_first_row(
    csv_file: Csv, agree: Callable[..., Any]
) -> None:
    path = csv_file(
        """x,y,who,reading
        5.0,6.0,a,10
        1.0,1.5,a,2
        2.0,2.5,b,2
        7.0,9.0,b,10
        3.0,3.5,c,2
        4.0,4.5,d,2"""
    )
    data = agree(path, "--reference", "x", "--test", "y", "--subject", "who",
                 "--replicate", "reading")  # fmt: skip
    q = data["sites"]["pair"]["bmd"]
    assert q["n"] == 4
    assert q["bland_altman"]["bias"]["est"] == pytest.approx(0.5)
    assert data["flow"]["reasons"] == {"later_readings": 2}
    assert q["more"]["replicates"]["true_value_constant"]["n_x"] == 6


def test_readings_may_have_names(csv_file: Csv, agree: Callable[..., Any]) -> None:
    path = csv_file("x,y,s,r\n9,9,a,late\n1,2,a,early\n2,3,b,early\n3,4,c,early\n4,6,d,early")
    q = agree(path, "--reference", "x", "--test", "y", "--subject", "s", "--replicate", "r")
    assert q["sites"]["pair"]["bmd"]["bland_altman"]["bias"]["est"] == pytest.approx(1.25)


def test_rejected_scans_are_in_no_stratum(csv_file: Csv, agree: Callable[..., Any]) -> None:
    rows = "\n".join(
        f"{x},{y},{q},{'F' if i % 2 else 'M'}" for i, (x, y, q) in enumerate(ROWS) if y != ""
    )
    path = csv_file(f"fn_dxa_t,fn_rems_t,quality,sex\n{rows}")
    strata = agree(path)["sites"]["fn"]["more"]["strata"]
    assert {s["label"]: s["n"] for s in strata} == {"F": 3, "M": 4}  # the ninth woman was refused
