"""A cohort of pregnancies from a table: every figure that a report of it needs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import NothingUsable, UsageError
from bonescan.files.pop_cohort_csv import read_pop_cohort, visit_counts
from bonescan.model.change import ChangeVerdict
from bonescan.model.outcome import Problem
from bonescan.model.pop_cohort import FIRST_VISIT, PopTable
from bonescan.stats.logistic import LogisticModel, fit_logistic
from bonescan.stats.precision import LSC_95_FACTOR
from bonescan.stats.record import Significance
from bonescan.track.pop_cohort import (
    LEAST_WOMEN,
    OWN_REPEATS,
    CohortModel,
    PairedChange,
    Replicates,
    average_scans,
    completers,
    fit_visits,
    missing_patterns,
    paired_change,
    replicate_precision,
    visits_matter,
)
from bonescan.track.pop_women import Woman, follow_women

LEVELS = 2  # a covariate of two words becomes 0 and 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What women are judged by."""

    error_g_cm2: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRisk:
    """A fitted risk of a loss, or why there is none."""

    visit: str
    model: LogisticModel | None
    n_events: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Give the model, or the reason against it."""
        return {
            "visit": self.visit,
            "event": "a loss from the first visit that reaches the least significant change",
            "n_events": self.n_events,
            "model": None if self.model is None else self.model.to_dict(),
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class CohortReport:
    """Everything about one cohort."""

    table: PopTable
    counts: dict[str, int]
    n_women: int
    replicates: Replicates
    precision: Precision
    model: CohortModel
    without_device: CohortModel
    log_scale: CohortModel
    of_completers: CohortModel | None
    n_completers: int
    with_covariates: CohortModel | None
    visits_matter: Significance
    paired: tuple[PairedChange, ...]
    women: tuple[Woman, ...]
    patterns: dict[str, int]
    risks: tuple[LossRisk, ...]

    @property
    def verdicts(self) -> dict[str, dict[str, int]]:
        """Count the verdicts by visit."""
        counts: dict[str, Counter[str]] = {}
        for woman in self.women:
            for change in woman.changes:
                counts.setdefault(change.visit, Counter())[str(change.verdict)] += 1
        return {v: dict(sorted(counts[v].items())) for v in self.table.visits if v in counts}

    @property
    def problems(self) -> list[Problem]:
        """What was set aside, and why."""
        return list(self.table.problems)

    def to_dict(self) -> dict[str, Any]:
        """Give the document of ``pop cohort --json``."""
        return {
            "quantity": self.table.quantity,
            "n_women": self.n_women,
            "visit_counts": self.counts,
            "n_rows_without_value": self.table.n_missing,
            "set_aside": [
                {"line": s.line, "woman_id": s.woman_id, "visit": s.visit}
                for s in self.table.set_aside
            ],
            "replicates": self.replicates.to_dict(),
            "precision": {
                "error_g_cm2": self.precision.error_g_cm2,
                "source": self.precision.source,
            },
            "mixed_model": _model(self.model),
            "contrasts_vs_T1": [c.to_dict() for c in self.model.contrasts],
            "without_device": {
                "mixed_model": _model(self.without_device),
                "contrasts_vs_T1": [c.to_dict() for c in self.without_device.contrasts],
            },
            "percent_by_log_model": {c.visit: _percent(c.est) for c in self.log_scale.contrasts},
            "completers": {
                "n_women": self.n_completers,
                "mixed_model": None if self.of_completers is None else _model(self.of_completers),
            },
            "with_covariates": None
            if self.with_covariates is None
            else _model(self.with_covariates),
            "visits_matter": self.visits_matter.to_dict(),
            "paired_change_vs_T1": {p.visit: p.to_dict() for p in self.paired},
            "verdicts": self.verdicts,
            "missing_patterns": self.patterns,
            "individual": [w.to_dict() for w in self.women],
            "loss_risk": [r.to_dict() for r in self.risks],
        }


def cohort_of_file(
    path: Path,
    *,
    value: str = "",
    precision_error: float | None = None,
    covariates: Sequence[str] = (),
) -> CohortReport:
    """Analyse a cohort.

    Parameters
    ----------
    path : Path
        CSV, one row a scan (`bonescan.files.pop_cohort_csv`).
    value : str, optional
        The value column, where there are several.
    precision_error : float, optional
        RMS-SD of one scan from the site's own study, g/cm². Without it the repeats of the
        cohort itself are taken where they have 30 degrees of freedom; otherwise no woman
        gets a verdict.
    covariates : sequence of str
        Columns of the adjusted model and of the risk; the main model has none.

    Raises
    ------
    UsageError, NothingUsable
        A column is missing; a precision error that is none; nothing to analyse.
    """
    if precision_error is not None and not 0.0 < precision_error < 1.0:
        raise UsageError(
            "BS-E440", f"found a precision error of {precision_error}, wanted g/cm² above 0."
        )
    table = read_pop_cohort(path, value)
    visits = average_scans(table.scans)
    _refuse_the_empty(table, path)
    names = table.visits
    replicates = replicate_precision(table.scans)
    precision = _precision(precision_error, replicates)
    lsc = None if precision.error_g_cm2 is None else LSC_95_FACTOR * precision.error_g_cm2
    numbers = {name: _by_woman(table, name, path) for name in covariates}
    with_device = table.has_devices and len({v.device for v in visits}) > 1
    complete = completers(visits, names)
    try:
        model = fit_visits(visits, names, with_device=with_device)
        without = fit_visits(visits, names, with_device=False)
        logs = fit_visits(visits, names, with_device=with_device, log_scale=True)
        matter = visits_matter(visits, names)
    except ValueError as error:
        raise NothingUsable("BS-E441", f"the model: {error}.", file=path) from error
    women = follow_women(visits, names, precision.error_g_cm2)
    return CohortReport(
        table=table,
        counts=visit_counts(table.scans),
        n_women=len({v.woman_id for v in visits}),
        replicates=replicates,
        precision=precision,
        model=model,
        without_device=without,
        log_scale=logs,
        of_completers=_try(lambda: fit_visits(complete, names, with_device=with_device)),
        n_completers=len({v.woman_id for v in complete}),
        with_covariates=_try(lambda: fit_visits(visits, names, numbers, with_device=with_device))
        if numbers
        else None,
        visits_matter=matter,
        paired=tuple(p for n in names[1:] if (p := paired_change(visits, n, lsc)) is not None),
        women=women,
        patterns=missing_patterns(visits, names),
        risks=tuple(_risk(women, n, numbers) for n in names[1:]),
    )


def _refuse_the_empty(table: PopTable, path: Path) -> None:
    came: dict[str, set[str]] = {}
    for scan in table.scans:
        came.setdefault(scan.woman_id, set()).add(scan.visit)
    both = sum(FIRST_VISIT in v and len(v) > 1 for v in came.values())
    if both < LEAST_WOMEN:
        raise NothingUsable(
            "BS-E441",
            f"found {both} women with {FIRST_VISIT} and a later visit, wanted {LEAST_WOMEN}.",
            file=path,
        )


def _precision(given: float | None, replicates: Replicates) -> Precision:
    if given is not None:
        return Precision(error_g_cm2=given, source="given: the site's own precision study")
    if replicates.enough and replicates.lsc is not None:
        return Precision(
            error_g_cm2=replicates.rms_sd,
            source=f"{OWN_REPEATS}, {replicates.df} degrees of freedom",
        )
    return Precision(
        error_g_cm2=None,
        source=f"unknown: repeats of the cohort have {replicates.df} degrees of freedom, wanted 30",
    )


def _by_woman(table: PopTable, column: str, path: Path) -> dict[str, float]:
    """Take a covariate as one number a woman: that of her first row that has one."""
    texts: dict[str, str] = {}
    for scan in table.scans:
        cells = dict(scan.covariates)
        if column not in cells:
            raise UsageError("BS-E440", f"found no column {column}.", file=path)
        if cells[column]:
            texts.setdefault(scan.woman_id, cells[column])
    numbers = {woman: _number(text) for woman, text in texts.items()}
    known = {woman: n for woman, n in numbers.items() if n is not None}
    if len(known) == len(texts):
        return known
    levels = sorted(set(texts.values()))
    if len(levels) != LEVELS:
        raise UsageError(
            "BS-E440",
            f"found {', '.join(levels[:5])} in the column {column}, wanted numbers or two words.",
            file=path,
        )
    return {woman: float(text == levels[1]) for woman, text in texts.items()}


def _risk(women: Sequence[Woman], visit: str, covariates: dict[str, dict[str, float]]) -> LossRisk:
    judged = {
        w.woman_id: c.verdict is ChangeVerdict.DECREASE
        for w in women
        for c in w.changes
        if c.visit == visit
        and c.verdict in {ChangeVerdict.DECREASE, ChangeVerdict.INCREASE, ChangeVerdict.NOT_SHOWN}
    }
    n_events = sum(judged.values())
    if not covariates:
        return LossRisk(
            visit=visit,
            model=None,
            n_events=n_events,
            reason=f"no covariates asked for (--covariate); {n_events} events allow "
            f"{min(n_events, len(judged) - n_events) // 10}",
        )
    ids = [w for w in judged if all(w in known for known in covariates.values())]
    rows = [[known[w] for known in covariates.values()] for w in ids]
    try:
        model = fit_logistic(rows, [float(judged[w]) for w in ids], list(covariates))
    except ValueError as error:
        return LossRisk(visit=visit, model=None, n_events=n_events, reason=str(error))
    return LossRisk(visit=visit, model=model, n_events=n_events, reason="")


def _try(fit: Callable[[], CohortModel]) -> CohortModel | None:
    """Fit a sensitivity analysis; too few women for it leave it out of the report."""
    try:
        return fit()
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _model(model: CohortModel) -> dict[str, Any]:
    plain = model.to_dict()
    plain.pop("contrasts")
    return plain


def _percent(log_difference: float) -> float:
    return 100.0 * math.expm1(log_difference)
