"""A statistic with its interval: what every comparison prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number, its 95 % interval (unless said), and how the interval was made.

    `est` is None where the data define no value (0/0, too few), and `reason`
    then says why; never NaN, so that nothing undefined is printed as a number.
    """

    est: float | None
    lo: float | None = None
    hi: float | None = None
    p: float | None = None
    method: str = ""  # of the interval, as "wilson", "jackknife", "fisher-z"
    reason: str = ""  # why there is no value or no interval

    def to_dict(self) -> dict[str, float | str | None]:
        """Give `est lo hi`, and `p`, `method` and `reason` where there are any."""
        found: dict[str, float | str | None] = {"est": self.est, "lo": self.lo, "hi": self.hi}
        if self.p is not None:
            found["p"] = self.p
        if self.method:
            found["method"] = self.method
        if self.reason:
            found["reason"] = self.reason
        return found


def undefined(reason: str) -> Estimate:
    """Say that there is no value, and why."""
    return Estimate(est=None, reason=reason)
