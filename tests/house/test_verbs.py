"""Every verb explains itself, and says no in the way that the documentation promises."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bonescan.cli import build, verbs

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {"run", "inspect", "facts", "score", "norms", "simulate", "doctor", "precision"}


@cache
def commands() -> dict[str, Any]:
    """Find every command that does something, by the words that reach it."""
    found: dict[str, Any] = {}
    for verb in verbs():
        group: Any = typer.main.get_command(build(verb))
        found |= _leaves(verb, group.commands[verb])
    return found


def _leaves(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    if not children:
        yield words, command
    for name, child in children.items():
        yield from _leaves(f"{words} {name}", child)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from bonescan.cli import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_verbs_of_this_version_are_there() -> None:
    assert set(verbs()) >= EXPECTED
    assert all(verbs().values()), "a verb without HELP"


@pytest.mark.parametrize("words", commands())
def test_help_shows_an_example_that_calls_the_command(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        build(words.split(maxsplit=1)[0])(args=[*words.split(), "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "Example" in text
    assert f"bonescan {words}" in text.split("Example", 1)[1]


@pytest.mark.parametrize("words", commands())
def test_every_option_is_explained_and_json_and_config_are_offered(words: str) -> None:
    command = commands()[words]
    options = [p for p in command.params if p.param_type_name == "option"]
    assert {"--json", "--config"} <= {name for p in options for name in p.opts}
    assert [p.opts for p in command.params if not p.help] == []


@pytest.mark.parametrize("verb", verbs())
def test_help_ends_with_exit_0(verb: str) -> None:
    done = run(verb, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


@pytest.mark.parametrize("words", [("fly",), ("doctor", "--no-such-option"), ()])
def test_a_slip_of_the_hand_is_exit_2_without_a_traceback(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_version_is_printed_alone() -> None:
    import bonescan

    assert run("--version").stdout == f"{bonescan.__version__}\n"


def test_doctor_prints_one_json_document() -> None:
    document = json.loads(run("doctor", "--json").stdout)
    assert set(document) == {"schema", "verb", "version", "data", "problems"}
    assert document["verb"] == "doctor"
