"""Half a raw capture is refused, and read once its other half lies beside it."""

from __future__ import annotations

import pytest

from bonescan.settings import Settings
from bonescan.workflows import run_folder as module
from bonescan.workflows.run_folder import run_folder

NO_PAGES = Settings(report="none")


@pytest.mark.parametrize(("first", "second"), [("a.raw", "a.yml"), ("a.yml", "a.raw")])
def test_a_capture_refused_alone_is_read_again_when_its_other_half_comes(tmp_path, first, second):
    bytes_of = {
        "a.raw": bytes(64),
        "a.yml": b"samples per line: 4\nsampling rate: 30 MHz\ntransmit frequency: 3 MHz\n",
    }
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / first).write_bytes(bytes_of[first])
    alone = run_folder([folder], out, NO_PAGES)
    assert [f.code for f in alone.study.files] == ["BS-E157"]
    (folder / second).write_bytes(bytes_of[second])
    both = run_folder([folder], out, NO_PAGES)
    assert both.n_measured == 2
    assert "BS-E157" not in {f.code for f in both.study.files}
    assert run_folder([folder], out, NO_PAGES).n_measured == 0


def test_calibrations_are_read_once_however_many_files_there_are(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.xyz").write_text(f"letter {number}")
    read: list[object] = []
    real = module.read_calibrations
    monkeypatch.setattr(
        module, "read_calibrations", lambda files: read.append(files) or real(files)
    )
    run_folder([folder], tmp_path / "out", NO_PAGES)
    assert len(read) <= 2  # before anything is written, and for the names of the work
