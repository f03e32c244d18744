"""One exam of a cohort: who is scanned, when, and with what result of DXA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bonescan.files.rf_exam import RfExamContent, RfSiteContent
from bonescan.model.exam import Subject

from .artefact import NO_ARTEFACT, Artefact
from .bone import bone_of
from .cast import DAYS_PER_YEAR
from .exam import SimulatedRf, simulate_rf
from .outcome import dxa_reading_g_cm2, fracture_probability_1, has_fractured
from .people import VERTEBRAE, VirtualPerson
from .rf_content import truth
from .stress import Stress

LUMBAR, NECK = "lumbar", "neck"
REGIONS = (LUMBAR, NECK)
NECK_SITE = "femoral-neck-left"
# Frames and lines of each site; both give about a hundred groups of ten lines.
NECK_SHAPE, VERTEBRA_SHAPE = (8, 128), (4, 64)
ISSUER, DEVICE, DEVICE_SERIAL = "SIM-COHORT", "bonescan simulator", "US-A"
DXA_DEVICE = "Hologic Horizon A"  # the scale that the people's BMD is on
FIRST_DAY, N_DAYS = date(2025, 1, 6), 330
DXA_WITHIN_DAYS = 30
COLUMNS = (
    "exam", "patient_id", "issuer", "site", "dxa_bmd_g_cm2", "dxa_device", "dxa_date", "fracture",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortExam:
    """One person at one region."""

    person: VirtualPerson
    region: str  # "lumbar" or "neck"
    seed: int

    @property
    def sites(self) -> tuple[str, ...]:
        """What the exam shows."""
        return VERTEBRAE if self.region == LUMBAR else (NECK_SITE,)

    @property
    def dxa_site(self) -> str:
        """What DXA measured."""
        return "L1-L4" if self.region == LUMBAR else NECK_SITE

    @property
    def name(self) -> str:
        """File name without ending."""
        return f"{self.person.person_id}_{self.region}"

    @property
    def exam_date(self) -> date:
        """Day of the ultrasound."""
        return FIRST_DAY + timedelta(days=self.person.bone_seed % N_DAYS)

    def row(self, file: str) -> dict[str, str]:
        """Give the exam's line of the cohort table; `file` is relative to it."""
        gap = timedelta(days=self.person.bone_seed // N_DAYS % DXA_WITHIN_DAYS)
        return {
            "exam": file,
            "patient_id": self.person.person_id,
            "issuer": ISSUER,
            "site": self.dxa_site,
            "dxa_bmd_g_cm2": f"{dxa_reading_g_cm2(self.person, self.dxa_site):.3f}",
            "dxa_device": DXA_DEVICE,
            "dxa_date": (self.exam_date - gap).isoformat(),
            "fracture": str(int(has_fractured(self.person))),
        }


def simulate_exam(
    what: CohortExam, stress: Stress, artefact: Artefact = NO_ARTEFACT
) -> list[SimulatedRf]:
    """Simulate the samples of every site of an exam.

    The same person, region, seed and stress give the same samples, whoever
    else is in the cohort; under another stress the person keeps her numbers.
    """
    neck = what.region == NECK
    rng = np.random.default_rng([what.seed, what.person.bone_seed, int(neck)])
    shape = NECK_SHAPE if neck else VERTEBRA_SHAPE
    setup = artefact.setup(stress.setup)
    bones = (bone_of(what.person, site, rng, stress.spread) for site in what.sites)
    return [
        artefact.spoil(
            simulate_rf(bone, bone.site, rng, *shape, artefact.window_m, setup), rng.spawn(1)[0]
        )
        for bone in bones
    ]


def exam_content(
    what: CohortExam,
    exams: Sequence[SimulatedRf],
    sites: Sequence[RfSiteContent],
    **made: float | str,
) -> RfExamContent:
    """Put an exam together as a device would store it, with the truth beside it.

    Parameters
    ----------
    what : CohortExam
    exams : sequence of SimulatedRf
        All sites of the exam: their truth is stored.
    sites : sequence of RfSiteContent
        What is stored of them.
    **made
        How it was made ("stress", "artefact"), for the truth.
    """
    person, day = what.person, what.exam_date
    return RfExamContent(
        subject=Subject(
            patient_id=person.person_id,
            issuer=ISSUER,
            sex=person.sex,
            birth_date=day - timedelta(days=round(person.age_years * DAYS_PER_YEAR)),
            height_cm=round(person.height_cm, 1),
            weight_kg=round(person.weight_kg, 1),
            menopausal_status=person.menopausal_status,
        ),
        sites=tuple(sites),
        exam_id=f"SIM-{what.name}",
        acquired_at=f"{day.isoformat()}T10:15:00+08:00",
        device=DEVICE,
        device_serial=DEVICE_SERIAL,
        operator="SIM",
        simulated=True,
        truth=truth(
            exams,
            person_id=person.person_id,
            population=person.population,
            fracture_probability_1=fracture_probability_1(person),
            **{"L1-L4.bmd_g_cm2": person.bmd_spine_g_cm2},
            **made,
        ),
    )
