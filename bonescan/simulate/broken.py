"""Files that nobody can use, each spoilt in one way that happens in practice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from bonescan.files.rf_exam import RfExamContent, RfSiteContent, write_rf_exam
from bonescan.model.exam import Subject

from .bone import bone_of
from .dicom_common import DicomExam
from .dicom_hologic import lumbar_capture
from .exam import simulate_rf
from .people import VirtualPerson
from .rf_content import rf_site
from .setup import SET_B

SITE = "femoral-neck-left"
OVERDRIVE = 40  # times too much gain
LETTER = (
    "SIMULATED. Dear colleague, the scan is on the other disc; this is only my letter.\r\n"
    "It carries the ending of a DICOM file because the archive wanted one.\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One unusable file, and the code that must name what is wrong with it."""

    file: str
    code: str
    note: str
    write: Callable[[Path], None]


def broken_files(exam: DicomExam, subject: Subject, seed: int) -> Iterator[Broken]:
    """Yield what to write; `exam` and `subject` lend their person."""
    person = exam.person

    def rng(number: int) -> np.random.Generator:
        return np.random.default_rng([seed, 9000, number])

    yield Broken(
        file="cut_off.dcm",
        code="BS-E111",
        note="a DXA capture whose transfer ended inside the table of numbers",
        write=lambda path: _write_cut_off(path, exam, rng(0)),
    )
    yield Broken(
        file="letter.dcm",
        code="BS-E104",
        note="a text that is named like a DICOM file",
        write=lambda path: _write_bytes(path, LETTER.encode()),
    )
    yield Broken(
        file="no_sampling_rate.h5",
        code="BS-E141",
        note="an RF exam without fs_hz",
        write=lambda path: _write_without_rate(path, person, subject, rng(2)),
    )
    yield Broken(
        file="no_bone.h5",
        code="BS-E160",
        note="an RF exam that shows soft tissue only: the stored window ends before the bone",
        write=lambda path: _write_no_bone(path, person, subject, rng(3)),
    )
    yield Broken(
        file="saturated.h5",
        code="BS-E161",
        note="an RF exam with far too much gain: every line is clipped",
        write=lambda path: _write_saturated(path, person, subject, rng(4)),
    )
    yield Broken(
        file="rf_without_rate.mha",
        code="BS-E147",
        note="RF samples as MetaImage, which has no place for a sampling rate",
        write=lambda path: _write_metaimage(path, person, rng(5)),
    )


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _write_cut_off(path: Path, exam: DicomExam, rng: np.random.Generator) -> None:
    whole = lumbar_capture(exam, rng, show_t=True)
    path.write_bytes(whole[: whole.index(b"ResultsTable1[ 0][ 9]")])


def _write_without_rate(
    path: Path, person: VirtualPerson, subject: Subject, rng: np.random.Generator
) -> None:
    exam = simulate_rf(bone_of(person, SITE, rng), SITE, rng, 2, 32)
    write_rf_exam(path, _content(subject, replace(rf_site(exam), line_angle_rad=None)))
    with h5py.File(path, "r+", libver=("earliest", "v110")) as file:
        del file[f"sites/{SITE}"].attrs["fs_hz"]


def _write_no_bone(
    path: Path, person: VirtualPerson, subject: Subject, rng: np.random.Generator
) -> None:
    """Store a window that ends well before the bone, inside the depth where one is looked for."""
    bone = replace(bone_of(person, SITE, rng), depth_m=0.085)
    early = replace(SET_B, pre_bone_m=0.045)
    exam = simulate_rf(bone, SITE, rng, 4, 64, setup=early)
    write_rf_exam(path, _content(subject, rf_site(exam)))


def _write_saturated(
    path: Path, person: VirtualPerson, subject: Subject, rng: np.random.Generator
) -> None:
    exam = simulate_rf(bone_of(person, SITE, rng), SITE, rng, 8, 64)
    loud = np.clip(exam.samples.astype(np.int32) * OVERDRIVE, -32768, 32767).astype(np.int16)
    write_rf_exam(path, _content(subject, replace(rf_site(exam), rf=loud, gain_known=False)))


def _write_metaimage(path: Path, person: VirtualPerson, rng: np.random.Generator) -> None:
    samples = simulate_rf(bone_of(person, SITE, rng), SITE, rng, 2, 32).samples
    n_frames, n_lines, n_samples = samples.shape
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        "CompressedData = False\nElementSpacing = 1 1 1\n"
        f"DimSize = {n_samples} {n_lines} {n_frames}\n"
        "ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode("ascii") + samples.astype("<i2").tobytes())


def _content(subject: Subject, site: RfSiteContent) -> RfExamContent:
    return RfExamContent(
        subject=subject,
        sites=(site,),
        device="bonescan simulator",
        device_serial="US-B",
        simulated=True,
    )
