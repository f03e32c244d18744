"""`pop cohort` on tables as people keep them: copies, labels, techniques, gaps, devices."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bonescan.errors import UsageError
from bonescan.files.pop_cohort_csv import read_pop_cohort
from bonescan.workflows.pop_cohort import CohortReport, cohort_of_file
from bonescan.workflows.pop_cohort_write import write_cohort

COHORT = Path(__file__).resolve().parents[1] / "stats" / "data" / "pop_cohort.csv"
Rows = list[dict[str, str]]
Verb = Callable[..., tuple[int, str, str]]


def changed(folder: Path, change: Callable[[Rows], None]) -> Path:
    """Copy the cohort of the expected values with some cells changed."""
    with COHORT.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    change(table)
    path = folder / "cohort.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return path


def page_of(report: CohortReport, folder: Path) -> str:
    write_cohort(report, folder / "out", "cohort.csv")
    return (folder / "out" / "index.html").read_text(encoding="utf-8")


def woman(report: CohortReport, name: str) -> dict[str, Any]:
    return next(w for w in report.to_dict()["individual"] if w["woman_id"] == name)


# --- slopes


def test_no_yearly_rate_across_a_pregnancy_and_no_slope_over_two_devices() -> None:
    data = cohort_of_file(COHORT, precision_error=0.0045).to_dict()
    slopes = [w["slope"] for w in data["individual"]]
    with_line = [s for s in slopes if s is not None]
    assert with_line
    assert all(s["percent_per_year"] is None and not s["may_conclude"] for s in with_line)
    assert all("no yearly rate" in s["reason"] for s in with_line)
    mixed = [w for w in data["individual"] if any(c["device"] == "B" for c in w["changes"])]
    assert len(mixed) > 10
    assert all(w["slope"] is None and "A and B" in w["slope_reason"] for w in mixed)


def test_a_slope_counts_visits_and_keeps_the_line(tmp_path: Path) -> None:
    """Oracle: numpy's least squares through the averaged visits."""
    import numpy as np

    report = cohort_of_file(COHORT, precision_error=0.0045)
    found = next(w for w in report.women if w.slope is not None and len(w.visits) == 4)
    hers = [s for s in report.table.scans if s.woman_id == found.woman_id]
    days = {s.visit: s.days for s in hers}
    assert found.slope is not None
    assert found.slope.n == 4
    x = [(days[v] or 0.0) / 365.25 for v in found.visits]
    want = np.polyfit(x, list(found.visits.values()), 1)[0]
    assert found.slope.per_year.est == pytest.approx(want, rel=1e-9)


