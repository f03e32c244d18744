"""Exports read back by other programs: the same cells as in the CSV."""

from __future__ import annotations

import csv
import json
import math
import sys

import openpyxl
import pandas
import pyarrow.parquet
import pytest

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.export_xlsx import write_xlsx
from bonescan.files.result_tables import CellKind, result_tables
from bonescan.files.tables import table_text
from bonescan.settings import Settings
from bonescan.workflows.export import export_tables
from bonescan.workflows.run_folder import run_folder

HOSTILE = ["=1+1", "+1+cmd", "-1+cmd", "@SUM(A1)", "\tx", '=HYPERLINK("http://x","y")']


@pytest.fixture(scope="module")
def results(tmp_path_factory, sample_scans):
    """Results of the reports among the samples, with a hostile operator planted in one."""
    import pydicom

    folder = tmp_path_factory.mktemp("export")
    scans = sorted(sample_scans.glob("*_dxa_report.dcm"))[:6]
    (folder / "in").mkdir()
    for number, path in enumerate(scans):
        scan = pydicom.dcmread(path)
        if number == 0:
            scan.OperatorsName = "=cmd^x"
            scan.AccessionNumber = "00123"
        scan.save_as(folder / "in" / path.name)
    run_folder([folder / "in"], folder / "out", Settings(report="none"))
    return folder / "out"


