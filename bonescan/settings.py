"""Settings of a run: frozen values, handed down; nobody reads the environment below `cli`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bonescan.model.vocabulary import IdentityMode, LabelFrom, LabelPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """What the user says about files that don't say it themselves."""

    sampling_rate_hz: float | None = None  # for formats without one; never a default
    centre_frequency_hz: float | None = None
    sound_speed_m_s: float | None = None
    time_zero_s: float | None = None
    max_file_bytes: int = 256 * 2**20  # of a DICOM file


@dataclass(frozen=True, slots=True, kw_only=True)
class RemsSettings:
    """The ultrasound path."""

    model_file: Path | None = None  # None: the bundled model
    allow_simulated_model: bool = False  # BMD (only) of real exams from a simulated model


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """Which number labels, and how it is rounded."""

    policy: LabelPolicy = LabelPolicy.DEVICE
    label_from: LabelFrom = LabelFrom.ROUNDED


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
