"""The populations that a cohort can be drawn from.

``nhanes`` is that of `people`. ``linear`` is a made-up population of women in
whom BMD falls linearly with age, the one for which the simulator's correlations
and errors were first measured: only with it may such figures be set side by side.
"""

from __future__ import annotations

import numpy as np

from .people import HEIGHT_CM, VirtualPerson, draw_people, person_with_bone

NHANES, LINEAR = "nhanes", "linear"
POPULATIONS = (NHANES, LINEAR)

# Everything from here on is our choice: it describes no country.
LINEAR_NAME = "linear in age and BMI, women of 50 to 80 years (made up)"
AGE_YEARS = (50.0, 80.0)
BMI_MEAN_SD, BMI_CUT = (26.0, 4.0), (17.0, 42.0)
# At 50 years and BMI 26; per year; per BMI unit; SD of what is left.
SPINE_LINE = (1.00, -0.0075, 0.006, 0.115)
NECK_LINE = (0.80, -0.0060, 0.006, 0.095)
NECK_SPINE_CORRELATION = 0.65  # of what is left
HIP_OVER_NECK = 1.177  # women of 50 and over in NHANES 2005-2010: 0.829 over 0.7045
FLOOR_G_CM2 = 0.35

# NHANES ages, so that each class has its people without selecting on the outcome: share, share
# of women, ages. BMI as of people whom a probe can reach.
NHANES_GROUPS = ((0.7, 0.85, (55.0, 85.0)), (0.3, 0.80, (20.0, 55.0)))
NHANES_BMI = (17.0, 36.0)


def draw_population(n: int, seed: int, population: str = NHANES) -> list[VirtualPerson]:
    """Draw the people of a cohort.

    Parameters
    ----------
    n : int
    seed : int
        The same number of people and seed give the same people.
    population : str
        A member of `POPULATIONS`.

    Raises
    ------
    ValueError
        Another population.
    """
    if population == LINEAR:
        return [_linear_person(seed, i) for i in range(n)]
    if population != NHANES:
        raise ValueError(f"found the population {population!r}, wanted {', '.join(POPULATIONS)}")
    older = round(NHANES_GROUPS[0][0] * n)
    people = []
    for k, (count, (_, women_1, ages)) in enumerate(
        zip((older, n - older), NHANES_GROUPS, strict=True)
    ):
        people += draw_people(
            count, 2 * seed + k, women_1=women_1, age_years=ages, bmi_kg_m2=NHANES_BMI
        )
    return people


def _linear_person(seed: int, number: int) -> VirtualPerson:
    rng = np.random.default_rng([seed, number, 1])
    age = float(rng.uniform(*AGE_YEARS))
    bmi = float(np.clip(rng.normal(*BMI_MEAN_SD), *BMI_CUT))
    height_cm = float(np.clip(rng.normal(*HEIGHT_CM["F", True]), 140.0, 205.0))
    spine_z, other = rng.standard_normal(2)
    r = NECK_SPINE_CORRELATION
    neck_z = r * spine_z + np.sqrt(1.0 - r * r) * other
    spine, neck = (
        max(FLOOR_G_CM2, float(at + year * (age - 50.0) + unit * (bmi - 26.0) + sd * z))
        for (at, year, unit, sd), z in ((SPINE_LINE, spine_z), (NECK_LINE, neck_z))
    )
    return person_with_bone(
        rng,
        (neck, HIP_OVER_NECK * neck, spine),
        vertebra_scatter_1=0.0,
        person_id=f"LIN-{seed}-{number:05d}",
        sex="F",
        age_years=age,
        height_cm=height_cm,
        weight_kg=bmi * (height_cm / 100.0) ** 2,
        menopausal_status="postmenopausal",
        population=LINEAR_NAME,
    )
