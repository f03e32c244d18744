"""Facts about people from a spreadsheet: what is taken, what is refused, in one sentence each."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bonescan.errors import UsageError, all_codes
from bonescan.files.fact_dates import parse_date
from bonescan.files.fact_names import FACT_NAMES, SEVERAL_A_DAY, FactKind, find_fact
from bonescan.files.fact_values import Refused, parse_value
from bonescan.files.facts_csv import read_facts, read_facts_files

LONG = "patient_id,issuer,date,fact,value,source\n"


@pytest.fixture
def read(tmp_path):
    def call(text: str | bytes, encoding: str = "utf-8"):
        path = tmp_path / "facts.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_facts(path)

    return call


def plain(facts):
    return [(f.patient_id, f.date and f.date.isoformat(), f.fact, f.value) for f in facts]


def test_the_long_form(read):
    facts, problems = read(
        LONG
        + "0012,TPE,1999-05-01,delivery,,chart\n0012,TPE,,sex,female,\n"
        + "00013,,,Birth Date,1960/2/3,\n"
    )
    assert problems == ()
    assert plain(facts) == [
        ("0012", "1999-05-01", "delivery", "yes"),
        ("0012", None, "sex", "F"),
        ("00013", None, "birth_date", "1960-02-03"),
    ]
    assert (facts[0].issuer, facts[0].source, facts[0].line) == ("TPE", "chart", 2)
    assert facts[2].issuer is None


def test_the_wide_form(read):
    facts, problems = read(
        "patient_id;sex;birth_date;date;menopausal_status;menopause;menopause_date;delivery;weaning_date;"
        "weight_kg;weight_kg_date\n"
        "0012;F;1990-01-02;2024-06-01;premenopausal;;;2023-05-04;2023-12-01;55.5;2024-01-01\n"
        "0013;F;1950-01-02;;;natural;2001-03-01;;;60;\n"
    )
    assert problems == ()
    assert plain(facts) == [
        ("0012", None, "sex", "F"),
        ("0012", None, "birth_date", "1990-01-02"),
        ("0012", "2024-06-01", "menopausal_status", "premenopausal"),
        ("0012", "2023-05-04", "delivery", "yes"),
        ("0012", "2023-12-01", "weaning", "yes"),
        ("0012", "2024-01-01", "weight_kg", "55.5"),
        ("0013", None, "sex", "F"),
        ("0013", None, "birth_date", "1950-01-02"),
        ("0013", "2001-03-01", "menopause", "natural"),
        ("0013", None, "weight_kg", "60"),
    ]


def test_traditional_chinese_headers_and_words(read):
    text = "病歷號,性別,出生日期,斷奶\n0012,女,1990-01-02,2023-12-01\n"
    for encoding in ("utf-8", "utf-8-sig", "cp950", "utf-16"):
        facts, problems = read(text, encoding)
        assert problems == ()
        assert [f.value for f in facts] == ["F", "1990-01-02", "yes"]


def test_minguo_years_only_where_the_column_says_so(read):
    text = "patient_id,birth_date_roc,delivery,weaning_minguo\n0012,0760512,112-05-04,112/12/01\n"
    facts, (problem,) = read(text)
    assert plain(facts) == [
        ("0012", None, "birth_date", "1987-05-12"),
        ("0012", "2023-12-01", "weaning", "yes"),
    ]
    assert problem.code == "BS-E325"
    assert problem.reason == (
        "Line 2, column 'delivery': delivery: found '112-05-04', wanted a date as YYYY-MM-DD."
    )


def test_minguo_dates_of_the_long_form(read):
    head = "patient_id,date_roc,fact,value\n"
    facts, problems = read(head + "0012,112/12/01,weaning,\n0012,2023-12-01,delivery,\n")
    assert plain(facts) == [("0012", "2023-12-01", "weaning", "yes")]
    assert [p.code for p in problems] == ["BS-E325"]


@pytest.mark.parametrize(
    ("row", "code", "sentence"),
    [
        (
            "0012,,,shoe size,39,",
            "BS-E323",
            "Line 2, column 'fact': found 'shoe size', wanted a known",
        ),
        ("0012,,,,39,", "BS-E323", "found '', wanted a known fact"),
        ("0012,,,sex,X,", "BS-E324", "Line 2, column 'value': sex: found 'X', wanted F, M."),
        ("0012,,,sex,,", "BS-E324", "sex: found '', wanted F, M"),
        ("0012,,,height_cm,1.62,", "BS-E324", "height_cm: found '1.62', wanted a number from 50"),
        ('0012,,,weight_kg,"63,5",', "BS-E324", "found '63,5', wanted a number"),
        ("0012,,,weight_kg,nan,", "BS-E324", "found 'nan', wanted a number from 10 to 400"),
        ("0012,,,weight_kg,6_3,", "BS-E324", "found '6_3'"),
        ("0012,,,menopausal_status,maybe,", "BS-E324", "found 'maybe', wanted premenopausal,"),
        ("0012,,,birth_date,1960,", "BS-E325", "birth_date: found '1960', wanted a date as YYYY"),
        ("0012,,,birth_date,10.04.1960,", "BS-E325", "found '10.04.1960'"),
        ("0012,,,birth_date,1960-02-30,", "BS-E325", "which is no day of the calendar"),
        ("0012,,,birth_date,0114-04-10,", "BS-E325", "wanted a day between 1880 and 2150"),
        ("0012,,,delivery,,", "BS-E326", "delivery: found no date"),
        ("0012,,,pregnancy,yes,", "BS-E326", "pregnancy: found no date"),
        ("0012,,2024-13-01,delivery,,", "BS-E325", "Line 2, column 'date': delivery: found"),
        ("0012,,2024-01-01,delivery,twins,", "BS-E324", "delivery: found 'twins', wanted nothing"),
        (",,,sex,F,", "BS-E327", "found '', wanted an id as text"),
        ("1.23E+05,,,sex,F,", "BS-E327", "found '1.23E+05', wanted an id as text"),
        ("0012,,,sex,F,x,y", "BS-E328", "Line 2: found 7 cells, wanted 6 as in the header"),
    ],
)
def test_a_refused_row_is_named_and_the_rest_is_kept(read, row, code, sentence):
    facts, (problem,) = read(LONG + row + "\n0099,,,sex,F,\n")
    assert plain(facts) == [("0099", None, "sex", "F")]
    assert problem.code == code
    assert sentence in problem.reason
    assert problem.hint
    assert problem.severity == "error"


def test_a_column_that_is_no_fact_is_named_once(read):
    facts, (problem,) = read("patient_id,sex,shoe\n1,F,39\n2,M,41\n")
    assert len(facts) == 2
    assert problem.reason.startswith("Line 1, column 'shoe': found a column that is no fact")


@pytest.mark.parametrize(
    ("rows", "what", "joined"),
    [
        ("0012,,,birth_date,1960-01-01,\n0012,,,birth_date,1961-01-01,\n", "birth dates",
         "1960-01-01 / 1961-01-01"),
        ("0012,,,sex,F,\n0012,,,sex,M,\n", "sexes", "F / M"),
    ],
)  # fmt: skip
def test_two_identities_under_one_id_are_named_and_neither_is_chosen(read, rows, what, joined):
    facts, (problem,) = read(LONG + rows)
    assert problem.code == "BS-W201"
    assert f"Lines 2 and 3: found 2 {what} under one id" in problem.reason
    assert {f.value for f in facts} == {joined}


@pytest.mark.parametrize("turn", [1, -1])
def test_two_files_with_two_birth_dates_are_named_and_both_kept(tmp_path, turn):
    for name, day in (("a.csv", "1958-01-01"), ("b.csv", "1980-01-01")):
        (tmp_path / name).write_text(LONG + f"0012,,,birth_date,{day},\n0013,,,sex,F,\n")
    facts, (problem,) = read_facts_files([tmp_path / n for n in ("a.csv", "b.csv")][::turn])
    assert [f.value for f in facts] == ["1958-01-01", "F", "1980-01-01", "F"]
    assert problem.code == "BS-W201"
    assert problem.file == f"{tmp_path / 'a.csv'};{tmp_path / 'b.csv'}"
    assert "found 2 birth dates under one id, wanted one" in problem.reason


def test_the_same_id_of_two_issuers_is_two_people(read):
    _, problems = read(LONG + "0012,A,,sex,F,\n0012,B,,sex,M,\n")
    assert problems == ()


def test_example_rows_are_left_out_and_said(read):
    facts, (problem,) = read(LONG + "EXAMPLE-1,,,sex,F,\n0012,,,sex,F,\n")
    assert plain(facts) == [("0012", None, "sex", "F")]
    assert problem.code == "BS-W202"


def test_ids_that_a_spreadsheet_was_made_to_keep(read):
    facts, _ = read(LONG + '"=""00123""",,,sex,F,\n\'0045,,,sex,F,\n')
    assert [f.patient_id for f in facts] == ["00123", "0045"]


