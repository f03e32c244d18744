"""The script that makes the bundled model, and what the model does with people it never saw.

Simulator, analysis and model share our assumptions: these figures test the
software and say nothing about any accuracy on real exams.
"""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.model.rems_model import FEMORAL_NECK, LUMBAR_SPINE
from bonescan.rems.predict import estimate_site
from bonescan.rems.spectra import pooled
from bonescan.simulate.people import draw_people
from bonescan.stats.correlation import pearson
from bonescan.workflows import build_demo_model as demo


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
