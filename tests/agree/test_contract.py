"""The JSON of `agree` is the documented one, and does not hang on the order of the rows."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Q = ["n", "n_excluded", "bland_altman", "ols", "deming", "weighted_deming", "passing_bablok",
     "pearson", "spearman", "lin_ccc", "icc_a1"]  # fmt: skip
SITE = ["bmd", "t", "z", "classes", "osteoporosis", "auc", "bias_at_t", "covariates_only"]
BLAND_ALTMAN = {"bias", "sd_diff", "loa_lower", "loa_upper", "loa_ci_method",
                "proportional_slope", "n_outside_loa"}  # fmt: skip
CLASSES = {"table", "agreement", "kappa", "kappa_linear", "kappa_quadratic", "gwet_ac1", "minor",
           "major", "tolerant_0_3"}  # fmt: skip


def estimates(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Find every block with est, lo and hi."""
    if isinstance(node, list):
        return [e for i, part in enumerate(node) for e in estimates(part, f"{path}[{i}]")]
    if not isinstance(node, dict):
        return []
    if "est" in node:
        return [(path, node)]
    return [e for key, part in node.items() for e in estimates(part, f"{path}.{key}")]


def test_every_key_of_the_contract_is_there(agree: Callable[..., Any], set_200: Path) -> None:
    data = agree(set_200)
    assert {"sites", "flow", "before_exclusions"} <= set(data)
    assert {"found", "readable", "quality_passed", "paired", "analysed"} <= set(data["flow"])
    for site in data["sites"].values():
        assert list(site)[: len(SITE)] == SITE
        for quantity in ("bmd", "t", "z"):
            assert [k for k in site[quantity] if k != "more"] == Q
            assert set(site[quantity]["bland_altman"]) == BLAND_ALTMAN
            assert {"intercept", "slope", "see"} <= set(site[quantity]["ols"])
            assert {"intercept", "slope", "ci_method"} <= set(site[quantity]["deming"])
            assert {"intercept", "slope", "cusum_p"} <= set(site[quantity]["passing_bablok"])
        assert set(site["classes"]) - {"more"} == CLASSES
        assert set(site["classes"]["tolerant_0_3"]) == {"a_percent", "b_percent"}
        assert set(site["bias_at_t"]) == {"-1.0", "-2.5"}
        assert [k for k in site["covariates_only"] if k != "more"] == Q


def test_every_interval_names_its_method(agree: Callable[..., Any], set_200: Path) -> None:
    found = estimates(agree(set_200))
    assert len(found) > 200
    nameless = [path for path, e in found if e["lo"] is not None and not e.get("method")]
    assert nameless == []


def test_an_interval_holds_its_estimate(agree: Callable[..., Any], set_200: Path) -> None:
    # Passing-Bablok's intercept limits come from the slope's: on T rounded to 0.1 they need not
    outside = [
        path
        for path, e in estimates(agree(set_200))
        if e["lo"] is not None and e["hi"] is not None and ".passing_bablok.intercept" not in path
        if not e["lo"] - 1e-12 <= e["est"] <= e["hi"] + 1e-12
    ]
    assert outside == []


def test_the_covariates_alone_do_worse_than_the_method(
    agree: Callable[..., Any], set_200: Path
) -> None:
    """The set was made with a test that follows the reference, which age and BMI do not."""
    for site in agree(set_200)["sites"].values():
        alone = site["covariates_only"]
        assert alone["n"] == site["bmd"]["n"]
        assert alone["pearson"]["est"] < site["bmd"]["pearson"]["est"] - 0.2


def close(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return list(a) == list(b) and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == pytest.approx(b, rel=1e-9, abs=1e-12)) if isinstance(a, float) else a == b


def test_the_order_of_the_rows_plays_no_part(
    agree: Callable[..., Any], set_200: Path, tmp_path: Path
) -> None:
    with set_200.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    random.Random(7).shuffle(rows)
    shuffled = tmp_path / "shuffled.csv"
    with shuffled.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    one, other = agree(set_200)["sites"], agree(shuffled)["sites"]
    for site in one.values():
        for quantity in ("bmd", "t", "z"):
            # the sum of signs along the line depends on the order of tied distances
            site[quantity]["passing_bablok"]["cusum_p"] = None
            site[quantity]["more"]["cusum"] = None
    for site in other.values():
        for quantity in ("bmd", "t", "z"):
            site[quantity]["passing_bablok"]["cusum_p"] = None
            site[quantity]["more"]["cusum"] = None
        site["covariates_only"]["passing_bablok"]["cusum_p"] = None
    for site in one.values():
        site["covariates_only"]["passing_bablok"]["cusum_p"] = None
    for name, found in one.items():
        for key, part in found.items():
            assert close(part, other[name][key]), (name, key)


def test_one_document_and_null_for_nan(
    verb: Callable[..., tuple[int, str, str]], set_200: Path
) -> None:
    _, out, _ = verb("agree", set_200, "--json", "--bootstrap", 0)
    document = json.loads(out, parse_constant=lambda name: pytest.fail(f"found {name}"))
    assert set(document) == {"schema", "verb", "version", "data", "problems"}
    assert document["verb"] == "agree"


def test_text_shows_strict_and_tolerant_agreement_side_by_side(
    verb: Callable[..., tuple[int, str, str]], set_200: Path
) -> None:
    code, out, _ = verb("agree", set_200)
    assert code == 0
    # R's percentages of the set: 81.865, 95.337, 87.047
    assert "same 81.9 % (75.8 to 86.7); with 0.3 T tolerance A 95.3 %, B 87.0 %" in out
    assert "not a medical device" in out
    assert "nan" not in out.lower()


def test_tables_and_page_are_written(
    verb: Callable[..., tuple[int, str, str]], set_200: Path, tmp_path: Path
) -> None:
    out = tmp_path / "agreement"
    code, _, _ = verb("agree", set_200, "-o", out, "--bootstrap", 200)
    assert code == 0
    names = {p.name for p in out.iterdir()}
    assert {"agreement.json", "agreement.html", "pairs.csv", "continuous.csv", "classes.csv",
            "strata.csv"} <= names  # fmt: skip
    with (out / "pairs.csv").open(newline="") as file:
        pairs = list(csv.DictReader(file))
    assert len(pairs) == 400  # 200 women, two sites
    assert pairs[1]["reference_bmd"] == "0.902"
    assert pairs[1]["test_class"] == "osteopenia"
    with (out / "continuous.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["site"] == "ls" and r["quantity"] == "bmd"]
    bias = next(r for r in rows if r["statistic"] == "bias")
    assert float(bias["est"]) == pytest.approx(-0.0058860103626943, rel=1e-8)  # R
    assert bias["method"] == "t(n-1)"
