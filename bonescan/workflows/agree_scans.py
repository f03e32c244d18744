"""What a result folder knows of scans: rows of results.csv, and ultrasound judged unusable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bonescan.errors import UsageError
from bonescan.files.csv_table import CsvTable, read_csv_table
from bonescan.model.sites import vertebrae_of
from bonescan.model.vocabulary import OutcomeKind, Technique
from bonescan.norms.makers import canonical_maker
from bonescan.store.open_store import has_store, open_store

RESULTS, FILES, PEOPLE, IDENTITIES = "results.csv", "files.csv", "patients.csv", "identities.csv"
NO_SCANS = frozenset({"companion", "not-densitometry", "duplicate"})
WITH_NUMBERS = frozenset({"measured", "reported"})
IN_DOUBT = "identity_conflict"  # two people may stand under one number
FIRST_QUALITY_CODE = "BS-E160"  # below: the file could not be read; from here on, not measured
ORIGINS = {"reported": 0, "measured": 1, "estimated": 2}  # a device's own number is taken first


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """One number of one scan: what pairing needs of a row of results.csv."""

    person: str
    technique: str
    site: str
    day: date
    sha256: str
    bmd_g_cm2: float | None
    t_score: float | None
    reference_id: str | None
    printed_t: float | None
    printed_reference: str | None
    z_score: float | None
    printed_z: float | None
    age_years: float | None
    bmi_kg_m2: float | None
    sex: str | None
    maker: str | None
    device: str | None
    depth_mm: float | None
    model_id: str | None
    simulated: bool
    rejected: bool = False


@dataclass(frozen=True, kw_only=True)
class StudyScans:
    """Everything that a comparison takes from a result folder."""

    rows: tuple[ScanRow, ...]
    n_in_doubt: int  # exams left out because their person is in doubt
    rejected: tuple[ScanRow, ...]  # of people with numbers elsewhere
    files: tuple[Mapping[str, str], ...]
    fractures: Mapping[str, bool]
    identities: Mapping[str, tuple[str, str | None]]  # shown id -> (chart number, issuer)


def read_scans(out: Path) -> StudyScans:
    """Read the tables of a result folder, and from its store what was judged unusable.

    Raises
    ------
    UsageError
        BS-E305 when it is no result folder.
    """
    for name in (RESULTS, FILES, PEOPLE, IDENTITIES):
        if not (out / name).is_file():
            raise UsageError(
                "BS-E305", f"found no {name} in {out}, wanted the result folder of a run."
            )
    identities = {
        row["patient_id"]: (row["chart_number"], row["issuer"] or None)
        for row in _rows(read_csv_table(out / IDENTITIES))
    }
    cells = list(_rows(read_csv_table(out / RESULTS)))
    sure = [c for c in cells if IN_DOUBT not in c["flags"].split(";")]
    return StudyScans(
        rows=tuple(_scan_rows(sure)),
        n_in_doubt=len({c["sha256"] for c in cells} - {c["sha256"] for c in sure}),
        rejected=tuple(_rejected(out, identities)),
        files=tuple(_rows(read_csv_table(out / FILES))),
        fractures=_fractures(out),
        identities=identities,
    )


def _rows(table: CsvTable) -> Iterator[dict[str, str]]:
    for row in table.rows:
        yield dict(zip(table.header, row.cells, strict=False))


def _scan_rows(table: Iterable[Mapping[str, str]]) -> Iterator[ScanRow]:
    """Yield one row a scan and site: the device's own number where there are several."""
    best: dict[tuple[str, str, str, str], tuple[int, ScanRow]] = {}
    for cells in table:
        if not cells["exam_date"] or _is_single_vertebra(cells["site"]):
            continue
        row = _scan_row(cells)
        key = (row.person, row.technique, row.site, row.sha256)
        rank = ORIGINS.get(cells["origin"], len(ORIGINS))
        if key not in best or rank < best[key][0]:
            best[key] = (rank, row)
    yield from (row for _, row in best.values())


def _is_single_vertebra(site: str) -> bool:
    return len(vertebrae_of(site) or ()) == 1


