"""What a person states is held against the numbers beside it.

Expected T: the Hologic mean and SD of L1-L4 of the bundled table (1.047, 0.110 g/cm2),
(0.873 - 1.047)/0.110 = -1.58.
"""

from __future__ import annotations

import pytest

from bonescan.errors import UsageError
from bonescan.model.confirmation import Confirmation, Decision
from bonescan.model.exam import Device
from bonescan.model.outcome import Outcome
from bonescan.model.reading import Reading
from bonescan.model.vocabulary import OutcomeKind
from bonescan.norms.load import load_norms
from bonescan.store.results import StoredContent
from bonescan.workflows.confirm_checks import check_decisions
from bonescan.workflows.confirmed import apply, settled_by

SHA = "0" * 64


def reading(quantity, value, proof=""):
    return Reading(
        site="L1-L4", region_text="Total", quantity=quantity, text=f"{value}", value=value,
        unit={"bmd": "g/cm2", "bmc": "g", "area": "cm2"}.get(quantity, ""),
        carrier="burned-in", proof=proof, crop_png=b"\x89PNG",
    )  # fmt: skip


def content(**more):
    numbers = {"bmd": 0.873, "t": -1.6} | more
    readings = tuple(reading(q, v) for q, v in numbers.items())
    outcome = Outcome(
        kind=OutcomeKind.NEEDS_REVIEW, carrier="burned-in", code="BS-W450", reason="open",
        device=Device(maker="hologic"), readings=readings,
    )  # fmt: skip
    return StoredContent(
        sha256=SHA, size_bytes=1, first_run_id=1, outcome=outcome, work_key="w", files=("page.dcm",)
    )


def line(quantity, value, again="", what="correct"):
    decision = Confirmation(
        sha256=SHA, site="L1-L4", quantity=quantity, value=value, decision=Decision(what), who="RT"
    )
    return ("line 7", decision, again)


def check(*lines, **numbers):
    check_decisions(lines, [content(**numbers)], [], load_norms(None))


@pytest.mark.parametrize("t", [-1.5, -1.6, -1.7])
def test_a_t_within_rounding_of_its_bmd_is_taken(t):
    check(line("t", t))


@pytest.mark.parametrize("t", [-2.6, 1.6, -1.8, -1.3])
def test_a_t_against_its_bmd_is_refused_unless_typed_again(t):
    with pytest.raises(UsageError, match=r"line 7: L1-L4 t .*contradicts the BMD 0.873") as refused:
        check(line("t", t))
    assert refused.value.code == "BS-E454"
    with pytest.raises(UsageError, match="contradicts"):
        check(line("t", t, again="-1.6"))
    check(line("t", t, again=f"{t}"))


def test_the_bmd_decided_in_the_same_table_counts():
    check(line("bmd", 0.761, again="0.761"), line("t", -2.6))


def test_a_bmd_against_bmc_and_area_is_refused_unless_typed_again():
    with pytest.raises(UsageError, match="contradicts the BMC and area"):
        check(line("bmd", 0.783), bmc=52.38, area=60.0)
    check(line("bmd", 0.783, again="0.783"), bmc=52.38, area=60.0)
    check(line("bmd", 0.873), bmc=52.38, area=60.0)


def test_a_rejection_contradicts_nothing():
    check(line("t", None, what="reject"))


def test_a_stored_decision_that_can_not_be_applied_leaves_its_number_open():
    decisions = [line("t", -22.0)[1], line("bmd", 0.873, what="confirm")[1]]
    stored = content().outcome
    assert settled_by(stored, decisions) == {("L1-L4", "bmd")}
    after = apply(stored, decisions)
    assert after.kind is OutcomeKind.NEEDS_REVIEW
    assert [m.reported_t_score for m in after.measurements] == [None]
    assert [p.code for p in after.problems] == ["BS-W451"]
    assert [(r.decision, r.decided_by) for r in after.readings] == [("confirm", "RT"), ("", "")]
