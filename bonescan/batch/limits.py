"""How much memory and time one scan may take in a worker, and what it gets for taking more."""

from __future__ import annotations

import os
from pathlib import Path

from bonescan.errors import code_info
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.settings import Settings

DEFAULT_TIME_S = 600.0
DEFAULT_MEMORY_BYTES = 4 * 2**30
MEMORY_CODE, TIME_CODE, DEATH_CODE = "BS-E523", "BS-E524", "BS-E503"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def time_limit_s(settings: Settings) -> float | None:
    """Give the time one scan may take in a worker; None for any."""
    return _limit(settings.time_limit_s, DEFAULT_TIME_S)


def memory_limit_bytes(settings: Settings) -> int | None:
    """Give the memory one worker may hold; None for any."""
    limit = _limit(settings.memory_limit_bytes, DEFAULT_MEMORY_BYTES)
    return None if limit is None else int(limit)


def asks_for_limits(settings: Settings) -> bool:
    """Whether the user named a limit: then a process of its own does the work."""
    return bool(settings.time_limit_s or settings.memory_limit_bytes)


def memory_of(pid: int) -> int | None:
    """Say how many bytes of real memory a process holds; None where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None


def memory_outcome(limit_bytes: int | None) -> Outcome:
    """Make the outcome of a scan that wanted more memory than allowed."""
    allowed = "the machine gives" if limit_bytes is None else f"{limit_bytes / 2**20:.0f} MiB"
    return _outcome(MEMORY_CODE, f"Found that reading it takes more memory than {allowed}.")


def time_outcome(limit_s: float) -> Outcome:
    """Make the outcome of a scan that took longer than allowed."""
    return _outcome(TIME_CODE, f"Found no end of it within {limit_s:g} s.")


def death_outcome(deaths: int) -> Outcome:
    """Make the outcome of a scan that killed its workers."""
    return _outcome(DEATH_CODE, f"This file ended its worker process {deaths} times.")


def stopped_by(outcome: Outcome, settings: Settings) -> tuple[str, float] | None:
    """Say which limit ended a scan, and what it was."""
    if outcome.code == TIME_CODE:
        return "time", time_limit_s(settings) or float("inf")
    if outcome.code == MEMORY_CODE:
        return "memory", float(memory_limit_bytes(settings) or float("inf"))
    return None


def _limit(asked: float | None, default: float) -> float | None:
    if asked is None:
        return default
    return asked or None


def _outcome(code: str, reason: str) -> Outcome:
    return Outcome(kind=OutcomeKind.UNUSABLE, code=code, reason=reason, hint=code_info(code).hint)
