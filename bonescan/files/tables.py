"""The result tables: columns, fixed decimals, and the same bytes every time."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEXT_THAT_A_SPREADSHEET_RUNS = ("=", "+", "-", "@", "\t", "\r", "\0")
_NUMBER = re.compile(r"[-+]?\d{1,12}([.,]\d{1,12})?", re.ASCII)


PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: how it is written and what it means."""

    name: str
    meaning: str
    unit: str = ""
    decimals: int | None = None  # None: text, whole number, yes/no, or a number as it was printed

    def cell(self, value: Any) -> str:
        """Write one value; empty = does not apply."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.decimals is not None:
            return _fixed(float(value), self.decimals)
        if isinstance(value, int | float):
            return repr(value)
        if isinstance(value, tuple | list):
            value = ";".join(str(v) for v in value)
        return safe_text(str(value))


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and float(text) == 0.0 else text


def safe_text(text: str) -> str:
    """Keep a text cell from being run as a formula; numbers are never touched.

    References
    ----------
    OWASP ASVS 5.0, requirement 1.2.10: a leading apostrophe before = + - @ tab NUL.
    """
    if _NUMBER.fullmatch(text):
        return text  # "-1.0" as it was printed
    flat = text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\0", "")
    return "'" + flat if flat.startswith(TEXT_THAT_A_SPREADSHEET_RUNS) else flat


def table_text(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> str:
    """Write a table as CSV text (UTF-8, line feed)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([c.name for c in columns])
    for row in rows:
        writer.writerow([c.cell(row.get(c.name)) for c in columns])
    return buffer.getvalue()


