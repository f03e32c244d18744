"""Versions and hashes that make up the identity of a measurement."""

from __future__ import annotations

import hashlib
from pathlib import Path

PIPELINE_VERSION = "2"  # raise with any change that moves a result
DATA_MODEL_VERSION = "1"  # raise with any change of what an outcome holds


def sha256_of_file(path: Path) -> str:
    """Hash the bytes of `path` in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def sha256_of_text(*parts: str) -> str:
    """Hash several texts, each closed by a zero byte so that joins can't collide."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()
