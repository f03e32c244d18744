"""Fractures as outcomes: kept with who judged them, listed, counted, never analysed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bonescan.workflows.facts_store import stored_facts

from .test_pop_verbs import Verb, at, enrolled, study

__all__ = ["study"]


def status(verb: Verb, out: Path, on: str) -> dict[str, Any]:
    code, text, err = verb("pop", "status", out, "--on", on, "--json")
    assert code == 0, err
    return dict(json.loads(text)["data"]["fractures"])


def broken(verb: Verb, out: Path, *words: str) -> tuple[int, str, str]:
    return verb("pop", "fracture", out, "--patient", "007", "--date", at(30), *words)


def test_a_fracture_is_listed_counted_and_said_to_be_underpowered(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723), (at(37), 0.709))
    name = enrolled(verb, out)
    assert status(verb, out, at(38))["n_events"] == 0
    assert broken(verb, out, "--site", "vertebral", "--trauma", "none")[0] == 0
    code, _, err = broken(
        verb, out, "--site", "vertebral", "--trauma", "none", "--imaging", "MRI; T12 compressed",
        "--adjudicated", "Dr Lin 2025-09-01",
    )  # fmt: skip
    assert code == 0, err
    found = status(verb, out, at(38))
    assert (found["n_events"], found["n_adjudicated"]) == (1, 1)  # told twice, broken once
    assert found["by_trauma"] == {"none": 1, "light": 0, "other": 0}
    assert found["underpowered"] is True
    assert "1 fracture events: underpowered" in verb("pop", "status", out, "--on", at(38))[1]
    assert status(verb, out, at(29))["n_events"] == 0  # not yet
    page = tmp_path / "p.html"
    for lang, word in (("en", "Underpowered"), ("zh-TW", "檢定力不足")):
        verb("pop", "report", out, "--patient", name, "-o", page, "--on", at(38), "--lang", lang)
        text = page.read_text(encoding="utf-8")
        assert word in text
        assert "MRI, T12 compressed" in text
        assert "Dr Lin 2025-09-01" in text
        assert f"T1 {at(12)}, T3 {at(37)}" in text


@pytest.mark.parametrize(
    ("trauma", "fact"),
    [("none", "fragility_fracture"), ("light", "fragility_fracture"), ("other", "other_fracture")],
)
def test_guidance_hears_of_it_by_its_trauma(
    study: Callable[..., Path], verb: Verb, trauma: str, fact: str
) -> None:
    out = study((at(12), 0.723))
    assert broken(verb, out, "--site", "rib", "--trauma", trauma)[0] == 0
    assert {f.fact for f in stored_facts(out)} == {"fracture_event", fact}


@pytest.mark.parametrize(("site", "trauma"), [("toe-nail", "none"), ("rib", "hammer")])
def test_what_cannot_be_is_refused(
    study: Callable[..., Path], verb: Verb, site: str, trauma: str
) -> None:
    out = study((at(12), 0.723))
    code, _, err = broken(verb, out, "--site", site, "--trauma", trauma)
    assert code == 2
    assert "BS-E449" in err
    assert not stored_facts(out)
