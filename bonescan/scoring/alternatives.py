"""Other references in use that would put another word on the same BMD, said in words."""

from __future__ import annotations

from decimal import Decimal

from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Category, LabelFrom, ReferencePolicy
from bonescan.norms.japan import japan_category
from bonescan.norms.load import Norms
from bonescan.norms.reference import YoungReference, young_percent, young_t
from bonescan.norms.rounding import fixed, tenths
from bonescan.norms.who_words import who_category, who_words_apply
from bonescan.settings import LabelSettings


def alternatives(
    bmd_g_cm2: float,
    t: Decimal | None,
    reference: YoungReference | None,
    person: PersonAtExam,
    norms: Norms,
    settings: LabelSettings,
) -> tuple[str, ...]:
    """Name the references of this scale and site whose label differs from ours.

    Returns
    -------
    sentences : tuple of str
        One a differing word, naming all references that give it; empty where
        WHO words do not apply to the person. The word osteoporosis thus never
        reaches a page under the Z rule.
    """
    if t is None or reference is None or not who_words_apply(person):
        return ()
    label_from = settings.label_from
    ours = (
        japan_category(
            t,
            young_percent(bmd_g_cm2, reference),
            reference.site,
            person,
            label_from,
        )
        if settings.reference is ReferencePolicy.JAPAN
        else _word(t, label_from)
    )
    others: dict[Category, list[YoungReference]] = {}
    for other in norms.young.values():
        same = (other.scale, other.site) == (reference.scale, reference.site)
        if other.role not in {"policy", "alternative"} or not same or other.id == reference.id:
            continue
        word = _word(young_t(bmd_g_cm2, other), label_from)
        if word is not ours:
            others.setdefault(word, []).append(other)
    return tuple(
        f"{bmd_g_cm2:.3f} g/cm² is {ours} by {_named(reference)}, "
        f"{word} by {' and '.join(_named(o) for o in found)}."
        for word, found in others.items()
    )


def _word(t: Decimal, label_from: LabelFrom) -> Category:
    return who_category(fixed(t) if label_from is LabelFrom.RAW else tenths(t))


def _named(reference: YoungReference) -> str:
    return f"{reference.id} ({reference.mean_g_cm2}/{reference.sd_g_cm2})"
