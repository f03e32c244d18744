"""Pages of the hand-made study, written once, and a browser to look at them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bonescan.report.pages import write_pages

from .fixtures import study

BROWSER_SECONDS = 60
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--enable-logging=stderr",
)  # fmt: skip


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with index.html and patients/."""
    out = tmp_path_factory.mktemp("pages")
    write_pages(out, study())
    return out


@dataclass(frozen=True)
class Seen:
    """What a browser made of a page."""

    html: str
    console: list[str]


Browser = Callable[..., Seen]


@pytest.fixture(scope="session")
def browse(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """Open a page in headless Chromium; with `picture`, draw it to that PNG."""

    def look(page: Path, picture: Path | None = None, size: str = "1200,1600") -> Seen:
        what = ["--dump-dom"] if picture is None else [f"--screenshot={picture}"]
        profile = tmp_path_factory.mktemp("profile")
        done = subprocess.run(
            [
                chromium,
                *QUIET,
                f"--user-data-dir={profile}",
                f"--window-size={size}",
                *what,
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=BROWSER_SECONDS,
            check=True,
        )
        console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
        return Seen(html=done.stdout, console=console)

    return look
