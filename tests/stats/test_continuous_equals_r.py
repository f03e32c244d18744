"""Continuous agreement, number by number against R.

The packages and versions stand in `_meta` of each file; what has no package (factors of the
pair, literal Passing-Bablok, MOVER) was written in R beside them. Tolerances are relative 1e-8;
1e-6 where a noncentral t, an integral or an iteration is behind the number.
"""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.stats.agreement_correlation import (
    icc_forms,
    kendall_tau_b,
    lin_ccc,
    pearson_correlation,
    spearman_correlation,
)
from bonescan.stats.bland_altman import (
    bland_altman,
    log_ratio,
    percent_of_mean,
    percent_of_reference,
)
from bonescan.stats.deming import bias_at, deming, weighted_deming
from bonescan.stats.ordinary import ordinary_least_squares
from bonescan.stats.passing_bablok import passing_bablok, theil_sen
from bonescan.stats.replicates import constant_truth_limits, varying_truth_limits

LIMITS = {
    "carkeet-individual": ("loa_ci_carkeet_individual", 1e-6),
    "carkeet-pair": ("loa_ci_carkeet_pair", 1e-6),
    "ba1999-t": ("loa_ci_ba1999_t", 1e-8),
    "ba1986": ("loa_ci_ba1986_t_sqrt3", 1e-8),
    "mover": ("loa_ci_mover_zou", 1e-8),
}


def near(value, rel=1e-8, tiny=1e-10):
    return pytest.approx(value, rel=rel, abs=tiny)


def ends(estimate):
    return [estimate.est, estimate.lo, estimate.hi]


def theirs(block):
    return [block["est"], block["lo"], block["hi"]]


def number(text):
    return float(text) if text not in {"", "NA"} else np.nan


def pairs(columns, x, y):
    """Complete pairs of two columns."""
    a, b = (np.array([number(text) for text in columns[name]]) for name in (x, y))
    both = np.isfinite(a) & np.isfinite(b)
    return a[both], b[both]


def check_bland_altman(x, y, want):
    got = bland_altman(x, y)
    assert got.n == want["n"]
    assert ends(got.bias) == near(theirs(want["bias"]))
    assert got.bias.p == near(want["bias_t_p"])
    assert got.sd_diff == near(want["sd_diff"])
    assert [got.loa_lower.est, got.loa_upper.est] == near([want["loa_lower"], want["loa_upper"]])
    assert got.repeatability == near(want["repeatability_of_diff_1.96sd"])
    assert got.n_outside_loa == want["n_outside_loa"]
    assert got.percent_outside_loa == near(want["pct_outside_loa"])
    for method, (key, rel) in LIMITS.items():
        limits = bland_altman(x, y, loa_ci=method)
        assert limits.loa_ci_method == limits.loa_lower.method == method
        assert [limits.loa_lower.lo, limits.loa_lower.hi] == near(want[key]["lower"], rel)
        assert [limits.loa_upper.lo, limits.loa_upper.hi] == near(want[key]["upper"], rel)
    trend = want["prop_bias_lm_diff_on_mean"]
    assert ends(got.proportional_intercept) == near(theirs(trend["intercept"]))
    assert ends(got.proportional_slope) == near(theirs(trend["slope"]))
    assert got.proportional_slope.p == near(trend["p_slope"])
    assert got.proportional_residual_sd == near(trend["resid_sd"])
    assert got.pitman_morgan_r == near(trend["r_diff_mean_pitman_morgan"])
    assert got.pitman_morgan_p == near(trend["p_pitman_morgan"])
    spread = want["hetero_lm_absresid_on_mean"]
    assert got.heteroscedastic.c0 == near(spread["c0"])
    assert got.heteroscedastic.c1 == near(spread["c1"])
    assert got.heteroscedastic.p == near(spread["p_slope"])
    assert got.breusch_pagan.statistic == near(want["breusch_pagan"]["stat_koenker"])
    assert got.breusch_pagan.p == near(want["breusch_pagan"]["p"])
    # SciPy and R take the expected normal scores from two routines: 1e-7 in W, more in p
    assert got.shapiro.statistic == near(want["shapiro"]["W"], 1e-7)
    assert got.shapiro.p == near(want["shapiro"]["p"], 1e-5)
    assert got.percentile_limits == near(tuple(want["percentile_loa_type7"]))
    assert (got.rmse, got.mae) == near((want["rmse"], want["mae"]))


