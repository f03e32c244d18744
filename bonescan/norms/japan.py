"""The Japanese criteria of 2012: percent of the young adult mean (YAM), or its SDs.

They are another rule than that of the WHO and rest on young adults of Japan,
by sex and device. They are taken only where asked for by name.

References
----------
Soen S, Fukunaga M, Sugimoto T, et al. Diagnostic criteria for primary
osteoporosis: year 2012 revision. J Bone Miner Metab 2013;31:247-257.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Category, LabelFrom

from .rounding import fixed, tenths
from .who_words import NORMAL_T, OSTEOPOROSIS_T

OSTEOPOROSIS_YAM_PERCENT = Decimal(70)  # at or below, without a fracture
FRACTURE_YAM_PERCENT = Decimal(80)  # below, with a fragility fracture elsewhere than spine and hip
# The criteria of 2012 tell bone mass that is merely low by SDs, which the radius has none of. The
# 70 to 80 % of their predecessor (2000) is from memory.
LOW_RADIUS_YAM_PERCENT = Decimal(80)
PERCENT_ONLY_SITES = frozenset({"radius-33"})


def yam_percent(percent: float | Decimal, label_from: LabelFrom) -> Decimal:
    """Give a percent of the young adult mean as it decides: whole as printed, or raw.

    >>> str(yam_percent(69.5, LabelFrom.ROUNDED)), str(yam_percent(69.5, LabelFrom.RAW))
    ('70', '69.500000000')
    """
    raw = fixed(percent)
    return raw if label_from is LabelFrom.RAW else raw.quantize(Decimal(1), rounding=ROUND_HALF_UP)


def japan_category(
    t: Decimal,
    percent: float | Decimal,
    site: str,
    person: PersonAtExam,
    label_from: LabelFrom,
) -> Category:
    """Put the word of the Japanese criteria on a BMD.

    Parameters
    ----------
    t : Decimal
        SDs from the mean of young adults of Japan, of the person's sex.
    percent : float or Decimal
        BMD in percent of that mean.
    site : str
        Without side.
    person : PersonAtExam
        Its fragility fractures count; unknown ones count as none.
    label_from : LabelFrom
        Whether SDs to one decimal and whole percents decide, or raw ones.

    Returns
    -------
    category : Category
        Osteoporosis with a vertebral or hip fragility fracture whatever the
        BMD; with another fragility fracture below 80 % of YAM; without one at
        70 % of YAM or below, or at -2.5 SD or below. Osteopenia between -2.5
        and -1.0 SD, both excluded. The radius goes by percent only.
    """
    yam = yam_percent(percent, label_from)
    sd = fixed(t) if label_from is LabelFrom.RAW else tenths(t)
    by_percent_only = site in PERCENT_ONLY_SITES
    if person.hip_or_vertebral_fracture:
        return Category.OSTEOPOROSIS
    if person.fragility_fracture and yam < FRACTURE_YAM_PERCENT:
        return Category.OSTEOPOROSIS
    if yam <= OSTEOPOROSIS_YAM_PERCENT or (not by_percent_only and sd <= OSTEOPOROSIS_T):
        return Category.OSTEOPOROSIS
    low = yam < LOW_RADIUS_YAM_PERCENT if by_percent_only else sd < NORMAL_T
    return Category.OSTEOPENIA if low else Category.NORMAL