def test_a_line_number_counts_lines_of_the_file(read):
    _, (problem,) = read(LONG + '0012,,,disease,"two\nlines",\n\n0012,,,sex,X,\n')
    assert problem.reason.startswith("Line 5, column 'value'")


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"", "BS-E321", "an empty file"),
        (b"\n\n", "BS-E321", "an empty file"),
        (b"PK\x03\x04rest", "BS-E321", "found a workbook, wanted a CSV"),
        (b"\xd0\xcf\x11\xe0rest", "BS-E321", "found a workbook"),
        (b"\xff\x81\x00", "BS-E321", "neither UTF-8 nor CP950"),
        (b'patient_id,sex\n"0012,F\n', "BS-E321", "found a broken row in line"),
        (b"name,sex\nAnn,F\n", "BS-E322", "found the columns name, sex, wanted patient_id"),
    ],
)
def test_a_file_that_is_no_table_of_facts_is_refused(read, content, code, sentence):
    with pytest.raises(UsageError, match=sentence) as refused:
        read(content)
    assert refused.value.code == code


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"nothing\.csv can't be read: No such file"):
        read_facts(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("text", "minguo", "day"),
    [
        ("2025-04-10", False, "2025-04-10"),
        ("2025/4/10", False, "2025-04-10"),
        ("2025.04.10", False, "2025-04-10"),
        ("20250410", False, "2025-04-10"),
        ("2025-04-10 00:00:00", False, "2025-04-10"),
        ("\uff12\uff10\uff12\uff15-04-10", False, "2025-04-10"),
        ("民國114年4月10日", False, "2025-04-10"),
        ("民國 114/04/10", False, "2025-04-10"),
        ("114/04/10", True, "2025-04-10"),
        ("114年04月10日", True, "2025-04-10"),
        ("1140410", True, "2025-04-10"),
        ("0760512", True, "1987-05-12"),
        ("760512", True, "1987-05-12"),
    ],
)  # fmt: skip
def test_dates_that_can_mean_one_day(text, minguo, day):
    assert parse_date(text, minguo=minguo).isoformat() == day


