"""The one class of a person on a day."""

from __future__ import annotations

import pytest

from bonescan.classify.person import decide_person
from bonescan.classify.row import classify_row
from bonescan.files.flag_texts import all_flags
from bonescan.model.measurement import LabelledRow, Measurement, Scores
from bonescan.model.vocabulary import LabelFrom, Origin, Technique
from bonescan.norms.discordance import discordant_pairs
from bonescan.settings import LabelSettings


def row(site, t, who, *, origin=Origin.REPORTED, technique=Technique.DXA, settings=None, **more):
    printed = origin is Origin.REPORTED
    reads_z = who.menopausal_status == "premenopausal"
    name = "z" if reads_z else "t"
    m = Measurement(
        technique=technique,
        origin=origin,
        site=site,
        bmd_g_cm2=0.7,
        **({f"reported_{name}_score": t} if printed else {}),
        **more,
    )
    own = {} if printed else {f"{name}_score": t, "reference_id": "hologic_fn_f"}
    scores = Scores(**own)
    found = classify_row(m, scores, who, settings or LabelSettings())
    return LabelledRow(measurement=m, scores=scores, verdict=found)


def decide(person, *rows, technique=Technique.DXA):
    return decide_person(rows, person, technique)


def test_the_lowest_labelling_site_decides(person):
    who = person()
    found = decide(
        who,
        row("L1-L4", -1.2, who),
        row("femoral-neck-left", -2.1, who),
        row("femoral-neck-right", -2.6, who),
        row("femoral-neck-mean", -9.0, who),
        row("trochanter-left", -9.0, who),
        row("L2", -9.0, who),
    )
    assert found.category == "osteoporosis"
    assert found.deciding_site == "femoral-neck-right"
    assert found.deciding_score == -2.6
    assert found.category_rule == "who"


def test_the_whole_spine_goes_before_its_parts(person):
    who = person()
    found = decide(who, row("L3-L4", -3.0, who), row("L1-L4", -2.0, who), row("L2-L4", -2.6, who))
    assert found.deciding_site == "L1-L4"
    without = decide(who, row("L3-L4", -3.0, who), row("L2-L4", -2.6, who))
    assert without.deciding_site == "L2-L4"


def test_the_radius_decides_only_alone(person):
    who = person()
    radius = row("radius-33-left", -3.0, who)
    assert decide(who, radius, row("total-hip", -1.0, who)).category == "normal"
    alone = decide(who, radius)
    assert alone.category == "osteoporosis"
    assert "radius_decides" in alone.flags


def test_a_reported_number_goes_before_a_measured_one(person):
    who = person()
    found = decide(
        who,
        row("total-hip", -2.9, who, origin=Origin.MEASURED),
        row("total-hip", -2.0, who),
    )
    assert found.deciding_score == -2.0


def test_techniques_are_never_mixed(person):
    who = person()
    rows = (
        row("femoral-neck", -2.9, who, origin=Origin.ESTIMATED, technique=Technique.REMS_STYLE),
        row("femoral-neck", -1.5, who),
    )
    assert decide(who, *rows).category == "osteopenia"
    assert decide(who, *rows, technique=Technique.REMS_STYLE).category == "osteoporosis"


def test_rows_without_permission_count_for_nothing(person):
    who = person()
    found = decide(who, row("total-hip", -2.9, who, scores_allowed=False))
    assert found.category == "none"
    assert found.deciding_site is None


@pytest.mark.parametrize(
    ("t", "fracture", "severity"),
    [(-2.5, True, "severe"), (-2.4, True, None), (-2.5, False, None), (-2.5, None, None)],
)
def test_severe_needs_both(person, t, fracture, severity):
    who = person(fragility_fracture=fracture)
    assert decide(who, row("total-hip", t, who)).severity == severity


def test_a_hip_fracture_is_said_beside_a_mild_word(person):
    who = person(fragility_fracture=True, hip_or_vertebral_fracture=True)
    found = decide(who, row("total-hip", -1.5, who))
    assert "osteoporosis_by_fracture" in found.flags
    assert found.needs_review
    worst = decide(who, row("total-hip", -2.5, who))
    assert "osteoporosis_by_fracture" not in worst.flags


def test_z_rule_takes_the_lowest_z(person):
    who = person(age=33.0, status="premenopausal")
    found = decide(who, row("L1-L4", -2.0, who), row("femoral-neck", -1.0, who))
    assert found.category == "below-expected-range"
    assert (found.deciding_site, found.deciding_score) == ("L1-L4", -2.0)
    assert found.severity is None


