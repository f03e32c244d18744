"""Control charts of phantom scans: baseline, rules, and a verdict for each stretch."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from bonescan.errors import EnvironmentFault, NothingUsable, UsageError, code_info
from bonescan.files.phantom_csv import PhantomScan, read_phantom_scans
from bonescan.files.tables import safe_text, write_atomically
from bonescan.model.outcome import Problem
from bonescan.model.qc_study import (
    QcBaseline,
    QcChange,
    QcPoint,
    QcStretch,
    QcStudy,
    QcViolation,
)
from bonescan.model.vocabulary import Severity
from bonescan.stats.control_charts import (
    BASELINE_DAYS,
    BASELINE_SCANS,
    CUSUM,
    EXAM,
    PERCENT_LIMIT,
    RULES,
    WESTGARD,
    Baseline,
    Chart,
    Violation,
    baseline_of,
    control_chart,
)

MOST_PERCENT = 10.0
# A device in control has four in a row on one side of its mean every fifteenth scan on average
# (of a fair coin: 2^4 - 1): a reason to look, and none to call the device out of control.
WARNING_RULES = frozenset({"4-same-side"})
_SHOWN = 10
POINT_COLUMNS = (
    "device", "phantom", "stretch", "date", "value", "role", "percent_off", "z_sd",
    "cusum_plus_sd", "cusum_minus_sd", "rules",
)  # fmt: skip


def qc_of_file(
    path: Path,
    *,
    columns: dict[str, str] | None = None,
    percent: float = PERCENT_LIMIT,
    unit: str = "",
) -> tuple[QcStudy, tuple[Problem, ...]]:
    """Judge the phantom scans of a table.

    Parameters
    ----------
    path : Path
        CSV, see `read_phantom_scans`.
    columns : dict, optional
        Names of columns that are called otherwise.
    percent : float, default 1.5
        Limits either side of the baseline's mean.
    unit : str, optional
        Shown beside the values.

    Returns
    -------
    study : QcStudy
        Devices and phantoms apart; every service begins a new baseline.
    problems : tuple of Problem

    Raises
    ------
    UsageError
        For a table or an option that can't be used.
    NothingUsable
        BS-E421 when not one stretch has a baseline.
    """
    if not 0.0 < percent <= MOST_PERCENT:
        raise UsageError("BS-E422", f"found limits of {percent:g} %, wanted above 0 and up to 10.")
    table = read_phantom_scans(path, columns)
    stretches = [s for parts in _stretches(table.scans, percent) for s in parts]
    if not any(s.baseline for s in stretches):
        found = "; ".join(f"{s.name}: {s.reason}" for s in stretches) or "no scan"
        n = len(table.left_out)
        lost = f" {n} rows left out: {_left_out(table.left_out)}" if n else ""
        raise NothingUsable("BS-E421", f"{found[:400]}.{lost}", file=path)
    latest = {(s.device, s.phantom): s for s in stretches}  # the last one stays
    judged = [s.is_out_now for s in latest.values()]
    study = QcStudy(
        source=path.name,
        percent=percent,
        unit=unit,
        stretches=tuple(stretches),
        in_control=False
        if any(s.state == "out-of-control" for s in latest.values())
        else None
        if None in judged
        else True,
    )
    return study, tuple(_problems(study, table.left_out, path.name))


def _stretches(scans: Sequence[PhantomScan], percent: float) -> Iterable[list[QcStretch]]:
    """Part by device and phantom, then by services."""

    def key(scan: PhantomScan) -> tuple[str, str]:
        return scan.device, scan.phantom

    for (device, phantom), own in groupby(sorted(scans, key=key), key=key):  # stable: by day
        parts: list[tuple[str, list[PhantomScan]]] = [("", [])]
        for scan in own:
            if scan.service and parts[-1][1]:
                parts.append((scan.service, []))
            elif scan.service:  # two services without a scan between them
                joined = "; ".join(filter(None, (parts[-1][0], scan.service)))
                parts[-1] = (joined, [])
            if scan.value is not None:
                parts[-1][1].append(scan)
        used = [(service, part) for service, part in parts if part]
        yield [
            _stretch(device, phantom, number, service, part, percent)
            for number, (service, part) in enumerate(used, start=1)
        ]


def _stretch(
    device: str, phantom: str, number: int, service: str, scans: list[PhantomScan], percent: float
) -> QcStretch:
    n_first, kind = _baseline_size(scans)
    values = [s.value or 0.0 for s in scans]
    bare = QcStretch(
        device=device,
        phantom=phantom,
        number=number,
        service=service,
        first=scans[0].day,
        last=scans[-1].day,
        state="no-baseline",
        is_out_now=None,
        exam_rule="",
        westgard="",
        cusum="",
        reason=kind,
        points=tuple(_unjudged(s, "no-baseline") for s in scans),
    )
    if n_first is None:
        return bare
    baseline = baseline_of(values[:n_first], percent)
    chart = control_chart(values[n_first:], baseline)
    later = scans[n_first:]
    broken = chart.broken
    end = len(later) - 1
    return dataclasses.replace(
        bare,
        state=_state(chart, later),
        is_out_now=any(v.last == end and v.rule not in WARNING_RULES for v in chart.violations)
        if later
        else None,
        exam_rule=_in_or_out(broken[EXAM], later),
        westgard=_in_or_out(broken[WESTGARD], later) if baseline.sd else "",
        cusum=_in_or_out(broken[CUSUM], later) if baseline.sd else "",
        reason="" if later else "no scan after the baseline",
        baseline=_baseline(baseline, scans[:n_first], kind),
        points=(
            *(_unjudged(s, "baseline", baseline) for s in scans[:n_first]),
            *_judged(chart, later),
        ),
        violations=tuple(_violation(v, later) for v in chart.violations),
        changes=tuple(_changes(chart, scans, n_first)),
    )


def _baseline_size(scans: Sequence[PhantomScan]) -> tuple[int | None, str]:
    """Count the scans of the baseline, with its kind; None with a reason for too few."""
    by_day = [len(list(own)) for _, own in groupby(scans, key=lambda s: s.day)]
    if by_day[0] >= BASELINE_SCANS:
        return by_day[0], f"{by_day[0]} scans in one day"
    if len(by_day) >= BASELINE_DAYS:
        return sum(by_day[:BASELINE_DAYS]), f"{BASELINE_DAYS} days"
    return None, (
        f"scans on {len(by_day)} days, {by_day[0]} of them on the first, wanted {BASELINE_DAYS} "
        f"days or {BASELINE_SCANS} scans on the first"
    )


def _baseline(baseline: Baseline, scans: Sequence[PhantomScan], kind: str) -> QcBaseline:
    outside = sum(not baseline.lower <= (s.value or 0.0) <= baseline.upper for s in scans)
    return QcBaseline(
        kind=kind,
        first=scans[0].day,
        last=scans[-1].day,
        n=baseline.n,
        mean=baseline.mean,
        sd=baseline.sd,
        cv_percent=baseline.cv_percent,
        lower=baseline.lower,
        upper=baseline.upper,
        n_outside=outside,
    )


def _state(chart: Chart, later: Sequence[PhantomScan]) -> str:
    if not later:
        return "baseline-only"
    rules = {v.rule for v in chart.violations}
    if rules - WARNING_RULES:
        return "out-of-control"
    return "warning" if rules else "in-control"


def _in_or_out(broken: tuple[str, ...], later: Sequence[PhantomScan]) -> str:
    return "" if not later else "out" if broken else "in"


def _unjudged(scan: PhantomScan, role: str, baseline: Baseline | None = None) -> QcPoint:
    value = scan.value or 0.0
    off = None if baseline is None else 100.0 * (value / baseline.mean - 1.0)
    return QcPoint(day=scan.day, value=value, role=role, percent_off=off)


def _judged(chart: Chart, later: Sequence[PhantomScan]) -> list[QcPoint]:
    has_sd = chart.baseline.sd > 0.0
    return [
        QcPoint(
            day=scan.day,
            value=scan.value or 0.0,
            role="judged",
            percent_off=100.0 * ((scan.value or 0.0) / chart.baseline.mean - 1.0),
            z_sd=chart.z[i],
            cusum_plus_sd=chart.plus[i] if has_sd else None,
            cusum_minus_sd=chart.minus[i] if has_sd else None,
            rules=tuple(dict.fromkeys(v.rule for v in chart.violations if v.first <= i <= v.last)),
        )
        for i, scan in enumerate(later)
    ]


def _violation(found: Violation, later: Sequence[PhantomScan]) -> QcViolation:
    family, meaning = RULES[found.rule]
    return QcViolation(
        rule=found.rule,
        family=family,
        meaning=meaning,
        side=found.side,
        first=later[found.first].day,
        last=later[found.last].day,
        value=later[found.first].value or 0.0,
    )


def _changes(chart: Chart, scans: Sequence[PhantomScan], n_first: int) -> Iterable[QcChange]:
    for signal in chart.signals:
        yield QcChange(
            side=signal.side,
            signalled=scans[n_first + signal.signal].day,
            after=scans[n_first + signal.change_after].day,
            first_changed=scans[n_first + signal.change_after + 1].day,
            new_mean=signal.new_mean,
            percent=100.0 * (signal.new_mean / chart.baseline.mean - 1.0),
        )


def _problems(study: QcStudy, left_out: Sequence[str], file: str) -> Iterable[Problem]:
    if left_out:
        yield _problem("BS-W421", file, _left_out(left_out))
    for stretch in study.stretches:
        if stretch.baseline is None:
            yield _problem("BS-W420", file, f"{stretch.name}: {stretch.reason}.")
        elif stretch.baseline.n_outside:
            n = stretch.baseline.n_outside
            of_all = f"{n} of {stretch.baseline.n} baseline scans"
            reason = f"{stretch.name}: {of_all} beyond the limits."
            yield _problem("BS-W423", file, reason)
        if stretch.state == "out-of-control":
            first = next(v for v in stretch.violations if v.rule not in WARNING_RULES)
            reason = f"{stretch.name}: {first.rule} ({first.meaning}) on {first.first}."
            yield _problem("BS-W422", file, reason)


def _left_out(rows: Sequence[str]) -> str:
    """Say which rows were left out, and why."""
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return f"{'; '.join(rows[:_SHOWN])}{more}."


def _problem(code: str, file: str, reason: str) -> Problem:
    return Problem(
        code=code,
        severity=Severity.WARNING,
        file=file,
        reason=reason,
        hint=code_info(code).hint,
    )


def point_rows(study: QcStudy) -> list[list[str]]:
    """Give one row of text a scan, in the order of `POINT_COLUMNS`."""
    return [
        [
            safe_text(stretch.device),
            safe_text(stretch.phantom),
            str(stretch.number),
            point.day.isoformat(),
            f"{point.value:g}",
            point.role,
            *("" if x is None else f"{x:.3f}" for x in _numbers(point)),
            ";".join(point.rules),
        ]
        for stretch in study.stretches
        for point in stretch.points
    ]


def _numbers(point: QcPoint) -> tuple[float | None, ...]:
    return point.percent_off, point.z_sd, point.cusum_plus_sd, point.cusum_minus_sd


def write_qc(out: Path, study: QcStudy) -> tuple[Path, Path]:
    """Write page and table of scans into a folder; both appear whole or not at all."""
    from bonescan.report.qc_page import write_qc_page

    page, table = out / "qc.html", out / "qc.csv"
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_qc_page(page, study)
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([POINT_COLUMNS, *point_rows(study)])
        write_atomically(table, text.getvalue().encode("utf-8"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"{out} can't be written: {error.strerror}.", file=out
        ) from error
    return page, table