def _scan_row(cells: Mapping[str, str]) -> ScanRow:
    device = " ".join(p for p in (cells["device_model"], cells["device_serial"]) if p)
    return ScanRow(
        person=cells["patient_id"],
        technique=cells["technique"],
        site=cells["site"],
        day=date.fromisoformat(cells["exam_date"]),
        sha256=cells["sha256"],
        bmd_g_cm2=_number(cells["bmd_g_cm2"]),
        t_score=_number(cells["t_score"]),
        reference_id=cells["reference_id"] or None,
        printed_t=_number(cells["reported_t_score"]),
        printed_reference=cells["reported_reference"] or None,
        z_score=_number(cells["z_score"]),
        printed_z=_number(cells["reported_z_score"]),
        age_years=_number(cells["age_years"]),
        bmi_kg_m2=_number(cells["bmi_kg_m2"]),
        sex=cells["sex"] or None,
        maker=canonical_maker(cells["manufacturer"] or None),
        device=device or None,
        depth_mm=_number(cells["depth_mm"]),
        model_id=cells["model_id"] or None,
        simulated="simulated_exam" in cells["flags"].split(";"),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _fractures(out: Path) -> dict[str, bool]:
    """Say who has a fragility fracture, as far as it is recorded; yes outweighs no."""
    found: dict[str, bool] = {}
    for cells in _rows(read_csv_table(out / PEOPLE)):
        if cells["fragility_fracture"]:
            person = cells["patient_id"]
            found[person] = found.get(person, False) or cells["fragility_fracture"] == "yes"
    return found


def _rejected(out: Path, identities: Mapping[str, tuple[str, str | None]]) -> Iterator[ScanRow]:
    """Find ultrasound exams that were read and gave no usable number, with person and date."""
    if not has_store(out):
        return
    shown = {(chart, issuer): name for name, (chart, issuer) in identities.items()}
    store = open_store(out)
    try:
        contents = store.contents()
    finally:
        store.close()
    for content in contents:
        outcome = content.outcome
        subject, exam = outcome.subject, outcome.exam
        if outcome.kind is not OutcomeKind.UNUSABLE or subject is None or exam is None:
            continue
        person = shown.get((subject.patient_id or "", subject.issuer))
        if person is None or exam.exam_date is None:
            continue
        for site in outcome.site.split(";"):
            if site and not _is_single_vertebra(site):
                yield _no_number(person, site, exam.exam_date, content.sha256)


def _no_number(person: str, site: str, day: date, sha256: str) -> ScanRow:
    return ScanRow(
        person=person, technique=Technique.REMS_STYLE, site=site, day=day, sha256=sha256,
        bmd_g_cm2=None, t_score=None, reference_id=None, printed_t=None, printed_reference=None,
        z_score=None, printed_z=None, age_years=None, bmi_kg_m2=None, sex=None, maker=None,
        device=None, depth_mm=None, model_id=None, simulated=False, rejected=True,
    )  # fmt: skip


def count_files(scans: StudyScans, test: str) -> tuple[int, int, int]:
    """Count files of the test method: found, readable, with numbers.

    A file without results is taken for one of the test method unless it is
    DICOM and the test is ours, which no DICOM file carries.
    """
    technique = {row.sha256: row.technique for row in scans.rows}
    found = readable = passed = 0
    for file in scans.files:
        if file["outcome"] in NO_SCANS:
            continue
        known = technique.get(file["sha256"])
        if known is not None and known != test:
            continue
        if known is None and not _may_be(file, test):
            continue
        found += 1
        could_read = file["outcome"] != "unusable" or file["code"] >= FIRST_QUALITY_CODE
        readable += could_read
        passed += file["outcome"] in WITH_NUMBERS
    return found, readable, passed


def _may_be(file: Mapping[str, str], test: str) -> bool:
    is_dicom = file["format"] == "dicom" or file["file"].lower().endswith(".dcm")
    if file["outcome"] in WITH_NUMBERS:
        return False  # numbers of another technique, or without a date
    return not is_dicom if test == Technique.REMS_STYLE else is_dicom