def cells(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def same(cell: str, value, kind: CellKind) -> bool:
    """Whether what a program read is what the CSV says."""
    if cell == "":
        return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
    if kind in {CellKind.NUMBER, CellKind.WHOLE}:
        return isinstance(value, int | float) and float(cell) == value
    if kind is CellKind.YES_NO and isinstance(value, bool):
        return value is (cell == "yes")
    return str(value) == cell


def test_the_results_hold_what_the_tests_below_need(results):
    rows = cells(results / "results.csv")
    assert len(rows) > 10
    assert any(float(r["t_score"]) < 0 for r in rows if r["t_score"])
    assert {"'=cmd^x"} <= {r["operator"] for r in rows}
    assert {"00123"} <= {r["accession_number"] for r in rows}


def test_parquet_read_by_pandas_and_pyarrow_equals_the_csv(results, tmp_path):
    done = export_tables(results, "parquet", tmp_path)
    assert {"results", "patients", "files"} <= set(done.tables)
    for table in result_tables(results):
        path = tmp_path / f"{table.name}.parquet"
        frame = pandas.read_parquet(path)
        expected = cells(table.path)
        assert list(frame.columns) == [c.name for c in table.columns]
        arrow = pyarrow.parquet.read_table(path)
        for column in table.columns:
            for row, value in zip(expected, arrow.column(column.name).to_pylist(), strict=True):
                assert same(row[column.name], value, column.kind), (column, row[column.name], value)


def test_parquet_carries_the_data_dictionary(results, tmp_path):
    export_tables(results, "parquet", tmp_path)
    schema = pyarrow.parquet.read_schema(tmp_path / "results.parquet")
    assert schema.field("bmd_g_cm2").metadata == {
        b"unit": b"g/cm2",
        b"meaning": b"bone mineral density",
    }
    entries = json.loads(schema.metadata[b"data_dictionary"])
    known = {
        r["name"]: r for r in cells(results / "data_dictionary.csv") if r["table"] == "results.csv"
    }
    assert [e["name"] for e in entries] == list(known)
    assert all(e["meaning"] == known[e["name"]]["meaning"] for e in entries)
    assert schema.metadata[b"note"] == b"Research software, not a medical device."


def test_a_workbook_read_by_openpyxl_equals_the_csv(results, tmp_path):
    export_tables(results, "xlsx", tmp_path)
    book = openpyxl.load_workbook(tmp_path / "bonescan.xlsx")
    tables = result_tables(results)
    assert book.sheetnames == [*(t.name for t in tables), "data_dictionary"]
    for table in tables:
        rows = list(book[table.name].iter_rows())
        assert [c.value for c in rows[0]] == [c.name for c in table.columns]
        for expected, row in zip(cells(table.path), rows[1:], strict=True):
            for column, cell in zip(table.columns, row, strict=True):
                assert same(expected[column.name], cell.value, column.kind), (column, cell.value)
                assert cell.data_type != "f"
                if column.kind is CellKind.TEXT and cell.value is not None:
                    assert (cell.data_type, cell.number_format) == ("s", "@")


def test_ids_keep_their_zeros_and_scores_their_sign_in_a_workbook(results, tmp_path):
    export_tables(results, "xlsx", tmp_path)
    frame = pandas.read_excel(tmp_path / "bonescan.xlsx", sheet_name="results")
    assert frame["t_score"].min() < 0
    assert frame["bmd_g_cm2"].dtype == float
    assert "00123" in set(frame["accession_number"])


def test_hostile_text_never_becomes_a_formula(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    from bonescan.files.tables import FILES_COLUMNS

    rows = [{"file": text, "n_results": -1} for text in HOSTILE]
    (out / "results.csv").write_text(table_text(FILES_COLUMNS, rows), encoding="utf-8")
    head = "table,name,unit,decimals,meaning\n"
    (out / "data_dictionary.csv").write_text(head + "results.csv,n_results,1,,rows\n")
    write_xlsx(result_tables(out), tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "bonescan.xlsx")["results"]
    for text, row in zip(HOSTILE, list(sheet.iter_rows())[1:], strict=True):
        assert (row[0].data_type, row[0].value) == ("s", f"'{text}")
        assert (row[-1].data_type, row[-1].value) == ("n", -1)


@pytest.mark.parametrize("target", ["csv", "redcap"])
def test_text_files_are_read_by_pandas_as_written(results, tmp_path, target):
    export_tables(results, target, tmp_path)
    for path in tmp_path.glob("*.csv"):
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
        assert frame.to_dict("records") == cells(path)
    if target == "csv":
        assert (tmp_path / "results.csv").read_bytes() == (results / "results.csv").read_bytes()


@pytest.mark.parametrize("target", ["csv", "parquet", "xlsx", "redcap"])
def test_who_is_who_never_leaves_the_result_folder(results, tmp_path, target):
    charts = {r["chart_number"] for r in cells(results / "identities.csv")}
    assert charts
    export_tables(results, target, tmp_path)
    assert not [p for p in tmp_path.iterdir() if "identit" in p.name or p.name.startswith(".")]
    if target in {"csv", "redcap"}:
        for path in tmp_path.glob("*.csv"):
            for row in cells(path):
                # the file name is the site's own; every other cell is clean
                assert charts.isdisjoint(v for k, v in row.items() if not k.endswith("file"))


# as REDCap writes it into every dictionary that it exports
REDCAP_HEAD = (
    "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"
    '"Choices, Calculations, OR Slider Labels",Field Note,'
    "Text Validation Type OR Show Slider Number,Text Validation Min,Text Validation Max,"
    "Identifier?,Branching Logic (Show field only if...),Required Field?,Custom Alignment,"
    "Question Number (surveys only),Matrix Group Name,Matrix Ranking?,Field Annotation"
)


def test_redcap_rows_are_instances_of_two_instruments(results, tmp_path):
    export_tables(results, "redcap", tmp_path, event="scans_arm_1")
    rows = cells(tmp_path / "redcap_data.csv")
    head = (tmp_path / "redcap_data.csv").read_text().split(",", 4)[:4]
    assert head == [
        "record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance",
    ]  # fmt: skip
    assert {r["redcap_event_name"] for r in rows} == {"scans_arm_1"}
    expected = cells(results / "results.csv")
    found = [r for r in rows if r["redcap_repeat_instrument"] == "result"]
    assert [r["record_id"] for r in found] == [r["patient_id"] for r in expected]
    for row, want in zip(found, expected, strict=True):
        for name in ("bmd_g_cm2", "t_score", "exam_date", "operator", "flags"):
            assert row[f"result_{name}"] == want[name]
        assert (
            row["result_rounding_decides"]
            == {"yes": "1", "no": "0", "": ""}[want["rounding_decides"]]
        )
        assert row["result_complete"] == "1"
        assert row["verdict_category"] == row["verdict_complete"] == ""
    keys = [
        (r["record_id"], r["redcap_repeat_instrument"], r["redcap_repeat_instance"]) for r in rows
    ]
    assert len(set(keys)) == len(keys)
    for record, form in {(k[0], k[1]) for k in keys}:
        numbers = [int(k[2]) for k in keys if k[:2] == (record, form)]
        assert numbers == list(range(1, len(numbers) + 1))
    assert len(rows) == len(expected) + len(cells(results / "patients.csv"))


def test_the_redcap_dictionary_describes_every_column(results, tmp_path):
    export_tables(results, "redcap", tmp_path)
    text = (tmp_path / "redcap_data_dictionary.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == REDCAP_HEAD
    fields = {r["Variable / Field Name"]: r for r in cells(tmp_path / "redcap_data_dictionary.csv")}
    data = cells(tmp_path / "redcap_data.csv")
    system = {"redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"}
    forms = {"result_complete", "verdict_complete"}
    assert set(data[0]) == set(fields) | system | forms
    assert next(iter(fields)) == "record_id"
    assert all(len(name) <= 100 and name.islower() for name in fields)
    kind = "Text Validation Type OR Show Slider Number"
    assert fields["result_bmd_g_cm2"][kind] == "number"
    assert fields["result_exam_date"][kind] == "date_ymd"
    assert fields["result_spectra_total"][kind] == "integer"
    assert fields["result_rounding_decides"]["Field Type"] == "yesno"


@pytest.mark.parametrize(
    ("target", "module", "extra"),
    [("parquet", "pyarrow", "parquet"), ("xlsx", "openpyxl", "xlsx")],
)
def test_a_missing_extra_says_how_to_install_it(
    results, tmp_path, monkeypatch, verb, target, module, extra
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EnvironmentFault, match=rf"BS-E505 .*pip install 'bonescan\[{extra}\]'"):
        export_tables(results, target, tmp_path)
    code, _, err = verb("export", results, "--to", target, "-o", tmp_path)
    assert (code, "BS-E505" in err) == (5, True)


@pytest.mark.parametrize(("name", "limit"), [("MAX_ROWS", 3), ("MAX_CHARACTERS", 5)])
def test_what_a_sheet_does_not_hold_is_refused(results, tmp_path, monkeypatch, name, limit):
    monkeypatch.setattr(f"bonescan.files.export_xlsx.{name}", limit)
    with pytest.raises(UsageError, match=r"BS-E436 found .* holds"):
        export_tables(results, "xlsx", tmp_path)
    assert not (tmp_path / "bonescan.xlsx").exists()


def test_what_can_not_be_exported_says_so(results, tmp_path, verb):
    with pytest.raises(UsageError, match=r"BS-E305 found no results\.csv"):
        export_tables(tmp_path, "csv", tmp_path / "x")
    with pytest.raises(UsageError, match=r"BS-E305 .*source and target"):
        export_tables(results, "csv", results)
    with pytest.raises(UsageError, match="BS-E304 found --to sas"):
        export_tables(results, "sas", tmp_path / "x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(EnvironmentFault, match="BS-E501 file: the export can't be written"):
        export_tables(results, "csv", tmp_path / "file")
    code, printed, _ = verb("export", results, "--to", "csv", "-o", tmp_path / "y", "--json")
    data = json.loads(printed)["data"]
    assert (code, data["to"], "results" in data["tables"]) == (0, "csv", True)


def test_numbers_as_printed_and_counts_have_their_types(results):
    kinds = {f"{t.name}.{c.name}": c.kind for t in result_tables(results) for c in t.columns}
    assert kinds["readings.value"] is CellKind.NUMBER
    assert kinds["readings.text"] is CellKind.TEXT
    assert kinds["results.accession_number"] is CellKind.TEXT
    assert kinds["results.patient_id"] is CellKind.TEXT
    assert kinds["files.bytes"] is CellKind.WHOLE
    assert kinds["attrition.classified"] is CellKind.NUMBER
    assert kinds["results.reported_t_score"] is CellKind.NUMBER


def test_fields_that_point_at_a_person_are_marked_for_redcap(results, tmp_path):
    export_tables(results, "redcap", tmp_path)
    fields = cells(tmp_path / "redcap_data_dictionary.csv")
    marked = {f["Variable / Field Name"] for f in fields if f["Identifier?"] == "y"}
    assert {f["Identifier?"] for f in fields} == {"", "y"}
    assert marked >= {
        "result_file", "result_accession_number", "result_study_uid", "result_operator",
        "result_exam_date", "result_exam_time", "result_device_serial", "verdict_exam_date",
    }  # fmt: skip
    assert marked.isdisjoint({"record_id", "result_bmd_g_cm2", "result_sex", "verdict_category"})
