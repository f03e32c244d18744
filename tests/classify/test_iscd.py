"""ISCD's rules on sites: vertebrae, lowest of three, forearm; both sides of each border."""

from __future__ import annotations

from datetime import date

import pytest

from bonescan.classify.person import decide_person
from bonescan.classify.person_at_exam import person_at_exam
from bonescan.classify.row import classify_row
from bonescan.model.exam import Exam, Subject
from bonescan.model.measurement import LabelledRow, Measurement
from bonescan.model.vocabulary import Origin, Technique
from bonescan.norms.discordance import discordant_pairs, propose_exclusions
from bonescan.norms.load import load_norms
from bonescan.scoring.score import score
from bonescan.settings import LabelSettings

NORMS = load_norms()
SETTINGS = LabelSettings()


def labelled(site, who, *, bmd=None, t=None, scale="hologic"):
    measurement = Measurement(
        technique=Technique.DXA,
        origin=Origin.REPORTED,
        site=site,
        bmd_g_cm2=bmd,
        reported_t_score=t,
        scale=scale,
    )
    scores = score(measurement, who, NORMS, SETTINGS)
    verdict = classify_row(measurement, scores, who, SETTINGS)
    return LabelledRow(measurement=measurement, scores=scores, verdict=verdict)


def decide(who, **t_by_site):
    rows = [labelled(s.replace("_", "-"), who, t=t) for s, t in t_by_site.items()]
    return decide_person(rows, who, Technique.DXA)


# --- discordant vertebrae ---------------------------------------------------


def by_vertebra(*t):
    return {f"L{i}": x for i, x in enumerate(t, start=1) if x is not None}


def test_the_iscd_case_proposes_the_vertebra_that_differs_from_both_neighbours():
    (only,) = propose_exclusions(by_vertebra(-0.2, -0.4, -2.3, -1.2))
    assert only.vertebra == "L3"
    assert only.reason == "T -2.3 is 1.9 below L2 and 1.1 below L4"
    assert only.remaining == "L1+L2+L4"
    assert only.settles


def test_the_encore_page_proposes_either_of_the_pair():
    either = propose_exclusions(by_vertebra(-2.0, -1.2, -0.5, -1.8))
    assert [(e.vertebra, e.remaining, e.settles) for e in either] == [
        ("L3", "L1+L2+L4", True),
        ("L4", "L1-L3", True),
    ]


@pytest.mark.parametrize(("step", "n"), [(1.0, 0), (1.04, 0), (1.05, 1), (1.1, 1)])
def test_more_than_ten_tenths_as_printed_is_discordant(step, n):
    assert len(discordant_pairs({"L1": 0.0, "L2": step})) == n


def test_two_pairs_apart_propose_all_four_and_say_that_one_is_not_enough():
    found = propose_exclusions(by_vertebra(0.0, 2.0, 2.5, 0.0))
    # L1-L2 differ by 2.0 and L3-L4 by 2.5; L2 and L3 do not differ
    assert [e.vertebra for e in found] == ["L1", "L2", "L3", "L4"]
    assert not any(e.settles for e in found if e.vertebra in {"L1", "L4"})


def test_of_two_vertebrae_none_can_be_left_out():
    found = propose_exclusions({"L1": 0.0, "L2": 2.0})
    assert [e.remaining for e in found] == ["", ""]


def test_agreement_proposes_nothing():
    assert propose_exclusions(by_vertebra(-1.0, -2.0, -1.0, -2.0)) == ()


# --- sets of vertebrae ------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "scale", "reference"),
    [
        ("L1-L4", "hologic", "hologic_l1l4_f"),
        ("L2-L4", "hologic", "hologic_l2l4_f"),
        ("L2-L4", "ge", "ge_l2l4_f"),
        ("L1-L4", "ge", "ge_l1l4_f"),
    ],
)
def test_a_set_is_scored_against_the_reference_of_the_same_set(person, site, scale, reference):
    row = labelled(site, person(), bmd=0.9, scale=scale)
    assert row.scores.reference_id == reference
    assert row.verdict.category is not None


@pytest.mark.parametrize("site", ["L1+L3", "L1-L3", "L1-L2", "L3-L4", "L1+L2+L4"])
def test_a_set_without_its_own_reference_has_no_t(person, site):
    row = labelled(site, person(), bmd=0.9)
    assert row.scores.t_score is None
    assert "no_t_reference" in row.scores.flags
    assert str(row.verdict.category) == "none"


@pytest.mark.parametrize(("site", "labels"), [("L2", False), ("L2-L3", True), ("L1+L3", True)])
def test_one_vertebra_gives_no_verdict_and_two_may(person, site, labels):
    row = labelled(site, person(), t=-3.0)
    assert (str(row.verdict.category) == "osteoporosis") is labels
    verdict = decide(person(), **{site: -3.0})
    assert (str(verdict.category) == "osteoporosis") is labels


