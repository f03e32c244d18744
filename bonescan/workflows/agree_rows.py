"""Rows of the tables of a comparison: every number of the JSON document, one a row."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bonescan.model.estimate import Estimate
from bonescan.stats.agreement_study import (
    CLASS_WORDS,
    AccuracyBlock,
    AgreementStudy,
    ClassAgreement,
    QuantityAgreement,
    SiteAgreement,
)

Row = dict[str, Any]

ABOUT_CLASSES = frozenset({"classes_as_given", "delong_fracture", "nri_fracture"})
AGE_AND_BMI = "bmd from age and bmi"
INTERCEPT_OF_SCORES = "its interval may leave the estimate out: "
_TEXTS = frozenset({"caveat", "warning", "notes", "validation"})  # sentences worth a row
_OF_A_TEST = frozenset({"statistic", "p", "method", "reason"})
_PAIR, _PERCENTILES = 2, 3
CURVE = " path"  # of the CUSUM test: one value a pair, for drawing it


def continuous_rows(site: SiteAgreement) -> Iterator[Row]:
    """Give bias, limits, lines, correlations and what stands beside them."""
    for found in site.quantities.values():
        yield from _quantity(found, found.quantity)
    if site.bias_at_t is not None:
        n = site.quantities["t"].n
        for at, bias in site.bias_at_t.items():
            yield {"quantity": "t", "n": n, **_estimate(f"bias_at_t {at}", bias)}
    if site.covariates_only is not None:
        yield from _quantity(site.covariates_only, AGE_AND_BMI)
    for verdict in site.acceptable:
        yield {
            "quantity": verdict.quantity,
            "statistic": "acceptable_difference",
            "est": verdict.acceptable,
            "reason": f"{verdict.verdict}: {verdict.sentence}",
        }
    for name, value in site.more.items():
        if isinstance(value, QuantityAgreement):
            yield from _quantity(value, name)
        elif name not in ABOUT_CLASSES:
            yield from ({"quantity": "", **row} for row in flat(name, value))


def class_rows(site: SiteAgreement) -> Iterator[Row]:
    """Give agreement of classes, accuracy, curves and reclassification."""
    for row in _class_rows(site):
        yield {"quantity": "t", **row}


def across_rows(study: AgreementStudy) -> Iterator[Row]:
    """Give the worst site and spine against hip."""
    about = {"site": "+".join(study.across_sites.get("sites", ())), "exclusions": "after"}
    for name, value in study.across_sites.items():
        if name != "sites":
            yield from (about | {"quantity": "t", **row} for row in flat(name, value))


def _quantity(found: QuantityAgreement, quantity: str) -> Iterator[Row]:
    about = {"quantity": quantity, "n": found.n}
    ba = found.bland_altman
    numbers: dict[str, Any] = {}
    if ba is not None:
        names = ("bias", "sd_diff", "loa_lower", "loa_upper", "n_outside_loa",
                 "proportional_slope", "proportional_intercept")  # fmt: skip
        numbers |= {name: getattr(ba, name) for name in names}
    for name in ("ols", "deming", "weighted_deming", "passing_bablok"):
        line = getattr(found, name)
        if line is not None:
            intercept = line.intercept
            if name == "passing_bablok" and found.quantity != "bmd" and intercept.lo is not None:
                said = INTERCEPT_OF_SCORES + line.warning
                intercept = dataclasses.replace(intercept, reason=said)
            numbers |= {f"{name}_intercept": intercept, f"{name}_slope": line.slope}
            if line.warning:
                numbers[f"{name} warning"] = line.warning
    if found.ols is not None:
        numbers["see"] = found.ols.see
    numbers |= {n: getattr(found, n) for n in ("pearson", "spearman", "lin_ccc", "icc_a1")}
    for name, value in (numbers | dict(found.more)).items():
        yield from (about | row for row in flat(name, value))


def _class_rows(site: SiteAgreement) -> Iterator[Row]:
    if site.classes is not None:
        yield from _class_agreement("", site.classes)
    if site.osteoporosis is not None:
        yield from _accuracy("osteoporosis ", site.osteoporosis)
    for curve in site.rocs:
        yield _estimate(f"auc {curve.name}", curve.auc)
        yield _estimate(f"auc {curve.name} n_positive", curve.n_positive)
        yield _estimate(f"auc {curve.name} n_negative", curve.n_negative)
        yield from flat(f"youden {curve.name}", curve.youden)
    for name, value in site.more.items():
        if name in ABOUT_CLASSES:
            yield from flat(name, value)


def _class_agreement(before: str, found: ClassAgreement) -> Iterator[Row]:
    names = ("agreement", "kappa", "kappa_linear", "kappa_quadratic", "gwet_ac1", "minor", "major",
             "a_percent", "b_percent")  # fmt: skip
    for name in names:
        yield _estimate(before + name, getattr(found, name))
    for name, value in found.more.items():
        yield from flat(before + name, value)
    for row, counts in zip(CLASS_WORDS, found.table, strict=True):
        for column, count in zip(CLASS_WORDS, counts, strict=True):
            yield _estimate(f"{before}table test {row} reference {column}", count)


def _accuracy(before: str, found: AccuracyBlock) -> Iterator[Row]:
    for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy"):
        yield _estimate(before + name, getattr(found, name))
    for name, value in found.more.items():
        yield from flat(before + name, value)


def flat(name: str, value: Any) -> Iterator[Row]:
    """Write any part of a result as rows: numbers, estimates, tests; names joined by spaces.

    Parameters
    ----------
    name : str
    value : any
        An estimate, a number, a test with its p, an interval as a pair, a
        mapping, a dataclass or a sequence of these. Arrays are left out, and
        text but for warnings and caveats.

    Yields
    ------
    row : dict
        "statistic" with as many of est, lo, hi, p, method, reason as there are.
    """
    if isinstance(value, Estimate | int | float | np.generic):
        yield _estimate(name, value)
    elif isinstance(value, str):
        if value and name.rsplit(maxsplit=1)[-1] in _TEXTS:
            yield {"statistic": name, "reason": value}
    elif isinstance(value, ClassAgreement):
        yield from _class_agreement(f"{name} ", value)
    elif isinstance(value, AccuracyBlock):
        yield from _accuracy(f"{name} ", value)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from flat(f"{name} {key}", part)
    elif isinstance(value, tuple | list) and not name.endswith(CURVE):
        yield from _sequence(name, value)
    elif dataclasses.is_dataclass(value):
        yield from _fields(name, value)


def _sequence(name: str, value: tuple[Any, ...] | list[Any]) -> Iterator[Row]:
    numbers = [v for v in value if isinstance(v, int | float)]
    if len(numbers) == len(value) == _PAIR:
        yield {"statistic": name, "lo": _finite(value[0]), "hi": _finite(value[1])}
    elif len(numbers) == len(value) == _PERCENTILES and name.endswith("percentile_limits"):
        low, middle, high = map(_finite, value)
        yield {"statistic": name, "est": middle, "lo": low, "hi": high,
               "method": "percentiles 2.5, 50, 97.5"}  # fmt: skip
    else:
        for place, part in enumerate(value, start=1):
            words = isinstance(part, str)
            yield from flat(name if words else f"{name} {place}", part)


def _fields(name: str, value: Any) -> Iterator[Row]:
    fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if "p" in fields and "statistic" in fields:
        yield {
            "statistic": name,
            "est": _finite(fields["statistic"]),
            "p": _finite(fields["p"]),
            "method": fields.get("method"),
            "reason": fields.get("reason"),
        }
        fields = {k: v for k, v in fields.items() if k not in _OF_A_TEST}
    elif "p" in fields:
        yield {"statistic": name, "p": _finite(fields.pop("p")), "reason": fields.get("reason")}
    for key, part in fields.items():
        yield from flat(f"{name} {key}", part)


def _estimate(name: str, value: Any) -> Row:
    if isinstance(value, Estimate):
        return {"statistic": name, **value.to_dict()}
    if isinstance(value, np.generic):
        value = value.item()
    return {"statistic": name, "est": int(value) if isinstance(value, bool) else _finite(value)}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
