"""A model on new people, and nobody it has learnt from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bonescan.errors import NothingUsable
from bonescan.files.cohort_csv import CohortRefused
from bonescan.rems.fitting import Reference
from bonescan.rems.training.controls import moved_1, swapped_away
from bonescan.rems.training.validate import LEAST_MOVED_1, NewScan, report_validation
from bonescan.workflows.validate_model import validate_model

from .cohorts import draw, row_of, rows_elsewhere, write_cohort, write_exam, write_table
from .conftest import QUICK

NECK = "femoral-neck-left"


@pytest.fixture(scope="module")
def new_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of 60 women of whom the model has not learnt."""
    return write_cohort(tmp_path_factory.mktemp("new"), draw(60, 9), seed=5)[0]


@pytest.fixture(scope="module")
def validated(built, new_people: Path, tmp_path_factory: pytest.TempPathFactory):
    page = tmp_path_factory.mktemp("page") / "new.html"
    return validate_model(built.path, new_people, QUICK, report=page), page


def test_new_people_are_estimated_with_the_planted_error(validated) -> None:
    (study,) = validated[0].studies
    rows = {r.estimator: r for r in study.estimators}
    # ultrasound sees the bone with an SD of 0.05 g/cm2, 60 people: standard error 9 %
    assert rows[study.primary].see_g_cm2 == pytest.approx(0.05, abs=0.015)
    assert rows[study.primary].pearson_1 > 0.85
    assert study.covariates_only.see_g_cm2 == pytest.approx(0.13, abs=0.03)
    assert study.informative
    # an exam far from everybody's is like neither class: it has no valid spectrum, and no number
    assert study.n_accepted >= 57
    assert study.n_people == study.n_accepted == 60 - len(study.rejected)
    assert {r.code for r in study.rejected} <= {"BS-E161"}
    assert study.interval.covered.est == pytest.approx(0.95, abs=0.06)


def test_the_figures_are_those_of_the_points(validated) -> None:
    (study,) = validated[0].studies
    dxa = np.array([p.dxa_g_cm2 for p in study.points])
    found = np.array([p.predicted_g_cm2 for p in study.points])
    row = next(r for r in study.estimators if r.estimator == study.primary)
    assert row.pearson_1 == pytest.approx(np.corrcoef(dxa, found)[0, 1])
    assert row.see_g_cm2 == pytest.approx(np.std(found - dxa, ddof=1))
    assert row.bias_g_cm2 == pytest.approx(np.mean(found - dxa))


def test_the_controls_lose_what_they_must(validated) -> None:
    (study,) = validated[0].studies
    permuted = study.controls[f"labels-permuted:{study.primary}"]
    assert abs(permuted.pearson_1) < 0.4  # 60 people: standard error 0.13
    swapped = study.controls[f"swapped-in-age-bmi-cells:{study.primary}"]
    assert swapped.see_g_cm2 > 2.0 * study.estimators[-1].see_g_cm2


def test_the_share_that_was_swapped_is_said(validated) -> None:
    (study,) = validated[0].studies
    shares = [n for n in study.notes if n.startswith("control ")]
    assert len(shares) == 3
    assert shares[0] == "control labels-permuted: 100% of the scans have somebody else's"
    assert not any("men" in n for n in study.notes)


def new_scans(n: int, ages: np.ndarray, sex: str = "F") -> list[NewScan]:
    """Make up scans of so many people, the estimate equal to the reading but for one class."""
    return [
        NewScan(
            person=f"{sex}{i}", sex=sex, age_years=float(ages[i]), bmi_kg_m2=20.0 + i % 12,
            dxa_bmd_g_cm2=0.45 + 0.016 * i, bmd_g_cm2=0.45 + 0.016 * i + 0.001 * (-1) ** i,
            interval_g_cm2=None, by_estimator_g_cm2={}, score_percent=50.0, depth_mm=50.0,
            centre=None,
        )
        for i in range(n)
    ]  # fmt: skip


NECK_REFERENCE = Reference(reference_id="hologic_fn_f", mean_g_cm2=0.849, sd_g_cm2=0.111)


