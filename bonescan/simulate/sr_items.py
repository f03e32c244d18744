"""Content items of a structured report, written out plainly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence


class Code(NamedTuple):
    """Value, coding scheme, meaning."""

    value: str
    scheme: str
    meaning: str


G_CM2 = Code("g/cm2", "UCUM", "g/cm2")
GRAM = Code("g", "UCUM", "g")
CM2 = Code("cm2", "UCUM", "cm2")
PERCENT = Code("%", "UCUM", "%")


def code_item(code: Code) -> Dataset:
    """Write a code as a sequence item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item


def _item(relation: str | None, kind: str, concept: Code | None) -> Dataset:
    item = Dataset()
    if relation:
        item.RelationshipType = relation
    item.ValueType = kind
    if concept:
        item.ConceptNameCodeSequence = DicomSequence([code_item(concept)])
    return item


def container(relation: str | None, concept: Code, content: Sequence[Dataset]) -> Dataset:
    """Hold several items under one concept."""
    item = _item(relation, "CONTAINER", concept)
    item.ContinuityOfContent = "SEPARATE"
    item.ContentSequence = DicomSequence(content)
    return item


def text(relation: str, concept: Code, value: str) -> Dataset:
    """State a text."""
    item = _item(relation, "TEXT", concept)
    item.TextValue = value
    return item


def coded(relation: str, concept: Code, value: Code, within: Sequence[Dataset] = ()) -> Dataset:
    """State a code, with items that modify it."""
    item = _item(relation, "CODE", concept)
    item.ConceptCodeSequence = DicomSequence([code_item(value)])
    if within:
        item.ContentSequence = DicomSequence(within)
    return item


def uid_reference(relation: str, concept: Code, uid: str) -> Dataset:
    """State a UID."""
    item = _item(relation, "UIDREF", concept)
    item.UID = uid
    return item


def number(concept: Code, value: object, unit: Code, within: Sequence[Dataset] = ()) -> Dataset:
    """State a measured value with its unit."""
    item = _item("CONTAINS", "NUM", concept)
    measured = Dataset()
    measured.NumericValue = str(value)
    measured.MeasurementUnitsCodeSequence = DicomSequence([code_item(unit)])
    item.MeasuredValueSequence = DicomSequence([measured])
    if within:
        item.ContentSequence = DicomSequence(within)
    return item


def closed_region(concept: Code, corners: Sequence[tuple[float, float]], image: Dataset) -> Dataset:
    """Outline a region on an image by a closed polyline (column, row)."""
    item = _item("CONTAINS", "SCOORD", concept)
    path = [*corners, corners[0]]
    item.GraphicData = [float(v) for corner in path for v in corner]
    item.GraphicType = "POLYLINE"
    source = _item("SELECTED FROM", "IMAGE", None)
    source.ReferencedSOPSequence = DicomSequence([image])
    item.ContentSequence = DicomSequence([source])
    return item


def image_reference(sop_class: str, sop_instance: str) -> Dataset:
    """Point to an image."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_instance
    return item


def put_root(ds: Dataset, root: Dataset, template: str | None) -> None:
    """Make `root` the document of `ds`."""
    ds.update(root)
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ReferencedPerformedProcedureStepSequence = DicomSequence([])
    ds.PerformedProcedureCodeSequence = DicomSequence([])
    if template:
        used = Dataset()
        used.MappingResource, used.TemplateIdentifier = "DCMR", template
        ds.ContentTemplateSequence = DicomSequence([used])


def put_evidence(ds: Dataset, image: Dataset, study_uid: str, series_uid: str) -> None:
    """List the image that the report speaks of."""
    series, study = Dataset(), Dataset()
    series.SeriesInstanceUID = series_uid
    series.ReferencedSOPSequence = DicomSequence([image])
    study.StudyInstanceUID = study_uid
    study.ReferencedSeriesSequence = DicomSequence([series])
    ds.CurrentRequestedProcedureEvidenceSequence = DicomSequence([study])
