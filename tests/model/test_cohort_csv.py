"""The table of a cohort: every faulty row is named, nothing is guessed."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest

from bonescan.errors import UsageError
from bonescan.files.cohort_cells import RowSubject
from bonescan.files.cohort_csv import CohortRefused, read_cohort

TODAY = date(2026, 6, 1)
GOOD = {
    "exam": "a.h5",
    "patient_id": "0007",
    "issuer": "H",
    "site": "femoral-neck-left",
    "dxa_bmd_g_cm2": "0.701",
    "dxa_device": "Hologic Horizon A",
    "dxa_date": "2026-05-01",
    "fracture": "1",
}


def table(folder: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    """Write rows that differ from a good one in what is given."""
    for name in ("a.h5", "b.h5"):
        (folder / name).write_bytes(name.encode())
    lines = [",".join(GOOD), *(",".join((GOOD | row).values()) for row in rows)]
    path = folder / "cohort.csv"
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950", "utf-16"])
def test_a_row_is_read_as_it_is_written(tmp_path: Path, encoding: str) -> None:
    (row,) = read_cohort(table(tmp_path, {"issuer": "醫院"}, encoding=encoding), TODAY)
    assert (row.line, row.patient_id, row.issuer, row.site) == (
        2, "0007", "醫院", "femoral-neck-left",
    )  # fmt: skip
    assert (row.dxa_bmd_g_cm2, row.dxa_date, row.fracture) == (0.701, date(2026, 5, 1), True)
    assert row.path == tmp_path / "a.h5"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("0", False), ("", None)])
def test_a_fracture_is_yes_no_or_unknown(tmp_path: Path, text: str, value: bool | None) -> None:
    (row,) = read_cohort(table(tmp_path, {"fracture": text}), TODAY)
    assert row.fracture is value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dxa_bmd_g_cm2": ""}, "no dxa_bmd_g_cm2"),
        ({"dxa_bmd_g_cm2": "701"}, "dxa_bmd_g_cm2 701, wanted 0.2 to 2.5"),
        ({"dxa_bmd_g_cm2": "0.199"}, "0.199, wanted 0.2"),
        ({"dxa_bmd_g_cm2": "2.501"}, "2.501, wanted 0.2"),
        ({"dxa_bmd_g_cm2": "nan"}, "nan, wanted 0.2"),
        ({"dxa_bmd_g_cm2": "0;7"}, "'0;7', wanted a number"),
        ({"dxa_date": ""}, "no dxa_date"),
        ({"dxa_date": "2026-02-30"}, "'2026-02-30', wanted a date"),
        ({"dxa_date": "01/05/2026"}, "wanted a date as"),
        ({"dxa_date": "2026-06-02"}, "in the future"),
        ({"dxa_date": "1986-12-31"}, "before there was DXA"),
        ({"site": "femoral-neck"}, "site 'femoral-neck', wanted L1-L4 or"),
        ({"site": "L2-L4"}, "site 'L2-L4'"),
        ({"site": "total-hip-left"}, "site 'total-hip-left'"),
        ({"dxa_device": ""}, "no dxa_device"),
        ({"exam": "gone.h5"}, "no exam file gone.h5"),
        ({"exam": ""}, "no exam"),
        ({"exam": "x" * 5000}, "no exam file"),
        ({"patient_id": ""}, "no patient_id"),
        ({"fracture": "yes"}, "fracture 'yes', wanted 1, 0"),
        ({"fracture": "1,surplus"}, "9 cells under 8 headings"),
    ],
)
def test_a_faulty_row_is_named(tmp_path: Path, change: dict[str, str], words: str) -> None:
    path = table(tmp_path, {"exam": "b.h5"}, change)
    with pytest.raises(CohortRefused, match="row 3: ") as caught:
        read_cohort(path, TODAY)
    assert caught.value.code == "BS-E381"
    assert [f.line for f in caught.value.faults] == [3]
    assert words in caught.value.faults[0].reason


@pytest.mark.parametrize(
    "change",
    [
        {"dxa_bmd_g_cm2": "0.2"},
        {"dxa_bmd_g_cm2": "2.5"},
        {"dxa_date": "2026-06-01"},
        {"dxa_date": "1987-01-01"},
        {"site": "L1-L4"},
        {"site": "femoral-neck-right"},
    ],
)
def test_the_limits_themselves_are_allowed(tmp_path: Path, change: dict[str, str]) -> None:
    assert len(read_cohort(table(tmp_path, change), TODAY)) == 1


def test_every_fault_is_listed_and_the_sentence_names_the_first_ten(tmp_path: Path) -> None:
    path = table(tmp_path, *({"patient_id": "", "dxa_device": ""} for _ in range(6)))
    with pytest.raises(CohortRefused, match=r"row 2: .* and 7 more") as caught:
        read_cohort(path, TODAY)
    assert len(caught.value.faults) == 12 + 5  # each row after the first holds the pair again
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.faults == caught.value.faults


def test_a_pair_that_stands_twice_is_refused_under_any_number(tmp_path: Path) -> None:
    path = table(tmp_path, {}, {"exam": "b.h5"}, {"exam": "./a.h5", "patient_id": "0008"})
    with pytest.raises(
        CohortRefused, match=r"row 4: ./a.h5 femoral-neck-left again \(first in row 2"
    ):
        read_cohort(path, TODAY)
    both_hips = table(tmp_path, {}, {"site": "femoral-neck-right"})
    assert len(read_cohort(both_hips, TODAY)) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exam,patient_id\na.h5,1\n", "no column site"),
        (",".join(GOOD) + "\n", "no row"),
        (",".join([*GOOD, "EXAM"]) + "\na,b\n", "the column exam twice"),
    ],
)
def test_a_table_without_its_columns_or_rows_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words) as caught:
        read_cohort(path, TODAY)
    assert caught.value.code == "BS-E380"


def test_what_a_row_says_of_the_person_is_read(tmp_path: Path) -> None:
    path = table(tmp_path, {})
    said = {
        "sex": "f", "birth_date": "1950-02-01", "age_years": "76", "height_cm": "158.5",
        "weight_kg": "61", "exam_date": "2026-05-02",
    }  # fmt: skip
    header, row = path.read_text().split()[0], path.read_text().split("\n")[1]
    path.write_text(f"{header},{','.join(said)}\n{row},{','.join(said.values())}\n")
    (found,) = read_cohort(path, TODAY)
    assert found.subject == RowSubject(
        sex="F", birth_date=date(1950, 2, 1), age_years=76.0, height_cm=158.5, weight_kg=61.0,
        exam_date=date(2026, 5, 2),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "good", "bad", "words"),
    [
        ("sex", "M", "X", "sex 'X', wanted F or M"),
        ("birth_date", "1900-01-01", "1899-12-31", "birth_date 1899-12-31, before 1900"),
        ("birth_date", "2026-06-01", "2026-06-02", "birth_date 2026-06-02 in the future"),
        ("birth_date", "", "1950", "birth_date '1950', wanted a date"),
        ("exam_date", "2026-06-01", "2026-06-02", "exam_date 2026-06-02 in the future"),
        ("age_years", "18", "17.9", "age_years 17.9, wanted 18 to 110"),
        ("age_years", "110", "111", "age_years 111, wanted"),
        ("height_cm", "100", "1.58", "height_cm 1.58, wanted 100 to 230"),
        ("height_cm", "", "1;58", "height_cm '1;58', wanted a number"),
        ("weight_kg", "250", "251", "weight_kg 251, wanted 25 to 250"),
        ("weight_kg", "25", "nan", "weight_kg nan, wanted"),
    ],
)
def test_what_a_row_says_of_the_person_has_limits(
    tmp_path: Path, name: str, good: str, bad: str, words: str
) -> None:
    path = table(tmp_path, {}, {"exam": "b.h5"})
    header, first, second = path.read_text().split("\n")[:3]
    path.write_text(f"{header},{name}\n{first},{good}\n{second},{bad}\n")
    with pytest.raises(CohortRefused, match="row 3: ") as caught:
        read_cohort(path, TODAY)
    assert [(f.line, words in f.reason) for f in caught.value.faults] == [(3, True)]
