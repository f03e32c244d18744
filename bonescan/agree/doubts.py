"""What is odd about numbers before any statistic: sizes, units, an aim that meets nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UsageError, code_info
from bonescan.model.outcome import Problem
from bonescan.model.pairs import SitePairs
from bonescan.model.vocabulary import Severity
from bonescan.stats.agreement_study import AgreementSettings

Array = NDArray[np.float64]

LARGEST = 1e9  # squares and fourth powers of larger numbers leave the range of a float
# areal BMD in g/cm2: below and above lies no adult bone by any DXA (ours; wide on purpose)
LEAST_BMD, LARGEST_BMD = 0.1, 3.0
LARGEST_RATIO = 5.0  # of medians: two scales differ by a fifth, two units by 10 or 1000
TWO_COLUMNS = "pair"  # the site of two columns, whose unit nobody said


def warning(code: str, reason: str) -> Problem:
    """Make a warning of a registered code."""
    return Problem(
        code=code, severity=Severity.WARNING, file="", reason=reason, hint=code_info(code).hint
    )


def refuse_impossible(sites: Sequence[SitePairs], source: str) -> None:
    """Refuse numbers that no measurement has.

    Raises
    ------
    UsageError
        BS-E371, with the row.
    """
    for site in sites:
        for quantity, pair in site.values.items():
            for column, name in zip(pair, (site.reference_name, site.test_name), strict=True):
                size = np.where(np.isfinite(column), np.abs(column), 0.0)
                if size.size and size.max() > LARGEST:
                    row = int(size.argmax())
                    raise UsageError(
                        "BS-E371",
                        f"{site.site}, {quantity} by {name}, {site.labels[row]}: found "
                        f"{column[row]:g}, wanted a number of at most {LARGEST:g}.",
                        file=source,
                    )


def say_doubts(sites: Sequence[SitePairs], settings: AgreementSettings) -> list[Problem]:
    """Warn of units that do not fit, and of an acceptable difference that meets no quantity."""
    found = [
        warning("BS-W376", said)
        for site in sites
        if "bmd" in site.values
        for said in _units(site, *site.values["bmd"])
    ]
    there = {quantity for site in sites for quantity in site.values}
    found += [
        warning(
            "BS-W377",
            f"{quantity}={settings.acceptable_difference[quantity]:g}: found "
            f"{', '.join(sorted(there))} and no {quantity}; nothing was judged.",
        )
        for quantity in settings.acceptable_difference
        if quantity not in there
    ]
    return found


def _units(site: SitePairs, reference: Array, test: Array) -> Iterator[str]:
    medians = []
    for column, name in ((reference, site.reference_name), (test, site.test_name)):
        known = column[np.isfinite(column)]
        if not known.size:
            return
        medians.append(float(np.median(known)))
        outside = known[(known < LEAST_BMD) | (known > LARGEST_BMD)]
        if outside.size and site.site != TWO_COLUMNS:
            yield (
                f"{site.site}, bmd by {name}: {outside.size} of {known.size} values lie outside "
                f"{LEAST_BMD:g} to {LARGEST_BMD:g} g/cm², as {outside[0]:g}."
            )
    low, high = sorted(abs(m) for m in medians)
    if low > 0.0 and high > LARGEST_RATIO * low:
        yield (
            f"{site.site}, bmd: the medians {medians[0]:g} by {site.reference_name} and "
            f"{medians[1]:g} by {site.test_name} differ {high / low:.1f}-fold."
        )
