"""Who is who: first readings of replicates, and whether people come several times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UsageError
from bonescan.model.pairs import SitePairs

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which rows are analysed, and whether they are one a person."""

    first: Rows  # in their order
    has_replicates: bool
    clustered: bool
    n_people: int


def lay_out(pairs: SitePairs, *, several_pairs: bool) -> Layout:
    """Find out how rows and people belong together.

    Parameters
    ----------
    pairs : SitePairs
    several_pairs : bool
        Several rows a person are visits, to be analysed as clusters.

    Returns
    -------
    layout : Layout
        With replicates, the first reading of each person; else every row.

    Raises
    ------
    UsageError
        BS-E373 for people with several rows that neither a replicate column
        nor `several_pairs` explains, or with one reading twice.
    """
    every = np.arange(pairs.n_rows)
    n_people = len(set(pairs.subjects))
    if pairs.replicates is not None:
        first = _first_readings(pairs)
        return Layout(first=first, has_replicates=True, clustered=False, n_people=n_people)
    clustered = n_people < pairs.n_rows
    if clustered and not several_pairs:
        twice = _first_repeated(pairs.subjects)
        raise UsageError(
            "BS-E373",
            f"found {pairs.n_rows} rows of {n_people} subjects ({twice!r} more than once), wanted "
            "one row a subject.",
        )
    return Layout(first=every, has_replicates=False, clustered=clustered, n_people=n_people)


def _first_repeated(subjects: tuple[str, ...]) -> str:
    seen: set[str] = set()
    for subject in sorted(subjects):
        if subject in seen:
            return subject
        seen.add(subject)
    return ""


def _first_readings(pairs: SitePairs) -> Rows:
    """Take each person's lowest reading number; numbers compare as numbers where all are."""
    readings = pairs.replicates or ()
    try:
        order: list[float | str] = [float(r) for r in readings]
    except ValueError:
        order = list(readings)
    best: dict[str, int] = {}
    seen: set[tuple[str, float | str]] = set()
    for row, (subject, reading) in enumerate(zip(pairs.subjects, order, strict=True)):
        if (subject, reading) in seen:
            raise UsageError(
                "BS-E373",
                f"found reading {readings[row]!r} of subject {subject!r} twice, wanted each once.",
            )
        seen.add((subject, reading))
        if subject not in best or order[best[subject]] > reading:  # type: ignore[operator]
            best[subject] = row
    return np.array(sorted(best.values()), dtype=np.intp)
