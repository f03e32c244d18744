"""How the virtual device is set up, and how noisy its world is: parameter set B.

Levels were set once, from plausibility of the signal-to-noise ratio, and were
not tuned to published correlations. They are our choice, as is every number
here that names no source: a good score on this simulator is a software test,
not evidence of clinical accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RfSetup:
    """Device, path and disturbances; 0 dB is the echo peak of a perfect, unattenuated reflector."""

    fs_hz: float = 40e6
    f0_hz: float = 3.5e6
    bandwidth_1: float = 0.6  # at -6 dB, of f0
    c_m_s: float = 1540.0
    pre_bone_m: float = 6.5e-3  # of the stored window, before the middle of the surface
    probe_radius_m: float = 60e-3
    pitch_spine_m: float = 0.30e-3  # between lines, at the probe
    pitch_neck_m: float = 0.15e-3
    full_scale_1: float = 0.35  # 90 % quantile of the surface peaks
    bits: int = 16
    # speckle
    trabecular_db: float = -27.0  # rms at the endosteum for BVTV 0.115, TbTh 0.14 mm
    soft_tissue_db: float = -48.0
    soft_tissue_exponent: float = 1.5  # power of frequency in the scattered power
    frame_correlation: float = 0.85
    # inside one vertebra or neck: relative SD of BVTV, whose attenuation and scatter go with it
    bvtv_line_sd_1: float = 0.0
    bvtv_line_correlation: float = 0.9  # of neighbouring lines
    bvtv_depth_sd_1: float = 0.0
    bvtv_depth_length_m: float = 3e-3  # along the depth, correlation exp(-distance / length)
    plate_on_path: bool = True  # False: bone is seen as if there were no cortex over it
    # surface
    surface_echo_1: float = 0.55  # echo of a thick cortex, whose plane reflection is 0.6
    incidence_sd_deg: float = 4.0
    incidence_width_deg: float = 12.0  # echo ~ exp(-(incidence / width)^2)
    incidence_correlation: float = 0.9
    dropout_1: float = 0.06  # share of lines with a weak surface echo
    dropout_factor: float = 0.15
    rough_db: float = -30.04  # -18 dB and a further factor 0.25
    rough_decay_m: float = 0.25e-3
    clutter_db: float = -60.0  # relative to the echo of a thick cortex
    clutter_db_m: float = 1500.0  # decay behind the surface
    fascia_db: tuple[float, float] = (-30.0, 4.0)
    n_fascia: int = 2
    noise_db: float = -100.0  # rms, 0 to fs/2
    # cortex
    line_cortex_sd_m: float = 0.15e-3
    line_cortex_correlation: float = 0.6
    frame_cortex_correlation: float = 0.8
    # geometry
    motion_sd_m: float = 0.2e-3
    neck_arc_m: tuple[float, float] = (3.0e-3, 0.6e-3)  # height of the arc: mean, SD
    spine_shape_sd_m: float = 0.8e-3  # curvature and tilt, each
    tilt_m: float = 0.0  # how far the surface falls from the middle to the last line


SET_B = RfSetup()
