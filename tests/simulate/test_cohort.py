"""`simulate cohort`: the table, the exams, the same content however it was made."""

from __future__ import annotations

import csv
import json
from concurrent.futures.process import BrokenProcessPool
from datetime import date

import h5py
import numpy as np
import pytest

import bonescan
from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.rf_exam import open_rf_exam
from bonescan.simulate.population import draw_population
from bonescan.workflows import simulate_cohort as module
from bonescan.workflows.build_demo_model import FORM
from bonescan.workflows.simulate_cohort import simulate_cohort


def table(folder):
    with (folder / "cohort.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def spectra_cohort(tmp_path_factory):
    out = tmp_path_factory.mktemp("cohorts") / "spectra"
    return simulate_cohort(out, 3, 5, site="both")


def test_the_table_has_one_row_an_exam_and_says_what_dxa_said(spectra_cohort):
    rows = table(spectra_cohort.out)
    people = {p.person_id: p for p in draw_population(3, 5)}
    assert list(rows[0]) == [
        "exam", "patient_id", "issuer", "site", "dxa_bmd_g_cm2", "dxa_device", "dxa_date",
        "fracture",
    ]  # fmt: skip
    assert [(r["patient_id"], r["site"]) for r in rows] == [
        (p, s) for p in people for s in ("L1-L4", "femoral-neck-left")
    ]
    for row in rows:
        latent = people[row["patient_id"]].bmd_g_cm2(row["site"])
        assert abs(float(row["dxa_bmd_g_cm2"]) / latent - 1) < 5 * 0.012
        assert row["fracture"] in {"0", "1"}
        assert row["dxa_device"] == "Hologic Horizon A"
        assert (spectra_cohort.out / row["exam"]).is_file()


def test_an_exam_says_what_the_table_does_not(spectra_cohort):
    for row in table(spectra_cohort.out):
        scan = open_rf_exam(spectra_cohort.out / row["exam"])
        person = next(p for p in draw_population(3, 5) if p.person_id == row["patient_id"])
        assert scan.subject.patient_id == row["patient_id"]
        assert scan.subject.sex == person.sex
        age = (scan.exam.exam_date - scan.subject.birth_date).days / 365.25
        assert age == pytest.approx(person.age_years, abs=0.01)
        assert 0 <= (scan.exam.exam_date - date.fromisoformat(row["dxa_date"])).days < 30
        assert scan.exam.simulated is True
        with h5py.File(spectra_cohort.out / row["exam"]) as file:
            assert file["truth"].attrs["L1-L4.bmd_g_cm2"] == person.bmd_spine_g_cm2
            assert file["truth"].attrs["stress"] == "none"


def test_two_workers_make_the_same_files(spectra_cohort, tmp_path, payload_of):
    out = tmp_path / "two"
    simulate_cohort(out, 3, 5, site="both", workers=2)
    for row in table(spectra_cohort.out):
        assert payload_of(out / row["exam"]) == payload_of(spectra_cohort.out / row["exam"])
    assert table(out) == table(spectra_cohort.out)


def test_a_cohort_that_was_interrupted_goes_on(tmp_path, monkeypatch):
    made = []
    real = module.make_exam

    def stop_at_the_second(task):
        if len(made) == 1:
            raise KeyboardInterrupt
        made.append(task)
        return real(task)

    monkeypatch.setattr(module, "make_exam", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        simulate_cohort(tmp_path, 2, 5)
    assert not (tmp_path / "cohort.csv").exists()
    monkeypatch.setattr(module, "make_exam", real)
    told = []
    again = simulate_cohort(tmp_path, 2, 5, progress=lambda done, of: told.append((done, of)))
    assert (again.n_made, again.n_exams) == (1, 2)
    assert told == [(2, 2)]
    third = simulate_cohort(tmp_path, 2, 5)
    assert (third.n_made, third.exams_per_s) == (0, None)


def test_stored_spectra_give_the_same_number_as_the_samples(tmp_path):
    """The spectra of a file are those a run makes of the samples; only rounding differs."""
    spectra, samples = (
        bonescan.measure_scan(path)
        for path in (next(simulate_both(tmp_path / keep, keep).glob("exams/*.h5")) for keep in KEEP)
    )
    assert len(spectra.measurements) == len(samples.measurements) > 0
    for a, b in zip(spectra.measurements, samples.measurements, strict=True):
        assert a.site == b.site
        assert a.bmd_g_cm2 == pytest.approx(b.bmd_g_cm2, abs=2e-6)
        assert a.spectra_total == b.spectra_total


KEEP = ("spectra", "rf")


def simulate_both(out, keep):
    return simulate_cohort(out, 1, 8, keep=keep, site="neck").out


def test_an_exam_without_a_surface_is_named_and_not_in_the_table(tmp_path):
    made = simulate_cohort(tmp_path, 1, 5, site="neck", artefact="wrong-depth", stress="depth+2cm")
    assert made.n_exams == 0
    (reason,) = made.unusable.values()
    assert "found no bone surface" in reason
    assert table(tmp_path) == []
    assert made.to_dict()["unusable"] == made.unusable


def test_noise_stands_beyond_the_band(spectra_cohort):
    row = table(spectra_cohort.out)[0]
    site = open_rf_exam(spectra_cohort.out / row["exam"]).sites[0]
    n_band = FORM.frequency_hz.size
    np.testing.assert_allclose(site.spectra.frequency_hz[:n_band], FORM.frequency_hz)
    quiet = site.spectra.power[:, n_band:]
    assert site.spectra.frequency_hz[n_band] == 10e6
    assert np.ptp(quiet, axis=1).max() == 0.0
    assert (site.spectra.power[:, 10] > quiet[:, 0]).all()


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n": 0}, r"BS-E351.*found 0 as people, wanted 1"),
        ({"seed": -1}, r"BS-E351.*found -1 as seed"),
        ({"workers": 0}, r"BS-E351.*found 0 as workers"),
        ({"keep": "all"}, r"BS-E351.*found the keep 'all', wanted one of: rf, spectra"),
        ({"site": "heel"}, r"found the site 'heel', wanted one of: lumbar, neck, both"),
        ({"population": "mars"}, r"found the population 'mars', wanted one of: nhanes, linear"),
        ({"stress": "rain"}, r"found the stress 'rain', wanted one of: none, scatter-doubled"),
        ({"artefact": "ghost"}, r"found the artefact 'ghost', wanted one of: gas-shadow"),
        ({"colour": "red"}, r"found the unknown setting 'colour'"),
    ],
)
def test_what_simulation_does_not_know_is_refused_before_anything_is_written(
    changes, message, tmp_path
):
    out = tmp_path / "new"
    with pytest.raises(UsageError, match=message):
        simulate_cohort(out, **{"n": 1, "seed": 1, **changes})
    assert not out.exists()


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match=r"BS-E350.*found 1 files that are no cohort"):
        simulate_cohort(tmp_path, 1)
    with pytest.raises(UsageError, match=r"BS-E350.*found a file, wanted a folder"):
        simulate_cohort(tmp_path / "mine.txt", 1)


