"""The class of one row: whose number, which word, what is said beside it."""

from __future__ import annotations

import pytest

from bonescan.classify.row import classify_row
from bonescan.model.measurement import Measurement, Scores
from bonescan.model.vocabulary import LabelFrom, LabelPolicy, Origin, Technique
from bonescan.norms.load import load_norms
from bonescan.scoring.score import score
from bonescan.settings import LabelSettings

NORMS = load_norms()
DEVICE = LabelSettings()
ISCD = LabelSettings(policy=LabelPolicy.ISCD)
RAW = LabelSettings(label_from=LabelFrom.RAW)


def measurement(site: str = "femoral-neck", bmd: float | None = 0.7, **more: object) -> Measurement:
    values = {"technique": Technique.DXA, "origin": Origin.REPORTED, "scale": "hologic"} | more
    return Measurement(site=site, bmd_g_cm2=bmd, **values)


def verdict(m: Measurement, who, settings: LabelSettings = DEVICE):
    return classify_row(m, score(m, who, NORMS, settings), who, settings)


@pytest.mark.parametrize(
    ("t", "word"),
    [
        (-0.9, "normal"),
        (-1.0, "normal"),
        (-1.1, "osteopenia"),
        (-2.4, "osteopenia"),
        (-2.5, "osteoporosis"),
        (-2.6, "osteoporosis"),
    ],
)
def test_who_words_of_printed_scores(person, t, word):
    found = verdict(measurement(bmd=None, reported_t_score=t), person())
    assert found.category == word
    assert found.reported_category == word
    assert found.score_used == "reported-T"
    assert found.rounding_decides is False


@pytest.mark.parametrize(
    ("t", "rounded", "raw", "decides"),
    [
        (-2.44, "osteopenia", "osteopenia", False),
        (-2.45, "osteoporosis", "osteopenia", True),
        (-2.499999999, "osteoporosis", "osteopenia", True),
        (-2.4999999999999996, "osteoporosis", "osteoporosis", False),  # -2.5 in double precision
        (-1.049, "normal", "osteopenia", True),
        (-1.05, "osteopenia", "osteopenia", False),
        (-0.95, "normal", "normal", False),
    ],
)
def test_the_word_comes_from_the_rounded_score_unless_raw_is_asked_for(
    person, t, rounded, raw, decides
):
    m = measurement()
    scores = Scores(t_score=t, reference_id="hologic_fn_f")
    found = classify_row(m, scores, person(), DEVICE)
    assert (found.category, found.rounding_decides) == (rounded, decides)
    assert ("rounding_decides" in found.flags) is decides
    assert classify_row(m, scores, person(), RAW).category == raw


def test_z_rule_has_no_who_word_no_axis_and_no_probability(person):
    m = measurement("L1-L4", 0.782, reported_t_score=-2.6, reported_z_score=-1.9, bmd_u_g_cm2=0.02)
    found = verdict(m, person(age=34.0, status="lactating"))
    assert found.category == "within-expected-range"
    assert found.score_used == "reported-Z"
    assert found.shows_t is False
    assert (found.p_normal, found.p_osteopenia, found.p_osteoporosis) == (None, None, None)


@pytest.mark.parametrize(("z", "word"), [(-1.9, "within"), (-2.0, "below"), (-2.1, "below")])
def test_z_words(person, z, word):
    m = measurement(bmd=None, reported_z_score=z)
    assert verdict(m, person(age=30.0, status="premenopausal")).category.startswith(word)


def test_a_young_man_is_judged_by_z(person):
    m = measurement(bmd=0.7)
    found = verdict(m, person("M", 40.0))
    assert found.score_used == "own-Z"
    assert found.category in {"within-expected-range", "below-expected-range"}


# the male trap: man of 83, Hologic neck 0.637, printed -2.2 with a male curve (UCSF sample report);
# the female reference gives -1.91
def test_a_male_curve_is_flagged_and_ours_labels(person):
    m = measurement(bmd=0.637, reported_t_score=-2.2, reported_reference="White Male")
    found = verdict(m, person("M", 83.0))
    assert found.score_used == "own-T"
    assert "not_policy_reference" in found.flags
    assert found.category == "osteopenia"


def test_the_size_of_a_difference_decides_nothing(person):
    for bmd in (0.5825, 0.5938, 0.9):  # own T -2.4, -2.3 and +0.5 against a printed -2.5
        m = measurement(bmd=bmd, reported_t_score=-2.5)
        found = verdict(m, person())
        assert found.score_used == "reported-T"
        assert found.category == "osteoporosis"
        assert "class_mismatch" in found.flags


def test_iscd_policy_takes_ours_and_keeps_the_printed_word_beside_it(person):
    m = measurement(bmd=0.5825, reported_t_score=-2.5, reported_reference="NHANES III White Female")
    found = verdict(m, person(), ISCD)
    assert (found.category, found.reported_category) == ("osteopenia", "osteoporosis")
    assert found.score_used == "own-T"
    assert "class_mismatch" in found.flags


