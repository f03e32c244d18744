"""Bad tables end in one sentence with a code, or in a stated result; never in NaN."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Csv = Callable[[str], Path]
Refused = Callable[..., tuple[int, str]]
TWO = ("--reference", "x", "--test", "y")


@pytest.mark.parametrize(
    ("table", "words", "exit_code", "said"),
    [
        ("x,y\n1,2\n2,abc\n3,4", TWO, 2, ["BS-E371", "'y'", "line 3", "'abc'"]),
        ("x,y\n1,2\n2,inf\n3,4", TWO, 2, ["BS-E371", "line 3", "inf"]),
        ("x,y\n1,2\n2,-1e999\n3,4", TWO, 2, ["BS-E371", "-inf"]),
        ("x,y\n1,2\n2,1e300\n3,4", TWO, 2, ["BS-E371", "line 3", "1e+300"]),
        ("x,y\n1,2\n2,=1+1\n3,4", TWO, 2, ["BS-E371", "'=1+1'"]),
        ("x;y\n1;2\n2;0,82\n3;4", TWO, 2, ["BS-E371", "'0,82' with a decimal comma"]),
        ("x,y\n1,2\n2,3,4\n", TWO, 2, ["BS-E371", "line 3", "3 cells"]),
        ("x,y\n1,\n,2\n", TWO, 4, ["BS-E374", "no pair"]),
        ("x,y\n", TWO, 4, ["BS-E374", "no row"]),
        ("dxa_bmd,rems_bnd\n1,2", ("--reference", "dxa_bmd", "--test", "rems_bmd"), 2,
         ["BS-E370", "did you mean 'rems_bnd'"]),
        ("x,y\n1,2", (), 2, ["BS-E370", "no columns named", "x, y"]),
        ("x,y\n1,2", ("--reference", "x"), 2, ["BS-E376", "wanted both"]),
        ("x,y\n1,2", ("--reference", "x", "--test", "x"), 2, ["BS-E376", "'x' as reference"]),
        ("x,x\n1,2", TWO, 2, ["BS-E370", "twice"]),
        ("ls_dxa_bmd,fn_rems_bmd\n1,2", (), 2, ["BS-E370", "methods"]),
        ("ls_dxa_bmd,ls_rems_bmd,ls_qct_bmd\n1,2,3", (), 2, ["BS-E370", "dxa, rems, qct"]),
        ("ls_dxa_bmd,ls_rems_t\n1,2", (), 2, ["BS-E370", "no quantity"]),
        ("x,y,s\n1,2,a\n2,3,a\n3,4,b", (*TWO, "--subject", "s"), 2, ["BS-E373", "'a' more than"]),
        ("x,y,s,r\n1,2,a,1\n2,3,a,1", (*TWO, "--subject", "s", "--replicate", "r"), 2,
         ["BS-E373", "'1' of subject 'a' twice"]),
        ("x,y,q\n1,2,maybe", (*TWO, "--quality", "q"), 2, ["BS-E371", "'maybe'", "pass or fail"]),
        ("x,y,d\n1,2,31.1.2026", (*TWO, "--date", "d"), 2, ["BS-E371", "31.1.2026", "date"]),
    ],
)  # fmt: skip
def test_a_table_that_can_not_be_compared(
    table: str,
    words: tuple[str, ...],
    exit_code: int,
    said: list[str],
    csv_file: Csv,
    refused: Refused,
) -> None:
    code, text = refused(csv_file(table), *words)
    assert code == exit_code
    for part in said:
        assert part in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--loa-ci", "mower"), "did you mean mover"),
        (("--proportion-ci", "wald"), "wilson"),
        (("--deming-ratio", "0"), "above 0"),
        (("--deming-ratio", "nan"), "above 0"),
        (("--deming-ci", "magic"), "jackknife"),
        (("--label-from", "floor"), "rounded"),
        (("--acceptable-difference", "small"), "above 0"),
        (("--acceptable-difference", "-1"), "above 0"),
        (("--acceptable-difference", "bmc=1"), "bmd"),
        (("--bootstrap", "-1"), "0, or 200 to"),
        (("--bootstrap", "1"), "0, or 200 to"),
        (("--bootstrap", "199"), "0, or 200 to"),
        (("--max-gap-days", "-1"), "0 to"),
        (("--seed", "-1"), "0 or more"),
        (("--quantity", "hu"), "bmd, t or z"),
        (("--store", "somewhere"), "one of them"),
    ],
)
def test_an_option_that_can_not_be_taken(
    words: tuple[str, ...], said: str, csv_file: Csv, refused: Refused
) -> None:
    code, text = refused(csv_file("x,y\n1,2\n2,4\n3,5"), *TWO, *words)
    assert code == 2
    assert "BS-E376" in text
    assert said in text


def test_no_source_and_a_store_elsewhere(refused: Refused, tmp_path: Path) -> None:
    assert "neither SOURCE nor --store" in refused()[1]
    assert "sqlite:///PATH" in refused("--store", "postgresql://host/db")[1]
    code, text = refused(tmp_path)
    assert code == 2
    assert "BS-E305" in text
    assert "BS-E320" in refused(tmp_path / "nothing.csv", *TWO)[1]


@pytest.mark.parametrize(("table", "n"), [("x,y\n1,2", 1), ("x,y\n1,2\n2,4", 2)])
def test_fewer_than_three_pairs_give_null_with_a_reason(
    table: str, n: int, csv_file: Csv, verb: Callable[..., tuple[int, str, str]], agree: Any
) -> None:
    path = csv_file(table)
    q = agree(path, *TWO)["sites"]["pair"]["bmd"]
    assert q["n"] == n
    assert "wanted at least 3" in q["reason"]
    assert q["deming"]["slope"]["est"] is None
    assert q["deming"]["slope"]["reason"]
    assert q["pearson"]["est"] is None
    code, out, _ = verb("agree", path, *TWO)
    assert code == 0
    assert "BS-W373" in out
    assert "nan" not in out.lower()


def test_a_constant_column_is_said(
    csv_file: Csv, verb: Callable[..., tuple[int, str, str]], agree: Any
) -> None:
    path = csv_file("x,y\n1,5\n2,5\n3,5\n4,5")
    q = agree(path, *TWO)["sites"]["pair"]["bmd"]
    assert q["bland_altman"]["bias"]["est"] == pytest.approx(2.5)  # mean of 4, 3, 2, 1
    assert q["pearson"]["est"] is None
    assert q["deming"]["slope"]["est"] is None
    _, out, _ = verb("agree", path, *TWO)
    assert "every value of the test is 5" in out


def test_perfect_agreement_has_no_spread_and_no_nan(csv_file: Csv, agree: Any) -> None:
    rows = "\n".join(f"{v},{v},{t},{t}" for v, t in
                     [(0.7, -2.6), (0.8, -1.8), (0.9, -0.9), (1.0, 0.1), (0.65, -3.0)])  # fmt: skip
    path = csv_file(f"ls_dxa_bmd,ls_rems_bmd,ls_dxa_t,ls_rems_t\n{rows}")
    site = agree(path)["sites"]["ls"]
    ba = site["bmd"]["bland_altman"]
    assert ba["bias"]["est"] == ba["sd_diff"] == ba["loa_upper"]["est"] == 0.0
    assert site["bmd"]["lin_ccc"]["est"] == pytest.approx(1.0)
    assert site["bmd"]["deming"]["slope"]["est"] == pytest.approx(1.0)
    assert site["classes"]["kappa"]["est"] == pytest.approx(1.0)
    assert site["auc"]["est"] == 1.0


def test_empty_classes_give_null_not_zero(csv_file: Csv, agree: Any) -> None:
    path = csv_file("ls_dxa_t,ls_rems_t\n0.1,0.2\n0.3,0.1\n-0.2,0.4\n0.6,0.5")
    site = agree(path)["sites"]["ls"]
    assert site["bmd"] is None
    assert site["osteoporosis"]["sensitivity"]["est"] is None  # nobody has osteoporosis
    assert site["auc"]["est"] is None
    assert site["classes"]["kappa"]["est"] is None  # all in one class


def test_missing_words_are_gaps(csv_file: Csv, agree: Any) -> None:
    path = csv_file("x,y\n1,2\nNA,3\n3,\n4,nan\n5,6\n7,8\n null ,1")
    q = agree(path, *TWO)["sites"]["pair"]["bmd"]
    assert (q["n"], q["n_excluded"]) == (3, 4)


def test_formulas_stay_text(csv_file: Csv, verb: Any, tmp_path: Path) -> None:
    path = csv_file("x,y,subject_id\n1,2,=cmd()\n2,4,+b\n3,7,@c\n4,8,d")
    out = tmp_path / "out"
    assert verb("agree", path, *TWO, "-o", out, "--bootstrap", 0)[0] == 0
    cells = (out / "pairs.csv").read_text().splitlines()[1].split(",")
    assert cells[2] == "'=cmd()"
    assert "=cmd()" not in (out / "agreement.html").read_text()


@pytest.mark.parametrize("table", ["x_t,y_t\n-1,-1", "x_t,y_t\n-1,-1\n-2,-2"])
def test_fewer_than_three_pairs_have_no_classes(
    table: str, csv_file: Csv, verb: Callable[..., tuple[int, str, str]], agree: Any
) -> None:
    path, words = csv_file(table), ("--reference", "x_t", "--test", "y_t")
    site = agree(path, *words)["sites"]["pair"]
    assert site["classes"] is None
    assert site["osteoporosis"] is None
    assert "100.0 %" not in verb("agree", path, *words)[1]


def test_three_pairs_have_classes(csv_file: Csv, agree: Any) -> None:
    path = csv_file("x_t,y_t\n-1,-1\n-2,-2.1\n-3,-2.8")
    site = agree(path, "--reference", "x_t", "--test", "y_t")["sites"]["pair"]
    assert site["classes"]["agreement"]["est"] == 1.0


def problems(verb: Callable[..., tuple[int, str, str]], *words: object) -> list[str]:
    code, out, _ = verb("agree", *words, "--json", "--bootstrap", 0)
    assert code == 0
    return [f"{p['code']} {p['reason']}" for p in json.loads(out)["problems"]]


@pytest.mark.parametrize(
    ("factor", "n_outside", "fold"),
    [(1.0, 0, False), (1000.0, 4, True), (4.9, 4, False), (5.1, 4, True), (0.1, 3, True)],
)
def test_another_unit_is_pointed_out(
    factor: float, n_outside: int, fold: bool, csv_file: Csv, verb: Any
) -> None:
    values = (0.7, 0.8, 0.9, 1.1)
    rows = "\n".join(f"{v},{v * factor:.6g}" for v in values)
    said = problems(verb, csv_file(f"ls_dxa_bmd,ls_rems_bmd\n{rows}"))
    units = [text for text in said if text.startswith("BS-W376")]
    assert any(f"{n_outside} of 4 values lie outside" in t for t in units) == bool(n_outside)
    assert any("-fold" in t for t in units) == fold


def test_an_acceptable_difference_of_nothing_there_is_said(csv_file: Csv, verb: Any) -> None:
    path = csv_file("ls_dxa_bmd,ls_rems_bmd\n0.7,0.71\n0.8,0.79\n0.9,0.93")
    said = problems(verb, path, "--acceptable-difference", "bmd=0.1,t=0.5")
    assert [t for t in said if t.startswith("BS-W377")] == [
        "BS-W377 t=0.5: found bmd and no t; nothing was judged."
    ]


def test_a_minus_sign_of_a_word_processor_is_a_minus(csv_file: Csv, agree: Any) -> None:
    path = csv_file("x_t,y_t\n\N{MINUS SIGN}1.5,-1.0\n-2,-2.1\n-3,-2.8")
    q = agree(path, "--reference", "x_t", "--test", "y_t")["sites"]["pair"]["t"]
    assert q["bland_altman"]["bias"]["est"] == pytest.approx((0.5 - 0.1 + 0.2) / 3)


@pytest.mark.parametrize(("lowest", "known"), [(-2.4, False), (-2.5, True), (0.5, False)])
def test_the_bias_at_a_t_that_nobody_has_is_not_given(
    lowest: float, known: bool, csv_file: Csv, agree: Any
) -> None:
    rows = "\n".join(f"{v},{v + 0.1 + 0.02 * i}" for i, v in enumerate((lowest, 0.6, 0.9, 1.4)))
    at = agree(csv_file(f"ls_dxa_t,ls_rems_t\n{rows}"))["sites"]["ls"]["bias_at_t"]
    assert (at["-2.5"]["est"] is not None) == known
    if not known:
        assert f"outside the reference's T of {lowest:.1f} to 1.4" in at["-2.5"]["reason"]
