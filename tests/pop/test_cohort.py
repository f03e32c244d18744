"""`pop cohort`: R's values through the command line, and rows that can't be true."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bonescan.errors import NothingUsable, UsageError
from bonescan.files.pop_cohort_csv import read_pop_cohort
from bonescan.workflows.pop_cohort import cohort_of_file

DATA = Path(__file__).resolve().parents[1] / "stats" / "data"
COHORT = DATA / "pop_cohort.csv"
Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def wanted() -> Any:
    return json.loads((DATA / "pop_cohort.expected.json").read_text(encoding="utf-8"))


def test_the_document_holds_what_r_computed(verb: Verb, wanted: Any) -> None:
    code, out, _ = verb("pop", "cohort", COHORT, "--precision-error", "0.0045", "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert data["visit_counts"] == wanted["visit_counts"]
    assert data["n_women"] == wanted["n_women"]
    assert data["replicates"]["n_pairs"] == wanted["same_visit_replicates"]["n_pairs"]
    assert data["replicates"]["rms_sd"] == pytest.approx(
        wanted["same_visit_replicates"]["rms_sd"], rel=1e-12
    )
    names = {"(Intercept)": "(Intercept)", "T3": "visitT3", "L6": "visitL6", "PW": "visitPW"}
    for model, block, more in (
        (data["mixed_model"], "lmer_visit_device_reml", {"device_B": "deviceB"}),
        (data["without_device"]["mixed_model"], "lmer_visit_reml_satterthwaite", {}),
    ):
        want = wanted[block]
        assert model["n_obs"] == want["n_obs"]
        assert model["sd_random"] == pytest.approx(want["sd_random"], rel=1e-6)
        assert model["sd_residual"] == pytest.approx(want["sd_resid"], rel=1e-6)
        for ours, theirs in (names | more).items():
            term = model["terms"][ours]
            assert term["est"] == pytest.approx(want["fixef"][theirs], abs=1e-8)
            assert term["df"] == pytest.approx(want["df"][theirs], rel=1e-5)
            assert term["p"] == pytest.approx(want["p"][theirs], rel=1e-4)
    holm = wanted["contrasts_vs_T1_holm"]
    for n, contrast in enumerate(data["without_device"]["contrasts_vs_T1"]):
        assert contrast["contrast"] == holm["contrast"][n]
        assert contrast["p_holm"] == pytest.approx(holm["p.value"][n], rel=1e-5)
        assert contrast["lo_simultaneous"] == pytest.approx(holm["lower.CL"][n], rel=1e-6)
        assert contrast["hi_simultaneous"] == pytest.approx(holm["upper.CL"][n], rel=1e-6)
    assert data["visits_matter"]["statistic"] == pytest.approx(
        wanted["lrt_visit_ml"]["chi2"], rel=1e-6
    )


def test_paired_changes_are_those_of_r(wanted: Any) -> None:
    report = cohort_of_file(COHORT, precision_error=0.0125 / 2.77)
    for found in report.paired:
        want = wanted["paired_change_vs_T1"][found.visit]
        assert found.n == want["n"]
        assert found.mean.est == pytest.approx(want["mean_change"], rel=1e-9)
        assert [found.mean.lo, found.mean.hi] == pytest.approx(want["ci"], rel=1e-9)
        assert found.mean.p == pytest.approx(want["p_t"], rel=1e-6)
        assert found.mean_percent == pytest.approx(want["mean_pct"], rel=1e-9)
        assert found.sd_percent == pytest.approx(want["sd_pct"], rel=1e-9)
        assert found.median_percent == pytest.approx(want["median_pct"], rel=1e-9)
        assert list(found.iqr_percent) == pytest.approx(want["iqr_pct"], rel=1e-9)
        assert found.n_loss_reaching_lsc_devices_not_told_apart == want["n_loss_exceeding"]
        losses = found.n_loss_reaching_lsc_devices_not_told_apart or 0
        gains = found.n_gain_reaching_lsc_devices_not_told_apart or 0
        assert losses + gains == want["n_exceeding_lsc_0.0125"]


def test_screening_every_woman_holds_the_false_discovery_rate(wanted: Any) -> None:
    """All T3 visits are on the device of T1; R's p are those of single scans."""
    from bonescan.stats.multiplicity import benjamini_hochberg

    report = cohort_of_file(COHORT, precision_error=0.0045)
    changes = {w.woman_id: c for w in report.women for c in w.changes if c.visit == "T3"}
    want = wanted["t3_change_individual"]
    p = [changes[w].p_one_scan for w in want["woman"]]
    assert p == pytest.approx(want["p_two_sided"], rel=1e-9)
    assert benjamini_hochberg(p) == pytest.approx(want["p_bh"], rel=1e-9)
    own = [c.p for c in changes.values()]
    assert [c.p_bh for c in changes.values()] == pytest.approx(benjamini_hochberg(own), rel=1e-12)


def test_another_device_gives_no_verdict_and_no_number() -> None:
    report = cohort_of_file(COHORT, precision_error=0.0045)
    other = [c for w in report.women for c in w.changes if c.device == "B"]
    assert len(other) > 10
    assert {str(c.verdict) for c in other} == {"not-comparable"}
    assert all(c.change is None and c.p is None for c in other)


def rows(change: Callable[[list[dict[str, str]]], None], folder: Path) -> Path:
    """Copy the cohort with some cells changed."""
    with COHORT.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    change(table)
    path = folder / "cohort.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return path


