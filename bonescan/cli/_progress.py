"""Progress for people: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable

Tell = Callable[[str, int, int], None]  # (phase, done, all)


class PhaseProgress:
    """A bar on a terminal, one plain line a phase elsewhere; always on standard error."""

    def __init__(self) -> None:
        self._bar: object | None = None
        self._phase = ""

    def __enter__(self) -> Tell:
        return self._on_terminal() if sys.stderr.isatty() else self._plain

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()  # type: ignore[attr-defined]

    def _on_terminal(self) -> Tell:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        bar = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            Remaining(),
            console=Console(stderr=True),
            transient=True,
        )
        bar.start()
        self._bar = bar
        phases: dict[str, object] = {}

        def tell(phase: str, done: int, total: int) -> None:
            if phase not in phases:
                phases[phase] = bar.add_task(phase, total=total)
            bar.update(phases[phase], completed=done, total=total)  # type: ignore[arg-type]

        return tell

    def _plain(self, phase: str, _done: int, total: int) -> None:
        if phase != self._phase:
            self._phase = phase
            sys.stderr.write(f"{phase}: {total}\n")