def test_one_visit_with_a_day_has_no_slope(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        for row in table:
            if row["woman_id"] == "P002" and row["visit"] != "T1":
                row["days_since_t1"] = ""

    found = woman(cohort_of_file(changed(tmp_path, change)), "P002")
    assert (found["slope"], found["slope_reason"]) == (None, "fewer than two visits with a day")


# --- rows twice


def test_a_row_twice_is_no_replicate(tmp_path: Path) -> None:
    before = cohort_of_file(COHORT)
    path = changed(tmp_path, lambda t: t.insert(1, dict(t[0])))
    after = cohort_of_file(path)
    assert after.replicates == before.replicates
    assert [p.code for p in after.problems] == ["BS-W440"]
    assert "line 3: P001, T1: found scan 1 on line 2 already" in after.problems[0].reason
    assert woman(after, "P001")["changes"] == woman(before, "P001")["changes"]


def test_one_scan_with_two_values_is_set_aside_whole(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda t: t.insert(1, dict(t[0]) | {"fn_bmd": "0.7"}))
    found = read_pop_cohort(path)
    assert [s.line for s in found.set_aside] == [2, 3]
    assert "scan 1 with several values (lines 2, 3)" in found.why_aside[0]


def test_without_a_scan_number_equal_rows_are_named(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        table.insert(1, dict(table[0]))
        for row in table[:2]:
            row["scan"] = ""

    found = read_pop_cohort(changed(tmp_path, change))
    assert [s.line for s in found.set_aside] == [3]
    assert "needs a number in the column scan" in found.why_aside[0]


def test_two_scans_of_one_visit_with_one_value_stay_replicates() -> None:
    found = read_pop_cohort(COHORT)  # P002, T1: 0.684 twice, scans 1 and 2
    assert not found.set_aside
    assert sum(s.woman_id == "P002" and s.visit == "T1" for s in found.scans) == 2


# --- visits against weeks


@pytest.mark.parametrize(
    ("row", "cells", "words"),
    [
        (0, {"gestational_week": "37"}, "T1 at 37+0 weeks of gestation"),
        (0, {"gestational_week": "16+0"}, "T1 at 16+0 weeks of gestation"),
        (1, {"gestational_week": "12"}, "T3 at 12+0 weeks of gestation"),
        (1, {"gestational_week": "25+6"}, "T3 at 25+6 weeks of gestation"),
        (3, {"postpartum_week": "2"}, "L6 at 2+0 weeks after birth (wanted 22+0 to 30+0)"),
        (3, {"postpartum_week": "34+1"}, "L6 at 34+1 weeks after birth"),
        (3, {"gestational_week": "30"}, "30 weeks of gestation and 27.43 weeks after"),
        (1, {"postpartum_week": "3"}, "37.29 weeks of gestation and 3 weeks after"),
        (1, {"gestational_week": "", "postpartum_week": "3"}, "in pregnancy 3 weeks after"),
        (3, {"visit": "PW"}, "PW at -13+6 weeks after weaning"),
    ],
)
def test_a_visit_far_from_its_label_is_set_aside(
    tmp_path: Path, row: int, cells: dict[str, str], words: str
) -> None:
    found = read_pop_cohort(changed(tmp_path, lambda t: t[row].update(cells)))
    assert [s.line for s in found.set_aside] == [row + 2]
    assert words in found.why_aside[0]
    assert [p.code for p in found.problems] == ["BS-W440"]


@pytest.mark.parametrize(
    ("row", "cells", "flagged"),
    [
        (0, {"gestational_week": "13+6"}, False),
        (0, {"gestational_week": "14+0"}, True),
        (0, {"gestational_week": "15+6"}, True),
        (1, {"gestational_week": "28+0"}, False),
        (1, {"gestational_week": "26+0"}, True),
        (3, {"postpartum_week": "22"}, False),
        (3, {"postpartum_week": "21+6"}, True),
        (3, {"postpartum_week": "30"}, False),
        (3, {"postpartum_week": "34"}, True),
    ],
)
def test_a_visit_just_outside_its_window_is_kept_and_flagged(
    tmp_path: Path, row: int, cells: dict[str, str], flagged: bool
) -> None:
    found = read_pop_cohort(changed(tmp_path, lambda t: t[row].update(cells)))
    assert not found.set_aside
    assert (row + 2 in [o.line for o in found.out_of_window]) is flagged


@pytest.mark.parametrize(
    ("days", "flagged"), [(152, True), (153, False), (212, False), (213, True)]
)
def test_six_months_after_weaning_are_181_to_184_days(
    tmp_path: Path, days: int, flagged: bool
) -> None:
    """Twenty-eight days to either side; closed form: the months of the calendar."""

    def change(table: Rows) -> None:
        row = next(r for r in table if r["visit"] == "PW")
        row["postpartum_week"] = f"{(float(row['weaning_day_pp']) + days) / 7:.4f}"

    found = read_pop_cohort(changed(tmp_path, change))
    line = next(s.line for s in found.scans if s.visit == "PW")
    assert (line in [o.line for o in found.out_of_window]) is flagged


def test_no_visit_after_birth_comes_before_the_last_in_pregnancy(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        hers = [r for r in table if r["woman_id"] == "P004"]
        assert [r["visit"] for r in hers] == ["T1", "T3", "L6", "PW", "PW"]
        for row in hers:
            if row["visit"] == "PW":
                row["days_since_t1"] = "150"

    found = read_pop_cohort(changed(tmp_path, change))
    assert [p.code for p in found.problems] == ["BS-W441"]
    assert "found PW on day 150 and T3 on day 182: dates swapped" in found.problems[0].reason


def test_a_first_visit_repeated_after_a_week_keeps_the_woman(tmp_path: Path) -> None:
    def later(days: str) -> Callable[[Rows], None]:
        def change(table: Rows) -> None:
            new = {"scan": "2", "days_since_t1": days, "gestational_week": "12", "fn_bmd": "0.65"}
            table.insert(1, dict(table[0]) | new)

        return change

    assert not read_pop_cohort(changed(tmp_path, later("7"))).problems

    def late(table: Rows) -> None:
        table[0]["days_since_t1"] = "7"

    found = read_pop_cohort(changed(tmp_path, late))
    assert "found T1 on day 7 since T1" in found.problems[0].reason


# --- techniques


def two_techniques(table: Rows) -> None:
    for n, row in enumerate(table):
        row["technique"] = "DXA" if row["visit"] in {"L6", "PW"} and n % 2 else "REMS"


def test_techniques_never_share_a_model(tmp_path: Path, verb: Verb) -> None:
    path = changed(tmp_path, two_techniques)
    with pytest.raises(UsageError, match="DXA, REMS: they never share a model"):
        cohort_of_file(path)
    code, out, _ = verb("pop", "cohort", path, "--technique", "rems", "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert data["technique"] == "REMS"
    assert data["n_rows_of_other_techniques"] > 50
    with pytest.raises(UsageError, match="wanted TBUS"):
        cohort_of_file(path, technique="TBUS")


def test_a_scan_without_a_technique_belongs_to_none(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        for row in table:
            row["technique"] = "REMS"
        table[0]["technique"] = "NA"

    found = read_pop_cohort(changed(tmp_path, change))
    assert (found.technique, [s.line for s in found.set_aside]) == ("REMS", [2])
    assert found.why_aside == ("found no technique",)


def test_the_text_counts_what_lies_outside_its_window(verb: Verb) -> None:
    code, out, _ = verb("pop", "cohort", COHORT)
    assert code == 0
    found = read_pop_cohort(COHORT).out_of_window
    assert f"outside the window of the visit and kept: {len(found)} scans, lines " in out


def test_dxa_in_pregnancy_is_named_where_another_technique_is_chosen(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        two_techniques(table)
        table[0]["technique"] = "DXA"

    found = read_pop_cohort(changed(tmp_path, change), technique="REMS")
    assert [p.code for p in found.problems] == ["BS-W443"]


# --- women who reach the least significant change


def test_losses_are_counted_on_one_device(tmp_path: Path) -> None:
    report = cohort_of_file(COHORT, precision_error=0.0045)
    data = report.to_dict()
    for visit, counts in data["reaching_lsc_same_device"].items():
        words = [c.verdict for w in report.women for c in w.changes if c.visit == visit]
        assert counts["n_loss"] == words.count("decrease")
        assert counts["n_gain"] == words.count("increase")
        assert counts["n_compared"] == len(words) - words.count("not-comparable")
    pair = data["paired_change_vs_T1"]["L6"]
    assert "n_loss_reaching_lsc" not in pair
    text = page_of(report, tmp_path)
    assert "women compared on one device" in text
    part = text[text.index("devices not told apart") :]
    assert "reaching the LSC" not in part[: part.index("</table>")]


# --- covariates


@pytest.mark.parametrize("unknown", ["NA", "nan", "", "NaN", "unknown"])
def test_an_unknown_covariate_is_no_level_and_no_number(tmp_path: Path, unknown: str) -> None:
    def change(table: Rows) -> None:
        for row in table:
            row["breastfeeding"] = {"1": "yes", "0": "no"}[row["breastfeeding"]]
            if row["woman_id"] in {"P001", "P002"}:
                row["age_y"] = row["breastfeeding"] = unknown

    path = changed(tmp_path, change)
    data = cohort_of_file(path, covariates=["age_y", "breastfeeding"]).to_dict()
    part = data["with_covariates"]
    assert part["mixed_model"]["n_women"] == 78
    assert part["n_women_left_out"] == 2
    assert part["women_unknown"] == {"age_y": 2, "breastfeeding": 2}
    assert data["n_women"] == 80
    risk = {r["visit"]: r for r in data["loss_risk"]}["T3"]
    assert risk["n_left_out_covariate_unknown"] == 2


def test_a_model_that_can_not_be_fitted_says_why(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        for row in table:
            row["age_y"] = "30"

    report = cohort_of_file(changed(tmp_path, change), covariates=["age_y"])
    part = report.to_dict()["with_covariates"]
    assert part["mixed_model"] is None
    assert part["reason"]
    assert part["reason"] in page_of(report, tmp_path)


def test_a_covariate_nobody_has_and_a_cohort_without_completers_say_why(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        table[:] = [r for n, r in enumerate(table) if r["visit"] != "PW" or n == len(table) - 1]
        for row in table:
            row["age_y"] = "NA"

    report = cohort_of_file(changed(tmp_path, change), covariates=["age_y"])
    data = report.to_dict()
    assert data["with_covariates"]["reason"] == "found no woman for it"
    assert data["completers"]["mixed_model"] is None
    assert data["completers"]["reason"]
    assert data["completers"]["reason"] in page_of(report, tmp_path)


# --- devices that stand for visits


def test_devices_that_stand_for_visits_leave_the_model_and_keep_the_women(tmp_path: Path) -> None:
    def change(table: Rows) -> None:
        for row in table:
            row["device"] = "B" if row["visit"] in {"L6", "PW"} else "A"

    report = cohort_of_file(changed(tmp_path, change))
    data = report.to_dict()
    assert [p.code for p in report.problems] == ["BS-W446"]
    assert data["devices_stand_for_visits"] is True
    assert data["n_women"] == 80
    assert data["mixed_model"] == data["without_device"]["mixed_model"]
    assert "fitted without the device" in data["completers"]["reason"]
    assert data["completers"]["mixed_model"] is not None
    assert "the model has no term for the device" in page_of(report, tmp_path)


# --- page


def test_the_page_prints_percent_once_and_names_the_caterpillar(tmp_path: Path) -> None:
    text = page_of(cohort_of_file(COHORT), tmp_path)
    assert "%%" not in text
    assert "95 % interval" in text
    assert "Waterfall and caterpillar" in text


def test_calibration_and_tripod_stand_with_the_risk(tmp_path: Path) -> None:
    """Score equations of maximum likelihood: predicted events are the observed ones."""
    report = cohort_of_file(COHORT, covariates=["age_y"])
    risk = {r.visit: r for r in report.risks}["T3"]
    assert risk.model is not None
    assert 2 <= len(risk.calibration) <= 5
    assert sum(g.n for g in risk.calibration) == risk.model.n
    assert sum(g.n_events for g in risk.calibration) == risk.n_events
    expected = sum(g.n * g.predicted for g in risk.calibration)
    assert expected == pytest.approx(risk.n_events, abs=1e-6)
    risks = [g.predicted for g in risk.calibration]
    assert risks == sorted(risks)
    text = page_of(report, tmp_path)
    assert "T3: TRIPOD list" in text
    assert "T3: calibration in the women of the model" in text
    assert re.search(r"logit = -?\d+\.\d{3} [+-]\d+\.\d{3} \(age_y", text)


def test_no_list_stands_without_a_model(tmp_path: Path) -> None:
    text = page_of(cohort_of_file(COHORT), tmp_path)
    assert "TRIPOD" not in text
    assert "calibration in the women" not in text


def test_what_is_set_aside_stands_on_the_page_with_its_reason(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda t: t[0].update(gestational_week="37"))
    text = page_of(cohort_of_file(path), tmp_path)
    assert "another visit than its label says" in text
    listed = (tmp_path / "out" / "set_aside.csv").read_text(encoding="utf-8")
    assert "another visit than its label says" in listed
