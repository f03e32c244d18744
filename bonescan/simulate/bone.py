"""From latent BMD to what the ultrasound meets: cortex, trabeculae, path.

References
----------
Attenuation of trabecular bone anchored at 10.3 dB/cm/MHz (K. A. Wear 2015);
backscatter exponent 3.3 between published 3.38 +- 0.31 and 3.25; the linear
relations and their scatter are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .people import VERTEBRA_OFFSET, VERTEBRAE, VirtualPerson

ALPHA_SOFT_DB_CM_MHZ = (0.55, 0.06)  # mean and SD between people
LOCAL_ALPHA_SD_DB_CM_MHZ = 0.04  # near the bone against the whole path
BVTV_SD, TBTH_SD_MM, ALPHA_TB_SD_DB_CM_MHZ = 0.016, 0.008, 0.6
ALPHA_TB_PER_BVTV_DB_CM_MHZ = 62.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneSpread:
    """How far people's bones lie apart, and where their middle is; the defaults are set B."""

    structure_1: float = 1.0  # factor on the scatter of BVTV, TbTh and trabecular attenuation
    scatter_exponent_1: tuple[float, float] = (3.3, 0.0)  # mean and SD between people
    alpha_soft_db_cm_mhz: tuple[float, float] = ALPHA_SOFT_DB_CM_MHZ
    depth_offset_m: float = 0.0  # before the depth is cut to its range
    cortex_1: float = 1.0  # factor on the thickness
    cortex_person_sd_m: float | None = None  # instead of the region's own
    cortex_site_sd_m: float | None = None


SPREAD_B = BoneSpread()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneParameters:
    """Everything about one site that the samples depend on; the truth of an exam."""

    site: str
    bmd_g_cm2: float
    depth_m: float  # periosteal surface under the middle of the probe
    alpha_soft_db_cm_mhz: float  # mean of the whole path
    alpha_local_db_cm_mhz: float  # of the last centimetres before the bone
    cortex_m: float
    bvtv_1: float
    tbth_mm: float
    alpha_tb_db_cm_mhz: float
    c_tb_m_s: float
    scatter_exponent: float = 3.3  # power of frequency in the backscattered power


@dataclass(frozen=True, slots=True, kw_only=True)
class _Region:
    """How one region of the skeleton is made."""

    bmd_centre: float  # BMD at which BVTV is 0.115
    cortex_mm: tuple[float, float, float]  # at bmd_cortex: mean, per g/cm2, SD between people
    bmd_cortex: float
    cortex_site_sd_mm: float  # between vertebrae of a person
    depth_cm: tuple[float, float, float]  # at BMI 26, per BMI unit, SD
    depth_range_cm: tuple[float, float]
    depth_site_sd_cm: float


SPINE = _Region(
    bmd_centre=0.90, cortex_mm=(0.45, 0.15, 0.06), bmd_cortex=0.90, cortex_site_sd_mm=0.05,
    depth_cm=(8.0, 0.35, 1.0), depth_range_cm=(3.5, 14.0), depth_site_sd_cm=0.3,
)  # fmt: skip
NECK = _Region(
    bmd_centre=0.75, cortex_mm=(1.6, 1.2, 0.25), bmd_cortex=0.75, cortex_site_sd_mm=0.0,
    depth_cm=(5.0, 0.25, 0.8), depth_range_cm=(2.5, 10.0), depth_site_sd_cm=0.0,
)  # fmt: skip


def is_neck(site: str) -> bool:
    """Whether `site` is a femoral neck; the other simulated sites are L1 ... L4."""
    if site in VERTEBRAE:
        return False
    if site.removesuffix("-left").removesuffix("-right") == "femoral-neck":
        return True
    raise ValueError(f"found the site {site!r}, wanted L1 ... L4 or femoral-neck[-left|-right]")


def bone_of(
    person: VirtualPerson, site: str, rng: np.random.Generator, spread: BoneSpread = SPREAD_B
) -> BoneParameters:
    """Derive the bone of `person` at `site`.

    What belongs to the person (structure for her BMD, cortex, soft tissue,
    depth) comes from her `bone_seed`, so repeated exams share it; what differs
    between her vertebrae comes from `rng`.

    Parameters
    ----------
    person : VirtualPerson
    site : str
        "L1" ... "L4", "femoral-neck", "femoral-neck-left", "femoral-neck-right".
    rng : numpy Generator
    spread : BoneSpread
        Another spread leaves every random number what it was, so that a person
        can be compared with herself.
    """
    neck = is_neck(site)
    region = NECK if neck else SPINE
    own = np.random.default_rng([person.bone_seed, int(neck)]).standard_normal(8)
    here = rng.standard_normal(2)
    bmd = person.bmd_g_cm2(site)
    like = bmd if neck else bmd - _usual_offset(person, site)
    scatter = spread.structure_1 * own
    bvtv = float(
        np.clip(0.115 + 0.25 * (like - region.bmd_centre) + BVTV_SD * scatter[0], 0.03, 0.40)
    )
    depth_cm = np.clip(
        region.depth_cm[0] + region.depth_cm[1] * (person.bmi_kg_m2 - 26.0)
        + region.depth_cm[2] * own[2] + region.depth_site_sd_cm * here[1]
        + 100.0 * spread.depth_offset_m,
        *region.depth_range_cm,
    )  # fmt: skip
    alpha_soft = spread.alpha_soft_db_cm_mhz[0] + spread.alpha_soft_db_cm_mhz[1] * own[3]
    alpha_tb = 2.0 + ALPHA_TB_PER_BVTV_DB_CM_MHZ * bvtv + ALPHA_TB_SD_DB_CM_MHZ * float(scatter[6])
    return BoneParameters(
        site=site,
        bmd_g_cm2=bmd,
        depth_m=float(depth_cm) / 100.0,
        alpha_soft_db_cm_mhz=float(alpha_soft),
        alpha_local_db_cm_mhz=float(alpha_soft + LOCAL_ALPHA_SD_DB_CM_MHZ * own[4]),
        cortex_m=max(0.2, _cortex_mm(region, like, (own[1], here[0]), spread)) / 1000.0,
        bvtv_1=bvtv,
        tbth_mm=0.14 + 0.25 * (bvtv - 0.115) + TBTH_SD_MM * float(scatter[5]),
        alpha_tb_db_cm_mhz=max(0.5, alpha_tb),
        c_tb_m_s=1500.0 + 700.0 * bvtv,
        scatter_exponent=float(
            spread.scatter_exponent_1[0] + spread.scatter_exponent_1[1] * own[7]
        ),
    )


def _cortex_mm(
    region: _Region, bmd: float, normal: tuple[float, float], spread: BoneSpread
) -> float:
    """Thickness of the cortex from what is the person's and what is the vertebra's."""
    person, site = spread.cortex_person_sd_m, spread.cortex_site_sd_m
    thickness = (
        region.cortex_mm[0]
        + region.cortex_mm[1] * (bmd - region.bmd_cortex)
        + (region.cortex_mm[2] if person is None else 1000.0 * person) * normal[0]
        + (region.cortex_site_sd_mm if site is None else 1000.0 * site) * normal[1]
    )
    return float(spread.cortex_1 * thickness)


def _usual_offset(person: VirtualPerson, site: str) -> float:
    """Return how far this vertebra usually stands from L1-L4: its size, not its structure."""
    return VERTEBRA_OFFSET[person.sex][VERTEBRAE.index(site)] * person.bmd_spine_g_cm2
