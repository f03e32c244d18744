"""A model on new people, and nobody it has learnt from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bonescan.errors import NothingUsable
from bonescan.files.cohort_csv import CohortRefused
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
