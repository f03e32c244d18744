"""The result tables: columns of the contract, fixed decimals, safe cells."""

from __future__ import annotations

import csv
import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.files.tables import (
    FILES_COLUMNS,
    PATIENTS_COLUMNS,
    RESULTS_COLUMNS,
    Column,
    safe_text,
    table_text,
    write_atomically,
    write_table,
)

# The column lists are the published contract of the result files.
FILES = "file sha256 bytes format carrier site outcome code reason hint n_results"
RESULTS = """
file sha256 format carrier technique origin patient_id sex age_years exam_date exam_time
accession_number study_uid
manufacturer device_model device_serial software_version operator height_cm weight_kg bmi_kg_m2
menopausal_status
site vertebrae_used bmd_g_cm2 bmd_u_g_cm2 bmc_g area_cm2
t_score t_label z_score z_label reference_id z_reference_id reported_t_score reported_z_score
reported_reference
category reported_category category_rule score_used rounding_decides p_normal p_osteopenia
p_osteoporosis
osteoporosis_score_percent fragility_score spectra_valid spectra_total model_id depth_mm flags
"""
PATIENTS = """
patient_id exam_date technique sex age_years menopausal_status fragility_fracture category severity
deciding_site deciding_score category_rule lsc_set comparable_to change_percent change_verdict
needs_review flags
"""


@pytest.mark.parametrize(
    ("columns", "contract"),
    [(FILES_COLUMNS, FILES), (RESULTS_COLUMNS, RESULTS), (PATIENTS_COLUMNS, PATIENTS)],
    ids=["files", "results", "patients"],
)
def test_columns_are_those_of_the_contract_in_its_order(columns, contract):
    assert [c.name for c in columns] == contract.split()


@pytest.mark.parametrize(
    ("decimals", "value", "text"),
    [
        (3, 0.7771, "0.777"),
        (2, -2.5, "-2.50"),
        (1, -0.04, "0.0"),
        (1, -0.05, "-0.1"),
        (3, 0, "0.000"),
    ],
)
def test_numbers_have_fixed_decimals_and_no_negative_zero(decimals, value, text):
    assert Column(name="x", meaning="", decimals=decimals).cell(value) == text


def test_a_negative_score_stays_a_number_and_a_formula_becomes_text():
    columns = (Column(name="t", meaning="", decimals=1), Column(name="name", meaning=""))
    text = table_text(columns, [{"t": -2.5, "name": "=HYPERLINK(1)"}])
    assert text == "t,name\n-2.5,'=HYPERLINK(1)\n"


@given(st.text())
def test_no_text_cell_begins_like_a_formula_or_breaks_its_line(text):
    cell = safe_text(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\0"))
    rows = list(csv.reader(io.StringIO(table_text((Column(name="x", meaning=""),), [{"x": text}]))))
    assert len(rows) == 2 or not cell  # an empty line reads as no row


def test_unknown_is_an_empty_cell_and_yes_no_are_words():
    column = Column(name="x", meaning="")
    assert [column.cell(v) for v in (None, True, False, 3, ("L1", "L2"))] == [
        "",
        "yes",
        "no",
        "3",
        "L1;L2",
    ]


def test_a_file_that_is_the_same_is_not_written_again(tmp_path):
    path = tmp_path / "results.csv"
    write_atomically(path, b"a\n")
    before = path.stat().st_mtime_ns
    write_atomically(path, b"a\n")
    assert path.stat().st_mtime_ns == before
    assert [p.name for p in tmp_path.iterdir()] == ["results.csv"]


def test_identities_are_for_the_owner_only(tmp_path):
    path = tmp_path / "identities.csv"
    write_atomically(path, b"x\n", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_table_written_row_by_row_has_the_same_bytes_and_is_left_alone_when_it_does(tmp_path):
    columns = (Column(name="x", meaning="text"), Column(name="n", meaning="number", decimals=2))
    rows = [{"x": '=a,\n"b"', "n": -0.001}, {"x": "王"}, {}]
    path = tmp_path / "t.csv"
    write_table(path, columns, iter(rows))
    assert path.read_bytes() == table_text(columns, rows).encode("utf-8")
    os.utime(path, (1, 1))
    write_table(path, columns, iter(rows))
    assert path.stat().st_mtime == 1
    write_table(path, columns, iter(rows[:2]), 0o600)
    assert path.read_bytes() == table_text(columns, rows[:2]).encode("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_of_two_tables_of_one_size_the_new_one_stays(tmp_path):
    columns = (Column(name="x", meaning="text"),)
    write_table(tmp_path / "t.csv", columns, [{"x": "aa"}])
    write_table(tmp_path / "t.csv", columns, [{"x": "ab"}])
    assert (tmp_path / "t.csv").read_text() == "x\nab\n"
