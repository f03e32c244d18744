"""Words of `run` about ultrasound exams reach the estimate, and the index shows the whole spine."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import h5py
import pytest

SPINE = "sample_scans"


@pytest.fixture(scope="module")
def lumbar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lumbar exam of the samples, alone in a folder."""
    folder = tmp_path_factory.mktemp("lumbar")
    (found,) = Path(__file__).parents[2].joinpath(SPINE).rglob("0001010_rf_lumbar.h5")
    folder.joinpath("exam.h5").write_bytes(found.read_bytes())
    return folder


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["site"]: row for row in csv.DictReader(file)}


def test_covariates_move_the_estimate_only_when_asked_for(lumbar, tmp_path, verb) -> None:
    assert verb("run", lumbar, "-o", tmp_path / "plain")[0] == 0
    words = ("--covariates", "offset", "--report", "none")
    assert verb("run", lumbar, "-o", tmp_path / "offset", *words)[0] == 0
    plain, offset = rows(tmp_path / "plain")["L1-L4"], rows(tmp_path / "offset")["L1-L4"]
    assert plain["bmd_g_cm2"] != offset["bmd_g_cm2"]
    assert "covariates_used" in offset["flags"]
    assert "covariates_used" not in plain["flags"]


@pytest.mark.parametrize(("option", "word"), [("--covariates", "always"), ("--site", "hip bone")])
def test_words_that_mean_nothing_are_refused(lumbar, tmp_path, verb, option, word) -> None:
    code, out, err = verb("run", lumbar, "-o", tmp_path / "out", option, word)
    assert code == 2
    assert word in out + err


def test_the_index_of_a_watermarked_run_shows_the_whole_spine(lumbar, tmp_path, verb) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "exam.h5").write_bytes((lumbar / "exam.h5").read_bytes())
    with h5py.File(real / "exam.h5", "r+") as file:
        file.attrs["simulated"] = False
    out = tmp_path / "out"
    assert verb("run", real, "-o", out, "--allow-simulated-model")[0] == 0
    bmd = float(rows(out)["L1-L4"]["bmd_g_cm2"])
    page = (out / "index.html").read_text(encoding="utf-8")
    table = re.sub(r"<[^>]+>", " ", page[page.index("<tbody") :])
    assert f"{bmd:.3f}" in table
    assert f"{float(rows(out)['L1']['bmd_g_cm2']):.3f}" not in table
