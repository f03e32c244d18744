"""`bonescan score`: one BMD, or a table."""

from __future__ import annotations

import csv
import json

import pytest

import bonescan

WOMAN = (
    "--sex",
    "F",
    "--age",
    "70.2",
    "--menopause",
    "postmenopausal",
    "--manufacturer",
    "HOLOGIC",
)


def test_one_bmd(verb):
    code, out, _ = verb("score", "--bmd", "0.637", "--site", "Total Hip", *WOMAN, "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert data["t_score"] == -2.5
    assert data["category"] == "osteoporosis"
    assert data["reference_id"] == "hologic_th_f"
    assert data["z_reference_id"] == "nhanes_2005_2010_all"
    assert data["rounding_decides"] is False


def test_words_for_people(verb):
    _, out, _ = verb("score", "--bmd", "0.565", "--site", "femoral-neck", *WOMAN)
    assert "T -2.6  (-2.56, hologic_fn_f)" in out
    assert "osteopenia by nhanes3_fn_f" in out
    assert "not a medical device" in out


def test_the_z_rule_prints_no_t(verb):
    _, out, _ = verb(
        "score", "--bmd", "0.794", "--site", "L1-L4", "--sex", "F", "--age", "40.0",
        "--menopause", "premenopausal", "--manufacturer", "hologic",
    )  # fmt: skip
    assert "  T " not in out
    assert "Z -2" in out
    assert "osteopo" not in out


@pytest.mark.parametrize(("age", "flagged"), [("47", True), ("47.0", False)])
def test_an_age_without_a_point_is_whole_years(verb, age, flagged):
    _, out, _ = verb(
        "score", "--bmd", "0.8", "--site", "L1-L4", "--sex", "F", "--age", age, "--json"
    )
    data = json.loads(out)["data"]
    assert ("age_in_whole_years" in data["flags"]) is flagged
    assert data["age_years"] == (47.5 if flagged else 47.0)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--bmd", "0.7"], "found no --bmd with a --site"),
        (["--bmd", "0.7", "--site", "spine"], "found the site 'spine', wanted one as L1-L4"),
        (
            ["--bmd", "700", "--site", "L1-L4"],
            "found a BMD of 700, wanted g/cm2 between 0.1 and 3; it looks like mg/cm2",
        ),
        (["--bmd", "3.001", "--site", "L1-L4"], "found a BMD of 3.001, wanted g/cm2 between 0.1"),
        (["--bmd", "0.099", "--site", "L1-L4"], "found a BMD of 0.099, wanted g/cm2 between 0.1"),
        (
            ["--bmd", "1", "--site", "L1-L4", "--manufacturer", "Acme"],
            "found the manufacturer 'Acme', wanted one of hologic, ge, norland",
        ),
        (
            ["--bmd", "1", "--site", "L1-L4", "--reference-policy", "x"],
            "found the reference policy 'x', wanted iscd, japan, local-z",
        ),
        (["--bmd", "1", "--site", "L1-L4", "--sbmd"], "with one number, wanted a table"),
        (["--bmd", "1", "--site", "L1-L4", "--convert-to", "ge"], "miss one person's BMD by 4 to"),
        (
            ["--bmc", "1", "--area", "1", "--area", "2", "--site", "L1-L4"],
            "found 1 --bmc and 2 --area, wanted as many",
        ),
        (
            ["--bmd", "1", "--bmc", "1", "--area", "1", "--site", "L1-L4"],
            "and no --bmd",
        ),
        (["--bmd", "-1", "--site", "L1-L4"], "found a BMD of -1, wanted"),
        (["--bmd", "nan", "--site", "L1-L4"], "found a BMD of nan, wanted"),
        (["--bmd", "1", "--site", "L1-L4", "--age", "old"], "found the age 'old', wanted years"),
        (["--bmd", "1", "--site", "L1-L4", "--sex", "W"], "found the sex 'W', wanted F, M"),
        (["--bmd", "1", "--site", "L1-L4", "--menopause", "x"], "found the menopausal status 'x'"),
        (["--bmd", "1", "--site", "L1-L4", "--technique", "CT"], "found the technique 'CT'"),
        (["--bmd", "1", "--site", "L1-L4", "--bmd-u", "0"], "found an uncertainty of 0"),
        (["--bmd", "1", "--site", "L1-L4", "--label-policy", "x"], "found the label policy 'x'"),
        (["--bmd", "1", "--site", "L1-L4", "--reference", "x"], "BS-E343 found the reference 'x'"),
    ],
)
def test_what_can_not_be_scored_is_one_sentence_and_exit_2(verb, words, sentence):
    code, _, err = verb("score", *words)
    assert code == 2
    assert sentence in err


