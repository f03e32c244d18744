"""The estimators: one shape, one choice among them, and what a model stores of them."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

from bonescan.errors import code_info
from bonescan.files.calibration import Calibration, write_calibration
from bonescan.model.exam import Exam
from bonescan.model.rems_model import FADE, FEMORAL_NECK, LUMBAR_SPINE, OS, PCR, TWO_GATE
from bonescan.model.vocabulary import CovariateUse
from bonescan.rems.attenuation import fit_fade
from bonescan.rems.estimate import estimate_scan
from bonescan.rems.estimators.osteoporosis_score import class_spectra, is_no_line
from bonescan.rems.estimators.protocol import applied
from bonescan.rems.estimators.registry import LINEAR, choose_primary
from bonescan.rems.features import site_features
from bonescan.rems.fitting import gather
from bonescan.rems.learnt import interval_folds, learnt_fields, vertebra_sd_g_cm2
from bonescan.rems.predict import estimate_site
from bonescan.rems.quality import REJECTS, spectra_remarks, vertebra_outliers
from bonescan.rems.train import train_site
from bonescan.settings import RemsSettings

from .phantoms import (
    FORM,
    REFERENCE,
    made_up_exam,
    made_up_spectra,
    rems_model,
    rf_scan,
    spectra_site,
)
from .test_attenuation import SEVEN, spectra


def seven_gate_exam(i: int, seed: int = 0, **clutter):
    """A woman whose attenuation is 9 + 12 (BMD - 0.7) dB/cm/MHz, seen through some clutter."""
    rng = np.random.default_rng([seed, i, 7])
    exam = made_up_exam(i, seed)
    alpha = 9.0 + 12.0 * (exam.dxa_bmd_g_cm2 - 0.7) + rng.normal(0.0, 0.48)
    clutter = {"clutter_db": rng.normal(-50.0, 6.0)} | clutter
    part = spectra(alpha, rng=rng, n_groups=24, **clutter)
    part = dataclasses.replace(part, depth_mm=np.full(24, rng.uniform(40.0, 80.0)))
    return dataclasses.replace(exam, parts=(part,))


@pytest.fixture(scope="module")
def seven():
    exams = [seven_gate_exam(i) for i in range(160)]
    return train_site(exams, LUMBAR_SPINE, SEVEN, REFERENCE, np.random.default_rng(1))


def test_a_model_of_enough_gates_has_every_estimator(seven) -> None:
    assert set(seven.estimators) == {OS, TWO_GATE, PCR, FADE}
    assert seven.primary == FADE
    assert seven.residual_sd_g_cm2.shape[0] == 4
    # 0.48 dB/cm/MHz over 12 a g/cm2 is 0.04 g/cm2
    rows = {r.estimator: r for r in seven.cross_validation}
    assert rows[FADE].see_g_cm2 == pytest.approx(0.04, abs=0.008)


def test_clutter_that_training_never_met_moves_the_attenuation_least(seven) -> None:
    """25 dB more clutter: the leading estimate stays, D(f) is pulled down in silence."""
    away = {name: [] for name in seven.estimators}
    for i in range(12):
        clean, dirty = (
            estimate_site(seven_gate_exam(i, 9, clutter_db=c).parts[0], seven, SEVEN, True)
            for c in (-50.0, -25.0)
        )
        for name, found in away.items():
            found.append(dirty.by_estimator_g_cm2[name] - clean.by_estimator_g_cm2[name])
    assert abs(np.mean(away[FADE])) < 0.015
    assert np.mean(away[TWO_GATE]) < -0.05


def test_an_exam_without_the_gates_is_led_by_the_next_best(seven) -> None:
    part = seven_gate_exam(1, 9).parts[0]
    power = part.power.copy()
    power[3:] = np.nan
    found = estimate_site(dataclasses.replace(part, power=power), seven, SEVEN, True)
    assert FADE not in found.by_estimator_g_cm2
    assert found.estimator != FADE
    scatter = np.sqrt(np.mean(seven.residual_sd_g_cm2**2, axis=1))
    rest = {n: s for n, s in zip(seven.estimators, scatter, strict=True) if n != FADE}
    assert found.estimator == min(rest, key=rest.get)
    assert found.interval_g_cm2 is None
    whole = estimate_site(part, seven, SEVEN, True)
    assert whole.estimator == FADE
    lo, hi = whole.interval_g_cm2
    assert lo < whole.bmd_g_cm2 < hi
    # 95 % of a scatter of 0.04 g/cm2
    assert hi - lo == pytest.approx(2 * 1.96 * 0.04, rel=0.25)


def flags_of_seven(seven, part, settings=RemsSettings(), exam=None):  # noqa: B008 - frozen
    model = rems_model(dataclasses.replace(seven, r_min_1=-1.0), form=SEVEN)
    site = spectra_site(part.power, site="L1", form=SEVEN)
    scan = rf_scan([site])
    scan = dataclasses.replace(scan, exam=exam) if exam else scan
    return estimate_scan(scan, model, settings)


def test_missing_gates_and_odd_fading_are_flagged(seven) -> None:
    part = spectra(9.0, rng=np.random.default_rng(4), n_groups=48)
    assert not {"other_estimator", "fade_misfit"} & set(
        flags_of_seven(seven, part).measurements[0].flags
    )
    less = part.power.copy()
    less[3:] = np.nan
    found = flags_of_seven(seven, dataclasses.replace(part, power=less))
    assert "other_estimator" in found.measurements[0].flags
    odd = part.power * np.array([1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0])[:, None, None]
    assert "fade_misfit" in (
        flags_of_seven(seven, dataclasses.replace(part, power=odd)).measurements[0].flags
    )


def test_age_and_weight_move_the_estimate_only_when_asked_for(seven) -> None:
    part = spectra(9.0, rng=np.random.default_rng(4), n_groups=48)
    asked = RemsSettings(covariates=CovariateUse.OFFSET)
    plain, offset = flags_of_seven(seven, part), flags_of_seven(seven, part, asked)
    assert "covariates_used" in offset.measurements[0].flags
    assert "covariates_used" not in plain.measurements[0].flags
    # 65.0 years, 64 kg at 1.60 m: 25.0
    person = np.array([1.0, plain.measurements[0].bmd_g_cm2, 365 * 65 / 365.25, 25.0, 0.0])
    want = float(seven.offset_g_cm2 @ person)
    assert offset.measurements[0].bmd_g_cm2 == pytest.approx(want, abs=2e-4)
    details = dict(plain.details)
    alone = float(seven.covariates_g_cm2 @ person[[0, 2, 3, 4]])
    assert float(details["L1: age, BMI and sex alone"].split()[0]) == pytest.approx(alone, abs=2e-3)
    unknown = Exam(exam_date=None, simulated=True)
    refused = flags_of_seven(seven, part, asked, exam=unknown)
    assert refused.code == "BS-E164"
    assert date(2025, 5, 1).year - 1960 == 65


@pytest.mark.parametrize(
    ("see", "leads"),
    [
        ({OS: 0.09, TWO_GATE: 0.060, PCR: 0.061, FADE: 0.0629}, FADE),
        ({OS: 0.09, TWO_GATE: 0.060, PCR: 0.061, FADE: 0.0631}, TWO_GATE),
        ({OS: 0.05, TWO_GATE: 0.06, PCR: 0.06, FADE: 0.06}, OS),
        ({OS: 0.09, "new": 0.05}, "new"),
    ],
)
def test_of_estimators_alike_the_steadiest_leads(see, leads) -> None:
    assert choose_primary(see) == leads


@pytest.mark.parametrize("name", [TWO_GATE, PCR, FADE])
def test_the_influence_of_the_groups_is_the_scatter_of_repeated_exams(seven, name) -> None:
    rng = np.random.default_rng(5)
    linear = seven.linear(name)
    found, stated = [], []
    for _ in range(40):
        part = spectra(9.0, rng=rng, clutter_db=-50.0)
        features = site_features(part, SEVEN, fade=fit_fade(part, SEVEN))
        found.append(applied(linear, LINEAR[name].vector(features)[None])[0])
        pull = LINEAR[name].influence(features) @ linear.weights_g_cm2
        stated.append(float(np.sqrt(np.mean(pull**2) / len(pull))))
    # 40 repeats know their scatter to 11 %; medians of few groups are stated too wide
    assert np.sqrt(np.mean(np.square(stated))) == pytest.approx(np.std(found), rel=0.45)


def test_a_step_is_no_line_and_a_rising_score_is_none_either() -> None:
    score = np.linspace(0.0, 100.0, 400)
    rng = np.random.default_rng(1)
    noise = rng.normal(0.0, 0.1, 400)
    assert not is_no_line(score, 1.0 - 0.004 * score + noise)
    assert is_no_line(score, 0.6 + 0.004 * score + noise)
    assert is_no_line(score, np.where(score > 90.0, 0.5, 1.0) + noise)


def test_a_score_that_is_no_line_is_flagged_where_it_leads(made_up) -> None:
    site = made_up.for_site(FEMORAL_NECK)
    scan = rf_scan([spectra_site(made_up_spectra(np.random.default_rng(1), 0.65, 120).power)])

    def flags(**changes):
        model = rems_model(dataclasses.replace(site, **changes))
        return set(estimate_scan(scan, model, RemsSettings()).measurements[0].flags)

    assert "score_not_a_line" in flags(primary=OS, os_is_line=False)
    assert "score_not_a_line" not in flags(primary=OS, os_is_line=True)
    assert "score_not_a_line" not in flags(os_is_line=False)


def test_the_score_has_an_interval_where_it_leads(made_up) -> None:
    cohort = gather([made_up_exam(i) for i in range(100)], FORM, REFERENCE)
    folds = interval_folds(cohort, OS, np.arange(100) % 5)
    assert folds.fold_weights_g_cm2.shape == (5, 1)
    assert np.all(folds.fold_weights_g_cm2 < 0.0)  # density falls with the score
    site = dataclasses.replace(made_up.for_site(FEMORAL_NECK), primary=OS, interval=folds)
    found = estimate_site(made_up_spectra(np.random.default_rng(1), 0.65), site, FORM, True)
    lo, hi = found.interval_g_cm2
    assert lo < found.bmd_g_cm2 < hi
    few = dataclasses.replace(
        folds, fold=folds.fold[:10], residual_g_cm2=folds.residual_g_cm2[:10],
        weight_1=folds.weight_1[:10],
    )  # fmt: skip
    site = dataclasses.replace(site, interval=few)
    found = estimate_site(made_up_spectra(np.random.default_rng(1), 0.65), site, FORM, True)
    assert found.interval_g_cm2 is None


@pytest.mark.parametrize(("fractured", "known"), [(99, False), (100, True)])
def test_a_fragility_score_needs_a_hundred_of_each(fractured, known) -> None:
    exams = [
        dataclasses.replace(made_up_exam(i, 2), fractured=i < fractured)
        for i in range(fractured + 100)
    ]
    cohort = gather(exams, FORM, REFERENCE)
    from bonescan.rems.fitting import fit

    fold = np.arange(len(exams)) % 5
    fields = learnt_fields(fit(cohort), cohort, fit(cohort).predict(cohort), fold)
    assert fields["fragility"].known is known
    assert (fields["fragility"].r_min_1 is not None) is known
    if known:  # the very one that the class spectra were made with
        broken, whole = np.arange(fractured), np.arange(fractured, len(exams))
        learnt = class_spectra(cohort.features, (broken, whole))
        assert fields["fragility"].r_min_1 == learnt[2]
    assert (fields["fragility"].n_fractured, fields["fragility"].n_unfractured) == (fractured, 100)


def fragile(site, r_min_1):
    return dataclasses.replace(
        site,
        fragility=dataclasses.replace(
            site.fragility,
            fractured_db=site.osteoporotic_db,
            unfractured_db=site.healthy_db,
            r_min_1=r_min_1,
        ),
    )


def test_the_fragility_score_goes_by_its_own_least_correlation(made_up) -> None:
    site = dataclasses.replace(made_up.for_site(FEMORAL_NECK), r_min_1=0.9999)
    part = made_up_spectra(np.random.default_rng(1), 0.6)
    assert estimate_site(part, site, FORM, True).votes.n_valid == 0
    assert estimate_site(part, fragile(site, -1.0), FORM, True).fragility_percent is not None
    site = dataclasses.replace(site, r_min_1=-1.0)
    assert estimate_site(part, fragile(site, 0.9999), FORM, True).fragility_percent is None


@pytest.mark.parametrize(
    ("n_alike", "n_unlike", "known"),
    [(40, 0, True), (39, 0, False), (60, 40, True), (59, 41, False)],
)
def test_forty_spectra_and_sixty_percent_stand_behind_a_fragility_score(
    made_up, n_alike, n_unlike, known
) -> None:
    part = made_up_spectra(np.random.default_rng(5), 0.65, n_alike + n_unlike)
    noise = np.random.default_rng(6).exponential(1.0, (3, n_unlike, 38))
    part.power[:, n_alike:] = noise  # like neither class
    found = estimate_site(part, fragile(made_up.for_site(FEMORAL_NECK), 0.8), FORM, True)
    assert (found.fragility_percent is not None) is known


def test_the_fragility_score_is_a_share_of_spectra_or_nothing(made_up) -> None:
    site = made_up.for_site(FEMORAL_NECK)
    part = made_up_spectra(np.random.default_rng(1), 0.6)
    assert estimate_site(part, site, FORM, True).fragility_percent is None
    fragility = dataclasses.replace(
        site.fragility,
        fractured_db=site.osteoporotic_db,
        unfractured_db=site.healthy_db,
        r_min_1=site.r_min_1,
    )
    known = dataclasses.replace(site, fragility=fragility)
    found = estimate_site(part, known, FORM, True)
    assert found.fragility_percent == found.votes.osteoporosis_score_percent
    scan = rf_scan([spectra_site(part.power)])
    rows = [
        estimate_scan(scan, rems_model(s), RemsSettings()).measurements[0] for s in (site, known)
    ]
    assert rows[0].fragility_score is None
    assert rows[1].fragility_score is not None
    details = dict(estimate_scan(scan, rems_model(site), RemsSettings()).details)
    assert "no_fracture_model" in details["femoral-neck-left: fragility score"]


@pytest.mark.parametrize(
    ("l4", "own", "found"),
    [(0.911, 0.01, True), (0.909, 0.01, False), (0.911, 0.04, False)],
)
def test_a_vertebra_stands_out_of_the_others_and_of_its_own_spread(l4, own, found) -> None:
    # 1.0 T is 0.110 g/cm2; three times the spread of 0.03 is 0.09, of the own 0.04 is 0.12
    bmd = {"L1": 0.8, "L2": 0.8, "L3": 0.8, "L4": l4}
    outliers = vertebra_outliers(bmd, 0.03, {"L4": own})
    assert set(outliers) == ({"L4"} if found else set())


def test_the_spread_of_vertebrae_is_that_of_their_own_estimates(seven) -> None:
    rng = np.random.default_rng(2)
    linear = seven.linear(FADE)
    alphas = rng.normal(9.0, 1.0, (40, 4))
    exams = [
        dataclasses.replace(made_up_exam(i), parts=tuple(spectra(a) for a in row))
        for i, row in enumerate(alphas)
    ]
    away = alphas - (alphas.sum(axis=1, keepdims=True) - alphas) / 3.0
    want = float(np.std(away)) * float(linear.weights_g_cm2[0])
    found = vertebra_sd_g_cm2(exams, SEVEN, LUMBAR_SPINE, linear)
    assert found == pytest.approx(want, rel=0.05)


@pytest.mark.parametrize(
    ("spectra_places", "found"),
    [((100, 12), []), ((99, 12), ["99 valid spectra"]), ((130, 11), ["from 11 places"])],
)
def test_more_frames_do_not_make_up_for_places(spectra_places, found) -> None:
    n, places = spectra_places
    remarks = list(spectra_remarks(n, 100, places, 12))
    assert [r.flag for r in remarks] == ["few_spectra"] * len(found)
    assert all(w in r.text for r, w in zip(remarks, found, strict=True))


def test_ten_frames_of_few_places_are_flagged_in_an_exam(made_up) -> None:
    power = made_up_spectra(np.random.default_rng(3), 0.65, 130).power

    def flags(n_places):
        line = np.tile(5 * (np.arange(130) % n_places), 3)
        frame = np.tile(2 * (np.arange(130) // n_places), 3)
        scan = rf_scan([spectra_site(power, line=line, frame=frame)])
        return set(estimate_scan(scan, made_up, RemsSettings()).measurements[0].flags)

    assert "few_spectra" not in flags(26)
    assert "few_spectra" in flags(10)


def test_every_doubt_that_leaves_no_number_has_a_known_code() -> None:
    for code in REJECTS.values():
        assert code_info(code).hint


# ------------------------------------------------------------------ calibrations in the chain


@pytest.fixture
def plate(tmp_path):
    """Write a calibration whose response rises by so many dB a MHz."""

    def written(slope_db_mhz, name="plate-1"):
        f = np.linspace(0.5e6, 8e6, 60)
        power = 10.0 ** (slope_db_mhz * (f - 8e6) / 1e6 / 10.0)
        path = tmp_path / f"{name}.h5"
        write_calibration(
            path,
            Calibration(
                calibration_id=name, kind="plate", frequency_hz=f, power=power, fs_hz=40e6,
                window="hann", gate_samples=128, c_m_s=1540.0, n_lines=64, depth_first_m=0.05,
                depth_last_m=0.05, depth_spread_db=None, attenuation_db_cm_mhz=0.0022,
                attenuation_exponent=2.0, backscatter_exponent=None, reflection_1=0.9,
            ),
        )  # fmt: skip
        return path

    return written


def test_the_response_of_the_device_is_taken_off_before_the_match(made_up, plate) -> None:
    """A device that tilts all spectra by 2 dB/MHz, and a calibration that knows it."""
    site = dataclasses.replace(made_up.for_site(FEMORAL_NECK), primary=OS)
    calibrated = rems_model(site, calibrated=True)
    power = made_up_spectra(np.random.default_rng(3), 0.65, 120).power
    tilted = power * 10.0 ** (2.0 * FORM.frequency_hz / 1e6 / 10.0)

    def row(power, slope):
        scan_site = dataclasses.replace(spectra_site(power), calibration_id="plate-1")
        settings = RemsSettings(calibration_files=(plate(slope),))
        result = estimate_scan(rf_scan([scan_site]), calibrated, settings)
        assert result.measurements, result.reason
        return result.measurements[0]

    plain, undone = row(power, 0.0), row(tilted, 2.0)
    assert undone.osteoporosis_score_percent == plain.osteoporosis_score_percent
    assert undone.bmd_g_cm2 == pytest.approx(plain.bmd_g_cm2, abs=1e-9)
    assert "no_calibration" not in plain.flags
    assert "calibration_not_applied" not in plain.flags
    raw = made_up_spectra(np.random.default_rng(3), 0.65, 120)
    raw = dataclasses.replace(raw, power=tilted)
    assert (
        estimate_site(raw, site, FORM, True).votes.osteoporosis_score_percent
        != plain.osteoporosis_score_percent
    )


def test_a_calibration_is_needed_where_the_model_had_one_and_left_alone_elsewhere(
    made_up, plate
) -> None:
    power = made_up_spectra(np.random.default_rng(3), 0.65, 120).power
    named = dataclasses.replace(spectra_site(power), calibration_id="plate-1")
    settings = RemsSettings(calibration_files=(plate(2.0),))
    calibrated = rems_model(*made_up.sites, calibrated=True)
    refused = estimate_scan(rf_scan([spectra_site(power)]), calibrated, settings)
    assert refused.code == "BS-E363"
    left = estimate_scan(rf_scan([named]), made_up, settings).measurements[0]
    plain = estimate_scan(rf_scan([named]), made_up, RemsSettings()).measurements[0]
    assert left.bmd_g_cm2 == plain.bmd_g_cm2
    assert {"calibration_not_applied", "no_calibration"} <= set(left.flags)


def test_vertebrae_under_different_calibrations_have_no_row_together(made_up, plate) -> None:
    sites = []
    files = []
    for name, slope in (("L1", 0.0), ("L2", 1.0)):
        power = made_up_spectra(np.random.default_rng(3), 0.65, 120).power
        files.append(plate(slope, f"plate-{name}"))
        sites.append(
            dataclasses.replace(spectra_site(power, site=name), calibration_id=f"plate-{name}")
        )
    lenient = (dataclasses.replace(s, r_min_1=-1.0) for s in made_up.sites)
    calibrated = rems_model(*lenient, calibrated=True)
    settings = RemsSettings(calibration_files=tuple(files))
    result = estimate_scan(rf_scan(sites), calibrated, settings)
    assert [m.site for m in result.measurements] == ["L1", "L2"]
    assert any("different calibrations" in p.reason for p in result.problems)


def test_groups_without_power_teach_nothing() -> None:
    exam = made_up_exam(1)
    blank = exam.parts[0]
    blank.power[:, 10:] = 0.0
    alone = dataclasses.replace(exam, parts=(blank.only(np.arange(16) < 10),))
    one, two = (gather([e], FORM, REFERENCE) for e in (exam, alone))
    np.testing.assert_array_equal(one.difference_db, two.difference_db)
    assert np.isfinite(one.difference_db).all()
