"""McNemar's test in its four forms, because papers name the test and not the form."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from scipy.special import bdtr, chdtrc

NO_DISCORDANT = "no pair differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """Whether the two ways of differing are as frequent.

    `chi2` is without, `chi2_cc` with the continuity correction, both with one
    degree of freedom; `p_exact` is binomial, `p_midp` its mid-p. All None where no
    pair differs.
    """

    n_only_first: int
    n_only_second: int
    chi2: float | None
    p: float | None
    chi2_cc: float | None
    p_cc: float | None
    p_exact: float | None
    p_midp: float | None
    reason: str = ""

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Give the fields, `reason` only where there is one."""
        found = asdict(self)
        if not self.reason:
            del found["reason"]
        return found


def mcnemar(n_only_first: int, n_only_second: int) -> McNemar:
    """Test whether two paired yes/no readings are yes equally often.

    Parameters
    ----------
    n_only_first, n_only_second : int
        Pairs where only the first, or only the second, is yes.

    Returns
    -------
    test : McNemar
        The correction is (|b − c| − 1)², 0 where b = c; mid-p is
        2·P(X ≤ min) − P(X = min), at most 1.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-157. Fagerland MW, Lydersen S, Laake P.
    The McNemar test for binary matched-pairs data: mid-p and asymptotic are better
    than exact conditional. BMC Med Res Methodol 2013;13:91.

    Examples
    --------
    >>> round(mcnemar(6, 3).p_exact, 9), round(mcnemar(6, 3).p_midp, 9)
    (0.5078125, 0.34375)
    """
    b, c = int(n_only_first), int(n_only_second)
    if min(b, c) < 0:
        raise ValueError(f"found the counts {b} and {c}, wanted 0 or more")
    n = b + c
    if n == 0:
        return McNemar(
            n_only_first=b, n_only_second=c, chi2=None, p=None, chi2_cc=None, p_cc=None,
            p_exact=None, p_midp=None, reason=NO_DISCORDANT,
        )  # fmt: skip
    plain = (b - c) ** 2 / n
    corrected = max(abs(b - c) - 1, 0) ** 2 / n
    fewer = min(b, c)
    up_to = float(bdtr(fewer, n, 0.5))
    below = float(bdtr(fewer - 1, n, 0.5)) if fewer else 0.0
    return McNemar(
        n_only_first=b,
        n_only_second=c,
        chi2=plain,
        p=float(chdtrc(1, plain)),
        chi2_cc=corrected,
        p_cc=float(chdtrc(1, corrected)),
        p_exact=min(2.0 * up_to, 1.0),
        p_midp=min(up_to + below, 1.0),  # 2 P(X <= k) - P(X = k)
    )
