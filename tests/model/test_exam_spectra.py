"""Which exams can be learnt from, and what is divided out of their spectra."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.files.calibration import Calibration
from bonescan.files.rf_exam import open_rf_exam
from bonescan.rems.training.exam_spectra import training_spectra
from bonescan.workflows.simulate_cohort_spectra import table_of
from tests.rems.phantoms import FORM

from .cohorts import draw, write_exam

NECK = "femoral-neck-left"
SPINE = ("L1", "L2", "L3", "L4")


def scan_of(folder: Path, sites: tuple[str, ...], n_groups: int):
    (woman,) = draw(1, 5)
    write_exam(folder / "e.h5", woman, list(sites), n_groups=n_groups)
    return open_rf_exam(folder / "e.h5")


@pytest.mark.parametrize(("groups", "enough"), [(10, True), (9, False)])
def test_the_groups_of_all_vertebrae_count_together(tmp_path, groups: int, enough: bool) -> None:
    scan = scan_of(tmp_path, SPINE, groups)
    if enough:
        assert len(training_spectra(scan, "L1-L4", FORM).parts) == 4
    else:
        with pytest.raises(UnusableScan, match="found 36 averaged spectra of 4 parts") as caught:
            training_spectra(scan, "L1-L4", FORM)
        assert caught.value.code == "BS-E161"


def test_one_vertebra_out_of_several_is_too_few(tmp_path) -> None:
    scan = scan_of(tmp_path, SPINE, 60)
    other = replace(scan.sites[0], fs_hz=20e6)  # refused by its sampling rate
    two = replace(scan, sites=(other, replace(other, site="L2"), *scan.sites[2:]))
    assert len(training_spectra(two, "L1-L4", FORM).parts) == 2
    one = replace(two, sites=(*two.sites[:2], replace(other, site="L3"), scan.sites[3]))
    with pytest.raises(UnusableScan, match=r"of 1 parts, wanted at least 40 of 2.* 20 MHz"):
        training_spectra(one, "L1-L4", FORM)


def test_the_only_site_refused_says_why(tmp_path) -> None:
    scan = scan_of(tmp_path, (NECK,), 60)
    other = replace(scan, sites=(replace(scan.sites[0], fs_hz=20e6),))
    with pytest.raises(UnusableScan, match="sampling rate of 20 MHz") as caught:
        training_spectra(other, NECK, FORM)
    assert caught.value.code == "BS-E162"


# ------------------------------------------------------------------ calibration


def calibration(name: str = "probe-1", slope_db_mhz: float = -2.0) -> Calibration:
    """A device whose response falls by so many dB a MHz."""
    f = np.arange(1.0e6, 6.01e6, 0.05e6)
    power = 10.0 ** (slope_db_mhz * (f - f[0]) / 1e6 / 10.0)
    return Calibration(
        calibration_id=name, kind="plate", frequency_hz=f, power=power, fs_hz=40e6,
        window="hann", gate_samples=128, c_m_s=1480.0, n_lines=100, depth_first_m=0.05,
        depth_last_m=0.05, depth_spread_db=None, attenuation_db_cm_mhz=0.0022,
        attenuation_exponent=2.0, backscatter_exponent=None, reflection_1=1.0,
    )  # fmt: skip


def named(scan, *names: str | None):
    """Let the sites of a scan name calibrations."""
    pairs = zip(scan.sites, names, strict=True)
    return replace(scan, sites=tuple(replace(s, calibration_id=n) for s, n in pairs))


def test_the_response_of_the_named_device_is_given_at_the_bins(tmp_path) -> None:
    scan = named(scan_of(tmp_path, (NECK,), 60), "probe-1")
    found = training_spectra(scan, NECK, FORM, [calibration()])
    want_db = -2.0 * (FORM.frequency_hz - 1.0e6) / 1e6
    np.testing.assert_allclose(found.system_db, want_db, atol=1e-9)
    assert training_spectra(scan, NECK, FORM).system_db is None


def test_an_exam_without_its_calibration_is_not_learnt_from(tmp_path) -> None:
    scan = scan_of(tmp_path, (NECK,), 60)
    for name in (None, "probe-2"):
        with pytest.raises(UnusableScan, match="at hand: 'probe-1'") as caught:
            training_spectra(named(scan, name), NECK, FORM, [calibration()])
        assert caught.value.code == "BS-E363"


def test_an_exam_of_two_devices_is_not_learnt_from(tmp_path) -> None:
    scan = named(scan_of(tmp_path, ("L1", "L2"), 60), "probe-1", "probe-2")
    with pytest.raises(UnusableScan, match="probe-1, probe-2 in one exam") as caught:
        training_spectra(scan, "L1-L4", FORM, [calibration(), calibration("probe-2")])
    assert caught.value.code == "BS-E363"


def test_stored_spectra_without_a_whole_group_are_too_few_spectra() -> None:
    spectra = SimpleNamespace(power=np.empty((7, 0, 38)))
    looked = SimpleNamespace(site=SimpleNamespace(site="L1"))
    with pytest.raises(UnusableScan, match=r"BS-E161 .*L1: found no group of lines"):
        table_of(SimpleNamespace(spectra=spectra, looked=looked), FORM)
