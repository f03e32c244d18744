"""Whose young adults give T and whose curves give Z, by policy and by name; percents and u(T)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bonescan.errors import UsageError
from bonescan.model.vocabulary import ReferencePolicy
from bonescan.norms.load import SHIPPED, load_norms
from bonescan.scoring import table
from bonescan.scoring.score import score
from bonescan.scoring.table import ScoreRequest, score_table
from bonescan.settings import LabelSettings

from .test_score import of, someone

NORMS = load_norms()
ISCD = LabelSettings()
JAPAN = LabelSettings(reference=ReferencePolicy.JAPAN)
LOCAL_Z = LabelSettings(reference=ReferencePolicy.LOCAL_Z)


@pytest.mark.parametrize(
    ("settings", "sex", "t_id", "z_id"),
    [
        (ISCD, "F", "hologic_fn_f", "nhanes_2005_2010_all"),
        (ISCD, "M", "hologic_fn_f", "nhanes_2005_2010_all"),
        (JAPAN, "F", "japan_hologic_fn_f", "nhanes_2005_2010_all"),
        (JAPAN, "M", None, "nhanes_2005_2010_all"),
        (LOCAL_Z, "F", "hologic_fn_f", None),
        (LOCAL_Z, "M", "hologic_fn_f", None),
    ],
)
def test_the_policy_chooses_both_references(settings, sex, t_id, z_id):
    found = score(of("femoral-neck", 0.7), someone(sex), NORMS, settings)
    assert (found.reference_id, found.z_reference_id) == (t_id, z_id)
    assert "chosen_reference" not in found.flags
    assert ("no_age_reference" in found.flags) is (z_id is None)


def local_tables(tmp_path, second=False):
    folder = tmp_path / "age"
    folder.mkdir(exist_ok=True)
    text = (SHIPPED / "age" / "nhanes_2005_2010.toml").read_text(encoding="utf-8")
    text = text.replace('"nhanes_2005_2010.csv"', '"own.csv"').replace('"policy"', '"local"')
    text = text[: text.index("nh_white =")]
    for name in ("own", "other")[: 1 + second]:
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    rows = "all,femoral-neck,F,20,1,0.9,0.1\nall,femoral-neck,F,80,1,0.6,0.2\n"
    (folder / "own.csv").write_text("ancestry,site,sex,age_years,l,m,s\n" + rows, encoding="utf-8")
    return tmp_path


def test_a_local_curve_gives_z_under_its_policy_only(tmp_path):
    norms = load_norms(local_tables(tmp_path))
    # at 70: M = 0.65, S = 0.18333; (0.7/0.65 - 1)/0.18333 = 0.4196
    local = score(of("femoral-neck", 0.7), someone(age=70.0), norms, LOCAL_Z)
    assert local.z_score == pytest.approx((0.7 / 0.65 - 1) / (0.1 + 0.1 * 50 / 60), abs=1e-9)
    assert (local.z_reference_id, local.reference_id) == ("own_all", "hologic_fn_f")
    assert "chosen_reference" not in local.flags
    default = score(of("femoral-neck", 0.7), someone(age=70.0), norms, ISCD)
    assert default.z_reference_id == "nhanes_2005_2010_all"
    named = score(of("femoral-neck", 0.7), someone(age=70.0), norms, ISCD, z_reference_id="own_all")
    assert "chosen_reference" in named.flags


def test_two_local_curves_for_one_purpose_are_refused(tmp_path):
    with pytest.raises(UsageError, match="two references for local Z hologic femoral-neck F"):
        load_norms(local_tables(tmp_path, second=True))


def test_two_sets_of_young_adults_of_japan_are_refused(tmp_path):
    folder = tmp_path / "populations"
    folder.mkdir()
    text = (SHIPPED / "populations" / "japan_hologic_fn_f.toml").read_text(encoding="utf-8")
    (folder / "own.toml").write_text(text.replace('"japan_hologic_fn_f"', '"own"'))
    with pytest.raises(UsageError, match="two references for T by the criteria of japan hologic"):
        load_norms(tmp_path)


@pytest.mark.parametrize(
    ("site", "ref_id"),
    [
        ("L2-L4", "nhanes_2005_2010_l2l4_f"),
        ("L1+L3", "nhanes_2005_2010_l1_l3_f"),
        ("L1+L3+L4", "nhanes_2005_2010_l1_l3_l4_f"),
    ],
)
def test_a_set_of_vertebrae_takes_the_reference_of_the_same_set(site, ref_id):
    found = score(of(site, 0.9), someone(), NORMS, ISCD, reference_id=ref_id)
    assert found.reference_id == ref_id
    with pytest.raises(UsageError, match=f"which is of {site.replace('+', r'[+]')}, wanted one of"):
        score(of("L1-L4", 0.9), someone(), NORMS, ISCD, reference_id=ref_id)


def test_men_are_no_reference_for_a_woman():
    with pytest.raises(UsageError, match="which is of men, wanted one of women for a woman"):
        score(of("femoral-neck", 0.7), someone("F"), NORMS, ISCD, reference_id="changsha_fn_m")
    found = score(
        of("femoral-neck", 0.776), someone("M"), NORMS, ISCD, reference_id="changsha_fn_m"
    )
    assert found.t_score == -1.0  # (0.776 - 0.896)/0.120
    assert {"chosen_reference", "reference_from_memory"} <= set(found.flags)


@pytest.mark.parametrize(("age", "flagged"), [(45.0, False), (44.0, True), (21.0, True)])
def test_between_groups_of_age_z_is_interpolated_and_says_so(age, flagged):
    found = score(
        of("L1-L2", 0.9), someone(age=age), NORMS, ISCD,
        z_reference_id="nhanes_2005_2010_bands_all",
    )  # fmt: skip
    assert found.z_score is not None
    assert ("age_interpolated" in found.flags) is flagged


@pytest.mark.parametrize(
    ("age", "outside"), [(7.9, True), (8.0, False), (84.0, False), (84.1, True), (None, False)]
)
def test_an_age_outside_the_table_is_told_from_a_missing_table(age, outside):
    found = score(of("total-hip", 0.9), someone(age=age), NORMS, ISCD)
    assert ("age_outside_table" in found.flags) is outside
    elsewhere = score(of("total-hip", 0.9, scale="ge"), someone(age=age), NORMS, ISCD)
    assert "age_outside_table" not in elsewhere.flags


def test_percents_rest_on_the_mean_of_t_and_the_middle_of_z():
    # printed beside each other on a GE report: 0.826, T -1.5, 80 % of young adults
    ge = score(of("femoral-neck", 0.826, "ge"), someone(), NORMS, ISCD)
    assert round(ge.young_adult_percent) == 80
    assert ge.age_matched_percent is None, "no curve of that scale"
    # L1-L4 of women at 47.0: M = 1.04145 of the shipped curve
    ours = score(of("L1-L4", 0.794), someone(age=47.0), NORMS, ISCD)
    assert ours.age_matched_percent == pytest.approx(100 * 0.794 / 1.04145)
    assert ours.young_adult_percent == pytest.approx(100 * 0.794 / 1.047)


def test_uncertainty_of_t_with_that_of_the_reference():
    # NHANES 2005-2010, neck, white women: 0.8784/0.1173, standard errors 0.0067 and 0.0047
    found = score(
        of("femoral-neck", 0.6, bmd_u_g_cm2=0.012), someone(), NORMS, ISCD,
        reference_id="nhanes_2005_2010_fn_f",
    )  # fmt: skip
    t = (0.6 - 0.8784) / 0.1173
    by_hand = math.sqrt(0.012**2 + 0.0067**2 + (t * 0.0047) ** 2) / 0.1173
    assert found.t_u == pytest.approx(0.012 / 0.1173)
    assert found.t_u_with_reference == pytest.approx(by_hand)
    printed = score(of("femoral-neck", 0.6, bmd_u_g_cm2=0.012), someone(), NORMS, ISCD)
    assert printed.t_u is not None
    assert printed.t_u_with_reference is None, "the maker prints no standard errors"


@pytest.mark.parametrize("reference", NORMS.young.values(), ids=lambda r: r.id)
def test_t_of_the_young_mean_is_nought_and_of_one_sd_below_is_one(reference):
    if reference.role == "recognition":
        return
    who = someone(reference.sex)
    for bmd, t in ((reference.mean_g_cm2, 0.0), (reference.mean_g_cm2 - reference.sd_g_cm2, -1.0)):
        m = of(reference.site, float(bmd), reference.scale)
        found = score(m, who, NORMS, ISCD, reference_id=reference.id)
        assert (found.t_score, found.t_label) == (t, t)
    at_mean = of(reference.site, float(reference.mean_g_cm2), reference.scale)
    found = score(at_mean, who, NORMS, ISCD, reference_id=reference.id)
    assert found.young_adult_percent == 100.0


MILLIGRAMS = st.integers(100, 3000)


@given(MILLIGRAMS, MILLIGRAMS, st.sampled_from(["L1-L4", "femoral-neck", "total-hip"]),
       st.floats(20.0, 84.0))  # fmt: skip
@hypothesis_settings(max_examples=100, deadline=None)
def test_scores_and_percents_rise_with_bmd(one, other, site, age):
    low, high = sorted((one, other))
    first, second = (
        score(of(site, mg / 1000), someone(age=age), NORMS, ISCD) for mg in (low, high)
    )
    for name in ("t_score", "z_score", "t_label", "z_label", "young_adult_percent",
                 "age_matched_percent"):  # fmt: skip
        assert getattr(first, name) <= getattr(second, name)
    if low < high:
        assert first.t_score < second.t_score
        assert first.z_score < second.z_score


@pytest.mark.parametrize("settings", [ISCD, JAPAN, LOCAL_Z])
def test_a_table_keeps_to_the_policy(monkeypatch, settings):
    requests = [
        ScoreRequest(measurement=of(site, bmd, bmd_u_g_cm2=0.01), person=someone(sex))
        for site in ("femoral-neck", "L2-L4", "L1-L4", "trochanter")
        for bmd in (0.572, 0.9, 4.0)
        for sex in "FM"
    ]
    one_by_one = score_table(requests, NORMS, settings)
    monkeypatch.setattr(table, "KERNEL_FROM_ROWS", 1)
    together = score_table(requests, NORMS, settings)
    for a, b in zip(one_by_one, together, strict=True):
        assert (a.reference_id, a.z_reference_id, a.flags, a.alternatives) == (
            b.reference_id, b.z_reference_id, b.flags, b.alternatives,
        )  # fmt: skip
        assert (a.t_score is None) is (b.t_score is None)
        assert a.t_score is None or a.t_score == pytest.approx(b.t_score, abs=1e-9)
        assert (a.t_label, a.z_label) == (b.t_label, b.z_label)
        assert a.young_adult_percent == b.young_adult_percent
        assert a.age_matched_percent == b.age_matched_percent
