"""Read the reference that a device printed beside its T-score: the policy's, or another."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class PrintedReference(StrEnum):
    """What a printed reference string turned out to be."""

    NOT_PRINTED = "not-printed"
    POLICY = "policy"  # White women: the uniform reference of the ISCD policy
    MALE = "male"
    LOCAL = "local"  # another ancestry or country
    UNKNOWN = "unknown"


# Ancestries and places that makers offer as reference populations.
_LOCAL = re.compile(
    r"\b(asian?|oriental|chinese|china|taiwan(ese)?|japan(ese)?|korean?|thai(land)?|vietnam(ese)?"
    r"|indonesian?|malaysian?|philippines|filipino|singapore|hong kong|indian?|iran(ian)?|kuwait"
    r"|saudi|leban(on|ese)|egypt(ian)?|israeli?|turk(ey|ish)|hispanic|mexic(o|an)|brazil(ian)?"
    r"|argentin(a|e|ian)|latin|black|african|australian?|geelong|german(y)?|france|french|ital(y|ian)"
    r"|spain|spanish|finland|finnish|poland|polish|uk|europe(an)?|canad(a|ian)|camos|local)\b"
    r"|亞洲|台灣|臺灣|中國|華人|日本|韓國"
)
_NOT_LOCAL = re.compile(r"\bnon[- ]?(hispanic|black|asian)\b")  # "Non-Hispanic White"
_SIGNS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | {"\u2122": " "})
_UNITED_STATES = re.compile(r"\bunited states( of america)?\b|\bu\.? ?s\.?( ?a\b\.?)?(?!\w)|美國")
_WORD = re.compile(r"[^\W\d_]+")
_WOMEN = frozenset({"female", "females", "women", "woman"})
_WHITE = frozenset({"white", "whites", "caucasian", "caucasians", "nhanes"})
# What may stand beside them without naming another population. A word that is not listed here may
# be the name of a country: then nobody knows whose curve it is, and a person is asked.
_HARMLESS = frozenset(
    _WORD.findall(
        """
        t z v ver version vs versus score scores tscore zscore source reference references ref
        population populations data database set standard default uniform policy
        bmdcs iii usa us america american looker who iscd combined
        hologic lunar ge healthcare medical encore apex qdr discovery horizon delphi explorer
        prodigy idxa dpx dxa dexa bmd
        age ages aged year years yr yrs to number numbers young adult adults normal normals
        normative peak mean curve curves matched ethnicity ethnic race sex gender for of the and
        from in with ap pa l lumbar spine hip hips femur femora femoral dualfemur dual proximal
        neck total left right forearm radius trochanter wards
        """
    )
)
_HARMLESS_IN_CHINESE = re.compile(r"女性?|白人|參考值?|族群|人群|人口|資料庫?")


def recognise(text: str | None, sex: str | None) -> PrintedReference:
    """Say what a printed reference string names.

    Parameters
    ----------
    text : str or None
        As printed.
    sex : str or None
        Of the person: makers print male curves for men by default, so for a
        man "NHANES" without a sex beside it is not taken for the female set.

    Returns
    -------
    reference : PrintedReference
        POLICY for White women (or NHANES without an ancestry) only where every
        other word is known and names no population: "Sweden White female" and
        "Denmark NHANES" are UNKNOWN.

    Examples
    --------
    >>> str(recognise("Source:2012 BMDCS/NHANES White Female.", "F"))
    'policy'
    >>> str(recognise("USA (NHANES/Lunar) Male", "M"))
    'male'

    References
    ----------
    ISCD Adult Official Positions 2019 and 2023 (iscd.org): White female
    reference for all; NHANES III at the hip. The strings are those of Hologic
    and GE Lunar reports.
    """
    plain = unicodedata.normalize("NFKC", (text or "").translate(_SIGNS)).casefold().strip()
    if not plain:
        return PrintedReference.NOT_PRINTED
    words = set(_WORD.findall(plain))
    if words & {"male", "men", "man", "males"} or "男" in plain:
        return PrintedReference.MALE
    plain = _NOT_LOCAL.sub(" ", plain)
    if _LOCAL.search(plain):
        return PrintedReference.LOCAL
    female = bool(words & _WOMEN) or "女" in plain
    if not female and sex == "M":
        return PrintedReference.UNKNOWN
    rest = _HARMLESS_IN_CHINESE.sub(" ", _UNITED_STATES.sub(" ", plain))
    named = set(_WORD.findall(rest)) - _WOMEN - _HARMLESS
    if named and named <= _WHITE:
        return PrintedReference.POLICY
    return PrintedReference.UNKNOWN