@pytest.mark.parametrize(("n", "tried"), [(29, False), (30, True)])
def test_controls_need_thirty_people(built, n: int, tried: bool) -> None:
    scans = new_scans(n, np.linspace(50.0, 80.0, n))
    rng = np.random.default_rng(1)
    study = report_validation(scans, [], built.model.sites[0], NECK_REFERENCE, rng)
    assert any(name.startswith("labels-permuted") for name in study.controls) is tried


@pytest.mark.parametrize(("same", "left_out"), [(3, False), (4, True)])
def test_a_control_that_swaps_less_than_nine_tenths_is_left_out(
    built, same: int, left_out: bool
) -> None:
    # thirty people of one age and BMI in one cell, and `same` of thirty alone in theirs
    cells = [0] * (30 - same) + list(range(1, same + 1))
    order = swapped_away(np.array(cells), np.random.default_rng(1))
    share = moved_1(order, [str(i) for i in range(30)])
    assert share == pytest.approx((30 - same) / 30)
    assert (share < LEAST_MOVED_1) is left_out


def test_a_control_of_the_same_person_has_not_moved(built) -> None:
    visits = [replace(s, person="one" if i < 4 else s.person)
              for i, s in enumerate(new_scans(30, np.linspace(50.0, 80.0, 30)))]  # fmt: skip
    visits = [replace(s, age_years=40.0, bmi_kg_m2=19.0) if i < 4 else s
              for i, s in enumerate(visits)]  # fmt: skip
    assert moved_1(np.array([1, 0, 2]), ["one", "one", "two"]) == 0.0
    rng = np.random.default_rng(1)
    rows = [*visits, *new_scans(4, np.array([60.0] * 4), "M")]
    study = report_validation(rows, [], built.model.sites[0], NECK_REFERENCE, rng)
    shares = [n for n in study.notes if n.startswith("control swapped")]
    assert all("100%" not in n for n in shares)


def test_kappa_without_a_disagreement_has_no_interval(built) -> None:
    scans = new_scans(40, np.linspace(50.0, 80.0, 40))
    rng = np.random.default_rng(1)
    study = report_validation(scans, [], built.model.sites[0], NECK_REFERENCE, rng)
    kappa = study.classes.kappa
    assert study.classes.agreement.est == 1.0
    assert (kappa.est, kappa.lo, kappa.hi) == (1.0, None, None)
    assert "no interval" in kappa.reason


def test_a_sex_that_the_model_never_saw_is_said_and_split(built) -> None:
    women, men = new_scans(30, np.linspace(50.0, 80.0, 30)), new_scans(4, np.full(4, 60.0), "M")
    men = [replace(m, bmd_g_cm2=m.dxa_bmd_g_cm2 + 0.1) for m in men]
    rng = np.random.default_rng(1)
    study = report_validation([*women, *men], [], built.model.sites[0], NECK_REFERENCE, rng)
    assert "the model has not learnt from men: its figures for them prove nothing" in study.notes
    assert "4 men: bias +0.100, SEE 0.000 g/cm2" in study.notes
    assert "30 women: bias +0.000, SEE 0.001 g/cm2" in study.notes


def test_people_who_trained_the_model_are_refused(built, cohort, new_people, tmp_path) -> None:
    rows = [*rows_elsewhere(new_people), *rows_elsewhere(cohort)[:2]]
    table = write_table(tmp_path / "mixed.csv", rows)
    with pytest.raises(CohortRefused, match="row 62: patient 'P010000' has trained") as caught:
        validate_model(built.path, table, QUICK)
    assert caught.value.code == "BS-E387"
    assert [f.line for f in caught.value.faults] == [62, 63]


def test_an_issuer_does_not_hide_a_person(built, cohort, tmp_path) -> None:
    rows = [rows_elsewhere(cohort)[0] | {"issuer": "hospital"}]
    table = write_table(tmp_path / "c.csv", rows)
    with pytest.raises(CohortRefused, match="has trained the model"):
        validate_model(built.path, table, QUICK)


def test_another_scale_is_refused(built, new_people, tmp_path) -> None:
    rows = [r | {"dxa_device": "GE Lunar iDXA"} for r in rows_elsewhere(new_people)]
    with pytest.raises(NothingUsable, match="found DXA of ge, and the model gives") as caught:
        validate_model(built.path, write_table(tmp_path / "c.csv", rows), QUICK)
    assert caught.value.code == "BS-E388"


