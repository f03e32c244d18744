"""Virtual people: one latent bone each, drawn from a named population.

The population is that of NHANES 2005-2010 (US, heavier than Taiwan's): whoever
quotes a cohort names it. Numbers are survey-weighted means, regressions and
correlations computed by this project from the NHANES public-use files
(National Center for Health Statistics; DXA of femur and spine, Hologic).
What NHANES does not give is marked "our choice".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .pulse import Array

POPULATION = "NHANES 2005-2010 (US, non-Hispanic non-Black reference group)"
VERTEBRAE = ("L1", "L2", "L3", "L4")


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualPerson:
    """A person and her latent bone, on the Hologic scale.

    `bone_seed` fixes what is hers and not her BMD's: structure scatter, cortex,
    soft tissue. Two exams of one person share it.
    """

    person_id: str
    sex: str  # "F" or "M"
    age_years: float
    height_cm: float
    weight_kg: float
    menopausal_status: str  # a word of MenopausalStatus
    bmd_neck_g_cm2: float
    bmd_hip_g_cm2: float
    bmd_spine_g_cm2: float  # L1-L4, sum of BMC over sum of area
    bmd_vertebrae_g_cm2: tuple[float, float, float, float]
    area_vertebrae_cm2: tuple[float, float, float, float]
    area_neck_cm2: float
    area_hip_cm2: float
    bone_seed: int
    population: str = POPULATION

    @property
    def bmi_kg_m2(self) -> float:
        """Weight over height squared."""
        return self.weight_kg / (self.height_cm / 100.0) ** 2

    def bmd_g_cm2(self, site: str) -> float:
        """Latent BMD of `site` ("femoral-neck", "total-hip", "L1-L4", "L1" ... "L4")."""
        for side in ("-left", "-right"):
            site = site.removesuffix(side)
        if site in VERTEBRAE:
            return self.bmd_vertebrae_g_cm2[VERTEBRAE.index(site)]
        return {
            "femoral-neck": self.bmd_neck_g_cm2,
            "total-hip": self.bmd_hip_g_cm2,
            "L1-L4": self.bmd_spine_g_cm2,
        }[site]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """BMD = mean + per_year (age - mean_age) + per_bmi (BMI - 27) + N(0, residual)."""

    mean_age: float
    mean: float
    per_year: float
    per_bmi: float
    residual: float


# NHANES 2005-2010, neck, total hip, L1-L4; reference group neither Black nor Hispanic.
REGRESSION = {
    ("F", False): (
        _Line(mean_age=35.01, mean=0.8478, per_year=-0.00324, per_bmi=0.00849, residual=0.1123),
        _Line(mean_age=35.01, mean=0.9529, per_year=-0.00165, per_bmi=0.00917, residual=0.1128),
        _Line(mean_age=35.12, mean=1.0578, per_year=-0.00066, per_bmi=0.00509, residual=0.1185),
    ),
    ("F", True): (
        _Line(mean_age=65.22, mean=0.7045, per_year=-0.00417, per_bmi=0.00862, residual=0.1073),
        _Line(mean_age=65.22, mean=0.8291, per_year=-0.00443, per_bmi=0.01037, residual=0.1171),
        _Line(mean_age=63.51, mean=0.9450, per_year=-0.00311, per_bmi=0.00774, residual=0.1389),
    ),
    ("M", False): (
        _Line(mean_age=34.55, mean=0.8962, per_year=-0.00503, per_bmi=0.00954, residual=0.1213),
        _Line(mean_age=34.55, mean=1.0397, per_year=-0.00268, per_bmi=0.01089, residual=0.1245),
        _Line(mean_age=34.17, mean=1.0487, per_year=-0.00090, per_bmi=0.00608, residual=0.1206),
    ),
    ("M", True): (
        _Line(mean_age=65.14, mean=0.7828, per_year=-0.00287, per_bmi=0.01003, residual=0.1195),
        _Line(mean_age=65.14, mean=0.9666, per_year=-0.00247, per_bmi=0.01278, residual=0.1325),
        _Line(mean_age=63.62, mean=1.0515, per_year=0.00124, per_bmi=0.00798, residual=0.1492),
    ),
}
# Age-adjusted correlations neck-hip, neck-spine, hip-spine, and of each with BMI.
CORRELATION = {
    ("F", False): ((0.89, 0.67, 0.69), (0.43, 0.45, 0.28)),
    ("F", True): ((0.88, 0.65, 0.68), (0.44, 0.47, 0.34)),
    ("M", False): ((0.89, 0.63, 0.67), (0.36, 0.39, 0.23)),
    ("M", True): ((0.88, 0.64, 0.68), (0.35, 0.41, 0.24)),
}
# A lognormal of BMI moved to the right: (shift, median above the shift, sigma of the log).
# Gives women mean 28.6, SD 7.3, percentiles 5/50/95 19.3/27.3/42.2 (NHANES 19.5/27.2/42.0);
# men 28.6, 5.9, 20.8/27.7/39.6 (20.8/27.8/39.2).
BMI_SHAPE = {"F": (9.54, 17.80, 0.37), "M": (11.2, 16.48, 0.33)}
HEIGHT_CM = {
    ("F", False): (163.1, 6.9), ("F", True): (160.7, 6.9),
    ("M", False): (176.7, 7.6), ("M", True): (175.1, 7.4),
}  # fmt: skip
BMI_RANGE = (16.0, 55.0)
OLDER_FROM_YEARS = 50.0  # the regressions change there
# Mean areas, ages 20 and over; total hip = neck + trochanter + intertrochanter.
AREA_CM2 = {
    "F": {"L1": 12.16, "L2": 13.28, "L3": 14.69, "L4": 16.51, "neck": 4.87, "hip": 32.46},
    "M": {"L1": 15.03, "L2": 16.04, "L3": 17.37, "L4": 19.10, "neck": 5.64, "hip": 42.15},
}
AREA_COMMON_CV, AREA_OWN_CV = 0.08, 0.04  # L1-L4 together vary by 9.6 % in women
# Mean of a single vertebra over that of L1-L4, less one (non-Hispanic white, 20 and over).
VERTEBRA_OFFSET = {"F": (-0.108, -0.003, 0.039, 0.036), "M": (-0.055, 0.014, 0.019, 0.020)}
# Slope along the spine and independent scatter (g/cm2) that give the correlations of single
# vertebrae L1-L2 0.91, L1-L3 0.87, L1-L4 0.80 when L1-L4 has an SD of 0.15.
VERTEBRA_SLOPE_SD, VERTEBRA_SD = 0.028, 0.030
BMD_FLOOR = {"neck": 0.35, "hip": 0.40, "spine": 0.45}
# Median age at natural menopause about 51 years, SD 4 (our choice, from memory).
MENOPAUSE_AGE_YEARS = (51.0, 4.0)


def draw_people(
    n: int,
    seed: int,
    *,
    women_1: float = 0.8,
    age_years: tuple[float, float] = (20.0, 85.0),
    bmi_kg_m2: tuple[float, float] = BMI_RANGE,
) -> list[VirtualPerson]:
    """Draw people from the population `POPULATION`.

    Parameters
    ----------
    n : int
    seed : int
        Person i depends on `seed` and i alone, so a longer draw begins with the shorter one.
    women_1 : float
        Share of women.
    age_years : two floats
        Ages are uniform between them.
    bmi_kg_m2 : two floats
        BMI is redrawn until it lies between them.

    Returns
    -------
    people : list of VirtualPerson
        With ids ``SIM-<seed>-<number>``.
    """
    people = []
    for i in range(n):
        rng = np.random.default_rng([seed, i])
        sex = "F" if rng.random() < women_1 else "M"
        age = rng.uniform(*age_years)
        people.append(draw_person(rng, f"SIM-{seed}-{i:05d}", sex, age, bmi_kg_m2=bmi_kg_m2))
    return people


def draw_person(
    rng: np.random.Generator,
    person_id: str,
    sex: str,
    age: float,
    *,
    bmi_kg_m2: tuple[float, float] = BMI_RANGE,
) -> VirtualPerson:
    """Draw one person of given sex and age [years]."""
    bmi = _draw_bmi(rng, sex, bmi_kg_m2)
    height_cm = float(np.clip(rng.normal(*HEIGHT_CM[sex, age >= OLDER_FROM_YEARS]), 140.0, 205.0))
    lines, chol = (
        REGRESSION[sex, age >= OLDER_FROM_YEARS],
        _residual_factor(sex, age >= OLDER_FROM_YEARS),
    )
    residual = chol @ rng.standard_normal(3)
    neck, hip, spine = (
        max(floor, line.mean + line.per_year * (age - line.mean_age)
            + line.per_bmi * (bmi - 27.0) + line.residual * z)
        for line, z, floor in zip(lines, residual, BMD_FLOOR.values(), strict=True)
    )  # fmt: skip
    latent = (float(neck), float(hip), float(spine))
    build = {"height_cm": height_cm, "weight_kg": bmi * (height_cm / 100.0) ** 2}
    status = _status(rng, sex, age)
    return person_with_bone(
        rng, latent, person_id=person_id, sex=sex, age_years=float(age), menopausal_status=status,
        **build,
    )  # fmt: skip


def person_with_bone(
    rng: np.random.Generator,
    latent_g_cm2: tuple[float, float, float],
    *,
    vertebra_scatter_1: float = 1.0,
    **who: Any,
) -> VirtualPerson:
    """Give a person of known neck, total hip and L1-L4 the rest of her skeleton.

    Parameters
    ----------
    rng : numpy Generator
    latent_g_cm2 : three floats
        BMD of femoral neck, total hip and L1-L4.
    vertebra_scatter_1 : float
        Factor on how far single vertebrae lie from where they usually lie.
    **who
        ``person_id sex age_years height_cm weight_kg menopausal_status``, and
        ``population`` where it is another.
    """
    sex, (neck, hip, spine) = str(who["sex"]), latent_g_cm2
    size = 1.0 + AREA_COMMON_CV * _tame(rng)
    areas = {k: v * size * (1.0 + AREA_OWN_CV * _tame(rng)) for k, v in AREA_CM2[sex].items()}
    l1, l2, l3, l4 = (float(areas[v]) for v in VERTEBRAE)
    vertebrae = _vertebrae(rng, sex, spine, np.array([l1, l2, l3, l4]), vertebra_scatter_1)
    return VirtualPerson(
        bmd_neck_g_cm2=neck,
        bmd_hip_g_cm2=hip,
        bmd_spine_g_cm2=spine,
        bmd_vertebrae_g_cm2=vertebrae,
        area_vertebrae_cm2=(l1, l2, l3, l4),
        area_neck_cm2=float(areas["neck"]),
        area_hip_cm2=float(areas["hip"]),
        bone_seed=int(rng.integers(2**32)),
        **who,
    )


def _tame(rng: np.random.Generator) -> float:
    """Draw a standard normal, cut at three."""
    return float(np.clip(rng.standard_normal(), -3.0, 3.0))


def _draw_bmi(rng: np.random.Generator, sex: str, limits: tuple[float, float]) -> float:
    shift, median, sigma = BMI_SHAPE[sex]
    while True:
        bmi = shift + median * np.exp(sigma * rng.standard_normal())
        if limits[0] <= bmi <= limits[1]:
            return float(bmi)


def _residual_factor(sex: str, from_50: bool) -> Array:
    """Cholesky factor of the correlations that remain once age and BMI are known."""
    (neck_hip, neck_spine, hip_spine), bmi = CORRELATION[sex, from_50]
    r = np.array([[1, neck_hip, neck_spine], [neck_hip, 1, hip_spine], [neck_spine, hip_spine, 1]])
    b = np.array(bmi)
    rest = np.sqrt(1.0 - b * b)
    factor = np.linalg.cholesky((r - np.outer(b, b)) / np.outer(rest, rest))
    return np.asarray(factor, dtype=np.float64)


def _vertebrae(
    rng: np.random.Generator, sex: str, spine: float, areas: Array, scatter_1: float
) -> tuple[float, float, float, float]:
    """Draw single vertebrae whose area-weighted mean is `spine`."""
    level: Array = np.array([-1.5, -0.5, 0.5, 1.5])
    typical: Array = np.array(VERTEBRA_OFFSET[sex]) * spine
    own = VERTEBRA_SLOPE_SD * _tame(rng) * level + VERTEBRA_SD * np.array(
        [_tame(rng) for _ in level]
    )
    deviation: Array = np.asarray(typical + scatter_1 * own, dtype=np.float64)
    deviation -= float(np.sum(deviation * areas) / np.sum(areas))
    l1, l2, l3, l4 = (float(v) for v in spine + deviation)
    return l1, l2, l3, l4


def _status(rng: np.random.Generator, sex: str, age: float) -> str:
    if sex == "M":
        return "not-applicable"
    return "postmenopausal" if age > rng.normal(*MENOPAUSE_AGE_YEARS) else "premenopausal"
