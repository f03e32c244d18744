"""The Python entrance: arrays, mappings, pandas and polars give one answer."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bonescan
from bonescan import compare_methods
from bonescan.errors import NothingUsable, UsageError


@pytest.fixture(scope="module")
def columns(set_200: Path) -> dict[str, list[str]]:
    with set_200.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [r[name] for r in rows] for name in rows[0]}


def floats(cells: list[str]) -> list[float]:
    return [float(c) if c else float("nan") for c in cells]


def bias(study: Any, site: str = "ls") -> float:
    return float(study.to_dict()["sites"][site]["bmd"]["bland_altman"]["bias"]["est"])


R_BIAS = -0.0058860103626943  # R 4.2.2, lm on the set


def test_arrays_with_gaps(columns: dict[str, list[str]]) -> None:
    x = np.array(floats(columns["ls_dxa_bmd"]))
    y = np.array(floats(columns["ls_rems_bmd"]))
    study = compare_methods(x, y, bootstrap=0)
    assert bias(study, "pair") == pytest.approx(R_BIAS, rel=1e-9)
    assert study.sites["pair"].quantities["bmd"].n_excluded == 7


def test_pandas_and_polars_and_a_mapping_agree(
    columns: dict[str, list[str]], set_200: Path
) -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    frames = [pandas.read_csv(set_200), polars.read_csv(set_200), columns]
    for frame in frames:
        study = compare_methods(frame, bootstrap=0)
        assert list(study.sites) == ["ls", "fn"]
        assert bias(study) == pytest.approx(R_BIAS, rel=1e-9)
        named = compare_methods("ls_dxa_bmd", "ls_rems_bmd", data=frame, bootstrap=0)
        assert bias(named, "pair") == pytest.approx(R_BIAS, rel=1e-9)


def test_pandas_own_gaps_are_gaps() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": pandas.array([1, 2, None, 4, 6], dtype="Int64"),
                              "y": [1.5, None, 3.0, 4.5, 6.0]})  # fmt: skip
    assert compare_methods("x", "y", data=frame, bootstrap=0).sites["pair"].quantities["bmd"].n == 3


def test_two_columns_in_t_are_t(columns: dict[str, list[str]]) -> None:
    study = compare_methods("ls_dxa_t", "ls_rems_t", data=columns, bootstrap=0)
    site = study.sites["pair"]
    assert set(site.quantities) == {"t"}
    assert site.classes is not None
    assert site.classes.table == ((79, 11, 0), (15, 58, 3), (0, 6, 21))  # R
    arrays = compare_methods(floats(columns["ls_dxa_t"]), floats(columns["ls_rems_t"]),
                             quantity="t", bootstrap=0)  # fmt: skip
    assert arrays.sites["pair"].classes == site.classes


def test_methods_of_a_wide_table_can_be_turned_round(columns: dict[str, list[str]]) -> None:
    study = compare_methods("rems", "dxa", data=columns, bootstrap=0)
    assert bias(study) == pytest.approx(-R_BIAS, rel=1e-9)


def test_more_columns_by_role() -> None:
    study = compare_methods([0.7, 0.8, 0.9, 1.0], [0.71, 0.79, 0.93, 1.02], bootstrap=0,
                            columns={"sex": ["F", "F", "M", "M"]})  # fmt: skip
    assert [s.label for s in study.sites["pair"].strata] == ["F", "M"]


def test_a_study_prints_and_is_json(columns: dict[str, list[str]]) -> None:
    study = compare_methods(columns, bootstrap=200)
    assert "limits of agreement" in str(study)
    json.dumps(study.to_dict(), allow_nan=False)
    with pytest.raises(AttributeError, match="cannot assign"):
        study.source = "elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: compare_methods([1, 2, 3], [1, 2]), UsageError, "BS-E372.*3 values.*2 of test"),
        (lambda: compare_methods([1, 2], [1, 2], columns={"sex": ["F"]}), UsageError, "BS-E372"),
        (lambda: compare_methods([1, "a"], [1, 2]), UsageError, "BS-E371.*row 2.*'a'"),
        (lambda: compare_methods([1, float("inf")], [1, 2]), UsageError, "BS-E371.*inf"),
        (lambda: compare_methods([1, 2], [1, 2], colour="red"), UsageError, "BS-E376.*'colour'"),
        (lambda: compare_methods([1], [1], columns={"height": [1]}), UsageError, "BS-E376.*role"),
        (lambda: compare_methods([1], [1], quantity="hu"), UsageError, "BS-E376.*'hu'"),
        (lambda: compare_methods([1, 2]), UsageError, "BS-E376.*no two columns"),
        (lambda: compare_methods([], []), NothingUsable, "BS-E374"),
        (lambda: compare_methods([None, 1], [1, None]), NothingUsable, "BS-E374.*no pair"),
        (lambda: compare_methods("x", "z", data={"x": [1], "y": [2]}), UsageError, "BS-E370.*'z'"),
        (lambda: compare_methods(data={"x": [1, 2], "y": [2]}), UsageError, "BS-E372.*x 2, y 1"),
    ],
)
def test_what_can_not_be_compared_says_so(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_training_people_are_refused(tmp_path: Path) -> None:
    """A model knows its people by keyed hashes; one of them among the subjects is enough."""
    import dataclasses

    from bonescan.files.model_file import load_model, person_hash, seal, write_model

    draft = load_model(None)
    known = person_hash(draft.person_salt, "0042", "CLINIC")
    model = seal("ours", dataclasses.replace(draft, person_hashes=(known,)))
    path = tmp_path / "ours.h5"
    write_model(path, model)
    roles = {"subject": ["0041", "0042", "0043"], "issuer": ["CLINIC"] * 3}
    with pytest.raises(NothingUsable, match=r"training_overlap: found 1 of 3"):
        compare_methods([1, 2, 3], [1, 2, 4], columns=roles, model=path, bootstrap=0)
    roles["subject"][1] = "0044"
    study = compare_methods([1, 2, 3], [1, 2, 4], columns=roles, model=path, bootstrap=0)
    assert study.sites["pair"].quantities["bmd"].n == 3
    assert study.problems == ()
    del roles["issuer"]  # who "0042" is depends on who gave the number
    said = compare_methods([1, 2, 3], [1, 2, 4], columns=roles, model=path, bootstrap=0).problems
    assert [p.code for p in said] == ["BS-W371"]
    alone = compare_methods([1, 2, 3], [1, 2, 4], model=path, bootstrap=0).problems
    assert "no column of subjects" in alone[0].reason


def test_a_table_is_checked_for_training_people_too(set_200: Path, verb: Any) -> None:
    from bonescan.files.model_file import BUNDLED

    code, out, _ = verb("agree", set_200, "--model", BUNDLED, "--bootstrap", 0)
    assert code == 0
    assert "BS-W371 subjects were looked for by number alone" in out


def test_it_is_one_of_the_public_names() -> None:
    assert "compare_methods" in bonescan.__all__


def test_series_of_two_indexes_are_not_paired_by_position() -> None:
    pandas = pytest.importorskip("pandas")
    x = pandas.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"))
    y = pandas.Series([4.1, 3.1, 2.1, 1.3], index=list("dcba"))
    with pytest.raises(UsageError, match="test with another index than that of reference"):
        compare_methods(x, y, bootstrap=0)
    same = compare_methods(x, y.reindex(x.index), bootstrap=0)
    assert bias(same, "pair") == pytest.approx((0.3 + 0.1 + 0.1 + 0.1) / 4)


def test_shapes_masks_and_lazy_frames() -> None:
    polars = pytest.importorskip("polars")
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.1, 2.2, 3.1, 4.4])
    wanted = bias(compare_methods(x, y, bootstrap=0), "pair")
    column = compare_methods(x[:, None], y[None, :], bootstrap=0)
    lazy = compare_methods("x", "y", data=polars.LazyFrame({"x": x, "y": y}), bootstrap=0)
    assert bias(column, "pair") == bias(lazy, "pair") == wanted
    masked = np.ma.MaskedArray([*y, 99.0], mask=[0, 0, 0, 0, 1])
    study = compare_methods([*x, 5.0], masked, bootstrap=0)
    assert bias(study, "pair") == wanted
    with pytest.raises(UsageError, match=r"shape \(2, 2\), wanted one column"):
        compare_methods(x.reshape(2, 2), y, bootstrap=0)
    with pytest.raises(UsageError, match=r"found 1\.0 as reference, wanted a column"):
        compare_methods(1.0, 2.0, bootstrap=0)
