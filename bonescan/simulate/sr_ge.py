"""A GE-like Enhanced SR: generic containers, numbers by meaning, T and Z as text.

Structure and names as two public readers of enCORE reports expect them; the
coding scheme and the code list are not public, so the codes here are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedSRStorage

from .dicom_common import DicomExam, base_dataset, dicom_bytes
from .dxa_numbers import THOUSANDTH, Region, read_hip, read_spine, rounded, scored
from .sr_items import CM2, G_CM2, GRAM, PERCENT, Code, container, number, put_root, text

SCHEME = "99LUNAR_SIM"
SPINE_NAME, FEMUR_NAME = "AP Spine", "Left Femur"
FEMUR_REGIONS = {"femoral-neck": "Neck Left", "trochanter": "Troch Left", "total-hip": "Total Left"}


def ge_report(
    exam: DicomExam, rng: np.random.Generator, earlier: tuple[date, Decimal] | None = None
) -> bytes:
    """Report spine and left femur of one exam.

    Parameters
    ----------
    exam : DicomExam
    rng : numpy Generator
    earlier : (date, factor), optional
        Adds a trend of L1-L4: an earlier visit with `factor` times today's BMD.
    """
    person = exam.person
    spine, spine_error = read_spine(person, "ge", rng)
    hip, hip_error = read_hip(person, "ge", rng)
    spine_true = {
        **dict(zip(("L1", "L2", "L3", "L4"), person.bmd_vertebrae_g_cm2, strict=True)),
        "L1-L4": person.bmd_spine_g_cm2,
    }
    hip_true = {"femoral-neck": person.bmd_neck_g_cm2, "total-hip": person.bmd_hip_g_cm2}
    spine_rows = [
        (site, scored(region, person, "ge", spine_true[site] * spine_error))
        for site, region in spine.items()
    ]
    hip_rows = [
        (name, _hip_row(hip[site], exam, hip_true.get(site), hip_error))
        for site, name in FEMUR_REGIONS.items()
    ]
    spine_parts = [_region(name, region) for name, region in spine_rows]
    if earlier:
        spine_parts.append(_trend("L1-L4", exam, spine["L1-L4"].bmd_g_cm2, earlier))
    ds = base_dataset(exam, EnhancedSRStorage, "SR", "ge report")
    ds.SeriesDescription = "DXA Report (SIMULATED)"
    root = container(
        None,
        Code("1000", SCHEME, "DXA Report"),
        [
            container("CONTAINS", Code("200001", SCHEME, SPINE_NAME), spine_parts),
            container(
                "CONTAINS",
                Code("200003", SCHEME, FEMUR_NAME),
                [_region(name, region) for name, region in hip_rows],
            ),
        ],
    )
    put_root(ds, root, None)
    return dicom_bytes(ds)


def _hip_row(region: Region, exam: DicomExam, true: float | None, error: float) -> Region:
    return region if true is None else scored(region, exam.person, "ge", true * error)


def _region(name: str, region: Region) -> Dataset:
    return container("CONTAINS", Code(f"3000{len(name):02d}", SCHEME, name), list(_values(region)))


def _values(region: Region) -> Iterator[Dataset]:
    yield number(Code("400001", SCHEME, "BMD"), region.bmd_g_cm2, G_CM2)
    yield number(Code("400002", SCHEME, "BMC"), region.bmc_g, GRAM)
    yield number(Code("400003", SCHEME, "AREA"), region.area_cm2, CM2)
    if region.t_score is not None:
        yield text("CONTAINS", Code("400004", SCHEME, "BMD_TSCORE"), str(region.t_score))
        yield number(Code("400005", SCHEME, "BMD_PYA"), region.percent_young, PERCENT)
    if region.z_score is not None:
        yield text("CONTAINS", Code("400006", SCHEME, "BMD_ZSCORE"), str(region.z_score))
        yield number(Code("400007", SCHEME, "BMD_PAM"), region.percent_matched, PERCENT)


def _trend(name: str, exam: DicomExam, bmd: Decimal, earlier: tuple[date, Decimal]) -> Dataset:
    """Two visits, the newest first."""
    day, factor = earlier
    before = rounded(bmd * factor, THOUSANDTH)
    visits = []
    for when, value in ((exam.exam_date, bmd), (day, before)):
        years = exam.person.age_years - (exam.exam_date - when).days / 365.25
        change = rounded(100 * (value - before) / before, Decimal("0.1"))
        visits.append(
            container(
                "CONTAINS",
                Code("500001", SCHEME, f"{when:%d/%m/%Y}"),
                [
                    text("CONTAINS", Code("500002", SCHEME, "AGE"), f"{years:.1f}"),
                    number(Code("400001", SCHEME, "BMD"), value, G_CM2),
                    number(Code("500003", SCHEME, "PCHANGE_VS_BASELINE"), change, PERCENT),
                ],
            )
        )
    return container("CONTAINS", Code("500000", SCHEME, f"Trend {name}"), visits)
