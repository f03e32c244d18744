"""`agree --json` equals what R 4.2.2 printed (packages named in each expected file).

Row by row of the mapping: path of the JSON, key of R, tolerance. Differences
are test − reference. Published sets are read beside the checkout only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CLOSED, ITERATED, ABSOLUTE = 1e-8, 1e-6, 1e-10


def near(found: Any, wanted: float, rel: float = CLOSED, absolute: float = ABSOLUTE) -> bool:
    assert found is not None
    return bool(found == pytest.approx(wanted, rel=rel, abs=absolute))


def same_estimate(found: dict[str, Any], wanted: dict[str, Any], rel: float = CLOSED) -> None:
    """Compare est, lo and hi; R may name them so or put the interval into a list."""
    for key in ("est", "lo", "hi"):
        assert near(found[key], wanted[key], rel), (key, found, wanted)


LOA_KEYS = {
    "carkeet-individual": ("loa_ci_carkeet_individual", ITERATED),
    "carkeet-pair": ("loa_ci_carkeet_pair", ITERATED),
    "ba1999-t": ("loa_ci_ba1999_t", CLOSED),
    "ba1986": ("loa_ci_ba1986_t_sqrt3", CLOSED),
    "mover": ("loa_ci_mover_zou", CLOSED),
}


def check_bland_altman(found: dict[str, Any], r: dict[str, Any], method: str) -> None:
    ba = found["bland_altman"]
    assert found["n"] == r["n"]
    same_estimate(ba["bias"], r["bias"])
    assert near(ba["bias"]["p"], r["bias_t_p"], ITERATED)
    assert near(ba["sd_diff"], r["sd_diff"])
    assert ba["loa_ci_method"] == method
    key, rel = LOA_KEYS[method]
    for limit in ("lower", "upper"):
        assert near(ba[f"loa_{limit}"]["est"], r[f"loa_{limit}"])
        for end, value in zip(("lo", "hi"), r[key][limit], strict=True):
            assert near(ba[f"loa_{limit}"][end], value, rel), (method, limit, end)
    trend = r["prop_bias_lm_diff_on_mean"]
    same_estimate(ba["proportional_slope"], trend["slope"])
    assert near(ba["proportional_slope"]["p"], trend["p_slope"], ITERATED)
    assert ba["n_outside_loa"] == r["n_outside_loa"]


def check_lines(found: dict[str, Any], r: dict[str, Any], *, is_bmd: bool) -> None:
    for part in ("intercept", "slope"):
        same_estimate(found["ols"][part], r["ols"][part])
        same_estimate(found["deming"][part], r["deming_lambda1_mcr_jackknife"][part])
        literal = r["passing_bablok_1983_literal_own_R"][part]
        lo, hi = sorted((literal["lo"], literal["hi"]))
        block = found["passing_bablok"][part]
        assert near(block["est"], literal["est"])
        assert near(block["lo"], lo)
        assert near(block["hi"], hi)
        if is_bmd:
            same_estimate(
                found["weighted_deming"][part], r["wdeming_mcr_jackknife"][part], ITERATED
            )
            package = r["passing_bablok_mcr"][part]["est"]
            rel, absolute = (3e-4, 0.0) if part == "slope" else (0.0, 3e-4)
            assert near(block["est"], package, rel, absolute)
        else:
            assert found["weighted_deming"] is None
            assert "lattice" in found["passing_bablok"]["warning"]
    assert near(found["ols"]["see"], r["ols"]["see"])
    assert found["deming"]["ci_method"] == "jackknife"
    if is_bmd:
        assert near(
            found["passing_bablok"]["cusum_p"],
            r["pb_cusum"]["p_kolmogorov_asymptotic"],
            ITERATED,
        )


def check_correlation(found: dict[str, Any], r: dict[str, Any]) -> None:
    same_estimate(found["pearson"], r["pearson"])
    assert near(found["pearson"]["p"], r["pearson"]["p"], ITERATED, 0.0)
    spearman = found["spearman"]
    assert near(spearman["est"], r["spearman"]["rho"])
    for end, value in zip(("lo", "hi"), r["spearman"]["ci_bonett_wright"], strict=True):
        assert near(spearman[end], value)
    same_estimate(found["lin_ccc"], r["ccc_epiR"]["ccc"])
    same_estimate(found["icc_a1"], r["icc_irr"]["ICC2_1_A"])


def proportions(r: dict[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, float, Any]]:
    for name in names:
        yield name, r[name]["est"], r[name]


@pytest.mark.parametrize("site", ["ls", "fn"])
def test_both_sites_of_200_women(
    site: str, agree: Callable[..., Any], set_200: Path, r_200: Any
) -> None:
    data = agree(set_200)
    found, r = data["sites"][site], r_200[site]
    for quantity, key in (("bmd", "bmd"), ("t", "t_score")):
        q = found[quantity]
        assert q["n_excluded"] == r["n_excluded_missing"]
        check_bland_altman(q, r[key]["bland_altman"], "carkeet-individual")
        check_lines(q, r[key]["regression"], is_bmd=quantity == "bmd")
        check_correlation(q, r[key]["correlation"])
    check_bland_altman(found["z"], r["z_score_ba"], "carkeet-individual")
    flow = data["flow"]["sites"][site]
    assert data["flow"]["found"] == flow["found"] == r["n_rows"]
    assert flow["paired"] == flow["analysed"] == r["bmd"]["bland_altman"]["n"]
    assert data["before_exclusions"] is None


@pytest.mark.parametrize("site", ["ls", "fn"])
def test_classes_accuracy_and_auc_of_200_women(
    site: str, agree: Callable[..., Any], set_200: Path, r_200: Any
) -> None:
    found, r = agree(set_200)["sites"][site], r_200[site]
    c, rc = found["classes"], r["who_classes_rows_rems_cols_dxa"]
    assert c["table"] == rc["table"]
    assert near(c["agreement"]["est"], rc["observed_agreement"]["est"])
    for end, value in zip(("lo", "hi"), rc["observed_agreement"]["wilson"], strict=True):
        assert near(c["agreement"][end], value)
    for name, key in (("kappa", "cohen_vcd"), ("kappa_linear", "weighted_linear_vcd"),
                      ("kappa_quadratic", "weighted_quadratic_vcd")):  # fmt: skip
        same_estimate(c[name], rc[key])
    ac1 = rc["irrcac_gwet_ac1"]
    assert near(c["gwet_ac1"]["est"], ac1["est"])
    lo, hi = (float(v) for v in ac1["ci"].strip("()").split(","))  # R prints three decimals
    assert round(c["gwet_ac1"]["lo"], 3) == lo
    assert round(c["gwet_ac1"]["hi"], 3) == hi
    assert (c["minor"], c["major"]) == (r["discordance"]["minor"], r["discordance"]["major"])
    assert near(c["tolerant_0_3"]["a_percent"], r["tolerance_0.3"]["pct_A"])
    assert near(c["tolerant_0_3"]["b_percent"], r["tolerance_0.3"]["pct_B"])
    ra = r["osteoporosis_T_le_m2.5"]
    for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy"):
        block = found["osteoporosis"][name]
        assert near(block["est"], ra[name]["est"], absolute=1e-12)
        for end, value in zip(("lo", "hi"), ra[name]["wilson"], strict=True):
            assert near(block[end], value, absolute=1e-12)
    roc = r["roc_auc"]["rems_t_for_dxa_osteoporosis"]
    for key, wanted in (("est", "auc"), ("lo", "lo"), ("hi", "hi")):
        assert near(found["auc"][key], roc[wanted])


# Deming, λ = 1, jackknife, t(n − 2) on the T-scores of the set; computed apart from this package
# with NumPy from Linnet's formulas, which reproduce R's mcr on the same data.
BIAS_AT_T = {
    ("ls", "-1.0"): (-0.05503551266, -0.12400897901, 0.01393795367),
    ("ls", "-2.5"): (-0.03969998656, -0.14814847178, 0.06874849866),
    ("fn", "-1.0"): (-0.05883580481, -0.11202908720, -0.00564252241),
    ("fn", "-2.5"): (0.02024251932, -0.06387167244, 0.10435671109),
}


def test_bias_at_the_decision_levels(agree: Callable[..., Any], set_200: Path) -> None:
    sites = agree(set_200)["sites"]
    for (site, level), wanted in BIAS_AT_T.items():
        found = sites[site]["bias_at_t"][level]
        for key, value in zip(("est", "lo", "hi"), wanted, strict=True):
            assert near(found[key], value, CLOSED, 1e-10)


@pytest.mark.parametrize("method", LOA_KEYS)
def test_every_interval_of_the_limits_can_be_asked_for(
    method: str, agree: Callable[..., Any], set_200: Path, r_200: Any
) -> None:
    data = agree(set_200, "--loa-ci", method, "--bootstrap", 0)
    for site in ("ls", "fn"):
        check_bland_altman(data["sites"][site]["bmd"], r_200[site]["bmd"]["bland_altman"], method)


def test_error_ratio_2_and_other_intervals(
    agree: Callable[..., Any], set_200: Path, r_200: Any
) -> None:
    data = agree(set_200, "--deming-ratio", 2, "--proportion-ci", "clopper-pearson",
                 "--bootstrap", 0)  # fmt: skip
    for site in ("ls", "fn"):
        r = r_200[site]
        for part in ("intercept", "slope"):
            same_estimate(
                data["sites"][site]["bmd"]["deming"][part],
                r["bmd"]["regression"]["deming_lambda_2_mcr"][part],
            )
        sens = data["sites"][site]["osteoporosis"]["sensitivity"]
        exact = r["osteoporosis_T_le_m2.5"]["sensitivity"]["clopper"]
        assert near(sens["lo"], exact[0])
        assert near(sens["hi"], exact[1])
        assert sens["method"] == "clopper-pearson"


def test_analytical_deming(agree: Callable[..., Any], set_200: Path, r_200: Any) -> None:
    data = agree(set_200, "--deming-ci", "analytical", "--bootstrap", 0)
    for part in ("intercept", "slope"):
        same_estimate(
            data["sites"]["fn"]["bmd"]["deming"][part],
            r_200["fn"]["bmd"]["regression"]["deming_lambda1_mcr_analytical"][part],
        )


def test_what_the_contract_has_no_place_for(
    agree: Callable[..., Any], set_200: Path, r_200: Any
) -> None:
    data = agree(set_200)
    across = data["more"]["across_sites"]
    worst, r_worst = across["worst_site"], r_200["worst_site"]
    assert sum(map(sum, worst["table"])) == r_worst["n"]
    assert worst["table"] == r_worst["kappa"]["table"]
    assert across["spine_against_hip"]["dxa"]["table"] == r_200["spine_vs_hip_dxa"]["table"]
    for site in ("ls", "fn"):
        found, r = data["sites"][site], r_200[site]
        more, ba = found["bmd"]["more"], r["bmd"]["bland_altman"]
        assert near(more["log_ratio"]["ratio"]["est"], ba["log_ratio"]["gm_ratio"])
        assert near(more["rmse"], ba["rmse"])
        assert near(more["shapiro"]["statistic"], ba["shapiro"]["W"], ITERATED)
        assert near(more["breusch_pagan"]["p"], ba["breusch_pagan"]["p"], ITERATED)
        classes = found["classes"]["more"]
        rc = r["who_classes_rows_rems_cols_dxa"]
        assert near(classes["pabak"]["est"], rc["pabak"])
        assert near(classes["stuart_maxwell"]["chi2"], rc["stuart_maxwell"]["chi2"][0][0])
        low = classes["low_bone_mass"]["sensitivity"]["est"]
        assert near(low, r["low_bone_mass_T_lt_m1"]["sensitivity"]["est"])
        paired, r_paired = (
            found["more"]["delong_fracture"],
            r["roc_auc"]["delong_paired_rems_vs_dxa"],
        )
        assert near(paired["z"], r_paired["z"])
        nri = found["more"]["nri_fracture"]
        assert near(nri["nri"]["est"], r["nri_dxa_to_rems_for_fracture"]["nri"])
        assert "never the" in nri["caveat"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "columns"),
    [("creatinine", ("serum.crea", "plasma.crea")), ("ba1999_milk", ("Trig", "Gerber"))],
)
def test_published_pairs(
    name: str, columns: tuple[str, str], agree: Callable[..., Any], shared_dir: Path
) -> None:
    folder = shared_dir / "data" / "stats" / "visible"
    r = json.loads((folder / f"{name}.expected.json").read_text())
    data = agree(folder / f"{name}.csv", "--reference", columns[0], "--test", columns[1])
    assert set(data["sites"]) == {"pair"}
    found = data["sites"]["pair"]
    assert found["t"] is found["z"] is found["classes"] is found["auc"] is None
    check_bland_altman(found["bmd"], r["bland_altman"], "carkeet-individual")
    check_lines(found["bmd"], r["regression"], is_bmd=True)
    check_correlation(found["bmd"], r["correlation"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "columns"), [("ba1986_pefr", ("Wright", "Mini")), ("ba1999_sbp", ("J", "S"))]
)
def test_published_replicates(
    name: str, columns: tuple[str, str], agree: Callable[..., Any], shared_dir: Path
) -> None:
    folder = shared_dir / "data" / "stats" / "visible"
    expected = json.loads((folder / f"{name}.expected.json").read_text())
    first, r = expected["first_readings"], expected["repeated"]
    data = agree(folder / f"{name}.csv", "--reference", columns[0], "--test", columns[1],
                 "--subject", "item", "--replicate", "repl")  # fmt: skip
    found = data["sites"]["pair"]["bmd"]
    check_bland_altman(found, first["bland_altman"], "carkeet-individual")
    check_lines(found, first["regression"], is_bmd=True)
    check_correlation(found, first["correlation"])
    constant, varies = found["more"]["replicates"].values()
    wanted = r["true_value_constant_BA1999"]
    assert near(constant["bias"]["est"], wanted["bias"])
    assert near(constant["sd_corrected"], wanted["sd_corrected"])
    assert near(constant["loa_lower"]["est"], wanted["loa"][0])
    wanted = r["true_value_varies_BA2007_anova"]
    assert near(varies["sd_total"], wanted["sd_total"])
    assert near(varies["loa_upper"]["est"], wanted["loa"][1])
