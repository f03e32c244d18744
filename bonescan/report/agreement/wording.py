"""How the numbers of a comparison are written and named."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.estimate import Estimate
from bonescan.report.figures.numbers import fixed
from bonescan.report.words import site_words
from bonescan.stats.agreement_study import QuantityAgreement, SiteAgreement

DECIMALS = {"bmd": 4, "t": 3, "z": 3}
SITE_PREFIXES = {"ls": "L1-L4", "fn": "femoral-neck", "th": "total-hip"}
MANY = 100.0  # numbers this large need no third decimal


def estimate_words(estimate: Estimate | None, decimals: int, *, percent: bool = False) -> str:
    """Write a value with its interval, or why there is none.

    >>> estimate_words(Estimate(est=0.5, lo=-0.1, hi=0.9), 2)
    '0.50 (−0.10 to 0.90)'
    >>> estimate_words(Estimate(est=None, reason="no pairs"), 2)
    'not defined: no pairs'
    """
    if estimate is None:
        return _("does not apply")
    if estimate.est is None:
        return _("not defined: %s") % (estimate.reason or _("too few pairs"))
    by = 100.0 if percent else 1.0
    words = fixed(by * estimate.est, decimals)
    if estimate.lo is not None and estimate.hi is not None:
        low, high = fixed(by * estimate.lo, decimals), fixed(by * estimate.hi, decimals)
        words += " " + _("(%(low)s to %(high)s)") % {"low": low, "high": high}
    return words


def p_words(p: float | None) -> str:
    """Write a p value; a very small one as a bound.

    >>> p_words(0.0312), p_words(1e-9), p_words(None)
    ('0.031', '< 0.001', '')
    """
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else fixed(p, 3)  # noqa: PLR2004 - below it print shows nothing


def decimals_of(quantity: QuantityAgreement) -> int:
    """Choose decimals by quantity; an unknown quantity by the size of its numbers."""
    if quantity.unit or not quantity.reference.size:
        return DECIMALS[quantity.quantity]
    return 2 if float(abs(quantity.reference).max()) >= MANY else 3


def quantity_words(quantity: QuantityAgreement) -> str:
    """Name a quantity with its unit."""
    if not quantity.unit:
        return _("value")
    return {"bmd": _("BMD (g/cm²)"), "t": _("T-score"), "z": _("Z-score")}[quantity.quantity]


def unit_words(quantity: QuantityAgreement) -> str:
    """Give the unit of a difference in brackets; nothing when it is not known."""
    return f" ({quantity.unit})" if quantity.unit else ""


def place_words(site: SiteAgreement) -> str:
    """Name a site; the one site of two plain columns by its columns; a maker stands behind."""
    if site.site == "pair":
        return _("%(test)s against %(reference)s") % {
            "test": method_words(site.test_name),
            "reference": method_words(site.reference_name),
        }
    name, _at, maker = site.site.partition("@")
    words = site_words(SITE_PREFIXES.get(name, name))
    return f"{words} · {MAKERS.get(maker, maker.capitalize())}" if maker else words


MAKERS = {"ge": "GE"}
REASONS = {
    "no_test_value": "without a value of the test",
    "no_reference_value": "without a value of the reference",
    "no_value": "without either value",
    "later_readings": "further readings of the same people",
    "rejected": "rejected for quality",
    "no_partner": "without a partner within the allowed days",
    "other_maker": "paired with a device of another maker",
}


# Where in the flow each reason takes effect: 2 quality passed, 3 paired, 4 analysed.
REASON_STEPS = {
    "rejected": 2,
    "no_test_value": 3,
    "no_reference_value": 3,
    "no_value": 3,
    "no_partner": 3,
    "other_maker": 3,
    "later_readings": 4,
}


def reason_words(key: str) -> str:
    """Say why rows were left out."""
    return _(REASONS[key]) if key in REASONS else key.replace("_", " ")


def method_words(name: str) -> str:
    """Write the usual short names in capitals; others as the data have them."""
    return name.upper() if name.lower() in {"dxa", "rems", "qct"} else name
