"""Run the real command line, as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it left."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        return dict(json.loads(self.out))


Command = Callable[..., Answer]


@pytest.fixture(scope="session")
def bonescan() -> Command:
    """Call `bonescan` in a process of its own."""

    def call(*words: object, env: dict[str, str] | None = None, cwd: Path | None = None) -> Answer:
        line: Sequence[str] = [
            sys.executable,
            "-c",
            "from bonescan.cli import main; main()",
            *map(str, words),
        ]
        done = subprocess.run(
            line,
            capture_output=True,
            text=True,
            timeout=240,
            env=os.environ | (env or {}),
            cwd=cwd,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    return call
