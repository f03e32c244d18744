"""Small cohorts of stored spectra with a planted law: exams, and the table of their readings."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bonescan.files.rf_exam import RfExamContent, RfSiteContent, write_rf_exam
from bonescan.model.exam import Subject
from bonescan.model.scan import SpectraTable
from bonescan.rems.spectra import SiteSpectra
from tests.rems.phantoms import FORM, FS_HZ, made_up_spectra

SEEN = date(2025, 5, 1)
TODAY = date(2026, 6, 1)
N_GROUPS = 60


@dataclass(frozen=True, kw_only=True)
class Woman:
    """One made-up person; `seen_g_cm2` is the density that her ultrasound shows."""

    number: str
    age_years: float
    bmi_kg_m2: float
    bmd_g_cm2: float
    seen_g_cm2: float
    depth_mm: float
    sex: str = "F"


def draw(n: int, seed: int, *, informative: bool = True) -> list[Woman]:
    """Draw people whose BMD falls with age; ultrasound follows it with an SD of 0.05, or not."""
    rng = np.random.default_rng(seed)
    people = []
    for i in range(n):
        age = float(rng.uniform(50.0, 80.0))
        bmd = float(0.76 - 0.006 * (age - 50.0) + rng.normal(0.0, 0.13))
        bmd = min(max(bmd, 0.25), 1.2)
        seen = bmd if informative else float(0.67 + rng.normal(0.0, 0.13))
        people.append(
            Woman(
                number=f"P{seed:02d}{i:04d}",
                age_years=age,
                bmi_kg_m2=float(rng.uniform(19.0, 32.0)),
                bmd_g_cm2=round(bmd, 3),
                seen_g_cm2=seen + float(rng.normal(0.0, 0.05)),
                depth_mm=float(rng.uniform(40.0, 80.0)),
            )
        )
    return people


def stored(spectra: SiteSpectra) -> SpectraTable:
    """Put averaged spectra into the table that a file holds."""
    gates, n, bins = spectra.power.shape
    return SpectraTable(
        power=spectra.power.reshape(-1, bins),
        frequency_hz=FORM.frequency_hz,
        gate_start_m=np.repeat(np.array(FORM.gate_start_mm)[:gates] / 1000.0, n),
        gate_length_m=np.full(gates * n, FORM.gate_length_m),
        depth_m=np.tile(spectra.depth_mm / 1000.0, gates),
        line=np.tile(5 * np.arange(n), gates),
        frame=np.zeros(gates * n, dtype=int),
        n_averaged=np.full(gates * n, 10),
        window="hann",
        unit="1",
    )


def write_exam(
    path: Path,
    woman: Woman,
    sites: Sequence[str],
    *,
    seed: int = 0,
    n_groups: int = N_GROUPS,
    subject: dict[str, Any] | None = None,
    **content: Any,
) -> None:
    """Write one exam of stored spectra."""
    rng = np.random.default_rng([seed, int(woman.number[1:])])
    known: dict[str, Any] = {
        "exam_id": f"E{woman.number}",
        "acquired_at": f"{SEEN.isoformat()}T10:00:00+08:00",
        "device": "made-up scanner",
        "simulated": True,
    }
    person = Subject(
        patient_id=woman.number,
        sex=woman.sex,
        birth_date=SEEN - timedelta(days=round(365.25 * woman.age_years)),
        height_cm=160.0,
        weight_kg=round(woman.bmi_kg_m2 * 1.6**2, 2),
    )
    write_rf_exam(
        path,
        RfExamContent(
            subject=replace(person, **(subject or {})),
            sites=tuple(
                RfSiteContent(
                    site=site,
                    fs_hz=FS_HZ,
                    spectra=stored(
                        made_up_spectra(rng, woman.seen_g_cm2, n_groups, woman.depth_mm)
                    ),
                )
                for site in sites
            ),
            **(known | content),
        ),
        compress=False,
    )


def row_of(woman: Woman, exam: str, site: str, **changes: str) -> dict[str, str]:
    """Write the row of a pair; the scale of the neck is planted for both sites."""
    return {
        "exam": exam,
        "patient_id": woman.number,
        "issuer": "",
        "site": site,
        "dxa_bmd_g_cm2": f"{woman.bmd_g_cm2:.3f}",
        "dxa_device": "Hologic Horizon A",
        "dxa_date": SEEN.isoformat(),
        "fracture": "",
    } | changes


def write_table(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    """Write rows as a cohort table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_cohort(
    folder: Path, people: Sequence[Woman], site: str = "femoral-neck-left", seed: int = 0
) -> tuple[Path, list[dict[str, str]]]:
    """Write the exams and the table of one site; the rows too, for tests that change one."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for woman in people:
        name = f"{woman.number}.h5"
        write_exam(folder / name, woman, [site], seed=seed)
        rows.append(row_of(woman, name, site))
    return write_table(folder / "cohort.csv", rows), rows


def rows_elsewhere(table: Path) -> list[dict[str, str]]:
    """Read the rows of a table, so that a table in another folder finds the same exams."""
    with table.open(encoding="utf-8", newline="") as file:
        return [row | {"exam": str(table.parent / row["exam"])} for row in csv.DictReader(file)]
