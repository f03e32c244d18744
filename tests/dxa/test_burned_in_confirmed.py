"""Decisions of people: what they change in an outcome, and what they can't."""

from __future__ import annotations

import pytest

from bonescan.model.confirmation import Confirmation, Decision
from bonescan.model.exam import Device
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome
from bonescan.model.reading import Reading
from bonescan.model.sites import vertebrae_of
from bonescan.model.vocabulary import Origin, OutcomeKind, Technique
from bonescan.workflows.confirmed import apply


def reading(site, quantity, value, proof="", text=None):
    return Reading(
        site=site,
        region_text=site,
        quantity=quantity,
        text=f"{value}" if text is None else text,
        value=value,
        unit="g/cm2" if quantity == "bmd" else "",
        carrier="burned-in",
        proof=proof,
        crop_png=b"\x89PNG",
    )


def decision(site, quantity, what, value=None):
    return Confirmation(
        sha256="0" * 64, site=site, quantity=quantity, value=value, decision=Decision(what),
        who="RT", reason="seen", at="2024-03-15T10:00:00+00:00",
    )  # fmt: skip


def vertebra(site, area, bmc, **more):
    return Measurement(
        technique=Technique.DXA, origin=Origin.REPORTED, site=site, bmd_g_cm2=bmc / area,
        bmc_g=bmc, area_cm2=area, vertebrae_used=vertebrae_of(site), scale="hologic", **more,
    )  # fmt: skip


PAGE = Outcome(
    kind=OutcomeKind.NEEDS_REVIEW,
    carrier="burned-in",
    code="BS-W450",
    reason="open",
    device=Device(maker="hologic"),
    readings=(reading("L1-L4", "bmd", 0.873), reading("L1-L4", "t", None, text="-?.5")),
)


def test_a_confirmed_number_becomes_a_measurement_that_says_so():
    after = apply(PAGE, [decision("L1-L4", "bmd", "confirm", 0.873)])
    (m,) = after.measurements
    assert (m.site, m.bmd_g_cm2, m.reported_t_score) == ("L1-L4", 0.873, None)
    assert (m.technique, m.origin, m.scale) == (Technique.DXA, Origin.REPORTED, "hologic")
    assert "confirmed_by_person" in m.flags
    assert [r.proof for r in after.readings] == ["person", ""]
    assert after.kind is OutcomeKind.NEEDS_REVIEW  # the T is still open


def test_the_review_ends_when_everything_was_decided():
    after = apply(
        PAGE,
        [decision("L1-L4", "bmd", "confirm", 0.873), decision("L1-L4", "t", "correct", -1.5)],
    )
    assert (after.kind, after.code, after.reason) == (OutcomeKind.REPORTED, "", "")
    assert after.measurements[0].reported_t_score == -1.5
    assert after.site == "L1-L4"


def test_an_unread_number_can_be_corrected_but_not_confirmed():
    after = apply(PAGE, [decision("L1-L4", "t", "confirm", -1.5)])
    assert after.measurements == ()
    assert [p.code for p in after.problems] == ["BS-W451"]


def test_a_confirmation_of_another_number_than_is_read_now_is_not_applied():
    after = apply(PAGE, [decision("L1-L4", "bmd", "confirm", 0.878)])
    assert after.measurements == ()
    assert "another number" in after.problems[0].reason


@pytest.mark.parametrize(
    ("site", "quantity", "value"),
    [("L9", "bmd", 0.9), ("L1", "width", 1.0), ("L1", "bmd", 873.0), ("L1", "bmd", None)],
)
def test_a_correction_that_can_not_be_true_is_not_applied(site, quantity, value):
    after = apply(PAGE, [decision(site, quantity, "correct", value)])
    assert after.measurements == ()
    assert [p.code for p in after.problems] == ["BS-W451"]


def test_a_number_typed_in_for_an_unread_row_is_a_reading_of_a_person():
    after = apply(PAGE, [decision("total-hip-left", "bmd", "correct", 0.801)])
    assert after.readings[-1].proof == "person"
    assert (after.measurements[0].site, after.measurements[0].bmd_g_cm2) == (
        "total-hip-left",
        0.801,
    )


def test_the_last_decision_about_one_thing_counts():
    after = apply(
        PAGE,
        [decision("L1-L4", "bmd", "confirm", 0.873), decision("L1-L4", "bmd", "correct", 0.878)],
    )
    assert [m.bmd_g_cm2 for m in after.measurements] == [0.878]
    assert after.readings[0].text == "0.878"


