"""`bonescan run` on good, bad, repeated and interrupted input, through the command line."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.glob("*.csv"))}


@pytest.fixture(scope="module")
def few_scans(sample_scans, tmp_path_factory):
    """Some of the sample scans: every DXA file and two RF exams."""
    folder = tmp_path_factory.mktemp("few scans 骨密")
    manifest = table(sample_scans / "MANIFEST.csv")
    n_rf = 0
    for row in manifest:
        name = row["file"]
        if name.endswith((".h5", ".csv")) and not name.startswith("broken/"):
            n_rf += name.endswith(".h5")
            if n_rf > 2 or name.endswith(".csv"):
                continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample_scans / name, target)
    shutil.copy(sample_scans / "subjects.csv", folder / "subjects.csv")
    return folder


@pytest.fixture(scope="module")
def done(few_scans, bonescan, tmp_path_factory):
    out = tmp_path_factory.mktemp("done") / "out"
    answer = bonescan("run", few_scans, "-o", out, "--json", "--workers", "1")
    assert answer.exit_code == 0, answer.err
    return out, answer.document


def test_each_file_has_one_row_and_the_counts_add_up(few_scans, done):
    out, document = done
    names = {p.relative_to(few_scans).as_posix() for p in few_scans.rglob("*") if p.is_file()}
    rows = table(out / "files.csv")
    assert {r["file"] for r in rows} == names
    assert len(rows) == len(names)
    assert sum(document["data"]["outcomes"].values()) == len(names)
    assert sum(int(r["n_results"]) for r in rows) == len(table(out / "results.csv"))


def test_every_problem_says_code_reason_and_hint(done):
    _, document = done
    assert document["problems"]
    for problem in document["problems"]:
        assert problem["code"].startswith("BS-")
        assert problem["reason"]
        assert problem["hint"]


def test_a_rerun_measures_nothing_and_changes_no_byte(few_scans, done, bonescan):
    out, _ = done
    before = tables(out)
    again = bonescan("run", few_scans, "-o", out, "--json")
    assert again.exit_code == 0
    assert again.document["data"]["measured_now"] == 0
    assert tables(out) == before


def test_two_workers_write_the_same_bytes(few_scans, done, bonescan, tmp_path):
    out, _ = done
    other = bonescan("run", few_scans, "-o", tmp_path / "two", "--workers", "2", "--report", "none")
    assert other.exit_code == 0, other.err
    assert tables(tmp_path / "two") == tables(out)
    assert not (tmp_path / "two" / "index.html").exists()


def test_strict_tells_of_unusable_files(few_scans, done, bonescan):
    out, _ = done
    assert bonescan("run", few_scans, "-o", out, "--strict").exit_code == 3


def test_two_inputs_one_after_the_other_give_the_sum(few_scans, done, bonescan, tmp_path):
    whole, _ = done
    halves = [tmp_path / "a", tmp_path / "b"]
    for number, path in enumerate(sorted(p for p in few_scans.rglob("*") if p.is_file())):
        target = halves[number % 2] / path.relative_to(few_scans)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    subjects = few_scans / "subjects.csv"
    for half in halves:
        assert bonescan("run", half, "-o", tmp_path / "o", "--subjects", subjects).exit_code == 0
    assert tables(tmp_path / "o")["results.csv"] == tables(whole)["results.csv"]
    assert tables(tmp_path / "o")["patients.csv"] == tables(whole)["patients.csv"]


def test_new_facts_relabel_without_measuring(few_scans, done, bonescan, tmp_path):
    whole, _ = done
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    rows = table(out / "results.csv")
    woman = next(
        r for r in rows if r["category"] in {"osteoporosis", "osteopenia"} and r["sex"] == "F"
    )
    identity = next(
        r for r in table(out / "identities.csv") if r["patient_id"] == woman["patient_id"]
    )
    facts = tmp_path / "facts.csv"
    facts.write_text(
        "patient_id,issuer,date,fact,value,source\n"
        f"{identity['chart_number']},{identity['issuer']},{woman['exam_date']},"
        "menopausal_status,premenopausal,test\n",
        encoding="utf-8",
    )
    answer = bonescan("run", few_scans, "-o", out, "--subjects", facts, "--json")
    assert answer.document["data"]["measured_now"] == 0
    changed = next(
        r
        for r in table(out / "results.csv")
        if (r["sha256"], r["site"]) == (woman["sha256"], woman["site"])
    )
    assert changed["bmd_g_cm2"] == woman["bmd_g_cm2"]
    assert changed["menopausal_status"] == "premenopausal"
    assert changed["category"] in {"within-expected-range", "below-expected-range", "none"}
    assert changed["p_osteoporosis"] == ""


def test_facts_about_nobody_are_named_and_kept(few_scans, done, bonescan, tmp_path):
    whole, _ = done
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    facts = tmp_path / "facts.csv"
    facts.write_text("patient_id,issuer,date,fact,value,source\nNOBODY-7,,,sex,F,x\n")
    answer = bonescan("run", few_scans, "-o", out, "--subjects", facts, "--json")
    assert answer.exit_code == 0
    about = [p for p in answer.document["problems"] if p["file"].endswith("facts.csv")]
    assert [p["code"] for p in about] == ["BS-W285"]
    assert "line 2" in about[0]["reason"]
    assert "NOBODY-7" not in (out / "index.html").read_text(), "a page holds no chart number"
    again = bonescan("run", few_scans, "-o", out, "--json")
    assert about[0] in again.document["problems"], "nothing is lost"


def test_two_birth_dates_under_one_number_take_the_class_away(few_scans, bonescan, done, tmp_path):
    whole, _ = done
    row = next(r for r in table(whole / "results.csv") if r["category"] == "osteoporosis")
    identity = next(
        r for r in table(whole / "identities.csv") if r["patient_id"] == row["patient_id"]
    )
    facts = tmp_path / "facts.csv"
    facts.write_text(
        "patient_id,issuer,date,fact,value,source\n"
        f"{identity['chart_number']},{identity['issuer']},,birth_date,1901-01-01,x\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    answer = bonescan("run", few_scans, "-o", out, "--subjects", facts, "--json")
    assert answer.exit_code == 0
    problem = next(p for p in answer.document["problems"] if p["code"] == "BS-W282")
    assert "2 birth dates" in problem["reason"]
    people = [r for r in table(out / "patients.csv") if r["patient_id"] == row["patient_id"]]
    assert {r["category"] for r in people} == {"none"}
    assert {r["needs_review"] for r in people} == {"yes"}
    kept = [r for r in table(out / "results.csv") if r["patient_id"] == row["patient_id"]]
    assert row["bmd_g_cm2"] in {r["bmd_g_cm2"] for r in kept}
    assert {(r["sex"], r["age_years"], r["z_score"]) for r in kept} == {("", "", "")}


def test_chart_numbers_stand_in_tables_only_when_asked(few_scans, done, bonescan, tmp_path):
    out, _ = done
    charts = {r["chart_number"] for r in table(out / "identities.csv")} - {""}
    assert all(r["patient_id"].startswith("P-") for r in table(out / "results.csv"))
    shutil.copytree(out, tmp_path / "o")
    bonescan("run", few_scans, "-o", tmp_path / "o", "--identity", "chart")
    assert {r["patient_id"] for r in table(tmp_path / "o" / "results.csv")} <= charts
    names = {p.stem for p in (tmp_path / "o" / "patients").glob("*.html")}
    assert all(name.startswith("P-") for name in names), "pages keep their safe names"


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["{tmp}/nowhere", "-o", "{tmp}/o"], 2, "BS-E302 there is no file or folder"),
        (["{tmp}/empty", "-o", "{tmp}/o"], 4, "BS-E303 found no file in"),
        (["{scans}", "-o", "{tmp}/file/o"], 5, "BS-E501 o: the folder can't be made"),
        (["{scans}", "-o", "{tmp}/o", "--report", "odd"], 2, "found --report odd, wanted none or"),
        (["{scans}", "-o", "{tmp}/o", "--model", "{tmp}/file"], 4, "file"),
        (["{scans}", "-o", "{tmp}/o", "--config", "{tmp}/file"], 2, "BS-E301"),
        (["{scans}", "-o", "{tmp}/o", "--subjects", "{tmp}/nothing.csv"], 2, "nothing.csv"),
        (["{scans}", "-o", "{tmp}/o", "--norms", "{tmp}/nothing"], 2, "nothing"),
    ],
    ids=["missing", "empty", "unwritable", "option", "model", "config", "subjects", "norms"],
)
def test_bad_input_is_one_sentence_and_the_right_exit_code(
    words, exit_code, sentence, few_scans, bonescan, tmp_path
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("neither a model nor = [settings")
    filled = [w.format(tmp=tmp_path, scans=few_scans) for w in words]
    answer = bonescan("run", *filled)
    assert answer.exit_code == exit_code, answer.err
    assert sentence in answer.err
    assert len(answer.err.strip().splitlines()) == 1, answer.err


def test_settings_come_from_option_then_environment_then_file(few_scans, done, bonescan, tmp_path):
    out, _ = done
    config = tmp_path / "settings.toml"
    config.write_text('[run]\nlabel-policy = "odd-file"\n')
    line = ("run", few_scans, "-o", out, "--config", config)
    assert "odd-file" in bonescan(*line).err
    environment = {"BONESCAN_RUN_LABEL_POLICY": "odd-env"}
    assert "odd-env" in bonescan(*line, env=environment).err
    assert bonescan(*line, "--label-policy", "device", env=environment).exit_code == 0


def test_only_images_is_nothing_usable_and_says_how_to_export_numbers(
    few_scans, done, bonescan, tmp_path
):
    out, _ = done
    (tmp_path / "in").mkdir()
    images = [r["file"] for r in table(out / "files.csv") if r["outcome"] == "no-numbers"]
    assert images
    for name in images:
        shutil.copy(few_scans / name, tmp_path / "in" / Path(name).name)
    answer = bonescan("run", tmp_path / "in", "-o", tmp_path / "o")
    assert answer.exit_code == 4
    assert "No result:" in answer.out
    assert (tmp_path / "o" / "index.html").exists()
    assert list((tmp_path / "o" / "patients").glob("*.html")), "the pictures have a page"


def test_what_is_no_regular_file_has_an_outcome_too(few_scans, bonescan, tmp_path):
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe.dcm")
    (tmp_path / "in" / "nowhere.dcm").symlink_to(tmp_path / "gone")
    assert bonescan("run", tmp_path / "in", "-o", tmp_path / "o").exit_code == 4
    rows = table(tmp_path / "o" / "files.csv")
    assert [(r["file"], r["outcome"]) for r in rows] == [
        ("nowhere.dcm", "unusable"),
        ("pipe.dcm", "unusable"),
    ]
    assert all(r["code"] and r["hint"] for r in rows)


def test_the_same_bytes_twice_are_one_result_with_two_names(few_scans, done, bonescan, tmp_path):
    out, _ = done
    row = next(r for r in table(out / "files.csv") if r["outcome"] == "reported")
    (tmp_path / "in").mkdir()
    for name in ("a.dcm", "b.dcm"):
        shutil.copy(few_scans / row["file"], tmp_path / "in" / name)
    assert bonescan("run", tmp_path / "in", "-o", tmp_path / "o").exit_code == 0
    first, second = table(tmp_path / "o" / "files.csv")
    assert (first["outcome"], second["outcome"]) == ("reported", "duplicate")
    assert second["code"] == "BS-W284"
    assert second["reason"] == "The same bytes as a.dcm."
    assert int(first["n_results"]) > 0
    assert second["n_results"] == "0"


def test_one_sop_instance_uid_with_other_bytes_is_a_conflict(few_scans, done, bonescan, tmp_path):
    out, _ = done
    row = next(r for r in table(out / "files.csv") if r["outcome"] == "reported")
    (tmp_path / "in").mkdir()
    data = (few_scans / row["file"]).read_bytes()
    (tmp_path / "in" / "a.dcm").write_bytes(data)
    (tmp_path / "in" / "b.dcm").write_bytes(data.replace(b"SIMULATED", b"SIMULATEX"))
    assert bonescan("run", tmp_path / "in", "-o", tmp_path / "o").exit_code == 0
    first, second = table(tmp_path / "o" / "files.csv")
    assert (first["outcome"], second["outcome"]) == ("reported", "conflict")
    assert second["code"] == "BS-E190"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM for a child there")
def test_an_interrupted_run_keeps_what_it_has_and_goes_on(few_scans, done, tmp_path, bonescan):
    whole, _ = done
    (tmp_path / "in").mkdir()
    shutil.copytree(few_scans, tmp_path / "in", dirs_exist_ok=True)
    out = tmp_path / "o"
    line = [sys.executable, "-c", "from bonescan.cli import main; main()", "run"]
    process = subprocess.Popen(
        [*line, str(tmp_path / "in"), "-o", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    deadline = time.monotonic() + 60
    while not (out / "bonescan.db").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    printed, complaint = process.communicate(timeout=60)
    assert process.returncode in {130, 0}, complaint
    if process.returncode == 130:
        assert "Interrupted" in printed
    assert bonescan("run", tmp_path / "in", "-o", out).exit_code == 0
    assert tables(out) == tables(whole)


def test_facts_in_a_folder_below_are_named_and_not_called_nothing_to_do(tmp_path, verb):
    below = tmp_path / "in" / "ward"
    below.mkdir(parents=True)
    (below / "subjects.csv").write_text("patient_id,sex\n0012,F\n", encoding="utf-8")
    words = ("run", tmp_path / "in", "-o", tmp_path / "out", "--report", "none")
    _, out, _ = verb(*words)
    assert "facts not read: ward/subjects.csv; give it with --subjects PATH" in out
    with (tmp_path / "out" / "files.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["outcome"], "--subjects PATH" in row["hint"]) == ("companion", True)
    _, out, _ = verb(*words, "--subjects", below / "subjects.csv")
    assert "facts not read" not in out


def test_what_has_no_bytes_has_no_hash_in_the_table(tmp_path, verb):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "gone.dcm").symlink_to(folder / "nowhere.dcm")
    (folder / "empty.dcm").write_bytes(b"")
    verb("run", folder, "-o", tmp_path / "out", "--report", "none")
    with (tmp_path / "out" / "files.csv").open(encoding="utf-8") as file:
        hashes = {row["file"]: row["sha256"] for row in csv.DictReader(file)}
    assert hashes == {
        "gone.dcm": "",
        "empty.dcm": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
