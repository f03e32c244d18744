"""LMS arithmetic against published vectors; the shipped curves against their limits."""

from __future__ import annotations

import csv
import gzip
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.errors import UsageError
from bonescan.norms.load import SHIPPED, load_norms
from bonescan.norms.reference import lms_value, lms_z

NORMS = load_norms()
WHITE = NORMS.age["nhanes_2005_2010_nh_white"].curves
ALL = NORMS.age["nhanes_2005_2010_all"].curves


@pytest.mark.parametrize(
    ("x", "power", "z"),
    [  # closed form in high precision, M = 1, S = 0.12
        (0.85, 1, -1.25),
        (0.85, 0, -1.354324412481),
        (0.85, -0.5, -1.410871484888),
        (0.85, 1e-4, -1.354313407374),
        (1.10, 2, 0.875),
        (1.10, 0, 0.794251498369),
        (0.85, 1e-7, -1.354324412481),  # the power form loses digits here: the limit is used
        (0.85, 1e-9, -1.354324412481),
        (0.85, -1e-9, -1.354324412481),
    ],
)
def test_lms_gives_the_closed_form(x, power, z):
    assert lms_z(x, power, 1.0, 0.12) == pytest.approx(z, abs=2e-10 if power else 1e-11)


@pytest.mark.parametrize(
    ("power", "median", "spread", "printed"),
    [  # lumbar spine, KNHANES 2008-2011: Shin 2014, ESPE abstract P-D-2-2-304, printed -2 SD
        (0.068, 0.577, 0.133, 0.441),
        (0.226, 0.630, 0.135, 0.477),
        (0.380, 0.687, 0.136, 0.515),
        (0.560, 0.643, 0.150, 0.463),
        (0.588, 0.710, 0.144, 0.518),
    ],
)
def test_the_inverse_gives_printed_minus_two_sd(power, median, spread, printed):
    assert lms_value(-2.0, power, median, spread) == pytest.approx(
        printed, abs=6e-4
    )  # inputs have 3 decimals


@given(
    z=st.floats(-3, 3),
    power=st.floats(-1.5, 1.5),
    median=st.floats(0.3, 1.5),
    spread=st.floats(0.05, 0.2),
)
def test_value_and_score_undo_each_other(z, power, median, spread):
    value = lms_value(z, power, median, spread)
    assert lms_z(value, power, median, spread) == pytest.approx(z, abs=1e-6)


def test_a_woman_of_47_gets_the_z_that_was_computed_by_hand():
    power, median, spread = WHITE["L1-L4", "F"].at(47.0)
    assert (power, median, spread) == pytest.approx((0.56112, 1.03962, 0.13001), abs=5e-6)
    assert lms_z(0.794, power, median, spread) == pytest.approx(-1.924, abs=5e-4)


@pytest.mark.parametrize(
    ("site", "sex", "age", "lms"),
    [  # printed table of the fit, white
        ("femoral-neck", "F", 20, (0.205, 0.887, 0.137)),
        ("femoral-neck", "F", 80, (-0.059, 0.636, 0.169)),
        ("total-hip", "F", 50, (0.435, 0.912, 0.142)),
        ("L1-L4", "M", 30, (0.598, 1.037, 0.109)),
        ("femoral-neck", "M", 10, (1.216, 0.692, 0.114)),
    ],
)
def test_the_curves_are_those_of_the_fit(site, sex, age, lms):
    assert WHITE[site, sex].at(float(age)) == pytest.approx(lms, abs=6e-4)


def test_between_two_ages_the_curve_is_a_straight_line():
    curve = ALL["femoral-neck", "F"]
    low, high = curve.at(50.0), curve.at(51.0)
    assert curve.at(50.25) == pytest.approx(
        [a + 0.25 * (b - a) for a, b in zip(low, high, strict=True)]
    )


@pytest.mark.parametrize(
    ("age", "known"), [(7.99, False), (8.0, True), (84.0, True), (84.01, False)]
)
def test_nothing_is_extrapolated(age, known):
    assert (ALL["femoral-neck", "F"].at(age) is not None) is known


