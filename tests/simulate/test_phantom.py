"""A phantom and a plate show the pulse behind their own known spectrum."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.rf_exam import open_rf_exam
from bonescan.simulate.phantom import TARGETS, simulate_target
from bonescan.workflows import simulate_phantom as module
from bonescan.workflows.calibrate import CalibrationRequest, make_calibration
from bonescan.workflows.simulate_phantom import simulate_phantom


def request(kind, **changes):
    target = TARGETS[kind]
    said = {
        "kind": kind, "calibration_id": None, "site": None,
        "attenuation_db_cm_mhz": target.attenuation_db_cm_mhz,
        "attenuation_exponent": target.attenuation_exponent,
        "backscatter_exponent": target.backscatter_exponent,
        "reflection_1": target.reflection_1,
        "depth_first_m": 0.015 if kind == "phantom" else None,
        "depth_last_m": 0.050 if kind == "phantom" else None,
    }  # fmt: skip
    return CalibrationRequest(**{**said, **changes})


def pulse_db(frequency_hz):
    """Gaussian of 3.5 MHz, half the magnitude 1.05 MHz away: the closed form."""
    return 20 * np.log10(2.0) * -(((frequency_hz - 3.5e6) / 1.05e6) ** 2)


@pytest.mark.parametrize("kind", ["phantom", "plate"])
def test_a_calibration_made_from_it_is_the_pulse(kind, tmp_path):
    made = simulate_phantom(tmp_path / "scan.h5", kind, 3)
    found = make_calibration(tmp_path / "scan.h5", tmp_path / "cal.h5", request(kind))
    assert found.calibration_id == made.calibration_id == f"sim-{kind}-1"
    assert found.simulated is True
    band = np.abs(found.frequency_hz - 3.5e6) < 1.2e6
    away = 10 * np.log10(found.power) - pulse_db(found.frequency_hz)
    away -= away[band].mean()
    assert np.abs(away[band]).max() < 0.7


def test_attenuation_of_the_phantom_is_recovered_within_5_percent():
    """Log spectral difference: the level falls by 2 alpha f per centimetre."""
    content = simulate_target(TARGETS["phantom"], 5, "x")
    rf = content.sites[0].rf.reshape(-1, content.sites[0].rf.shape[2]).astype(float)
    window = np.sin(np.pi * (np.arange(128) + 0.5) / 128) ** 2
    starts = np.arange(100, 1900, 128)
    spectra = [np.abs(np.fft.rfft(rf[:, s : s + 128] * window, 512)) ** 2 for s in starts]
    f = np.fft.rfftfreq(512, 1 / 40e6)
    band = (f > 2e6) & (f < 4.5e6)
    level = 10 * np.log10([p.mean(axis=0)[band] for p in spectra])
    cm = (content.sites[0].t0_s + (starts + 64) / 40e6) * 1540 / 2 * 100
    per_cm = np.polyfit(cm, level, 1)[0]
    slope = -(f[band] / 1e6 @ per_cm) / (f[band] / 1e6 @ f[band] / 1e6) / 2
    assert slope == pytest.approx(0.5, rel=0.05)


def test_the_plate_stands_where_the_truth_says(tmp_path):
    simulate_phantom(tmp_path / "plate.h5", "plate", 3)
    with h5py.File(tmp_path / "plate.h5") as file:
        site = file["sites/unknown"]
        peak = np.abs(site["rf"][()].astype(float)).argmax(axis=2)
        depth = (site.attrs["t0_s"] + peak / site.attrs["fs_hz"]) * site.attrs["c_m_s"] / 2
        truth = dict(file["truth"].attrs)
    assert np.median(depth) == pytest.approx(0.04, abs=0.5e-3)
    assert truth["depth_first_m"] < depth.min() < depth.max() < truth["depth_last_m"]
    assert (truth["reflection_1"], truth["attenuation_exponent"]) == (0.94, 2.0)
    assert "backscatter_exponent" not in truth


def test_the_reader_takes_it_as_samples_of_an_unnamed_site(tmp_path):
    simulate_phantom(tmp_path / "a.h5", "phantom", 3, "lab-7")
    scan = open_rf_exam(tmp_path / "a.h5")
    assert [s.site for s in scan.sites] == ["unknown"]
    assert scan.sites[0].calibration_id == "lab-7"
    assert scan.subject.patient_id is None


def test_the_same_seed_gives_the_same_scan(tmp_path, payload_of):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate_phantom(tmp_path / f"{name}.h5", "plate", seed)
    a, b, c = (payload_of(tmp_path / f"{name}.h5") for name in "abc")
    assert a == b != c


def test_refusals(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"BS-E351.*found the kind 'glass', wanted one of: ph"):
        simulate_phantom(tmp_path / "a.h5", "glass")
    with pytest.raises(UsageError, match=r"BS-E351.*found -1 as seed"):
        simulate_phantom(tmp_path / "a.h5", "plate", -1)
    (tmp_path / "b.h5").touch()
    with pytest.raises(UsageError, match=r"BS-E350.*found it there already"):
        simulate_phantom(tmp_path / "b.h5")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_rf_exam", full)
    with pytest.raises(EnvironmentFault, match=r"BS-E501.*No space left"):
        simulate_phantom(tmp_path / "c.h5")


@pytest.mark.parametrize("kind", ["phantom", "plate"])
def test_the_verb_writes_a_target_and_the_command_it_names_makes_the_calibration(
    kind, verb, tmp_path
):
    code, out, _ = verb("simulate", "phantom", "-o", tmp_path / "p.h5", "--kind", kind)
    assert code == 0
    words = out.split("next: bonescan ")[1].split()
    words[words.index("-o") + 1] = str(tmp_path / "calibration.h5")
    code, _, err = verb(*words)
    assert code == 0, err
    assert (tmp_path / "calibration.h5").is_file()


def test_the_verb_does_not_overwrite(verb, tmp_path):
    (tmp_path / "p.h5").touch()
    code, _, err = verb("simulate", "phantom", "-o", tmp_path / "p.h5")
    assert code == 2
    assert "BS-E350" in err