def check_relative(x, y, want):
    if "log_ratio" not in want:
        assert log_ratio(x, y) is percent_of_mean(x, y) is percent_of_reference(x, y) is None
        return
    ratio, of_mean, of_reference = (
        log_ratio(x, y),
        percent_of_mean(x, y),
        percent_of_reference(x, y),
    )
    assert ratio.ratio.est == near(want["log_ratio"]["gm_ratio"])
    assert [ratio.ratio.lo, ratio.ratio.hi] == near(want["log_ratio"]["gm_ratio_ci"])
    assert ratio.mean_log == near(want["log_ratio"]["mean_log"])
    assert ratio.sd_log == near(want["log_ratio"]["sd_log"])
    assert list(ratio.loa_ratio) == near(want["log_ratio"]["ratio_loa"])
    assert ends(of_mean.bias_percent) == near(theirs(want["percent_of_mean"]["bias_pct"]))
    assert of_mean.sd_percent == near(want["percent_of_mean"]["sd_pct"])
    assert list(of_mean.loa_percent) == near(want["percent_of_mean"]["loa_pct"])
    assert of_reference.bias_percent == near(want["percent_of_reference"]["bias_pct"])
    assert of_reference.sd_percent == near(want["percent_of_reference"]["sd_pct"])
    assert of_reference.mape_percent == near(want["percent_of_reference"]["mape"])


def check_line(got, want, rel=1e-8):
    assert ends(got.intercept) == near(theirs(want["intercept"]), rel)
    assert ends(got.slope) == near(theirs(want["slope"]), rel)
    assert [got.se_intercept, got.se_slope] == near(want["se"], rel)


def check_regression(x, y, want):
    ols = ordinary_least_squares(x, y)
    assert ends(ols.intercept) == near(theirs(want["ols"]["intercept"]))
    assert ends(ols.slope) == near(theirs(want["ols"]["slope"]))
    assert (ols.see, ols.r2) == near((want["ols"]["see"], want["ols"]["r2"]))
    if (y > 0).all():
        assert ols.see_percent == near(want["ols"]["see_pct_of_mean_y"])
    else:
        assert ols.see_percent is None
    check_line(deming(x, y), want["deming_lambda1_mcr_jackknife"])
    check_line(deming(x, y, ci="analytical"), want["deming_lambda1_mcr_analytical"])
    check_line(deming(x, y, error_ratio=2.0), want["deming_lambda_2_mcr"])
    weighted = weighted_deming(x, y)
    if want["wdeming_mcr_jackknife"] is None:
        assert weighted is None
    else:
        check_line(weighted, want["wdeming_mcr_jackknife"])


def check_passing_bablok(x, y, want, rounding=3e-4):
    got, literal = passing_bablok(x, y), want["passing_bablok_1983_literal_own_R"]
    assert (got.n_slopes, got.n_below_minus_1) == (literal["N_slopes"], literal["K"])
    assert (got.m1, got.m2) == (literal["M1"], literal["M2"])
    assert ends(got.slope) == near(theirs(literal["slope"]))
    lo, hi = sorted([literal["intercept"]["lo"], literal["intercept"]["hi"]])
    assert ends(got.intercept) == near([literal["intercept"]["est"], lo, hi])
    peer, cusum = want["passing_bablok_mcr"], want["pb_cusum"]
    if isinstance(peer, dict):  # mcr refuses values that are not positive
        # mcr has no tolerance for rounding and counts ties otherwise
        assert ends(got.slope) == near(theirs(peer["slope"]), rounding)
        size = rounding * np.abs(x).max()  # what that slope makes of the intercept
        assert ends(got.intercept) == near(theirs(peer["intercept"]), 0, size)
        assert (got.cusum.n_above, got.cusum.n_below) == (cusum["n_pos"], cusum["n_neg"])
        assert np.abs(got.cusum.path).max() == near(cusum["max_abs_cusum"])
        assert got.cusum.h == near(cusum["H_over_sqrt_Lplus1"])
        assert got.cusum.p == near(cusum["p_kolmogorov_asymptotic"], 1e-6)
    # the package finds the slope by iteration
    assert theil_sen(x, y).slope.est == near(want["theil_sen_deming_pkg"]["coef"][1], 2e-5)


