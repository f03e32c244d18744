"""Watch a folder and measure each study once it is complete, until told to stop."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.batch import Stop
from bonescan.errors import BonescanError, EnvironmentFault, NothingUsable, UsageError
from bonescan.settings import Settings

from .collect_inputs import InputRules
from .quiet_units import QuietUnits
from .run_folder import EXIT_INTERRUPTED, Noted, Progress, RunSummary, run_folder
from .wait_for_changes import Wait

DEFAULT_QUIET_S = 30.0
DEFAULT_POLL_S = 5.0
Events = Callable[..., None]  # (event, **values); nothing in it names a person


@dataclass(kw_only=True)
class Watched:
    """What a watch has done by its end."""

    exit_code: int
    n_runs: int = 0
    n_failed: int = 0
    n_measured: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, kw_only=True)
class WatchSettings:
    """How to watch, and the settings of each run."""

    run: Settings = dataclasses.field(default_factory=Settings)
    quiet_s: float = DEFAULT_QUIET_S
    poll_s: float = DEFAULT_POLL_S
    subjects: Path | None = None
    rules: InputRules = dataclasses.field(default_factory=InputRules)


def watch_folder(
    folder: Path,
    out: Path,
    how: WatchSettings,
    *,
    stop: Stop,
    wait: Wait,
    events: Events,
    told: tuple[Progress | None, Noted | None] = (None, None),
    clock: Callable[[], float] = time.monotonic,
) -> Watched:
    """Run on whatever has been quiet for a while, again and again.

    All state is in the store of `out`: a watch that is started again looks at
    everything once, finds what is done to be done, and goes on.

    Parameters
    ----------
    folder, out : Path
    how : WatchSettings
    stop : Stop
        Ends the watch between two runs; a run ends by its own handler.
    wait : callable
        See `wait_for_changes`.
    events : callable
        Told of what happens.
    told : pair of callables
        Progress and outcomes of each run.
    clock : callable
        Seconds that only grow.

    Returns
    -------
    watched : Watched

    Raises
    ------
    UsageError
        `folder` is no folder.
    """
    if not folder.is_dir():
        raise UsageError("BS-E302", f"there is no folder {folder}, wanted one to watch.")
    units = QuietUnits(folder, out, how.quiet_s, how.rules.ignore)
    done = Watched(exit_code=EXIT_INTERRUPTED)
    changed: frozenset[str] | None = None
    events("watching", quiet_s=how.quiet_s)
    while not stop.asked:
        units.look(clock(), changed)
        ready = units.ready(clock())
        if ready:
            names = frozenset().union(*ready.values())
            summary = _run(folder, out, how, names, events, told)
            _count(done, summary)
            if isinstance(summary, RunSummary) and summary.exit_code == EXIT_INTERRUPTED:
                break
            if isinstance(summary, EnvironmentFault):
                units.postpone(ready, clock())  # the disk may have room later
            else:
                units.mark_done(ready)
        changed = wait(min(how.poll_s, how.quiet_s) if units.waits() else how.poll_s)
    events("stopped", runs=done.n_runs, measured=done.n_measured)
    return done


def _run(
    folder: Path,
    out: Path,
    how: WatchSettings,
    names: frozenset[str],
    events: Events,
    told: tuple[Progress | None, Noted | None],
) -> RunSummary | BonescanError:
    """Run on what is complete; nothing that goes wrong ends the watch."""
    events("complete", n_names=len(names))
    rules = dataclasses.replace(how.rules, only=names)
    try:
        summary = run_folder(
            [folder], out, how.run, how.subjects, told[0], noted=told[1], rules=rules
        )
    except BonescanError as error:
        events("failed", code=error.code)
        return error
    events(
        "run",
        exit_code=summary.exit_code,
        inputs=summary.n_inputs,
        measured=summary.n_measured,
        already_done=summary.n_already_done,
        kept_results=summary.n_kept,
        outcomes=summary.input_outcomes,
        seconds=round(sum(summary.seconds.values()), 3),
    )
    return summary


def _count(done: Watched, summary: RunSummary | BonescanError) -> None:
    if isinstance(summary, RunSummary):
        done.n_runs += 1
        done.n_measured += summary.n_measured
    elif not isinstance(summary, NothingUsable):
        done.n_failed += 1
