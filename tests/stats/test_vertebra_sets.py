"""Least significant change of each set of vertebrae, from single ones."""

from __future__ import annotations

import math

import pytest

from bonescan.files.csv_table import read_csv_table
from bonescan.files.vertebra_sets import with_vertebra_sets
from bonescan.workflows.precision_study import precision_of_file

# areas and BMC of a printed 15-row lumbar table (Horizon), and the combinations it prints
SINGLES = {"L1": (13.26, 11.58), "L2": (13.72, 12.94), "L3": (14.81, 13.93), "L4": (13.97, 13.40)}
PRINTED = {
    "L1-L2": 0.909, "L1+L3": 0.909, "L1+L4": 0.917, "L2-L3": 0.942, "L2+L4": 0.951, "L3-L4": 0.950,
    "L1-L3": 0.920, "L1+L2+L4": 0.926, "L1+L3+L4": 0.925, "L2-L4": 0.948, "L1-L4": 0.930,
}  # fmt: skip
HEADER = "patient_id,exam_date,exam_time,site,vertebrae_used,bmd_g_cm2,bmc_g,area_cm2"


def scan(who, time, factor=1.0, singles=SINGLES):
    return [
        f"{who},2024-01-01,{time},{site},{site},{bmc * factor / area:.6f},{bmc * factor:.6f},{area}"
        for site, (area, bmc) in singles.items()
    ]


def table(tmp_path, rows, header=HEADER):
    path = tmp_path / "repeats.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_the_sets_are_those_that_a_device_prints(tmp_path):
    whole = with_vertebra_sets(read_csv_table(table(tmp_path, scan("a", "09:00"))))
    found = {row.cells[3]: float(row.cells[5]) for row in whole.rows if row.cells[3] not in SINGLES}
    assert set(found) == set(PRINTED)
    for site, bmd in PRINTED.items():
        assert found[site] == pytest.approx(bmd, abs=0.001)  # printed sums are of unrounded parts


def test_each_set_has_its_own_lsc(tmp_path):
    rows = []
    for i in range(30):
        rows += scan(f"p{i}", "09:00") + scan(f"p{i}", "09:10", 1.02)
    report = precision_of_file(table(tmp_path, rows), vertebra_sets=True)
    by_site = {g.site: g for g in report.groups}
    assert set(by_site) == set(PRINTED) | set(SINGLES)
    for site, bmd in PRINTED.items():
        # two scans 2 % apart: SD = difference/sqrt 2, the same in everybody
        want = 0.02 * bmd / math.sqrt(2.0)
        assert by_site[site].study.rms_sd.est == pytest.approx(want, rel=2e-3)
        assert by_site[site].study.lsc.est == pytest.approx(2.77 * want, rel=2e-3)
    assert by_site["L1+L3"].vertebrae_used == "L1;L3"


def test_without_the_option_no_set_is_made(tmp_path):
    rows = scan("a", "09:00") + scan("a", "09:10", 1.02)
    sites = {g.site for g in precision_of_file(table(tmp_path, rows)).groups}
    assert sites == set(SINGLES)


def test_a_set_that_the_scan_lists_is_not_made_again(tmp_path):
    rows = [*scan("a", "09:00"), "a,2024-01-01,09:00,L1-L4,L1;L2;L3;L4,0.931,51.85,55.77"]
    whole = with_vertebra_sets(read_csv_table(table(tmp_path, rows)))
    assert [r.cells[5] for r in whole.rows if r.cells[3] == "L1-L4"] == ["0.931"]


@pytest.mark.parametrize("cell", ["", "0", "nan", "-1", "x"])
def test_a_vertebra_without_content_or_area_is_in_no_set(tmp_path, cell):
    rows = scan("a", "09:00")
    rows[2] = rows[2].rsplit(",", 2)[0] + f",{cell},14.81"
    whole = with_vertebra_sets(read_csv_table(table(tmp_path, rows)))
    made = {r.cells[3] for r in whole.rows} - set(SINGLES)
    assert made == {"L1-L2", "L1+L4", "L2+L4", "L1+L2+L4"}


def test_one_vertebra_twice_in_a_scan_makes_no_set(tmp_path):
    rows = scan("a", "09:00") + scan("a", "09:00", 1.02)
    whole = with_vertebra_sets(read_csv_table(table(tmp_path, rows)))
    assert len(whole.rows) == 8


def test_a_table_without_area_is_left_alone(tmp_path):
    path = table(tmp_path, ["a,0.9", "a,0.91"], header="patient_id,bmd_g_cm2")
    assert with_vertebra_sets(read_csv_table(path)) == read_csv_table(path)


def test_the_verb_takes_the_option(tmp_path, verb):
    rows = scan("a", "09:00") + scan("a", "09:10", 1.02)
    code, text, _ = verb("precision", table(tmp_path, rows), "--vertebra-sets")
    assert code == 0
    assert "L1+L2+L4, L1+L2+L4" in text
