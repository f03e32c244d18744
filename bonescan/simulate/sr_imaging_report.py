"""A Comprehensive SR after TID 1500: one planar region a vertebra or hip region.

Codes: SNOMED CT and DCM as in the concept tables of DICOM PS3.16; LOINC for BMD,
T-score and Z-score (panel 83311-1 and its members); BMC has no code there and
gets one of our own scheme.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, ComputedRadiographyImageStorage

from .dicom_common import DicomExam, base_dataset, dicom_bytes
from .dxa_numbers import Region, read_hip, read_spine, scored
from .sr_items import (
    CM2,
    G_CM2,
    GRAM,
    Code,
    closed_region,
    coded,
    container,
    image_reference,
    number,
    put_evidence,
    put_root,
    text,
    uid_reference,
)

TITLE = Code("126000", "DCM", "Imaging Measurement Report")
MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
GROUP = Code("125007", "DCM", "Measurement Group")
TRACKING = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
FINDING, BONE = Code("121071", "DCM", "Finding"), Code("272673000", "SCT", "Bone")
FINDING_SITE = Code("363698007", "SCT", "Finding Site")
LATERALITY, LEFT = Code("272741003", "SCT", "Laterality"), Code("7771000", "SCT", "Left")
IMAGE_REGION = Code("111030", "DCM", "Image Region")
POPULATION = Code("121405", "DCM", "Population description")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
ENGLISH = Code("en", "RFC5646", "English")
PROCEDURE = Code("121058", "DCM", "Procedure reported")
PANEL = Code("83311-1", "LN", "DXA Bone density quantitative measurement panel")
OBSERVER = Code("121005", "DCM", "Observer Type"), Code("121007", "DCM", "Device")
OBSERVER_UID = Code("121012", "DCM", "Device Observer UID")
OBSERVER_MAKER = Code("121014", "DCM", "Device Observer Manufacturer")
OBSERVER_MODEL = Code("121015", "DCM", "Device Observer Model Name")
OBSERVER_SERIAL = Code("121016", "DCM", "Device Observer Serial Number")
BMC = Code("BMC", "99BONESCAN", "Bone mineral content")
AREA = Code("42798000", "SCT", "Area")
T_UNIT, Z_UNIT = Code("{T-score}", "UCUM", "T-score"), Code("{Z-score}", "UCUM", "Z-score")

SITES = {
    "L1": Code("66794005", "SCT", "L1 vertebra"),
    "L2": Code("14293000", "SCT", "L2 vertebra"),
    "L3": Code("36470004", "SCT", "L3 vertebra"),
    "L4": Code("11994002", "SCT", "L4 vertebra"),
    "L1-L4": Code("122496007", "SCT", "Lumbar spine"),
    "femoral-neck": Code("29627003", "SCT", "Neck of femur"),
    "total-hip": Code("29836001", "SCT", "Hip"),
}
SPINE_LOINC = ("24966-4", "38267-1", "85394-5")
# BMD, T-score, Z-score of left femur and left hip.
LOINC = {
    "femoral-neck": ("80954-1", "80948-3", "80940-0"),
    "total-hip": ("46278-8", "80946-7", "80938-4"),
}
LOINC_SITE = {"femoral-neck": "Left femur", "total-hip": "Left hip"}
REFERENCE = {"femoral-neck": "NHANES III White Female", "total-hip": "NHANES III White Female"}
SPINE_REFERENCE = "Hologic White Female"


def imaging_report(exam: DicomExam, rng: np.random.Generator) -> bytes:
    """Report spine and left hip of one exam with a Hologic-scale device."""
    spine, _ = read_spine(exam.person, "hologic", rng)
    hip, _ = read_hip(exam.person, "hologic", rng)
    regions = [scored(r, exam.person, "hologic") for r in (spine | hip).values() if r.site in SITES]
    ds = base_dataset(exam, ComprehensiveSRStorage, "SR", "report")
    ds.SeriesDescription = "DXA results (SIMULATED)"
    image = image_reference(ComputedRadiographyImageStorage, exam.uid("image"))
    groups = [_group(exam, region, index, image) for index, region in enumerate(regions)]
    root = container(
        None,
        TITLE,
        [
            coded("HAS CONCEPT MOD", LANGUAGE, ENGLISH),
            *_observer(exam),
            coded("HAS CONCEPT MOD", PROCEDURE, PANEL),
            container("CONTAINS", MEASUREMENTS, groups),
        ],
    )
    put_root(ds, root, "1500")
    put_evidence(ds, image, ds.StudyInstanceUID, exam.uid("image series"))
    return dicom_bytes(ds)


def _observer(exam: DicomExam) -> Iterator[Dataset]:
    relation = "HAS OBS CONTEXT"
    yield coded(relation, *OBSERVER)
    yield uid_reference(relation, OBSERVER_UID, exam.uid("device", exam.serial))
    yield text(relation, OBSERVER_MAKER, exam.manufacturer)
    yield text(relation, OBSERVER_MODEL, exam.model)
    yield text(relation, OBSERVER_SERIAL, exam.serial)


def _group(exam: DicomExam, region: Region, index: int, image: Dataset) -> Dataset:
    site = region.site
    side = () if site.startswith("L") else (coded("HAS CONCEPT MOD", LATERALITY, LEFT),)
    top = 20.0 + 60.0 * index
    corners = [(40.0, top), (90.0, top), (90.0, top + 50.0), (40.0, top + 50.0)]
    return container(
        "CONTAINS",
        GROUP,
        [
            text("HAS OBS CONTEXT", TRACKING, site if not side else f"{site}-left"),
            uid_reference("HAS OBS CONTEXT", TRACKING_UID, exam.uid("tracking", site)),
            coded("CONTAINS", FINDING, BONE),
            closed_region(IMAGE_REGION, corners, image),
            coded("HAS CONCEPT MOD", FINDING_SITE, SITES[site], side),
            *_measurements(region),
        ],
    )


def _measurements(region: Region) -> Iterator[Dataset]:
    bmd, t, z = LOINC.get(region.site, SPINE_LOINC)
    where = LOINC_SITE.get(region.site, "Lumbar spine")
    population = REFERENCE.get(region.site, SPINE_REFERENCE)
    yield number(Code(bmd, "LN", f"{where} DXA Bone density"), region.bmd_g_cm2, G_CM2)
    yield number(BMC, region.bmc_g, GRAM)
    yield number(AREA, region.area_cm2, CM2)
    if region.t_score is not None:
        named = text("HAS CONCEPT MOD", POPULATION, population)
        yield number(
            Code(t, "LN", f"{where} DXA Bone density T-score"), region.t_score, T_UNIT, [named]
        )
    if region.z_score is not None:
        yield number(Code(z, "LN", f"{where} DXA Bone density Z-score"), region.z_score, Z_UNIT)
