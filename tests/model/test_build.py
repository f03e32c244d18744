"""Building: what is refused, what is written, and that it is the same every time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bonescan.errors import NothingUsable, UsageError
from bonescan.files.calibration import write_calibration
from bonescan.files.cohort_csv import CohortRefused
from bonescan.files.model_file import load_model, person_hash
from bonescan.model.rems_model import COVARIATES
from bonescan.workflows.build_model import BuiltByMaker, build_by_maker, build_model

from .cohorts import (
    SEEN,
    Woman,
    draw,
    row_of,
    write_cohort,
    write_exam,
    write_table,
)
from .conftest import QUICK
from .test_exam_spectra import calibration

NECK = "femoral-neck-left"
FAST = replace(QUICK, n_repeats=1, n_folds=2)


def small(folder: Path, *people: Woman, **content) -> tuple[Path, list[dict[str, str]]]:
    """Write a cohort of a few: enough to be refused."""
    folder.mkdir(exist_ok=True)
    rows = []
    for woman in people:
        write_exam(folder / f"{woman.number}.h5", woman, [NECK], **content)
        rows.append(row_of(woman, f"{woman.number}.h5", NECK))
    return write_table(folder / "cohort.csv", rows), rows


def refused(table: Path, code: str, words: str, **options) -> CohortRefused:
    with pytest.raises(CohortRefused, match=words) as caught:
        build_model(table, table.parent / "m.h5", replace(QUICK, **options))
    assert caught.value.code == code
    assert not (table.parent / "m.h5").exists()
    return caught.value


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> BuiltByMaker:
    """Real exams of all kinds: few men, few spines, another DXA maker, scans without a number."""
    folder = tmp_path_factory.mktemp("messy")
    rows = []

    def add(woman: Woman, site: str, exam: dict | None = None, **row: str) -> None:
        name = f"{len(rows)}.h5"
        sites = ["L1", "L2", "L3", "L4"] if site == "L1-L4" else [site]
        write_exam(folder / name, woman, sites, simulated=False, **(exam or {}))
        rows.append(row_of(woman, name, site, **row))

    for woman in draw(170, 1):
        add(woman, NECK)
    for man in draw(12, 3):
        add(replace(man, sex="M"), NECK)
    for woman in draw(170, 1)[:12]:
        add(woman, "L1-L4", {"exam_id": f"spine-{woman.number}", "n_groups": 12})
    for woman in draw(10, 6):
        add(woman, NECK, dxa_device="GE Lunar iDXA")
    few, nobody = draw(2, 8)
    add(few, NECK, {"n_groups": 39}, dxa_bmd_g_cm2="0.500")
    add(nobody, NECK, {"subject": {"height_cm": None}}, dxa_bmd_g_cm2="0.650")
    (folder / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    rows.append(row_of(nobody, "broken.h5", NECK, dxa_bmd_g_cm2="0.900"))
    table = write_table(folder / "cohort.csv", rows)
    return build_by_maker(table, folder / "m.h5", FAST)


# ------------------------------------------------------------------ what is written


def test_the_model_that_is_written_can_be_read_and_is_marked_simulated(built) -> None:
    model = load_model(built.path)
    assert model.content_sha256 == built.model.content_sha256
    assert model.model_id.startswith("clinic-a-")
    assert model.simulated
    assert model.dxa_maker == "hologic"
    assert model.devices == ("made-up scanner",)
    (site,) = model.sites
    assert (site.site, site.n_people, site.sexes) == ("femoral-neck", 170, ("F",))
    assert site.reference_id == "hologic_fn_f"
    assert len(model.person_hashes) == 170
    assert person_hash(model.person_salt, "P010000", None) in model.person_hashes
    assert person_hash(model.person_salt, "P020000", None) not in model.person_hashes


def test_real_exams_make_a_model_that_is_not_marked(messy) -> None:
    assert not messy.made["hologic"].model.simulated


def test_the_same_seed_gives_the_same_bytes_with_workers_and_the_keys_of_the_contract(
    cohort: Path, built, tmp_path: Path, verb
) -> None:
    words = ("--repeats", "2", "--folds", "3", "--seed", "7", "--workers", "2", "--json")
    code, out, _ = verb("model", "build", cohort, "-o", tmp_path / "Clinic A.h5", *words)
    assert code == 0
    assert (tmp_path / "Clinic A.h5").read_bytes() == built.path.read_bytes()
    assert (tmp_path / "Clinic A.html").read_bytes() == built.report.read_bytes()
    data = json.loads(out)["data"]
    assert {
        "estimators", "covariates_only", "controls", "accepted", "rejected", "sites",
    } <= set(data)  # fmt: skip
    assert set(data["estimators"]) == set(data["sites"]["femoral-neck"]["estimators"])
    for row in (*data["estimators"].values(), data["covariates_only"], *data["controls"].values()):
        assert {"r", "see_g_cm2", "bias_g_cm2"} <= set(row)
    assert data["accepted"] + data["rejected"] == 170
    primary = data["primary"]
    assert {
        "depth-only", f"labels-permuted:{primary}", f"shuffled-in-class:{primary}",
        f"swapped-in-age-bmi-cells+covariates:{primary}", "chosen-inside-folds",
    } <= set(data["controls"])  # fmt: skip
    assert COVARIATES not in data["controls"]


def test_the_planted_law_is_found_and_reported(built) -> None:
    (study,) = built.studies
    rows = {r.estimator: r for r in study.estimators}
    # ultrasound sees the bone with an SD of 0.05 g/cm2; age alone leaves the SD of 0.13
    assert rows[study.primary].see_g_cm2 == pytest.approx(0.05, abs=0.01)
    assert study.covariates_only.see_g_cm2 == pytest.approx(0.13, abs=0.02)
    assert study.informative
    assert study.interval.covered.est == pytest.approx(0.95, abs=0.04)
    assert study.interval.half_width_g_cm2 == pytest.approx(1.96 * 0.05, rel=0.3)
    assert abs(study.difference.bias.est) < 0.02
    assert study.classes.n == study.n_accepted > 160
    assert study.n_accepted + len(study.rejected) == 170
    assert study.classes.auc.est > 0.9


# ------------------------------------------------------------------ what is refused


def test_too_few_women_make_no_model(tmp_path: Path) -> None:
    table, _ = write_cohort(tmp_path / "c", draw(149, 2))
    with pytest.raises(NothingUsable, match="femoral-neck: found women: 149 people") as caught:
        build_model(table, tmp_path / "m.h5", QUICK)
    assert caught.value.code == "BS-E313"
    assert list(tmp_path.glob("*.h5")) == []


def test_few_men_are_left_out_and_said(messy) -> None:
    built = messy.made["hologic"]
    (study,) = built.studies
    assert study.sexes == ("F",)
    assert study.n_people == 170
    assert "men: 12 people" in study.notes[0]
    assert len(built.model.person_hashes) == 170


def test_a_site_that_fails_leaves_the_other_alone(messy) -> None:
    built = messy.made["hologic"]
    assert [s.site for s in built.model.sites] == ["femoral-neck"]
    assert [e.code for e in built.failed] == ["BS-E313"]
    assert set(built.to_dict()["sites"]) == {"femoral-neck"}
    assert "lumbar-spine: found women: 12 people" in built.report.read_text(encoding="utf-8")


def test_one_model_a_maker(messy) -> None:
    assert set(messy.made) == {"hologic"}
    assert messy.made["hologic"].path.name == "m-hologic.h5"
    assert messy.made["hologic"].n_left_out == 10
    assert [e.code for e in messy.failed] == ["BS-E313"]


def test_scans_without_a_number_are_counted_against_the_model(messy) -> None:
    built = messy.made["hologic"]
    (study,) = built.studies
    lost = {r.line: r for r in study.rejected}
    assert (lost[206].code, lost[207].code) == ("BS-E161", "BS-W380")
    assert 208 in lost
    # scans of the others may be like neither class; the model of the other folds says which
    assert all(r.code == "BS-E161" and line <= 171 for line, r in lost.items() if line < 206)
    after, before = study.classes, study.before_exclusions
    assert before.n == 173 == after.n + len(lost)
    # T of the three by hand: 0.500 -3.14, 0.650 -1.79, 0.900 +0.46 against 0.849/0.111
    t_lost = [(r.dxa_g_cm2 - 0.849) / 0.111 for r in lost.values()]
    want = (sum(t >= -1.05 for t in t_lost), sum(t < -2.45 for t in t_lost))
    assert (before.rejected[0], before.rejected[2]) == want
    agreeing = sum(after.table[i][i] for i in range(3))
    assert before.agreement.est == pytest.approx(agreeing / 173)
    found, sick = after.table[2][2], sum(row[2] for row in after.table)
    assert before.sensitivity.est == pytest.approx(found / (sick + want[1]))
    calm = after.n - sick - sum(after.table[2][:2])  # neither has, nor is said to have, it
    assert before.specificity.est == pytest.approx(calm / (173 - sick - want[1]))
    assert before.kappa_linear.est is None
    assert built.to_dict()["rejected"] == len(lost)


def test_pure_noise_fails_with_the_words_and_leaves_no_model(tmp_path: Path) -> None:
    table, _ = write_cohort(tmp_path / "c", draw(170, 4, informative=False))
    with pytest.raises(NothingUsable, match="no ultrasound information shown") as caught:
        build_model(table, tmp_path / "m.h5", FAST)
    assert caught.value.code == "BS-E386"
    assert caught.value.exit_code == 4
    assert list(tmp_path.glob("*.h5")) == []


@pytest.mark.parametrize(("days", "kept"), [(90, True), (91, False), (-90, True), (-91, False)])
def test_dxa_and_exam_lie_at_most_90_days_apart(tmp_path: Path, days: int, kept: bool) -> None:
    table, rows = small(tmp_path / "c", *draw(2, 5))
    rows[1]["dxa_date"] = (SEEN + timedelta(days=days)).isoformat()
    write_table(table, rows)
    if kept:
        with pytest.raises(NothingUsable, match="found women: 2 people"):
            build_model(table, tmp_path / "m.h5", QUICK)
    else:
        refused(table, "BS-E381", "row 3: 91 days between DXA and exam, wanted at most 90")


@pytest.mark.parametrize(
    ("row", "exam", "words"),
    [
        ({"dxa_device": "Acme One"}, {}, "dxa_device 'Acme One' of no known maker"),
        ({"site": "femoral-neck-right"}, {}, "site femoral-neck-right, and the exam holds"),
        ({}, {"subject": {"patient_id": "X"}}, "patient_id 'P050001', and the exam is of 'X'"),
        ({"issuer": "A"}, {"subject": {"issuer": "B"}}, "issuer 'A', and the exam says 'B'"),
        ({}, {"acquired_at": None}, "an exam without a date"),
        ({}, {"acquired_at": "2026-07-01"}, "an exam of 2026-07-01, in the future"),
        (
            {"dxa_date": "2025-04-01"},
            {"subject": {"birth_date": date(2025, 4, 20)}},
            "before the birth date",
        ),
    ],
)
def test_a_row_that_contradicts_its_exam_is_named(
    tmp_path: Path, row: dict, exam: dict, words: str
) -> None:
    first, second = draw(2, 5)
    table, rows = small(tmp_path / "c", first)
    write_exam(table.parent / "b.h5", second, [NECK], **exam)
    write_table(table, [*rows, row_of(second, "b.h5", **({"site": NECK} | row))])
    refusal = refused(table, "BS-E381", "row 3: ")
    assert words in refusal.faults[0].reason


def test_a_dxa_export_in_the_place_of_an_exam_is_a_fault(tmp_path: Path, sample_scans) -> None:
    table, rows = small(tmp_path / "c", *draw(1, 5))
    report = (sample_scans / "0001002_dxa_report.dcm").read_bytes()
    (table.parent / "dxa.dcm").write_bytes(report)
    write_table(table, [*rows, rows[0] | {"exam": "dxa.dcm"}])
    refused(table, "BS-E381", "row 3: dxa.dcm is no ultrasound")


def test_faulty_cells_and_faulty_exams_are_told_in_one_go(tmp_path: Path) -> None:
    first, second, third = draw(3, 5)
    table, rows = small(tmp_path / "c", first, third)
    write_exam(table.parent / "b.h5", second, [NECK], subject={"patient_id": "X"})
    write_table(
        table,
        [
            rows[0] | {"dxa_bmd_g_cm2": "", "site": "femoral-neck-right"},
            row_of(second, "b.h5", NECK, dxa_date="2025-13-01"),
            rows[1] | {"exam": "gone.h5", "dxa_device": "Acme One"},
        ],
    )
    refusal = refused(table, "BS-E381", "row 2: ")
    assert [(f.line, f.reason.split(",")[0]) for f in refusal.faults] == [
        (2, "no dxa_bmd_g_cm2"),
        (2, "site femoral-neck-right"),
        (3, "dxa_date '2025-13-01'"),
        (3, "patient_id 'P050001'"),
        (4, "dxa_device 'Acme One' of no known maker"),
        (4, "no exam file gone.h5"),
    ]


# ------------------------------------------------------------------ one exam twice


def test_a_copied_exam_of_the_same_person_is_refused(tmp_path: Path) -> None:
    table, rows = small(tmp_path / "c", *draw(2, 5))
    copied = table.parent / "copy.h5"
    copied.write_bytes((table.parent / rows[1]["exam"]).read_bytes())
    write_table(table, [*rows, rows[1] | {"exam": "copy.h5"}])
    refusal = refused(table, "BS-E381", "row 4: copy.h5 .* again: the same file as in row 3")
    assert len(refusal.faults) == 1


def test_an_exam_saved_again_of_the_same_person_is_refused(tmp_path: Path) -> None:
    (woman,) = draw(1, 5)
    table, rows = small(tmp_path / "c", woman)
    write_exam(table.parent / "b.h5", woman, [NECK], seed=9)  # other spectra, the same exam
    write_table(table, [*rows, row_of(woman, "b.h5", NECK)])
    refused(table, "BS-E381", "row 3: .* again: the same exam id, time and device as in row 2")


def test_two_visits_and_two_hips_are_no_copies(tmp_path: Path) -> None:
    (woman,) = draw(1, 5)
    folder = tmp_path / "c"
    folder.mkdir()
    write_exam(folder / "a.h5", woman, [NECK, "femoral-neck-right"])
    write_exam(folder / "b.h5", woman, [NECK], seed=9, exam_id="later")
    rows = [
        row_of(woman, "a.h5", NECK),
        row_of(woman, "a.h5", "femoral-neck-right"),
        row_of(woman, "b.h5", NECK),
    ]
    with pytest.raises(NothingUsable, match="found women: 1 people"):
        build_model(write_table(folder / "cohort.csv", rows), tmp_path / "m.h5", QUICK)


# ------------------------------------------------------------------ one person, two numbers


def test_one_file_under_two_numbers_is_refused(tmp_path: Path) -> None:
    table, rows = small(tmp_path / "c", *draw(2, 5), subject={"patient_id": None})
    copied = table.parent / "copy.h5"
    copied.write_bytes((table.parent / rows[0]["exam"]).read_bytes())
    write_table(table, [*rows, rows[0] | {"exam": "copy.h5", "patient_id": "other"}])
    refused(table, "BS-E382", "row 4: patient 'other' is 'P050000' of row 2 by the same file")


def test_one_reading_of_one_woman_under_two_numbers_is_refused(tmp_path: Path) -> None:
    (woman,) = draw(1, 5)
    table, rows = small(tmp_path / "c", woman)
    twin = replace(woman, number="P059999")
    write_exam(table.parent / "b.h5", twin, [NECK], seed=9)
    write_table(table, [*rows, row_of(twin, "b.h5", NECK)])
    refused(table, "BS-E382", "row 3: .* by the same DXA reading, birth date, sex and height")


def test_one_exam_of_one_device_under_two_numbers_is_refused(tmp_path: Path) -> None:
    first, second = draw(2, 5)
    table, rows = small(tmp_path / "c", first)
    write_exam(
        table.parent / "b.h5", second, [NECK], exam_id=f"E{first.number}"
    )  # fmt: skip
    write_table(table, [*rows, row_of(second, "b.h5", NECK)])
    refused(table, "BS-E382", "by the same exam id, time and device")


def test_two_women_of_one_day_and_height_are_two_women(tmp_path: Path) -> None:
    (woman,) = draw(1, 5)
    table, rows = small(tmp_path / "c", woman)
    other = replace(woman, number="P059999", bmd_g_cm2=woman.bmd_g_cm2 + 0.001)
    write_exam(table.parent / "b.h5", other, [NECK], seed=9)
    write_table(table, [*rows, row_of(other, "b.h5", NECK)])
    with pytest.raises(NothingUsable, match="found women: 2 people"):
        build_model(table, tmp_path / "m.h5", QUICK)


# ------------------------------------------------------------------ makers and origins


def test_dxa_of_two_makers_is_refused_and_one_can_be_chosen(tmp_path: Path) -> None:
    table, rows = small(tmp_path / "c", *draw(3, 5))
    rows[2]["dxa_device"] = "GE Lunar iDXA"
    write_table(table, rows)
    refused(table, "BS-E384", "row 4: DXA of ge among 2 of hologic")
    with pytest.raises(NothingUsable, match="found women: 2 people"):
        build_model(table, tmp_path / "m.h5", replace(QUICK, dxa_maker="Hologic"))
    with pytest.raises(NothingUsable, match="found DXA of ge, hologic, wanted norland"):
        build_model(table, tmp_path / "m.h5", replace(QUICK, dxa_maker="norland"))


def test_a_maker_without_a_reference_gives_no_classes(tmp_path: Path) -> None:
    table, rows = small(tmp_path / "c", *draw(2, 5))
    write_table(table, [r | {"dxa_device": "Norland XR-800"} for r in rows])
    with pytest.raises(NothingUsable, match="no young-adult reference of norland") as caught:
        build_model(table, tmp_path / "m.h5", QUICK)
    assert caught.value.code == "BS-E385"


def test_simulated_and_real_exams_are_not_mixed(tmp_path: Path) -> None:
    first, second = draw(2, 5)
    table, rows = small(tmp_path / "c", first)
    write_exam(table.parent / "b.h5", second, [NECK], simulated=False)
    write_table(table, [*rows, row_of(second, "b.h5", NECK)])
    with pytest.raises(NothingUsable, match=r"1 simulated and 1 other exams \(as rows 2 and 3\)"):
        build_model(table, tmp_path / "m.h5", QUICK)


# ------------------------------------------------------------------ scans without a number


def test_forty_groups_are_enough(tmp_path: Path) -> None:
    (woman,) = draw(1, 5)
    table, rows = write_cohort(tmp_path / "c", [woman])
    write_exam(table.parent / rows[0]["exam"], woman, [NECK], n_groups=40)
    with pytest.raises(NothingUsable, match="found women: 1 people"):
        build_model(table, tmp_path / "m.h5", QUICK)


# ------------------------------------------------------------------ where it goes


def test_nothing_but_a_model_is_written_over(cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found the input itself"):
        build_model(cohort, cohort, QUICK)
    (tmp_path / "notes.h5").write_text("mine")
    with pytest.raises(UsageError, match="another file there, which is not replaced"):
        build_model(cohort, tmp_path / "notes.h5", QUICK)
    with pytest.raises(UsageError, match="found no folder"):
        build_model(cohort, tmp_path / "gone" / "m.h5", QUICK)


# ------------------------------------------------------------------ the command


def test_a_refused_cohort_lists_its_rows_in_the_document(tmp_path: Path, verb) -> None:
    table, rows = small(tmp_path / "c", *draw(2, 5))
    write_table(table, [r | {"dxa_bmd_g_cm2": ""} for r in rows])
    code, out, _ = verb("model", "build", table, "-o", tmp_path / "m.h5", "--json")
    document = json.loads(out)
    assert code == 4
    assert [p["reason"] for p in document["problems"]] == [
        "row 2: no dxa_bmd_g_cm2", "row 3: no dxa_bmd_g_cm2",
    ]  # fmt: skip
    assert {p["code"] for p in document["problems"]} == {"BS-E381"}


def test_an_unknown_site_is_refused(cohort: Path, tmp_path: Path, verb) -> None:
    code, _, err = verb("model", "build", cohort, "-o", tmp_path / "m.h5", "--site", "hip")
    assert code == 2
    assert "found --site hip" in err
    code, _, err = verb("model", "build", cohort, "-o", tmp_path / "m.h5", "--site", "lumbar-spine")
    assert code == 4
    assert "found no row of lumbar-spine" in err


def test_a_model_shows_itself(built, verb) -> None:
    code, out, _ = verb("model", "show", built.path, "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert data["simulated"] is True
    assert data["people"] == 170
    assert "person_hashes" not in out
    assert data["sites"]["femoral-neck"]["osteoporotic"] == built.model.sites[0].n_osteoporotic
    code, out, _ = verb("model", "show", built.path)
    assert "SIMULATED: it may never label a real exam" in out
    assert "covariates-only" in out


def test_a_cohort_without_any_number_says_why(tmp_path: Path) -> None:
    one, few, two = draw(3, 5)
    table, rows = write_cohort(tmp_path / "c", [one, few, two])
    for woman, row, n_groups in ((one, rows[0], 39), (few, rows[1], 40), (two, rows[2], 12)):
        write_exam(table.parent / row["exam"], woman, [NECK], n_groups=n_groups)
    needed = tmp_path / "device.h5"
    write_calibration(needed, calibration())
    with pytest.raises(NothingUsable, match="found no scan with a number") as caught:
        build_model(table, tmp_path / "m.h5", replace(QUICK, calibrations=(needed,)))
    assert "Refused: 2 scans BS-E161, 1 scan BS-E363" in caught.value.reason
    assert "the first of BS-E161: femoral-neck-left: found 39 averaged" in caught.value.reason
