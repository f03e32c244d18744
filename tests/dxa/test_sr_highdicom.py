"""A TID 1500 report that highdicom wrote, read back: an independent writer of the same codes."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from bonescan.model.vocabulary import OutcomeKind

# SNOMED CT finding site, area, BMC, BMD, Z: rows of a printed Horizon page
ROWS = (
    (Code("66794005", "SCT", "L1 vertebra"), "13.26", "11.58", "0.873", "-1.0"),
    (Code("14293000", "SCT", "L2 vertebra"), "13.72", "12.94", "0.943", "-0.7"),
    (Code("36470004", "SCT", "L3 vertebra"), "14.81", "13.93", "0.941", "-1.2"),
    (Code("11994002", "SCT", "L4 vertebra"), "13.97", "13.40", "0.959", "-0.8"),
)
UNITS = {
    "g/cm2": Code("g/cm2", "UCUM", "g/cm2"),
    "g": Code("g", "UCUM", "g"),
    "cm2": Code("cm2", "UCUM", "cm2"),
    "1": Code("1", "UCUM", "no units"),
}
BMD = Code("24966-4", "LN", "Lumbar spine DXA bone density")
BMC = Code("BMC", "99TEST", "Bone mineral content")
AREA = Code("42798000", "SCT", "Area")
Z = Code("85394-5", "LN", "Lumbar spine Z-score")


def image() -> pydicom.Dataset:
    """The image that the report is about."""
    found = pydicom.Dataset()
    found.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    for name in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(found, name, f"1.2.826.0.1.{len(name)}")
    found.PatientID, found.PatientName = "0012345", "TEST^ONE"
    found.PatientBirthDate, found.PatientSex = "19800201", "F"
    found.StudyDate, found.StudyTime = "20190514", "101010"
    found.StudyID = found.AccessionNumber = "1"
    found.ReferringPhysicianName = ""
    found.Modality, found.Rows, found.Columns = "CR", 135, 116
    found.ImagerPixelSpacing = [1.0, 0.9]
    found.file_meta = pydicom.dataset.FileMetaDataset()
    found.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    return found


@pytest.fixture(params=["ComprehensiveSR", "EnhancedSR"])
def written(request):
    """The bytes of a report of four vertebrae."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import highdicom as hd
        from highdicom import sr

        source = image()
        observer = sr.ObserverContext(
            codes.DCM.Device, sr.DeviceObserverIdentifyingAttributes(uid="1.2.826.0.1.9")
        )
        groups = [
            sr.PlanarROIMeasurementsAndQualitativeEvaluations(
                tracking_identifier=sr.TrackingIdentifier(identifier=code.meaning.split()[0]),
                referenced_region=sr.ImageRegion(
                    graphic_type=sr.GraphicTypeValues.POLYLINE,
                    graphic_data=np.array([[1, 1], [9, 1], [9, 9], [1, 1]], dtype=float),
                    source_image=sr.SourceImageForRegion.from_source_image(source),
                ),
                finding_type=Code("272673000", "SCT", "Bone"),
                finding_sites=[sr.FindingSite(code)],
                measurements=[
                    sr.Measurement(name=name, value=float(value), unit=UNITS[unit])
                    for name, value, unit in (
                        (BMD, bmd, "g/cm2"), (BMC, bmc, "g"), (AREA, area, "cm2"), (Z, z, "1"),
                    )
                ],
            )
            for code, area, bmc, bmd, z in ROWS
        ]  # fmt: skip
        report = sr.MeasurementReport(
            observation_context=sr.ObservationContext(observer_device_context=observer),
            procedure_reported=Code("38269-7", "LN", "DXA bone density"),
            imaging_measurements=groups,
        )
        document = getattr(hd.sr, request.param)(
            evidence=[source],
            content=report[0],
            series_instance_uid="1.2.826.0.1.77",
            series_number=1,
            sop_instance_uid="1.2.826.0.1.78",
            instance_number=1,
            manufacturer="HOLOGIC",
        )
        document.ManufacturerModelName = "Horizon A"
        buffer = io.BytesIO()
        document.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_a_report_of_highdicom_comes_back(written, measured):
    result = measured(written)
    assert (result.kind, result.carrier) == (OutcomeKind.REPORTED, "sr")
    got = {
        m.site: (m.area_cm2, m.bmc_g, m.bmd_g_cm2, m.reported_z_score)
        for m in result.measurements
        if m.site in {"L1", "L2", "L3", "L4"}
    }
    assert got == {f"L{i}": tuple(float(v) for v in row[1:]) for i, row in enumerate(ROWS, start=1)}
    total = result.measurements[-1]  # Σ BMC/Σ area, by hand 51.85/55.76
    assert (total.site, round(total.bmd_g_cm2, 4)) == ("L1-L4", 0.9299)
    assert not [p for p in result.problems if p.code != "BS-W218"]
    places = {r.place.rsplit("/", 1)[-1] for r in result.readings}
    assert places == {BMD.meaning, BMC.meaning, AREA.meaning, Z.meaning}
