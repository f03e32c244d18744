"""The Japanese criteria of 2012 (Soen 2013, J Bone Miner Metab 31:247-257) at their borders.

YAM 1.011/0.119 (L2-L4, Hologic): 70 % is 0.708, 80 % is 0.809, -2.5 SD is 0.7135, -1.0 SD 0.892.
YAM 0.790/0.090 (neck, Hologic): 70 % is 0.553, 80 % is 0.632, -2.5 SD is 0.565, -1.0 SD 0.700.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from bonescan.classify.row import classify_row
from bonescan.errors import UsageError
from bonescan.model.measurement import Measurement
from bonescan.model.vocabulary import LabelFrom, Origin, ReferencePolicy, Technique
from bonescan.norms.japan import japan_category
from bonescan.norms.load import load_norms
from bonescan.norms.who_words import who_words_apply
from bonescan.scoring.score import score
from bonescan.settings import LabelSettings

NORMS = load_norms()
JAPAN = LabelSettings(reference=ReferencePolicy.JAPAN)
RAW = LabelSettings(reference=ReferencePolicy.JAPAN, label_from=LabelFrom.RAW)
NONE, OTHER, HIP = (
    {},
    {"fragility_fracture": True},
    {"fragility_fracture": True, "hip_or_vertebral_fracture": True},
)


def of(site, bmd, scale="hologic", **more):
    return Measurement(
        technique=Technique.DXA, origin=Origin.REPORTED, site=site, bmd_g_cm2=bmd, scale=scale,
        **more,
    )  # fmt: skip


def judged(m, who, settings=JAPAN):
    scores = score(m, who, NORMS, settings)
    return scores, classify_row(m, scores, who, settings)


@pytest.mark.parametrize(
    ("bmd", "fracture", "word"),
    [
        # without a fracture: -2.5 SD (0.7135) lies above 70 % (0.708) and decides first
        (0.713, NONE, "osteoporosis"),
        (0.714, NONE, "osteopenia"),
        (0.891, NONE, "osteopenia"),
        (0.892, NONE, "normal"),
        # with another fragility fracture: below 80 % (0.8088)
        (0.808, OTHER, "osteoporosis"),
        (0.809, OTHER, "osteopenia"),
        (0.892, OTHER, "normal"),
        # with a vertebral or hip fracture: whatever the BMD
        (0.713, HIP, "osteoporosis"),
        (1.100, HIP, "osteoporosis"),
    ],
)
def test_words_of_the_spine_from_raw_numbers(person, bmd, fracture, word):
    scores, found = judged(of("L2-L4", bmd), person(**fracture), RAW)
    assert scores.reference_id == "japan_hologic_l2l4_f"
    assert (found.category, found.category_rule) == (word, "japan-2012")
    assert found.score_used == "own-T"
    assert "japan_criteria" in found.flags


@pytest.mark.parametrize(
    ("t", "percent", "word", "raw"),
    [
        ("-2.45", "75", "osteoporosis", "osteopenia"),  # -2.5 is printed
        ("-2.44", "75", "osteopenia", "osteopenia"),
        ("-2.0", "70.49", "osteoporosis", "osteopenia"),  # 70 % is printed
        ("-2.0", "70.5", "osteopenia", "osteopenia"),  # 71 % is printed
        ("-2.0", "70", "osteoporosis", "osteoporosis"),
        ("-1.049", "88", "normal", "osteopenia"),  # -1.0 is printed
        ("-1.0", "88", "normal", "normal"),
    ],
)
def test_what_is_printed_decides_unless_raw_is_asked_for(person, t, percent, word, raw):
    for how, wanted in ((LabelFrom.ROUNDED, word), (LabelFrom.RAW, raw)):
        found = japan_category(Decimal(t), Decimal(percent), "L1-L4", person(), how)
        assert found == wanted


@pytest.mark.parametrize(
    ("percent", "word", "with_fracture"),
    [
        ("70", "osteoporosis", "osteoporosis"),
        ("71", "osteopenia", "osteoporosis"),
        ("79", "osteopenia", "osteoporosis"),
        ("80", "normal", "normal"),
    ],
)
def test_the_radius_goes_by_percent_only(person, percent, word, with_fracture):
    for who, wanted in ((person(), word), (person(**OTHER), with_fracture)):
        found = japan_category(Decimal("-3.5"), Decimal(percent), "radius-33", who,
                               LabelFrom.ROUNDED)  # fmt: skip
        assert found == wanted


def test_rounding_that_decides_is_flagged(person):
    _, found = judged(of("L2-L4", 0.719), person())  # -2.454 SD
    assert (found.category, found.rounding_decides) == ("osteoporosis", True)
    assert "rounding_decides" in found.flags
    assert judged(of("L2-L4", 0.719), person(), RAW)[1].category == "osteopenia"


def test_a_printed_t_gives_no_word(person):
    m = of("femoral-neck", 0.640, reported_t_score=-2.6, reported_reference="Hologic White Female")
    _, found = judged(m, person())
    # 0.640: (0.640 - 0.790)/0.090 = -1.67, 81 % of YAM
    assert (found.category, found.reported_category) == ("osteopenia", None)


@pytest.mark.parametrize(
    ("site", "scale"), [("trochanter", "hologic"), ("L1+L3", "hologic"), ("total-hip", "ge")]
)
def test_without_young_adults_of_japan_there_is_no_word(person, site, scale):
    scores, found = judged(of(site, 0.7, scale), person())
    assert scores.reference_id is None
    assert found.category in {None, "none"}


def test_men_have_no_young_adults_of_japan_here(person):
    scores, found = judged(of("femoral-neck", 0.5), person("M", 70.0))
    assert (scores.t_score, found.category) == (None, "none")
    assert "no_score_may_label" in found.flags


def test_the_z_rule_holds_in_japan_too(person):
    _, found = judged(of("L1-L4", 0.7), person(age=30.0, status="pregnant"))
    assert found.category_rule == "z"
    assert found.category == "below-expected-range"


def test_another_reference_by_name_is_refused(person):
    with pytest.raises(UsageError, match="with the Japanese criteria, wanted young adults of Jap"):
        score(of("femoral-neck", 0.7), person(), NORMS, JAPAN, reference_id="nhanes3_fn_f")


def test_a_radius_is_called_what_it_is(person):
    # 0.646 YAM: 70 % is 0.452
    _, found = judged(of("radius-33-left", 0.450, "fujifilm"), person())
    assert found.category == "osteoporosis"
    assert "radius_only_without_spine_and_hip" in found.flags


def test_the_word_that_the_iscd_would_give_is_named(person):
    # 0.620: 78 % of 0.790 and -1.89 SD; by 0.849/0.111 -2.06: the same word
    assert judged(of("femoral-neck", 0.620), person())[0].alternatives == ()
    # 0.572: -2.42 SD and 72 % in Japan, -2.50 by 0.849/0.111
    (sentence, *_) = judged(of("femoral-neck", 0.572), person())[0].alternatives
    assert sentence.startswith("0.572 g/cm² is osteopenia by japan_hologic_fn_f (0.790/0.090)")
    assert "osteoporosis by hologic_fn_f (0.849/0.111)" in sentence


def test_a_word_that_only_japan_gives_is_ours_in_the_sentence(person):
    # 0.620 with a fracture elsewhere: 78 % of 0.790 is osteoporosis in Japan, -2.06 by the WHO not
    (sentence,) = judged(of("femoral-neck", 0.620), person(**OTHER))[0].alternatives
    assert sentence.startswith("0.620 g/cm² is osteoporosis by japan_hologic_fn_f (0.790/0.090)")
    assert ", osteopenia by hologic_fn_f (0.849/0.111)" in sentence


@pytest.mark.parametrize("fracture", [NONE, OTHER, HIP])
def test_a_higher_bmd_is_never_a_worse_word(person, fracture):
    order = ["osteoporosis", "osteopenia", "normal"]
    words = [
        order.index(judged(of("L2-L4", mg / 1000), person(**fracture))[1].category)
        for mg in range(600, 1000, 3)
    ]
    assert words == sorted(words)


@pytest.mark.parametrize(("sex", "age"), [("F", 40.0), ("F", 70.0), ("M", 40.0), ("M", 70.0)])
def test_who_words_and_japanese_words_go_to_the_same_people(person, sex, age):
    who = person(sex, age)
    _, found = judged(of("femoral-neck", 0.6), who)
    assert (found.category_rule == "japan-2012") is who_words_apply(who)
