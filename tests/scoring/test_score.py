"""BMD to T and Z with their references; everything here is arithmetic from printed sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bonescan.errors import UsageError
from bonescan.model.measurement import Measurement, Scores
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import LabelFrom, MenopausalStatus, Origin, Technique
from bonescan.norms.load import load_norms
from bonescan.norms.site import all_sites
from bonescan.scoring import table
from bonescan.scoring.score import score
from bonescan.scoring.table import ScoreRequest, score_table
from bonescan.settings import LabelSettings

NORMS = load_norms()
SETTINGS = LabelSettings()


def someone(sex="F", age=70.0, status="postmenopausal", *, exact=True) -> PersonAtExam:
    word = MenopausalStatus("not-applicable" if sex == "M" else status)
    return PersonAtExam(sex=sex, age_years=age, age_is_exact=exact, menopausal_status=word)


def of(site, bmd, scale="hologic", technique=Technique.DXA, **more) -> Measurement:
    return Measurement(
        technique=technique, origin=Origin.REPORTED, site=site, bmd_g_cm2=bmd, scale=scale, **more
    )


def scored(site, bmd, who=None, **more) -> Scores:
    return score(of(site, bmd, **more), who or someone(), NORMS, SETTINGS)


@pytest.mark.parametrize(
    ("site", "bmd", "scale", "t", "label", "ref_id"),
    [  # printed by devices: 0.794 -> -2.30, 0.801 -> -1.16, 0.607 -> -2.2, 0.826 (GE) -> -1.5
        ("L1-L4", 0.794, "hologic", -2.3, -2.3, "hologic_l1l4_f"),
        ("total-hip-left", 0.801, "hologic", -1.155737705, -1.2, "hologic_th_f"),
        ("femoral-neck", 0.607, "hologic", -2.18018018, -2.2, "hologic_fn_f"),
        ("femoral-neck-right", 0.826, "ge", -1.525179856, -1.5, "ge_fn_f"),
        ("L1", 0.782, "hologic", -1.3, -1.3, "hologic_l1_f"),
    ],
)
def test_t_with_its_reference(site, bmd, scale, t, label, ref_id):
    found = scored(site, bmd, scale=scale)
    assert found.t_score == pytest.approx(t, abs=1e-9)
    assert (found.t_label, found.reference_id) == (label, ref_id)


def test_women_and_men_have_one_t_reference():
    # man of 83, neck 0.637: -1.91 by the female reference where a male curve printed -2.2
    found = scored("femoral-neck", 0.637, someone("M", 83.0))
    assert found.t_score == pytest.approx(-1.909909910, abs=1e-9)
    assert found.reference_id == "hologic_fn_f"
    assert found.t_label == -1.9


@pytest.mark.parametrize("site", ["L1-L3", "L1+L3", "trochanter", "radius-33", "total-body"])
def test_a_site_without_its_own_reference_has_no_t(site):
    found = scored(site, 0.9)
    assert (found.t_score, found.reference_id) == (None, None)
    assert "no_t_reference" in found.flags


def test_the_vertebrae_used_count_and_not_the_heading():
    found = scored("L1-L4", 0.9, vertebrae_used=("L1", "L3", "L4"))
    assert found.t_score is None
    whole = scored("L1-L4", 0.9, vertebrae_used=("L1", "L2", "L3", "L4"))
    assert whole.reference_id == "hologic_l1l4_f"


@pytest.mark.parametrize("technique", [Technique.REMS])
def test_a_rems_device_has_only_its_printed_scores(technique):
    found = scored("femoral-neck", 0.7, technique=technique, scale=None)
    assert (found.t_score, found.z_score) == (None, None)
    assert set(found.flags) == {"no_t_reference", "no_age_reference"}


def test_ours_from_ultrasound_takes_the_scale_of_its_model():
    found = scored("femoral-neck", 0.7, technique=Technique.REMS_STYLE, scale="hologic")
    assert found.reference_id == "hologic_fn_f"
    assert found.z_reference_id == "nhanes_2005_2010_all"


@pytest.mark.parametrize(("age", "has_t"), [(19.99, False), (20.0, True)])
def test_under_20_there_is_no_t(age, has_t):
    found = scored("L1-L4", 0.9, someone(age=age, status="premenopausal"))
    assert (found.t_score is not None) is has_t
    assert ("under_20" in found.flags) is not has_t
    assert found.z_score is not None


@pytest.mark.parametrize(
    ("age", "has_z"), [(7.99, False), (8.0, True), (84.0, True), (84.01, False)]
)
def test_z_stays_within_the_ages_of_its_curve(age, has_z):
    found = scored("femoral-neck", 0.7, someone(age=age))
    assert (found.z_score is not None) is has_z
    assert ("no_age_reference" in found.flags) is not has_z


def test_z_at_a_whole_year_of_the_table_is_its_lms():
    # L, M, S of the shipped curve at exactly 47.0, all ancestries: 0.47751, 1.04145, 0.13133
    found = scored("L1-L4", 0.794, someone(age=47.0))
    by_hand = ((0.794 / 1.04145) ** 0.47751 - 1) / (0.47751 * 0.13133)
    assert found.z_score == pytest.approx(by_hand, abs=1e-9)


def test_an_age_in_whole_years_is_flagged():
    found = scored("L1-L4", 0.794, someone(age=47.5, exact=False))
    assert "age_in_whole_years" in found.flags


@pytest.mark.parametrize(("sex", "age"), [(None, 60.0), ("F", None)])
def test_without_sex_or_age_there_is_t_and_no_z(sex, age):
    found = scored("femoral-neck", 0.7, someone(sex, age))
    assert found.t_score is not None
    assert found.z_score is None


def test_ge_has_no_curve_over_age():
    found = scored("L1-L4", 1.0, scale="ge")
    assert found.z_score is None
    assert {"no_age_reference", "reference_from_memory"} <= set(found.flags)


@pytest.mark.parametrize(
    "measurement",
    [
        of("femoral-neck", 0.7, scores_allowed=False),
        of("femoral-neck", None),
        of("elbow", 0.7),
    ],
)
def test_what_can_not_be_scored_has_no_score_at_all(measurement):
    assert score(measurement, someone(), NORMS, SETTINGS) == Scores()


# 3.091 g/cm2 stands in a published data set of Korean spines (PLoS ONE 2022;17:e0260924)
@pytest.mark.parametrize("bmd", [0.0, -0.7, 0.0999, 3.0001, 3.091, 772.0, float("nan")])
def test_what_can_not_be_bone_has_a_flag_and_no_number(bmd):
    found = score(of("L1-L4", bmd), someone(), NORMS, SETTINGS)
    assert found == Scores(flags=("bmd_out_of_range",))


@pytest.mark.parametrize("bmd", [0.1, 3.0])
def test_the_limits_of_bone_are_bone(bmd):
    assert scored("L1-L4", bmd).t_score is not None


def test_uncertainty_of_t_is_that_of_bmd_over_sd():
    found = scored("femoral-neck", 0.7, bmd_u_g_cm2=0.0222)
    assert found.t_u == pytest.approx(0.2)


def test_a_reference_that_changes_the_word_is_named():
    found = scored("femoral-neck", 0.565)
    assert found.alternatives == (
        "0.565 g/cm² is osteoporosis by hologic_fn_f (0.849/0.111), osteopenia by nhanes3_fn_f "
        "(0.858/0.120).",
    )


def test_where_all_agree_nothing_is_named():
    assert scored("femoral-neck", 0.500).alternatives == ()


def test_the_other_ge_spine_pair_is_named():
    # 0.890: (0.890-1.180)/0.120 = -2.42, (0.890-1.195)/0.120 = -2.54
    (sentence,) = scored("L1-L4", 0.890, scale="ge").alternatives
    assert "osteopenia by ge_l1l4_f (1.180/0.120), osteoporosis by ge_l1l4_idxa_f" in sentence


def test_raw_labels_have_raw_alternatives():
    raw = LabelSettings(label_from=LabelFrom.RAW)
    # 0.572: -2.4955 by 0.849/0.111: rounded osteoporosis, raw osteopenia
    rounded_words = scored("femoral-neck", 0.572).alternatives
    raw_words = score(of("femoral-neck", 0.572), someone(), NORMS, raw).alternatives
    assert rounded_words[0].startswith("0.572 g/cm² is osteoporosis by hologic_fn_f")
    assert raw_words[0].startswith("0.572 g/cm² is osteopenia by hologic_fn_f")


@pytest.mark.parametrize(
    "who", [someone(age=40.0, status="premenopausal"), someone("M", 49.0), someone(None, 60.0)]
)
def test_no_who_word_reaches_somebody_under_another_rule(who):
    assert scored("femoral-neck", 0.565, who).alternatives == ()


def test_a_reference_may_be_chosen_by_name():
    found = score(
        of("femoral-neck", 0.565), someone(), NORMS, SETTINGS, reference_id="nhanes3_fn_f"
    )
    assert found.t_score == pytest.approx(-2.441666667, abs=1e-9)
    assert "chosen_reference" in found.flags
    same = score(of("femoral-neck", 0.565), someone(), NORMS, SETTINGS, reference_id="hologic_fn_f")
    assert "chosen_reference" not in same.flags


def test_curves_may_be_chosen_by_name():
    found = score(
        of("L1-L4", 0.794),
        someone(age=47.0),
        NORMS,
        SETTINGS,
        z_reference_id="nhanes_2005_2010_nh_white",
    )
    assert found.z_score == pytest.approx(-1.924, abs=5e-4)
    assert "chosen_reference" in found.flags


@pytest.mark.parametrize(
    ("site", "t_id", "z_id", "words"),
    [
        ("femoral-neck", "nobody", None, "the reference 'nobody', wanted a known id"),
        ("femoral-neck", "hologic_th_f", None, "which is of total-hip, wanted one of femoral-neck"),
        ("femoral-neck", "hologic_fn_m", None, "a male curve that only explains printed T-scores"),
        ("femoral-neck", None, "nobody", "the reference 'nobody', wanted a known id"),
        ("femoral-neck", "ge_fn_f", None, "on the scale of ge, wanted one on that of hologic"),
    ],
)
def test_a_reference_that_does_not_fit_is_refused(site, t_id, z_id, words):
    with pytest.raises(UsageError, match=words):
        score(of(site, 0.7), someone(), NORMS, SETTINGS, reference_id=t_id, z_reference_id=z_id)


@pytest.mark.parametrize(
    "ids", [{"reference_id": "hologic_fn_f"}, {"z_reference_id": "nhanes_2005_2010_all"}]
)
def test_the_number_of_a_rems_device_takes_no_reference_by_name(ids):
    rems = of("femoral-neck", 0.7, scale=None, technique=Technique.REMS)
    with pytest.raises(UsageError, match="for the number of a REMS device, wanted none"):
        score(rems, someone(), NORMS, SETTINGS, **ids)


def test_curves_of_another_scale_are_refused():
    ge = of("L1-L4", 1.0, scale="ge")
    with pytest.raises(UsageError, match="on the scale of hologic, wanted one on that of ge"):
        score(ge, someone(), NORMS, SETTINGS, z_reference_id="nhanes_2005_2010_all")


ROWS = st.tuples(
    st.sampled_from(all_sites()),
    st.integers(200, 1800).map(lambda mg: mg / 1000),
    st.sampled_from(["hologic", "ge", None]),
    st.sampled_from(["F", "M"]),
    st.none() | st.floats(5, 95),
    st.sampled_from(["premenopausal", "postmenopausal", "unknown"]),
)


@given(st.lists(ROWS, min_size=1, max_size=40))
@hypothesis_settings(max_examples=40, deadline=None)
def test_a_table_gives_the_same_scores_as_its_rows(rows):
    requests = [
        ScoreRequest(
            measurement=of(site, bmd, scale=scale, bmd_u_g_cm2=0.01),
            person=someone(sex, age, status),
        )
        for site, bmd, scale, sex, age, status in rows
    ]
    one_by_one = score_table(requests, NORMS, SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "KERNEL_FROM_ROWS", 0)
        compiled = score_table(requests, NORMS, SETTINGS)
    assert compiled == one_by_one
