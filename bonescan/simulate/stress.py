"""Named worlds that differ from the one a model was trained in.

Each changes one thing, so that a loss can be given its cause. The sizes of the
changes are our choice unless a source is named; a person keeps her random
numbers, so worlds are compared person by person.

References
----------
Spread of the backscatter exponent between people 0.31: 3.38 +- 0.31 in 19 human
calcanei (C. Chaffai et al. 2000).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .bone import SPREAD_B, BoneSpread
from .setup import SET_B, RfSetup

NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """One world: its bones and its devices."""

    name: str
    text: str
    spread: BoneSpread = SPREAD_B
    setup: RfSetup = SET_B


_CLEAN = replace(SET_B, clutter_db=-300.0, noise_db=-120.0, rough_db=-60.0)
_EQUAL_CORTEX = BoneSpread(cortex_person_sd_m=0.15e-3, cortex_site_sd_m=0.0)

_ALL = (
    Stress(name=NONE, text="parameter set B"),
    Stress(
        name="scatter-doubled",
        text="scatter of BVTV, thickness and attenuation at given BMD doubled",
        spread=BoneSpread(structure_1=2.0),
    ),
    Stress(
        name="exponent-2.5",
        text="backscatter grows with frequency to the power 2.5 in everybody, not 3.3",
        spread=BoneSpread(scatter_exponent_1=(2.5, 0.0)),
    ),
    Stress(
        name="exponent-spread",
        text="backscatter exponent 3.3 with a standard deviation of 0.31 between people",
        spread=BoneSpread(scatter_exponent_1=(3.3, 0.31)),
    ),
    Stress(
        name="uneven-bone",
        text="BVTV and its attenuation vary by 15 % between lines and along the depth",
        setup=replace(SET_B, bvtv_line_sd_1=0.15, bvtv_depth_sd_1=0.15),
    ),
    Stress(
        name="uneven-lines",
        text="BVTV and its attenuation vary by 15 % between lines",
        setup=replace(SET_B, bvtv_line_sd_1=0.15),
    ),
    Stress(
        name="uneven-depth",
        text="BVTV and its attenuation vary by 15 % along the depth",
        setup=replace(SET_B, bvtv_depth_sd_1=0.15),
    ),
    Stress(
        name="clutter-50",
        text="clutter of -50 dB behind the surface, not -60",
        setup=replace(SET_B, clutter_db=-50.0),
    ),
    Stress(
        name="clutter-55",
        text="clutter of -55 dB behind the surface, not -60",
        setup=replace(SET_B, clutter_db=-55.0),
    ),
    Stress(name="no-clutter", text="no clutter", setup=replace(SET_B, clutter_db=-300.0)),
    Stress(
        name="snr-6",
        text="6 dB less signal above the noise",
        setup=replace(SET_B, noise_db=SET_B.noise_db + 6.0),
    ),
    Stress(
        name="snr-10",
        text="10 dB less signal above the noise",
        setup=replace(SET_B, noise_db=SET_B.noise_db + 10.0),
    ),
    Stress(
        name="depth+2cm",
        text="2 cm more soft tissue, within the range of depths",
        spread=BoneSpread(depth_offset_m=0.02),
    ),
    Stress(
        name="soft-attenuation-0.61",
        text="soft tissue attenuates by 0.61 dB/cm/MHz, 0.06 more than taken for granted",
        spread=BoneSpread(alpha_soft_db_cm_mhz=(0.61, 0.06)),
    ),
    Stress(
        name="soft-attenuation-0.49",
        text="soft tissue attenuates by 0.49 dB/cm/MHz, 0.06 less than taken for granted",
        spread=BoneSpread(alpha_soft_db_cm_mhz=(0.49, 0.06)),
    ),
    Stress(
        name="equal-cortex",
        text="the cortex is equally thick on all lines of a person, 0.15 mm SD between people",
        spread=_EQUAL_CORTEX,
        setup=replace(SET_B, line_cortex_sd_m=0.0),
    ),
    Stress(
        name="steady-cortex",
        text="the cortex varies by 0.05 mm from line to line, not 0.15",
        setup=replace(SET_B, line_cortex_sd_m=0.05e-3),
    ),
    Stress(
        name="uneven-cortex",
        text="the cortex varies by 0.30 mm from line to line, not 0.15",
        setup=replace(SET_B, line_cortex_sd_m=0.30e-3),
    ),
    Stress(
        name="thin-cortex",
        text="the cortex is 0.6 times as thick",
        spread=BoneSpread(cortex_1=0.6),
    ),
    Stress(name="12-bit", text="samples of 12 bits", setup=replace(SET_B, bits=12)),
    Stress(
        name="frames-alike",
        text="frames are nearly the same: speckle correlated by 0.995",
        setup=replace(SET_B, frame_correlation=0.995),
    ),
    Stress(name="clean", text="no clutter, little noise, smooth surface", setup=_CLEAN),
    Stress(
        name="no-plate",
        text="no cortex on the way to the trabecular bone",
        setup=replace(SET_B, plate_on_path=False),
    ),
)
STRESSES: dict[str, Stress] = {stress.name: stress for stress in _ALL}
