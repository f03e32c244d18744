"""A cohort's exams say the same with another person's truth, under other ids and file names."""

from __future__ import annotations

import shutil

import h5py
import pytest

from bonescan.files.rf_exam import open_rf_exam
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.rems.spectra_table import spectra_of_table
from bonescan.workflows.build_demo_model import FORM
from bonescan.workflows.simulate_cohort import simulate_cohort


def spectra_of(path):
    """The averaged spectra that every estimate starts from."""
    scan = open_rf_exam(path)
    if scan.samples is None:
        return [spectra_of_table(site, FORM) for site in scan.sites]
    return [measure_site(look_at_site(scan.samples, s), FORM).spectra for s in scan.sites]


@pytest.mark.parametrize("keep", ["rf", "spectra"])
def test_truth_ids_and_names_are_not_read(keep, tmp_path):
    made = simulate_cohort(tmp_path / "cohort", 2, 8, site="neck", keep=keep)
    first, second = sorted((made.out / "exams").glob("*.h5"))
    disguised = tmp_path / "first.h5"
    shutil.copy(first, disguised)
    with h5py.File(second) as source, h5py.File(disguised, "r+") as file:
        del file["truth"]
        source.copy("truth", file)
        for name in ("patient_id", "issuer"):
            file["subject"].attrs[name] = "nobody"
        file.attrs["exam_id"] = source.attrs["exam_id"]
    for honest, fooled in zip(spectra_of(first), spectra_of(disguised), strict=True):
        assert honest.power.tobytes() == fooled.power.tobytes()
        assert honest.noise.tobytes() == fooled.noise.tobytes()
        assert honest.depth_mm.tobytes() == fooled.depth_mm.tobytes()
    with h5py.File(first) as a, h5py.File(disguised) as b:
        assert dict(a["truth"].attrs) != dict(b["truth"].attrs)
