"""What is known of a virtual person besides ultrasound: a DXA reading, and whether she fractured.

References
----------
D. Marshall, O. Johnell, H. Wedel, "Meta-analysis of how well measures of bone
mineral density predict occurrence of osteoporotic fractures", BMJ 312 (1996)
1254-1259: relative risk of any fracture 1.5 per standard deviation (from memory).
"""

from __future__ import annotations

import numpy as np

from .bone import is_neck
from .people import VirtualPerson

DXA_ERROR_1 = 0.012  # relative SD of a reading about the latent BMD
# logit p = BASE + ln 1.5 (REFERENCE_T - T) + ln 1.5 (age - 65) / 10: the odds rise by half per SD
# of BMD, as published, and by half per decade of age, our choice. BASE gives 14 % at 65 years and
# T -1.4, about the share of women who fractured within four years in A. Adami et al., Bone 134
# (2020) 115297.
BASE_LOGIT = float(np.log(0.14 / 0.86))
LOG_ODDS_PER_SD = LOG_ODDS_PER_DECADE = float(np.log(1.5))
REFERENCE_T, REFERENCE_AGE_YEARS = -1.4, 65.0
# Young adult women on the Hologic scale: neck as printed on its reports (NHANES III), L1-L4.
YOUNG_NECK, YOUNG_SPINE = (0.849, 0.111), (1.047, 0.110)
_DXA, _FRACTURE = 11, 12  # streams of a person's own numbers


def dxa_reading_g_cm2(person: VirtualPerson, site: str, error_1: float = DXA_ERROR_1) -> float:
    """Read BMD of `site` ("L1-L4" or a femoral neck) as one DXA scan would, not rounded.

    The same person and site give the same reading.
    """
    rng = np.random.default_rng([person.bone_seed, _DXA, int(site != "L1-L4" and is_neck(site))])
    return person.bmd_g_cm2(site) * (1.0 + error_1 * float(rng.standard_normal()))


def fracture_probability_1(person: VirtualPerson) -> float:
    """Chance of a fragility fracture from latent BMD and age: the lower T of neck and spine.

    >>> from bonescan.simulate.people import draw_people
    >>> 0.0 < fracture_probability_1(draw_people(1, 1)[0]) < 1.0
    True
    """
    t = min(
        (person.bmd_neck_g_cm2 - YOUNG_NECK[0]) / YOUNG_NECK[1],
        (person.bmd_spine_g_cm2 - YOUNG_SPINE[0]) / YOUNG_SPINE[1],
    )
    logit = (
        BASE_LOGIT
        + LOG_ODDS_PER_SD * (REFERENCE_T - t)
        + LOG_ODDS_PER_DECADE * (person.age_years - REFERENCE_AGE_YEARS) / 10.0
    )
    return float(1.0 / (1.0 + np.exp(-logit)))


def has_fractured(person: VirtualPerson) -> bool:
    """Draw whether the person fractured; the same person gives the same answer."""
    rng = np.random.default_rng([person.bone_seed, _FRACTURE])
    return bool(rng.random() < fracture_probability_1(person))