@pytest.mark.parametrize(
    ("cells", "code", "words"),
    [
        ({3: {"postpartum_week": "-3"}}, "BS-W440", "-3 weeks after the delivery: before it"),
        (
            {3: {"postpartum_week": "", "gestational_week": "30"}},
            "BS-W440",
            "before the delivery",
        ),
        ({0: {"gestational_week": "44.1"}}, "BS-W440", "found 44.1 weeks of gestation"),
        ({0: {"age_y": "41"}}, "BS-W441", "two women under one id"),
        (
            {1: {"days_since_t1": "500"}, 2: {"days_since_t1": "500"}},
            "BS-W441",
            "dates swapped",
        ),
        ({0: {"device": ""}}, "BS-W440", "found no device"),
        ({0: {"visit": "M2"}}, "BS-W440", "found the visit 'M2'"),
        ({0: {"fn_bmd": "64.6"}}, "BS-W440", "line 2: found fn_bmd '64.6'"),
    ],
)
def test_what_can_not_be_true_is_named_and_the_rest_goes_on(
    tmp_path: Path, cells: dict[int, dict[str, str]], code: str, words: str
) -> None:
    def change(table: list[dict[str, str]]) -> None:
        for number, new in cells.items():
            table[number].update(new)

    report = cohort_of_file(rows(change, tmp_path))
    assert [p.code for p in report.problems] == [code]
    assert words in report.problems[0].reason
    assert report.n_women in {79, 80}
    assert len(report.table.scans) < 343


def test_forty_four_weeks_are_not_too_many(tmp_path: Path) -> None:
    path = rows(lambda t: t[1].update(gestational_week="44"), tmp_path)
    assert not read_pop_cohort(path).problems


def test_dxa_in_pregnancy_is_kept_and_named(tmp_path: Path) -> None:
    def change(table: list[dict[str, str]]) -> None:
        for row in table:
            row["technique"] = "DXA"
            if row["visit"] == "T3":
                row["fn_bmd"] = ""

    found = read_pop_cohort(rows(change, tmp_path))
    firsts = [s for s in found.scans if s.visit == "T1"]
    assert [p.code for p in found.problems] == ["BS-W443"] * len(firsts)
    assert len(firsts) == 97


def test_a_missed_scan_is_missing_and_not_a_fault(tmp_path: Path) -> None:
    found = read_pop_cohort(rows(lambda t: t[1].update(fn_bmd=""), tmp_path))
    assert (found.n_missing, len(found.scans), found.problems) == (1, 342, ())


def test_without_repeats_or_a_study_no_woman_is_judged(tmp_path: Path) -> None:
    def change(table: list[dict[str, str]]) -> None:
        table[:] = [r for r in table if r["scan"] == "1"]

    report = cohort_of_file(rows(change, tmp_path))
    assert report.precision.error_g_cm2 is None
    words = {str(c.verdict) for w in report.women for c in w.changes}
    assert words == {"no-precision-study", "not-comparable"}


def test_a_risk_needs_ten_events_and_ten_others_a_covariate(verb: Verb) -> None:
    code, out, _ = verb(
        "pop", "cohort", COHORT, "--covariate", "age_y", "--covariate", "breastfeeding", "--json"
    )
    assert code == 0
    risks = {r["visit"]: r for r in json.loads(out)["data"]["loss_risk"]}
    assert risks["T3"]["model"]["n_events"] == risks["T3"]["n_events"]
    assert risks["PW"]["model"] is None
    assert "wanted 20 with and 20 without" in risks["PW"]["reason"]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    one = cohort_of_file(COHORT).to_dict()
    two = cohort_of_file(rows(lambda t: t.reverse(), tmp_path)).to_dict()
    assert two["visit_counts"] == one["visit_counts"]
    assert two["verdicts"] == one["verdicts"]
    assert two["mixed_model"]["terms"]["L6"]["est"] == pytest.approx(
        one["mixed_model"]["terms"]["L6"]["est"], rel=1e-9
    )


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("woman_id,visit\na,T1\n", UsageError, "value columns none"),
        ("woman_id,visit,fn_bmd,ls_bmd\na,T1,1,1\n", UsageError, "fn_bmd, ls_bmd"),
        ("who,visit,fn_bmd\na,T1,1\n", UsageError, "no column woman_id"),
        ("woman_id,visit,fn_bmd\na,T1,0.7\na,T3,0.69\n", NothingUsable, "found 1 women"),
    ],
)
def test_a_table_without_what_is_needed_is_refused(
    tmp_path: Path, text: str, kind: type[Exception], words: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(kind, match=words):
        cohort_of_file(path)


def test_a_covariate_of_three_words_and_an_impossible_precision_are_refused(
    tmp_path: Path,
) -> None:
    def change(table: list[dict[str, str]]) -> None:
        for n, row in enumerate(table):
            row["breastfeeding"] = ("yes", "no", "some")[n % 3]

    with pytest.raises(UsageError, match="wanted numbers or two words"):
        cohort_of_file(rows(change, tmp_path), covariates=["breastfeeding"])
    with pytest.raises(UsageError, match="no column height"):
        cohort_of_file(COHORT, covariates=["height"])
    with pytest.raises(UsageError, match="precision error of 0"):
        cohort_of_file(COHORT, precision_error=0.0)


def test_the_text_names_verdicts_and_the_limits(verb: Verb) -> None:
    code, out, _ = verb("pop", "cohort", COHORT)
    assert code == 0
    assert "T3, woman by woman:" in out
    assert "not a medical device" in out
