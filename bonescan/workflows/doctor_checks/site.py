"""What a site keeps: the pseudonym key, and the result folder with its store."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bonescan.errors import BonescanError
from bonescan.store.file_system import network_file_system
from bonescan.workflows.pseudonyms import KEY_NAME, user_key_file

from .finding import Finding, State

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def look_at_site(out: Path | None) -> Iterator[Finding]:
    """Look at the key, and at the result folder if one is named."""
    yield key(user_key_file())
    if out is not None:
        yield from result_folder(out)


def key(path: Path) -> Finding:
    """Judge a pseudonym key: there, and readable by its owner alone."""
    name = "pseudonym key"
    if not path.exists():
        return Finding(check=name, state=State.OK, found=f"none yet, the first run makes {path}")
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & OTHERS:
        return Finding(
            check=name,
            state=State.WARNING,
            found=f"{path} can be read by others (mode {mode:o})",
            advice=f"Whoever has it can find out who is behind a pseudonym: chmod 600 '{path}'",
        )
    return Finding(
        check=name,
        state=State.OK,
        found=f"{path} (mode {mode:o}); keep a copy in a safe place, it can't be made again",
    )


def result_folder(out: Path) -> Iterator[Finding]:
    """Judge a result folder: permission, file system, store, secrets beside it."""
    if not out.is_dir():
        yield Finding(
            check="result folder",
            state=State.MISSING,
            found=f"{out} is not there",
            advice="Name the folder that was given after -o.",
        )
        return
    if not os.access(out, os.W_OK | os.X_OK):
        yield Finding(
            check="result folder",
            state=State.MISSING,
            found=f"{out} can't be written by this user",
            advice="Ask for permission to write there, or choose another folder after -o.",
        )
    else:
        yield Finding(check="result folder", state=State.OK, found=f"{out} can be written")
    yield from _file_system(out)
    yield store(out)
    for path in (out / "identities.csv", out / KEY_NAME):
        if path.exists():
            yield _secret(path)


def store(out: Path) -> Finding:
    """Ask the store of `out` whether it is whole: the database, and the hash of each result."""
    from bonescan.store.open_store import ADDRESS_NAME, STORE_NAME, open_store
    from bonescan.store.tables import SCHEMA_VERSION

    elsewhere = (out / ADDRESS_NAME).exists()
    if not (elsewhere or (out / STORE_NAME).exists()):
        return Finding(
            check="store",
            state=State.NOTE,
            found=f"{out} holds no {STORE_NAME} yet",
            advice="Nothing to do for a new folder; otherwise name the folder of an earlier run.",
        )
    advice = "Keep the folder as it is, and run the scans into a new one."
    # opening an empty file would quietly make a new store of it
    if not elsewhere and (out / STORE_NAME).stat().st_size == 0:
        return Finding(check="store", state=State.MISSING, found="cut to nothing", advice=advice)
    try:
        opened = open_store(out)
    except BonescanError as error:
        return Finding(check="store", state=State.MISSING, found=error.reason, advice=advice)
    try:
        damage = opened.check()
        n_contents = opened.size()[1] if not damage else 0
        jobs = opened.job_counts() if not damage else {}
    except Exception as error:  # a damaged database may raise anything
        damage, n_contents = [f"{type(error).__name__}: {error}".splitlines()[0]], 0
        jobs = {}
    finally:
        opened.close()
    if damage:
        more = f" and {len(damage) - 1} more" if len(damage) > 1 else ""
        return Finding(
            check="store", state=State.MISSING, found=f"damaged: {damage[0]}{more}", advice=advice
        )
    waiting = sum(n for state, n in jobs.items() if state != "done")
    found = f"whole, version {SCHEMA_VERSION}, {n_contents} files in it"
    if waiting:
        return Finding(
            check="store",
            state=State.NOTE,
            found=f"{found}, {waiting} not measured yet",
            advice="A run is at work, or one was interrupted: the same line goes on with it.",
        )
    return Finding(check="store", state=State.OK, found=found)


def _secret(path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & OTHERS:
        return Finding(
            check=path.name,
            state=State.WARNING,
            found=f"can be read by others (mode {mode:o})",
            advice=f"chmod 600 '{path}'",
        )
    return Finding(check=path.name, state=State.OK, found=f"for its owner alone (mode {mode:o})")


def _file_system(out: Path) -> Iterator[Finding]:
    """Warn of network folders: the write-ahead log of SQLite needs shared memory of one machine."""
    kind = network_file_system(out)
    if kind:
        yield Finding(
            check="file system",
            state=State.WARNING,
            found=f"{out} lies on a network folder ({kind})",
            advice="Run into a folder of this machine and copy the results: a store on a network "
            "folder works without its log, and can be damaged when two machines open it.",
        )
