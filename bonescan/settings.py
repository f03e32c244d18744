"""Settings of a run: frozen values, handed down; nobody reads the environment below `cli`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bonescan.model.vocabulary import (
    CovariateUse,
    IdentityMode,
    LabelFrom,
    LabelPolicy,
    ReferencePolicy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedValue:
    """Where a number comes from: a variable of the file times a factor, or said outright."""

    variable: str | None = None
    factor: float = 1.0
    number: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMap:
    """What the variables of a MATLAB file mean; nothing about them is guessed.

    `axes` names the axes of `samples` in MATLAB's own order. None = not said.
    """

    samples: str
    axes: tuple[str, ...]  # "sample", "line", "frame"
    fs_hz: MappedValue | None  # None: the user says it with --sampling-rate
    c_m_s: MappedValue | None = None
    f0_hz: MappedValue | None = None
    t0_s: MappedValue | None = None
    line_pitch_m: MappedValue | None = None
    probe_radius_m: MappedValue | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedSite:
    """The columns of one site in a table with one row a person: (quantity, column)."""

    site: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """What the columns of a table of device results mean; nothing about them is guessed.

    Pairs are (our word, column or text as it stands in the table).
    """

    technique: str  # "REMS" or "DXA"
    columns: tuple[tuple[str, str], ...]
    again: tuple[tuple[str, str], ...] = ()  # quantity -> column of the second entry
    sites: tuple[tuple[str, str], ...] = ()  # text in the table -> site
    measures: tuple[MappedSite, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()  # of the device, where no column says it
    sex_words: tuple[tuple[str, str], ...] = ()  # text in the table -> F or M
    date_pattern: str = "yyyy-mm-dd"
    decimal: str = "."
    bmd_unit: str = "g/cm2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """What the user says about files that don't say it themselves."""

    sampling_rate_hz: float | None = None  # for formats without one; never a default
    centre_frequency_hz: float | None = None
    sound_speed_m_s: float | None = None
    time_zero_s: float | None = None
    site: str | None = None  # of RF files that name none; a canonical word
    key_map: KeyMap | None = None  # of MATLAB files
    column_map: ColumnMap | None = None  # of tables of device results
    max_file_bytes: int = 256 * 2**20  # of a DICOM file
    charset: str | None = None  # of DICOM text beyond ASCII: a key of `read.dicom.charsets.NAMED`


@dataclass(frozen=True, slots=True, kw_only=True)
class RemsSettings:
    """The ultrasound path."""

    model_file: Path | None = None  # None: the bundled model
    allow_simulated_model: bool = False  # BMD (only) of real exams from a simulated model
    calibration_files: tuple[Path, ...] = ()  # found by the `calibration_id` of an exam
    covariates: CovariateUse = CovariateUse.NONE  # whether age, BMI and sex move the estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """Which number labels, how it is rounded, and whose reference it rests on."""

    policy: LabelPolicy = LabelPolicy.DEVICE
    label_from: LabelFrom = LabelFrom.ROUNDED
    reference: ReferencePolicy = ReferencePolicy.ISCD


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a run depends on."""

    read: ReadSettings = field(default_factory=ReadSettings)
    rems: RemsSettings = field(default_factory=RemsSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    norms_dir: Path | None = None  # user tables, beside the shipped ones
    identity: IdentityMode = IdentityMode.PSEUDONYM
    n_workers: int = 1
    report: str = "html"  # or "none"
    strict: bool = False
    store: str | None = None  # database URL or SQLite file; None: the one of the result folder
    time_limit_s: float | None = None  # of one scan; None: that of workers, 0: any
    memory_limit_bytes: int | None = None  # of one worker; None: that of workers, 0: any
