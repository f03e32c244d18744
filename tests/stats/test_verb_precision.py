"""`bonescan precision`: tables long and wide, a result folder, what is never pooled, the plan."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import bonescan
from bonescan.errors import UsageError
from bonescan.workflows.precision_study import precision_of_file

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).resolve().parents[2]
Verb = Callable[..., tuple[int, str, str]]


def write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def document(verb: Verb, *words: object) -> tuple[int, Any]:
    code, out, _ = verb("precision", *words, "--json")
    return code, json.loads(out)


def groups(verb: Verb, *words: object) -> list[Any]:
    code, found = document(verb, *words)
    assert code == 0, found
    return list(found["data"]["groups"])


def test_the_synthetic_study_gives_what_r_gives(verb: Verb, expected: Callable[[str], Any]) -> None:
    found = groups(verb, DATA / "precision.csv", "--subject", "subject_id", "--by", "design")
    assert [g["by"]["design"] for g in found] == ["FN15x3", "LS30x2"]
    for group in found:
        want = expected("precision")[group["by"]["design"]]
        assert group["rms_sd"]["est"] == pytest.approx(want["rms_sd"], rel=1e-8)
        assert group["lsc"]["hi"] == pytest.approx(want["lsc95_ci"][1], rel=1e-8)
        assert group["rms_sd"]["method"] == "chi-squared"
        assert group["unit"] == "g/cm2"
        assert group["iscd_minimum_met"] is True


def test_a_column_that_may_separate_groups_is_pointed_out(verb: Verb) -> None:
    code, found = document(verb, DATA / "precision.csv")
    assert code == 0
    assert [p["code"] for p in found["problems"]] == ["BS-W391"]
    assert "'design'" in found["problems"][0]["reason"]


def test_text_for_people_says_what_counts(verb: Verb) -> None:
    code, out, _ = verb("precision", DATA / "precision.csv", "--by", "design")
    assert code == 0
    assert "RMS-SD  0.0133 (0.0106 to 0.0178) g/cm2" in out
    assert "LSC 95 % 0.0368 (0.0294 to 0.0492) g/cm2" in out
    assert "not a medical device" in out


def test_one_column_a_scan_gives_the_same_as_one_row_a_scan(verb: Verb, tmp_path: Path) -> None:
    with (DATA / "precision.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["design"] == "LS30x2"]
    people: dict[str, list[str]] = {}
    for row in rows:
        people.setdefault(row["subject_id"], []).append(row["bmd_g_cm2"])
    wide = write(
        tmp_path / "wide.csv", "patient_id,scan1,scan2",
        *(",".join([p, *values]) for p, values in people.items()),
    )  # fmt: skip
    (found,) = groups(verb, wide, "--unit", "g/cm2")
    (want,) = groups(
        verb, write(tmp_path / "long.csv", "patient_id,bmd_g_cm2",
                    *(f"{r['subject_id']},{r['bmd_g_cm2']}" for r in rows)),
    )  # fmt: skip
    assert found == want
    named = write(tmp_path / "named.csv", wide.read_text("utf-8").replace("scan1", "first")
                  .replace("scan2", "again").rstrip("\n"))  # fmt: skip
    (found,) = groups(verb, named, "--value", "first", "--value", "again", "--unit", "g/cm2")
    assert found["rms_sd"] == want["rms_sd"]


HEADER = "patient_id,site,vertebrae_used,technique,origin,device_serial,exam_date,bmd_g_cm2"


def rows_of(*keys: str, n: int = 2) -> list[str]:
    """Write two repeats of `n` people under each key."""
    return [
        f"p{i},{key},{0.9 + 0.01 * (i + scan):.3f}"
        for key in keys
        for i in range(n)
        for scan in range(2)
    ]


def test_sites_vertebrae_techniques_origins_and_devices_are_never_pooled(
    verb: Verb, tmp_path: Path
) -> None:
    keys = [
        "L1-L4,L1;L2;L3;L4,DXA,reported,1,2026-01-05",
        "L1-L4,L1;L3;L4,DXA,reported,1,2026-01-05",
        "L1-L4,L1;L2;L3;L4,REMS,reported,1,2026-01-05",
        "L1-L4,L1;L2;L3;L4,DXA,measured,1,2026-01-05",
        "L1-L4,L1;L2;L3;L4,DXA,reported,2,2026-01-05",
        "femoral-neck-left,,DXA,reported,1,2026-01-05",
    ]
    found = groups(verb, write(tmp_path / "t.csv", HEADER, *rows_of(*keys)))
    assert len(found) == 6
    assert {g["n_subjects"] for g in found} == {2}
    assert "L1-L4, L1+L3+L4, DXA, reported, no. 1" in {g["name"] for g in found}


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        (["L1-L4,,DXA,,1,", "L1-L4,,,,1,"], "technique 'DXA'"),
        (["L1-L4,,DXA,,1,", "L1-L4,,DXA,,,"], "device_serial '1'"),
    ],
)
def test_rows_that_half_name_technique_or_device_are_refused(
    keys: list[str], word: str, verb: Verb, tmp_path: Path
) -> None:
    code, found = document(verb, write(tmp_path / "t.csv", HEADER, *rows_of(*keys)))
    assert code == 2
    assert found["problems"][0]["code"] == "BS-E392"
    assert word in found["problems"][0]["reason"]


def test_another_site_may_leave_them_empty(verb: Verb, tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", HEADER, *rows_of("L1-L4,,DXA,,1,", "total-hip,,,,,"))
    assert len(groups(verb, table)) == 2


def test_estimates_without_a_maker_stand_beside_dxa_with_one(verb: Verb, tmp_path: Path) -> None:
    """Rows of our own ultrasound name no maker; those of DXA do."""
    rows = rows_of("L1-L4,,DXA,reported,1,", "L1-L4,,REMS-style,estimated,,")
    assert len(groups(verb, write(tmp_path / "t.csv", HEADER, *rows))) == 2


@pytest.mark.slow
def test_a_run_of_sample_scans_is_not_refused(
    sample_scans: Path, verb: Verb, tmp_path: Path
) -> None:
    some, out = tmp_path / "some", tmp_path / "results"
    some.mkdir()
    for path in sample_scans.glob("0001001_*"):
        shutil.copy(path, some / path.name)
    assert verb("run", some, "-o", out, "--report", "none")[0] == 0
    with (out / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    makers = {r["technique"]: r["manufacturer"] for r in rows if r["site"] == "femoral-neck-left"}
    assert makers["DXA"]
    assert not makers["REMS-style"]
    _, found = document(verb, out)
    assert {p["code"] for p in found["problems"]} <= {"BS-E393", "BS-W390", "BS-W393"}


RESULTS = "patient_id,exam_date,exam_time,site,technique,origin,device_serial,bmd_g_cm2"


def out_folder(tmp_path: Path, rows: Sequence[str]) -> Path:
    write(tmp_path / "results.csv", RESULTS, *rows)
    return tmp_path


def test_a_result_folder_gives_the_scans_of_one_person_on_one_day(
    verb: Verb, tmp_path: Path
) -> None:
    rows = [
        "a,2026-01-05,0900,L1-L4,DXA,reported,7,0.900",
        "a,2026-01-05,0910,L1-L4,DXA,reported,7,0.920",
        "a,2026-01-05,0910,L1-L4,DXA,reported,7,0.920",  # another file of the same scan
        "a,2026-07-05,0900,L1-L4,DXA,reported,7,0.700",  # half a year later: no repeat
        "b,2026-01-05,,L1-L4,DXA,reported,7,0.800",
        "b,2026-01-05,,L1-L4,DXA,reported,7,0.820",  # without times two rows are two scans
        "c,2026-01-05,0900,L1-L4,DXA,reported,7,0.850",
        "a,2026-01-05,0900,total-hip-left,DXA,reported,7,0.850",
    ]
    code, found = document(verb, out_folder(tmp_path, rows))
    assert code == 0
    (group,) = found["data"]["groups"]
    assert found["data"]["n_groups_without_repeats"] == 1
    assert (group["n_subjects"], group["n_single"]) == (2, 1)
    assert (group["n_other_days"], group["n_same_scan"]) == (1, 1)
    assert group["rms_sd"]["est"] == pytest.approx(0.02 / 2**0.5)
    assert [p["code"] for p in found["problems"]] == ["BS-W390"]
    code, out, _ = verb("precision", tmp_path)
    assert "1 values on other days left out" in out
    assert "another file of the same scan" in out
    assert "1 more without anybody measured twice" in out
    (group,) = groups(verb, tmp_path, "--any-day")
    assert (group["n_other_days"], group["df"]) == (0, 3)


def test_scans_of_people_in_doubt_are_no_repeats(verb: Verb, tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "patient_id,bmd_g_cm2,flags", "a,0.9,", "a,0.92,few_spectra",
                  "b,0.7,identity_conflict", "b,0.9,few_spectra;identity_conflict",
                  ",0.8,no_patient_id")  # fmt: skip
    code, found = document(verb, table)
    assert code == 0
    assert [g["n_subjects"] for g in found["data"]["groups"]] == [1]
    doubt = [p["reason"] for p in found["problems"] if p["code"] == "BS-W393"]
    assert doubt == ["left out 3 rows of people in doubt."]


def test_the_day_with_most_scans_is_taken_and_the_earlier_of_two(tmp_path: Path) -> None:
    rows = [
        *(f"a,2026-02-0{d},,L1-L4,DXA,reported,7,{v}" for d, v in
          ((1, 0.9), (1, 0.91), (2, 0.8), (2, 0.81), (2, 0.82))),
        *(f"b,2026-{d},,L1-L4,DXA,reported,7,{v}" for d, v in
          (("03-01", 0.7), ("03-01", 0.72), ("02-02", 0.6), ("02-02", 0.61))),
    ]  # fmt: skip
    (group,) = precision_of_file(out_folder(tmp_path, rows)).groups
    assert group.study.scans_per_subject == ((2, 1), (3, 1))
    assert group.study.grand_mean == pytest.approx((0.8 + 0.81 + 0.82 + 0.6 + 0.61) / 5)


def test_nobody_measured_twice_is_exit_4(verb: Verb, tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "patient_id,bmd_g_cm2", "a,0.9", "b,0.8")
    code, found = document(verb, table)
    assert code == 4
    assert found["problems"][0]["code"] == "BS-E393"


@pytest.mark.parametrize(
    ("text", "words", "code", "reason"),
    [
        ("name,bmd_g_cm2\na,1", [], "BS-E390", "wanted patient_id or subject_id or subject"),
        ("patient_id,weight\na,1", [], "BS-E390", "wanted bmd_g_cm2, or scan1, scan2"),
        ("patient_id,scan1,scan2,bmd1,bmd2\na,1,1,1,1", [], "BS-E390", "wanted bmd_g_cm2"),
        ("patient_id,bmd_g_cm2\na,1", ["--by", "day"], "BS-E390", "wanted day for groups"),
        ("patient_id,bmd_g_cm2\na,1", ["--value", "t"], "BS-E390", "wanted t for values"),
        ("patient_id,bmd_g_cm2,bmd_g_cm2\na,1,1", [], "BS-E390", "'bmd_g_cm2' twice"),
        ("patient_id,bmd_g_cm2\na,high", [], "BS-E391", "'high' in the column bmd_g_cm2 of line 2"),
        ("patient_id,bmd_g_cm2\na,1\na,inf", [], "BS-E391", "'inf' in the column"),
        ("patient_id,bmd_g_cm2\na,nan\na,1", [], "BS-E391", "'nan' in the column"),
        ("patient_id,bmd_g_cm2\n,1", [], "BS-E391", "found nobody"),
    ],
)
def test_a_table_that_cannot_be_read_is_exit_2_with_its_place(
    text: str, words: list[str], code: str, reason: str, verb: Verb, tmp_path: Path
) -> None:
    way_out, found = document(verb, write(tmp_path / "t.csv", text), *words)
    assert way_out == 2
    assert found["problems"][0]["code"] == code
    assert reason in found["problems"][0]["reason"]


def test_an_empty_cell_is_a_missing_scan(verb: Verb, tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "patient_id,scan_1,scan_2,sex", "a,0.9,0.91,F", "b,,0.8,M")
    (group,) = groups(verb, table)
    assert (group["n_subjects"], group["n_single"], group["n_missing"]) == (1, 1, 1)
    assert group["unit"] == ""


def test_numbers_of_a_person_are_no_groups(verb: Verb, tmp_path: Path) -> None:
    # numbers, a text that varies within a person, and one of each person
    table = write(tmp_path / "t.csv", "patient_id,age_years,operator,chart,bmd_g_cm2",
                  "a,50,X,k1,0.9", "a,50,X,k1,0.91", "b,61,Y,k2,0.8", "b,61,Z,k2,0.81",
                  "c,50,X,k3,0.7", "c,50,X,k3,0.7")  # fmt: skip
    _, found = document(verb, table)
    assert [p["code"] for p in found["problems"]] == ["BS-W390"]


@pytest.mark.parametrize(
    ("site", "largest", "technique"),
    [("L1-L4", 1.9, "DXA"), ("L2+L3", 1.9, "DXA"), ("total-hip-left", 1.8, "DXA"),
     ("femoral-neck", 2.5, "DXA"), ("radius-33", None, "DXA"), ("L1-L4", None, "REMS")],
)  # fmt: skip
def test_an_error_above_what_iscd_accepts_of_dxa_is_warned_of(
    site: str, largest: float | None, technique: str, verb: Verb, tmp_path: Path
) -> None:
    for cv, warned in ((2.6, largest is not None), ((largest or 1.05) - 0.05, False)):
        apart = cv / 100 * 2**0.5  # of two values about 1, so that the CV is as said
        rows = [f"p{i},{site},{technique},{1 + s * apart / 2}" for i in range(30) for s in (1, -1)]
        table = write(tmp_path / "t.csv", "patient_id,site,technique,bmd_g_cm2", *rows)
        _, found = document(verb, table)
        assert [p["code"] for p in found["problems"]] == ["BS-W392"] * warned


def test_without_a_source_the_verb_asks_for_one(verb: Verb) -> None:
    code, found = document(verb)
    assert code == 2
    assert "found no SOURCE" in found["problems"][0]["reason"]


# --- the plan ---


def test_the_plan_gives_people_for_each_number_of_scans(verb: Verb) -> None:
    code, found = document(verb, "--plan", "--sd", "0.010", "--largest-sd", "0.015")
    assert code == 0
    # 22, 11 and 8 people: SciPy's chi-squared, in test_sample_size
    assert [(d["scans"], d["n"]) for d in found["data"]["designs"]] == [(2, 22), (3, 11), (4, 8)]
    code, out, _ = verb("precision", "--plan", "--sd", "0.010", "--largest-lsc", "0.04155")
    assert code == 0
    assert "2 scans each: 22 people" in out
    assert "ISCD" in out


@pytest.mark.parametrize(
    "words",
    [
        ["--sd", "0.01"],
        ["--largest-sd", "0.02"],
        ["--sd", "0.01", "--largest-sd", "0.02", "--largest-lsc", "0.05"],
        ["--sd", "0.01", "--largest-sd", "0.01"],
        ["--sd", "0", "--largest-sd", "0.01"],
        ["--sd", "nan", "--largest-sd", "0.01"],
        ["--sd", "0.01", "--largest-sd", "0.02", "--power", "1"],
    ],
)
def test_a_plan_that_lacks_a_number_is_exit_2(words: list[str], verb: Verb) -> None:
    code, found = document(verb, "--plan", *words)
    assert code == 2
    assert found["problems"][0]["code"] == "BS-E394"


# --- the page that explains it ---


def test_the_example_of_the_documentation_runs_as_it_stands(verb: Verb, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "precision.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"```csv title=\"repeats.csv\"\n(.*?)```", page, re.DOTALL)
    (tmp_path / "repeats.csv").write_text(table, encoding="utf-8")
    shown = re.findall(r"```console\n\$ bonescan (.*?)\n(.*?)```", page, re.DOTALL)
    assert len(shown) == 2
    for words, output in shown:
        command = [str(tmp_path / w) if w.endswith(".csv") else w for w in words.split()]
        code, out, _ = verb(*command)
        assert (code, out) == (0, output)


# --- from Python ---

COLUMNS = {"who": ["a", "a", "b", "b"], "bmd": [0.99, 1.01, 0.80, 0.80]}


def frames() -> list[Any]:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = pandas.DataFrame(COLUMNS)
    return [COLUMNS, frame, frame.convert_dtypes(), polars.DataFrame(COLUMNS)]


def test_arrays_and_frames_give_the_same_study() -> None:
    want = bonescan.precision_study(COLUMNS["who"], COLUMNS["bmd"], unit="g/cm2")
    assert want.rms_sd.est == pytest.approx(0.01)  # by hand: SDs 0.01 √2 and 0
    for frame in frames():
        assert bonescan.precision_study("who", "bmd", data=frame, unit="g/cm2") == want
        columns = frame["who"], frame["bmd"]
        assert bonescan.precision_study(*columns, unit="g/cm2") == want


def test_what_frames_hold_for_missing_is_missing() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    gap = COLUMNS | {"bmd": [0.99, 1.01, None, 0.80]}
    for frame in (gap, pandas.DataFrame(gap), pandas.DataFrame(gap).convert_dtypes(),
                  polars.DataFrame(gap)):  # fmt: skip
        found = bonescan.precision_study("who", "bmd", data=frame)
        assert (found.n_subjects, found.n_missing) == (1, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bonescan.precision_study("who", "bmd"), "no data to take it from"),
        (lambda: bonescan.precision_study("who", "t", data=COLUMNS), "wanted 't'"),
        (lambda: bonescan.precision_study(["a", "a"], ["high", "low"]), "no number"),
    ],
)
def test_columns_that_are_not_there_are_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()
