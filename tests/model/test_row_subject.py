"""What the table says of the person and the site, where the file of the exam is silent."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bonescan.files.cohort_csv import CohortRefused
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings
from bonescan.workflows.build_model import silent
from bonescan.workflows.cohort_people import Pair, read_pairs
from bonescan.workflows.cohort_scan import scan_of_row
from bonescan.workflows.measure_cohort import spectra_of_file, why_not
from tests.rems.phantoms import FORM

from .cohorts import SEEN, TODAY, draw, row_of, write_exam, write_table

NECK = "femoral-neck-left"
NOBODY: dict[str, Any] = {
    "patient_id": None, "sex": None, "birth_date": None, "height_cm": None, "weight_kg": None,
}  # fmt: skip
SAID = {
    "exam_date": SEEN.isoformat(), "sex": "M", "birth_date": "1950-05-01", "height_cm": "170",
    "weight_kg": "72.25",
}  # fmt: skip


def pair_of(folder: Path, said: dict[str, str], exam: dict[str, Any]) -> Pair:
    (woman,) = draw(1, 5)
    write_exam(folder / "a.h5", woman, [NECK], **exam)
    table = write_table(folder / "c.csv", [row_of(woman, "a.h5", NECK, **said)])
    (pair,) = read_pairs(table, ReadSettings(), TODAY, silent)
    return pair


def test_the_row_completes_an_exam_that_names_nobody(tmp_path: Path) -> None:
    silent_exam = {"subject": NOBODY, "acquired_at": None}
    pair = pair_of(tmp_path, SAID, silent_exam)
    assert why_not(pair) is None
    assert pair.exam.exam_date == SEEN
    assert (pair.subject.sex, pair.subject.birth_date) == ("M", date(1950, 5, 1))
    assert (pair.subject.height_cm, pair.subject.weight_kg) == (170.0, 72.25)
    only_age = {"exam_date": SEEN.isoformat(), "sex": "F", "age_years": "71"}
    pair = pair_of(tmp_path, only_age | {"height_cm": "160", "weight_kg": "60"}, silent_exam)
    assert why_not(pair) is None
    pair = pair_of(tmp_path, only_age, silent_exam)
    assert why_not(pair) == (
        "BS-W380", "found no height or weight in the exam or its row, which every control needs.",
    )  # fmt: skip


KNOWN: dict[str, Any] = {
    "sex": "F", "birth_date": date(1950, 5, 1), "height_cm": 160.0, "weight_kg": 60.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "same", "other", "words"),
    [
        ("sex", "F", "M", "sex M, and the exam says F"),
        ("birth_date", "1950-05-01", "1950-01-05", "birth_date 1950-01-05, and the exam says 1950"),
        ("exam_date", "2025-05-01", "2025-05-02", "exam_date 2025-05-02, and the exam says 2025"),
        ("age_years", "74.1", "73.9", "age_years 73.9, and the exam or birth date says 75.0"),
        ("height_cm", "162", "162.1", "height_cm 162.1, and the exam or birth date says 160.0"),
        ("weight_kg", "57", "56.9", "weight_kg 56.9, and the exam or birth date says 60.0"),
    ],
)
def test_a_row_that_contradicts_the_person_of_its_exam_is_refused(
    tmp_path: Path, name: str, same: str, other: str, words: str
) -> None:
    pair = pair_of(tmp_path, {name: same}, {"subject": KNOWN})
    assert pair.subject.height_cm == 160.0  # the file leads
    assert pair.subject.weight_kg == 60.0
    with pytest.raises(CohortRefused, match="row 2: ") as caught:
        pair_of(tmp_path, {name: other}, {"subject": KNOWN})
    assert words in caught.value.faults[0].reason


def test_age_and_birth_date_of_one_row_must_agree(tmp_path: Path) -> None:
    with pytest.raises(CohortRefused, match="age_years 60, and the exam or birth date"):
        pair_of(tmp_path, SAID | {"age_years": "60"}, {"subject": NOBODY, "acquired_at": None})


def vendor_file(folder: Path) -> np.ndarray:
    """Write a MetaImage: samples only, no person, no date, no site."""
    samples = np.random.default_rng(1).integers(-900, 900, (4, 32, 2048)).astype("<i2")
    head = (
        "ObjectType = Image\nNDims = 3\nDimSize = 2048 32 4\nElementType = MET_SHORT\n"
        "ElementByteOrderMSB = False\nElementDataFile = LOCAL\n"
    )
    (folder / "a.mha").write_bytes(head.encode() + samples.tobytes())
    return samples


def test_a_file_that_names_no_site_takes_that_of_its_row(tmp_path: Path) -> None:
    samples = vendor_file(tmp_path)
    settings = ReadSettings(sampling_rate_hz=FORM.fs_hz, sound_speed_m_s=1540.0, time_zero_s=0.0)
    (woman,) = draw(1, 5)
    table = write_table(tmp_path / "c.csv", [row_of(woman, "a.mha", NECK, **SAID)])
    (pair,) = read_pairs(table, settings, TODAY, silent)
    assert (why_not(pair), pair.fs_hz) == (None, FORM.fs_hz)
    scan = scan_of_row(read_scan(pair.row.path, settings), pair.row)
    assert [s.site for s in scan.sites] == [NECK]
    assert "site_unknown" not in scan.flags
    np.testing.assert_array_equal(scan.samples.block(NECK), samples)
    np.testing.assert_array_equal(list(scan.samples.frames(NECK)), samples)
    # noise has no bone surface: it is measured, and refused for that
    found = spectra_of_file(pair.row, FORM, settings, ())
    assert found[0] in ("BS-E160", "BS-E161")


def test_a_site_that_the_file_names_stands(tmp_path: Path) -> None:
    (woman,) = draw(1, 5)
    write_exam(tmp_path / "a.h5", woman, [NECK])
    table = write_table(tmp_path / "c.csv", [row_of(woman, "a.h5", "femoral-neck-right")])
    with pytest.raises(CohortRefused, match="site femoral-neck-right, and the exam holds femoral"):
        read_pairs(table, ReadSettings(), TODAY, silent)


@pytest.mark.parametrize("verb_name", ["build", "validate"])
def test_the_verbs_take_what_the_files_do_not_say(
    tmp_path: Path, built, verb, verb_name: str
) -> None:
    vendor_file(tmp_path)
    (woman,) = draw(1, 5)
    table = write_table(tmp_path / "c.csv", [row_of(woman, "a.mha", NECK, **SAID)])
    # nobody says whether the samples are simulated, so a simulated model is not tried on them
    wanted = {"build": "no scan with a number", "validate": "BS-E170"}[verb_name]
    words = {"build": (table, "-o", tmp_path / "m.h5"), "validate": (built.path, table)}[verb_name]
    said = ("--sampling-rate", "40MHz", "--sound-speed", "1540", "--time-zero", "0")
    code, _, err = verb("model", verb_name, *words, *said)
    assert code == 4
    assert wanted in err
