"""The afternoon of the documentation, command by command."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rems.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    lines = [line for block in BLOCK.findall(PAGE.read_text("utf-8")) for line in block.split("\n")]
    return [shlex.split(line)[1:] for line in lines if line.startswith("bonescan ")]


def test_the_page_shows_the_whole_way() -> None:
    shown = [" ".join(words[:2]) for words in commands()]
    assert shown[:2] == ["simulate cohort", "model build"]
    assert {"model validate", "model show"} <= set(shown)
    assert any(words[0] == "run" for words in commands())


def test_the_script_of_the_page_writes_an_exam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (script,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.M)
    exec(compile(script, str(PAGE), "exec"), {})
    scan = read_scan(tmp_path / "0001002.h5", ReadSettings())
    (site,) = scan.sites
    assert (scan.subject.patient_id, scan.subject.sex) == ("0001002", "F")
    assert (site.site, site.fs_hz, site.n_lines) == ("femoral-neck-left", 40e6, 128)
    assert (site.c_m_s, site.t0_s, scan.exam.simulated) == (1540.0, 0.0, None)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)  # a minute on an idle machine, several on a busy one
def test_every_command_of_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb
) -> None:
    monkeypatch.chdir(tmp_path)
    told = {}
    for words in commands():
        code, out, err = verb(*words, "--json")
        assert code == 0, err
        told[" ".join(words[:2])] = json.loads(out)["data"]
    built, tried = told["model build"], told["model validate"]
    assert built["simulated"] is True
    assert built["informative"] is True
    lead = built["estimators"][built["primary"]]
    assert lead["see_g_cm2"] < 0.8 * built["covariates_only"]["see_g_cm2"]
    permuted = built["controls"][f"labels-permuted:{built['primary']}"]
    assert abs(permuted["r"]) < 0.3  # 200 people: standard error 0.07
    swapped = built["controls"][f"swapped-in-age-bmi-cells+covariates:{built['primary']}"]
    assert swapped["see_g_cm2"] > 0.93 * built["covariates_only"]["see_g_cm2"]
    assert tried["accepted"] + tried["rejected"] == 60
    assert (tmp_path / "clinic.html").is_file()
    assert "SIMULATED DATA" in (tmp_path / "later.html").read_text(encoding="utf-8")
    assert (tmp_path / "results" / "results.csv").read_text("utf-8").count("clinic-") > 40
