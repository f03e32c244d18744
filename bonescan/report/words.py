"""What the words of the tables are called on pages.

Dictionaries are made at each call: the language may differ from page to page.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bonescan.i18n import _
from bonescan.model.vocabulary import Category, MenopausalStatus, OutcomeKind, Severity, Technique
from bonescan.norms.site import Site, parse_site, regions

WHO_WORDS = frozenset({Category.NORMAL, Category.OSTEOPENIA, Category.OSTEOPOROSIS})
Z_WORDS = frozenset({Category.WITHIN_EXPECTED_RANGE, Category.BELOW_EXPECTED_RANGE})
NOTHING = "–"
FIRST_WORD = re.compile(r"[a-z]+[ ,;]")


def category_words(category: str | None) -> str:
    """Name a class in full."""
    names: dict[str | None, str] = {
        Category.NORMAL: _("Normal bone density"),
        Category.OSTEOPENIA: _("Osteopenia (low bone mass)"),
        Category.OSTEOPOROSIS: _("Osteoporosis"),
        Category.WITHIN_EXPECTED_RANGE: _("Within the expected range for age"),
        Category.BELOW_EXPECTED_RANGE: _("Below the expected range for age"),
        Category.NONE: _("No class given"),
        None: _("Not judged"),
    }
    return names.get(category, str(category))


def category_short(category: str | None) -> str:
    """Name a class in a table."""
    names: dict[str | None, str] = {
        Category.NORMAL: _("normal"),
        Category.OSTEOPENIA: _("osteopenia"),
        Category.OSTEOPOROSIS: _("osteoporosis"),
        Category.WITHIN_EXPECTED_RANGE: _("within expected range"),
        Category.BELOW_EXPECTED_RANGE: _("below expected range"),
        Category.NONE: _("no class"),
        None: NOTHING,
    }
    return names.get(category, str(category))


def category_style(category: str | None) -> str:
    """Style class of a class: WHO colours for WHO words, neutral for everything else."""
    names: dict[str | None, str] = {
        Category.NORMAL: "who-normal",
        Category.OSTEOPENIA: "who-osteopenia",
        Category.OSTEOPOROSIS: "who-osteoporosis",
        Category.WITHIN_EXPECTED_RANGE: "z-within",
        Category.BELOW_EXPECTED_RANGE: "z-below",
    }
    return names.get(category, "no-class")


def technique_words(technique: str) -> str:
    """Name a technique honestly: our own ultrasound method is not REMS."""
    names: dict[str, str] = {
        Technique.DXA: _("DXA"),
        Technique.REMS: _("REMS (the device's own numbers)"),
        Technique.REMS_STYLE: _("REMS-style estimate by rems-style-open/1, not a REMS result"),
    }
    return names.get(technique, technique)


def rule_words(rule: str | None) -> str:
    """Say to whom a rule applies; "" for a rule that has no words here."""
    names = {
        "who": _("WHO classes apply: after menopause, or a man of 50 or over."),
        "who-transition": _("WHO classes apply: menopausal transition."),
        "who-unknown-menopause": _(
            "WHO classes are given by age (55 or over): the menopausal status is not recorded."
        ),
        "z": _(
            "Judged against the same age: before menopause, in pregnancy or breastfeeding, or a "
            "man under 50."
        ),
        "z-under-20": _("Judged against the same age: under 20 years."),
        "none-early-menopause": _(
            "No class: menopause was surgical, induced or premature and she is under 50."
        ),
        "none-unknown-menopause": _(
            "No class: her menopausal status is not recorded and she is under 55."
        ),
        "none-unknown-person": _("No class: sex or age is not recorded."),
        "japan-2012": _(
            "The Japanese criteria of 2012 apply, as asked for: percent of the young adult mean or "
            "standard deviations, and fragility fractures. Not those of the WHO."
        ),
    }
    return names.get(rule or "", "")


def origin_words(origin: str) -> str:
    """Say whose number it is."""
    names = {
        "reported": _("printed by the device"),
        "measured": _("measured by bonescan from dual-energy images"),
        "estimated": _("estimated by bonescan from ultrasound"),
    }
    return names.get(origin, origin)


def status_words(status: str | None) -> str:
    """Name a menopausal status."""
    names: dict[str | None, str] = {
        MenopausalStatus.PREMENOPAUSAL: _("premenopausal"),
        MenopausalStatus.TRANSITION: _("menopausal transition"),
        MenopausalStatus.POSTMENOPAUSAL: _("postmenopausal"),
        MenopausalStatus.SURGICAL: _("surgical menopause"),
        MenopausalStatus.INDUCED_REVERSIBLE: _("induced menopause, reversible"),
        MenopausalStatus.POI: _("premature ovarian insufficiency"),
        MenopausalStatus.PREGNANT: _("pregnant"),
        MenopausalStatus.LACTATING: _("lactating"),
        MenopausalStatus.AFTER_WEANING: _("after weaning"),
        MenopausalStatus.UNKNOWN: _("not recorded"),
        MenopausalStatus.NOT_APPLICABLE: _("does not apply"),
        None: _("not recorded"),
    }
    return names.get(status, str(status))


def sex_words(sex: str | None) -> str:
    """Name a sex."""
    return {"F": _("female"), "M": _("male")}.get(sex or "", _("not recorded"))


def score_used_words(score_used: str | None) -> str:
    """Say which number gave the class."""
    names = {
        "reported-T": _("the device's printed T-score"),
        "own-T": _("the T-score computed by bonescan"),
        "reported-Z": _("the device's printed Z-score"),
        "own-Z": _("the Z-score computed by bonescan"),
    }
    return names.get(score_used or "", score_used or NOTHING)


def outcome_words(outcome: str) -> str:
    """Say what became of a file."""
    names: dict[str, str] = {
        OutcomeKind.MEASURED: _("measured: bone density computed from the scan"),
        OutcomeKind.REPORTED: _("reported: the device's own numbers were read"),
        OutcomeKind.NO_NUMBERS: _("no numbers: a scan whose export holds no bone density"),
        OutcomeKind.NEEDS_REVIEW: _("needs review: a person must look before it counts"),
        OutcomeKind.UNUSABLE: _("unusable: refused, with a reason"),
        OutcomeKind.DUPLICATE: _("duplicate: the same content under another name"),
        OutcomeKind.CONFLICT: _("conflict: contradicts another file"),
        OutcomeKind.COMPANION: _("companion: belongs to another file"),
        OutcomeKind.NOT_DENSITOMETRY: _("not densitometry: a sound file of another kind"),
    }
    return names.get(outcome, outcome)


def severity_words(severity: str) -> str:
    """Name the weight of a problem."""
    names: dict[str, str] = {
        Severity.ERROR: _("Error"),
        Severity.WARNING: _("Warning"),
        Severity.NOTE: _("Note"),
    }
    return names.get(severity, severity)


@lru_cache(maxsize=1024)
def parsed_site(site: str) -> Site | None:
    """Read a site, once a spelling."""
    return parse_site(site)


def site_words(site: str) -> str:
    """Name a site of the site grammar.

    >>> site_words("femoral-neck-left"), site_words("L1-L4"), site_words("L1+L3")
    ('Femoral neck, left', 'Lumbar spine L1–L4', 'Lumbar spine L1 + L3')
    """
    name = site_in_sentence(site)
    known = parsed_site(site) or site in regions()
    return name[:1].upper() + name[1:] if known else name


def site_in_sentence(site: str) -> str:
    """Name a site as it stands inside a sentence; an unknown one stays as written."""
    known = parsed_site(site)
    if known is None:
        region = regions().get(site)
        return region.name_en if region else site or _("a site not said")
    name = known.name()
    return name.replace("-", "–").replace("+", " + ") if known.vertebrae else name


def sentence(text: str) -> str:
    """Make a sentence of a message: a capital first, a full stop last.

    A first word that is a name (a path, a site, an option) stays as it is.

    >>> sentence("found no site, wanted one"), sentence("L1-L4: clutter")
    ('Found no site, wanted one.', 'L1-L4: clutter.')
    """
    text = text.strip()
    if not text:
        return ""
    if FIRST_WORD.match(text):
        text = text[:1].upper() + text[1:]
    return text if text[-1] in ".!?:。" else text + "."


def days_words(days: float) -> str:
    """Write a time since conception or delivery as clinics do.

    >>> days_words(87)
    '12 w 3 d'
    """
    weeks, rest = divmod(int(days), 7)
    return _("%(weeks)d w %(days)d d") % {"weeks": weeks, "days": rest}
