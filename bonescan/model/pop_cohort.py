"""A cohort of pregnancies as a table gives it: one row a scan."""

from __future__ import annotations

from dataclasses import dataclass

from .outcome import Problem

FIRST_VISIT = "T1"
VISIT_ORDER = ("T1", "T2", "T3", "L6", "PW")  # PW: six months after weaning
IN_PREGNANCY = frozenset({"T1", "T2", "T3"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PopScan:
    """One scan of one woman at one visit; None = the table does not say."""

    woman_id: str
    visit: str
    value: float
    device: str | None
    days: float | None  # since the first visit
    gestational_week: float | None
    postpartum_week: float | None
    covariates: tuple[tuple[str, str], ...]  # column, text
    line: int
    scan: str | None = None  # number of the scan at the visit


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfWindow:
    """A scan outside its visit's window that stays in every figure."""

    line: int
    woman_id: str
    visit: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PopTable:
    """The scans that may be analysed, and what was set aside with its reasons."""

    quantity: str  # name of the value column
    visits: tuple[str, ...]  # in the order of the protocol
    scans: tuple[PopScan, ...]
    set_aside: tuple[PopScan, ...]  # kept, without a verdict
    why_aside: tuple[str, ...]  # of each of them
    out_of_window: tuple[OutOfWindow, ...]
    problems: tuple[Problem, ...]
    has_devices: bool
    n_missing: int  # rows without a value
    technique: str = ""  # of the scans; "" where the table does not say
    n_other_technique: int = 0  # rows left out by the choice of a technique
