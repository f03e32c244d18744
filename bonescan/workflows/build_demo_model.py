"""Train the bundled demo model on simulated exams.

    python -m bonescan.workflows.build_demo_model -o FILE --seed S [--people N]

The same seed gives the same model to the stored precision. The cohort is made
up, so the model may never label a real exam; it exists so that everything
behind it can be run and tested. It takes about five minutes on one core.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bonescan import __version__
from bonescan.errors import UnusableScan
from bonescan.files.model_file import (
    cross_validation_text,
    person_hash,
    seal,
    write_model,
)
from bonescan.kernels.threads import pinned_blas
from bonescan.model.rems_model import (
    FEMORAL_NECK,
    LUMBAR_SPINE,
    METHOD,
    RemsModel,
    SiteModel,
    SpectralForm,
)
from bonescan.model.scan import RfSite
from bonescan.rems.fitting import Reference, TrainingExam
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.rems.spectra import SiteSpectra
from bonescan.rems.train import train_site
from bonescan.simulate.bone import bone_of
from bonescan.simulate.exam import SimulatedRf, simulate_rf
from bonescan.simulate.people import VERTEBRAE, VirtualPerson, draw_people

DEVICE = "bonescan simulator"
DEFAULT_SEED, DEFAULT_PEOPLE = 20260, 420
DXA_ERROR_1 = 0.012  # relative SD of a DXA reading about the latent BMD
BMI_RANGE = (17.0, 36.0)
# Two groups, so that each class has its people without selecting on the outcome:
# share, share of women, ages.
GROUPS = ((0.7, 0.85, (55.0, 85.0)), (0.3, 0.80, (20.0, 55.0)))
# Frames and lines of an exam of each site; both give 104 groups of ten lines.
NECK_SHAPE, VERTEBRA_SHAPE = (8, 128), (4, 64)

# 38 bins of the 512-point grid at 40 MHz, 1.5625 to 4.453125 MHz.
FORM = SpectralForm(
    fs_hz=40e6,
    window="hann",
    n_fft=512,
    gate_samples=128,
    frequency_hz=np.arange(20.0, 58.0, dtype=np.float64) * (40e6 / 512),
    gate_start_mm=(1.5, 4.0, 6.5, 2.0, 3.0, 5.25, 7.75),
    c_m_s=1540.0,
    group_lines=5,
    group_frames=2,
    attenuation_db_cm_mhz=0.55,
    noise_floor_1=0.05,
)
# Hologic: neck as printed on its reports (NHANES III), spine its own young women.
REFERENCES = {
    FEMORAL_NECK: Reference(reference_id="hologic_fn_f", mean_g_cm2=0.849, sd_g_cm2=0.111),
    LUMBAR_SPINE: Reference(reference_id="hologic_l1l4_f", mean_g_cm2=1.047, sd_g_cm2=0.110),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class InMemory:
    """Samples of a simulated exam as a source of frames."""

    exam: SimulatedRf

    def frames(self, site: str) -> Iterator[NDArray[np.int16]]:
        """Yield the frames of the one site."""
        yield from self.block(site)

    def block(self, site: str) -> NDArray[np.int16]:
        """Return all frames of the one site."""
        if site != self.exam.site:
            raise KeyError(site)
        return self.exam.samples


def draw_cohort(n: int, seed: int) -> list[VirtualPerson]:
    """Draw the training people, older ones first."""
    people: list[VirtualPerson] = []
    for i, (share, women_1, ages) in enumerate(GROUPS):
        people += draw_people(
            round(share * n), seed + i, women_1=women_1, age_years=ages, bmi_kg_m2=BMI_RANGE
        )
    return people


def simulate_training_exam(person: VirtualPerson, site: str, seed: int) -> TrainingExam | None:
    """Simulate, analyse and read the DXA of one person; None when no exam is usable."""
    with pinned_blas():  # the number of threads decides last digits, and one is fastest here
        return _training_exam(person, site, seed)


def _training_exam(person: VirtualPerson, site: str, seed: int) -> TrainingExam | None:
    rng = np.random.default_rng([seed, person.bone_seed, site == FEMORAL_NECK])
    if site == FEMORAL_NECK:
        latent = person.bmd_neck_g_cm2
        parts = [_spectra(person, "femoral-neck-left", NECK_SHAPE, rng)]
    else:
        latent = person.bmd_spine_g_cm2
        parts = [_spectra(person, v, VERTEBRA_SHAPE, rng) for v in VERTEBRAE]
    usable = tuple(p for p in parts if p is not None and p.n_groups)
    if not usable:
        return None
    return TrainingExam(
        person_id=person.person_id,
        issuer=None,
        sex=person.sex,
        age_years=person.age_years,
        bmi_kg_m2=person.bmi_kg_m2,
        dxa_bmd_g_cm2=latent * (1.0 + DXA_ERROR_1 * float(rng.standard_normal())),
        parts=usable,
    )


def _spectra(
    person: VirtualPerson, site: str, shape: tuple[int, int], rng: np.random.Generator
) -> SiteSpectra | None:
    exam = simulate_rf(bone_of(person, site, rng), site, rng, *shape)
    try:
        looked = look_at_site(InMemory(exam=exam), site_of(exam))
        return measure_site(looked, FORM).spectra
    except UnusableScan:
        return None


def site_of(exam: SimulatedRf) -> RfSite:
    """Describe a simulated exam as a file of it would."""
    n_frames, n_lines, n_samples = exam.samples.shape
    return RfSite(
        site=exam.site,
        fs_hz=exam.fs_hz,
        n_frames=n_frames,
        n_lines=n_lines,
        n_samples=n_samples,
        f0_hz=exam.f0_hz,
        c_m_s=exam.c_m_s,
        t0_s=exam.t0_s,
        probe_radius_m=exam.probe_radius_m,
        line_pitch_m=exam.line_pitch_m,
        gain_db=exam.gain_db,
        gain_known=True,
        line_angle_rad=exam.line_angle_rad,
    )


def build(n_people: int, seed: int) -> RemsModel:
    """Simulate the cohort and train both sites.

    Parameters
    ----------
    n_people : int
    seed : int

    Returns
    -------
    model : RemsModel
        Sealed, `simulated`.
    """
    people = draw_cohort(n_people, seed)
    sites: list[SiteModel] = []
    cohort = hashlib.sha256()
    for site in (FEMORAL_NECK, LUMBAR_SPINE):
        found = (simulate_training_exam(p, site, seed) for p in people)
        exams = [e for e in found if e is not None]
        for e in exams:
            cohort.update(f"{site} {e.person_id} {e.dxa_bmd_g_cm2:.6f}\n".encode())
        rng = np.random.default_rng([seed, len(sites)])
        with pinned_blas():
            sites.append(train_site(exams, site, FORM, REFERENCES[site], rng))
    salt = hashlib.sha256(f"bonescan demo model {seed}".encode()).hexdigest()[:32]
    hashes = {person_hash(salt, p.person_id, None) for p in people}
    return seal(
        "demo",
        RemsModel(
            model_id="",
            content_sha256="",
            simulated=True,
            dxa_maker="hologic",
            method=METHOD,
            correction="soft-tissue",
            normalisation="joint-mean",
            calibrated=False,
            devices=(DEVICE,),
            software_version=__version__,
            cohort_sha256=cohort.hexdigest(),
            person_salt=salt,
            person_hashes=tuple(sorted(hashes)),
            form=FORM,
            sites=tuple(sites),
        ),
    )


def main(arguments: list[str] | None = None) -> int:
    """Build the model, write it, and print what it reached."""
    parser = argparse.ArgumentParser(description="Train the demo model on simulated exams.")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--people", type=int, default=DEFAULT_PEOPLE)
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    model = build(asked.people, asked.seed)
    write_model(asked.output, model)
    lines = [f"{model.model_id}  {time.perf_counter() - began:.0f} s", ""]
    for site in model.sites:
        lines += [
            f"{site.site}: {site.n_people} people, {site.n_osteoporotic} with T <= -2.5, "
            f"{site.n_normal} with T >= -1.0; primary {site.primary}",
            cross_validation_text(site.cross_validation),
            "",
        ]
    sys.stdout.write("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
