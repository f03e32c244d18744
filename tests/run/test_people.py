"""From facts files and the store to one class a person: what the order of things may not decide."""

from __future__ import annotations

import shutil
from datetime import date

import h5py
import pytest

from bonescan.model.exam import Exam, Subject
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import Origin, OutcomeKind, Technique
from bonescan.norms.load import load_norms
from bonescan.report.visits import visits
from bonescan.settings import Settings
from bonescan.store.open_store import open_store
from bonescan.workflows.gather_study import gather_study
from bonescan.workflows.pseudonyms import Pseudonyms
from bonescan.workflows.run_folder import run_folder
from bonescan.workflows.write_results import patient_rows

WOMAN = Subject(patient_id="7", sex="F", stated_age_years=70, menopausal_status="postmenopausal")


def report(t_score: float, day: date | None) -> Outcome:
    return Outcome(
        kind=OutcomeKind.REPORTED,
        format_name="dicom",
        subject=WOMAN,
        exam=Exam(exam_date=day),
        measurements=(
            Measurement(
                technique=Technique.DXA,
                origin=Origin.REPORTED,
                site="femoral-neck",
                bmd_g_cm2=0.7,
                reported_t_score=t_score,
            ),
        ),
    )


@pytest.fixture
def study(tmp_path):
    def make(day: date | None):
        store = open_store(tmp_path, create=True)
        run = store.begin_run("0", "{}")
        for sha, t_score in (("b", -3.0), ("a", -0.5)):
            outcome = report(t_score, day)
            store.put_result(run_id=run, sha256=sha, size_bytes=1, work_key=sha, outcome=outcome)
            store.put_locations(run, [("/in", f"{sha}.dcm", sha)])
        found = gather_study(store, Pseudonyms(key=bytes(32)), load_norms(None), Settings())
        store.close()
        return found

    return make


def test_each_exam_without_a_date_has_its_own_class(study):
    found = study(None)
    rows = patient_rows(found)
    assert [(r["exam_date"], r["category"]) for r in rows] == [
        (None, "normal"),
        (None, "osteoporosis"),
    ]
    (person,) = found.people
    assert [[r.sha256 for r in v.rows] for v in visits(person)] == [["a"], ["b"]]
    assert [v.verdict.category for v in visits(person)] == ["normal", "osteoporosis"]


def test_exams_of_one_day_have_one_class_from_the_lower_score(study):
    rows = patient_rows(study(date(2026, 5, 4)))
    assert [r["category"] for r in rows] == ["osteoporosis"]


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_two_birth_dates_in_two_facts_files_are_a_conflict_in_any_order(
    order, sample_scans, tmp_path
):
    for name, born in (("A", "1958-01-01"), ("B", "1980-01-01")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "subjects.csv").write_text(
            f"patient_id,birth_date,sex\n0001011,{born},F\n", encoding="utf-8"
        )
    scan = tmp_path / "A" / "x.h5"
    shutil.copy(sample_scans / "0001011_spectra_neck.h5", scan)
    with h5py.File(scan, "r+") as file:
        file["subject"].attrs.pop("birth_date", None)
    settings = Settings(n_workers=1, report="none")
    for inputs in (order, "A"):  # and A alone, which says nothing new, settles nothing
        done = run_folder([tmp_path / name for name in inputs], tmp_path / "out", settings)
        (row,) = patient_rows(done.study)
        assert (row["category"], row["age_years"], row["needs_review"]) == ("none", None, True)
        assert "identity_conflict" in row["flags"]
        codes = {p.code for p in done.problems}
        assert "BS-W282" in codes
        assert ("BS-W201" in codes) is (len(inputs) > 1)


def test_a_fact_taken_out_of_subjects_csv_changes_the_class_back(sample_scans, tmp_path):
    scans = tmp_path / "in"
    scans.mkdir()
    shutil.copy(sample_scans / "0001002_dxa_report.dcm", scans)
    facts = scans / "subjects.csv"
    settings = Settings(n_workers=1, report="none")
    found = []
    for line in ("0001002,2015-01-01,menopause,surgical", "0001002,2015-01-01,weight_kg,60"):
        facts.write_text(f"patient_id,date,fact,value\n{line}\n", encoding="utf-8")
        done = run_folder([scans], tmp_path / "out", settings)
        found += [r["menopausal_status"] for r in patient_rows(done.study)]
    assert found == ["surgical", "unknown"]


def test_a_wrong_crosswalk_is_named_and_joins_nobody(study, tmp_path):
    facts = tmp_path / "facts.csv"
    facts.write_text("patient_id,fact,value\n7,same_as,8\n7,same_as,9\n", encoding="utf-8")
    from bonescan.workflows.facts_store import import_facts

    import_facts(facts, tmp_path)
    found = study(date(2026, 5, 4))
    (problem,) = [p for p in found.problems if p.code == "BS-W282"]
    assert "is said to be the same person as P-" in problem.reason
    assert "'7'" not in problem.reason, "a page under pseudonyms names no chart number"
    assert [r["category"] for r in patient_rows(found)] == ["none"]