# --- the lowest of three ----------------------------------------------------


@pytest.mark.parametrize(
    ("spine", "neck", "hip", "site", "word"),
    [
        (-2.5, -1.0, -1.0, "L1-L4", "osteoporosis"),
        (-2.4, -2.5, -1.0, "femoral-neck-left", "osteoporosis"),
        (-2.4, -1.0, -2.4, "L1-L4", "osteopenia"),
        (-1.0, -0.9, -1.1, "total-hip-right", "osteopenia"),
        (-1.0, -0.9, -0.8, "L1-L4", "normal"),
    ],
)
def test_the_lowest_of_spine_neck_and_total_hip_decides(person, spine, neck, hip, site, word):
    rows = {"L1-L4": spine, "femoral_neck_left": neck, "total_hip_right": hip}
    verdict = decide(person(), **rows)
    assert (verdict.deciding_site, str(verdict.category)) == (site, word)


@pytest.mark.parametrize("site", ["trochanter_left", "wards_right", "total_hip_mean", "total_body"])
def test_other_regions_and_means_decide_nothing(person, site):
    verdict = decide(person(), **{"L1-L4": -0.5, site: -4.0})
    assert (verdict.deciding_site, str(verdict.category)) == ("L1-L4", "normal")


# --- forearm ----------------------------------------------------------------


def known(fact, *facts):
    subject = Subject(patient_id="0012", sex="F", birth_date=date(1950, 1, 1))
    return person_at_exam(
        subject,
        Exam(exam_date=date(2020, 6, 1)),
        [fact("menopause", "natural", "2000-01-01"), *facts],
    )


def forearm(who):
    return decide(who, **{"L1-L4": -0.5, "total_hip_left": -0.5, "radius_33_left": -3.0})


def test_the_radius_does_not_decide_beside_spine_and_hip(fact):
    verdict = forearm(known(fact))
    assert (verdict.deciding_site, str(verdict.category)) == ("L1-L4", "normal")


@pytest.mark.parametrize(
    "reason",
    ["hyperparathyroidism", "over_table_limit", "spine_not_evaluable", "hip_not_evaluable"],
)
def test_a_fact_lets_the_radius_decide(fact, reason):
    verdict = forearm(known(fact, fact(reason, "yes", "2020-05-01")))
    assert (verdict.deciding_site, str(verdict.category)) == ("radius-33-left", "osteoporosis")
    assert "radius_allowed" in verdict.flags
    assert "radius_decides" not in verdict.flags


@pytest.mark.parametrize(
    "facts",
    [
        (("hyperparathyroidism", "no", "2020-05-01"),),
        (("hyperparathyroidism", "yes", "2020-06-02"),),  # the day after the exam
        (("hyperparathyroidism", "yes", "2019-05-01"), ("hyperparathyroidism", "no", "2020-05-01")),
        (("hyperparathyroidism", "yes", "2020-05-01"), ("hyperparathyroidism", "no", "2020-05-01")),
    ],
    ids=["denied", "later", "withdrawn", "both"],
)
def test_a_fact_that_does_not_hold_lets_nothing(fact, facts):
    verdict = forearm(known(fact, *(fact(*f) for f in facts)))
    assert verdict.deciding_site == "L1-L4"


def test_a_fact_on_the_day_of_the_exam_or_without_a_date_holds(fact):
    for day in ("2020-06-01", None):
        assert forearm(known(fact, fact("over_table_limit", "yes", day))).deciding_site == (
            "radius-33-left"
        )


@pytest.mark.parametrize(
    ("reason", "left", "site"),
    [
        ("spine_not_evaluable", {"L1-L4": -4.0, "total_hip_left": -1.5}, "total-hip-left"),
        ("hip_not_evaluable", {"L1-L4": -1.5, "total_hip_left": -4.0}, "L1-L4"),
        ("hip_not_evaluable", {"L1-L4": -1.5, "femoral_neck": -4.0}, "L1-L4"),
    ],
)
def test_a_site_that_a_person_judged_not_evaluable_decides_nothing(fact, reason, left, site):
    verdict = decide(known(fact, fact(reason, "yes", "2020-05-01")), **left)
    assert (verdict.deciding_site, str(verdict.category)) == (site, "osteopenia")
    assert "site_not_evaluable" in verdict.flags


def test_the_radius_decides_where_there_is_nothing_else(fact):
    verdict = decide(known(fact), radius_33_left=-3.0)
    assert verdict.deciding_site == "radius-33-left"
    assert "radius_decides" in verdict.flags
