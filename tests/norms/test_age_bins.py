"""References by groups of age: where they interpolate, where they end, what is refused."""

from __future__ import annotations

import pytest

from bonescan.errors import UsageError
from bonescan.norms.load import SHIPPED, load_norms
from bonescan.norms.reference import AgeBins

# women, lumbar spine, 41-50 and 51-60: 1.056/0.134 and 0.993/0.141 (Front Endocrinol
# 2026;17:1748490, Table 3, column NHANES)
BINS = AgeBins(
    from_years=(41.0, 51.0), to_years=(51.0, 61.0), mean_g_cm2=(1.056, 0.993),
    sd_g_cm2=(0.134, 0.141),
)  # fmt: skip


@pytest.mark.parametrize(
    ("age", "mean", "sd", "between"),
    [
        (41.0, 1.056, 0.134, False),
        (46.0, 1.056, 0.134, False),
        (51.0, 1.0245, 0.1375, True),
        (53.5, 1.00875, 0.13925, True),
        (56.0, 0.993, 0.141, False),
        (60.99, 0.993, 0.141, False),
    ],
)
def test_between_mid_points_a_line_and_outside_them_the_outer_group(age, mean, sd, between):
    power, median, spread = BINS.at(age)
    assert (power, median) == (1.0, pytest.approx(mean))
    assert spread * median == pytest.approx(sd)
    assert BINS.is_between_bins(age) is between


@pytest.mark.parametrize("age", [40.99, 61.0, 90.0])
def test_nothing_outside_the_groups(age):
    assert BINS.at(age) is None


def test_shipped_groups_serve_sets_of_vertebrae_that_have_no_curve():
    bins = load_norms().age["nhanes_2005_2010_bands_all"].curves["L1+L3", "F"]
    assert bins.span_years == (8.0, 80.0)
    assert bins.at(25.0) is not None
    assert load_norms().policy_age("hologic", "L1+L3", "F") is None, "by name only"


HEAD = "ancestry,site,sex,age_from,age_to,mean,sd\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("all,L1-L4,F,30,39,1,0.1\nall,L1-L4,F,20,29,1,0.1\n", "do not rise without a gap"),
        ("all,L1-L4,F,20,29,1,0.1\nall,L1-L4,F,40,49,1,0.1\n", "do not rise without a gap"),
        ("all,L1-L4,F,20,29,1,0.1\nall,L1-L4,F,29,39,1,0.1\n", "do not rise without a gap"),
        ("all,L1-L4,F,20,29,1,0.1\n", "two or more rising groups"),
        ("all,L1-L4,F,20,29,1,0\n", "line 2: mean or SD not above 0"),
        ("all,L1-L4,F,20,29,1,-0.1\n", "mean or SD not above 0"),
        ("all,L1-L4,F,29,20,1,0.1\n", "mean or SD not above 0"),
        ("all,L1-L4,F,20,29,nan,0.1\n", "mean or SD not above 0"),
        ("all,L1-L4,F,20,29,one,0.1\n", "a row that can't be read"),
        ("all,spine,F,20,29,1,0.1\nall,spine,F,30,39,1,0.1\n", "a site of the grammar"),
        ("all,L1-L4,W,20,29,1,0.1\nall,L1-L4,W,30,39,1,0.1\n", "wanted F or M"),
    ],
)
def test_broken_groups_are_refused(tmp_path, rows, words):
    own_bins(tmp_path, rows)
    with pytest.raises(UsageError, match=words):
        load_norms(tmp_path)


@pytest.mark.parametrize("unit", ["mg/cm2", "g/cm3", "T"])
def test_groups_in_another_unit_are_refused(tmp_path, unit):
    path = own_bins(tmp_path, "all,L1-L4,F,20,29,1,0.1\nall,L1-L4,F,30,39,1,0.1\n")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('unit = "g/cm2"', f'unit = "{unit}"'), encoding="utf-8")
    with pytest.raises(UsageError, match='wanted unit = "g/cm2"'):
        load_norms(tmp_path)


def own_bins(tmp_path, rows, role="option"):
    folder = tmp_path / "age"
    folder.mkdir()
    text = (SHIPPED / "age" / "nhanes_2005_2010_bands.toml").read_text(encoding="utf-8")
    text = text.replace('"nhanes_2005_2010_bands.csv"', '"own.csv"')
    text = text.replace('role = "option"', f'role = "{role}"')
    text = text[: text.index("[ancestries]")] + '[ancestries]\nall = "all"\n'
    (folder / "own.toml").write_text(text, encoding="utf-8")
    (folder / "own.csv").write_text(HEAD + rows, encoding="utf-8")
    return folder / "own.toml"
