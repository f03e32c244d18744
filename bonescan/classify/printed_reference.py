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
_WORD = re.compile(r"[a-z]+")


def recognise(text: str | None, sex: str | None) -> PrintedReference:
    """Say what a printed reference string names.

    Parameters
    ----------
    text : str or None
        As printed.
    sex : str or None
        Of the person: makers print male curves for men by default, so for a
        man "NHANES" without a sex beside it is not taken for the female set.

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
    plain = unicodedata.normalize("NFKC", text or "").casefold().strip()
    if not plain:
        return PrintedReference.NOT_PRINTED
    words = set(_WORD.findall(plain))
    if words & {"male", "men", "man", "males"} or "男" in plain:
        return PrintedReference.MALE
    if _LOCAL.search(plain):
        return PrintedReference.LOCAL
    female = bool(words & {"female", "females", "women", "woman"}) or "女" in plain
    if not female and sex == "M":
        return PrintedReference.UNKNOWN
    if words & {"white", "caucasian", "nhanes"}:
        return PrintedReference.POLICY
    return PrintedReference.UNKNOWN
