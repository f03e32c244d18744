"""The sample scans: a folder of mixed files as a site might export them, all simulated."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from bonescan.errors import UsageError
from bonescan.files.rf_exam import RfExamContent, RfSiteContent, write_rf_exam
from bonescan.files.spectra_csv import write_spectra_csv
from bonescan.model.exam import Subject
from bonescan.provenance import sha256_of_file

from .bone import bone_of
from .broken import broken_files
from .cast import CAST, DAYS_PER_YEAR, ISSUER, Plan, Role, roles
from .dicom_common import DicomExam
from .dicom_hologic import hip_capture, lumbar_capture
from .dicom_lunar import AP_SPINE, LEFT_FEMUR, lunar_image
from .exam import SimulatedRf, simulate_rf
from .people import VERTEBRAE, VirtualPerson, person_with_bone
from .rf_content import rf_site, spectra_site, truth
from .sr_ge import ge_report
from .sr_imaging_report import imaging_report

README = Path(__file__).with_name("sample_readme.md")  # {n} people, {seed}
DEFAULT_SEED = 2025
DEFAULT_PEOPLE = len(CAST)
KEEP_RF, KEEP_SPECTRA = "rf", "spectra"
NECK = "femoral-neck-left"
NECK_SHAPE, VERTEBRA_SHAPE = (8, 128), (8, 64)
SECOND_DEVICE_FROM = 9  # roles before and after it meet different ultrasound devices
MANIFEST_COLUMNS = (
    "file", "sha256", "outcome", "code", "person", "technique", "category",
    "latent_bmd_g_cm2", "note",
)  # fmt: skip
FACTS_COLUMNS = ("patient_id", "issuer", "date", "fact", "value", "source")
HOLOGIC = ("HOLOGIC", "Horizon A", "SIM-H1", "13.6.0.5:3")
GE = ("GE Healthcare", "Lunar Prodigy", "SIM-G1", "16.00.158")
IDXA = ("GE Healthcare", "Lunar iDXA", "SIM-G2", "16.20.059")
EARLIER = (date(2023, 5, 22), Decimal("1.031"))  # trend of one GE-like report

# What each kind of file must become, by design: measured (we estimate from RF), reported (the
# device's numbers), no-numbers (an image alone).
OUTCOME = {"rf": "measured", "spectra": "measured", "lunar": "no-numbers"}
NO_NUMBERS_CODE = "BS-E180"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of MANIFEST.csv."""

    file: str
    outcome: str
    code: str = ""
    person: str = ""
    technique: str = ""
    category: str = ""
    latent_bmd_g_cm2: str = ""
    note: str = ""


def write_sample_scans(
    out: Path,
    n: int = DEFAULT_PEOPLE,
    seed: int = DEFAULT_SEED,
    keep: str = KEEP_RF,
    progress: Callable[[int, int], None] | None = None,
) -> list[Row]:
    """Write the sample scans with MANIFEST, facts and description.

    Parameters
    ----------
    out : Path
        New or empty, or one written by this function before.
    n : int
        Number of people: the cast first, then people drawn from the population.
    seed : int
        The same seed gives the same content: DICOM to the byte, HDF5 to the
        stored values.
    keep : str
        "rf" stores samples; "spectra" only the averaged spectra of the gates.
    progress : callable, optional
        Told of people done, and how many there are.

    Returns
    -------
    rows : list of Row
        What each file must lead to.

    Raises
    ------
    UsageError
        BS-E350 for a folder with files that are not ours to replace.
    """
    _check_folder(out)
    cast = roles(n, seed)
    rows: list[Row] = []
    for number, role in enumerate(cast):
        rows += [_write_plan(out, number, role, plan, seed, keep) for plan in role.plans]
        if progress:
            progress(number + 1, len(cast))
    rows += _write_broken(out / "broken", cast[0], seed)
    (out / "subjects.csv").write_text(_facts_text(cast), encoding="utf-8", newline="\n")
    text = README.read_text(encoding="utf-8").format(seed=seed, n=n)
    (out / "README.md").write_text(text, encoding="utf-8", newline="\n")
    rows += [
        Row(file=name, outcome="companion", code="BS-W280", note=note)
        for name, note in (
            ("README.md", "what this folder is"),
            ("subjects.csv", "dated facts about the people"),
            ("MANIFEST.csv", "this list; its own hash can't stand in it"),
        )
    ]
    rows.sort(key=lambda row: row.file)
    (out / "MANIFEST.csv").write_text(_manifest_text(out, rows), encoding="utf-8", newline="\n")
    return rows


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError("BS-E350", "found a file, wanted a folder to write into.", file=out)
    there = {p.name for p in out.iterdir()} if out.exists() else set()
    if there and not {"MANIFEST.csv", "README.md"} <= there:
        raise UsageError(
            "BS-E350", f"found {len(there)} files that are not sample scans.", file=out
        )
    (out / "broken").mkdir(parents=True, exist_ok=True)