def test_a_simulated_model_is_not_tried_on_real_people(built, tmp_path) -> None:
    (woman,) = draw(1, 9)
    write_exam(tmp_path / "a.h5", woman, [NECK], simulated=False)
    table = write_table(tmp_path / "c.csv", [row_of(woman, "a.h5", NECK)])
    with pytest.raises(NothingUsable, match="1 exams that are not simulated") as caught:
        validate_model(built.path, table, QUICK)
    assert caught.value.code == "BS-E170"


def test_a_site_that_the_model_has_not_is_left_out(built, tmp_path) -> None:
    (woman,) = draw(1, 9)
    write_exam(tmp_path / "a.h5", woman, ["L1", "L2"])
    table = write_table(tmp_path / "c.csv", [row_of(woman, "a.h5", "L1-L4")])
    with pytest.raises(NothingUsable, match="found no row of femoral-neck"):
        validate_model(built.path, table, QUICK)


def test_two_scans_say_nothing(built, new_people, tmp_path) -> None:
    table = write_table(tmp_path / "c.csv", rows_elsewhere(new_people)[:2])
    with pytest.raises(NothingUsable, match="found 2 scans with a number, wanted at least 3"):
        validate_model(built.path, table, QUICK)


def test_few_people_have_nothing_to_be_held_against(built, new_people, tmp_path) -> None:
    rows = rows_elsewhere(new_people)[:29]
    (few,) = draw(1, 10)
    write_exam(tmp_path / "few.h5", few, [NECK], n_groups=39)
    rows.append(row_of(few, "few.h5", NECK))
    table = write_table(tmp_path / "c.csv", rows)
    found = validate_model(built.path, table, replace(QUICK, n_workers=2))
    (study,) = found.studies
    assert study.covariates_only is None
    assert not study.informative
    assert "fewer than 30 people" in study.notes[0]
    assert study.controls == {}
    assert [(r.line, r.code) for r in study.rejected] == [(31, "BS-E161")]
    assert study.before_exclusions.n == 30
    data = found.to_dict()
    assert data["covariates_only"] is None
    assert data["gain_see_g_cm2"] == [None, None]


def test_the_page_says_that_these_are_new_people(validated) -> None:
    text = validated[1].read_text(encoding="utf-8")
    assert "on new people" in text
    assert "SIMULATED DATA" in text


def test_the_document_is_laid_out_as_that_of_build(built, new_people, verb) -> None:
    code, out, _ = verb("model", "validate", built.path, new_people, "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert {
        "estimators", "covariates_only", "controls", "accepted", "rejected", "sites",
    } <= set(data)  # fmt: skip
    for row in (*data["estimators"].values(), data["covariates_only"], *data["controls"].values()):
        assert {"r", "see_g_cm2", "bias_g_cm2"} <= set(row)
    assert data["accepted"] + data["rejected"] == 60


def test_overlap_is_an_exit_code_and_a_list(built, cohort, verb) -> None:
    code, out, _ = verb("model", "validate", built.path, cohort, "--json")
    document = json.loads(out)
    assert code == 4
    assert len(document["problems"]) == 170
    assert document["problems"][0]["code"] == "BS-E387"
    code, out, _ = verb("model", "validate", built.path, cohort)
    assert "170 faults" in out
    assert "and 140 more" in out


def test_the_words_name_the_reading_of_the_tolerance(built, new_people, tmp_path, verb) -> None:
    table = write_table(tmp_path / "c.csv", rows_elsewhere(new_people)[:10])
    code, out, _ = verb("model", "validate", built.path, table)
    assert code == 0
    assert "within 0.3 T of the cut-off (A) " in out
    assert "same class or T within 0.3 (B) " in out


@pytest.mark.parametrize("allowed", [True, False])
def test_run_says_on_the_console_that_a_simulated_model_is_let_through(
    tmp_path: Path, verb, allowed: bool
) -> None:
    (tmp_path / "a.h5").write_bytes(b"no exam")
    words = ("--allow-simulated-model",) if allowed else ()
    _, out, err = verb("run", tmp_path / "a.h5", "-o", tmp_path / "out", *words)
    assert ("WARNING: --allow-simulated-model" in out + err) is allowed
