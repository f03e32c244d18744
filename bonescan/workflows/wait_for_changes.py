"""Wait until something happens in a folder: told by the system, or by looking again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bonescan.batch import Stop

Wait = Callable[[float], frozenset[str] | None]  # seconds → names that changed; None: look at all

SLICE_S = 0.2  # how late a wish to stop may be noticed
LOOK_AT_ALL_EVERY_S = 60.0  # events may be lost; a folder that is looked at is not


def choose_wait(folder: Path, poll_s: float | None, stop: Stop) -> tuple[str, Wait]:
    """Choose how to wait: by events where that works, else by polling.

    Parameters
    ----------
    folder : Path
    poll_s : float, optional
        Poll at least so often (s), as network shares need it; None: by events
        if watchfiles is installed.
    stop : Stop
        Ends a wait early.

    Returns
    -------
    name, wait : str and callable
    """
    if poll_s is None:
        try:
            import watchfiles
        except ImportError:
            return "polling", Polling(stop)
        return "events", Events(watchfiles, folder, stop)
    return "polling", Polling(stop)


class Polling:
    """Wait, then have everything looked at."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def __call__(self, seconds: float) -> frozenset[str] | None:
        """Wait so long, or until somebody wants to stop."""
        until = time.monotonic() + seconds
        while not self._stop.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_S))
        return None


class Events:
    """Wait for the system to tell of changes; everything is looked at once a minute as well."""

    def __init__(self, watchfiles: Any, folder: Path, stop: Stop) -> None:
        self._root = folder.resolve()
        self._stop = stop
        self._looked = time.monotonic()
        self._changes = watchfiles.watch(
            self._root,
            watch_filter=None,
            debounce=200,
            step=50,
            rust_timeout=int(SLICE_S * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )

    def __call__(self, seconds: float) -> frozenset[str] | None:
        """Wait until something changes, at most so long."""
        until = time.monotonic() + seconds
        names: set[str] = set()
        while not self._stop.asked and time.monotonic() < until:
            changes = next(self._changes, None)
            if changes is None:  # the watch has ended: look at everything instead
                return Polling(self._stop)(until - time.monotonic())
            names |= {self._top(Path(path)) for _, path in changes}
            if names:
                break
        if time.monotonic() - self._looked >= LOOK_AT_ALL_EVERY_S:
            self._looked = time.monotonic()
            return None
        return frozenset(names)

    def _top(self, path: Path) -> str:
        try:
            return path.relative_to(self._root).parts[0]
        except (ValueError, IndexError):
            return ""
