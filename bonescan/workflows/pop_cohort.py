"""A cohort of pregnancies from a table: every figure that a report of it needs."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bonescan.errors import NothingUsable, UsageError, code_info
from bonescan.files.pop_cohort_csv import is_unknown, read_pop_cohort, visit_counts
from bonescan.model.change import ChangeVerdict
from bonescan.model.outcome import Problem
from bonescan.model.pop_cohort import FIRST_VISIT, PopTable
from bonescan.model.vocabulary import Severity
from bonescan.stats.logistic import LogisticModel, fit_logistic
from bonescan.stats.precision import LSC_95_FACTOR
from bonescan.stats.record import Record, Significance
from bonescan.track.pop_cohort import (
    LEAST_WOMEN,
    OWN_REPEATS,
    CohortModel,
    PairedChange,
    Replicates,
    Visit,
    average_scans,
    completers,
    devices_stand_for_visits,
    fit_visits,
    missing_patterns,
    paired_change,
    replicate_precision,
    visits_matter,
)
from bonescan.track.pop_women import Woman, follow_women

LEVELS = 2  # a covariate of two words becomes 0 and 1
CALIBRATION_GROUPS = 5
CONFOUNDED = "devices can't be told from visits here: fitted without the device"
JUDGED = frozenset({ChangeVerdict.DECREASE, ChangeVerdict.INCREASE, ChangeVerdict.NOT_SHOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What women are judged by."""

    error_g_cm2: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """A model beside the main one, or why there is none; both where it is another than asked."""

    model: CohortModel | None
    reason: str
    n_women_left_out: int = 0
    unknown: dict[str, int] = field(default_factory=dict)  # women by covariate

    def to_dict(self) -> dict[str, Any]:
        """Give the model, or the reason against it."""
        return {
            "mixed_model": None if self.model is None else _model(self.model),
            "contrasts_vs_T1": None
            if self.model is None
            else [c.to_dict() for c in self.model.contrasts],
            "reason": self.reason,
            "n_women_left_out": self.n_women_left_out,
            "women_unknown": self.unknown,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationGroup(Record):
    """Women of like predicted risk; `observed` of them had the event."""

    n: int
    n_events: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRisk:
    """A fitted risk of a loss, or why there is none."""

    visit: str
    model: LogisticModel | None
    n_events: int
    reason: str
    n_judged: int = 0
    n_left_out: int = 0  # judged, a covariate unknown
    calibration: tuple[CalibrationGroup, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the model, or the reason against it."""
        return {
            "visit": self.visit,
            "event": "a loss from the first visit that reaches the least significant change",
            "n_judged": self.n_judged,
            "n_events": self.n_events,
            "n_left_out_covariate_unknown": self.n_left_out,
            "calibration_in_the_same_women": [g.to_dict() for g in self.calibration],
            "model": None if self.model is None else self.model.to_dict(),
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class CohortReport:
    """Everything about one cohort."""

    source: str
    table: PopTable
    counts: dict[str, int]
    n_women: int
    replicates: Replicates
    precision: Precision
    model: CohortModel
    without_device: CohortModel
    log_scale: CohortModel
    devices_stand_for_visits: bool
    of_completers: Sensitivity
    n_completers: int
    with_covariates: Sensitivity | None
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
        found = list(self.table.problems)
        if self.devices_stand_for_visits:
            found.append(
                Problem(
                    code="BS-W446",
                    severity=Severity.WARNING,
                    file=self.source,
                    reason=f"{CONFOUNDED}.",
                    hint=code_info("BS-W446").hint,
                )
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Give the document of ``pop cohort --json``."""
        return {
            "quantity": self.table.quantity,
            "n_women": self.n_women,
            "visit_counts": self.counts,
            "n_rows_without_value": self.table.n_missing,
            "set_aside": [
                {"line": s.line, "woman_id": s.woman_id, "visit": s.visit, "reason": why}
                for s, why in zip(self.table.set_aside, self.table.why_aside, strict=True)
            ],
            "out_of_window_kept": [dataclasses.asdict(o) for o in self.table.out_of_window],
            "technique": self.table.technique,
            "n_rows_of_other_techniques": self.table.n_other_technique,
            "devices_stand_for_visits": self.devices_stand_for_visits,
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
            "completers": {"n_women": self.n_completers} | self.of_completers.to_dict(),
            "with_covariates": None
            if self.with_covariates is None
            else self.with_covariates.to_dict(),
            "visits_matter": self.visits_matter.to_dict(),
            "paired_change_vs_T1": {p.visit: p.to_dict() for p in self.paired},
            "verdicts": self.verdicts,
            "reaching_lsc_same_device": reaching_lsc(self.women, self.table.visits[1:]),
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
    technique: str = "",
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
    technique : str, optional
        Whose scans to take; a table with several is refused without it.

    Raises
    ------
    UsageError, NothingUsable
        A column is missing; a precision error that is none; several techniques; nothing to
        analyse.
    """
    if precision_error is not None and not 0.0 < precision_error < 1.0:
        raise UsageError(
            "BS-E440", f"found a precision error of {precision_error}, wanted g/cm² above 0."
        )
    table = read_pop_cohort(path, value, technique)
    visits = average_scans(table.scans)
    _refuse_the_empty(table, path)
    names = table.visits
    replicates = replicate_precision(table.scans)
    precision = _precision(precision_error, replicates)
    lsc = None if precision.error_g_cm2 is None else LSC_95_FACTOR * precision.error_g_cm2
    numbers = {name: _by_woman(table, name, path) for name in covariates}
    several = table.has_devices and len({v.device for v in visits}) > 1
    confounded = several and devices_stand_for_visits(visits, names)
    with_device = several and not confounded
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
        source=path.name,
        table=table,
        counts=visit_counts(table.scans),
        n_women=len({v.woman_id for v in visits}),
        replicates=replicates,
        precision=precision,
        model=model,
        without_device=without,
        log_scale=logs,
        devices_stand_for_visits=confounded,
        of_completers=_sensitivity(complete, names, {}, with_device=several),
        n_completers=len({v.woman_id for v in complete}),
        with_covariates=_sensitivity(visits, names, numbers, with_device=several)
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
        if not is_unknown(cells[column]):
            texts.setdefault(scan.woman_id, cells[column])
    numbers = {woman: _number(text) for woman, text in texts.items()}
    known = {woman: n for woman, n in numbers.items() if n is not None}
    if len(known) == len(texts):
        return known
    levels = sorted(set(texts.values()))
    if len(levels) != LEVELS or known:
        raise UsageError(
            "BS-E440",
            f"found {', '.join(levels[:5])} in the column {column}, wanted numbers or two words.",
            file=path,
        )
    return {woman: float(text == levels[1]) for woman, text in texts.items()}


def reaching_lsc(women: Sequence[Woman], visits: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count women by visit: compared on one device, scans averaged, against their own LSC."""
    found = {}
    for visit in visits:
        words = [{c.verdict for c in w.changes if c.visit == visit} & JUDGED for w in women]
        if any(words):
            found[visit] = {
                "n_compared": sum(bool(w) for w in words),
                "n_loss": sum(ChangeVerdict.DECREASE in w for w in words),
                "n_gain": sum(ChangeVerdict.INCREASE in w for w in words),
            }
    return found


def _risk(women: Sequence[Woman], visit: str, covariates: dict[str, dict[str, float]]) -> LossRisk:
    judged = {
        w.woman_id: c.verdict is ChangeVerdict.DECREASE
        for w in women
        for c in w.changes
        if c.visit == visit and c.verdict in JUDGED
    }
    n_events = sum(judged.values())
    n_judged = len(judged)
    if not covariates:
        reason = (
            f"no covariates asked for (--covariate); {n_events} events allow "
            f"{min(n_events, n_judged - n_events) // 10}"
        )
        return LossRisk(
            visit=visit, model=None, n_events=n_events, reason=reason, n_judged=n_judged
        )
    ids = [w for w in judged if all(w in known for known in covariates.values())]
    rows = [[known[w] for known in covariates.values()] for w in ids]
    events = [float(judged[w]) for w in ids]
    model, reason = None, ""
    groups: tuple[CalibrationGroup, ...] = ()
    try:
        if not ids:
            raise ValueError("found no woman with a verdict and every covariate")  # noqa: TRY301 - one way out
        model = fit_logistic(rows, events, list(covariates))
        groups = _calibration(model.predict(rows).tolist(), events)
    except ValueError as error:
        reason = str(error)
    return LossRisk(
        visit=visit,
        model=model,
        n_events=n_events,
        reason=reason,
        n_judged=n_judged,
        n_left_out=n_judged - len(ids),
        calibration=groups,
    )


def _calibration(
    predicted: Sequence[float], events: Sequence[float]
) -> tuple[CalibrationGroup, ...]:
    """Hold predicted against observed risk in fifths of the predicted; ties stay together."""
    pairs = sorted(zip(predicted, events, strict=True))
    cuts = {pairs[n * len(pairs) // CALIBRATION_GROUPS][0] for n in range(1, CALIBRATION_GROUPS)}
    groups: dict[int, list[tuple[float, float]]] = {}
    for risk, event in pairs:
        groups.setdefault(sum(risk >= cut for cut in cuts), []).append((risk, event))
    return tuple(
        CalibrationGroup(
            n=len(same),
            n_events=int(sum(e for _, e in same)),
            predicted=math.fsum(r for r, _ in same) / len(same),
            observed=sum(e for _, e in same) / len(same),
        )
        for same in groups.values()
    )


def _sensitivity(
    visits: Sequence[Visit],
    names: Sequence[str],
    covariates: dict[str, dict[str, float]],
    *,
    with_device: bool,
) -> Sensitivity:
    """Fit a model beside the main one; where it can't be, say why."""
    women = {v.woman_id for v in visits}
    unknown = {name: len(women - known.keys()) for name, known in covariates.items()}
    left = {w for w in women if any(w not in known for known in covariates.values())}
    used = [v for v in visits if v.woman_id not in left]
    model, reason = None, ""
    if not used:
        reason = "found no woman for it"
    else:
        if with_device and devices_stand_for_visits(used, names):
            with_device, reason = False, CONFOUNDED
        try:
            model = fit_visits(used, names, covariates, with_device=with_device)
        except ValueError as error:
            reason = str(error)
    return Sensitivity(model=model, reason=reason, n_women_left_out=len(left), unknown=unknown)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _model(model: CohortModel) -> dict[str, Any]:
    plain = model.to_dict()
    plain.pop("contrasts")
    return plain


def _percent(log_difference: float) -> float:
    return 100.0 * math.expm1(log_difference)