TABLE = """name,site,bmd_g_cm2,sex,age_years,menopausal_status,manufacturer,reported_t_score,flags
Ann,L1-L4,0.772,F,70.2,postmenopausal,Hologic,,
Bea,L1-L4,0.794,F,47.0,premenopausal,Hologic,,rounding_decides;own_flag
Cam,femoral-neck,abc,M,66,,Hologic,-2.6,
Dee,spine,0.9,F,70,,Hologic,,
Eve,total-hip,0.9,F,old,postmenopausal,Hologic,,
Fay,femoral-neck,0.7,F,30,never,Hologic,,
"""


@pytest.fixture
def scored(verb, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(TABLE, encoding="utf-8")
    code, printed, _ = verb("score", source, "-o", out, "--json")
    with out.open(encoding="utf-8", newline="") as file:
        rows = {r["name"]: r for r in csv.DictReader(file)}
    return code, json.loads(printed), rows


def test_a_table_keeps_its_rows_and_columns(scored):
    code, document, rows = scored
    assert code == 0
    assert document["data"]["rows"] == 6
    assert document["data"]["scored"] == 5
    assert list(rows) == ["Ann", "Bea", "Cam", "Dee", "Eve", "Fay"]
    assert rows["Ann"]["bmd_g_cm2"] == "0.772"
    assert rows["Ann"]["t_score"] == "-2.50"
    assert rows["Ann"]["category"] == "osteoporosis"
    assert rows["Bea"]["category"] == "within-expected-range"


def test_old_flags_of_ours_go_and_others_stay(scored):
    assert scored[2]["Bea"]["flags"] == "own_flag"


def test_a_bad_cell_is_named_and_its_row_kept(scored):
    _, document, rows = scored
    reasons = [p["reason"] for p in document["problems"]]
    assert (
        "Line 4, column 'bmd_g_cm2': found 'abc', wanted a number with a decimal point." in reasons
    )
    assert any(r.startswith("Line 5: found the site 'spine'") for r in reasons)
    assert any(r.startswith("Line 6, column 'age_years': found the age 'old'") for r in reasons)
    assert any(r.startswith("Line 7, column 'menopausal_status'") for r in reasons)
    for name in ("Cam", "Dee", "Eve", "Fay"):
        assert "cell_not_read" in rows[name]["flags"]
    assert rows["Cam"]["category"] == "osteoporosis", "the printed T still stands"
    assert rows["Dee"]["category"] == ""
    assert rows["Eve"]["category"] == "none"


SCORES = (
    "t_score", "t_label", "z_score", "z_label", "reference_id", "z_reference_id", "category",
    "reported_category", "score_used", "p_normal", "p_osteopenia", "p_osteoporosis",
)  # fmt: skip


@pytest.mark.parametrize(
    ("technique", "flags", "named"),
    [
        ("REMS-style", "simulated_model;not_for_any_use", "not_for_any_use"),
        ("REMS-style", "no_calibration;single_vertebra", "single_vertebra"),
        ("REMS-style", "simulated_model", "simulated_model without simulated_exam"),
        ("REMS-style", "simulated_exam; not_for_any_use", "not_for_any_use"),
        ("DXA", "not_for_any_use", "not_for_any_use"),
        ("DXA", "arithmetic_mismatch", "arithmetic_mismatch"),
        ("DXA", "simulated_exam;carriers_disagree", "carriers_disagree"),
        ("REMS", "entries_differ", "entries_differ"),
        ("DXA", "region_printed_twice", "region_printed_twice"),
        ("", "simulated_model", "simulated_model without simulated_exam"),
        ("REMS-style", "simulated_exam;simulated_model", ""),
        ("REMS-style", "no_calibration", ""),
        ("DXA", "simulated_exam", ""),
    ],
)
def test_what_run_may_not_score_is_not_scored_from_its_table(
    verb, tmp_path, technique, flags, named
):
    # a number of a simulated model on a real exam, and single vertebrae, never get T, Z or class
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "site,bmd_g_cm2,bmd_u_g_cm2,sex,age_years,menopausal_status,technique,reported_t_score,"
        "t_score,category,flags\n"
        f"femoral-neck,0.55,0.03,F,70.2,postmenopausal,{technique},-2.7,-2.69,osteoporosis,{flags}\n"
        "total-hip,0.9,,F,70.2,postmenopausal,DXA,,,,\n",
        encoding="utf-8",
    )
    code, printed, _ = verb("score", source, "-o", out, "--manufacturer", "Hologic", "--json")
    row = next(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    problems = [p for p in json.loads(printed)["problems"] if p["code"] == "BS-W262"]
    assert code == 0
    if named:
        assert {c: row[c] for c in SCORES} == dict.fromkeys(SCORES, "")
        assert problems[0]["reason"].startswith(f"Line 2: found the flag {named},")
        assert row["flags"].replace(" ", "").split(";") == sorted(flags.replace(" ", "").split(";"))
    else:
        assert problems == []
        assert (row["t_score"], row["category"]) == ("-2.69", "osteoporosis")


def test_a_table_of_nothing_but_forbidden_rows_is_refused(verb, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("site,bmd_g_cm2,flags\nfemoral-neck,0.55,not_for_any_use\n")
    code, _, err = verb("score", source, "-o", tmp_path / "out.csv", "--manufacturer", "Hologic")
    assert code == 4
    assert "Line 2: found the flag not_for_any_use" in err


def test_a_refused_cell_is_unknown_and_never_the_default(verb, tmp_path):
    # ISCD: a class needs sex, age and menopausal status; a guess must not supply them
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "name,site,bmd_g_cm2,sex,age_years,menopausal_status\n"
        "sex,L1-L4,0.70,X,61.0,postmenopausal\n"
        "status,L1-L4,0.70,F,52.0,pstmenopausal\n"
        "age,L1-L4,0.70,F,6l.0,postmenopausal\n"
        "empty,L1-L4,0.70,,,\n",
        encoding="utf-8",
    )
    _, printed, _ = verb(
        "score", source, "-o", out, "--sex", "F", "--age", "61.0", "--menopause", "postmenopausal",
        "--manufacturer", "Hologic", "--json",
    )  # fmt: skip
    lines = out.read_text(encoding="utf-8").splitlines()
    rows = {r["name"]: r for r in csv.DictReader(lines)}
    assert {n: r["category"] for n, r in rows.items()} == {
        "sex": "none", "status": "none", "age": "none", "empty": "osteoporosis",
    }  # fmt: skip
    for name, flag in (
        ("sex", "sex_or_age_unknown"),
        ("status", "menopause_unknown"),
        ("age", "sex_or_age_unknown"),
    ):
        assert {flag, "cell_not_read"} <= set(rows[name]["flags"].split(";"))
    reasons = [p["reason"] for p in json.loads(printed)["problems"]]
    assert [r.split(":")[0] for r in reasons] == [
        "Line 2, column 'sex'", "Line 3, column 'menopausal_status'", "Line 4, column 'age_years'",
    ]  # fmt: skip


def test_scoring_a_scored_table_changes_nothing(verb, tmp_path):
    source, out, again = (tmp_path / n for n in ("in.csv", "out.csv", "again.csv"))
    source.write_text("\n".join(TABLE.splitlines()[:3]) + "\n", encoding="utf-8")
    assert verb("score", source, "-o", out)[0] == 0
    assert verb("score", out, "-o", again)[0] == 0
    assert again.read_bytes() == out.read_bytes()


def test_a_reference_in_a_column_or_an_option(verb, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "site,bmd_g_cm2,manufacturer,reference_id\n"
        "femoral-neck,0.565,Hologic,nhanes3_fn_f\n"
        "femoral-neck,0.565,Hologic,\n"
        "femoral-neck,0.565,Hologic,hologic_th_f\n",
        encoding="utf-8",
    )
    _, printed, _ = verb("score", source, "-o", out, "--json")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [r["reference_id"] for r in rows] == ["nhanes3_fn_f", "hologic_fn_f", ""]
    assert "Line 4: found hologic_th_f, which is of total-hip" in printed
    verb("score", source, "-o", out, "--reference", "xue2021_fn_f")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert {r["reference_id"] for r in rows} == {"xue2021_fn_f"}


def test_ours_from_ultrasound_needs_the_scale_of_its_model(verb, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "site,bmd_g_cm2,technique,manufacturer,reference_id\n"
        "femoral-neck,0.6,REMS-style,Ultrasound Maker Hologic,\n"
        "femoral-neck,0.6,REMS-style,,hologic_fn_f\n",
        encoding="utf-8",
    )
    assert verb("score", source, "-o", out)[0] == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [r["reference_id"] for r in rows] == ["", "hologic_fn_f"]


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        ("a,b\n1,2\n", 2, "found the columns a, b, wanted site and bmd_g_cm2"),
        ("site,bmd_mg_cm2\nL1-L4,772\n", 2, "found the columns site, bmd_mg_cm2, wanted site and"),
        ("site,bmd_g_cm2,site\nL1,1,L1\n", 2, "found the column 'site' twice"),
        ("site,bmd_g_cm2\nelbow,1\n", 4, "No row could be scored. Line 2: found the site 'elbow'"),
        ("site,bmd_g_cm2\n", 4, "No row could be scored"),
        ("", 2, "found an empty file"),
        ("PK\x03\x04", 2, "found a workbook, wanted a CSV"),
    ],
)
def test_a_table_that_can_not_be_scored(verb, tmp_path, content, code, sentence):
    source = tmp_path / "in.csv"
    source.write_text(content, encoding="utf-8")
    found, _, err = verb("score", source, "-o", tmp_path / "out.csv")
    assert found == code
    assert sentence in err
    assert not (tmp_path / "out.csv").exists()


