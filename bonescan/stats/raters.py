"""Several raters or readings of the same people: Kendall's W and Krippendorff's alpha."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from bonescan.model.estimate import Estimate, undefined

from .roc import midranks

Array = NDArray[np.float64]
LEAST_RATERS = 2


def kendall_w(ratings: ArrayLike, *, correct_ties: bool = True) -> Estimate:
    """Concordance of the orders in which raters put people.

    Parameters
    ----------
    ratings : (n, m) array_like
        Rows are people, columns raters; a row with a NaN is left out.
    correct_ties : bool, default True
        Divide by what tied ranks can reach; False gives the plain form.

    Returns
    -------
    w : Estimate
        0 … 1, without an interval; p from chi-squared with n − 1 degrees of
        freedom. Undefined where nothing varies.

    References
    ----------
    Kendall MG, Babington Smith B. The problem of m rankings. Ann Math Stat
    1939;10:275-287.

    Examples
    --------
    >>> kendall_w([[1, 2], [2, 3], [3, 9]]).est
    1.0
    """
    rows = _two_way(ratings)
    rows = rows[~np.isnan(rows).any(axis=1)]
    n, m = rows.shape
    ranks = np.column_stack([midranks(rows[:, j]) for j in range(m)])
    sums = ranks.sum(axis=1)
    spread = 12.0 * float(((sums - m * (n + 1) / 2.0) ** 2).sum())
    tied = sum(_tied(rows[:, j]) for j in range(m)) if correct_ties else 0.0
    most = m * m * (float(n) ** 3 - n) - m * tied
    if most <= 0.0:
        return undefined("fewer than two people, or every rater ties all of them")
    w = spread / most
    return Estimate(est=w, p=float(chdtrc(n - 1, m * (n - 1) * w)), method="")


def krippendorff_alpha_interval(ratings: ArrayLike) -> Estimate:
    """Krippendorff's alpha of numbers: 1 − observed over expected squared differences.

    Parameters
    ----------
    ratings : (n, m) array_like
        Rows are people, columns raters; NaN where a rater gave none. People with
        fewer than two ratings count nowhere.

    Returns
    -------
    alpha : Estimate
        Without an interval (`subject_bootstrap` gives one); undefined where all
        ratings are equal.

    References
    ----------
    Krippendorff K. Content Analysis, 2nd ed. Sage, 2004, chapter 11: each person's
    pairs weigh 1/(ratings − 1). R's irr weighs them 1 where nothing is missing,
    which for more than two raters is another number.
    """
    rows = _two_way(ratings)
    units = [row[~np.isnan(row)] for row in rows]
    units = [u for u in units if u.size >= LEAST_RATERS]
    if not units:
        return undefined("nobody has two ratings")
    values = np.concatenate(units)
    observed = sum(2.0 * u.size * u.size * float(u.var()) / (u.size - 1) for u in units)
    expected = 2.0 * values.size**2 * float(values.var())
    if expected == 0.0:
        return undefined("all ratings are equal")
    return Estimate(est=1.0 - (values.size - 1) * observed / expected)


def _two_way(ratings: ArrayLike) -> Array:
    rows = np.asarray(ratings, dtype=np.float64)
    if rows.ndim != LEAST_RATERS or rows.shape[1] < LEAST_RATERS:
        raise ValueError(f"found ratings of shape {rows.shape}, wanted people by 2 raters or more")
    return rows


def _tied(values: Array) -> float:
    count = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((count**3 - count).sum())