# ---------------------------------------------------------------- one file


def _write_plan(out: Path, number: int, role: Role, plan: Plan, seed: int, keep: str) -> Row:
    person = virtual_person(role, plan, seed)
    rng = np.random.default_rng([seed, number, *plan.label.encode()])
    family = plan.kind.partition("-")[0]
    name = f"{role.patient_id}_{plan.label}"
    if family in {"rf", "spectra"}:
        file = _write_ultrasound(out, name, (number, role, plan), person, rng, keep)
        sites: tuple[str, ...] = VERTEBRAE if plan.kind == "rf-spine" else (NECK,)
    else:
        file = f"{name}.dcm"
        exam = _dicom_exam(role, plan, person, seed)
        (out / file).write_bytes(_DICOM[plan.kind](exam, rng))
        sites = ("L1-L4", NECK)
    return Row(
        file=file,
        outcome=OUTCOME.get(family, "reported"),
        code=NO_NUMBERS_CODE if family == "lunar" else "",
        person=role.patient_id,
        technique="REMS-style" if family in {"rf", "spectra"} else "DXA",
        category="" if family in {"rf", "spectra", "lunar"} else role.category,
        latent_bmd_g_cm2="; ".join(f"{s} {person.bmd_g_cm2(s):.3f}" for s in sites),
        note="; ".join(filter(None, (plan.note, role.note))),
    )


def virtual_person(role: Role, plan: Plan, seed: int) -> VirtualPerson:
    """Make the person of a role on the day of an exam; her skeleton stays the same."""
    day = plan.exam_date or role.exam_date
    rng = np.random.default_rng([seed, int(role.patient_id)])
    person = person_with_bone(
        rng,
        role.latent_g_cm2,
        person_id=role.patient_id,
        sex=role.sex,
        age_years=(day - role.birth_date).days / DAYS_PER_YEAR,
        height_cm=role.height_cm,
        weight_kg=plan.weight_kg or role.weight_kg,
        menopausal_status=plan.menopausal_status or role.menopausal_status,
    )
    factor = plan.bmd_factor
    l1, l2, l3, l4 = (v * factor for v in person.bmd_vertebrae_g_cm2)
    return replace(
        person,
        bmd_neck_g_cm2=person.bmd_neck_g_cm2 * factor,
        bmd_hip_g_cm2=person.bmd_hip_g_cm2 * factor,
        bmd_spine_g_cm2=person.bmd_spine_g_cm2 * factor,
        bmd_vertebrae_g_cm2=(l1, l2, l3, l4),
    )


def _dicom_exam(role: Role, plan: Plan, person: VirtualPerson, seed: int) -> DicomExam:
    family = plan.kind.partition("-")[0]
    maker, model, serial, software = {"ge": GE, "lunar": IDXA}.get(family, HOLOGIC)
    return DicomExam(
        person=person,
        patient_id=role.patient_id,
        issuer=ISSUER,
        name=role.name,
        birth_date=role.birth_date,
        exam_date=plan.exam_date or role.exam_date,
        exam_time="093000",
        manufacturer=maker,
        model=model,
        serial=serial,
        software=software,
        operator="SIM^TECHNICIAN",
        seed=seed,
    )