def test_a_table_needs_a_place_to_go(verb, tmp_path):
    (tmp_path / "in.csv").write_text("site,bmd_g_cm2,manufacturer\nL1-L4,1.0,ge\n")
    code, _, err = verb("score", tmp_path / "in.csv")
    assert code == 2
    assert "wanted -o OUT.csv" in err
    code, _, err = verb("score", tmp_path / "in.csv", "-o", tmp_path / "no" / "out.csv")
    assert code == 5
    assert "BS-E501" in err


def test_long_rows_lose_nothing(verb, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("site,bmd_g_cm2\nL1-L4,1.0\nL1-L4,1.0,stray\n", encoding="utf-8")
    _, printed, _ = verb("score", source, "-o", out, "--manufacturer", "ge", "--json")
    assert "Line 3: found 3 cells, wanted 2" in printed
    assert "stray" in out.read_text(encoding="utf-8")


def test_the_public_functions():
    found = bonescan.score_bmd(0.772, site="L1-L4", sex="M", age_years=60.0, manufacturer="Hologic")
    assert found.to_dict()["t_score"] == -2.5
    assert found.verdict.category == "osteoporosis"
    word = bonescan.classify_score(site="L1-L4", z_score=-2.0, sex="M", age_years=30.0)
    assert word.verdict.category == "below-expected-range"


POOLED = """name,site,bmd_g_cm2,technique,manufacturer
a,L2-L4,0.829,DXA,GE
b,L2-L4,0.757,DXA,Hologic
c,femoral-neck-left,0.858,,Hologic
d,L1-L4,0.900,DXA,Hologic
e,femoral-neck,0.700,REMS,Echolight
f,femoral-neck,0.700,REMS-style,
"""


def test_a_cohort_may_be_standardised_and_carried_over(verb, tmp_path):
    # 781.2, 816.8 and 951.6 mg/cm2 and 0.726 g/cm2: Hui 1997, Lu 2001, Genant 1994, by hand
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(POOLED, encoding="utf-8")
    code, _, _ = verb(
        "score", source, "-o", out, "--sbmd", "--convert-to", "Hologic", "--manufacturer", "Hologic"
    )
    assert code == 0
    rows = {r["name"]: r for r in csv.DictReader(out.read_text(encoding="utf-8").splitlines())}
    assert {n: (r["sbmd_mg_cm2"], r["sbmd_system"]) for n, r in rows.items()} == {
        "a": ("781.2", "hui-1997"), "b": ("816.8", "hui-1997"), "c": ("951.6", "icsbm-hip"),
        "d": ("", ""), "e": ("", ""), "f": ("", ""),
    }  # fmt: skip
    assert {n: r["converted_bmd_g_cm2"] for n, r in rows.items()} == {
        "a": "0.726", "b": "0.757", "c": "0.858", "d": "0.900", "e": "", "f": "",
    }  # fmt: skip
    assert rows["a"]["converted_scale"] == "hologic"


def test_what_is_pooled_never_reaches_a_score(verb, tmp_path):
    source, plain, pooled = (tmp_path / n for n in ("in.csv", "plain.csv", "pooled.csv"))
    source.write_text(POOLED, encoding="utf-8")
    verb("score", source, "-o", plain)
    verb("score", source, "-o", pooled, "--sbmd", "--convert-to", "ge")
    with_more = list(csv.DictReader(pooled.read_text(encoding="utf-8").splitlines()))
    without = list(csv.DictReader(plain.read_text(encoding="utf-8").splitlines()))
    assert [{k: r[k] for k in without[0]} for r in with_more] == without


def test_an_unknown_maker_to_convert_to_is_refused(verb, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(POOLED, encoding="utf-8")
    for option in ("--convert-to", "--manufacturer"):
        code, _, err = verb("score", source, "-o", tmp_path / "out.csv", option, "Acme")
        assert code == 2
        assert "found the manufacturer 'Acme', wanted one of hologic, ge, norland" in err


def test_added_columns_hold_percents_and_uncertainty(verb, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "site,bmd_g_cm2,bmd_u_g_cm2,sex,age_years,reference_id\n"
        "L1-L4,0.794,0.011,F,47.0,\n"
        "femoral-neck,0.600,0.012,F,60.0,nhanes_2005_2010_fn_f\n"
        "trochanter,0.600,,F,,\n",
        encoding="utf-8",
    )
    verb("score", source, "-o", out, "--manufacturer", "Hologic")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    # 0.794/1.047, 0.794/1.04145, 0.011/0.110; 0.600/0.8784, 0.012/0.1173
    names = ("young_adult_percent", "age_matched_percent", "t_u", "t_u_with_reference")
    assert [rows[0][n] for n in names] == ["75.8", "76.2", "0.100", ""]
    assert [rows[1][n] for n in (names[0], *names[2:])] == ["68.3", "0.102", "0.151"]
    assert [rows[2][n] for n in names] == ["", "", "", ""]


def test_what_can_not_be_bone_and_an_unknown_maker_are_named_and_their_rows_kept(verb, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "name,site,bmd_g_cm2,sex,age_years,manufacturer,reported_t_score\n"
        "mg,L1-L4,772,M,60.0,Hologic,\n"
        "high,L1-L4,3.091,M,60.0,Hologic,-2.6\n"
        "maker,L1-L4,0.772,M,60.0,Acme,-1.2\n"
        "fine,L1-L4,0.772,M,60.0,Hologic,\n",
        encoding="utf-8",
    )
    code, printed, _ = verb("score", source, "-o", out, "--json")
    rows = {r["name"]: r for r in csv.DictReader(out.read_text(encoding="utf-8").splitlines())}
    reasons = [p["reason"] for p in json.loads(printed)["problems"]]
    assert code == 0
    assert reasons[0].startswith("Line 2, column 'bmd_g_cm2': found a BMD of 772, wanted g/cm2")
    assert "looks like mg/cm2" in reasons[0]
    assert reasons[1].startswith("Line 3, column 'bmd_g_cm2': found a BMD of 3.091, wanted g/cm2")
    assert reasons[2].startswith("Line 4, column 'manufacturer': found the manufacturer 'Acme'")
    assert {n: r["t_score"] for n, r in rows.items()} == {
        "mg": "", "high": "", "maker": "", "fine": "-2.50",
    }  # fmt: skip
    assert {n: r["category"] for n, r in rows.items()} == {
        "mg": "none", "high": "osteoporosis", "maker": "osteopenia", "fine": "osteoporosis",
    }  # fmt: skip
    assert all("cell_not_read" in rows[n]["flags"] for n in ("mg", "high", "maker"))


def test_a_spine_from_the_sums_of_its_vertebrae(verb):
    # (10 + 12)/(12.5 + 12.5) = 0.88
    words = ["--bmc", "10", "--bmc", "12", "--area", "12.5", "--area", "12.5", "--site", "L1-L2"]
    _, out, _ = verb("score", *words, "--json")
    assert json.loads(out)["data"]["bmd_g_cm2"] == pytest.approx(0.88)


def test_japan_and_percents_in_words(verb):
    code, out, _ = verb(
        "score", "--bmd", "0.700", "--site", "L2-L4", "--sex", "F", "--age", "66.0", "--menopause",
        "postmenopausal", "--manufacturer", "hologic", "--reference-policy", "japan", "--bmd-u",
        "0.0119",
    )  # fmt: skip
    assert code == 0
    assert "  69.2 % of the young adult mean" in out  # 0.700/1.011
    assert "standard uncertainty of T from BMD: 0.10" in out
    assert "class: osteoporosis by own-T, rule japan-2012" in out


def test_the_z_rule_prints_no_percent_of_young_adults(verb):
    _, out, _ = verb(
        "score", "--bmd", "0.794", "--site", "L1-L4", "--sex", "F", "--age", "40.0",
        "--menopause", "premenopausal", "--manufacturer", "hologic", "--bmd-u", "0.01",
    )  # fmt: skip
    assert "young adult" not in out
    assert "uncertainty of T" not in out
    assert "% of the middle of the same age" in out


@pytest.mark.parametrize(
    ("bmd", "fracture", "iscd", "severity", "japan"),
    [  # L2-L4 by the Japanese criteria, L1-L4 by WHO: 0.750 is -2.70 and 0.750/0.989 = 75.8 %
        ("0.750", "none", "osteoporosis", None, "osteopenia"),
        ("0.750", "other", "osteoporosis", "severe", "osteoporosis"),
        ("0.950", "none", "normal", None, "normal"),
        ("0.950", "other", "normal", None, "normal"),
        ("0.950", "hip-or-vertebral", "normal", None, "osteoporosis"),
    ],
)
def test_a_fracture_makes_severe_and_decides_in_japan(verb, bmd, fracture, iscd, severity, japan):
    words = ["score", "--bmd", bmd, "--site", "L1-L4", "--sex", "F", "--age", "70.0",
             "--menopause", "postmenopausal", "--manufacturer", "hologic", "--fracture", fracture,
             "--json"]  # fmt: skip
    data = json.loads(verb(*words)[1])["data"]
    assert (data["category"], data["severity"]) == (iscd, severity)
    data = json.loads(verb(*words, "--reference-policy", "japan")[1])["data"]
    assert data["category"] == japan


def test_fractures_in_a_column(verb, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "site,bmd_g_cm2,sex,age_years,menopausal_status,manufacturer,fracture\n"
        "L1-L4,0.950,F,70.0,postmenopausal,Hologic,hip-or-vertebral\n"
        "L1-L4,0.950,F,70.0,postmenopausal,Hologic,\n"
        "L1-L4,0.950,F,70.0,postmenopausal,Hologic,often\n",
        encoding="utf-8",
    )
    _, printed, _ = verb("score", source, "-o", out, "--reference-policy", "japan", "--json")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [r["category"] for r in rows] == ["osteoporosis", "normal", "normal"]
    assert "found the fracture 'often', wanted none, other, hip-or-vertebral" in printed
