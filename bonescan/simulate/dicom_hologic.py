"""A Hologic-like secondary capture: numbers as text in the private block, and a picture.

The grammar of the text is that of a public reader of Discovery exports:
``Key = "value";`` lines and table cells ``ResultsTable1[ column][ row] = "text"``,
row 0 the header, blank cells ``" "``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import SecondaryCaptureImageStorage

from .dicom_common import DicomExam, base_dataset, dicom_bytes, grey_pixels
from .dxa_numbers import (
    HUNDREDTH,
    TENTH,
    YOUNG,
    Region,
    read_hip,
    read_spine,
    rounded,
    scored,
    total,
)
from .people import VERTEBRAE
from .picture_femur import femur_density
from .picture_spine import spine_density
from .shapes import Grid, as_grey

# The fifteen rows of a lumbar page, in its order.
LUMBAR_ROWS = (
    "L1", "L2", "L3", "L4", "L1-L2", "L1,L3", "L1,L4", "L2-L3", "L2,L4", "L3-L4", "L1-L3",
    "L1-L2,L4", "L1,L3-L4", "L2-L4", "L1-L4",
)  # fmt: skip
HIP_ROWS = {
    "Neck": "femoral-neck", "Troch": "trochanter", "Inter": "intertrochanter",
    "Total": "total-hip", "Ward's": "wards",
}  # fmt: skip
HEADER = (
    "Region", "Area[cm<sup><small>2</small></sup>]", "BMC[(g)]",
    "BMD[g/cm<sup><small>2</small></sup>]", "T-score", "Z-score",
)  # fmt: skip
BLANK = " "
FRAME_PX = 24  # grey border of the capture around the picture


def lumbar_capture(exam: DicomExam, rng: np.random.Generator, show_t: bool) -> bytes:
    """Make the lumbar page of one exam.

    Parameters
    ----------
    exam : DicomExam
    rng : numpy Generator
    show_t : bool
        False leaves the T column blank, as the page of a premenopausal woman does.

    Returns
    -------
    content : bytes
        A DICOM file.
    """
    regions, _ = read_spine(exam.person, "hologic", rng)
    rows = [(label, _lumbar_row(label, regions, exam)) for label in LUMBAR_ROWS]
    grid = Grid(n_rows=404, n_columns=346, pitch_mm=0.5)
    picture = as_grey(spine_density(grid, exam.person.bmd_vertebrae_g_cm2, rng), rng, grid)
    scan_type = "a Lumbar Spine"
    return _capture(exam, rows, show_t, picture, ("A", scan_type, "LSPINE"))


def hip_capture(exam: DicomExam, rng: np.random.Generator) -> bytes:
    """Make the left hip page of one exam."""
    regions, _ = read_hip(exam.person, "hologic", rng)
    rows = [
        (label, scored(regions[site], exam.person, "hologic")) for label, site in HIP_ROWS.items()
    ]
    grid = Grid(n_rows=300, n_columns=340, pitch_mm=0.5)
    picture = as_grey(femur_density(grid, exam.person.bmd_neck_g_cm2, rng), rng, grid)
    return _capture(exam, rows, True, picture, ("B", "a Left Hip", "LHIP"))


def _lumbar_row(label: str, regions: dict[str, Region], exam: DicomExam) -> Region:
    """Score one of the fifteen rows; a combination without its own young mean gets a mixed one."""
    if label in regions:
        return scored(regions[label], exam.person, "hologic")
    members = [regions[v] for v in members_of(label)]
    row = scored(total(label, members), exam.person, "hologic")
    if row.t_score is not None:
        return row
    area = sum((r.area_cm2 for r in members), Decimal(0))
    young = sum((YOUNG["hologic", r.site][0] * r.area_cm2 for r in members), Decimal(0)) / area
    return replace(row, t_score=rounded((row.bmd_g_cm2 - young) / Decimal("0.110"), TENTH))


def members_of(label: str) -> list[str]:
    """Name the vertebrae of a label.

    >>> members_of("L1-L2,L4")
    ['L1', 'L2', 'L4']
    """
    members: list[str] = []
    for part in label.split(","):
        first, _, last = part.partition("-")
        start, end = VERTEBRAE.index(first), VERTEBRAE.index(last or first)
        members += VERTEBRAE[start : end + 1]
    return members


def _capture(
    exam: DicomExam,
    rows: list[tuple[str, Region]],
    show_t: bool,
    picture: NDArray[np.uint8],
    what: tuple[str, str, str],
) -> bytes:
    letter, scan_type, body_part = what
    ds = base_dataset(exam, SecondaryCaptureImageStorage, "OT", scan_type)
    ds.ConversionType = "WSD"
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.SeriesDescription = f"{scan_type} (SIMULATED)"
    ds.ProtocolName = scan_type
    ds.BodyPartExamined = {"LHIP": "HIP"}.get(body_part, body_part)
    if body_part == "LHIP":  # of paired regions only
        ds.Laterality = "L"
    ds.PatientOrientation = ""  # unknown, yet required (type 2C)
    ds.BurnedInAnnotation = "NO"
    block = ds.private_block(0x0021, "HOLOGIC", create=True)
    scan_id = f"{letter}{exam.exam_date:%m%d%y}0{letter}"
    text = "".join(f"{line}\r\n" for line in _lines(exam, rows, show_t, picture.shape, scan_id))
    block.add_new(0x01, "LT", text + f'ScanType = "{scan_type}";\r\n')
    files = ds.private_block(0x0023, "HOLOGIC", create=True)
    raw = b"SIMULATED: no scan data\x00"
    files.add_new(0x01, "LO", f"P{scan_id}.P")
    files.add_new(0x02, "OB", raw)
    files.add_new(0x03, "UL", len(raw))
    canvas = np.full([n + 2 * FRAME_PX for n in picture.shape], 200, dtype=np.uint8)
    canvas[FRAME_PX:-FRAME_PX, FRAME_PX:-FRAME_PX] = picture
    grey_pixels(ds, canvas)
    return dicom_bytes(ds)


def _lines(
    exam: DicomExam,
    rows: list[tuple[str, Region]],
    show_t: bool,
    shape: tuple[int, ...],
    scan_id: str,
) -> Iterator[str]:
    person, day = exam.person, exam.exam_date
    pairs = {
        "PatientName": exam.name,
        "PatientSex": {"F": "Female", "M": "Male"}[person.sex],
        "Ethnicity": "",
        "Height": f"{person.height_cm:.1f} cm",
        "Weight": f"{person.weight_kg:.1f} kg",
        "DOB": f"{exam.birth_date:%d.%m.%Y}",
        "Age": f"{int(person.age_years)}",
        "Scan": f"{day.day} {day:%B %Y} - {scan_id}",
        "ImageXPos": FRAME_PX,
        "ImageYPos": FRAME_PX,
        "ImageXSize": shape[1],
        "ImageYSize": shape[0],
        "Comment": "SIMULATED",
    }
    yield from (f'{key} = "{value}";' for key, value in pairs.items())
    table = [HEADER, *(_cells(label, region, show_t) for label, region in rows)]
    for row, cells in enumerate(table):
        for column, cell in enumerate(cells):
            yield f'ResultsTable1[{column:2d}][{row:2d}] = "{cell}"'


def _cells(label: str, region: Region, show_t: bool) -> tuple[str, ...]:
    return (
        label,
        str(rounded(region.area_cm2, HUNDREDTH)),
        str(rounded(region.bmc_g, HUNDREDTH)),
        str(region.bmd_g_cm2),
        str(region.t_score) if show_t and region.t_score is not None else BLANK,
        str(region.z_score) if region.z_score is not None else BLANK,
    )
