"""Starting is cheap: nothing heavy is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numba", "numpy", "scipy", "pydicom", "pydantic", "matplotlib", "sqlalchemy", "skimage")

PUBLIC_NAMES = {
    "open_scan", "measure_scan", "run_folder", "score_bmd", "classify_score", "compare_methods",
    "precision_study", "assess_change", "build_model", "load_model", "simulate_cohort", "Settings",
}  # fmt: skip

PROGRAMS = {
    "import bonescan": "import bonescan",
    "bonescan --help": """
from bonescan.cli import main
try:
    main(["--help"])
except SystemExit as end:
    assert end.code == 0
""",
    "help of every verb": """
from bonescan.cli import build, verbs
for verb in verbs():
    try:
        build(verb)(args=[verb, "--help"])
    except SystemExit as end:
        assert end.code == 0, verb
""",
    "every error code": "from bonescan.errors import all_codes; all_codes()",
}


# typer itself checks the types of a verb's options with pydantic; `bonescan --help` needs no typer
LOADED_BY_TYPER = {"help of every verb": {"pydantic"}}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_heavy_is_loaded_by(name: str) -> None:
    looked_for = set(HEAVY) - LOADED_BY_TYPER.get(name, set())
    code = f"{PROGRAMS[name]}\nimport sys\nprint('LOADED', *({looked_for!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["LOADED"]


def test_the_package_offers_at_most_twelve_names_of_the_list() -> None:
    import bonescan

    assert bonescan.__all__
    assert set(bonescan.__all__) <= PUBLIC_NAMES
    assert len(bonescan.__all__) <= 12


def test_every_public_name_can_be_had_and_is_documented() -> None:
    import bonescan

    for name in bonescan.__all__:
        assert getattr(bonescan, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'open_everything'"):
        bonescan.open_everything  # noqa: B018 - the access is what is tested
