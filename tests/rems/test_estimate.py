"""A whole exam: what moves a number, what must not, and who gets none."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

from bonescan.errors import UnusableScan, code_info
from bonescan.model.exam import Subject
from bonescan.model.rems_model import FragilityModel, LinearMap
from bonescan.model.vocabulary import Origin, OutcomeKind, Technique
from bonescan.rems.estimate import estimate_scan
from bonescan.rems.predict import estimate_site
from bonescan.rems.site_result import Taken, Yardstick, estimate_result
from bonescan.rems.spectra_table import spectra_of_table
from bonescan.settings import RemsSettings

from .phantoms import (
    WOMAN,
    bone_frames,
    made_up_spectra,
    no_bone_frames,
    rems_model,
    rf_scan,
    rf_site,
    spectra_site,
)

NECK = "femoral-neck-left"
PLAIN = RemsSettings()


def estimated(by_site, model, settings=PLAIN, **scan):
    return estimate_scan(rf_scan(by_site, **scan), model, settings)


def only(result):
    assert result.kind is OutcomeKind.MEASURED, result.reason
    (measurement,) = result.measurements
    return measurement


# ------------------------------------------------------------------ what a result says


def test_a_neck_gives_one_number_with_all_that_stands_behind_it(neck_samples, lenient) -> None:
    result = estimated({NECK: neck_samples}, lenient)
    found = only(result)
    assert (found.technique, found.origin) == (Technique.REMS_STYLE, Origin.ESTIMATED)
    assert found.site == NECK
    assert found.scale == "hologic"
    assert found.model_id == lenient.model_id
    assert found.bmd_u_g_cm2 > 0
    assert found.spectra_total == 104  # 26 blocks of lines in 4 pairs of frames
    assert found.spectra_valid == 104
    assert found.depth_mm == pytest.approx(47.5, abs=1.0)  # 40 mm and the arc of 7.0 to 8.5 mm
    assert 0.0 <= found.osteoporosis_score_percent <= 100.0
    assert found.fragility_score is None  # no model of fractures exists
    assert found.scores_allowed
    assert [p.kind for p in result.pictures] == ["bmode"]
    assert result.carrier == "rf"
    assert any("age, BMI and sex without ultrasound" in text for _, text in result.details)


def test_the_files_own_flags_go_with_the_number(neck_samples, lenient) -> None:
    scan = dataclasses.replace(rf_scan({NECK: neck_samples}), flags=("gain_unknown",))
    assert "gain_unknown" in only(estimate_scan(scan, lenient, PLAIN)).flags


# ------------------------------------------------------------------ what must not move a number


def numbers(measurement):
    return (
        measurement.bmd_g_cm2,
        measurement.osteoporosis_score_percent,
        measurement.spectra_valid,
        measurement.bmd_u_g_cm2,
    )


def test_doubling_the_samples_changes_nothing(neck_samples, lenient) -> None:
    quiet = (neck_samples // 4).astype(np.int16)
    one = only(estimated({NECK: quiet}, lenient))
    two = only(estimated({NECK: quiet * np.int16(2)}, lenient))
    np.testing.assert_allclose(numbers(one), numbers(two), rtol=2e-4)


@pytest.mark.parametrize("pairs", [[2, 0, 3, 1], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_the_order_of_frame_pairs_changes_nothing(neck_samples, lenient, pairs) -> None:
    # a group is two frames one after the other: pairs may change places, not partners
    order = [f for p in pairs for f in (2 * p, 2 * p + 1)]
    one = only(estimated({NECK: neck_samples}, lenient))
    two = only(estimated({NECK: neck_samples[order]}, lenient))
    np.testing.assert_allclose(numbers(one), numbers(two), rtol=1e-12)


def test_any_order_of_frames_stays_within_the_sampling(neck_samples, lenient) -> None:
    order = np.random.default_rng(1).permutation(8)
    one = only(estimated({NECK: neck_samples}, lenient))
    two = only(estimated({NECK: neck_samples[order]}, lenient))
    assert two.bmd_g_cm2 == pytest.approx(one.bmd_g_cm2, abs=0.01)


def test_mirroring_the_lines_stays_within_the_sampling(neck_samples, lenient) -> None:
    one = only(estimated({NECK: neck_samples}, lenient))
    two = only(estimated({NECK: neck_samples[:, ::-1]}, lenient))
    assert two.bmd_g_cm2 == pytest.approx(one.bmd_g_cm2, abs=0.02)


def test_who_she_is_changes_no_number(neck_samples, lenient) -> None:
    other = Subject(patient_id="9", sex="M", birth_date=date(1930, 1, 1))
    one = only(estimated({NECK: neck_samples}, lenient))
    two = only(estimated({NECK: neck_samples}, lenient, subject=other))
    assert numbers(one) == numbers(two)


def test_repeated_frames_add_nothing(neck_samples, lenient) -> None:
    frozen = np.repeat(neck_samples, 3, axis=0)
    one = only(estimated({NECK: neck_samples}, lenient))
    two = only(estimated({NECK: frozen}, lenient))
    assert numbers(one) == numbers(two)
    assert "duplicate_frames" in two.flags


def test_left_and_right_share_a_model(neck_samples, lenient) -> None:
    result = estimated({NECK: neck_samples, "femoral-neck-right": neck_samples}, lenient)
    left, right = result.measurements
    assert (left.site, right.site) == (NECK, "femoral-neck-right")
    assert numbers(left) == numbers(right)


# ------------------------------------------------------------------ the rule for simulated models


@pytest.fixture(scope="module")
def simulated_model(lenient):
    return rems_model(*lenient.sites, simulated=True)


@pytest.mark.parametrize("simulated", [False, None], ids=["real", "not said"])
def test_a_simulated_model_gives_nothing_for_a_real_exam(
    neck_samples, simulated_model, simulated
) -> None:
    result = estimated({NECK: neck_samples}, simulated_model, simulated=simulated)
    assert result.kind is OutcomeKind.NO_NUMBERS
    assert result.code == "BS-E170"
    assert result.measurements == ()
    assert "trained on simulated exams" in result.reason
    assert "Train a model on your own exams" in result.hint
    assert len(result.pictures) == 1  # what can be seen is shown


def test_a_simulated_exam_may_be_scored_and_is_flagged(neck_samples, simulated_model) -> None:
    found = only(estimated({NECK: neck_samples}, simulated_model, simulated=True))
    assert "simulated_model" in found.flags
    assert "not_for_any_use" not in found.flags
    assert found.scores_allowed


@pytest.mark.parametrize("simulated", [False, None], ids=["real", "not said"])
def test_asked_for_a_real_exam_gets_bmd_alone_and_a_watermark(
    neck_samples, simulated_model, simulated
) -> None:
    settings = RemsSettings(allow_simulated_model=True)
    result = estimated({NECK: neck_samples}, simulated_model, settings, simulated=simulated)
    found = only(result)
    assert found.bmd_g_cm2 is not None
    assert not found.scores_allowed
    assert found.osteoporosis_score_percent is None
    assert {"simulated_model", "not_for_any_use"} <= set(found.flags)


def test_no_row_of_a_real_exam_escapes_the_rule(simulated_model) -> None:
    samples = {
        f"L{i}": bone_frames(np.full((4, 64), 7.0), np.random.default_rng(i)) for i in (1, 2)
    }
    settings = RemsSettings(allow_simulated_model=True)
    result = estimated(samples, simulated_model, settings, simulated=False)
    assert [m.site for m in result.measurements] == ["L1", "L2", "L1-L2"]
    for found in result.measurements:
        assert not found.scores_allowed
        assert "not_for_any_use" in found.flags


def test_a_real_model_may_be_used_on_a_real_exam(neck_samples, lenient) -> None:
    found = only(estimated({NECK: neck_samples}, lenient, simulated=False))
    assert found.scores_allowed
    assert "simulated_model" not in found.flags


def test_the_bundled_model_falls_under_the_rule(neck_samples, bundled) -> None:
    result = estimated({NECK: neck_samples}, bundled, simulated=False)
    assert result.kind is OutcomeKind.NO_NUMBERS


def test_broken_samples_of_a_real_exam_are_named(simulated_model) -> None:
    result = estimated({NECK: np.zeros((2, 20, 900), np.int16)}, simulated_model, simulated=False)
    assert result.kind is OutcomeKind.NO_NUMBERS
    assert any("the same value in every sample" in text for _, text in result.details)


# ------------------------------------------------------------------ refusals


def unusable(result, code: str, *words: str) -> None:
    assert result.kind is OutcomeKind.UNUSABLE
    assert result.code == code
    for word in words:
        assert word in result.reason
    assert result.hint
    assert result.measurements == ()


def test_no_surface_no_number(lenient) -> None:
    result = estimated({NECK: no_bone_frames(np.random.default_rng(1))}, lenient)
    unusable(result, "BS-E160", "no bone surface", "2 frames", "2 no surface")
    assert len(result.pictures) == 1


def test_samples_stored_at_the_wrong_depth_are_said_to_be(neck_samples, lenient) -> None:
    too_deep = 150e-3 * 2.0 / 1540.0
    result = estimated({NECK: neck_samples}, lenient, t0_s=too_deep)
    unusable(result, "BS-E160", "between 20 and 100 mm, the depth of this site", "leave no room")


def test_an_unknown_depth_is_not_named(lenient) -> None:
    result = estimated({NECK: no_bone_frames(np.random.default_rng(1))}, lenient, t0_s=None)
    unusable(result, "BS-E160", "their depth is not known")


def test_spectra_of_a_real_exam_get_nothing_from_a_simulated_model(simulated_model) -> None:
    power = made_up_spectra(np.random.default_rng(3), 0.65, 60).power
    scan = rf_scan([spectra_site(power)], simulated=False)
    result = estimate_scan(scan, simulated_model, PLAIN)
    assert result.kind is OutcomeKind.NO_NUMBERS
    assert result.pictures == ()


def test_another_sampling_rate_is_refused_by_both_numbers(neck_samples, lenient) -> None:
    half = np.ascontiguousarray(neck_samples[..., ::2])
    result = estimated({NECK: half}, lenient, fs_hz=20e6)
    unusable(result, "BS-E162", "found a sampling rate of 20 MHz", "the model is for 40 MHz")


def test_a_site_without_a_model_is_refused(neck_samples, lenient) -> None:
    result = estimated({"total-hip-left": neck_samples}, lenient)
    unusable(result, "BS-E163", "total-hip-left", "femoral-neck, lumbar-spine")


def test_without_a_time_zero_the_depth_is_unknown_and_the_model_refuses(
    neck_samples, lenient
) -> None:
    result = estimated({NECK: neck_samples}, lenient, t0_s=None)
    unusable(result, "BS-E164", "found no depth of the bone")


def test_a_model_without_path_correction_needs_no_depth(neck_samples, lenient) -> None:
    free = rems_model(
        *(dataclasses.replace(s, needs_depth=False) for s in lenient.sites), correction="none"
    )
    found = only(estimated({NECK: neck_samples}, free, t0_s=None))
    assert found.depth_mm is None
    assert "no_path_correction" in found.flags


def test_a_calibrated_model_refuses_an_exam_without_calibration(neck_samples, lenient) -> None:
    calibrated = rems_model(*lenient.sites, calibrated=True)
    unusable(estimated({NECK: neck_samples}, calibrated), "BS-E363", "the model needs one")


def test_too_few_frames_give_too_few_spectra(neck_samples, lenient) -> None:
    # two frames: 26 groups, and 40 are wanted
    result = estimated({NECK: neck_samples[:2]}, lenient)
    unusable(result, "BS-E161", "26 valid of 26", "at least 40 and 60 %")


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 20, 900), np.int16), np.full((2, 20, 900), np.nan)],
    ids=["zero", "nan"],
)
def test_samples_without_echoes_are_unusable(samples, lenient) -> None:
    unusable(estimated({NECK: samples}, lenient), "BS-E168")


def test_an_exam_without_sites_is_unusable(lenient) -> None:
    with pytest.raises(UnusableScan, match="found an exam without any site"):
        estimated([], lenient)


def test_a_window_that_ends_too_soon_is_refused(lenient) -> None:
    # a surface 5 mm before the end of the samples: found in the frame, but no room for gate B
    samples = bone_frames(np.full((4, 64), 7.0), np.random.default_rng(1))[..., :660]
    result = estimated({NECK: np.ascontiguousarray(samples)}, lenient)
    assert result.kind is OutcomeKind.UNUSABLE
    assert result.code in {"BS-E160", "BS-E166"}


def test_one_bad_site_does_not_stop_the_others(neck_samples, lenient) -> None:
    bad = no_bone_frames(np.random.default_rng(1))
    result = estimated({NECK: neck_samples, "femoral-neck-right": bad}, lenient)
    assert [m.site for m in result.measurements] == [NECK]
    (problem,) = [p for p in result.problems if p.code == "BS-W230"]
    assert "BS-E160: femoral-neck-right: found no bone surface" in problem.reason


# ------------------------------------------------------------------ spectra instead of samples


def table_scan(power, model, **changes):
    return estimate_scan(rf_scan([spectra_site(power, **changes)]), model, PLAIN)


@pytest.fixture(scope="module")
def power():
    return made_up_spectra(np.random.default_rng(3), 0.65, 60).power


def test_stored_spectra_give_a_number(power, made_up) -> None:
    result = table_scan(power, made_up)
    found = only(result)
    assert result.carrier == "spectra"
    assert result.pictures == ()
    assert found.bmd_g_cm2 == pytest.approx(0.65, abs=0.05)
    assert found.depth_mm == pytest.approx(60.0)
    assert found.spectra_total == 60
    assert "noise_unknown" in found.flags


def test_gate_c_is_not_needed(power, made_up) -> None:
    with_c, without = only(table_scan(power, made_up)), only(table_scan(power[:2], made_up))
    assert with_c.bmd_g_cm2 == without.bmd_g_cm2


def test_spectra_without_depth_are_refused(power, made_up) -> None:
    unusable(table_scan(power, made_up, depth_mm=None), "BS-E164", "found no depth")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fs_hz": 20e6}, ("sampling rate of 20 MHz", "40 MHz")),
        ({"window": "hamming"}, ("window hamming", "window hann")),
        ({"window": None}, ("window unknown", "window hann")),
        ({"gate_length_m": np.full(180, 4.928e-3)}, ("gates of 4.93 mm", "2.46 mm")),
        (  # one row of gate B in ten is longer
            {"gate_length_m": np.where(np.arange(180) % 70 == 69, 6.16e-3, 2.464e-3)},
            ("gates of 2.46 to 6.16 mm", "2.46 mm"),
        ),
        ({"unit": "dB"}, ("unit dB, a logarithmic level", "for linear power")),
        ({"n_averaged": np.full(180, 40)}, ("averaged over 40 to 40 lines", "for 10")),
        (
            {"frequency_hz": np.arange(38) * 78125.0 + 2.0e6},
            ("from 2.000 to 4.891 MHz", "from 1.562 to 4.453 MHz"),
        ),
    ],
    ids=["rate", "window", "no window", "gate length", "one gate", "dB", "averaging", "band"],
)
def test_spectra_of_another_form_are_refused_by_both_values(power, made_up, changes, words) -> None:
    unusable(table_scan(power, made_up, **changes), "BS-E162", *words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gate_start_m": None}, "without gate_start_m"),
        ({"gate_length_m": None}, "without gate_length_m"),
        ({"line": None}, "without line and frame"),
        ({"gate_start_m": np.full(180, 1.5e-3)}, "gates 1.50 mm behind the surface"),
    ],
    ids=["no start", "no length", "no line", "one gate"],
)
def test_spectra_without_their_gates_are_refused(power, made_up, changes, words) -> None:
    unusable(table_scan(power, made_up, **changes), "BS-E169", words)


def test_rows_that_are_no_spectra_are_left_out(power, made_up) -> None:
    broken = power.copy()
    broken[0, 0] = np.nan
    broken[1, 1, 3] = -1.0
    broken[0, 2, 5] = 0.0
    found = only(table_scan(broken, made_up))
    assert found.spectra_total == 57
    broken[0] = np.nan
    unusable(table_scan(broken, made_up), "BS-E169", "no line with both gates")


def test_single_line_spectra_are_averaged_here(power, made_up) -> None:
    rng = np.random.default_rng(4)
    # 60 groups of 2 frames by 5 lines, each line exponential about the group's own mean
    lines = np.repeat(power, 10, axis=1) * rng.exponential(1.0, (3, 600, 38))
    frame = np.tile(np.repeat([0, 1], 5), 60) + 2 * np.repeat(np.arange(60), 10)
    line = np.tile(np.arange(5), 120)
    found = only(
        table_scan(
            lines, made_up, n_averaged=np.ones(1800, int),
            frame=np.tile(frame, 3), line=np.tile(line, 3),
        )
    )  # fmt: skip
    assert found.spectra_total == 60
    assert found.bmd_g_cm2 == pytest.approx(0.65, abs=0.07)


@pytest.mark.parametrize("primary", ["os", "d-pcr4"])
def test_one_place_across_the_bone_leaves_the_uncertainty_unknown(power, lenient, primary) -> None:
    led = rems_model(*(dataclasses.replace(s, primary=primary) for s in lenient.sites))
    one_place = {"line": np.zeros(180, int), "frame": np.tile(np.arange(60), 3)}
    result = table_scan(power, led, **one_place)
    found = only(result)
    assert found.bmd_u_g_cm2 is None
    assert "uncertainty_unknown" in found.flags
    assert any("uncertainty_unknown: the valid spectra come" in p.reason for p in result.problems)
    assert "sampling unknown" in dict(result.details)[f"{NECK}: uncertainty"]
    # two places are the least that differ
    line = np.tile(np.repeat([0, 5], 30), 3)
    two = only(table_scan(power, led, line=line, frame=np.tile(np.arange(60), 3)))
    assert two.bmd_u_g_cm2 is not None
    assert "uncertainty_unknown" not in two.flags


def test_vertebrae_of_one_place_each_are_places_of_the_whole(made_up) -> None:
    one_place = {"line": np.zeros(180, int), "frame": np.tile(np.arange(60), 3)}
    sites = [
        spectra_site(
            made_up_spectra(np.random.default_rng(i), 0.7, 60).power, site=f"L{i}", **one_place
        )
        for i in (1, 2)
    ]
    *singles, together = estimate_scan(rf_scan(sites), made_up, PLAIN).measurements
    assert all("uncertainty_unknown" in m.flags for m in singles)
    assert together.bmd_u_g_cm2 is not None
    assert "uncertainty_unknown" not in together.flags


def test_an_estimate_that_is_no_number_is_refused(power, made_up) -> None:
    broken = rems_model(
        *(
            dataclasses.replace(
                s,
                primary="d-pcr4",
                maps=tuple(dataclasses.replace(m, intercept_g_cm2=float("inf")) for m in s.maps),
            )
            for s in made_up.sites
        )
    )
    unusable(table_scan(power, broken), "BS-E167", "estimate of inf g/cm2", "finite")


def single_lines(power):
    """60 groups of 2 frames by 5 lines, each line with a depth and a content of its own."""
    rng = np.random.default_rng(4)
    depth_m = 0.06 + 0.5e-3 * np.tile(np.arange(10) - 4.5, 180)  # gate after gate
    return np.repeat(power, 10, axis=1) * rng.exponential(1.0, (3, 600, 38)), {
        "n_averaged": np.ones(1800, int),
        "frame": np.tile(np.tile(np.repeat([0, 1], 5), 60) + 2 * np.repeat(np.arange(60), 10), 3),
        "line": np.tile(np.arange(5), 360),
        "depth_m": depth_m,
    }


def shuffled(site, order):
    table = site.spectra
    per_row = ("power", "gate_start_m", "gate_length_m", "depth_m", "line", "frame", "n_averaged")
    mixed = {name: getattr(table, name)[order] for name in per_row}
    return dataclasses.replace(site, spectra=dataclasses.replace(table, **mixed))


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["reversed", "seed 1", "seed 2"])
@pytest.mark.parametrize("primary", ["os", "d-pcr4"])
def test_the_order_of_rows_changes_nothing(power, lenient, primary, seed) -> None:
    led = rems_model(*(dataclasses.replace(s, primary=primary) for s in lenient.sites))
    lines, keys = single_lines(power)
    for site in (spectra_site(power), spectra_site(lines, **keys)):
        n = len(site.spectra.power)
        order = np.arange(n)[::-1] if seed is None else np.random.default_rng(seed).permutation(n)
        one = estimate_scan(rf_scan([site]), led, PLAIN)
        two = estimate_scan(rf_scan([shuffled(site, order)]), led, PLAIN)
        assert only(one) == only(two)
        assert one.details == two.details


def test_the_depth_of_a_group_is_the_mean_of_its_sound_lines_of_gate_a(power, lenient) -> None:
    lines, keys = single_lines(power)
    site = spectra_site(lines, **keys)
    # 57.75, 58.25 ... 62.25 mm: the mean of each group is 60 mm
    np.testing.assert_allclose(spectra_of_table(site, lenient.form).depth_mm, 60.0)
    lines[0, 0:600:10] = np.nan  # without the first line of each, 60 + 0.25 mm
    broken = spectra_site(lines, **keys)
    np.testing.assert_allclose(spectra_of_table(broken, lenient.form).depth_mm, 60.25)


def test_a_table_may_hold_any_number_of_gates(power, lenient) -> None:
    form = dataclasses.replace(lenient.form, gate_start_mm=(1.5, 4.0, 6.5, 2.0, 2.5))
    more = np.concatenate([power, 0.5 * power[:1]])  # the gate at 2.5 mm is not stored
    found = spectra_of_table(spectra_site(more, form=form), form)
    assert found.power.shape == (5, 60, 38)
    np.testing.assert_allclose(found.power[3], 0.5 * found.power[0])
    assert np.isnan(found.power[4]).all()
    np.testing.assert_array_equal(
        found.power[:3], spectra_of_table(spectra_site(power), lenient.form).power
    )


def test_a_row_that_is_not_used_may_have_any_length(power, made_up) -> None:
    length = np.full(180, 2.464e-3)
    length[7] = 6.16e-3
    broken = power.copy()
    broken[0, 7] = np.nan
    assert only(table_scan(broken, made_up, gate_length_m=length)).spectra_total == 59


def test_noise_is_taken_off_where_the_table_shows_it(made_up) -> None:
    clean = made_up_spectra(np.random.default_rng(3), 0.65, 60).power
    noise = np.median(clean[1]) * 0.3
    quiet_hz = np.arange(10.5e6, 16.0e6, 0.5e6)
    bins = np.concatenate([made_up.form.frequency_hz, quiet_hz])
    beyond = np.full((3, 60, quiet_hz.size), noise)
    noisy = np.concatenate([clean + noise, beyond], axis=2)
    found = only(table_scan(noisy, made_up, frequency_hz=bins))
    alone = only(table_scan(clean, made_up))
    assert "noise_unknown" not in found.flags
    assert found.bmd_g_cm2 == pytest.approx(alone.bmd_g_cm2, abs=0.03)


@pytest.mark.parametrize(("n_valid", "n_bad", "usable"), [(60, 40, True), (59, 41, False)])
def test_sixty_percent_must_be_valid(made_up, n_valid, n_bad, usable) -> None:
    power = made_up_spectra(np.random.default_rng(5), 0.65, 100).power
    # spectra of noise alone are like neither model
    power[:, n_valid:] = np.random.default_rng(6).exponential(1.0, (3, n_bad, 38))
    strict = rems_model(*(dataclasses.replace(s, r_min_1=0.8) for s in made_up.sites))
    result = table_scan(power, strict)
    assert (result.kind is OutcomeKind.MEASURED) is usable
    if usable:
        assert (only(result).spectra_valid, only(result).spectra_total) == (60, 100)
    else:
        unusable(result, "BS-E161", "found 59 valid of 100")


@pytest.mark.parametrize(("n", "usable"), [(40, True), (39, False)])
def test_forty_spectra_are_the_least(lenient, n, usable) -> None:
    result = table_scan(made_up_spectra(np.random.default_rng(5), 0.65, n).power, lenient)
    assert (result.kind is OutcomeKind.MEASURED) is usable


# ------------------------------------------------------------------ vertebrae


def spine(bmd_by_vertebra, model, n=60, **scan):
    sites = [
        spectra_site(made_up_spectra(np.random.default_rng(i), bmd, n).power, site=name)
        for i, (name, bmd) in enumerate(bmd_by_vertebra.items())
    ]
    return estimate_scan(rf_scan(sites, **scan), model, PLAIN)


def test_vertebrae_are_compared_singly_and_labelled_together(made_up) -> None:
    result = spine({"L1": 0.7, "L2": 0.7, "L3": 0.7, "L4": 0.7}, made_up)
    *singles, together = result.measurements
    assert [m.site for m in singles] == ["L1", "L2", "L3", "L4"]
    for single in singles:
        assert not single.scores_allowed
        assert "single_vertebra" in single.flags
    assert together.site == "L1-L4"
    assert together.vertebrae_used == ("L1", "L2", "L3", "L4")
    assert together.scores_allowed
    assert together.spectra_total == sum(m.spectra_total for m in singles)
    assert together.spectra_valid == sum(m.spectra_valid for m in singles)
    pooled = np.average(
        [m.osteoporosis_score_percent for m in singles], weights=[m.spectra_valid for m in singles]
    )
    assert together.osteoporosis_score_percent == pytest.approx(pooled)


def test_a_missing_vertebra_is_named_by_the_set(made_up) -> None:
    together = spine({"L1": 0.7, "L3": 0.7, "L4": 0.7}, made_up).measurements[-1]
    assert together.site == "L1+L3+L4"


def test_one_vertebra_is_never_a_verdict(made_up) -> None:
    found = only(spine({"L2": 0.7}, made_up))
    assert found.site == "L2"
    assert not found.scores_allowed


def test_a_vertebra_unlike_the_others_is_flagged_and_kept(made_up) -> None:
    result = spine({"L1": 0.65, "L2": 0.65, "L3": 0.95, "L4": 0.65}, made_up)
    by_site = {m.site: m for m in result.measurements}
    assert "vertebra_outlier" in by_site["L3"].flags
    assert "vertebra_outlier" not in by_site["L1"].flags
    assert "vertebra_outlier" in by_site["L1-L4"].flags  # still with all four
    (problem,) = [p for p in result.problems if p.code == "BS-W233"]
    assert "L3 by +" in problem.reason


def test_vertebrae_too_poor_alone_may_do_together(lenient) -> None:
    # 16 spectra each: a quarter of the site's 40 is enough to be compared, 64 together
    result = spine({"L1": 0.7, "L2": 0.7, "L3": 0.7, "L4": 0.7}, lenient, n=16)
    assert result.measurements[-1].site == "L1-L4"
    poor = spine({"L1": 0.7, "L2": 0.7}, lenient, n=16)
    assert [m.site for m in poor.measurements] == ["L1", "L2"]  # 32 together are too few
    assert any("found 32 valid of 32" in p.reason for p in poor.problems)


def test_losses_of_a_vertebra_are_those_of_the_whole(lenient) -> None:
    samples = {
        f"L{i}": bone_frames(np.full((4, 64), 7.0), np.random.default_rng(i)) for i in (1, 2)
    }
    samples["L2"] = np.repeat(samples["L2"], 2, axis=0)
    result = estimated(samples, lenient)
    assert "duplicate_frames" in result.measurements[-1].flags


def test_site_names_without_a_side_are_known(neck_samples, lenient) -> None:
    scan = rf_scan({"femoral-neck": neck_samples})
    assert only(estimate_scan(scan, lenient, PLAIN)).site == "femoral-neck"
    assert rf_site(neck_samples).has_rf
    assert WOMAN.sex == "F"


# ------------------------------------------------------------------ what must not pass in silence


@pytest.mark.parametrize(
    ("primary", "gates", "unchecked", "scored"),
    [
        ("d-pcr4", 3, False, True),
        ("d-pcr4", 2, True, False),
        ("pcr", 2, True, False),
        ("os", 2, True, False),
    ],
)
def test_without_gate_c_clutter_is_unchecked_and_no_class_is_given(
    power, made_up, primary, gates, unchecked, scored
) -> None:
    led = rems_model(*(dataclasses.replace(s, primary=primary) for s in made_up.sites))
    result = table_scan(power[:gates], led)
    found = only(result)
    assert ("clutter_unchecked" in found.flags) is unchecked
    assert any("clutter_unchecked" in p.reason for p in result.problems) is unchecked
    assert found.scores_allowed is scored
    assert found.bmd_g_cm2 is not None


def test_a_model_that_never_saw_gate_c_can_not_look_for_clutter(power, made_up) -> None:
    blind = rems_model(
        *(
            dataclasses.replace(s, decay_curve_db=np.empty(0), decay_sd_db=None)
            for s in made_up.sites
        )
    )
    found = only(table_scan(power, blind))
    assert "clutter_unchecked" in found.flags
    assert not found.scores_allowed


def test_vertebrae_without_gate_c_have_no_class_together_either(made_up) -> None:
    sites = [
        spectra_site(made_up_spectra(np.random.default_rng(i), 0.7, 60).power[:2], site=f"L{i}")
        for i in (1, 2)
    ]
    together = estimate_scan(rf_scan(sites), made_up, PLAIN).measurements[-1]
    assert together.site == "L1-L2"
    assert not together.scores_allowed


@pytest.mark.parametrize(("sex", "scored"), [("F", True), (None, True), ("M", False)])
def test_a_sex_that_the_model_never_saw_has_no_scores(power, made_up, sex, scored) -> None:
    subject = dataclasses.replace(WOMAN, sex=sex)
    result = estimate_scan(rf_scan([spectra_site(power)], subject=subject), made_up, PLAIN)
    assert only(result).scores_allowed is scored
    assert ("sex_not_in_model" in only(result).flags) is not scored
    assert any("sex_not_in_model" in p.reason for p in result.problems) is not scored


def test_a_looped_cine_counts_once(neck_samples, lenient) -> None:
    looped = np.concatenate([neck_samples] * 6)
    one = only(estimated({NECK: neck_samples}, lenient))
    result = estimated({NECK: looped}, lenient)
    assert numbers(only(result)) == numbers(one)
    assert only(result).spectra_total == one.spectra_total
    assert any("40 of 48 frames are copies of others" in p.reason for p in result.problems)


def test_a_frozen_image_is_said_to_be_one(neck_samples, lenient) -> None:
    result = estimated({NECK: np.repeat(neck_samples[:1], 6, axis=0)}, lenient)
    unusable(
        result, "BS-E161", "found no averaged spectrum", "Of 6 frames 5 are copies of others",
        "takes 5 lines in 2 frames: 128 lines were left over",
    )  # fmt: skip


def test_an_odd_frame_is_named_among_the_lines(neck_samples, lenient) -> None:
    def lines(n):
        return dict(estimated({NECK: neck_samples[:n]}, lenient).details)[f"{NECK}: lines"]

    assert ", 0 left over from full groups" in lines(6)
    assert ", 128 left over from full groups" in lines(7)


def test_a_stretch_without_any_signal_is_invalid_and_moves_nothing(lenient) -> None:
    # every second group of lines is blank: the others are those of an exam without them
    whole = made_up_spectra(np.random.default_rng(3), 0.65, 100)
    site = lenient.for_site(NECK)
    blank = whole.power.copy()
    blank[:, 60:] = 0.0
    found = estimate_site(dataclasses.replace(whole, power=blank), site, lenient.form, True)
    alone = estimate_site(whole.only(np.arange(100) < 60), site, lenient.form, True)
    assert found.bmd_g_cm2 == alone.bmd_g_cm2
    assert found.uncertainty == alone.uncertainty
    assert (found.votes.valid.size, found.votes.n_valid) == (100, 60)
    assert not found.votes.valid[60:].any()


def test_blank_lines_among_echoes_give_no_warning(neck_samples, lenient) -> None:
    # zero padding behind the surface of a quarter of the lines
    blank = neck_samples.copy()
    blank[:, 40:72, 420:] = 0
    found = only(estimated({NECK: blank}, lenient))
    assert np.isfinite(found.bmd_g_cm2)
    assert found.spectra_valid < found.spectra_total


def test_an_empty_gate_c_gives_no_warning(power, lenient) -> None:
    silent = made_up_spectra(np.random.default_rng(3), 0.65, 60)
    silent.power[2] = 0.0
    found = estimate_site(silent, lenient.for_site(NECK), lenient.form, True)
    assert found.decay_z is None


def test_spectra_without_any_power_are_refused(lenient) -> None:
    whole = made_up_spectra(np.random.default_rng(3), 0.65, 60)
    whole.power[1, :, 3] = 0.0
    scan = rf_scan([spectra_site(whole.power)])
    yardstick = Yardstick(model=lenient, site=lenient.for_site(NECK))
    with pytest.raises(UnusableScan, match="found no power in gates A and B of any of 60"):
        estimate_result(scan, Taken(site=NECK, yardstick=yardstick, spectra=whole))
    with pytest.raises(ValueError, match="found no spectrum with power"):
        estimate_site(whole, lenient.for_site(NECK), lenient.form, True)


def test_of_a_real_exam_only_density_and_uncertainty_are_told(power, simulated_model) -> None:
    site = simulated_model.for_site(NECK)
    fractures = FragilityModel(
        fractured_db=site.osteoporotic_db,
        unfractured_db=site.healthy_db,
        n_fractured=100,
        n_unfractured=100,
        r_min_1=-1.0,
    )
    model = rems_model(
        *(dataclasses.replace(s, fragility=fractures) for s in simulated_model.sites),
        simulated=True,
    )
    settings = RemsSettings(allow_simulated_model=True)
    scan = rf_scan([spectra_site(power)], simulated=True)
    shown = estimate_scan(scan, model, settings)
    assert only(shown).fragility_score is not None  # there is something to hide
    result = estimate_scan(rf_scan([spectra_site(power)], simulated=False), model, settings)
    assert only(result).fragility_score is None
    assert only(result).bmd_u_g_cm2 is not None
    assert [name for name, _ in result.details] == [f"{NECK}: uncertainty"]


@pytest.mark.parametrize(("primary", "applied"), [("d-pcr4", True), ("attenuation", False)])
def test_covariates_are_said_to_be_used_only_where_they_are(
    power, made_up, primary, applied
) -> None:
    # three gates: a model that attenuation leads gives the next best, which has no offset
    site = made_up.for_site(NECK)
    led = dataclasses.replace(site, primary="d-pcr4")
    if primary == "attenuation":
        name = site.estimators[-1]
        led = dataclasses.replace(
            site,
            primary="attenuation",
            estimators=(*site.estimators[:-1], "attenuation"),
            maps=(
                *(m for m in site.maps if m.estimator != name),
                LinearMap(
                    estimator="attenuation",
                    mean=np.zeros(1),
                    weights_g_cm2=np.zeros(1),
                    intercept_g_cm2=0.7,
                ),
            ),
        )
    found = only(
        estimate_scan(
            rf_scan([spectra_site(power)]), rems_model(led), RemsSettings(covariates="offset")
        )
    )
    assert ("covariates_used" in found.flags) is applied
    assert ("other_estimator" in found.flags) is not applied


def test_the_hint_for_an_unknown_depth_names_nothing_that_can_not_be_had() -> None:
    assert "without path correction" not in code_info("BS-E164").hint
