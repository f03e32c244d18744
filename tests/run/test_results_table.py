"""A table of many people through the whole run: files, people, readings, store, workers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bonescan.files.column_map import read_column_map
from bonescan.settings import ReadSettings, Settings
from bonescan.workflows.run_folder import run_folder

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "rems-results.toml"
TABLE = (
    "Chart;Born;Sex;Date;Serial;Operator;Region;BMD;T-score;Z-score;Fragility Score;Reference\n"
    "0012;02/03/1951;female;05/04/2024;ES-1;AB;Lumbar;0,745;-2,8;-0,3;34,5;NHANES\n"
    "0012;02/03/1951;female;05/04/2024;ES-1;AB;Neck left;0,652;-1,8;;45,2;NHANES\n"
    "0013;07/08/1950;male;06/04/2024;ES-1;AB;Lumbar;1,012;-0,1;0,2;;\n"
    "0014;07/08/1950;male;31/04/2024;ES-1;AB;Lumbar;1,012;-0,1;0,2;;\n"
)


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "results.csv").write_text(TABLE, encoding="utf-8")
    columns = read_column_map(EXAMPLE)

    def _run(out="out", workers=1):
        settings = Settings(read=ReadSettings(column_map=columns), n_workers=workers)
        return run_folder([folder], tmp_path / out, settings), tmp_path / out

    return _run


def test_one_file_gives_a_page_and_rows_to_each_of_its_people(run):
    summary, out = run()
    assert summary.exit_code == 0
    (file,) = rows(out / "files.csv")
    assert (file["outcome"], file["format"], file["n_results"]) == (
        "reported", "device-results", "3",
    )  # fmt: skip
    # leading zeros of chart numbers, kept apart from the tables
    assert sorted(i["chart_number"] for i in rows(out / "identities.csv")) == ["0012", "0013"]
    results = rows(out / "results.csv")
    assert {(r["technique"], r["origin"]) for r in results} == {("REMS", "reported")}
    assert len({r["patient_id"] for r in results}) == 2
    lumbar = next(r for r in results if r["site"] == "L1-L4" and r["sex"] == "F")
    assert (lumbar["bmd_g_cm2"], lumbar["reported_t_score"], lumbar["t_score"]) == (
        "0.745", "-2.8", "",
    )  # fmt: skip
    assert (lumbar["fragility_score"], lumbar["exam_date"]) == ("34.5", "2024-04-05")
    people = rows(out / "patients.csv")
    assert {p["technique"] for p in people} == {"REMS"}
    assert len(list((out / "patients").glob("P-*.html"))) == 2
    bad = [p for p in summary.problems if p.code == "BS-W224"]
    assert len(bad) == 1
    assert bad[0].reason.startswith("Line 5: ")


def test_every_number_is_in_readings_csv_with_its_line(run):
    _, out = run()
    readings = rows(out / "readings.csv")
    assert list(readings[0]) == [
        "file", "sha256", "patient_id", "exam_date", "carrier", "site", "region_text", "quantity",
        "text", "value", "unit", "reference", "place", "proof",
    ]  # fmt: skip
    found = {r["place"]: r for r in readings}
    t = found["line 2, column T-score"]
    assert (t["text"], t["value"], t["reference"], t["proof"]) == ("-2,8", "-2.8", "NHANES", "text")
    blank = found["line 3, column Z-score"]
    assert (blank["text"], blank["value"], blank["proof"]) == ("", "", "")
    assert (found["line 2, column BMD"]["unit"], found["line 2, column BMD"]["text"]) == (
        "g/cm2", "0,745",
    )  # fmt: skip


def test_a_second_run_and_two_workers_give_the_same_bytes(run):
    _, out = run()
    names = ("files.csv", "results.csv", "patients.csv", "readings.csv")
    before = {name: (out / name).read_bytes() for name in names}
    again, _ = run()
    assert again.n_already_done == 1  # the parts came back from the store
    assert {name: (out / name).read_bytes() for name in names} == before
    _, other = run("other", workers=2)
    for name in ("files.csv", "results.csv", "readings.csv"):
        # pseudonyms are keyed by folder: the rest is the same
        own, theirs = (
            [{k: v for k, v in row.items() if k != "patient_id"} for row in rows(folder / name)]
            for folder in (out, other)
        )
        key = str
        assert sorted(map(key, own)) == sorted(map(key, theirs))


def test_another_map_measures_again(run, tmp_path):
    run()
    columns = read_column_map(EXAMPLE)
    import dataclasses

    other = dataclasses.replace(columns, date_pattern="mm/dd/yyyy")
    folder, out = tmp_path / "in", tmp_path / "out"
    summary = run_folder([folder], out, Settings(read=ReadSettings(column_map=other)))
    assert summary.n_measured == 1
    assert {r["exam_date"] for r in rows(out / "results.csv")} == {"2024-05-04", "2024-06-04"}


def test_numbers_stay_when_the_folder_is_run_again_without_its_map(run, tmp_path):
    _, out = run()
    before = {n: (out / n).read_bytes() for n in ("files.csv", "results.csv", "patients.csv")}
    for _ in range(2):  # the second time, the refusal itself is known already
        summary = run_folder([tmp_path / "in"], out, Settings())
        assert (summary.exit_code, summary.n_kept) == (0, 1)
        assert {n: (out / n).read_bytes() for n in before} == before
        (said,) = [p for p in summary.problems if p.code == "BS-W301"]
        assert said.reason.startswith("1 result of earlier runs was kept")
        assert "--column-map" in said.hint
    again, _ = run()  # with the map: nothing to say, and nothing to do
    assert (again.n_kept, again.n_measured) == (0, 0)
    assert not [p for p in again.problems if p.code == "BS-W301"]


def test_a_refusal_gives_way_to_numbers_and_a_refused_table_stays_refused(run, tmp_path):
    out = tmp_path / "out"
    first = run_folder([tmp_path / "in"], out, Settings())
    assert (first.exit_code, first.n_kept) == (4, 0)
    assert rows(out / "files.csv")[0]["code"] == "BS-E104"
    assert "--column-map" in rows(out / "files.csv")[0]["hint"]
    run()
    assert rows(out / "files.csv")[0]["outcome"] == "reported"


def test_a_map_under_which_no_row_can_be_used_is_no_option_left_out(run, tmp_path):
    import dataclasses

    _, out = run()
    wrong = dataclasses.replace(read_column_map(EXAMPLE), date_pattern="yyyy-mm-dd")
    run_folder([tmp_path / "in"], out, Settings(read=ReadSettings(column_map=wrong)))
    assert rows(out / "files.csv")[0]["code"] == "BS-E187"


def test_lost_rows_stand_beside_their_table_in_files_csv(run):
    summary, out = run()
    (file,) = rows(out / "files.csv")
    assert (file["outcome"], file["code"]) == ("reported", "BS-W224")
    assert file["reason"].startswith("One row or number of the table was not used. Line 5: ")
    assert "column map" in file["hint"]
    assert [p.code for p in summary.problems].count("BS-W224") == 1  # not told twice


def test_a_table_without_lost_rows_has_no_code(run, tmp_path):
    whole = "".join(TABLE.splitlines(keepends=True)[:4])
    (tmp_path / "in" / "results.csv").write_text(whole, encoding="utf-8")
    _, out = run()
    assert [(f["outcome"], f["code"]) for f in rows(out / "files.csv")] == [("reported", "")]


def test_a_table_is_counted_under_its_one_device_and_month(run):
    _, out = run()
    counted = {(r["scope"], r["device"], r["month"]): r for r in rows(out / "attrition.csv")}
    assert not [k for k in counted if "unknown" in k]
    (device,) = [k[1] for k in counted if k[0] == "device"]
    assert device.endswith("ES-1")
    assert counted["month", "", "2024-04"]["classified"] == "1"


def test_a_table_of_several_months_is_counted_under_several(run, tmp_path):
    later = TABLE.replace("06/04/2024", "06/05/2024")
    (tmp_path / "in" / "results.csv").write_text(later, encoding="utf-8")
    _, out = run()
    assert [r["month"] for r in rows(out / "attrition.csv") if r["scope"] == "month"] == ["several"]


def test_the_plan_reads_tables_by_the_map_and_finds_what_is_done(run, tmp_path):
    from bonescan.workflows.plan_run import plan_run

    settings = Settings(read=ReadSettings(column_map=read_column_map(EXAMPLE)))
    before = plan_run([tmp_path / "in"], tmp_path / "out", settings)
    assert before.counts == {"would measure": 1}
    run()
    assert plan_run([tmp_path / "in"], tmp_path / "out", settings).counts == {"done already": 1}


def test_the_plan_asks_the_store_that_is_named(run, tmp_path):
    from bonescan.workflows.plan_run import plan_run

    run()
    (tmp_path / "out" / "bonescan.db").rename(tmp_path / "elsewhere.db")
    settings = Settings(read=ReadSettings(column_map=read_column_map(EXAMPLE)))
    for name, count in (("elsewhere.db", "done already"), ("none.db", "would measure")):
        there = Settings(read=settings.read, store=str(tmp_path / name))
        assert plan_run([tmp_path / "in"], tmp_path / "new", there).counts == {count: 1}
    assert not (tmp_path / "none.db").exists()
    assert not (tmp_path / "new").exists()
