"""`simulate dxa` and a run over what it wrote."""

from __future__ import annotations

import csv
import json

import h5py
import pytest

from bonescan.cli import main
from bonescan.errors import UsageError
from bonescan.workflows.simulate_dxa import PHANTOM_FILE, simulate_dxa


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_is_made_run_and_right(tmp_path, capsys):
    folder, out = tmp_path / "made", tmp_path / "out"
    with pytest.raises(SystemExit, match="0"):
        main(["simulate", "dxa", "-o", str(folder), "--n", "1", "--seed", "7", "--json"])
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["files"] == [PHANTOM_FILE, "person_0001.h5"]
    with pytest.raises(SystemExit, match="0"):
        main(["run", str(folder), "-o", str(out), "--report", "none"])
    assert [r["outcome"] for r in rows(out / "files.csv")] == ["measured", "measured"]
    results = rows(out / "results.csv")
    assert len(results) == 3 + 9
    for row in results:
        with h5py.File(folder / row["file"]) as file:
            true = file["truth"].attrs[f"{row['site']}_bmd_g_cm2"]
        assert float(row["bmd_g_cm2"]) == pytest.approx(true, rel=0.025), row["site"]
        assert (row["origin"], row["technique"]) == ("measured", "DXA")
        assert (row["t_score"], row["z_score"], row["category"]) in {("", "", ""), ("", "", "none")}
        flags = row["flags"].split(";")
        assert {"simulated_exam", "no_scale_reference"} <= set(flags)


def test_the_same_seed_gives_the_same_counts_and_another_one_others(tmp_path):
    made = [simulate_dxa(tmp_path / name, 0, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4))]
    files = [(one.out / PHANTOM_FILE).read_bytes() for one in made]
    assert files[0] == files[1]
    assert files[0] != files[2]


@pytest.mark.parametrize(("n", "seed"), [(-1, 1), (10_001, 1), (1, -1)])
def test_numbers_out_of_range_are_refused(tmp_path, n, seed):
    with pytest.raises(UsageError, match="BS-E351"):
        simulate_dxa(tmp_path / "new", n, seed)


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("x")
    with pytest.raises(UsageError, match="BS-E350"):
        simulate_dxa(tmp_path, 1, 1)
