"""What all tests share: where outside data and peers are, and when their absence is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

REQUIRE_PEERS = os.environ.get("BONESCAN_REQUIRE_PEERS") == "1"
ROOT = Path(__file__).resolve().parent.parent


def missing(what: str) -> None:
    """Skip the test, or fail it where every peer must be there."""
    if REQUIRE_PEERS:
        pytest.fail(f"{what} is missing and BONESCAN_REQUIRE_PEERS=1")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real and published data beside the checkout; never part of the project."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        missing("the folder ../shared")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to look at pages with."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("Chromium")
    return str(found)


@pytest.fixture(scope="session")
def sample_scans() -> Path:
    """The sample scans of the checkout."""
    return ROOT / "sample_scans"


@pytest.fixture(autouse=True, scope="session")
def _own_config(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the user's own settings and pseudonym key out of the tests."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture
def verb(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the command line in this process: exit code, standard output, standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        from bonescan.cli import main

        with pytest.raises(SystemExit) as way_out:
            main([str(w) for w in words])
        printed = capsys.readouterr()
        return int(way_out.value.code or 0), printed.out, printed.err

    return call
