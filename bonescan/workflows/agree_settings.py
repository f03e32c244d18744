"""What was asked of a comparison, checked before any work is done."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping

from bonescan.errors import UsageError
from bonescan.model.pairs import QUANTITIES
from bonescan.stats.agreement_study import AgreementSettings
from bonescan.stats.deming import INTERVALS as DEMING_INTERVALS
from bonescan.stats.limits_factors import FACTORS
from bonescan.stats.proportions import PROPORTION_METHODS

LABELS = ("rounded", "raw")
LEAST_RESAMPLES = 200  # the ends of a 95 % interval are the fifth of 200 from either side
MOST_RESAMPLES = 100_000
MOST_DAYS = 3650


def agreement_settings(  # noqa: PLR0913 - one keyword for each option of the command
    *,
    loa_ci: str = "carkeet-individual",
    proportion_ci: str = "wilson",
    deming_ratio: float = 1.0,
    deming_ci: str = "jackknife",
    label_from: str = "rounded",
    acceptable_difference: float | str | Mapping[str, float] | None = None,
    quantity: str = "bmd",
    bootstrap: int = 2000,
    seed: int = 20260101,
    max_gap_days: int = 30,
) -> AgreementSettings:
    """Check every option of a comparison.

    Parameters
    ----------
    loa_ci : str
        Interval of the limits of agreement: a key of `FACTORS`.
    proportion_ci, deming_ci, label_from : str
    deming_ratio : float
        var(error of the reference) / var(error of the test), above 0.
    acceptable_difference : float, str or mapping, optional
        A number for `quantity`, or "bmd=0.03,t=0.5".
    quantity : str
        What a bare number is about.
    bootstrap : int
        Resamples, at least 200; 0 for none.
    seed, max_gap_days : int

    Raises
    ------
    UsageError
        BS-E376, with the words that are known.
    """
    _one_of("--loa-ci", loa_ci, tuple(FACTORS))
    _one_of("--proportion-ci", proportion_ci, PROPORTION_METHODS)
    _one_of("--deming-ci", deming_ci, DEMING_INTERVALS)
    _one_of("--label-from", label_from, LABELS)
    if not (math.isfinite(deming_ratio) and deming_ratio > 0.0):
        raise _refused("--deming-ratio", str(deming_ratio), "a number above 0")
    if bootstrap != 0 and not LEAST_RESAMPLES <= bootstrap <= MOST_RESAMPLES:
        raise _refused(
            "--bootstrap", str(bootstrap), f"0, or {LEAST_RESAMPLES} to {MOST_RESAMPLES}"
        )
    if not 0 <= max_gap_days <= MOST_DAYS:
        raise _refused("--max-gap-days", str(max_gap_days), f"0 to {MOST_DAYS}")
    if seed < 0:
        raise _refused("--seed", str(seed), "0 or more")
    return AgreementSettings(
        loa_ci=loa_ci,
        proportion_ci=proportion_ci,
        deming_ratio=deming_ratio,
        deming_ci=deming_ci,
        label_from=label_from,
        acceptable_difference=_acceptable(acceptable_difference, quantity),
        bootstrap_resamples=bootstrap,
        seed=seed,
        max_gap_days=max_gap_days,
    )


def _acceptable(asked: float | str | Mapping[str, float] | None, quantity: str) -> dict[str, float]:
    if asked is None:
        return {}
    if isinstance(asked, Mapping):
        pairs = [(str(name), str(value)) for name, value in asked.items()]
    else:
        parts = [p.strip() for p in str(asked).split(",") if p.strip()]
        pairs = [
            (name.strip(), value) if found else (quantity, name)
            for name, found, value in (p.partition("=") for p in parts)
        ]
    found: dict[str, float] = {}
    for name, text in pairs:
        _one_of("--acceptable-difference", name, QUANTITIES)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0.0):
            raise _refused("--acceptable-difference", text, "a number above 0, or bmd=0.03,t=0.5")
        found[name] = value
    return found


def _one_of(option: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        near = difflib.get_close_matches(word, known, n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise _refused(option, word, f"one of {', '.join(known)}{meant}")


def _refused(option: str, found: str, wanted: str) -> UsageError:
    return UsageError("BS-E376", f"found {option} {found}, wanted {wanted}.")