_DICOM: dict[str, Callable[[DicomExam, np.random.Generator], bytes]] = {
    "hologic-lumbar": lambda exam, rng: lumbar_capture(exam, rng, show_t=True),
    "hologic-lumbar-z": lambda exam, rng: lumbar_capture(exam, rng, show_t=False),
    "hologic-hip": hip_capture,
    "report": imaging_report,
    "ge": ge_report,
    "ge-trend": lambda exam, rng: ge_report(exam, rng, EARLIER),
    "lunar-spine-ot": lambda exam, rng: lunar_image(exam, AP_SPINE, "OT", rng),
    "lunar-spine-dx": lambda exam, rng: lunar_image(exam, AP_SPINE, "DX", rng),
    "lunar-femur-cr": lambda exam, rng: lunar_image(exam, LEFT_FEMUR, "CR", rng),
    "lunar-femur-bmd": lambda exam, rng: lunar_image(exam, LEFT_FEMUR, "BMD", rng),
}


def _write_ultrasound(
    out: Path,
    name: str,
    what: tuple[int, Role, Plan],
    person: VirtualPerson,
    rng: np.random.Generator,
    keep: str,
) -> str:
    plan = what[2]
    if plan.kind == "rf-spine":
        exams = [simulate_rf(bone_of(person, v, rng), v, rng, *VERTEBRA_SHAPE) for v in VERTEBRAE]
    else:
        exams = [simulate_rf(bone_of(person, NECK, rng), NECK, rng, *NECK_SHAPE)]
    as_spectra = plan.kind.startswith("spectra") or keep == KEEP_SPECTRA
    sites = tuple(spectra_site(e) if as_spectra else rf_site(e) for e in exams)
    content = _rf_content(what, person, sites, exams)
    if plan.kind == "spectra-csv":
        write_spectra_csv(out / f"{name}.csv", content)
        return f"{name}.csv"
    write_rf_exam(out / f"{name}.h5", content)
    return f"{name}.h5"


def _rf_content(
    what: tuple[int, Role, Plan],
    person: VirtualPerson,
    sites: tuple[RfSiteContent, ...],
    exams: list[SimulatedRf],
) -> RfExamContent:
    number, role, plan = what
    day = plan.exam_date or role.exam_date
    return RfExamContent(
        subject=subject_of(role, plan, person),
        sites=sites,
        exam_id=f"SIM-{role.patient_id}-{day:%Y%m%d}",
        acquired_at=f"{day.isoformat()}T10:15:00+08:00",
        device="bonescan simulator",
        device_serial="US-A" if number < SECOND_DEVICE_FROM else "US-B",
        operator="SIM",
        simulated=True,
        truth=truth(exams, person_id=person.person_id, population="cast of the sample scans"),
    )


def subject_of(role: Role, plan: Plan, person: VirtualPerson) -> Subject:
    """State a person as an ultrasound file does."""
    return Subject(
        patient_id=role.patient_id,
        issuer=ISSUER,
        sex=role.sex,
        birth_date=role.birth_date,
        height_cm=person.height_cm,
        weight_kg=person.weight_kg,
        prepregnancy_weight_kg=role.prepregnancy_weight_kg,
        gestation_days=plan.gestation_days,
        postpartum_days=plan.postpartum_days,
        menopausal_status=plan.menopausal_status,
    )


def _write_broken(folder: Path, role: Role, seed: int) -> Iterator[Row]:
    plan = role.plans[0]
    person = virtual_person(role, plan, seed)
    exam = _dicom_exam(role, plan, person, seed + 1)  # other UIDs than the whole file's
    for spoilt in broken_files(exam, subject_of(role, plan, person), seed):
        spoilt.write(folder / spoilt.file)
        yield Row(
            file=f"broken/{spoilt.file}", outcome="unusable", code=spoilt.code, note=spoilt.note
        )


# ---------------------------------------------------------------- tables


def _facts_text(cast: list[Role]) -> str:
    rows = [
        (role.patient_id, ISSUER, day, fact, value, "questionnaire (simulated)")
        for role in cast
        for day, fact, value in role.facts
    ]
    return _csv_text([FACTS_COLUMNS, *rows])


def _manifest_text(out: Path, rows: list[Row]) -> str:
    table = []
    for row in rows:
        known = row.file != "MANIFEST.csv"
        digest = sha256_of_file(out / row.file) if known else ""
        cells = {name: getattr(row, name, digest) for name in MANIFEST_COLUMNS}
        table.append(tuple(str(cells[name]) for name in MANIFEST_COLUMNS))
    return _csv_text([MANIFEST_COLUMNS, *table])


def _csv_text(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
