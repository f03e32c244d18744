"""`run --reference-policy`: the same scans under other references, in tables and on pages."""

from __future__ import annotations

import csv
import json

import pytest

EXAM = "0001008_dxa_report.dcm"  # a woman after menopause: spine 0.883, neck 0.664, hip 0.785


@pytest.fixture(scope="module")
def folder(sample_scans, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    (folder / EXAM).write_bytes((sample_scans / EXAM).read_bytes())
    return folder


def run(bonescan, sample_scans, folder, out, policy):
    done = bonescan(
        "run", folder, "-o", out, "--subjects", sample_scans / "subjects.csv",
        "--reference-policy", policy, "--identity", "chart",
    )  # fmt: skip
    assert done.exit_code == 0
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {r["site"]: r for r in csv.DictReader(file)}
    (page,) = (out / "patients").glob("*.html")
    return rows, page.read_text(encoding="utf-8")


def test_the_japanese_criteria_relabel_what_is_measured(bonescan, sample_scans, folder, tmp_path):
    rows, page = run(bonescan, sample_scans, folder, tmp_path / "out", "iscd")
    assert {rows[s]["category"] for s in ("L1-L4", "femoral-neck-left")} == {"osteopenia"}
    assert "japan" not in page
    rows, page = run(bonescan, sample_scans, folder, tmp_path / "out", "japan")
    # (0.883 - 0.989)/0.112 = -0.95 and (0.664 - 0.790)/0.090 = -1.40, 84 % of YAM
    spine, neck = rows["L1-L4"], rows["femoral-neck-left"]
    assert (spine["reference_id"], spine["t_score"]) == ("japan_hologic_l1l4_f", "-0.95")
    assert (spine["category"], neck["category"]) == ("normal", "osteopenia")
    assert {r["category_rule"] for r in (spine, neck)} == {"japan-2012"}
    assert "japan_criteria" in neck["flags"]
    assert "The Japanese criteria of 2012 apply" in page
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["label"]["reference"] == "japan"
    with (tmp_path / "out" / "patients.csv").open(encoding="utf-8-sig", newline="") as file:
        (person,) = csv.DictReader(file)
    assert (person["category"], person["deciding_site"]) == ("osteopenia", neck["site"])


def test_local_z_without_a_local_table_has_no_z(bonescan, sample_scans, folder, tmp_path):
    rows, _ = run(bonescan, sample_scans, folder, tmp_path / "out", "local-z")
    spine = rows["L1-L4"]
    assert (spine["z_score"], spine["z_reference_id"]) == ("", "")
    assert spine["reference_id"] == "hologic_l1l4_f"
    assert "no_age_reference" in spine["flags"]


def test_an_unknown_policy_is_refused(bonescan, folder, tmp_path):
    done = bonescan("run", folder, "-o", tmp_path / "out", "--reference-policy", "x")
    assert done.exit_code == 2
    assert "wanted iscd or japan or local-z" in done.err
