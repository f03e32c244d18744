"""The result of comparing two methods, as values: what agree makes, and a report draws.

`AgreementStudy.to_dict` gives the documented JSON: the blocks Q, C, A and E
letter for letter, and everything beyond them under the key ``more``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate
from bonescan.model.outcome import Problem
from bonescan.model.pairs import SitePairs

Array = NDArray[np.float64]

CUT_OFFS_T = ("-1.0", "-2.5")  # keys of `bias_at_t`
CLASS_WORDS = ("normal", "osteopenia", "osteoporosis")  # rows and columns of a class table
UNITS = {"bmd": "g/cm²", "t": "SD", "z": "SD"}


def as_json(value: Any) -> Any:
    """Turn a result into what JSON holds: null for every number that is none."""
    if hasattr(value, "to_dict"):
        return as_json(value.to_dict())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, tuple | list | np.ndarray):
        return [as_json(v) for v in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class BlandAltmanBlock:
    """Bias, limits of agreement and what the difference does along the mean."""

    bias: Estimate
    sd_diff: float | None
    loa_lower: Estimate
    loa_upper: Estimate
    loa_ci_method: str
    proportional_slope: Estimate
    n_outside_loa: int | None
    proportional_intercept: Estimate | None = None  # of the same line, for drawing it

    def to_dict(self) -> dict[str, Any]:
        """Give the block of the JSON contract."""
        names = ("bias", "sd_diff", "loa_lower", "loa_upper", "loa_ci_method",
                 "proportional_slope", "n_outside_loa")  # fmt: skip
        return {name: as_json(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBlock:
    """A line test = intercept + slope · reference."""

    intercept: Estimate
    slope: Estimate
    ci_method: str
    see: float | None = None  # least squares only
    cusum_p: float | None = None  # Passing-Bablok only
    kind: str = "deming"  # "ols", "deming", "weighted-deming", "passing-bablok"
    warning: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the block of the JSON contract."""
        found: dict[str, Any] = {"intercept": as_json(self.intercept), "slope": as_json(self.slope)}
        if self.kind == "ols":
            found["see"] = as_json(self.see)
        elif self.kind == "passing-bablok":
            found["cusum_p"] = as_json(self.cusum_p)
        found["ci_method"] = self.ci_method
        if self.warning:
            found["warning"] = self.warning
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantityAgreement:
    """One quantity of one site: Q of the JSON contract, with its pairs.

    `more` holds, where they apply: "log_ratio", "percent_of_mean",
    "percent_of_reference", "heteroscedasticity", "breusch_pagan", "shapiro",
    "percentile_limits", "tolerance", "prediction", "error_size",
    "loa_intervals" (each method), "theil_sen", "kendall", "partial_correlation",
    "icc_forms", "ccc_detail", "cusum", "bootstrap", "acceptable_difference",
    "replicates", "changes", "decision_levels".
    """

    quantity: str  # "bmd", "t" or "z"
    unit: str  # "" when nobody said
    n: int
    n_excluded: int
    bland_altman: BlandAltmanBlock | None
    ols: LineBlock | None
    deming: LineBlock | None
    weighted_deming: LineBlock | None
    passing_bablok: LineBlock | None
    pearson: Estimate
    spearman: Estimate
    lin_ccc: Estimate
    icc_a1: Estimate
    reference: Array  # (n,) what was analysed
    test: Array
    rows: NDArray[np.intp]  # (n,) rows of the site's pairs that they stand in
    reason: str = ""  # why the blocks are empty
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give Q of the JSON contract."""
        names = ("n", "n_excluded", "bland_altman", "ols", "deming", "weighted_deming",
                 "passing_bablok", "pearson", "spearman", "lin_ccc", "icc_a1")  # fmt: skip
        found = {name: as_json(getattr(self, name)) for name in names}
        if self.reason:
            found["reason"] = self.reason
        if self.more:
            found["more"] = as_json(self.more)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAgreement:
    """Agreement of the WHO classes: C of the JSON contract.

    `table` has the test method in rows and the reference in columns, in the
    order of `CLASS_WORDS`. `more` holds "n", "gwet_ac2_linear",
    "gwet_ac2_quadratic", "pabak", "scott_pi", "krippendorff_alpha", "bowker",
    "stuart_maxwell", "test_lower_class", "test_higher_class", "per_class",
    "low_bone_mass", "n_rejected" and "rejected_by_reference_class", where they
    apply.
    """

    table: tuple[tuple[int, ...], ...]
    agreement: Estimate
    kappa: Estimate
    kappa_linear: Estimate
    kappa_quadratic: Estimate
    gwet_ac1: Estimate
    minor: int
    major: int
    a_percent: float | None  # both readings of the 0.3 T tolerance
    b_percent: float | None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Count the pairs with two classes."""
        return sum(map(sum, self.table))

    def to_dict(self) -> dict[str, Any]:
        """Give C of the JSON contract."""
        names = ("table", "agreement", "kappa", "kappa_linear", "kappa_quadratic", "gwet_ac1",
                 "minor", "major")  # fmt: skip
        found = {name: as_json(getattr(self, name)) for name in names}
        found["tolerant_0_3"] = {
            "a_percent": as_json(self.a_percent),
            "b_percent": as_json(self.b_percent),
        }
        if self.more:
            found["more"] = as_json(self.more)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyBlock:
    """One condition by the test against the reference: A of the JSON contract.

    `more` holds "counts" (tp, fp, fn, tn), "prevalence", "lr_positive",
    "lr_negative", "diagnostic_odds_ratio", "youden", "mcnemar", "kappa",
    "mcc", "f1", where they apply.
    """

    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    accuracy: Estimate
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give A of the JSON contract."""
        names = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
        found = {name: as_json(getattr(self, name)) for name in names}
        if self.more:
            found["more"] = as_json(self.more)
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RocCurve:
    """How well a low score marks a condition."""

    name: str  # "test T for reference osteoporosis" ...
    score: str  # "test" or "reference"
    condition: str  # "osteoporosis", "low bone mass", "fracture"
    auc: Estimate
    n_positive: int
    n_negative: int
    false_positive_1: Array  # from 0 to 1, both ends included
    true_positive_1: Array
    youden: tuple[Mapping[str, float], ...] = ()  # threshold, sensitivity, specificity; ties all

    def to_dict(self) -> dict[str, Any]:
        """Give the figures without the curve."""
        names = ("name", "auc", "n_positive", "n_negative", "youden")
        return {name: as_json(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One part of the people; `None` where the part has no T, or too few pairs."""

    variable: str  # "age_years", "bmi_kg_m2", "sex", "device", "maker", "depth_mm"
    label: str  # "60 to 69", "F", "hologic"
    quantity: str  # what bias and limits are of
    n: int
    bias: Estimate
    sd_diff: float | None
    loa_lower: Estimate
    loa_upper: Estimate
    n_t: int
    agreement: Estimate
    kappa: Estimate
    sensitivity: Estimate
    specificity: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Give every field."""
        return {f.name: as_json(getattr(self, f.name)) for f in dataclasses.fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How many scans or rows came how far; None where the data can't tell."""

    found: int
    readable: int
    quality_passed: int
    paired: int
    analysed: int
    reasons: Mapping[str, int] = field(default_factory=dict)  # why the others were left out
    label: str = ""  # what was counted, where it is not one site: "any site"

    def to_dict(self) -> dict[str, Any]:
        """Give the five counts of the JSON contract, the reasons and the label."""
        found: dict[str, Any] = {
            "found": self.found,
            "readable": self.readable,
            "quality_passed": self.quality_passed,
            "paired": self.paired,
            "analysed": self.analysed,
        }
        if self.reasons:
            found["reasons"] = dict(self.reasons)
        if self.label:
            found["label"] = self.label
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptableDifference:
    """A difference called acceptable beforehand, against the limits and their intervals."""

    quantity: str
    acceptable: float
    verdict: str  # "acceptable", "not-acceptable" or "undecided"
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Give every field."""
        return {f.name: as_json(getattr(self, f.name)) for f in dataclasses.fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteAgreement:
    """Everything about one site.

    `more` holds, where they apply: "mcnemar_low_bone_mass", "delong_fracture"
    (the paired test of two AUCs), "nri_fracture", "bias_at_t_regression",
    "t_as_given" (a Q), "gap_days" (its distribution), "cluster" (people, pairs,
    method), "notes".
    """

    site: str
    reference_name: str
    test_name: str
    quantities: Mapping[str, QuantityAgreement]  # "bmd", "t", "z" as far as there are any
    classes: ClassAgreement | None
    osteoporosis: AccuracyBlock | None
    auc: Estimate | None
    bias_at_t: Mapping[str, Estimate] | None
    covariates_only: QuantityAgreement | None
    flow: Flow
    pairs: SitePairs  # every row, analysed or not
    rocs: tuple[RocCurve, ...] = ()
    strata: tuple[Stratum, ...] = ()
    acceptable: tuple[AcceptableDifference, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give one site of the JSON contract."""
        found: dict[str, Any] = {q: as_json(self.quantities.get(q)) for q in ("bmd", "t", "z")}
        for name in ("classes", "osteoporosis", "auc", "bias_at_t", "covariates_only"):
            found[name] = as_json(getattr(self, name))
        found["more"] = {
            "reference": self.reference_name,
            "test": self.test_name,
            "flow": as_json(self.flow),
            "roc": as_json(self.rocs),
            "strata": as_json(self.strata),
            "acceptable_difference": as_json(self.acceptable),
            **as_json(self.more),
        }
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSettings:
    """What was asked for; the report's methods paragraph rests on it."""

    loa_ci: str = "carkeet-individual"
    proportion_ci: str = "wilson"
    deming_ratio: float = 1.0  # var(error of reference) / var(error of test)
    deming_ci: str = "jackknife"
    label_from: str = "rounded"
    acceptable_difference: Mapping[str, float] = field(default_factory=dict)  # by quantity
    bootstrap_resamples: int = 2000
    seed: int = 20260101
    max_gap_days: int = 30

    def to_dict(self) -> dict[str, Any]:
        """Give every field."""
        return {f.name: as_json(getattr(self, f.name)) for f in dataclasses.fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AgreementStudy:
    """The comparison of two methods: what `compare_methods` returns.

    Attributes
    ----------
    sites : mapping
        Site to its analysis, after exclusions.
    flow : Flow
        Of the whole study.
    before_exclusions : mapping or None
        The same sites with rejected scans counted as disagreement; None when
        no scan was rejected.
    settings : AgreementSettings
    source : str
        File or folder that the data came from; empty for arrays.
    across_sites : mapping
        "worst_site" and "spine_against_hip", class agreements, where two sites
        have T-scores of the same people.
    notes : tuple of str
        Sentences that belong beside the results.
    problems : tuple of Problem
        What a person should know, each with its code.
    simulated : bool
        Some of the scans were made by a simulator; every page says so.
    """

    sites: Mapping[str, SiteAgreement]
    flow: Flow
    before_exclusions: Mapping[str, SiteAgreement] | None
    settings: AgreementSettings
    source: str = ""
    across_sites: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()  # stand beside `data` in the JSON document
    simulated: bool = False  # some of the scans were made by a simulator

    def __str__(self) -> str:
        from .agreement_text import study_text  # it needs these types

        return study_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON contract of ``bonescan agree``; null, never NaN."""
        before = self.before_exclusions
        return {
            "sites": {site: result.to_dict() for site, result in self.sites.items()},
            "flow": self.flow.to_dict()
            | {"sites": {site: result.flow.to_dict() for site, result in self.sites.items()}},
            "before_exclusions": None
            if before is None
            else {site: result.to_dict() for site, result in before.items()},
            "more": {
                "settings": self.settings.to_dict(),
                "source": self.source,
                "across_sites": as_json(self.across_sites),
                "notes": list(self.notes),
                "simulated": self.simulated,
                "versions": dict(self.versions),
            },
        }