def check_correlation(x, y, want):
    r, rho = pearson_correlation(x, y), spearman_correlation(x, y)
    assert ends(r) == near(theirs(want["pearson"]))
    assert r.p == pytest.approx(want["pearson"]["p"], rel=1e-6)
    assert rho.est == near(want["spearman"]["rho"])
    for interval, key in (
        ("bonett-wright", "ci_bonett_wright"),
        ("fieller", "ci_fieller_1.06"),
        ("fisher-z", "ci_fisher_1_over_n_3"),
    ):
        rho = spearman_correlation(x, y, interval=interval)
        assert [rho.lo, rho.hi] == near(want["spearman"][key])
        assert rho.method == interval
    assert kendall_tau_b(x, y).est == near(want["kendall_tau_b"])
    lin, epi = lin_ccc(x, y), want["ccc_epiR"]
    assert ends(lin.ccc) == near(theirs(epi["ccc"]))
    assert ends(lin.ccc) == near(theirs(want["ccc_desctools"]))
    assert (lin.c_b, lin.location_shift) == near((epi["C_b"], epi["location_shift"]))
    assert lin.scale_shift == near(epi["scale_shift"])
    icc, irr, psych = icc_forms(np.column_stack([x, y])), want["icc_irr"], want["icc_psych"]
    for form, key in (
        ("icc_11", "ICC1_1"),
        ("icc_1k", "ICC1_k"),
        ("icc_a1", "ICC2_1_A"),
        ("icc_c1", "ICC3_1_C"),
        ("icc_ck", "ICC3_k_C"),
    ):
        assert ends(getattr(icc, form)) == near(theirs(irr[key]))
    assert ends(icc.icc_ak) == near(theirs(psych["ICC2k"]))  # irr's interval is another one


SITES = pytest.mark.parametrize("site", ["ls", "fn"])
QUANTITIES = pytest.mark.parametrize(("column", "key"), [("bmd", "bmd"), ("t", "t_score")])


@SITES
@QUANTITIES
def test_the_synthetic_pairs_of_dxa_and_rems(site, column, key, table, expected):
    want = expected("rems_dxa_200")[site][key]
    x, y = pairs(table("rems_dxa_200"), f"{site}_dxa_{column}", f"{site}_rems_{column}")
    check_bland_altman(x, y, want["bland_altman"])
    check_relative(x, y, want["bland_altman"])
    check_regression(x, y, want["regression"])
    check_passing_bablok(x, y, want["regression"])
    check_correlation(x, y, want["correlation"])


