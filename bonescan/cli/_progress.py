"""Progress for people: a bar on a terminal, a line a minute elsewhere, and a log for machines."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ._frame import printable

if TYPE_CHECKING:
    from bonescan.model.outcome import Outcome

Tell = Callable[[str, int, int], None]  # (phase, done, all)

LINE_EVERY_S = 60.0


class PhaseProgress:
    """A bar on a terminal, plain lines elsewhere; always on standard error.

    Parameters
    ----------
    clock : callable, optional
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._phase = ""
        self._began = self._said = clock()
        self._shown = 0  # of the phase, when the last line was written
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Tell:
        if sys.stderr.isatty():
            self._start_bar()
        return self.tell

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, phase: str, done: int, total: int) -> None:
        """Take in how far a phase has come."""
        if self._bar is not None:
            self._on_bar(phase, done, total)
        else:
            self._plain(phase, done, total)

    def counted(self) -> str:
        """Write the counts per outcome so far."""
        return " · ".join(f"{n} {word}" for word, n in sorted(self.counts.items()))

    def _start_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        self._bar = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            Remaining(),
            TextColumn("{task.fields[counts]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()

    def _on_bar(self, phase: str, done: int, total: int) -> None:
        if phase not in self._tasks:
            self._began = self._clock()
            self._tasks[phase] = self._bar.add_task(phase, total=total, rate="", counts="")
        self._bar.update(
            self._tasks[phase],
            completed=done,
            total=total,
            rate=self._rate(done),
            counts=self.counted() if phase == "measuring" else "",
        )

    def _plain(self, phase: str, done: int, total: int) -> None:
        now = self._clock()
        if phase != self._phase:
            self._phase, self._began, self._said = phase, now, now
            sys.stderr.write(f"{phase}: {total}\n")
        elif now - self._said >= LINE_EVERY_S:
            self._said = now
            words = [f"{phase}: {done} of {total}", self._rate(done), self._left(done, total)]
            if phase == "measuring":
                words.append(self.counted())
            sys.stderr.write(printable("   ".join(w for w in words if w)) + "\n")

    def _rate(self, done: int) -> str:
        seconds = self._clock() - self._began
        if seconds < 1.0 or not done:
            return ""
        rate = done / seconds
        return f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s"  # noqa: PLR2004 - two digits

    def _left(self, done: int, total: int) -> str:
        seconds = self._clock() - self._began
        if not done or done >= total:
            return ""
        left = round(seconds * (total - done) / done)
        return f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left"


class EventLog:
    """Events as JSON lines: times, counts, codes and hashes; no name, number or path, ever.

    Raises
    ------
    EnvironmentFault
        The file can't be opened.
    """

    def __init__(self, path: Path | None, stream: TextIO | None = None) -> None:
        self._file = stream
        self._ours = path is not None
        if path is not None:
            from bonescan.errors import EnvironmentFault

            try:
                self._file = path.open("a", encoding="utf-8", newline="\n")
            except OSError as error:
                raise EnvironmentFault(
                    "BS-E501", f"the log can't be written: {error.strerror}.", file=path
                ) from error

    def write(self, event: str, **values: object) -> None:
        """Add one line; callers hand in nothing that names a person."""
        if self._file is None:
            return
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._file.write(json.dumps({"at": at, "event": event} | values, allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None and self._ours:
            self._file.close()


class RunProgress(PhaseProgress):
    """Progress of the main job, with counts per outcome and a log."""

    def __init__(self, log: EventLog, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._log = log
        self._logged_phase = ""

    def __enter__(self) -> Tell:
        from bonescan import __version__

        self._log.write("start", version=__version__)
        return super().__enter__()

    def tell(self, phase: str, done: int, total: int) -> None:
        """Take in how far a phase has come."""
        if phase != self._logged_phase:
            self._logged_phase = phase
            self._log.write("phase", phase=phase, total=total)
        super().tell(phase, done, total)

    def noted(self, sha256: str, outcome: Outcome) -> None:
        """Take in what became of one content."""
        self.counts[str(outcome.kind)] += 1
        self._log.write(
            "outcome",
            sha256=sha256,
            outcome=str(outcome.kind),
            format=outcome.format_name,
            carrier=outcome.carrier,
            code=outcome.code,
            n_results=len(outcome.measurements) + sum(len(p.measurements) for p in outcome.parts),
        )

    def ended(self, exit_code: int, outcomes: dict[str, int], seconds: dict[str, float]) -> None:
        """Write the last line of a run."""
        rounded = {phase: round(s, 3) for phase, s in seconds.items()}
        self._log.write("end", exit_code=exit_code, outcomes=outcomes, seconds=rounded)