@pytest.mark.parametrize(
    ("scale", "site", "sex", "known"),
    [
        ("hologic", "L1-L4", "F", True),
        ("hologic", "L2-L4", "M", True),
        ("hologic", "L1+L3", "F", False),
        ("ge", "L1-L4", "F", False),
        (None, "femoral-neck", "F", False),
        ("hologic", "femoral-neck", None, False),
    ],
)
def test_z_needs_a_curve_of_scale_site_and_sex(scale, site, sex, known):
    found = NORMS.policy_age(scale, site, sex)
    assert (found is not None) is known
    assert found is None or found.id == "nhanes_2005_2010_all", "no ancestry is presumed"


@pytest.mark.parametrize("key", sorted(ALL), ids=str)
def test_every_curve_is_sound(key):
    for curves in (ALL, WHITE):
        curve = curves[key]
        assert curve.ages_years[0] == 8
        assert curve.ages_years[-1] == 84
        assert all(math.isfinite(v) for row in (curve.l_1, curve.m_g_cm2, curve.s_1) for v in row)


HEAD = "ancestry,site,sex,age_years,l,m,s\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("all,L1-L4,F,20,1,1.0,0.1\nall,L1-L4,F,19,1,1.0,0.1\n", "ages of all L1-L4 F that do not"),
        ("all,L1-L4,F,20,1,1.0,0.1\nall,L1-L4,F,20,1,1.0,0.1\n", "do not rise"),
        ("all,L1-L4,F,20,1,1.0,0.1\n", "two or more rising ages"),
        ("all,L1-L4,F,20,1,1.0,0.0\n", "line 2: M or S not above 0"),
        ("all,L1-L4,F,20,1,-1.0,0.1\n", "M or S not above 0"),
        ("all,L1-L4,F,20,1,nan,0.1\n", "M or S not above 0"),
        ("all,spine,F,20,1,1.0,0.1\nall,spine,F,21,1,1,0.1\n", "wanted a site of the grammar"),
        ("all,L1-L4,X,20,1,1.0,0.1\nall,L1-L4,X,21,1,1,0.1\n", "the sex 'X', wanted F or M"),
        ("all,L1-L4,F,20,1,one,0.1\n", "a row that can't be read"),
        ("all,L1-L4,F,20\n", "a row that can't be read"),
        (
            "black,L1-L4,F,20,1,1.0,0.1\nblack,L1-L4,F,21,1,1.0,0.1\n",
            "curves for black, wanted all",
        ),
    ],
)
def test_a_broken_curve_is_refused(tmp_path, rows, words):
    folder = tmp_path / "age"
    folder.mkdir()
    text = (SHIPPED / "age" / "nhanes_2005_2010.toml").read_text(encoding="utf-8")
    text = text.replace('"nhanes_2005_2010.csv"', '"own.csv"').replace('"policy"', '"option"')
    text = text[: text.index("nh_white =")]
    (folder / "own.toml").write_text(text, encoding="utf-8")
    (folder / "own.csv").write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        load_norms(tmp_path)


def test_own_curves_serve_another_maker(tmp_path):
    folder = tmp_path / "age"
    folder.mkdir()
    text = (SHIPPED / "age" / "nhanes_2005_2010.toml").read_text(encoding="utf-8")
    text = text.replace('"nhanes_2005_2010.csv"', '"own.csv"').replace('"hologic"', '"ge"')
    (folder / "own.toml").write_text(text[: text.index("nh_white =")], encoding="utf-8")
    rows = "all,L1-L4,F,20,1,1.2,0.1\nall,L1-L4,F,80,1,1.0,0.1\n"
    (folder / "own.csv").write_text(HEAD + rows, encoding="utf-8")
    assert load_norms(tmp_path).policy_age("ge", "L1-L4", "F").id == "own_all"


@pytest.mark.shared
def test_the_shipped_curves_are_the_derived_ones_cut_to_size(shared_dir):
    names = {"neck": "femoral-neck", "totfem": "total-hip", "l1l4": "L1-L4", "l2": "L2"}
    with gzip.open(shared_dir / "data" / "nhanes" / "lms_2005_2010.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            if row["race_ethnicity"] == "all" and row["site"] in names:
                lms = ALL[names[row["site"]], row["sex"]].at(float(row["age"]))
                assert lms == (float(row["L"]), float(row["M"]), float(row["S"]))