@pytest.mark.parametrize(
    ("text", "sex", "used", "flag"),
    [
        (None, "F", "reported-T", None),
        ("", "M", "reported-T", None),
        ("White Female", "F", "reported-T", None),
        (
            "T-score vs. White Female. Source:2012 BMDCS/NHANES White Female.",
            "M",
            "reported-T",
            None,
        ),
        ("NHANES III", "F", "reported-T", None),
        (
            "USA (Combined NHANES (ages 20-30) / Lunar (ages 20-40)) AP Spine, Female, White "
            "Reference Population (v113)",
            "F",
            "reported-T",
            None,
        ),
        ("T-score vs. White Male. Source: NHANES", "M", "own-T", "not_policy_reference"),
        ("Asian Female", "F", "own-T", "not_policy_reference"),
        ("Japan Female (v112)", "F", "own-T", "not_policy_reference"),
        ("台灣女性", "F", "own-T", "not_policy_reference"),
        ("Black Female", "F", "own-T", "not_policy_reference"),
        ("NHANES III", "M", "own-T", "unknown_printed_reference"),  # male by default on printouts
        ("Custom curve 7", "F", "own-T", "unknown_printed_reference"),
    ],
)
def test_the_printed_reference_decides_whose_number_labels(person, text, sex, used, flag):
    m = measurement(bmd=0.6, reported_t_score=-2.2, reported_reference=text)
    found = verdict(m, person(sex, 70.0))
    assert found.score_used == used
    assert {"not_policy_reference", "unknown_printed_reference"} & set(found.flags) == (
        {flag} if flag else set()
    )


def test_an_unknown_curve_without_a_score_of_ours_labels_nothing(person):
    m = measurement("L2-L4", reported_t_score=-2.6, reported_reference="Custom", scale="norland")
    found = verdict(m, person())
    assert found.category == "none"
    assert found.reported_category == "osteoporosis"
    assert {"unknown_printed_reference", "no_score_may_label"} <= set(found.flags)


def test_a_score_whose_own_reference_is_not_known_among_several_labels_nothing(person):
    m = measurement(bmd=0.6, reported_t_score=-2.2, flags=("unknown_printed_reference",))
    assert verdict(m, person()).score_used == "own-T"
    assert verdict(measurement(bmd=0.6, reported_t_score=-2.2), person()).score_used == "reported-T"


def test_a_rems_device_is_labelled_by_its_printed_score_only(person):
    m = measurement(technique=Technique.REMS, scale=None, reported_t_score=-2.7)
    assert verdict(m, person()).score_used == "reported-T"
    assert verdict(m, person(), ISCD).category == "none"


@pytest.mark.parametrize(
    "site", ["L3", "trochanter", "wards-left", "femoral-neck-mean", "total-body", "elbow", "femur"]
)
def test_sites_that_never_label_have_no_class(person, site):
    found = verdict(measurement(site, 0.7, reported_t_score=-3.0), person())
    assert found.category is None
    assert found.score_used is None


def test_a_single_vertebra_left_over_gives_no_class(person):
    m = measurement("L1-L4", 0.7, reported_t_score=-3.0, vertebrae_used=("L2",))
    assert verdict(m, person()).category is None


@pytest.mark.parametrize(
    ("sex", "age", "status", "flag"),
    [
        ("F", 45.0, "surgical", "early_menopause"),
        ("F", 45.0, "unknown", "menopause_unknown"),
        (None, 70.0, "unknown", "sex_or_age_unknown"),
        ("F", None, "postmenopausal", "sex_or_age_unknown"),
    ],
)
def test_where_no_rule_fits_there_is_no_class_and_a_flag_says_why(person, sex, age, status, flag):
    found = verdict(measurement(bmd=0.5, reported_t_score=-3.0), person(sex, age, status))
    assert found.category == "none"
    assert flag in found.flags
    assert found.score_used is None


def test_under_20_dxa_gets_a_z_word_and_ultrasound_none(person):
    child = person(age=15.0, status="premenopausal")
    assert verdict(measurement(bmd=0.5), child).category == "below-expected-range"
    m = measurement(bmd=0.5, technique=Technique.REMS_STYLE, origin=Origin.ESTIMATED)
    assert verdict(m, child).category == "none"


def test_a_measurement_without_permission_has_nothing(person):
    m = measurement(scores_allowed=False)
    found = verdict(m, person())
    assert found.category is None
    assert found.flags == ()


def test_probabilities_fit_the_rounded_borders(person):
    # own T = -2.45 exactly: half of the distribution lies where the label says osteoporosis
    m = measurement(bmd=0.849 - 2.45 * 0.111, bmd_u_g_cm2=0.02)
    found = verdict(m, person())
    assert found.p_osteoporosis == pytest.approx(0.5, abs=1e-9)
    assert found.p_normal + found.p_osteopenia + found.p_osteoporosis == pytest.approx(1.0)
    raw = verdict(measurement(bmd=0.849 - 2.5 * 0.111, bmd_u_g_cm2=0.02), person(), RAW)
    assert raw.p_osteoporosis == pytest.approx(0.5, abs=1e-9)


def test_a_wide_uncertainty_is_the_normal_integral(person):
    # u(T) = 1: Phi(-1.45) = 0.0735 and 1 - Phi(-0.05) = 0.5199 (tables of the normal integral)
    found = verdict(measurement(bmd=0.849 - 0.111, bmd_u_g_cm2=0.111), person())
    assert found.p_osteoporosis == pytest.approx(0.0735, abs=5e-5)
    assert found.p_normal == pytest.approx(0.5199, abs=5e-5)


def test_a_printed_score_has_no_probability(person):
    m = measurement(bmd=0.6, reported_t_score=-2.2, bmd_u_g_cm2=0.02)
    assert verdict(m, person()).p_normal is None