def write_table(
    path: Path, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], mode: int = 0o644
) -> None:
    """Write a table row by row and move it into place; one already the same is left alone.

    The bytes are those of `table_text`, without holding them all.
    """
    temporary = path.with_name(f".tmp-{path.name}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([c.name for c in columns])
        for row in rows:
            writer.writerow([c.cell(row.get(c.name)) for c in columns])
        file.flush()
        if path.is_file() and _same_bytes(temporary, path):
            temporary.unlink()
            return
        os.fsync(file.fileno())
    temporary.replace(path)


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while piece := left.read(PIECE_BYTES):
            if piece != right.read(PIECE_BYTES):
                return False
    return True


def write_atomically(
    path: Path, data: bytes, mode: int = 0o644, *, is_derived: bool = False
) -> None:
    """Write under a temporary name and move into place; a file already the same is left alone.

    With `is_derived` nobody waits for the disk: a file that every run makes anew
    and compares byte by byte is mended by the next run after a power cut.
    """
    if path.is_file() and path.read_bytes() == data:
        return
    temporary = path.with_name(f".tmp-{path.name}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if not is_derived:
            os.fsync(file.fileno())
    temporary.replace(path)


FILES_COLUMNS = (
    Column(name="file", meaning="path of the file below its input folder"),
    Column(name="sha256", meaning="SHA-256 of its bytes"),
    Column(name="bytes", meaning="size", unit="byte"),
    Column(name="format", meaning="container as recognised"),
    Column(name="carrier", meaning="where the numbers stood in it"),
    Column(name="site", meaning="sites found, joined by ;"),
    Column(name="outcome", meaning="what became of the file; one word, see the documentation"),
    Column(name="code", meaning="stable code of the reason"),
    Column(name="reason", meaning="what was found and what was wanted"),
    Column(name="hint", meaning="what to do"),
    Column(name="n_results", meaning="rows of results.csv that rest on it", unit="1"),
)

RESULTS_COLUMNS = (
    Column(name="file", meaning="file the row rests on (its first name, if it has several)"),
    Column(name="sha256", meaning="SHA-256 of that file"),
    Column(name="format", meaning="container as recognised"),
    Column(name="carrier", meaning="where the numbers stood in it"),
    Column(name="technique", meaning="DXA, REMS (a REMS device's number) or REMS-style (ours)"),
    Column(name="origin", meaning="reported (by a device), measured or estimated (by bonescan)"),
    Column(name="patient_id", meaning="pseudonym, or chart number with --identity chart"),
    Column(name="sex", meaning="F, M or empty when unknown"),
    Column(name="age_years", meaning="age at the exam", unit="year", decimals=1),
    Column(name="exam_date", meaning="date of the exam, ISO 8601"),
    Column(name="exam_time", meaning="time of the exam as the file states it"),
    Column(name="accession_number", meaning="accession number of the request"),
    Column(name="study_uid", meaning="DICOM Study Instance UID"),
    Column(name="manufacturer", meaning="maker of the device as written"),
    Column(name="device_model", meaning="model of the device"),
    Column(name="device_serial", meaning="serial number; another one is another device"),
    Column(name="software_version", meaning="software of the device"),
    Column(name="operator", meaning="operator as written"),
    Column(name="height_cm", meaning="height", unit="cm", decimals=1),
    Column(name="weight_kg", meaning="weight", unit="kg", decimals=1),
    Column(name="bmi_kg_m2", meaning="body mass index", unit="kg/m2", decimals=1),
    Column(name="menopausal_status", meaning="menopausal status on the day of the exam"),
    Column(name="site", meaning="site in the site grammar"),
    Column(name="vertebrae_used", meaning="vertebrae in the number, joined by ;"),
    Column(name="bmd_g_cm2", meaning="bone mineral density", unit="g/cm2", decimals=3),
    Column(name="bmd_u_g_cm2", meaning="standard uncertainty of the BMD", unit="g/cm2", decimals=3),
    Column(name="bmc_g", meaning="bone mineral content", unit="g", decimals=2),
    Column(name="area_cm2", meaning="projected area", unit="cm2", decimals=2),
    Column(name="t_score", meaning="our T-score", unit="1", decimals=2),
    Column(name="t_label", meaning="our T-score to one decimal", unit="1", decimals=1),
    Column(name="z_score", meaning="our Z-score", unit="1", decimals=2),
    Column(name="z_label", meaning="our Z-score to one decimal", unit="1", decimals=1),
    Column(name="reference_id", meaning="young-adult reference of our T-score"),
    Column(name="z_reference_id", meaning="age reference of our Z-score"),
    Column(name="reported_t_score", meaning="T-score as the device printed it", unit="1"),
    Column(name="reported_z_score", meaning="Z-score as the device printed it", unit="1"),
    Column(name="reported_reference", meaning="reference the device printed"),
    Column(name="category", meaning="class of this row; empty where the site never labels"),
    Column(name="reported_category", meaning="class by the device's printed score"),
    Column(name="category_rule", meaning="rule that gave the class"),
    Column(name="score_used", meaning="reported-T, own-T, reported-Z or own-Z"),
    Column(name="rounding_decides", meaning="yes when the unrounded score would label otherwise"),
    Column(name="p_normal", meaning="probability of normal", unit="1", decimals=3),
    Column(name="p_osteopenia", meaning="probability of osteopenia", unit="1", decimals=3),
    Column(name="p_osteoporosis", meaning="probability of osteoporosis", unit="1", decimals=3),
    Column(
        name="osteoporosis_score_percent",
        meaning="share of spectra more like the osteoporotic model",
        unit="percent",
        decimals=1,
    ),
    Column(
        name="fragility_score",
        meaning="fragility score; empty without a fracture-labelled model",
        unit="1",
        decimals=1,
    ),
    Column(name="spectra_valid", meaning="spectra that took part", unit="1"),
    Column(name="spectra_total", meaning="spectra looked at", unit="1"),
    Column(name="model_id", meaning="REMS-style model"),
    Column(name="depth_mm", meaning="median depth of the bone surface", unit="mm", decimals=1),
    Column(name="flags", meaning="remarks, joined by ;, each explained below"),
)

PATIENTS_COLUMNS = (
    Column(name="patient_id", meaning="pseudonym, or chart number with --identity chart"),
    Column(name="exam_date", meaning="date of the exam, ISO 8601"),
    Column(name="technique", meaning="DXA, REMS or REMS-style; never mixed"),
    Column(name="sex", meaning="F, M or empty when unknown"),
    Column(name="age_years", meaning="age at the exam", unit="year", decimals=1),
    Column(name="menopausal_status", meaning="menopausal status on the day of the exam"),
    Column(name="fragility_fracture", meaning="yes, no, or empty when not recorded"),
    Column(name="category", meaning="the person's one class by this technique on this day"),
    Column(name="severity", meaning="severe: T at or below -2.5 and a fragility fracture"),
    Column(name="deciding_site", meaning="site whose score decided"),
    Column(name="deciding_score", meaning="the score that decided", unit="1", decimals=1),
    Column(name="category_rule", meaning="rule that gave the class"),
    Column(name="lsc_set", meaning="least-significant-change set used; empty: none"),
    Column(name="comparable_to", meaning="earlier exam this one may be compared with"),
    Column(
        name="change_percent",
        meaning="100*(this - earlier)/earlier",
        unit="percent",
        decimals=1,
    ),
    Column(name="change_verdict", meaning="verdict on the change"),
    Column(name="needs_review", meaning="yes when a person should look"),
    Column(name="flags", meaning="remarks, joined by ;"),
)

READINGS_COLUMNS = (
    Column(name="file", meaning="file the number stands in"),
    Column(name="sha256", meaning="SHA-256 of that file"),
    Column(name="patient_id", meaning="pseudonym, or chart number with --identity chart"),
    Column(name="exam_date", meaning="date of the exam, ISO 8601"),
    Column(name="carrier", meaning="where in the file: report, private block, page"),
    Column(name="site", meaning="site in the site grammar; empty: not understood"),
    Column(name="region_text", meaning="region as printed"),
    Column(name="quantity", meaning="bmd, bmc, area, t, z, fragility, or what is only kept"),
    Column(name="text", meaning="the number as printed; empty for a blank"),
    Column(name="value", meaning="its value in the unit printed"),
    Column(name="unit", meaning="unit as printed; empty where none is"),
    Column(name="reference", meaning="reference printed for it"),
    Column(name="place", meaning="element, path, cell, or page and box in pixels"),
    Column(
        name="proof",
        meaning="why the value may be used: text, bmc/area, sum, score, typed-twice, person; "
        "empty: it decides nothing",
    ),
)

IDENTITY_COLUMNS = (
    Column(name="patient_id", meaning="pseudonym"),
    Column(name="issuer", meaning="who gave out the chart number"),
    Column(name="chart_number", meaning="chart number as written, leading zeros kept"),
)

DICTIONARY_COLUMNS = (
    Column(name="table", meaning="table or list"),
    Column(name="name", meaning="column or word"),
    Column(name="unit", meaning="unit"),
    Column(name="decimals", meaning="decimals written"),
    Column(name="meaning", meaning="what it says"),
)


def dictionary_rows(flags: Mapping[str, str]) -> list[dict[str, Any]]:
    """List every column and every flag with its meaning."""
    from .attrition_table import ATTRITION_COLUMNS

    tables = {
        "files.csv": FILES_COLUMNS,
        "results.csv": RESULTS_COLUMNS,
        "patients.csv": PATIENTS_COLUMNS,
        "readings.csv": READINGS_COLUMNS,
        "attrition.csv": ATTRITION_COLUMNS,
        "identities.csv": IDENTITY_COLUMNS,
    }
    rows: list[dict[str, Any]] = [
        {
            "table": table,
            "name": c.name,
            "unit": c.unit,
            "decimals": None if c.decimals is None else str(c.decimals),
            "meaning": c.meaning,
        }
        for table, columns in tables.items()
        for c in columns
    ]
    rows += [{"table": "flags", "name": k, "meaning": v} for k, v in sorted(flags.items())]
    return rows
