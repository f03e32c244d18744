"""The further statistics of a comparison: checks, variants and tests beside the main ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bonescan.i18n import _
from bonescan.report.figures.numbers import fixed
from bonescan.stats.agreement_study import (
    AgreementStudy,
    QuantityAgreement,
    SiteAgreement,
    as_json,
)

from .number_tables import NumberRow, NumberTable
from .wording import decimals_of, p_words, quantity_words

Json = Mapping[str, Any]

ICC_FORMS = ("icc_11", "icc_1k", "icc_a1", "icc_ak", "icc_c1", "icc_ck")
RELATIVE_DECIMALS = 2
SHARE_DECIMALS = 3


def estimate_row(name: str, found: Any, decimals: int, *, by: float = 1.0) -> NumberRow | None:
    """Write one estimate of the JSON; None where there is none."""
    if not isinstance(found, Mapping) or found.get("est") is None:
        return None
    words = fixed(by * found["est"], decimals)
    low, high = found.get("lo"), found.get("hi")
    if low is not None and high is not None:
        ends = {"low": fixed(by * low, decimals), "high": fixed(by * high, decimals)}
        words += " " + _("(%(low)s to %(high)s)") % ends
    return NumberRow(
        name=name, value=words, p=p_words(found.get("p")), method=str(found.get("method") or "")
    )


def _range_row(name: str, found: Any, decimals: int) -> NumberRow | None:
    if not isinstance(found, Sequence) or len(found) < 2:  # noqa: PLR2004 - two ends
        return None
    ends = (found[0], found[-1])
    if None in ends:
        return None
    words = f"{fixed(ends[0], decimals)} … {fixed(ends[1], decimals)}"
    return NumberRow(name=name, value=words)


def _number_row(name: str, found: Any, decimals: int, p: float | None = None) -> NumberRow | None:
    if found is None:
        return None
    return NumberRow(name=name, value=fixed(float(found), decimals), p=p_words(p))


def _table(caption: str, rows: Iterator[NumberRow | None]) -> NumberTable | None:
    kept = tuple(row for row in rows if row is not None)
    return NumberTable(caption=caption, rows=kept) if kept else None


def more_of_quantity(quantity: QuantityAgreement) -> NumberTable | None:
    """List what stands beside the main statistics of one quantity."""
    more: Json = as_json(quantity.more)
    caption = _("%s: further statistics") % quantity_words(quantity)
    return _table(caption, _quantity_rows(more, decimals_of(quantity)))


def _quantity_rows(more: Json, d: int) -> Iterator[NumberRow | None]:
    yield _range_row(_("tolerance interval, 95 % of differences"), more.get("tolerance"), d)
    yield _range_row(_("prediction interval of one more difference"), more.get("prediction"), d)
    yield _range_row(_("limits without normality (percentiles)"), more.get("percentile_limits"), d)
    yield _number_row(_("root mean square difference"), more.get("rmse"), d)
    yield _number_row(_("mean absolute difference"), more.get("mae"), d)
    ratio, percent = more.get("log_ratio") or {}, more.get("percent_of_mean") or {}
    yield estimate_row(_("ratio test / reference (geometric)"), ratio.get("ratio"), 4)
    yield _range_row(_("limits of the ratio"), ratio.get("loa_ratio"), 4)
    yield estimate_row(_("bias, % of the mean"), percent.get("bias_percent"), RELATIVE_DECIMALS)
    yield _range_row(_("limits, % of the mean"), percent.get("loa_percent"), RELATIVE_DECIMALS)
    spread = more.get("heteroscedastic") or {}
    yield _number_row(_("spread against the mean, slope"), spread.get("c1"), 4, spread.get("p"))
    for key, name in (
        ("breusch_pagan", _("equal spread (Breusch-Pagan, Koenker)")),
        ("shapiro", _("normal differences (Shapiro-Wilk)")),
    ):
        test = more.get(key) or {}
        yield _number_row(name, test.get("statistic"), SHARE_DECIMALS, test.get("p"))
    line = more.get("theil_sen") or {}
    yield estimate_row(_("Theil-Sen: slope"), line.get("slope"), 4)
    yield estimate_row(_("Kendall's tau-b"), more.get("kendall"), SHARE_DECIMALS)
    detail, forms = more.get("ccc_detail") or {}, more.get("icc_forms") or {}
    yield _number_row(_("Lin: bias correction"), detail.get("c_b"), 4)
    yield _number_row(_("Lin: shift of place"), detail.get("location_shift"), 4)
    yield _number_row(_("Lin: shift of scale"), detail.get("scale_shift"), 4)
    for form in ICC_FORMS:
        name = f"ICC({form.removeprefix('icc_')[0].upper()},{form[-1]})"
        yield estimate_row(name, forms.get(form), SHARE_DECIMALS)
    for name, found in (more.get("bootstrap") or {}).items():
        yield estimate_row(_("by drawing people: %s") % name.replace("_", " "), found, d)


def replicates_of(quantity: QuantityAgreement) -> NumberTable | None:
    """List the limits that take repeated readings into account."""
    found: Json = as_json(quantity.more.get("replicates") or {})
    d = decimals_of(quantity)

    def rows() -> Iterator[NumberRow | None]:
        for key, name, sd in (
            ("true_value_constant", _("true value constant"), "sd_corrected"),
            ("true_value_varies", _("true value varies"), "sd_total"),
        ):
            block = found.get(key) or {}
            yield estimate_row(f"{name}: " + _("bias"), block.get("bias"), d)
            yield _number_row(f"{name}: " + _("SD of differences"), block.get(sd), d)
            yield estimate_row(f"{name}: " + _("lower limit"), block.get("loa_lower"), d)
            yield estimate_row(f"{name}: " + _("upper limit"), block.get("loa_upper"), d)
            yield _number_row(
                f"{name}: " + _("repeatability, reference"), block.get("repeatability_x"), d
            )
            yield _number_row(
                f"{name}: " + _("repeatability, test"), block.get("repeatability_y"), d
            )

    return _table(_("All readings (limits corrected for replicates)"), rows())


def as_given(site: SiteAgreement) -> NumberTable | None:
    """List T as each method printed it, where it was scored again to one reference."""
    quantity = site.more.get("t_as_given")
    if not isinstance(quantity, QuantityAgreement) or quantity.bland_altman is None:
        return None
    block = as_json(quantity.bland_altman)
    classes: Any = as_json(site.more.get("classes_as_given"))
    d = decimals_of(quantity)

    def rows() -> Iterator[NumberRow | None]:
        yield estimate_row(_("bias (test − reference)"), block.get("bias"), d)
        yield _number_row(_("SD of differences"), block.get("sd_diff"), d)
        agreement = classes.get("agreement", classes) if isinstance(classes, Mapping) else None
        yield estimate_row(_("same class, strict (%)"), agreement, 1, by=100.0)

    return _table(_("T as printed, each by its own reference"), rows())


def more_of_classes(site: SiteAgreement) -> NumberTable | None:
    """List further kappas, tests between the methods, and reclassification."""
    if site.classes is None:
        return None
    more: Json = as_json(site.classes.more)
    site_more: Json = as_json(
        {k: site.more[k] for k in ("delong_fracture", "nri_fracture") if k in site.more}
    )
    accuracy: Json = as_json(site.osteoporosis.more) if site.osteoporosis is not None else {}

    def rows() -> Iterator[NumberRow | None]:
        for key, name in (
            ("gwet_ac2_linear", _("Gwet's AC2, linear")),
            ("gwet_ac2_quadratic", _("Gwet's AC2, quadratic")),
            ("pabak", _("prevalence- and bias-adjusted kappa")),
            ("scott_pi", _("Scott's pi")),
            ("krippendorff_alpha", _("Krippendorff's alpha")),
        ):
            yield estimate_row(name, more.get(key), SHARE_DECIMALS)
        yield from _condition_rows(_("osteoporosis"), accuracy)
        low = more.get("low_bone_mass") or {}
        for key, name in (("sensitivity", _("sensitivity (%)")),
                          ("specificity", _("specificity (%)"))):  # fmt: skip
            yield estimate_row(_("low bone mass: ") + name, low.get(key), 1, by=100.0)
        yield from _condition_rows(_("low bone mass"), low.get("more") or {})
        yield from _outcome_rows(site_more)

    return _table(_("Classes and accuracy: further statistics"), rows())


def _condition_rows(name: str, more: Json) -> Iterator[NumberRow | None]:
    yield estimate_row(f"{name}: " + _("Youden's J"), more.get("youden"), SHARE_DECIMALS)
    yield estimate_row(f"{name}: " + _("diagnostic odds ratio"),
                       more.get("diagnostic_odds_ratio"), 1)  # fmt: skip
    test = more.get("mcnemar") or {}
    if test.get("p_exact") is not None:
        yield NumberRow(
            name=f"{name}: " + _("McNemar, exact"), value="", p=p_words(test["p_exact"])
        )
        yield NumberRow(name=f"{name}: " + _("McNemar, mid-p"), value="", p=p_words(test["p_midp"]))


def _outcome_rows(more: Json) -> Iterator[NumberRow | None]:
    delong, nri = more.get("delong_fracture") or {}, more.get("nri_fracture") or {}
    yield estimate_row(_("fracture: difference of areas (paired DeLong)"),
                       delong.get("difference"), SHARE_DECIMALS)  # fmt: skip
    for key, name in (
        ("nri_event", _("fracture: net reclassification, with")),
        ("nri_nonevent", _("fracture: net reclassification, without")),
        ("nri", _("fracture: net reclassification, sum")),
    ):
        yield estimate_row(name, nri.get(key), SHARE_DECIMALS)
    if nri.get("caveat"):
        yield NumberRow(name=_("net reclassification: note"), value=str(nri["caveat"]))


def more_tables(site: SiteAgreement) -> list[NumberTable]:
    """Gather the further tables of a site."""
    found: list[NumberTable | None] = [as_given(site)]
    for quantity in site.quantities.values():
        found += [replicates_of(quantity), more_of_quantity(quantity)]
    found.append(more_of_classes(site))
    return [table for table in found if table is not None]


def across_tables(study: AgreementStudy) -> list[NumberTable]:
    """List agreement of the worst site, and of spine against hip by each method."""
    across: Json = as_json(study.across_sites)
    blocks = [(_("worst site of each person"), across.get("worst_site"))]
    for method, block in (across.get("spine_against_hip") or {}).items():
        blocks.append((_("spine against hip, both by %s") % method, block))
    tables = [_table(name, _class_rows(block)) for name, block in blocks if block]
    return [table for table in tables if table is not None]


def _class_rows(block: Json) -> Iterator[NumberRow | None]:
    yield estimate_row(_("same class, strict (%)"), block.get("agreement"), 1, by=100.0)
    yield estimate_row(_("Cohen's kappa"), block.get("kappa"), SHARE_DECIMALS)
    yield estimate_row(_("linear weighted kappa"), block.get("kappa_linear"), SHARE_DECIMALS)
    for key, name in (("minor", _("one class apart")), ("major", _("two classes apart"))):
        yield NumberRow(name=name, value=str(block.get(key)))
