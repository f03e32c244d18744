"""Tables of device results: the map is data, nothing in the table is guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bonescan.errors import SetAside, UnusableScan, UsageError
from bonescan.files.column_map import read_column_map
from bonescan.files.fact_values_error import Refused
from bonescan.files.table_dates import DATE_PATTERNS, read_table_date
from bonescan.model.vocabulary import OutcomeKind, Technique
from bonescan.pipeline import measure
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings, Settings

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "rems-results.toml"
HEAD = "Chart;Born;Sex;Date;Serial;Operator;Region;BMD;T-score;Z-score;Fragility Score;Reference"
GOOD = (
    HEAD + "\n"
    "0012;02/03/1961;female;05/04/2024;ES-1;AB;Lumbar;0,845;-1,8;-0,3;34,5;NHANES\n"
    "0012;02/03/1961;female;05/04/2024;ES-1;AB;Neck left;0,652;-1,8;;45,2;NHANES\n"
    "0013;07/08/1970;male;06/04/2024;ES-1;AB;Lumbar;1,012;-0,1;0,2;;\n"
)


@pytest.fixture
def example():
    return read_column_map(EXAMPLE)


@pytest.fixture
def measured_table(tmp_path):
    """Measure a table by a map."""

    def _measure(text, columns=None, name="results.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return measure(path, Settings(read=ReadSettings(column_map=columns)))

    return _measure


def test_each_person_and_day_is_an_exam_of_its_own(measured_table, example):
    outcome = measured_table(GOOD, example)
    assert (outcome.kind, outcome.format_name, outcome.carrier) == (
        OutcomeKind.REPORTED, "device-results", "results-table",
    )  # fmt: skip
    first, second = outcome.parts
    assert (first.subject.patient_id, second.subject.patient_id) == ("0012", "0013")
    assert first.exam.exam_date == date(2024, 4, 5)  # the map says day first
    assert (first.subject.sex, first.subject.birth_date) == ("F", date(1961, 3, 2))
    assert (first.device.model, first.device.serial) == ("Model 1", "ES-1")
    lumbar, neck = first.measurements
    assert (lumbar.technique, lumbar.site, lumbar.bmd_g_cm2) == (Technique.REMS, "L1-L4", 0.845)
    assert (lumbar.reported_t_score, lumbar.reported_z_score) == (-1.8, -0.3)
    assert (lumbar.fragility_score, lumbar.reported_reference) == (34.5, "NHANES")
    assert (neck.site, neck.reported_z_score, neck.scale) == ("femoral-neck-left", None, None)
    reading = first.readings[0]
    assert (reading.text, reading.unit, reading.place, reading.proof) == (
        "0,845", "g/cm2", "line 2, column BMD", "text",
    )  # fmt: skip


BAD_ROWS = {
    3: (";02/03/1961;female;05/04/2024;ES-1;AB;Lumbar;0,845;-1,8;;;", "found no Chart"),
    4: ("0014;;;;ES-1;AB;Lumbar;0,845;-1,8;;;", "found no Date"),
    5: ("0014;;;2024-04-05;ES-1;AB;Lumbar;0,845;-1,8;;;", "wanted a date as dd/mm/yyyy"),
    6: ("0014;;;05/13/2024;ES-1;AB;Lumbar;0,845;-1,8;;;", "no day as dd/mm/yyyy"),
    7: ("0014;;other;05/04/2024;ES-1;AB;Lumbar;0,845;;;;", "'other' as sex"),
    8: ("0014;;;05/04/2024;ES-1;AB;Elbow;0,845;;;;", "'Elbow' as site"),
    9: ("0014;;;05/04/2024;ES-1;AB;Lumbar;;;;;", "found no number"),
    10: ("0014;;;05/04/2024;ES-1;AB;Lumbar;0,845", "found 8 cells, wanted 12"),
    11: ("0014;05/05/2024;;05/04/2024;ES-1;AB;Lumbar;0,845;;;;", "before the birth"),
}


def test_bad_rows_are_listed_with_their_lines_and_the_rest_goes_on(measured_table, example):
    good = "0012;02/03/1961;female;05/04/2024;ES-1;AB;Lumbar;0,845;-1,8;-0,3;34,5;NHANES"
    lines = [HEAD, good, *(row for row, _ in BAD_ROWS.values()), good.replace("0012", "0099")]
    outcome = measured_table("\n".join(lines) + "\n", example)
    assert outcome.kind == OutcomeKind.REPORTED
    assert [p.subject.patient_id for p in outcome.parts] == ["0012", "0099"]
    said = {int(p.reason.split()[1].rstrip(":")): p.reason for p in outcome.problems}
    assert set(said) == set(BAD_ROWS)
    for line, (_, words) in BAD_ROWS.items():
        assert words in said[line]
    assert {p.code for p in outcome.problems} == {"BS-W224"}


def test_a_number_in_another_writing_is_left_out_and_listed(measured_table, example):
    row = "0012;;;05/04/2024;ES-1;AB;Lumbar;0.845;-1,8;\u22120,0;;"
    outcome = measured_table(f"{HEAD}\n{row}\n", example)
    (part,) = outcome.parts
    (lumbar,) = part.measurements
    assert (lumbar.bmd_g_cm2, lumbar.reported_t_score) == (None, -1.8)
    assert str(lumbar.reported_z_score) == "0.0"
    (problem,) = outcome.problems
    assert "found '0.845' in BMD, wanted a number with the decimal sign ','" in problem.reason


def test_the_last_row_without_the_end_of_its_line_may_be_cut(measured_table, example):
    outcome = measured_table(GOOD[:-1], example)
    assert [p.subject.patient_id for p in outcome.parts] == ["0012"]
    assert "cut off" in outcome.problems[0].reason


def test_one_site_with_two_values_needs_a_person(measured_table, example):
    row = "0012;;;05/04/2024;ES-1;AB;Lumbar;0,845;-1,8;;;"
    outcome = measured_table(f"{HEAD}\n{row}\n{row.replace('0,845', '0,901')}\n", example)
    assert (outcome.kind, outcome.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W225")
    (part,) = outcome.parts
    (lumbar,) = part.measurements
    assert (lumbar.bmd_g_cm2, lumbar.scores_allowed) == (0.845, False)
    assert {"0,845", "0,901"} <= {r.text for r in part.readings}


def test_content_and_area_that_contradict_the_density_decide_nothing(measured_table, tmp_path):
    # 51.85/55.77 = 0.930
    path = tmp_path / "map.toml"
    path.write_text(
        'technique = "DXA"\n[device]\nmaker = "hologic"\n[columns]\npatient_id = "id"\n'
        'exam_date = "day"\nsite = "site"\nbmd = "bmd"\nbmc = "bmc"\narea = "area"\n'
    )
    columns = read_column_map(path)
    text = "id,day,site,bmd,bmc,area\n01,2024-04-05,L1-L4,{},51.85,55.77\n"
    good, bad = (measured_table(text.format(v), columns) for v in ("0.930", "0.940"))
    (row,) = good.parts[0].measurements
    assert (row.technique, row.scale, row.scores_allowed) == (Technique.DXA, "hologic", True)
    assert bad.kind == OutcomeKind.NEEDS_REVIEW
    assert bad.parts[0].measurements[0].scores_allowed is False
    assert "printed 0.940" in bad.reason


def test_one_row_a_person_with_columns_of_each_site(measured_table, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(
        'technique = "REMS"\ndate_pattern = "minguo"\n[columns]\npatient_id = "病歷號"\n'
        'exam_date = "檢查日"\n[[measures]]\nsite = "L1-L4"\nbmd = "腰椎"\nt = "腰椎T"\n'
        '[[measures]]\nsite = "femoral-neck-left"\nbmd = "左頸"\n',
        encoding="utf-8",
    )
    text = "病歷號,檢查日,腰椎,腰椎T,左頸\n0012,113/04/05,0.845,-1.8,0.652\n0013,2024/04/05,1,1,1\n"
    outcome = measured_table(text, read_column_map(path), encoding="cp950")
    (part,) = outcome.parts
    assert part.exam.exam_date == date(2024, 4, 5)
    assert [(m.site, m.bmd_g_cm2) for m in part.measurements] == [
        ("L1-L4", 0.845), ("femoral-neck-left", 0.652),
    ]  # fmt: skip
    assert "Line 3" in outcome.problems[0].reason  # 2024 is no Minguo year of a living person


TYPED = "patient_id,exam_date,technique,site,bmd_g_cm2,bmd_g_cm2_again,t_score,t_score_again\n"


def test_two_entries_that_agree_prove_each_other(measured_table):
    outcome = measured_table(TYPED + "007,2024-04-05,REMS,L1-L4,0.845,0.8450,-1.8,-1.8\n")
    assert (outcome.kind, outcome.carrier) == (OutcomeKind.REPORTED, "typed-twice")
    (part,) = outcome.parts
    (row,) = part.measurements
    assert (row.bmd_g_cm2, row.reported_t_score, row.scores_allowed) == (0.845, -1.8, True)
    assert {r.proof for r in part.readings} == {"typed-twice"}


@pytest.mark.parametrize("second", ["0.854", ""])
def test_two_entries_that_differ_need_a_person(measured_table, second):
    text = TYPED + f"007,2024-04-05,REMS,L1-L4,0.845,{second},-1.8,-1.8\n"
    outcome = measured_table(text)
    assert (outcome.kind, outcome.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W225")
    assert f"bmd of L1-L4 is 0.845 and {second or 'nothing'}" in outcome.reason
    (row,) = outcome.parts[0].measurements
    assert (row.bmd_g_cm2, row.reported_t_score, row.scores_allowed) == (None, -1.8, False)
    assert "entries_differ" in row.flags
    proofs = {r.text: r.proof for r in outcome.parts[0].readings if r.quantity == "bmd"}
    assert set(proofs.values()) == {""}


def test_a_technique_is_never_inferred(measured_table):
    text = TYPED + "007,2024-04-05,,femoral-neck-left,0.6,0.6,,\n"
    outcome = measured_table(text)
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNUSABLE, "BS-E187")
    assert "wanted REMS or DXA" in outcome.reason


def test_without_its_map_a_table_is_no_scan(tmp_path, example):
    path = tmp_path / "results.csv"
    path.write_text(GOOD)
    with pytest.raises(UnusableScan, match="BS-E104"):
        read_scan(path, ReadSettings())
    path.write_text("patient_id,menopause_date\n1,2020-01-01\n")
    with pytest.raises(SetAside, match="a table about people"):
        read_scan(path, ReadSettings(column_map=example))


def test_a_column_that_stands_twice_is_refused(tmp_path, example):
    path = tmp_path / "results.csv"
    path.write_text(GOOD.replace(";Reference", ";Reference;BMD").replace("NHANES", "NHANES;0,9"))
    with pytest.raises(UnusableScan, match=r"BS-E187 .*the column 'BMD' twice"):
        read_scan(path, ReadSettings(column_map=example))


FULL = """technique = "REMS"
bmd_unit = "mg/cm2"
[columns]
patient_id = "id"
exam_date = "day"
exam_time = "time"
height_cm = "height"
weight_kg = "weight"
depth_mm = "depth"
site = "site"
bmd = "bmd"
"""


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("9:05,165.5,60,62,L1,912", ""),
        ("9:65,165.5,60,62,L1,912", "wanted a time as HH:MM"),
        ("nine,165.5,60,62,L1,912", "wanted a time as HH:MM"),
        ("9:05,16.5,60,62,L1,912", "as height_cm, wanted a number from 30 to 260"),
        ("9:05,165.5,x,62,L1,912", "as weight_kg"),
    ],
)
def test_what_else_a_row_says_is_read_or_refused(measured_table, tmp_path, cells, words):
    path = tmp_path / "map.toml"
    path.write_text(FULL)
    head = "id,day,time,height,weight,depth,site,bmd\n"
    rest = "02,2024-04-06,10:00,170,70,,L2,850\n"
    outcome = measured_table(head + f"01,2024-04-05,{cells}\n" + rest, read_column_map(path))
    first = outcome.parts[0]
    if words:
        assert words in outcome.problems[0].reason
        assert [p.subject.patient_id for p in outcome.parts] == ["02"]
        return
    assert (first.exam.exam_time, first.subject.height_cm) == ("09:05:00", 165.5)
    assert first.measurements[0].bmd_g_cm2 == pytest.approx(0.912)
    assert ("depth", "62", "mm") in [(r.quantity, r.text, r.unit) for r in first.readings]


@pytest.mark.parametrize("value", ["9120", "0.0001"])
def test_a_number_that_can_not_be_true_needs_a_person(measured_table, value):
    outcome = measured_table(TYPED + f"007,2024-04-05,REMS,L1-L4,{value},{value},-1.8,-1.8\n")
    assert outcome.kind == OutcomeKind.NEEDS_REVIEW
    assert "can't be true" in outcome.reason
    assert outcome.parts[0].measurements[0].bmd_g_cm2 is None


def test_a_table_that_is_no_text_is_refused_with_a_code(measured_table):
    outcome = measured_table(TYPED + "007,\0,REMS,L1-L4,0.9,0.9,,\n")
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNUSABLE, "BS-E187")


# ------------------------------------------------------------------ the map itself

MINIMAL = (
    'technique = "REMS"\n[columns]\npatient_id = "a"\nexam_date = "b"\nsite = "c"\nbmd = "d"\n'
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('technique = "REMS"\n', ""), "found no technique"),
        (('"REMS"', '"QUS"'), "found technique = 'QUS'"),
        (('site = "c"\n', ""), r"either a column for site or \[\[measures\]\]"),
        (('bmd = "d"\n', ""), "found no column of numbers"),
        (('patient_id = "a"\n', ""), "found no column for patient_id"),
        (('bmd = "d"', 'bmx = "d"'), "found 'bmx' in columns"),
        (('bmd = "d"', "bmd = 4"), "found columns.bmd = 4"),
        (("[columns]", 'colour = "x"\n[columns]'), "found 'colour' in the map"),
        (("[columns]", 'decimal = "."\n[again]\nt = "e"\n[columns]'), "second entry for t"),
        (("[columns]", '[sites]\nX = "hip"\n[columns]'), "wanted a site as L1-L4"),
        (("[columns]", 'date_pattern = "m/d/y"\n[columns]'), "found date_pattern"),
        (('"REMS"', '"REMS'), "can't be read"),
        (("[columns]", "measures = 3\n[columns]"), "wanted .*measures"),
        (("[columns]", "sites = 3\n[columns]"), "found sites = 3"),
        (("[columns]", "device = 3\n[columns]"), "found device = 3"),
        (('site = "c"\nbmd = "d"', '[[measures]]\nsite = "hip"\nbmd = "d"'), "found site = 'hip'"),
        (('site = "c"', '[[measures]]\nsite = "L1"\nbmd = "e"\n[columns.x]'), "columns"),
    ],
)
def test_a_map_that_can_not_be_meant_is_refused(tmp_path, change, words):
    path = tmp_path / "map.toml"
    path.write_text(MINIMAL)
    assert read_column_map(path).technique == "REMS"
    path.write_text(MINIMAL.replace(*change))
    with pytest.raises(UsageError, match=words):
        read_column_map(path)


def test_a_map_is_a_small_file_that_is_there(tmp_path):
    with pytest.raises(UsageError, match="BS-E301"):
        read_column_map(tmp_path / "none.toml")
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * (2**16 + 1))
    with pytest.raises(UsageError, match="more than 65536 bytes"):
        read_column_map(path)


def test_numbers_beside_measures_are_refused(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(
        MINIMAL.replace('site = "c"\n', "") + '[[measures]]\nsite = "L1-L4"\nbmd = "e"\n'
    )
    with pytest.raises(UsageError, match="found a column for bmd beside"):
        read_column_map(path)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-mm-dd", "2024-04-05"), ("yyyy/mm/dd", "2024/4/5"), ("yyyy.mm.dd", "2024.04.05"),
        ("dd.mm.yyyy", "05.04.2024"), ("dd/mm/yyyy", "5/4/2024"), ("dd-mm-yyyy", "05-04-2024"),
        ("mm/dd/yyyy", "04/05/2024"), ("mm-dd-yyyy", "04-05-2024"), ("yyyymmdd", "20240405"),
        ("minguo", "113/04/05"),
    ],
)  # fmt: skip
def test_every_pattern_reads_its_own_writing(pattern, text):
    assert read_table_date(text, pattern) == date(2024, 4, 5)
    assert pattern in DATE_PATTERNS


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("dd/mm/yyyy", "05.04.2024"), ("dd/mm/yyyy", "05/04/24"), ("yyyymmdd", "2024-04-05"),
        ("yyyy-mm-dd", "2024-02-30"), ("yyyy-mm-dd", "1700-01-01"), ("yyyy-mm-dd", "113-04-05"),
        ("minguo", "2024/04/05"),
    ],
)  # fmt: skip
def test_a_date_written_otherwise_is_refused(pattern, text):
    with pytest.raises(Refused, match="found"):
        read_table_date(text, pattern)


def _row(site, t="-1,8", sex="female", born="02/03/1961"):
    return f"0012;{born};{sex};05/04/2024;ES-1;AB;{site};0,845;{t};-0,3;34,5;NHANES\n"


@pytest.mark.parametrize(
    ("other", "words"),
    [({"sex": "male"}, "two sexes"), ({"born": "02/03/1962"}, "two birth dates")],
)
def test_two_people_under_one_number_are_a_conflict(measured_table, example, other, words):
    outcome = measured_table(f"{HEAD}\n" + _row("Lumbar") + _row("Neck left", **other), example)
    (part,) = outcome.parts
    assert part.kind == OutcomeKind.NEEDS_REVIEW
    assert words in part.reason
    assert None in (part.subject.sex, part.subject.birth_date)
    assert all("identity_conflict" in m.flags for m in part.measurements)
    assert not any(m.scores_allowed for m in part.measurements)


@pytest.mark.parametrize(("text", "taken"), [("-1,8", -1.8), ("-11", None), ("0", None)])
def test_a_score_without_its_decimal_is_left_out(measured_table, example, text, taken):
    outcome = measured_table(f"{HEAD}\n" + _row("Lumbar", text), example)
    (lumbar,) = outcome.parts[0].measurements
    assert (lumbar.bmd_g_cm2, lumbar.reported_t_score) == (0.845, taken)
    assert (outcome.kind == OutcomeKind.REPORTED) is (taken is not None)


def test_the_total_of_four_vertebrae_is_computed(measured_table, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(
        'technique = "DXA"\ndate_pattern = "yyyy-mm-dd"\n[columns]\npatient_id = "id"\n'
        'exam_date = "day"\nsite = "site"\nbmd = "bmd"\nbmc = "bmc"\narea = "area"\n'
    )
    rows = [("L1", "0.873", "11.58", "13.26"), ("L2", "0.943", "12.94", "13.72"),
            ("L3", "0.941", "13.93", "14.81"), ("L4", "0.959", "13.40", "13.97")]  # fmt: skip
    lines = ["id,day,site,bmd,bmc,area", *(",".join(("1", "2024-01-10", *r)) for r in rows)]
    outcome = measured_table("\n".join(lines) + "\n", read_column_map(path))
    total = outcome.parts[0].measurements[-1]
    # the printed Horizon row of these four: 55.77 cm2, 51.85 g, 0.930 g/cm2
    assert total.site == "L1-L4"
    assert (round(total.bmc_g, 2), round(total.bmd_g_cm2, 3)) == (51.85, 0.930)
    assert total.area_cm2 == pytest.approx(55.77, abs=0.015)
    assert "computed_from_vertebrae" in total.flags