@pytest.mark.parametrize(
    ("text", "minguo"),
    [
        ("114-04-10", False), ("114年04月10日", False), ("1140410", False), ("10/04/2025", False),
        ("2025-04", False), ("2025", False), ("2025410", False), ("2025-0410", False),
        ("2025-04/10", False), ("2025-04-10 13:00", False), ("", False), ("2025-04-10", True),
        ("114/13/01", True), ("民國", False), ("2025-02-29", False), ("1879-12-31", False),
    ],
)  # fmt: skip
def test_dates_that_could_mean_two_are_refused(text, minguo):
    with pytest.raises(Refused, match="wanted"):
        parse_date(text, minguo=minguo)


@given(st.dates(date(1880, 1, 1), date(2100, 1, 1)))
def test_every_date_reads_back(day):
    assert parse_date(day.isoformat(), minguo=False) == day
    assert parse_date(day.strftime("%Y%m%d"), minguo=False) == day
    if day.year >= 1912:
        assert parse_date(f"{day.year - 1911}/{day.month}/{day.day}", minguo=True) == day


@pytest.mark.parametrize("fact", FACT_NAMES.values(), ids=lambda f: f.name)
def test_the_catalogue_is_sound(fact):
    assert find_fact(fact.name) is fact
    assert fact.meaning
    for spelling in (*fact.aliases, *([fact.name_zh] if fact.name_zh else [])):
        assert find_fact(spelling) is fact, f"{spelling} names {find_fact(spelling).name}"
    assert (fact.kind is FactKind.WORD) == bool(fact.words)
    assert (fact.kind is FactKind.NUMBER) == (fact.low is not None and fact.high is not None)
    for written, word in fact.words.items():
        assert parse_value(fact, written.upper()) == word


def test_what_a_person_may_have_several_of_is_known():
    assert set(FACT_NAMES) >= SEVERAL_A_DAY
    assert "same_as" not in SEVERAL_A_DAY, "a wrong crosswalk can be superseded"


def test_codes_of_the_reader_are_registered():
    assert {f"BS-E32{n}" for n in range(9)} | {"BS-W201", "BS-W202", "BS-W203"} <= set(all_codes())


CELL = st.text(max_size=12)


@given(
    rows=st.lists(
        st.tuples(
            CELL,
            CELL,
            st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat) | CELL,
            st.sampled_from(sorted(FACT_NAMES)) | CELL,
            CELL | st.floats(0, 300).map(lambda x: f"{x:.1f}"),
            CELL,
        ),
        max_size=8,
    )
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_whatever_the_cells_hold_every_row_is_a_fact_or_a_problem(rows, tmp_path_factory):
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(LONG.strip().split(","))
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("facts") / "facts.csv"
    path.write_bytes(buffer.getvalue().encode("utf-8", "surrogatepass"))
    try:
        facts, problems = read_facts(path)
    except UsageError:  # the whole is no table
        return
    assert all(f.fact in FACT_NAMES for f in facts)
    assert all(p.code in all_codes() for p in problems)
    refused = [p for p in problems if p.severity == "error"]
    filled = sum(any(c.strip() for c in row) for row in rows)
    examples = any(row[0].strip().upper().lstrip("'=\"").startswith("EXAMPLE") for row in rows)
    if not examples and "\x1c" not in buffer.getvalue():
        assert len(facts) + len(refused) <= filled + buffer.getvalue().count("\r")
