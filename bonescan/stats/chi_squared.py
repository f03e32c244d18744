"""A chi-squared statistic with its degrees of freedom and p."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import chdtrc


@dataclass(frozen=True, slots=True, kw_only=True)
class ChiSquared:
    """The result of a chi-squared test; `chi2` and `p` are None where it is undefined."""

    chi2: float | None
    df: int
    p: float | None
    reason: str = ""

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Give `chi2 df p`, and `reason` where there is one."""
        found: dict[str, float | int | str | None] = {
            "chi2": self.chi2, "df": self.df, "p": self.p,
        }  # fmt: skip
        return found | ({"reason": self.reason} if self.reason else {})


def chi_squared(statistic: float, df: int) -> ChiSquared:
    """Give a statistic its p, the upper tail of chi-squared with `df` degrees of freedom.

    >>> round(chi_squared(3.841458820694124, 1).p, 12)
    0.05
    """
    return ChiSquared(chi2=float(statistic), df=df, p=float(chdtrc(df, statistic)))


def no_test(reason: str) -> ChiSquared:
    """Say that there is nothing to test, and why."""
    return ChiSquared(chi2=None, df=0, p=None, reason=reason)
