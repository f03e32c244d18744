"""A Lunar-like image without numbers: computed radiography with an exposed area.

Header habits are those of public iDXA exports: the site stands in ProtocolName
alone, pixel spacing is absent, ExposedArea is whole millimetres, values run
from 0 to 252 and 252 marks the margin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ComputedRadiographyImageStorage

from .dicom_common import DicomExam, base_dataset, dicom_bytes, grey_pixels
from .picture_femur import femur_density
from .picture_spine import spine_density
from .shapes import Grid, as_grey, staircase_margin

MARGIN = 252
AP_SPINE, LEFT_FEMUR = "AP Spine", "Left Femur"
EXPOSED_MM = {AP_SPINE: (180, 197), LEFT_FEMUR: (170, 150)}
SHAPE = {AP_SPINE: (780, 716), LEFT_FEMUR: (600, 680)}
EXPOSURE_MS = {AP_SPINE: 94911, LEFT_FEMUR: 84360}
DOSE_MGY = {AP_SPINE: "0.329", LEFT_FEMUR: "0.146"}


def lunar_image(exam: DicomExam, protocol: str, modality: str, rng: np.random.Generator) -> bytes:
    """Make the image of one site; `modality` is CR, OT, DX or BMD, as consoles are set up."""
    ds = base_dataset(exam, ComputedRadiographyImageStorage, modality, protocol)
    ds.SeriesDescription = "DXA Images (SIMULATED)"
    ds.ProtocolName = ds.PerformedProcedureStepDescription = protocol
    ds.BodyPartExamined = ds.ViewPosition = ds.Laterality = ""
    ds.PatientOrientation = ["L", "F"]
    ds.InstanceNumber = 1 if protocol == AP_SPINE else 2
    ds.ExposedArea = list(EXPOSED_MM[protocol])
    ds.EntranceDoseInmGy = DOSE_MGY[protocol]
    ds.TotalNumberOfExposures = 1
    exposure = Dataset()
    exposure.KVP = "100.0"
    exposure.ExposureTime = EXPOSURE_MS[protocol]
    exposure.XRayTubeCurrentInuA = "2500"
    ds.ExposureDoseSequence = DicomSequence([exposure])
    grey_pixels(ds, _image(exam, protocol, rng))
    return dicom_bytes(ds)


def _image(exam: DicomExam, protocol: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    rows, columns = SHAPE[protocol]
    grid = Grid(n_rows=rows, n_columns=columns, pitch_mm=EXPOSED_MM[protocol][0] / columns)
    if protocol == AP_SPINE:
        density = spine_density(grid, exam.person.bmd_vertebrae_g_cm2, rng)
        image = as_grey(density, rng, grid)
        staircase_margin(image, rng, 40, 30, MARGIN)
    else:
        image = as_grey(femur_density(grid, exam.person.bmd_neck_g_cm2, rng), rng, grid)
        staircase_margin(image, rng, 12, 6, MARGIN)
    return image