def test_another_cohort_is_not_mixed_in(tmp_path):
    (tmp_path / "cohort.json").write_text("{}")
    with pytest.raises(UsageError, match=r"BS-E352.*cohort.json can't be read"):
        simulate_cohort(tmp_path, 1)
    (tmp_path / "cohort.json").write_text("no json")
    with pytest.raises(UsageError, match=r"BS-E352"):
        simulate_cohort(tmp_path, 1)
    note = {"format": "bonescan-cohort", "version": bonescan.__version__, "n": 1, "seed": 2}
    note |= {"keep": "spectra", "site": "lumbar", "population": "nhanes"}
    note |= {"stress": "none", "artefact": None}
    (tmp_path / "cohort.json").write_text(json.dumps(note))
    with pytest.raises(UsageError, match=r"BS-E352.*seed 2, wanted 1\)"):
        simulate_cohort(tmp_path, 1, 1)


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_rf_exam", full)
    with pytest.raises(EnvironmentFault, match=r"BS-E501.*writing failed: No space left"):
        simulate_cohort(tmp_path / "c", 1, 5, site="neck")


def test_a_worker_that_dies_is_said(tmp_path, monkeypatch):
    def dead(*_args):
        raise BrokenProcessPool

    monkeypatch.setattr(module, "_results", dead)
    with pytest.raises(EnvironmentFault, match=r"BS-E353.*a worker process ended by itself"):
        simulate_cohort(tmp_path / "c", 1, 5, site="neck")


# ---------------------------------------------------------------- command


def test_the_verb_prints_what_it_made(verb, tmp_path):
    code, out, _ = verb(
        "simulate", "cohort", "-o", tmp_path / "c", "--n", 1, "--site", "neck", "--json"
    )
    data = json.loads(out)["data"]
    assert code == 0
    assert (data["exams"], data["made_now"], data["keep"]) == (1, 1, "spectra")
    assert data["exams_per_s"] > 0
    code, out, _ = verb("simulate", "cohort", "-o", tmp_path / "c", "--n", 1, "--site", "neck")
    assert code == 0
    assert "1 exams of 1 virtual people" in out
    assert "bonescan model build" in out


def test_the_verb_refuses_with_a_code(verb, tmp_path):
    code, _, err = verb("simulate", "cohort", "-o", tmp_path / "c", "--n", 1, "--stress", "rain")
    assert code == 2
    assert "BS-E351" in err


def test_the_verb_says_which_exams_gave_nothing(verb, tmp_path):
    code, out, _ = verb(
        "simulate", "cohort", "-o", tmp_path, "--n", 1, "--seed", 5, "--site", "neck",
        "--artefact", "wrong-depth", "--stress", "depth+2cm",
    )  # fmt: skip
    assert code == 4  # nothing usable
    assert "1 exams gave no spectra" in out


def test_the_public_name_is_the_workflow():
    assert bonescan.simulate_cohort is simulate_cohort
