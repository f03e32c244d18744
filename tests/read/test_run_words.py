"""What the words about silent files do on `run`: they reach the reader, and the work's identity."""

from __future__ import annotations

import json

import pytest

from .samples import MAT5

KEYS = 'samples = "RfData"\naxes = ["sample", "line", "frame"]\nfs_hz = 15e6\nsite = "L1"\n'


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "scan.mat").write_bytes(MAT5)
    return folder


def test_a_key_map_reaches_the_reader_and_another_one_measures_again(verb, scans, tmp_path):
    keys, out = tmp_path / "keys.toml", tmp_path / "out"
    done = []
    for text in (None, KEYS, KEYS, KEYS + "t0_s = 1e-5\n"):
        words = ["run", scans, "-o", out, "--report", "none", "--json"]
        if text is not None:
            keys.write_text(text)
            words += ["--key-map", keys]
        _, printed, _ = verb(*words)
        document = json.loads(printed)
        done.append((document["data"]["measured_now"], document["problems"][0]["code"]))
    assert [n for n, _ in done] == [1, 1, 0, 1]
    assert done[0][1] == "BS-E155"
    assert done[1][1] != "BS-E155"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--calibration", "none.h5"), "BS-E360"),
        (("--key-map", "none.toml"), "BS-E301"),
        (("--sound-speed", 12), "1000"),
        (("--centre-frequency", "fast"), "30MHz"),
        (("--time-zero", -1), "0"),
    ],
)
def test_words_that_can_not_be_meant_are_usage_errors(verb, scans, tmp_path, words, said):
    code, _, error = verb("run", scans, "-o", tmp_path / "out", *words)
    assert code == 2
    assert said in error


def test_the_same_words_fill_the_same_gaps_on_inspect(verb, tmp_path):
    from .samples import mha

    path = tmp_path / "capture.mha"
    path.write_bytes(mha())
    words = ("--sampling-rate", "30MHz", "--centre-frequency", "3.5MHz", "--sound-speed", 1540)
    code, printed, _ = verb("inspect", path, *words, "--time-zero", 1e-5, "--json")
    (file,) = json.loads(printed)["data"]["files"]
    assert code == 0
    assert set(file["flags"]) == {"site_unknown", "origin_unknown", "gain_unknown"}
