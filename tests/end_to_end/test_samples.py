"""`bonescan run sample_scans`: every file is held to the manifest that lies beside it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

BONESCAN = str(Path(sys.executable).with_name("bonescan"))
TABLES = ("files.csv", "results.csv", "patients.csv", "data_dictionary.csv")
WHO_WORDS = {"normal", "osteopenia", "osteoporosis"}
Z_WORDS = {"within-expected-range", "below-expected-range"}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [BONESCAN, "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def manifest(sample_scans):
    return {row["file"]: row for row in table(sample_scans / "MANIFEST.csv")}


@pytest.fixture(scope="module")
def results(sample_scans, tmp_path_factory):
    """One run, the chart numbers in its tables."""
    out = tmp_path_factory.mktemp("results") / "out"
    done = run(sample_scans, "-o", out, "--identity", "chart", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return out


def test_every_file_has_the_outcome_that_the_manifest_promises(results, manifest):
    found = {row["file"]: (row["outcome"], row["code"]) for row in table(results / "files.csv")}
    promised = {name: (row["outcome"], row["code"]) for name, row in manifest.items()}
    assert found == promised


def test_files_with_numbers_have_results_and_the_others_none(results, manifest):
    for row in table(results / "files.csv"):
        has_numbers = manifest[row["file"]]["outcome"] in {"measured", "reported"}
        assert (int(row["n_results"]) > 0) is has_numbers, row["file"]
        assert has_numbers or row["hint"], row["file"]


def test_every_class_word_is_there(results):
    words = {row["category"] for row in table(results / "patients.csv")}
    assert words >= WHO_WORDS | Z_WORDS | {"none"}


def test_dxa_gives_each_person_the_class_of_the_latent_bone(results, manifest):
    promised = {r["person"]: r["category"] for r in manifest.values() if r["category"]}
    found = {
        row["patient_id"].rpartition("|")[2]: row["category"]
        for row in table(results / "patients.csv")
        if row["technique"] == "DXA"
    }
    assert len(promised) >= 10
    assert found == promised


def test_dxa_numbers_lie_where_the_latent_bone_is(results, manifest):
    """Hologic-scale readings err by 1.2 %: nothing is further off than 5 %."""
    checked = 0
    for row in table(results / "results.csv"):
        if row["technique"] != "DXA" or row["manufacturer"].upper() != "HOLOGIC":
            continue
        latent = dict(
            part.rsplit(" ", 1) for part in manifest[row["file"]]["latent_bmd_g_cm2"].split("; ")
        )
        if row["site"] in latent:
            assert float(row["bmd_g_cm2"]) == pytest.approx(float(latent[row["site"]]), rel=0.05)
            checked += 1
    assert checked >= 10


def test_ultrasound_numbers_are_estimates_with_an_uncertainty_and_a_warning(results):
    rows = [r for r in table(results / "results.csv") if r["technique"] == "REMS-style"]
    assert len({r["file"] for r in rows}) == 11
    for row in rows:
        assert row["origin"] == "estimated"
        assert float(row["bmd_u_g_cm2"]) > 0.01
        assert "simulated_model" in row["flags"].split(";")


def test_ultrasound_follows_the_latent_bone(results, manifest):
    """Eight necks and two tables of spectra from 0.52 to 0.87 g/cm2, SEE near 0.07: loosely."""
    pairs = [
        (float(manifest[r["file"]]["latent_bmd_g_cm2"].rsplit(" ", 1)[1]), float(r["bmd_g_cm2"]))
        for r in table(results / "results.csv")
        if r["technique"] == "REMS-style" and r["site"].startswith("femoral-neck")
    ]
    assert len(pairs) == 10
    errors = [estimate - latent for latent, estimate in pairs]
    assert sum(e * e for e in errors) / len(errors) < 0.1**2
    assert max(p[1] for p in pairs) - min(p[1] for p in pairs) > 0.2


def test_the_pregnancy_is_three_visits_under_the_z_rule(results):
    rows = [r for r in table(results / "patients.csv") if r["patient_id"].endswith("0001009")]
    assert [r["exam_date"] for r in rows] == ["2024-08-26", "2025-02-13", "2025-09-10"]
    assert {r["category_rule"] for r in rows} == {"z"}
    for row in table(results / "results.csv"):
        if row["patient_id"].endswith("0001009"):
            assert row["p_osteoporosis"] == ""


def test_leading_zeros_of_chart_numbers_are_kept(results):
    assert "0001001" in {
        row["patient_id"].rpartition("|")[2] for row in table(results / "patients.csv")
    }


def test_without_facts_the_woman_of_52_has_no_class(sample_scans, tmp_path):
    nobody = tmp_path / "nobody.csv"
    nobody.write_text("patient_id,issuer,date,fact,value,source\n")
    scan = sample_scans / "0001008_dxa_report.dcm"
    done = run(scan, "-o", tmp_path / "out", "--subjects", nobody, "--report", "none")
    assert done.returncode == 0, done.stderr
    (row,) = table(tmp_path / "out" / "patients.csv")
    assert row["category"] == "none"
    assert "menopause_unknown" in row["flags"].split(";")


def test_a_second_run_skips_everything_and_strict_tells_by_its_exit_code(results, sample_scans):
    before = {name: (results / name).read_bytes() for name in TABLES}
    again = run(sample_scans, "-o", results, "--identity", "chart", "--strict", "--json")
    assert again.returncode == 3
    data = json.loads(again.stdout)["data"]
    assert data["measured_now"] == 0
    assert data["already_done"] == data["inputs"] == 36
    assert {name: (results / name).read_bytes() for name in TABLES} == before


def test_two_workers_write_the_same_bytes(results, sample_scans, tmp_path):
    out = tmp_path / "out"
    done = run(sample_scans, "-o", out, "--identity", "chart", "--workers", 2)
    assert done.returncode == 0, done.stderr
    for name in TABLES:
        assert (out / name).read_bytes() == (results / name).read_bytes(), name


def test_everybody_has_a_page(results):
    pages = {p.stem for p in (results / "patients").glob("*.html")}
    assert (results / "index.html").is_file()
    assert len(pages) == 16
