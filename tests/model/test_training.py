"""How models are tried: sizes, folds, controls, resampling; expected values from outside."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.errors import NothingUsable
from bonescan.model.rems_model import COVARIATES, FEMORAL_NECK, TWO_GATE
from bonescan.rems.fitting import gather
from bonescan.rems.train import study_site
from bonescan.rems.training.controls import (
    LABELS_PERMUTED,
    SHUFFLED_IN_CLASS,
    age_bmi_cells,
    class_cells,
    swapped_within,
    with_labels_of,
    with_ultrasound_of,
)
from bonescan.rems.training.cross_validate import CHOSEN_INSIDE, cross_validate
from bonescan.rems.training.leave_out import leave_out
from bonescan.rems.training.plan import Plan, assign_folds
from bonescan.rems.training.scores import Prediction, Resamples, gain_interval_g_cm2, moments
from bonescan.rems.training.sizes import check_size, cohort_size, size_by_sex
from tests.rems.phantoms import FORM, REFERENCE, made_up_exam

QUICK = Plan(n_folds=3, n_repeats=2, n_resamples=200)


@pytest.fixture(scope="module")
def exams():
    return [made_up_exam(i, 21) for i in range(180)]


@pytest.fixture(scope="module")
def study(exams):
    return study_site(exams, FEMORAL_NECK, (FORM, REFERENCE), np.random.default_rng(3), QUICK)


def rows(study) -> dict:
    return {r.estimator: r for r in study.model.cross_validation}


# ------------------------------------------------------------------ sizes


def people_of(n: int, n_low: int, n_normal: int) -> tuple[list[str], np.ndarray]:
    t = np.full(n, -1.8)
    t[:n_low], t[n_low : n_low + n_normal] = -2.5, -1.0
    return [f"P{i}" for i in range(n)], t


@pytest.mark.parametrize(
    ("n", "low", "normal", "suffices"),
    [
        (150, 30, 30, True),
        (149, 30, 30, False),
        (150, 29, 30, False),
        (150, 30, 29, False),
    ],
)
def test_a_model_takes_150_people_and_30_of_each_class(n, low, normal, suffices) -> None:
    people, t = people_of(n, low, normal)
    assert cohort_size(people, t).suffices is suffices
    if suffices:
        check_size(people, t, "femoral-neck")
    else:
        with pytest.raises(NothingUsable, match=f"found {n} people, {low} with T <= -2.5"):
            check_size(people, t, "femoral-neck")


def test_two_hips_are_one_person() -> None:
    people, t = people_of(80, 20, 20)
    assert cohort_size([*people, *people], np.concatenate([t, t])).n_people == 80
    assert cohort_size([*people, *people], np.concatenate([t, t])).n_osteoporotic == 20


def test_each_sex_is_counted_by_itself(exams) -> None:
    men = [dataclasses.replace(e, sex="M") for e in exams[:40]]
    sizes = size_by_sex([*men, *exams[40:]], REFERENCE)
    assert (sizes["M"].n_people, sizes["F"].n_people) == (40, 140)
    assert not sizes["M"].suffices


# ------------------------------------------------------------------ folds


def test_folds_keep_people_together_and_spread_classes_and_centres() -> None:
    rng = np.random.default_rng(1)
    people = [f"P{i // 2}" for i in range(240)]  # two rows each
    t = np.repeat(rng.choice([-3.0, -1.8, 0.0], 120), 2)
    centres = np.repeat(rng.choice(["north", "south"], 120), 2).tolist()
    folds = assign_folds(people, t, centres, Plan(n_folds=5, n_repeats=3), rng)
    assert folds.shape == (3, 240)
    assert not np.array_equal(folds[0], folds[1])
    for fold in folds:
        assert np.array_equal(fold[::2], fold[1::2])
        for cell in {(c, s) for c, s in zip(class_cells(t), centres, strict=True)}:
            mine = np.array([x == cell for x in zip(class_cells(t), centres, strict=True)])
            counts = np.bincount(fold[mine], minlength=5) // 2
            assert counts.max() - counts.min() <= 1


# ------------------------------------------------------------------ statistics


def test_statistics_are_those_of_numpy() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(0.8, 0.1, 50), rng.normal(0.8, 0.1, 50)
    found = moments(Prediction(predicted=x[None], wanted=y[None]), np.ones((1, 50)))
    assert found.pearson_1[0] == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9)
    assert found.see_g_cm2[0] == pytest.approx(np.std(x - y, ddof=1), rel=1e-9)
    assert found.bias_g_cm2[0] == pytest.approx(np.mean(x - y), rel=1e-9)


def test_weights_are_repeated_rows_and_repeats_are_averaged() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(0.8, 0.1, (2, 20)), rng.normal(0.8, 0.1, 20)
    weights = rng.integers(0, 4, 20).astype(float)
    pair = Prediction(predicted=x, wanted=np.stack([y, y]))
    index = np.repeat(np.arange(20), weights.astype(int))
    found = moments(pair, weights[None])
    want_r = np.mean([np.corrcoef(p[index], y[index])[0, 1] for p in x])
    want_see = np.mean([np.std((p - y)[index], ddof=1) for p in x])
    assert found.pearson_1[0] == pytest.approx(want_r, rel=1e-9)
    assert found.see_g_cm2[0] == pytest.approx(want_see, rel=1e-9)


def test_a_constant_prediction_has_no_r() -> None:
    y = np.random.default_rng(4).normal(0.8, 0.1, 30)
    found = moments(Prediction(predicted=np.full((1, 30), 0.8), wanted=y[None]), np.ones((1, 30)))
    assert np.isnan(found.pearson_1[0])


def test_resamples_draw_people_with_all_their_rows() -> None:
    people = ["a", "b", "b", "c"]
    weights = Resamples.of(people, 400, np.random.default_rng(5)).weights
    assert np.array_equal(weights[:, 1], weights[:, 2])
    assert np.all(weights[:, [0, 1, 3]].sum(axis=1) == 3)
    assert weights.mean() == pytest.approx(1.0, abs=0.1)


def test_the_gain_of_a_better_prediction_is_bracketed_by_its_normal_interval() -> None:
    rng = np.random.default_rng(6)
    n = 4000
    y = rng.normal(0.8, 0.1, n)
    a, b = y + rng.normal(0, 0.05, n), y + rng.normal(0, 0.06, n)
    people = [str(i) for i in range(n)]
    lo, hi = gain_interval_g_cm2(
        Prediction(predicted=a[None], wanted=y[None]),
        Prediction(predicted=b[None], wanted=y[None]),
        Resamples.of(people, 1000, rng),
    )
    # SD of a normal SD is sigma/sqrt(2n); the two are independent here
    half = 1.96 * np.hypot(0.05, 0.06) / np.sqrt(2 * n)
    middle = np.std(b - y, ddof=1) - np.std(a - y, ddof=1)
    assert (lo, hi) == pytest.approx((middle - half, middle + half), abs=0.15 * half)


# ------------------------------------------------------------------ controls


def test_somebody_elses_ultrasound_takes_every_field_that_is_not_of_the_person(exams) -> None:
    cohort = gather(exams, FORM, REFERENCE)
    order = np.roll(np.arange(len(exams)), 1)
    other = with_ultrasound_of(cohort, order)
    of_person = {"people", "dxa_g_cm2", "t_score", "covariates", "fractured"}
    for field in dataclasses.fields(cohort):
        got, own = getattr(other, field.name), getattr(cohort, field.name)
        want = own if field.name in of_person else getattr(cohort.rows(order), field.name)
        if isinstance(want, dict):
            assert got.keys() == want.keys()
            assert all(np.array_equal(got[k], want[k]) for k in want), field.name
        elif isinstance(want, tuple):
            assert all(a is b or a == b for a, b in zip(got, want, strict=True)), field.name
        else:
            assert np.array_equal(got, want), field.name


def test_somebody_elses_label_takes_reading_and_class_together(exams) -> None:
    cohort = gather(exams, FORM, REFERENCE)
    order = np.roll(np.arange(len(exams)), 1)
    other = with_labels_of(cohort, order)
    assert np.array_equal(other.dxa_g_cm2, cohort.dxa_g_cm2[order])
    assert np.array_equal(other.t_score, cohort.t_score[order])
    assert np.array_equal(other.covariates, cohort.covariates)


def test_swaps_stay_in_their_cells(exams) -> None:
    cohort = gather(exams, FORM, REFERENCE)
    for cells in (class_cells(cohort.t_score), age_bmi_cells(cohort.covariates)):
        order = swapped_within(cells, np.random.default_rng(1))
        assert np.array_equal(cells[order], cells)
        assert np.array_equal(np.sort(order), np.arange(len(order)))
        assert np.mean(order != np.arange(len(order))) > 0.5
    assert len(set(age_bmi_cells(cohort.covariates).tolist())) == 9


def test_permuted_labels_destroy_r_and_shuffling_in_classes_leaves_what_classes_carry(
    study,
) -> None:
    found = rows(study)
    primary = study.model.primary
    assert found[primary].pearson_1 > 0.85
    # 180 people: r of nothing has a standard error of 0.075
    assert abs(found[f"{LABELS_PERMUTED}:{primary}"].pearson_1) < 0.25
    within = found[f"{SHUFFLED_IN_CLASS}:{primary}"]
    assert 0.3 < within.pearson_1 < found[primary].pearson_1 - 0.05


def test_ultrasound_beats_the_covariates_where_it_knows_something(study) -> None:
    assert study.shows_information
    found = rows(study)
    assert found[CHOSEN_INSIDE].see_g_cm2 == pytest.approx(
        found[study.model.primary].see_g_cm2, rel=0.05
    )
    gain = found[COVARIATES].see_g_cm2 - found[CHOSEN_INSIDE].see_g_cm2
    assert study.gain_g_cm2[0] < gain < study.gain_g_cm2[1]


def test_ultrasound_that_knows_nothing_shows_no_information() -> None:
    blind = [made_up_exam(i, 22, informative=False) for i in range(180)]
    study = study_site(blind, FEMORAL_NECK, (FORM, REFERENCE), np.random.default_rng(3), QUICK)
    assert not study.shows_information


def test_a_scan_that_is_like_nobody_gets_no_number_in_cross_validation(exams) -> None:
    def tilted(part):  # 30 dB a MHz up instead of down: like neither class
        slope = 10.0 ** (3.0 * (FORM.frequency_hz - 3.0e6) / 1e6)
        return dataclasses.replace(part, power=part.power * slope)

    odd = dataclasses.replace(exams[7], parts=tuple(tilted(p) for p in exams[7].parts))
    enough = [
        dataclasses.replace(e, parts=tuple(made_wide(p) for p in e.parts))
        for e in [*exams[:7], odd, *exams[8:]]
    ]
    cohort = gather(enough, FORM, REFERENCE)
    folds = assign_folds(
        cohort.people, cohort.t_score, [None] * len(exams), Plan(n_folds=2, n_repeats=1),
        np.random.default_rng(1),
    )  # fmt: skip
    valid = cross_validate(cohort, folds, np.random.default_rng(1)).valid[0]
    assert not valid[7]
    assert valid.mean() > 0.9


def made_wide(part):
    """Repeat the 16 groups of a part three times: 48, enough for a number."""
    return dataclasses.replace(
        part,
        power=np.tile(part.power, (1, 3, 1)),
        noise=np.tile(part.noise, (1, 3)),
        depth_mm=np.tile(part.depth_mm, 3),
        cluster=np.tile(part.cluster, 3),
    )


def test_progress_ends_where_it_said(exams) -> None:
    heard: list[tuple[int, int]] = []
    cohort = gather(exams[:60], FORM, REFERENCE)
    folds = assign_folds(
        cohort.people, cohort.t_score, [None] * 60, Plan(n_folds=2, n_repeats=1),
        np.random.default_rng(1),
    )  # fmt: skip
    cross_validate(cohort, folds, np.random.default_rng(1), lambda d, n: heard.append((d, n)))
    assert heard == [(i + 1, 8) for i in range(8)]  # one repeat and three controls, two folds


def test_each_device_is_left_out_in_turn_and_small_ones_are_passed_over(exams) -> None:
    cohort = gather(exams, FORM, REFERENCE)
    names = ["one"] * 100 + ["two"] * 70 + ["rare"] * 9 + [None]
    found = leave_out(cohort, "device", names, TWO_GATE)
    assert [(f.name, f.n_people) for f in found] == [("one", 100), ("two", 70)]
    assert all(f.see_g_cm2 < 0.08 for f in found)  # the planted SD is 0.05
    assert leave_out(cohort, "device", ["one"] * 180, TWO_GATE) == ()
