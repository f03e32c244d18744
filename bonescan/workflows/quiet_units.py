"""Which parts of a watched folder have been quiet long enough to be complete."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bonescan.files.ignore_rules import IgnoreRules, read_ignore_file

from .collect_inputs import stem_of

Signature = frozenset[tuple[str, int, int]]  # (path, bytes, time of change in ns) of every file


@dataclass(slots=True)
class _Unit:
    """A folder directly below the watched one, or its files of one stem."""

    names: frozenset[str]
    signature: Signature
    changed_at: float
    done: Signature = field(default=frozenset())


class QuietUnits:
    """Watched folder as units, each of which is complete when it has not changed for a while.

    A unit is a folder directly below the watched one with everything in it (a
    study as exporters write it), or the files of one stem that lie in the
    watched folder itself (a capture and its description). Size and time of
    change of each file count; clocks of other machines don't: a unit is quiet
    when we saw no change.

    Parameters
    ----------
    folder, out : Path
        `out` may lie inside; it is not looked at.
    quiet_s : float
    ignore : iterable of str
        Patterns, beside the `.bonescanignore` of the folder.
    """

    def __init__(self, folder: Path, out: Path, quiet_s: float, ignore: Iterable[str] = ()) -> None:
        self._folder, self._out, self._quiet_s = folder, os.path.realpath(out), quiet_s
        self._patterns = tuple(ignore)
        self._units: dict[str, _Unit] = {}

    def look(self, now: float, changed: frozenset[str] | None = None) -> None:
        """Take in the state of the folder at `now` (s, monotonic).

        Parameters
        ----------
        now : float
        changed : frozenset of str, optional
            Names directly below the folder in which something happened; None: look at all.
        """
        rules = read_ignore_file(self._folder) + IgnoreRules.of(self._patterns)
        keys: dict[str, set[str]] = {}
        for entry in self._entries("", rules):
            key = f"{entry.name}/" if _is_folder(entry) else stem_of(entry.name)
            keys.setdefault(key, set()).add(entry.name)
        for gone in set(self._units) - set(keys):
            del self._units[gone]
        for key, names in keys.items():
            unit = self._units.get(key)
            same_names = unit is not None and unit.names == names
            if same_names and changed is not None and changed.isdisjoint(names):
                continue
            signature = frozenset(self._files(names, rules))
            if unit is None:
                self._units[key] = _Unit(frozenset(names), signature, now)
            elif unit.signature != signature:
                unit.names, unit.signature, unit.changed_at = frozenset(names), signature, now

    def ready(self, now: float) -> dict[str, frozenset[str]]:
        """Name the units that are complete and not done: key → names below the folder."""
        return {
            key: unit.names
            for key, unit in sorted(self._units.items())
            if unit.signature
            and unit.signature != unit.done
            and now - unit.changed_at >= self._quiet_s
        }

    def waits(self) -> bool:
        """Whether something is there that is not done."""
        return any(u.signature and u.signature != u.done for u in self._units.values())

    def mark_done(self, keys: Iterable[str]) -> None:
        """Remember that these units were worked on as they were last seen."""
        for key in keys:
            if key in self._units:
                self._units[key].done = self._units[key].signature

    def postpone(self, keys: Iterable[str], now: float) -> None:
        """Try these units again after another quiet time."""
        for key in keys:
            if key in self._units:
                self._units[key].changed_at = now

    def _entries(self, below: str, rules: IgnoreRules) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(self._folder / below) as listing:
                found = list(listing)
        except OSError:  # it is being moved or has gone; the next look tells
            return
        for entry in found:
            file = f"{below}/{entry.name}" if below else entry.name
            if rules.why(file, is_folder=_is_folder(entry)):
                continue
            if _is_folder(entry) and os.path.realpath(entry.path) == self._out:
                continue
            yield entry

    def _files(self, names: Iterable[str], rules: IgnoreRules) -> Iterator[tuple[str, int, int]]:
        waiting = [e for e in self._entries("", rules) if e.name in set(names)]
        while waiting:
            entry = waiting.pop()
            below = os.path.relpath(entry.path, self._folder).replace(os.sep, "/")
            if _is_folder(entry):
                waiting += self._entries(below, rules)
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            yield below, found.st_size, found.st_mtime_ns


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
