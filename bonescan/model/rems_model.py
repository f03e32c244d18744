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
PCR = "pcr"  # regression on both gates, the mean and the slope of D(f)
FADE = "attenuation"  # of the bone, clutter told apart from it; needs four gates
ESTIMATORS = (OS, TWO_GATE, PCR, FADE)  # a model has those that its exams had the gates for
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
class LinearMap:
    """BMD = intercept + (vector - mean) · weights, for the vector of one estimator."""

    estimator: str
    mean: Array  # (p,), in the unit of the vector
    weights_g_cm2: Array  # (p,), per that unit
    intercept_g_cm2: float


@dataclass(frozen=True, eq=False, kw_only=True)
class IntervalFolds:
    """What a CV+ interval is made of: one estimator without each fold of people.

    The prediction of fold k for a vector x is intercept_k + x · weights_k. A
    person weighs the same however many exams she has.
    """

    estimator: str  # the one that led when the model was built
    fold_intercept_g_cm2: Array  # (fold,)
    fold_weights_g_cm2: Array  # (fold, p)
    fold: Array  # (exam,), whole numbers: the fold that the person was in
    residual_g_cm2: Array  # (exam,), absolute, from the model without her fold
    weight_1: Array  # (exam,), one over the exams of the person


@dataclass(frozen=True, eq=False, kw_only=True)
class FragilityModel:
    """Class spectra of fractured and unfractured people; empty where too few are labelled.

    `r_min_1` is the least correlation with either that gives a spectrum its vote; None
    without class spectra.
    """

    fractured_db: Array  # (2 · bin,) or (0,)
    unfractured_db: Array
    n_fractured: int
    n_unfractured: int
    r_min_1: float | None = None

    @property
    def known(self) -> bool:
        """Whether a fragility score may be made."""
        return self.fractured_db.size > 0


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteModel:
    """The model of one site: class spectra, maps to BMD, and where they hold.

    Class spectra are gate A then gate B, (2 · bin,), dB, path corrected, joint
    mean removed. `residual_*` are rows of (point,): standard deviation of
    cross-validated residuals against the estimate, one row an estimator in the
    order of `estimators`. `maps` holds all of them but the osteoporosis score.
    """

    site: str
    primary: str
    estimators: tuple[str, ...]
    informative: tuple[str, ...]  # estimators that beat age, BMI and sex in cross-validation
    needs_depth: bool
    reference_id: str  # young-adult reference that split the classes
    osteoporotic_db: Array
    healthy_db: Array
    r_min_1: float
    os_intercept_g_cm2: float
    os_slope_g_cm2: float  # per percent
    os_is_line: bool  # BMD falls with the score, and a monotone curve fits hardly better
    maps: tuple[LinearMap, ...]
    residual_bmd_g_cm2: Array  # (estimator, point)
    residual_sd_g_cm2: Array  # (estimator, point)
    interval: IntervalFolds
    covariates_g_cm2: Array  # (4,): intercept, per year, per kg/m2, men more; without ultrasound
    offset_g_cm2: Array  # (5,): intercept, of the estimate, age, BMI, men; with ultrasound
    fragility: FragilityModel
    misfit_limit_1: float | None  # of the attenuation fit, above which an exam is unlike training
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
    # as the training files state them, in lower case; None: no file of theirs did
    ethnicities: tuple[str, ...] | None = None

    def linear(self, estimator: str) -> LinearMap | None:
        """Find the map of an estimator; None when the model has none."""
        return next((m for m in self.maps if m.estimator == estimator), None)


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
