"""The computer: processors, memory, room on the disk, clock, fonts, programs beside us."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from .finding import Finding, State
from .software import package_folder

GIB = 2**30
LITTLE_DISK_BYTES = GIB  # a run of some thousand scans leaves some hundred megabytes
NO_DISK_BYTES = 50 * 2**20  # not even the sample run is sure to fit
LITTLE_MEMORY_BYTES = GIB  # a lumbar exam of 100 frames a vertebra holds 210 MB of samples
CLOCK_SLACK_S = 86_400  # files unpacked in another time zone may lie some hours ahead

# program -> (Debian package, what it is for)
PEERS = {
    "chromium": ("chromium", "looking at pages in the tests, making pictures of them"),
    "dcmdump": ("dcmtk", "comparing our DICOM reading with another program's in the tests"),
}
CONTROL_GROUP = Path("/sys/fs/cgroup")  # where a container says what it grants
NAMES_OF = {"chromium": ("chromium", "chromium-browser", "google-chrome")}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts",
                "/System/Library/Fonts", "C:/Windows/Fonts")  # fmt: skip
CHINESE_FONTS = ("notosanscjk", "notoserifcjk", "notosanstc", "pingfang", "msjh", "mingliu",
                 "wqy", "uming", "ukai", "sourcehansans")  # fmt: skip


def look_at_machine(folder: Path) -> Iterator[Finding]:
    """Look at the computer.

    Parameters
    ----------
    folder : Path
        Where results will lie; the disk of this folder is judged.
    """
    yield processors()
    yield memory(_memory_bytes())
    yield disk(folder, shutil.disk_usage(_nearest(folder)).free)
    yield temporary_folder()
    yield clock(datetime.now().astimezone())
    yield encoding(sys.getfilesystemencoding())
    yield fonts(_chinese_font())
    yield from peers()


def processors() -> Finding:
    """Count processors, and the threads that the libraries would start."""
    from threadpoolctl import threadpool_info

    import_numpy()
    count = usable_processors()
    pools = ", ".join(
        sorted(
            {f"{p['internal_api']} {p['version']}: {p['num_threads']}" for p in threadpool_info()}
        )
    )
    text = f"{count} usable of {os.cpu_count()}; threads: {pools or 'no pool loaded'}"
    return Finding(check="processors", state=State.OK, found=text)


def usable_processors() -> int:
    """Count the processors this process may use (containers often grant fewer)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def import_numpy() -> None:
    """Load numpy, so that its linear algebra shows among the thread pools."""
    import numpy  # noqa: F401


def memory(available_bytes: int | None) -> Finding:
    """Judge the memory that is free now; None = the system does not say."""
    if available_bytes is None:
        return Finding(check="memory", state=State.NOTE, found="this system does not say")
    text = f"{available_bytes / GIB:.1f} GiB free"
    if available_bytes < LITTLE_MEMORY_BYTES:
        return Finding(
            check="memory",
            state=State.WARNING,
            found=text,
            advice="Close other programs, and run with --workers 1.",
        )
    return Finding(check="memory", state=State.OK, found=text)


def disk(folder: Path, free_bytes: int) -> Finding:
    """Judge the room on the disk of `folder`."""
    text = f"{free_bytes / GIB:.1f} GiB free for {folder}"
    if free_bytes < NO_DISK_BYTES:
        state, advice = State.MISSING, "Make room, or choose a folder on another disk after -o."
    elif free_bytes < LITTLE_DISK_BYTES:
        state, advice = (
            State.WARNING,
            "Make room before a large run.",
        )
    else:
        state, advice = State.OK, ""
    return Finding(check="disk", state=state, found=text, advice=advice)


def temporary_folder() -> Finding:
    """Write and remove a file where temporary files go."""
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"bonescan")
    except OSError as error:
        return Finding(
            check="temporary folder",
            state=State.MISSING,
            found=f"can't be written: {error}",
            advice="Set TMPDIR to a folder with room that you may write.",
        )
    return Finding(check="temporary folder", state=State.OK, found=tempfile.gettempdir())


def clock(now: datetime) -> Finding:
    """Judge the clock by the youngest file of the installed program.

    Parameters
    ----------
    now : datetime
        Local time with its offset from UTC.
    """
    text = f"{now.isoformat(timespec='minutes')} ({now.tzname()})"
    youngest = max(p.stat().st_mtime for p in package_folder().glob("*.py"))
    if now.timestamp() < youngest - CLOCK_SLACK_S:
        return Finding(
            check="clock",
            state=State.WARNING,
            found=f"{text}: earlier than the day bonescan was installed",
            advice="Set the clock: runs are dated by it (ages and intervals come from the scans).",
        )
    return Finding(check="clock", state=State.OK, found=text)


def encoding(found: str) -> Finding:
    """Judge whether file names in any script can be handled."""
    if found.lower().replace("-", "") != "utf8":
        return Finding(
            check="file names",
            state=State.WARNING,
            found=f"encoded as {found}",
            advice="Set LANG to a UTF-8 locale (C.UTF-8), or names in Chinese may not be found.",
        )
    return Finding(check="file names", state=State.OK, found="UTF-8")


def fonts(chinese: str | None) -> Finding:
    """Judge whether pages can show traditional Chinese; None = no such font."""
    if chinese is None:
        return Finding(
            check="fonts",
            state=State.NOTE,
            found="no Chinese font was found; names in Chinese show as boxes on this machine",
            advice="Debian and Ubuntu: apt-get install fonts-noto-cjk",
        )
    return Finding(check="fonts", state=State.OK, found=chinese)


def peers() -> Iterator[Finding]:
    """Look for the programs that tests and documentation use; none is needed for results."""
    for name, (package, purpose) in PEERS.items():
        found = next(filter(None, map(shutil.which, NAMES_OF.get(name, (name,)))), None)
        if found:
            yield Finding(check=package, state=State.OK, found=found)
        else:
            yield Finding(
                check=package,
                state=State.NOTE,
                found=f"not here; optional, for {purpose}",
                advice=f"Debian and Ubuntu: apt-get install {package}",
            )


def _nearest(folder: Path) -> Path:
    """Give `folder`, or the nearest folder above it that is there."""
    return next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())


def _memory_bytes() -> int | None:
    """Free memory, or what the container still grants if that is less."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    table = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if " kB" in line}
    free = [table[key] for key in ("MemAvailable", "MemFree") if key in table][:1]
    return min([*free, *_container_memory_bytes()], default=None)


def _container_memory_bytes() -> list[int]:
    try:
        limit = (CONTROL_GROUP / "memory.max").read_text(encoding="ascii").strip()
        used = int((CONTROL_GROUP / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return []
    return [int(limit) - used] if limit.isdigit() else []


def _chinese_font() -> str | None:
    if lister := shutil.which("fc-list"):
        listed = subprocess.run(
            [lister, ":lang=zh-tw", "family"], capture_output=True, check=False, timeout=30
        ).stdout.decode("utf-8", "replace")
        names = sorted({line.split(",")[0].strip() for line in listed.splitlines() if line.strip()})
        return ", ".join(names[:3]) or None
    for folder in (Path(name) for name in FONT_FOLDERS):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.name.lower().replace("-", "").startswith(CHINESE_FONTS):
                return path.name
    return None
