"""The checkout speaks to a stranger: its commands are there and nothing in it is of one machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import bonescan

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bonescan", "tests", "docs", "benchmarks", "sample_scans", ".ci")
SUFFIXES = {".py", ".md", ".toml", ".csv", ".yml", ".yaml", ".cff", ".txt", ".json", ".j2", ".html",
            ".css", ".js", ".svg", ""}  # fmt: skip

VENV = "python3 -m venv .venv && .venv/bin/pip install -q "
RUN = VENV + ". && .venv/bin/bonescan run sample_scans -o results"
TEST = VENV + "'.[test]' && .venv/bin/python -m pytest -q -n 2 --dist loadfile"

# Joined here, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of one machine": re.compile("/(?:work|farm|root)/"),
    "a folder beside the checkout": re.compile(r"\.lib" "rary|hand" "over"),
    "an issue by number": re.compile(r"\bissue #?\d+\b", re.IGNORECASE),
    "a helper": re.compile(r"\bAI[ -]assis" r"tant|\bClau" r"de\b|\bChat" "GPT"),
}


def texts() -> list[Path]:
    # what a tool leaves beside the sources begins with a dot (.coverage)
    found = [p for p in ROOT.iterdir() if p.is_file() and p.suffix in SUFFIXES and p.name[0] != "."]
    for folder in FOLDERS:
        found += [
            p
            for p in (ROOT / folder).rglob("*")
            if p.is_file() and p.suffix in SUFFIXES and "__pycache__" not in p.parts
        ]
    return [p for p in sorted(found) if p.stat().st_size < 2_000_000]


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    hits = []
    for path in texts():
        text = path.read_text(encoding="utf-8", errors="replace")
        hits += [f"{path.relative_to(ROOT)}: {m.group()}" for m in FORBIDDEN[what].finditer(text)]
    assert hits == []


def test_only_tests_and_ci_know_the_folder_beside_the_checkout() -> None:
    hits = [
        path.relative_to(ROOT).as_posix()
        for path in texts()
        if not path.is_relative_to(ROOT / "tests") and not path.is_relative_to(ROOT / ".ci")
        if re.search(r"\.\./shared|shared/(data|knowledge)", path.read_text("utf-8", "replace"))
    ]
    assert hits in ([], ["pyproject.toml"])  # the marker's description names the folder


def test_the_readme_holds_the_two_commands_each_on_a_line_of_its_own() -> None:
    lines = readme().splitlines()
    assert [line for line in lines if line.startswith("python3 -m venv .venv")] == [RUN, TEST]


def test_the_readme_names_the_limits() -> None:
    text = readme()
    assert "not a medical device" in text
    assert "python3-venv" in text
    assert "rems-style-open/1" in text


def test_links_between_pages_lead_somewhere() -> None:
    missing = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        missing += [
            f"{page.name} -> {target}"
            for target in targets
            if "://" not in target and not (page.parent / target).exists()
        ]
    assert missing == []


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert project["version"] == bonescan.__version__
    assert f"version: {bonescan.__version__}\n" in citation
    assert bonescan.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_changelog_has_a_heading_for_numbers() -> None:
    assert "### Numbers" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
