"""Gate spectra as a table."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.files.rf_exam import RfExamContent, RfSiteContent
from bonescan.files.spectra_csv import open_spectra_csv, write_spectra_csv
from bonescan.model.exam import Subject

from .samples import SPECTRA
from .test_rf_exam import spectra_table


@pytest.fixture
def table(tmp_path):
    def _write(text: str = SPECTRA, encoding: str = "utf-8"):
        path = tmp_path / "spectra.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return _write


def test_a_table_written_by_hand_is_read(table):
    scan = open_spectra_csv(table())
    first, second = scan.sites
    assert [(s.site, s.fs_hz, s.has_rf) for s in scan.sites] == [
        ("L1", 40e6, False),
        ("L2", 40e6, False),
    ]
    np.testing.assert_array_equal(first.spectra.power, [[1e-3, 2e-3]])
    np.testing.assert_array_equal(second.spectra.power, [[1.5e-3, 0]])
    np.testing.assert_array_equal(first.spectra.frequency_hz, [1.5e6, 1600000.5])
    np.testing.assert_array_equal(second.spectra.depth_m, [0.06])
    assert first.spectra.line is None
    assert scan.subject.patient_id == "0007"  # leading zeros kept
    assert scan.samples is None


def test_a_table_without_depth_is_read_and_flagged(table):
    text = SPECTRA.replace("depth_m,", "").replace("L1,0.05,", "L1,").replace("L2,0.06,", "L1,")
    text = text.replace("L2,", "L1,")
    assert "no_depth" in open_spectra_csv(table(text.replace("0.06,", ""))).flags


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950"])
def test_names_of_operators_are_read_in_three_encodings(table, encoding):
    text = SPECTRA.replace("# unit = 1", "# unit = 1\n# operator = 許功蓋")
    scan = open_spectra_csv(table(text, encoding))
    assert scan.exam.operator == "許功蓋"
    assert ("charset_guessed" in scan.flags) == (encoding == "cp950")


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "spectra.csv"
    sites = tuple(
        RfSiteContent(site=s, fs_hz=40e6, spectra=spectra_table(), gain_known=False, t0_s=1e-5)
        for s in ("L1", "L2")
    )
    content = RfExamContent(
        subject=Subject(patient_id="0012", sex="F", birth_date=date(1960, 1, 2), height_cm=160.0),
        sites=sites,
        acquired_at="2026-01-02T10:11:12+08:00",
        simulated=True,
        truth={"bmd": 1.0},
    )
    write_spectra_csv(path, content)
    assert "bmd" not in path.read_text()  # the truth stays out
    scan = open_spectra_csv(path)
    assert [s.site for s in scan.sites] == ["L1", "L2"]
    assert scan.subject == content.subject
    assert scan.exam.exam_date == date(2026, 1, 2)
    for site in scan.sites:
        np.testing.assert_allclose(site.spectra.power, spectra_table().power, rtol=1e-8)
        np.testing.assert_array_equal(site.spectra.line, spectra_table().line)
        assert (site.gain_known, site.t0_s) == (False, 1e-5)


@pytest.mark.parametrize(
    ("edit", "code", "words"),
    [
        (("# version = 1", "# version = 2"), "BS-E142", "version 2"),
        (("# fs_hz = 40000000\n", ""), "BS-E141", "fs_hz"),
        (("# fs_hz = 40000000", "# fs_hz = fast"), "BS-E146", "fs_hz = 'fast'"),
        (("# fs_hz = 40000000", "# fs_hz = 0"), "BS-E146", "fs_hz = '0'"),
        (("# unit = 1", "# fs_hz = 1e6"), "BS-E146", "'fs_hz' twice"),
        (("# unit = 1", "# simulated = maybe"), "BS-E146", "wanted 0 or 1"),
        (("# rows = 2", "# rows = 3"), "BS-E146", "found 2 rows, wanted 3"),
        (("L2,0.06,8,1.5e-3,0\n", "L2,0.06,8,1.5e-3,0"), "BS-E146", "cut off"),
        (("L2,0.06,8,1.5e-3,0", "L2,0.06,8,1.5e-3"), "BS-E146", "4 cells in row 2"),
        (("1.5e-3", "much"), "BS-E146", "'much' as power_1500000 in row 2"),
        (("1.5e-3", "nan"), "BS-E146", "'nan'"),
        (("1.5e-3", "-1.5e-3"), "BS-E146", "negative power"),
        (("L2,0.06", "L2,-0.06"), "BS-E146", "depth_m ≤ 0"),
        (("L2,0.06,8,", "L2,0.06,8.5,"), "BS-E146", "'8.5' as n_averaged"),
        (("L2,", "hip,"), "BS-E146", "unknown site 'hip'"),
        (("site,", "place,"), "BS-E141", "neither a column nor a header line site"),
        (("n_averaged", "averaged"), "BS-E146", "unknown column 'averaged'"),
        (("power_1600000.5", "power_x"), "BS-E146", "unknown column"),
        (("power_1600000.5", "power_1500000"), "BS-E146", "column name twice"),
        (("power_1600000.5", "power_100"), "BS-E146", "frequencies that do not rise"),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(table, edit, code, words):
    assert edit[0] in SPECTRA
    with pytest.raises(UnusableScan, match=words) as caught:
        open_spectra_csv(table(SPECTRA.replace(*edit, 1)))
    assert caught.value.code == code


def test_bytes_that_are_no_text_are_refused(table, tmp_path):
    path = table()
    path.write_bytes(path.read_bytes() + b"\xff\xff\n")
    with pytest.raises(UnusableScan, match="neither UTF-8 nor CP950"):
        open_spectra_csv(path)


@pytest.mark.parametrize(
    ("sites", "words"),
    [
        ((RfSiteContent(site="L1", fs_hz=1e6),), "needs spectra"),
        (
            (
                RfSiteContent(site="L1", fs_hz=1e6, spectra=spectra_table()),
                RfSiteContent(site="L2", fs_hz=2e6, spectra=spectra_table()),
            ),
            "share their acquisition",
        ),
        (
            (
                RfSiteContent(site="L1", fs_hz=1e6, spectra=spectra_table()),
                RfSiteContent(site="L2", fs_hz=1e6, spectra=spectra_table(bins=4)),
            ),
            "one frequency axis",
        ),
    ],
)
def test_exams_that_do_not_fit_one_table_are_not_written(tmp_path, sites, words):
    with pytest.raises(ValueError, match=words):
        write_spectra_csv(tmp_path / "t.csv", RfExamContent(subject=Subject(), sites=sites))
    assert list(tmp_path.iterdir()) == []
