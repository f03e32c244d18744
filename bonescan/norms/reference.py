"""Reference tables as values: young-adult means for T, curves over age for Z."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from decimal import Decimal

from .rounding import fixed

# Below this the power form loses its digits to cancellation and the logarithm is exact enough.
LMS_LOG_LIMIT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedExample:
    """A BMD and the T-score that a report printed beside it."""

    bmd_g_cm2: Decimal
    printed_t: Decimal  # with the decimals that were printed
    person: str
    source: str
    independence: str  # what the example can prove, and what it can't


@dataclass(frozen=True, slots=True, kw_only=True)
class YoungReference:
    """Mean and SD of young adults at one site, on one maker's scale.

    `role` says when it is used: "policy" (gives our T), "alternative" (its
    label is named where it differs from ours), "option" (only when asked for
    by id), "local" (asked for by id, flagged), "recognition" (male curves,
    which only explain a printed T and score nothing).
    """

    id: str
    role: str
    scale: str
    device: str
    population: str
    sex: str
    age_range: str
    site: str
    mean_g_cm2: Decimal
    sd_g_cm2: Decimal
    evidence: str  # S read in a source, M from memory, D derived
    confidence: str
    citation: str
    checked_by: str
    note: str = ""
    replaces: str = ""
    examples: tuple[WorkedExample, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeCurve:
    """L, M and S at rising exact ages, for one site and sex."""

    ages_years: tuple[float, ...]
    l_1: tuple[float, ...]  # Box-Cox power
    m_g_cm2: tuple[float, ...]  # median
    s_1: tuple[float, ...]  # coefficient of variation

    def at(self, age_years: float) -> tuple[float, float, float] | None:
        """Interpolate L, M, S linearly; None outside the table, which is never extrapolated."""
        ages = self.ages_years
        if not ages[0] <= age_years <= ages[-1]:
            return None
        upper = min(bisect_right(ages, age_years), len(ages) - 1)
        lower = upper - 1
        part = (age_years - ages[lower]) / (ages[upper] - ages[lower])

        def between(row: tuple[float, ...]) -> float:
            return row[lower] + part * (row[upper] - row[lower])

        return between(self.l_1), between(self.m_g_cm2), between(self.s_1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeReference:
    """One population's curves over age, by (site, sex)."""

    id: str
    role: str  # "policy" or "option"
    scale: str
    device: str
    population: str
    ancestry: str
    evidence: str
    confidence: str
    citation: str
    checked_by: str
    note: str = ""
    replaces: str = ""
    curves: dict[tuple[str, str], AgeCurve] = field(default_factory=dict)


def lms_z(value: float, l_1: float, m_g_cm2: float, s_1: float) -> float:
    """Compute Z = ((x/M)^L - 1)/(L S), or ln(x/M)/S where L is next to zero.

    References
    ----------
    Cole TJ, Green PJ. Stat Med 1992;11:1305-1319.

    Examples
    --------
    >>> round(lms_z(0.85, -0.5, 1.0, 0.12), 9)
    -1.410871485
    """
    if abs(l_1) < LMS_LOG_LIMIT:
        return math.log(value / m_g_cm2) / s_1
    return float(((value / m_g_cm2) ** l_1 - 1.0) / (l_1 * s_1))


def lms_value(z: float, l_1: float, m_g_cm2: float, s_1: float) -> float:
    """Compute the BMD at a Z-score: the inverse of `lms_z`.

    Examples
    --------
    >>> round(lms_value(-2.0, 0.588, 0.710, 0.144), 4)  # printed -2 SD of girls of 11: 0.518
    0.5179
    """
    if abs(l_1) < LMS_LOG_LIMIT:
        return m_g_cm2 * math.exp(s_1 * z)
    return float(m_g_cm2 * (1.0 + l_1 * s_1 * z) ** (1.0 / l_1))


def young_t(bmd_g_cm2: float | Decimal, reference: YoungReference) -> Decimal:
    """Compute T = (BMD - mean)/SD in decimal arithmetic, rounded at 1e-9."""
    exact = bmd_g_cm2 if isinstance(bmd_g_cm2, Decimal) else Decimal(repr(bmd_g_cm2))
    return fixed((exact - reference.mean_g_cm2) / reference.sd_g_cm2)
