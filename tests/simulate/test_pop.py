"""Simulated pregnancies: what was put in comes out, and what a precision can show."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.simulate.pop import SPREADS_PERCENT, PopDesign, simulate_pop, true_changes_percent
from bonescan.stats.pop_power import detectability
from bonescan.workflows.pop_cohort import cohort_of_file
from bonescan.workflows.simulate_pop import write_pop

Verb = Callable[..., tuple[int, str, str]]


def test_the_analysis_finds_what_was_put_in(tmp_path: Path) -> None:
    """True means, device shift and precision lie inside their intervals."""
    design = PopDesign(n_women=300, precision_percent=0.5, device_shift_g_cm2=0.02)
    write_pop(tmp_path / "pop", design, seed=11)
    report = cohort_of_file(tmp_path / "pop" / "cohort.csv")
    assert not report.problems
    with (tmp_path / "pop" / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    true = {(r["woman_id"], r["visit"]): float(r["true_bmd"]) for r in rows}
    for contrast in report.model.contrasts:
        pairs = [(v, true[w, "T1"]) for (w, visit), v in true.items() if visit == contrast.visit]
        mean = float(np.mean([b - a for b, a in pairs]))
        assert contrast.lo - 0.001 < mean < contrast.hi + 0.001
    device = report.model.terms["device_B"]
    assert device["lo"] < 0.02 < device["hi"]
    assert report.precision.error_g_cm2 == pytest.approx(0.005 * 0.72, rel=0.15)


def test_without_spread_noise_is_all_that_differs() -> None:
    design = PopDesign(n_women=200, missing=(0.0, 0.0, 0.0, 0.0), repeats=1.0, second_device=0.0)
    rows = simulate_pop(design, 3)
    assert len(rows) == 200 * 4 * 2
    left = [100.0 * (r.fn_bmd / r.true_bmd - 1.0) for r in rows]
    assert np.std(left) == pytest.approx(0.6, rel=0.06)
    assert {r.device for r in rows} == {"A"}


def test_weeks_lie_in_the_windows_and_days_rise() -> None:
    for row in simulate_pop(PopDesign(n_women=150), 5):
        if row.visit == "T1":
            assert row.gestational_week is not None
            assert 11.0 <= row.gestational_week < 14.0
            assert row.days_since_t1 == 0
        elif row.visit == "T3":
            assert row.gestational_week is not None
            assert 30.0 <= row.gestational_week < 39.0
        else:
            assert row.postpartum_week is not None
            assert row.postpartum_week >= 22.0


def test_the_wide_spread_has_the_printed_share_of_gainers() -> None:
    """28 of 164 women gained (Arechavaleta-Velasco 2025)."""
    wide = true_changes_percent(200_000, "wide", 1)
    assert np.mean(wide > 0.0) == pytest.approx(28 / 164, abs=0.005)
    narrow = true_changes_percent(200_000, "narrow", 1)
    assert np.mean(narrow > 0.0) == pytest.approx(0.0008, abs=0.0004)


@pytest.mark.parametrize("precision", [0.33, 1.0, 1.93])
@pytest.mark.parametrize("spread", sorted(SPREADS_PERCENT))
def test_what_shows_is_what_a_simulation_shows(precision: float, spread: str) -> None:
    found = detectability(precision, -1.9, SPREADS_PERCENT[spread])
    rng = np.random.default_rng(2)
    true = true_changes_percent(100_000, spread, 1)
    measured = true + precision * (rng.normal(size=true.size) - rng.normal(size=true.size))
    lsc = 2.77 * precision
    assert found.share_shown == pytest.approx(np.mean(measured <= -lsc), abs=0.006)
    assert found.share_gain_shown == pytest.approx(np.mean(measured >= lsc), abs=0.006)
    assert found.share_measured_gain == pytest.approx(np.mean(measured > 0), abs=0.006)
    assert found.mean_is_shown is (precision == 0.33)


def test_scans_averaged_are_a_better_precision() -> None:
    assert detectability(1.0, -1.9, 0.6, n_scans=4) == dataclasses.replace(
        detectability(0.5, -1.9, 0.6), precision_percent=1.0
    )
    assert detectability(1.0, 0.0, 0.6).n_women_mean is None
    with pytest.raises(ValueError, match="that can't be"):
        detectability(0.0, -1.9, 0.6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_women": 0}, "found 0 women"),
        ({"repeats": 1.1}, "share outside 0 to 1"),
        ({"precision_percent": 0.0}, "precision of 0"),
        ({"spread": "huge"}, "spread 'huge'"),
    ],
)
def test_a_design_that_can_not_be_is_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    design = dataclasses.replace(PopDesign(n_women=3), **change)
    with pytest.raises(UsageError, match=words):
        write_pop(tmp_path / "pop", design, 1)


def test_the_verb_writes_and_says_what_shows(tmp_path: Path, verb: Verb) -> None:
    out = tmp_path / "pop"
    words = ("simulate", "pop", "-o", out, "--n", "20", "--seed", "4", "--precision", "0.33")
    code, text, _ = verb(*words, "--json")
    data = json.loads(text)["data"]
    assert code == 0
    assert data["simulated"] is True
    assert data["detectability"]["narrow"]["mean_is_shown"] is True
    first = (out / "cohort.csv").read_bytes()
    assert b"true" not in first
    assert verb(*words)[0] == 2  # the folder is not empty
    again = tmp_path / "again"
    code, text, _ = verb("simulate", "pop", "-o", again, "--n", "20", "--seed", "4", "--precision",
                         "0.33")  # fmt: skip
    assert (again / "cohort.csv").read_bytes() == first
    assert "virtual women" in text
    assert verb("simulate", "pop", "-o", tmp_path / "x", "--missing", "0,1")[0] == 2


def test_a_folder_that_can_not_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bonescan.workflows.simulate_pop.write_atomically", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        write_pop(tmp_path / "pop", PopDesign(n_women=2), 1)
