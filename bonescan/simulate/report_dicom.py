"""Put a report page into a Secondary Capture, as a console sends it: numbers in pixels only."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from .dicom_common import DicomExam, base_dataset, dicom_bytes, grey_pixels
from .report_pages import DAYS_PER_YEAR, ReportPage

EXAM_DATE = date(2024, 3, 15)
DEVICES = {
    "hologic": ("HOLOGIC", "Horizon A", "SIM-H1", "13.6.0.5:3"),
    "ge": ("GE Healthcare", "Lunar Prodigy", "SIM-G1", "16.00.158"),
    "rems": ("Echolight", "EchoStation", "SIM-E1", "3.1"),
}
PROTOCOLS = {
    "hologic": {"spine": "a Lumbar Spine", "hip": "a Left Hip"},
    "ge": {"spine": "AP Spine", "hip": "Left Femur"},
    "rems": {"spine": "Lumbar Spine", "hip": "Femoral Neck"},
}


def page_capture(page: ReportPage, seed: int, patient_id: str = "") -> bytes:
    """Write one page as a DICOM file.

    Parameters
    ----------
    page : ReportPage
    seed : int
        Of the UIDs.
    patient_id : str
        Default: the person's own.
    """
    manufacturer, model, serial, software = DEVICES[page.style.layout]
    person = page.person
    exam = DicomExam(
        person=person, patient_id=patient_id or person.person_id, issuer="SIM",
        name="SIMULATED^PAGE",
        birth_date=EXAM_DATE - timedelta(days=round(person.age_years * DAYS_PER_YEAR)),
        exam_date=EXAM_DATE, exam_time="101500", manufacturer=manufacturer, model=model,
        serial=serial, software=software, operator="SIM", seed=seed,
    )  # fmt: skip
    protocol = PROTOCOLS[page.style.layout][page.style.site]
    ds = base_dataset(exam, SecondaryCaptureImageStorage, "OT", f"page {seed} {protocol}")
    ds.ConversionType = "WSD"
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.SeriesDescription = f"{protocol} report (SIMULATED)"
    ds.ProtocolName = protocol
    ds.PatientOrientation = ds.Laterality = ""  # unknown, yet required (type 2C)
    ds.BurnedInAnnotation = "YES"
    if page.pixels.ndim == 2:  # noqa: PLR2004 - grey
        grey_pixels(ds, page.pixels)
    else:
        _colour_pixels(ds, page)
    return dicom_bytes(ds)


def _colour_pixels(ds: Dataset, page: ReportPage) -> None:
    pixels = np.ascontiguousarray(page.pixels, dtype=np.uint8)
    grey_pixels(ds, pixels[..., 0])
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    raw = pixels.tobytes()
    ds.PixelData = raw + b"\x00" * (len(raw) % 2)