def test_a_missing_fact_puts_her_on_the_list(person):
    who = person(age=48.0, status="unknown")
    found = decide(who, row("total-hip", -2.9, who))
    assert found.category == "none"
    assert found.category_rule == "none-unknown-menopause"
    assert found.needs_review


def test_an_early_menopause_is_flagged_and_not_put_on_the_list(person):
    who = person(age=48.0, status="surgical")
    found = decide(who, row("total-hip", -2.9, who))
    assert "early_menopause" in found.flags
    assert not found.needs_review


def test_raw_labels_show_raw_scores(person):
    who, raw = person(), LabelSettings(label_from=LabelFrom.RAW)
    rounded = decide(who, row("total-hip", -2.46, who))
    assert (rounded.category, rounded.deciding_score) == ("osteoporosis", -2.5)
    unrounded = decide(who, row("total-hip", -2.46, who, settings=raw))
    assert (unrounded.category, unrounded.deciding_score) == ("osteopenia", -2.46)


@pytest.mark.parametrize(
    ("t", "pairs"),
    [
        # ISCD case of May 2015 and an enCORE page
        ((-0.2, -0.4, -2.3, -1.2), (("L2", "L3", 1.9), ("L3", "L4", 1.1))),
        ((-2.0, -1.2, -0.5, -1.8), (("L3", "L4", 1.3),)),
        ((-1.0, -2.0, -3.0, -4.0), ()),  # exactly 1.0 apart is not more than 1.0
        ((0.3, -0.7, 0.3, -0.7), ()),
    ],
)
def test_neighbours_more_than_one_t_apart(t, pairs):
    assert discordant_pairs(dict(zip(("L1", "L2", "L3", "L4"), t, strict=True))) == pairs


def test_a_discordant_vertebra_is_flagged_and_left_in(person):
    who = person()
    singles = [
        row(v, t, who)
        for v, t in zip(("L1", "L2", "L3", "L4"), (-0.2, -0.4, -2.3, -1.2), strict=True)
    ]
    found = decide(who, row("L1-L4", -1.0, who), *singles)
    assert "vertebra_discordant" in found.flags
    assert found.deciding_site == "L1-L4"
    assert found.needs_review
    assert "vertebra_discordant" not in decide(who, row("L1-L4", -1.0, who), *singles[:2]).flags


def test_a_number_printed_twice_goes_to_a_person(person):
    who = person()
    plain, twice = row("L1-L4", -1.2, who), row("L1-L4", -1.2, who, flags=("region_printed_twice",))
    assert not decide(who, plain).needs_review
    assert decide(who, twice).needs_review


def test_every_flag_that_a_person_can_carry_is_explained():
    from bonescan.classify.review import REVIEW_FLAGS

    # set where DXA numbers are read
    elsewhere = {"arithmetic_mismatch", "region_printed_twice", "confirm_pregnancy"}
    assert REVIEW_FLAGS - elsewhere <= set(all_flags())


DOUBT = ["arithmetic_mismatch", "region_printed_twice", "carriers_disagree", "value_implausible",
         "numbers_of_another_day", "entries_differ", "code_contradicts_region"]  # fmt: skip


@pytest.mark.parametrize("flag", DOUBT)
def test_a_doubtful_spine_beside_a_normal_hip_sends_the_person_to_review(person, flag):
    """The hip decides, and nobody is told "normal" without a word about the spine."""
    who = person()
    spine = row("L1-L4", -3.3, who, scores_allowed=False, flags=(flag,))
    found = decide(who, row("femoral-neck-left", -0.1, who), spine)
    assert (found.deciding_site, found.category) == ("femoral-neck-left", "normal")
    assert flag in found.flags
    assert found.needs_review


def test_only_doubtful_numbers_give_a_row_without_a_class(person):
    who = person()
    spine = row("L1-L4", -3.3, who, scores_allowed=False, flags=("arithmetic_mismatch",))
    found = decide(who, spine)
    assert (found.category, found.deciding_site, found.needs_review) == ("none", None, True)


@pytest.mark.parametrize(
    ("second", "differs"), [(-1.1, False), (-1.2, False), (-1.3, True), (-2.9, True)]
)
def test_two_results_of_one_site_and_day_that_differ_are_looked_at(person, second, differs):
    """Two files of one exam may round differently by a tenth; more is another number."""
    who = person()
    found = decide(who, row("L1-L4", -1.1, who), row("L1-L4", second, who))
    assert ("same_day_numbers_differ" in found.flags) is differs
    assert found.needs_review is differs
