"""Ultrasound lines whose truth is known because they are put together from it.

Nothing here comes from `bonescan.simulate`: pulses, speckle and losses are
closed forms, so that analysis and simulation can't share a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.files.model_file import person_hash, seal
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.rems_model import METHOD, RemsModel, SiteModel, SpectralForm
from bonescan.model.scan import RfScan, RfSite, Source, SpectraTable
from bonescan.rems.condition import Conditioned
from bonescan.rems.fitting import Reference, TrainingExam
from bonescan.rems.spectra import SiteSpectra

FS_HZ, C_M_S, F0_HZ = 40e6, 1540.0, 3.5e6
PER_MM = 2.0 / C_M_S / 1000.0 * FS_HZ  # samples

FORM = SpectralForm(
    fs_hz=FS_HZ,
    window="hann",
    n_fft=512,
    gate_samples=128,
    frequency_hz=np.arange(20, 58) * (FS_HZ / 512),
    gate_start_mm=(1.5, 4.0, 6.5),
    c_m_s=C_M_S,
    group_lines=5,
    group_frames=2,
    attenuation_db_cm_mhz=0.55,
    noise_floor_1=0.05,
)


@dataclass(frozen=True, eq=False)
class InMemory:
    """Samples by site as a source of frames."""

    by_site: Mapping[str, NDArray[Any]]

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        yield from self.by_site[site]

    def block(self, site: str) -> NDArray[Any]:
        return self.by_site[site]


def pulse(length: int = 97) -> NDArray[np.float64]:
    """Gaussian pulse of 3.5 MHz, 60 % bandwidth at −6 dB, peak 1 in the middle."""
    t = (np.arange(length) - length // 2) / FS_HZ
    spread = 2.0 * np.log(2.0) / (np.pi * 0.6 * F0_HZ)  # |P| is ½ at f0 ± 0.3 f0
    return np.exp(-((t / spread) ** 2) * np.log(2.0)) * np.cos(2.0 * np.pi * F0_HZ * t)


def speckle(
    rng: np.random.Generator, shape: tuple[int, ...], slope_db_mhz: float = 0.0
) -> NDArray[np.float64]:
    """Gaussian noise filtered by the pulse, tilted by so many dB a MHz, rms about 1."""
    white = np.fft.rfft(rng.standard_normal(shape), axis=-1)
    f = np.fft.rfftfreq(shape[-1], 1.0 / FS_HZ)
    magnitude = np.exp(-((f - F0_HZ) ** 2) / (2.0 * (0.8918e6) ** 2))
    magnitude *= 10.0 ** (slope_db_mhz * (f - F0_HZ) / 1e6 / 20.0)
    lines = np.fft.irfft(white * magnitude, shape[-1], axis=-1)
    return lines / np.sqrt(np.mean(magnitude**2))


def bone_frames(
    surface_mm: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    n_samples: int = 1040,
    echo: float = 8000.0,
    soft: float = 60.0,
    bone: float = 400.0,
    loss_db_mm: float = 3.0,
) -> NDArray[np.int16]:
    """Lines with an echo at a known depth of the window, speckle before and behind it.

    Parameters
    ----------
    surface_mm : (frame, line)
        Depth of the peak of the echo below the first stored sample.
    loss_db_mm : float
        How fast the speckle behind the surface fades.
    """
    n_frames, n_lines = surface_mm.shape
    t = np.arange(n_samples)
    at = surface_mm[..., None] * PER_MM
    behind = t >= at
    fade = 10.0 ** (-loss_db_mm * np.maximum(t - at, 0.0) / PER_MM / 20.0)
    shape = (n_frames, n_lines, n_samples)
    lines = soft * speckle(rng, shape) * ~behind + bone * speckle(rng, shape) * behind * fade
    wave = pulse()
    half = len(wave) // 2
    whole = np.rint(at[..., 0]).astype(int)
    for k, value in enumerate(wave):
        index = whole + k - half
        ok = (index >= 0) & (index < n_samples)
        f, line = np.nonzero(ok)
        lines[f, line, index[ok]] += echo * value
    return np.clip(np.rint(lines + rng.standard_normal(shape)), -32768, 32767).astype(np.int16)


def no_bone_frames(
    rng: np.random.Generator, shape: tuple[int, int, int] = (2, 64, 1040)
) -> NDArray[np.int16]:
    """Soft tissue that fades with depth, and nothing else."""
    fade = 10.0 ** (-np.arange(shape[2]) / PER_MM * 0.4 / 20.0)
    return np.rint(800.0 * speckle(rng, shape) * fade).astype(np.int16)


def rf_site(samples: NDArray[Any], site: str = "femoral-neck-left", **more: Any) -> RfSite:
    """Describe samples as a file would."""
    n_frames, n_lines, n_samples = samples.shape
    known: dict[str, Any] = {
        "fs_hz": FS_HZ,
        "f0_hz": F0_HZ,
        "c_m_s": C_M_S,
        "t0_s": 40e-3 * 2.0 / C_M_S,  # the window begins 40 mm deep
        "line_pitch_m": 0.5e-3,
        "gain_known": True,
    }
    return RfSite(
        site=site, n_frames=n_frames, n_lines=n_lines, n_samples=n_samples, **(known | more)
    )


def conditioned_of(samples: NDArray[np.int16], **more: Any) -> Conditioned:
    """Take samples as they are: no rails, no offset, no gain."""
    known: dict[str, Any] = {
        "rails": (),
        "railed_lines": np.zeros(samples.shape[:2], bool),
        "offset": 0,
        "gain": None,
        "n_railed": 0,
        "fresh": np.ones(len(samples), bool),
    }
    return Conditioned(samples=samples, **(known | more))


WOMAN = Subject(
    patient_id="0007", sex="F", birth_date=date(1960, 5, 1), height_cm=160.0, weight_kg=64.0
)


def rf_scan(
    by_site: Mapping[str, NDArray[Any]] | Sequence[RfSite],
    *,
    simulated: bool | None = True,
    subject: Subject = WOMAN,
    device: str | None = "bonescan simulator",
    **more: Any,
) -> RfScan:
    """Put sites together into an exam; samples by site, or sites with spectra."""
    if isinstance(by_site, Mapping):
        sites = tuple(rf_site(x, name, **more) for name, x in by_site.items())
        samples: InMemory | None = InMemory(by_site)
    else:
        sites, samples = tuple(by_site), None
    return RfScan(
        source=Source(path=Path("exam.h5"), size_bytes=1, format_name="bonescan-rf"),
        subject=subject,
        device=Device(model=device),
        exam=Exam(exam_date=date(2025, 5, 1), simulated=simulated),
        sites=sites,
        samples=samples,
    )


def spectra_site(
    power_ab: NDArray[np.float64],
    *,
    site: str = "femoral-neck-left",
    depth_mm: float | None = 60.0,
    fs_hz: float = FS_HZ,
    form: SpectralForm = FORM,
    **changes: Any,
) -> RfSite:
    """Store averaged spectra of gates A and B, (gate, group, bin), as a file would."""
    gates, n, bins = power_ab.shape
    table = SpectraTable(
        power=power_ab.reshape(-1, bins),
        frequency_hz=form.frequency_hz,
        gate_start_m=np.repeat(np.array(form.gate_start_mm)[:gates] / 1000.0, n),
        gate_length_m=np.full(gates * n, form.gate_length_m),
        depth_m=None if depth_mm is None else np.full(gates * n, depth_mm / 1000.0),
        line=np.tile(5 * np.arange(n), gates),
        frame=np.zeros(gates * n, dtype=int),
        n_averaged=np.full(gates * n, 10),
        window="hann",
        unit="1",
    )
    return RfSite(
        site=site, fs_hz=fs_hz, n_frames=0, n_lines=0, n_samples=0,
        spectra=replace(table, **changes),
    )  # fmt: skip


def made_up_spectra(
    rng: np.random.Generator, bmd_g_cm2: float, n_groups: int = 60, depth_mm: float = 60.0
) -> SiteSpectra:
    """Spectra of a bone by a planted law: gate B lies 20 + 30 (BMD − 0.8) dB under gate A.

    The tilt of both gates carries nothing; scatter is that of ten averaged lines.
    """
    f_mhz = FORM.frequency_hz / 1e6
    level_db = 30.0 - 2.0 * (f_mhz - 3.5) ** 2 + rng.normal(0.0, 1.0)
    loss_db = -(2.0 * 0.55 * f_mhz * depth_mm / 10.0)
    fall_db = (20.0 + 30.0 * (bmd_g_cm2 - 0.8)) * (0.6 + 0.4 * f_mhz / 3.0)
    clean = np.stack([level_db - k * fall_db * np.ones_like(f_mhz) for k in (0.0, 1.0, 2.0)])
    mean = 10.0 ** ((clean + loss_db)[:, None, :] / 10.0)
    power = mean * rng.gamma(10.0, 0.1, (3, n_groups, f_mhz.size))
    return SiteSpectra(
        power=power,
        noise=np.full((3, n_groups), 1e-30),
        depth_mm=np.full(n_groups, depth_mm),
        cluster=np.arange(n_groups) % 20,
        n_lines=10 * n_groups,
    )


def made_up_exam(i: int, seed: int = 0, *, informative: bool = True) -> TrainingExam:
    """One person of a made-up cohort: BMD falls with age, ultrasound follows BMD or doesn't."""
    rng = np.random.default_rng([seed, i])
    age = rng.uniform(50.0, 80.0)
    bmd = 0.76 - 0.006 * (age - 50.0) + rng.normal(0.0, 0.13)
    seen = bmd if informative else 0.67 + rng.normal(0.0, 0.13)
    return TrainingExam(
        person_id=f"P{i:04d}",
        issuer=None,
        sex="F",
        age_years=age,
        bmi_kg_m2=rng.uniform(19.0, 32.0),
        dxa_bmd_g_cm2=bmd,
        parts=(
            made_up_spectra(rng, seen + rng.normal(0.0, 0.05), 16, depth_mm=rng.uniform(40, 80)),
        ),
    )


REFERENCE = Reference(reference_id="hologic_fn_f", mean_g_cm2=0.849, sd_g_cm2=0.111)


def rems_model(*sites: SiteModel, **changes: Any) -> RemsModel:
    """Wrap site models as a model trained on real exams, unless the changes say otherwise."""
    known: dict[str, Any] = {
        "model_id": "",
        "content_sha256": "",
        "simulated": False,
        "dxa_maker": "hologic",
        "method": METHOD,
        "correction": "soft-tissue",
        "normalisation": "joint-mean",
        "calibrated": False,
        "devices": ("bonescan simulator",),
        "software_version": "0",
        "cohort_sha256": "0" * 64,
        "person_salt": "salt",
        "person_hashes": (person_hash("salt", "P0001", None),),
        "form": FORM,
        "sites": sites,
    }
    return seal("made-up", RemsModel(**(known | changes)))
