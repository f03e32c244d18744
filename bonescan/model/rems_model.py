"""A REMS-style model: what it was trained on, and what a spectrum must be to meet it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sites import vertebrae_of, without_side

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

METHOD = "rems-style-open/1"
FEMORAL_NECK = "femoral-neck"
LUMBAR_SPINE = "lumbar-spine"

OS = "os"  # share of spectra like the osteoporotic model, then a line to BMD
TWO_GATE = "d-pcr4"  # regression on the spectrum of gate A minus gate B
ESTIMATORS = (OS, TWO_GATE)
COVARIATES = "covariates-only"  # age, BMI and sex without ultrasound: what must be beaten


@dataclass(frozen=True, eq=False, kw_only=True)
class SpectralForm:
    """How spectra are made; a spectrum of another form is never compared.

    `frequency_hz` is (bin,). Gates start below the detected surface, lengths
    along the beam at the nominal speed `c_m_s`.
    """

    fs_hz: float
    window: str
    n_fft: int
    gate_samples: int
    frequency_hz: Array
    gate_start_mm: tuple[float, ...]  # A, B, and any number of further gates
    c_m_s: float
    group_lines: int
    group_frames: int
    attenuation_db_cm_mhz: float  # of soft tissue, one way
    noise_floor_1: float  # least share of a bin's power left after the noise is taken off

    @property
    def group_size(self) -> int:
        """How many lines one averaged spectrum holds at most."""
        return self.group_lines * self.group_frames

    @property
    def gate_length_m(self) -> float:
        """Length of a gate along the beam at the nominal speed."""
        return self.gate_samples / self.fs_hz * self.c_m_s / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidationRow:
    """What one estimator reached on people it had not seen; bounds are 95 %."""

    estimator: str
    n_people: int
    pearson_1: float
    pearson_lo_1: float
    pearson_hi_1: float
    see_g_cm2: float
    see_lo_g_cm2: float
    see_hi_g_cm2: float
    bias_g_cm2: float


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteModel:
    """The model of one site: class spectra, maps to BMD, and where they hold.

    Class spectra are gate A then gate B, (2 · bin,), dB, path corrected, joint
    mean removed. `residual_*` are rows of (point,): standard deviation of
    cross-validated residuals against the estimate, one row an estimator in the
    order of `ESTIMATORS`.
    """

    site: str
    primary: str
    informative: tuple[str, ...]  # estimators that beat age, BMI and sex in cross-validation
    needs_depth: bool
    reference_id: str  # young-adult reference that split the classes
    osteoporotic_db: Array
    healthy_db: Array
    r_min_1: float
    os_intercept_g_cm2: float
    os_slope_g_cm2: float  # per percent
    d_mean_db: Array  # (bin,)
    d_components: Array  # (4, bin)
    d_coefficients_g_cm2: Array  # (4,), per dB
    d_intercept_g_cm2: float
    residual_bmd_g_cm2: Array  # (estimator, point)
    residual_sd_g_cm2: Array  # (estimator, point)
    decay_curve_db: Array  # (3,): gate B minus C expected from powers of A minus B, low band
    decay_sd_db: float | None  # None, and an empty curve: the training exams had no gate C
    vertebra_sd_g_cm2: float | None  # of one vertebra against the others, training people
    bmd_range_g_cm2: tuple[float, float]  # ranges: least and greatest in training
    age_range_years: tuple[float, float]
    bmi_range_kg_m2: tuple[float, float]
    depth_range_mm: tuple[float, float]
    sexes: tuple[str, ...]
    includes_pregnancy: bool
    n_people: int
    n_osteoporotic: int
    n_normal: int
    min_groups: int  # fewer valid spectra give no number
    wanted_groups: int  # fewer are flagged
    cross_validation: tuple[CrossValidationRow, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class RemsModel:
    """A trained model with one or more sites, and its identity."""

    model_id: str
    content_sha256: str
    simulated: bool
    dxa_maker: str
    method: str
    correction: str  # "soft-tissue" or "none"
    normalisation: str  # "joint-mean"
    calibrated: bool  # spectra were divided by a calibration spectrum
    devices: tuple[str, ...]  # device names it was trained on
    software_version: str
    cohort_sha256: str
    person_salt: str
    person_hashes: tuple[str, ...]  # keyed hashes of the training people
    form: SpectralForm
    sites: tuple[SiteModel, ...]

    def for_site(self, site: str) -> SiteModel | None:
        """Find the model of a scan's site; None when it was not trained for it."""
        name = LUMBAR_SPINE if vertebrae_of(site) else without_side(site)
        return next((s for s in self.sites if s.site == name), None)
