"""Every flag can be set by what it names, and is not set without it."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

from bonescan.files.flag_texts_rems import FLAGS
from bonescan.model.exam import Exam, Subject
from bonescan.rems.estimate import estimate_scan
from bonescan.rems.quality import (
    age_years,
    bmi_kg_m2,
    in_shadow,
    is_pregnant,
    longest_run,
    vertebra_outliers,
)
from bonescan.settings import RemsSettings

from .phantoms import (
    WOMAN,
    bone_frames,
    made_up_spectra,
    no_bone_frames,
    rems_model,
    rf_scan,
    spectra_site,
)

NECK = "femoral-neck-left"


def flags_of(samples, model, **scan) -> set[str]:
    result = estimate_scan(rf_scan({NECK: samples}, **scan), model, RemsSettings())
    assert result.measurements, result.reason
    return set(result.measurements[0].flags)


def table_flags(power, model, subject=WOMAN, **changes) -> set[str]:
    scan = rf_scan([spectra_site(power, **changes)], subject=subject)
    result = estimate_scan(scan, model, RemsSettings())
    assert result.measurements, result.reason
    return set(result.measurements[0].flags)


@pytest.fixture(scope="module")
def power():
    return made_up_spectra(np.random.default_rng(3), 0.65, 120).power


def test_a_good_exam_has_few_flags(neck_samples, lenient) -> None:
    # made-up echoes decay unlike the made-up cohort, which is what `clutter` is for
    assert flags_of(neck_samples, lenient) - {"clutter", "extrapolated_bmd"} == {"no_calibration"}


def test_an_exam_like_the_cohort_has_only_what_a_table_lacks(power, made_up) -> None:
    assert table_flags(power, made_up) == {"no_calibration", "noise_unknown"}


def test_every_flag_of_this_room_is_explained_in_a_sentence() -> None:
    for flag, text in FLAGS.items():
        assert flag == flag.lower()
        assert text[0].isupper()
        assert text.endswith(".")


# ------------------------------------------------------------------ the acquisition


# the band of the model: bins 20 to 57 of 512 at 40 MHz, 1.5625 to 4.453125 MHz
@pytest.mark.parametrize(
    ("f0_hz", "flagged"),
    [(None, False), (1.56e6, True), (1.5625e6, False), (3.5e6, False), (4.4531e6, False),
     (4.46e6, True), (9e6, True)],
)  # fmt: skip
def test_a_probe_beside_the_band_of_the_model_is_flagged(power, made_up, f0_hz, flagged) -> None:
    site = dataclasses.replace(spectra_site(power), f0_hz=f0_hz)
    result = estimate_scan(rf_scan([site]), made_up, RemsSettings())
    assert ("f0_outside_band" in result.measurements[0].flags) is flagged
    assert any("f0_outside_band" in p.reason for p in result.problems) is flagged


def test_a_calibration_that_is_only_named_is_flagged(neck_samples, lenient) -> None:
    assert "calibration_not_applied" in flags_of(neck_samples, lenient, calibration_id="plate-1")
    assert "calibration_not_applied" not in flags_of(neck_samples, lenient)


def test_flags_of_the_acquisition_of_a_vertebra_are_those_of_the_whole(power, made_up) -> None:
    sites = [
        dataclasses.replace(spectra_site(power, site=s, unit=None), f0_hz=9e6, calibration_id="X")
        for s in ("L1", "L2")
    ]
    whole = estimate_scan(rf_scan(sites), made_up, RemsSettings()).measurements[-1]
    assert whole.site == "L1-L2"
    assert {"f0_outside_band", "calibration_not_applied", "power_unit_unknown"} <= set(whole.flags)


@pytest.mark.parametrize("unit", ["1", "V^2", "V²/Hz", "mV**2 / MHz", "W/Hz", "a.u.", "linear"])
def test_units_of_linear_power_pass_without_a_flag(power, made_up, unit) -> None:
    assert "power_unit_unknown" not in table_flags(power, made_up, unit=unit)


@pytest.mark.parametrize("unit", [None, "V", "counts", "x"])
def test_units_that_say_nothing_of_power_are_flagged(power, made_up, unit) -> None:
    assert "power_unit_unknown" in table_flags(power, made_up, unit=unit)


@pytest.mark.parametrize(
    "unit", ["dB", "DB", "dBm", "dB re 1 V^2/Hz", "\uff44\uff22", "10*log10(V^2)", "decibel", "Np"]
)
def test_logarithmic_units_are_refused(power, made_up, unit) -> None:
    scan = rf_scan([spectra_site(power, unit=unit)])
    result = estimate_scan(scan, made_up, RemsSettings())
    assert result.code == "BS-E162"
    assert f"found spectra in the unit {unit}, a logarithmic level" in result.reason


# ------------------------------------------------------------------ the person


@pytest.mark.parametrize(
    "subject",
    [
        dataclasses.replace(WOMAN, birth_date=date(2004, 1, 1)),
        dataclasses.replace(WOMAN, weight_kg=120.0),
        dataclasses.replace(WOMAN, sex="M"),
        dataclasses.replace(WOMAN, gestation_days=90.0),
        dataclasses.replace(WOMAN, menopausal_status="pregnant"),
    ],
    ids=["too young", "too heavy", "a man", "gestation", "pregnant"],
)
def test_people_the_model_did_not_see_are_flagged(power, made_up, subject) -> None:
    assert "outside_reference" in table_flags(power, made_up, subject)


@pytest.mark.parametrize(
    ("trained", "stated", "outside"),
    [
        (("east asian",), "white", True),
        (("east asian",), " East  Asian", False),
        (("east asian", "white"), "white", False),
        (("east asian",), None, False),  # many files don't say it
        (None, "white", False),  # nobody's was known in training
    ],
)
def test_another_ethnicity_than_those_of_training_is_flagged(
    power, made_up, trained, stated, outside
) -> None:
    sites = tuple(dataclasses.replace(s, ethnicities=trained) for s in made_up.sites)
    model = dataclasses.replace(made_up, sites=sites)
    found = table_flags(power, model, dataclasses.replace(WOMAN, ethnicity=stated))
    assert ("outside_reference" in found) is outside


@pytest.mark.parametrize("missing", ["birth_date", "weight_kg", "height_cm", "sex"])
def test_what_is_not_stated_can_not_be_checked(power, made_up, missing) -> None:
    found = table_flags(power, made_up, dataclasses.replace(WOMAN, **{missing: None}))
    assert "reference_unchecked" in found
    assert "outside_reference" not in found


def test_bmi_is_that_before_the_pregnancy() -> None:
    now = Subject(height_cm=160.0, weight_kg=76.8)
    assert bmi_kg_m2(now) == pytest.approx(30.0)
    assert bmi_kg_m2(dataclasses.replace(now, prepregnancy_weight_kg=64.0)) == pytest.approx(25.0)
    assert bmi_kg_m2(Subject(weight_kg=60.0)) is None


def test_age_comes_from_the_dates_or_as_printed() -> None:
    born = Subject(birth_date=date(1960, 5, 1), stated_age_years=3.0)
    assert age_years(born, Exam(exam_date=date(2025, 5, 1))) == pytest.approx(65.0, abs=0.01)
    assert age_years(born, Exam()) == 3.0
    assert age_years(Subject(), Exam()) is None


def test_pregnancy_is_said_by_weeks_or_by_status() -> None:
    assert is_pregnant(Subject(gestation_days=0.0))
    assert is_pregnant(Subject(menopausal_status="pregnant"))
    assert not is_pregnant(Subject(menopausal_status="lactating", postpartum_days=100.0))


# ------------------------------------------------------------------ model and device


@pytest.mark.parametrize(
    ("device", "flagged"), [("bonescan simulator", False), ("X", True), (None, True)]
)
def test_devices_the_model_did_not_see_are_flagged(neck_samples, lenient, device, flagged) -> None:
    assert ("model_device_mismatch" in flags_of(neck_samples, lenient, device=device)) is flagged


def test_a_model_that_knows_no_more_than_age_says_so(power, made_up) -> None:
    ignorant = rems_model(*(dataclasses.replace(s, informative=()) for s in made_up.sites))
    assert "no_ultrasound_information" in table_flags(power, ignorant)


@pytest.mark.parametrize(("depth_mm", "flagged"), [(60.0, False), (95.0, True), (20.0, True)])
def test_depths_the_model_did_not_see_are_flagged(power, lenient, depth_mm, flagged) -> None:
    assert ("depth_out_of_training" in table_flags(power, lenient, depth_mm=depth_mm)) is flagged


def test_numbers_beyond_the_cohort_are_flagged(lenient) -> None:
    dense = made_up_spectra(np.random.default_rng(1), 1.6, 120).power
    assert "extrapolated_bmd" in table_flags(dense, lenient)


# ------------------------------------------------------------------ the samples


def test_unknown_gain_and_geometry_are_flagged(neck_samples, lenient) -> None:
    found = flags_of(neck_samples, lenient, gain_known=None, line_pitch_m=None)
    assert {"level_uncalibrated", "incidence_unknown"} <= found


def test_three_frames_are_few(lenient) -> None:
    surface = np.full((4, 220), 7.0)  # wide enough for forty groups of two frames
    four = bone_frames(surface, np.random.default_rng(1))
    assert "few_frames" not in flags_of(four, lenient)
    assert "few_frames" in flags_of(four[:3], lenient)


def test_fewer_than_the_wanted_spectra_are_flagged(lenient) -> None:
    def flagged(n):
        spectra = made_up_spectra(np.random.default_rng(1), 0.65, n)
        return "few_spectra" in table_flags(spectra.power, lenient)

    assert not flagged(100)
    assert flagged(99)


def test_clipped_lines_are_left_out_and_flagged(neck_samples, lenient) -> None:
    loud = neck_samples.astype(np.int32)
    loud[:, :20] *= 12  # the surface echo of 20 of 128 lines leaves the range of int16
    found = flags_of(np.clip(loud, -32768, 32767).astype(np.int16), lenient)
    assert "saturated" in found


def test_a_slanting_surface_is_left_out_and_flagged(lenient) -> None:
    # flat in the middle, 30 degrees on both sides: 0.29 mm a line at 0.5 mm pitch
    ramp = np.maximum(np.abs(np.arange(128) - 63.5) - 40.0, 0.0) * 0.5 * np.tan(np.radians(30.0))
    found = flags_of(bone_frames(np.tile(6.0 + ramp, (8, 1)), np.random.default_rng(1)), lenient)
    assert "steep_incidence" in found


def test_a_stretch_without_surface_is_a_shadow(neck_samples, lenient) -> None:
    shaded = neck_samples.copy()
    shaded[:, 50:68] = no_bone_frames(np.random.default_rng(2), (8, 18, 1040)) // 8
    assert "gas_shadow" in flags_of(shaded, lenient)


def test_frames_with_two_layers_alike_are_flagged(neck_samples, lenient) -> None:
    rng = np.random.default_rng(13)
    both = bone_frames(np.full((2, 128), 5.0), rng, bone=60.0, loss_db_mm=0.0).astype(np.int32)
    both += bone_frames(np.full((2, 128), 10.0), rng, echo=4000.0, bone=100.0)
    mixed = np.concatenate([neck_samples, np.clip(both, -32768, 32767).astype(np.int16)])
    assert "double_surface" in flags_of(mixed, lenient)


def test_weak_echoes_are_flagged(lenient) -> None:
    faint = bone_frames(
        np.full((8, 128), 7.0), np.random.default_rng(1), echo=200.0, soft=1.0, bone=2.0
    )
    found = flags_of(faint, lenient)
    assert {"low_snr", "floored_bins"} <= found


# ------------------------------------------------------------------ the spectra


def test_spectra_like_neither_model_are_flagged(made_up) -> None:
    power = made_up_spectra(np.random.default_rng(5), 0.65, 120).power
    power[:, 90:] = np.random.default_rng(6).exponential(1.0, (3, 30, 38))
    strict = rems_model(*(dataclasses.replace(s, r_min_1=0.8) for s in made_up.sites))
    assert "low_r" in table_flags(power, strict)  # 75 % valid
    assert "low_r" not in table_flags(power[:, :110], strict)  # 82 %


def test_an_echo_that_fades_too_little_is_clutter(power, made_up) -> None:
    assert "clutter" not in table_flags(power, made_up)
    stays = power.copy()
    stays[2] = stays[1] * 0.5
    assert "clutter" in table_flags(stays, made_up)


# ------------------------------------------------------------------ pure parts


def test_runs_are_counted() -> None:
    assert longest_run(np.array([], dtype=bool)) == 0
    assert longest_run(np.array([False, False])) == 0
    assert longest_run(np.array([True, False, True, True, True])) == 3


@pytest.mark.parametrize(("n_dark", "shadow"), [(10, True), (9, False)])
def test_a_tenth_of_the_lines_in_half_of_the_frames_is_a_shadow(n_dark, shadow) -> None:
    usable = np.ones((4, 100), bool)
    usable[:2, 45 : 45 + n_dark] = False
    assert in_shadow(usable) is shadow
    usable[1] = True  # now in a quarter of the frames
    assert not in_shadow(usable)
    assert not in_shadow(np.ones((0, 100), bool))


def test_lines_missing_here_and_there_are_no_shadow() -> None:
    usable = np.ones((4, 100), bool)
    usable[:, ::3] = False
    assert not in_shadow(usable)


@pytest.mark.parametrize(
    ("away", "sd", "found"), [(0.12, 0.03, True), (0.10, 0.03, False), (0.12, 0.07, False)]
)
def test_a_vertebra_is_an_outlier_beyond_one_t_and_two_spreads(away, sd, found) -> None:
    bmd = {"L1": 0.8, "L2": 0.8 + away, "L3": 0.8, "L4": 0.8}
    assert ("L2" in vertebra_outliers(bmd, sd)) is found


def test_of_two_vertebrae_neither_is_the_outlier() -> None:
    assert vertebra_outliers({"L1": 0.5, "L2": 1.2}, None) == {}
