"""Pseudonyms: a keyed hash of issuer and chart number; the key never leaves the site."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import EnvironmentFault

KEY_NAME = "pseudonym.key"
KEY_BYTES = 32
PSEUDONYM_LENGTH = 10  # base 32: 50 bits; 1e6 people collide with a chance below 0.05 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """Turns issuer and chart number into a pseudonym."""

    key: bytes

    def of(self, issuer: str | None, patient_id: str) -> str:
        """Give the pseudonym of a person; the same key gives the same one everywhere."""
        body = f"{issuer or ''}\0{patient_id}".encode()
        digest = hmac.digest(self.key, body, "sha256")
        return "P-" + base64.b32encode(digest).decode()[:PSEUDONYM_LENGTH].lower()


def user_key_file() -> Path:
    """Say where the user's own key lies: one site, one key, the same pseudonyms in every study."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base, "bonescan", KEY_NAME)


def open_pseudonyms(out: Path) -> Pseudonyms:
    """Take the key beside the store; a new folder gets the user's key, made once.

    Raises
    ------
    EnvironmentFault
        The key can't be read or written, or is no key.
    """
    beside = out / KEY_NAME
    if beside.exists():
        return Pseudonyms(key=_read(beside))
    own = user_key_file()
    if own.exists():
        key = _read(own)
    else:
        key = secrets.token_bytes(KEY_BYTES)
        try:
            own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(own, key)
        except OSError:  # no home to write to: the folder keeps the only copy
            pass
    try:
        _write(beside, key)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the key can't be written: {error.strerror}.", file=beside
        ) from error
    return Pseudonyms(key=key)


def _write(path: Path, key: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise EnvironmentFault("BS-E502", f"the key can't be read: {error}.", file=path) from error
    if len(key) != KEY_BYTES:
        raise EnvironmentFault(
            "BS-E502", f"found a key of {len(key)} bytes, wanted {KEY_BYTES}.", file=path
        )
    return key


def open_key(path: Path | None = None) -> Pseudonyms:
    """Take the key in a file of its own, the user's unless one is named; made where it is missing.

    Raises
    ------
    EnvironmentFault
        The key can't be read or written, or is no key.
    """
    place = user_key_file() if path is None else path
    if not place.exists():
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(place, secrets.token_bytes(KEY_BYTES))
        except OSError as error:
            raise EnvironmentFault(
                "BS-E501", f"the key can't be written: {error.strerror}.", file=place
            ) from error
    return Pseudonyms(key=_read(place))
