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
    criteria: str = ""  # "japan": gives T and percent of young adults by those criteria
    n_people: int | None = None
    se_mean_g_cm2: Decimal | None = None  # standard errors, where the source gives them
    se_sd_g_cm2: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeCurve:
    """L, M and S at rising exact ages, for one site and sex."""

    ages_years: tuple[float, ...]
    l_1: tuple[float, ...]  # Box-Cox power
    m_g_cm2: tuple[float, ...]  # median
    s_1: tuple[float, ...]  # coefficient of variation
    se_m_g_cm2: tuple[float, ...] = ()  # standard error of the median, where the table gives it

    @property
    def span_years(self) -> tuple[float, float]:
        """First and last age that the curve serves."""
        return self.ages_years[0], self.ages_years[-1]

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

    def is_between_bins(self, _age_years: float) -> bool:
        """Tell whether a value comes from between two bins: a curve has none."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBins:
    """Mean and SD of rising groups of age, for one site and sex.

    `from_years` is where a bin begins and `to_years` where it ends, the end not
    included: "20-29" is 20 to 30. Between the mid-points of two bins mean and SD
    lie on a straight line; outside the outer mid-points, yet inside the bins, they
    are those of the outer bin.
    """

    from_years: tuple[float, ...]
    to_years: tuple[float, ...]
    mean_g_cm2: tuple[float, ...]
    sd_g_cm2: tuple[float, ...]

    @property
    def span_years(self) -> tuple[float, float]:
        """First age that the bins serve, and the one where they end."""
        return self.from_years[0], self.to_years[-1]

    @property
    def mid_years(self) -> tuple[float, ...]:
        """Give the mid-points of the bins."""
        return tuple((a + b) / 2.0 for a, b in zip(self.from_years, self.to_years, strict=True))

    def at(self, age_years: float) -> tuple[float, float, float] | None:
        """Give L = 1, M = mean and S = SD/mean at an age; None outside the bins."""
        if not self.from_years[0] <= age_years < self.to_years[-1]:
            return None
        mids = self.mid_years
        inside = min(max(age_years, mids[0]), mids[-1])
        upper = min(max(bisect_right(mids, inside), 1), len(mids) - 1)
        lower = upper - 1
        part = (inside - mids[lower]) / (mids[upper] - mids[lower])
        mean = self.mean_g_cm2[lower] + part * (self.mean_g_cm2[upper] - self.mean_g_cm2[lower])
        sd = self.sd_g_cm2[lower] + part * (self.sd_g_cm2[upper] - self.sd_g_cm2[lower])
        return 1.0, mean, sd / mean

    def is_between_bins(self, age_years: float) -> bool:
        """Tell whether a value comes from between two bins, and not from a mid-point or an end."""
        mids = self.mid_years
        return mids[0] <= age_years <= mids[-1] and age_years not in mids


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeReference:
    """One population's curves over age, by (site, sex)."""

    id: str
    role: str  # "policy", "option", or "local" (gives Z under the policy of local data)
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
    curves: dict[tuple[str, str], AgeCurve | AgeBins] = field(default_factory=dict)


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


def young_percent(bmd_g_cm2: float, reference: YoungReference) -> Decimal:
    """Compute 100 BMD/mean in decimal arithmetic, rounded at 1e-9."""
    return fixed(100 * Decimal(repr(bmd_g_cm2)) / reference.mean_g_cm2)
