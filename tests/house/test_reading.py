"""Readings travel inside outcomes: through the store's codec and back, crops and parts included."""

from __future__ import annotations

from bonescan.model.outcome import Outcome
from bonescan.model.reading import Reading
from bonescan.model.vocabulary import OutcomeKind
from bonescan.store.codec import decode, encode


def test_readings_and_parts_survive_the_store() -> None:
    reading = Reading(
        site="L1",
        region_text="L1",
        quantity="bmd",
        text="0,930",
        value=0.93,
        unit="g/cm2",
        carrier="burned-in",
        place="page 1, box 120,44,38,12",
        crop_png=b"\x89PNG\r\n",
    )
    part = Outcome(kind=OutcomeKind.REPORTED, readings=(reading,))
    whole = Outcome(kind=OutcomeKind.REPORTED, parts=(part,))
    assert decode(Outcome, encode(whole)) == whole
    assert whole.to_dict()["parts"][0]["readings"][0]["crop_png"] == len(b"\x89PNG\r\n")
