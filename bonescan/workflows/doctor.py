"""Look over a machine and a result folder: what is there, what is missing, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bonescan.errors import code_info
from bonescan.model.outcome import Problem
from bonescan.model.vocabulary import Severity

from .doctor_checks.finding import Finding, State
from .doctor_checks.kernels import look_at_kernels
from .doctor_checks.machine import look_at_machine
from .doctor_checks.site import look_at_site
from .doctor_checks.software import look_at_software


def examine(out: Path | None = None) -> tuple[Finding, ...]:
    """Look at everything, in the order in which a fault would show itself.

    Parameters
    ----------
    out : Path, optional
        A result folder, whose store is looked over too.

    Returns
    -------
    findings : tuple of Finding
        One a check; nothing is changed anywhere.
    """
    return (
        *look_at_software(),
        *look_at_kernels(),
        *look_at_machine(out or Path.cwd()),
        *look_at_site(out),
    )


def is_usable(findings: Iterable[Finding]) -> bool:
    """Whether bonescan can do its work here."""
    return all(finding.state is not State.MISSING for finding in findings)


def problems_of(findings: Iterable[Finding]) -> list[Problem]:
    """Turn what should be put right into problems; notes on optional things are none."""
    codes = {
        State.MISSING: ("BS-E510", Severity.ERROR),
        State.WARNING: ("BS-W295", Severity.WARNING),
    }
    return [
        Problem(
            code=codes[f.state][0],
            severity=codes[f.state][1],
            file="",
            reason=f"{f.check}: {f.found}",
            hint=f.advice or code_info(codes[f.state][0]).hint,
        )
        for f in findings
        if f.state in codes
    ]


def as_text(findings: Iterable[Finding]) -> str:
    """Write the findings for a terminal: a line each, and below it what to do."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:<8} {finding.check:<16} {finding.found}")
        if finding.advice:
            lines.append(f"{'':<25} -> {finding.advice}")
    return "\n".join(lines)