def test_rejected_numbers_are_taken_off_and_end_the_review():
    one = apply(
        PAGE, [decision("L1-L4", "bmd", "confirm", 0.873), decision("L1-L4", "t", "reject")]
    )
    assert one.kind is OutcomeKind.REPORTED
    assert one.measurements[0].reported_t_score is None
    none = apply(PAGE, [decision("L1-L4", "bmd", "reject"), decision("L1-L4", "t", "reject")])
    assert (none.kind, none.measurements) == (OutcomeKind.NO_NUMBERS, ())


def test_a_rems_page_gives_the_technique_rems():
    page = Outcome(
        kind=OutcomeKind.NEEDS_REVIEW, code="BS-W450", device=Device(maker="echolight"),
        readings=(reading("femoral-neck-left", "t", -2.1),),
    )  # fmt: skip
    (m,) = apply(page, [decision("femoral-neck-left", "t", "confirm", -2.1)]).measurements
    assert (m.technique, m.scale, m.reported_t_score) == (Technique.REMS, None, -2.1)


def test_a_confirmed_density_ends_the_doubt_about_it():
    doubt = vertebra("L1", 12.0, 10.0, scores_allowed=False, flags=("arithmetic_mismatch", "x"))
    page = Outcome(
        kind=OutcomeKind.NEEDS_REVIEW, code="BS-W211", measurements=(doubt,),
        readings=(reading("L1", "bmd", 0.9),),
    )  # fmt: skip
    after = apply(page, [decision("L1", "bmd", "confirm", 0.9)])
    (m,) = after.measurements
    assert m.scores_allowed
    assert m.flags == ("x", "confirmed_by_person")
    assert after.kind is OutcomeKind.NEEDS_REVIEW  # other contradictions may remain


def test_nothing_decided_changes_nothing():
    assert apply(PAGE, []) is PAGE


SPINE = Outcome(
    kind=OutcomeKind.REPORTED,
    measurements=(
        vertebra("L1", 11.0, 9.0),
        vertebra("L2", 12.0, 10.0),
        vertebra("L3", 14.0, 16.0, flags=("vertebra_discordant",)),
        vertebra("L4", 15.0, 12.0),
        vertebra("L1-L4", 52.0, 47.0, reported_t_score=-1.3, flags=("vertebra_discordant",)),
    ),
)


def by_site(outcome):
    return {m.site: m for m in outcome.measurements}


def test_an_excluded_vertebra_leaves_the_sum_of_the_others():
    after = by_site(apply(SPINE, [decision("L3", "exclude-vertebra", "confirm")]))
    total = after["L1+L2+L4"]
    assert total.bmd_g_cm2 == pytest.approx(31.0 / 38.0, rel=1e-12)  # (9+10+12)/(11+12+15)
    assert (total.bmc_g, total.area_cm2) == (31.0, 38.0)
    assert total.vertebrae_used == ("L1", "L2", "L4")
    assert total.reported_t_score is None
    assert total.flags == ("vertebra_excluded_by_person",)
    assert total.scores_allowed
    assert not after["L1-L4"].scores_allowed
    assert after["L1-L4"].reported_t_score == -1.3  # kept for the record
    assert not after["L3"].scores_allowed
    assert after["L2"].scores_allowed


def test_two_vertebrae_are_enough_and_one_is_not():
    two = [decision(v, "exclude-vertebra", "confirm") for v in ("L3", "L4")]
    assert by_site(apply(SPINE, two))["L1-L2"].bmd_g_cm2 == pytest.approx(19.0 / 23.0, rel=1e-12)
    three = [*two, decision("L2", "exclude-vertebra", "confirm")]
    after = apply(SPINE, three)
    assert after.measurements == SPINE.measurements
    assert [p.code for p in after.problems] == ["BS-W451"]


def test_a_rejected_exclusion_changes_nothing():
    after = apply(SPINE, [decision("L3", "exclude-vertebra", "reject")])
    assert after.measurements == SPINE.measurements


def test_without_the_parts_nothing_is_recomputed():
    bare = Outcome(kind=OutcomeKind.REPORTED, measurements=(vertebra("L1-L4", 52.0, 47.0),))
    after = apply(bare, [decision("L3", "exclude-vertebra", "confirm")])
    assert after.measurements == bare.measurements
    assert [p.code for p in after.problems] == ["BS-W451"]
