"""The script that makes the bundled model, and what the model does with people it never saw.

Simulator, analysis and model share our assumptions: these figures test the
software and say nothing about any accuracy on real exams.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.files.model_file import load_model, person_hash
from bonescan.model.rems_model import FEMORAL_NECK, LUMBAR_SPINE
from bonescan.rems.predict import estimate_site
from bonescan.rems.spectra import pooled
from bonescan.simulate.bone import bone_of
from bonescan.simulate.exam import simulate_rf
from bonescan.simulate.people import draw_people
from bonescan.stats.correlation import pearson
from bonescan.workflows import build_demo_model as demo

from .phantoms import made_up_exam


def test_the_cohort_is_that_of_the_seed() -> None:
    one, two = demo.draw_cohort(40, 3), demo.draw_cohort(40, 3)
    assert one == two
    assert len({p.person_id for p in one}) == 40
    assert demo.draw_cohort(40, 4) != one


def test_the_cohort_has_both_sexes_and_all_ages() -> None:
    people = demo.draw_cohort(200, 1)
    assert {p.sex for p in people} == {"F", "M"}
    assert min(p.age_years for p in people) < 30
    assert sum(p.age_years >= 55 for p in people) == 140
    assert max(p.bmi_kg_m2 for p in people) <= demo.BMI_RANGE[1]


@pytest.mark.parametrize("site", [FEMORAL_NECK, LUMBAR_SPINE])
def test_an_exam_of_the_cohort_is_reproducible(site) -> None:
    person = demo.draw_cohort(2, 5)[0]
    one, two = (demo.simulate_training_exam(person, site, 5) for _ in range(2))
    assert one is not None
    assert one.dxa_bmd_g_cm2 == two.dxa_bmd_g_cm2
    np.testing.assert_array_equal(one.parts[0].power, two.parts[0].power)
    assert len(one.parts) == (1 if site == FEMORAL_NECK else 4)


def test_the_form_is_that_of_the_specification() -> None:
    assert demo.FORM.gate_start_mm[:2] == (1.5, 4.0)
    assert demo.FORM.gate_length_m == pytest.approx(2.464e-3)  # 128 samples at 40 MHz
    assert demo.FORM.group_size == 10
    assert demo.FORM.frequency_hz[0] == 1562500.0


def test_the_bundled_model_was_made_with_this_form(bundled) -> None:
    for name in ("fs_hz", "window", "gate_samples", "gate_start_mm", "group_lines"):
        assert getattr(bundled.form, name) == getattr(demo.FORM, name)
    np.testing.assert_array_equal(bundled.form.frequency_hz, demo.FORM.frequency_hz)
    assert bundled.devices == (demo.DEVICE,)


@pytest.mark.slow
def test_people_of_another_seed_are_estimated_as_the_model_promises(bundled) -> None:
    """Bands are wide: 16 people leave an SD of about 0.07 in r and 18 % in SEE.

    A prototype reached r 0.84 and SEE 0.063 to 0.072 g/cm2 (femoral neck, its
    own seeds); below r 0.65 or above SEE 0.105 something is broken.
    """
    site = bundled.for_site(FEMORAL_NECK)
    people = draw_people(16, 31337, age_years=(30.0, 85.0), bmi_kg_m2=demo.BMI_RANGE)
    exams = [demo.simulate_training_exam(p, FEMORAL_NECK, 31337) for p in people]
    usable = [e for e in exams if e is not None]
    assert len(usable) >= 14
    estimates = [
        estimate_site(pooled(list(e.parts)), site, bundled.form, corrected=True) for e in usable
    ]
    found = np.array([e.bmd_g_cm2 for e in estimates])
    dxa = np.array([e.dxa_bmd_g_cm2 for e in usable])
    u = np.array([e.uncertainty.total_g_cm2 for e in estimates])
    assert pearson(found, dxa) > 0.65
    assert np.std(found - dxa) < 0.105
    assert abs(np.mean(found - dxa)) < 0.05
    assert np.mean(np.abs(found - dxa) < 2.0 * u) >= 0.75


@pytest.fixture
def made_up_cohort(monkeypatch):
    """Stand in for the simulation: exams by a planted law, two vertebrae at the spine."""

    def exam(person, site, seed):
        i = int(person.person_id.rsplit("-", 1)[1]) + (500 if person.age_years < 55 else 0)
        made = made_up_exam(i, 11)
        if site == LUMBAR_SPINE:  # the scale of the spine: 1.047 where the neck has 0.849
            spine = made.dxa_bmd_g_cm2 + 0.198
            made = dataclasses.replace(made, parts=made.parts * 2, dxa_bmd_g_cm2=spine)
        return dataclasses.replace(made, person_id=person.person_id)

    monkeypatch.setattr(demo, "simulate_training_exam", exam)


def test_the_script_writes_a_model_that_loads(made_up_cohort, tmp_path, capsys) -> None:
    path = tmp_path / "demo.h5"
    assert demo.main(["-o", str(path), "--seed", "3", "--people", "200"]) == 0
    model = load_model(path)
    assert model.simulated
    assert len(model.person_hashes) == 200
    assert model.for_site("L1-L4").vertebra_sd_g_cm2 is not None
    printed = capsys.readouterr().out
    assert model.model_id in printed
    assert "covariates-only" in printed


def test_the_hashes_know_the_people_of_the_cohort(made_up_cohort) -> None:
    model = demo.build(200, 3)
    person = demo.draw_cohort(200, 3)[7]
    assert person_hash(model.person_salt, person.person_id, None) in model.person_hashes
    assert person_hash(model.person_salt, "somebody else", None) not in model.person_hashes


def test_an_exam_without_bone_is_left_out(monkeypatch) -> None:
    def nothing(*_, **__):
        raise UnusableScan("BS-E160", "found no bone surface.")

    monkeypatch.setattr(demo, "measure_site", nothing)
    person = demo.draw_cohort(2, 5)[0]
    assert demo.simulate_training_exam(person, FEMORAL_NECK, 5) is None


def test_samples_are_those_of_the_one_site() -> None:
    exam = simulate_rf(
        bone_of(demo.draw_cohort(2, 5)[0], "L1", np.random.default_rng(1)),
        "L1", np.random.default_rng(1), 2, 16,
    )  # fmt: skip
    source = demo.InMemory(exam=exam)
    assert len(list(source.frames("L1"))) == 2
    with pytest.raises(KeyError, match="L2"):
        source.block("L2")