@SITES
def test_the_synthetic_z_scores(site, table, expected):
    x, y = pairs(table("rems_dxa_200"), f"{site}_dxa_z", f"{site}_rems_z")
    check_bland_altman(x, y, expected("rems_dxa_200")[site]["z_score_ba"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "x_column", "y_column"),
    [("creatinine", "serum.crea", "plasma.crea"), ("ba1999_milk", "Trig", "Gerber"),
     ("ba1986_pefr", "Wright", "Mini"), ("ba1999_sbp", "J", "S")],
)  # fmt: skip
def test_published_pairs(name, x_column, y_column, published):
    columns, want = published(name)
    if "repl" in columns:
        first = [i for i, one in enumerate(columns["repl"]) if one == "1"]
        columns = {column: [rows[i] for i in first] for column, rows in columns.items()}
        want = want["first_readings"]
    x, y = pairs(columns, x_column, y_column)
    check_bland_altman(x, y, want["bland_altman"])
    check_relative(x, y, want["bland_altman"])
    if "regression" in want:
        check_regression(x, y, want["regression"])
        # readings of blood pressure are even numbers: one step between ties is 0.0012
        check_passing_bablok(x, y, want["regression"], 2e-3 if name == "ba1999_sbp" else 3e-4)
    check_correlation(x, y, want["correlation"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "x", "y"), [("ba1986_pefr", "Wright", "Mini"), ("ba1999_sbp", "J", "S")]
)
def test_published_replicates(name, x, y, published):
    columns, want = published(name)
    want = want["repeated"]
    a, b = pairs(columns, x, y)
    people = columns["item"]
    constant, wanted = (
        constant_truth_limits(people, a, people, b),
        want["true_value_constant_BA1999"],
    )
    assert constant.bias.est == near(wanted["bias"])
    assert constant.sd_corrected == near(wanted["sd_corrected"])
    assert [constant.loa_lower.est, constant.loa_upper.est] == near(wanted["loa"])
    assert constant.variance_of_mean_difference == near(wanted["var_of_mean_diff"])
    assert constant.within_variance_x == near(wanted["within_var_x"])
    assert constant.within_variance_y == near(wanted["within_var_y"])
    assert constant.repeatability_x == near(want["repeatability_x_1.96_sqrt2_sw"])
    assert constant.repeatability_y == near(want["repeatability_y"])
    varying, wanted = varying_truth_limits(people, a, b), want["true_value_varies_BA2007_anova"]
    assert varying.bias.est == near(wanted["bias_obs_mean"])
    assert varying.sd_total == near(wanted["sd_total"])
    assert [varying.loa_lower.est, varying.loa_upper.est] == near(wanted["loa"])
    assert varying.between_variance == near(wanted["var_between"])
    assert varying.within_variance == near(wanted["var_within"])
    # REML is found by iteration
    assert varying.sd_total == near(want["true_value_varies_lme_reml"]["sd_total"], 1e-6)
    # SimplyAgree prints MOVER limits at 90 %
    for got, peer in (
        (constant_truth_limits(people, a, people, b, confidence=0.9), want["simplyagree_reps"]),
        (varying_truth_limits(people, a, b, confidence=0.9), want["simplyagree_nest"]),
    ):
        lower, upper = peer["loa"]["lower.ci"], peer["loa"]["upper.ci"]
        assert [got.loa_lower.lo, got.loa_lower.hi] == near([lower[1], upper[1]])
        assert [got.loa_upper.lo, got.loa_upper.hi] == near([lower[2], upper[2]])


@pytest.mark.shared
def test_three_raters(published):
    columns, want = published("irr_anxiety")
    rows = np.array([[float(v) for v in columns[f"rater{i}"]] for i in (1, 2, 3)]).T
    got = icc_forms(rows)
    for form, key in (
        ("icc_11", "oneway_single"),
        ("icc_a1", "twoway_agreement_single"),
        ("icc_c1", "twoway_consistency_single"),
        ("icc_ck", "twoway_consistency_average"),
    ):
        assert ends(getattr(got, form)) == near(theirs(want["icc"][key]))
    assert ends(got.icc_ak) == near(theirs(want["icc_psych"]["ICC2k"]))
    assert ends(got.icc_1k) == near(theirs(want["icc_psych"]["ICC1k"]))


# Deming with λ = 1 on T and its jackknife, computed apart in NumPy; the same fit and jackknife
# give R's `deming_lambda1_mcr_jackknife` to all digits.
BIAS_AT = {
    ("ls", -1.0): (-0.05503551266, -0.12400897901, 0.01393795367),
    ("ls", -2.5): (-0.03969998656, -0.14814847178, 0.06874849866),
    ("fn", -1.0): (-0.05883580481, -0.11202908720, -0.00564252241),
    ("fn", -2.5): (0.02024251932, -0.06387167244, 0.10435671109),
}


@pytest.mark.parametrize(("site", "level"), BIAS_AT)
def test_the_bias_at_decision_levels(site, level, table):
    x, y = pairs(table("rems_dxa_200"), f"{site}_dxa_t", f"{site}_rems_t")
    # printed with 11 decimals
    assert ends(bias_at(x, y, [-1.0, -2.5])[level]) == near(list(BIAS_AT[site, level]), 1e-8)
