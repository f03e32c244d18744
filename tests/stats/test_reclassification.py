"""Net reclassification against R, and that its caveat travels with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bonescan.stats.classes import who_class
from bonescan.stats.reclassification import CAVEAT, net_reclassification

COUNTS = ["event_up", "event_down", "n_event", "nonevent_up", "nonevent_down", "n_nonevent"]


@pytest.mark.parametrize("site", ["ls", "fn"])
def test_both_halves_and_both_errors_are_those_of_r(
    site: str, table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    columns, want = table("rems_dxa_200"), expected("rems_dxa_200")[site]
    want = want["nri_dxa_to_rems_for_fracture"]
    rems, dxa = (
        who_class([float(t or "nan") for t in columns[f"{site}_{m}_t"]]) for m in ("rems", "dxa")
    )
    fracture = [v == "1" for v in columns["prior_fragility_fracture"]]
    found = net_reclassification(dxa, rems, fracture)
    assert [getattr(found, c) for c in COUNTS] == [want[c] for c in COUNTS]
    for name in ("nri_event", "nri_nonevent", "nri"):
        assert getattr(found, name).est == pytest.approx(want[name], rel=1e-8)
    assert found.se_pencina2008 == pytest.approx(want["se_pencina2008"], rel=1e-8)
    assert found.se_multinomial == pytest.approx(want["se_multinomial"], rel=1e-8)
    half = 1.959963984540054 * want["se_multinomial"]
    assert found.nri.hi == pytest.approx(want["nri"] + half, rel=1e-8)


def test_the_caveat_stands_beside_the_numbers() -> None:
    found = net_reclassification([0, 1], [1, 1], [True, False]).to_dict()
    assert found["caveat"] == CAVEAT
    assert "never the sum alone" in CAVEAT


@pytest.mark.parametrize("event", [True, False])
def test_without_one_of_the_outcomes_there_is_no_sum(event: bool) -> None:
    found = net_reclassification([0, 1, 2, 2], [1, 1, 1, -1], [event] * 4)
    assert (found.nri.est, found.se_multinomial, found.n_excluded) == (None, None, 1)
    assert found.nri.reason == "one of the two outcomes has nobody"
    here, there = (
        (found.nri_event, found.nri_nonevent) if event else (found.nri_nonevent, found.nri_event)
    )
    assert (here.est, there.est) == (0.0, None)


def test_nobody_moved_has_no_interval() -> None:
    found = net_reclassification([0, 1, 2], [0, 1, 2], [1, 0, 0])
    assert (found.nri.est, found.nri.lo) == (0.0, None)
    assert "nobody moved" in found.nri.reason


def test_what_makes_no_people_is_refused() -> None:
    with pytest.raises(ValueError, match="found 1, 2 and 2 rows"):
        net_reclassification([0], [0, 1], [1, 0])
    with pytest.raises(ValueError, match="outcomes other than 0 and 1"):
        net_reclassification([0, 1], [0, 1], [1, 2])
