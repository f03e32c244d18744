"""What the analysis says of simulated faults: flagged, rejected, or rightly not disturbed."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.rems.features import site_features
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.rems.quality import LOW_SNR_DB, exam_remarks
from bonescan.simulate.artefact import ARTEFACTS, NO_ARTEFACT
from bonescan.simulate.cohort import CohortExam, simulate_exam
from bonescan.simulate.population import draw_population
from bonescan.simulate.stress import STRESSES
from bonescan.workflows.build_demo_model import FORM, InMemory, site_of

PEOPLE = draw_population(3, 11)


def exams(name):
    for person in PEOPLE:
        what = CohortExam(person=person, region="lumbar", seed=11)
        yield simulate_exam(what, STRESSES["none"], ARTEFACTS.get(name, NO_ARTEFACT))[0]


def verdict(exam):
    """Flags that the samples alone set, or the reason of the refusal."""
    try:
        measured = measure_site(look_at_site(InMemory(exam=exam), site_of(exam)), FORM)
    except UnusableScan as refusal:
        return {refusal.code, refusal.reason}, None
    return {remark.flag for remark in exam_remarks(measured)}, measured


def surface_error_mm(exam, measured):
    per_mm = 2e-3 / exam.c_m_s * exam.fs_hz
    true = (exam.surface_m - exam.t0_s * exam.c_m_s / 2) * 1e3 * per_mm
    return float(np.nanmedian(np.abs(measured.looked.surfaces.sample - true))) / per_mm


def test_without_a_fault_nothing_is_said_and_the_surface_is_found():
    for exam in exams(""):
        flags, measured = verdict(exam)
        assert flags == set()
        assert surface_error_mm(exam, measured) < 0.2


@pytest.mark.parametrize(
    ("name", "flag"),
    [("gas-shadow", "gas_shadow"), ("tilt", "steep_incidence"), ("saturation", "saturated")],
)
def test_the_fault_is_named(name, flag):
    for exam in exams(name):
        flags, measured = verdict(exam)
        assert flag in flags or measured is None


def test_two_surfaces_alike_are_refused():
    for exam in exams("double-surface"):
        flags, measured = verdict(exam)
        assert measured is None
        assert any("two surfaces alike" in word for word in flags)


def test_a_depth_outside_the_body_region_is_refused_and_any_other_is_believed():
    """The samples can't tell that the time zero is wrong; the range of depths can."""
    for exam in exams("wrong-depth"):
        flags, measured = verdict(exam)
        apparent_mm = 1e3 * float(np.median(exam.surface_m)) + 65.0
        if apparent_mm > 140.0:
            assert "BS-E160" in flags
        else:
            assert measured.looked.depth_mm == pytest.approx(apparent_mm, abs=0.5)


def test_noise_is_seen_as_a_lack_of_signal():
    for exam in exams("low-snr"):
        _, measured = verdict(exam)
        assert measured is None or site_features(measured.spectra, FORM).snr_db < LOW_SNR_DB


def test_the_wall_of_an_aorta_is_not_taken_for_the_bone():
    for exam in exams("calcified-aorta"):
        flags, measured = verdict(exam)
        assert measured is None or flags or surface_error_mm(exam, measured) < 0.5


def test_an_osteophyte_takes_lines_away():
    """Its flanks are steep: fewer groups of lines remain, and none where the bump is hidden."""
    for with_bump, without in zip(exams("osteophyte"), exams(""), strict=True):
        flags, measured = verdict(with_bump)
        _, usual = verdict(without)
        fewer = measured is None or measured.spectra.n_groups < usual.spectra.n_groups
        assert flags or fewer
