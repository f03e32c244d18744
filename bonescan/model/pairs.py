"""Two methods on the same bones: the rows of one site, gaps and all, before any statistic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Words = tuple[str | None, ...]

QUANTITIES = ("bmd", "t", "z")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SitePairs:
    """Every row of one site; all columns have one length.

    Attributes
    ----------
    site : str
        Site id, the prefix of the columns, or "pair".
    reference_name, test_name : str
        The methods as the data name them ("dxa", "rems").
    labels : tuple of str
        What names a row to a person: "line 7", or pseudonym and date.
    subjects : tuple of str
        Who the row is of; rows of one subject are not independent.
    has_subjects : bool
        False when nothing says who is who, and every row counts as a person.
    replicates : tuple of str, or None
        Which reading of the subject the row is.
    values : mapping
        "bmd" (g/cm2, or the unit of two unknown columns), "t", "z" to the pair
        (reference, test), each (n,) float64 with NaN for a gap.
    numbers : mapping
        "age_years", "bmi_kg_m2", "depth_mm", "gap_days" (test − reference),
        "day" (of the test exam, for serial pairs), "fracture" (1, 0): (n,)
        float64 with NaN for unknown.
    words : mapping
        "sex", "device", "maker", "reference_id", "test_reference_id": one word
        a row, None for unknown.
    rejected : (n,) bool
        The test scan was judged unusable: disagreement before exclusions, out
        afterwards.
    t_as_given : (reference, test), or None
        T as each method printed it, where `values["t"]` was re-scored to one
        reference.
    notes : tuple of str
        What was done to the rows, in sentences for a report.
    """

    site: str
    reference_name: str
    test_name: str
    labels: tuple[str, ...]
    subjects: tuple[str, ...]
    has_subjects: bool = True
    replicates: tuple[str, ...] | None = None
    values: Mapping[str, tuple[Array, Array]]
    numbers: Mapping[str, Array] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    rejected: NDArray[np.bool_]
    t_as_given: tuple[Array, Array] | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Count the rows, pairs or not."""
        return len(self.labels)

    @property
    def has_exclusions(self) -> bool:
        """Tell whether any scan was judged unusable."""
        return bool(self.rejected.any())

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> SitePairs:
        """Keep some rows, in their order."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows

        def some(words: Words) -> Words:
            return tuple(words[i] for i in index)

        given = self.t_as_given
        return SitePairs(
            site=self.site,
            reference_name=self.reference_name,
            test_name=self.test_name,
            labels=tuple(self.labels[i] for i in index),
            subjects=tuple(self.subjects[i] for i in index),
            has_subjects=self.has_subjects,
            replicates=None
            if self.replicates is None
            else tuple(self.replicates[i] for i in index),
            values={k: (x[index], y[index]) for k, (x, y) in self.values.items()},
            numbers={k: v[index] for k, v in self.numbers.items()},
            words={k: some(v) for k, v in self.words.items()},
            rejected=self.rejected[index],
            t_as_given=None if given is None else (given[0][index], given[1][index]),
            notes=self.notes,
        )
