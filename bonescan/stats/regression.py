"""Least squares, and principal-component regression for many correlated predictors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearFit:
    """A fitted plane y = intercept + x · coefficients.

    `see` is the standard error of estimate, the root of the residual sum of
    squares over n − p − 1; NaN without residual degrees of freedom.
    """

    intercept: float
    coefficients: Array
    see: float
    n: int

    def predict(self, x: ArrayLike) -> Array:
        """Evaluate the plane at rows of `x`, (n,) or (n, p)."""
        rows = np.asarray(x, dtype=np.float64)
        rows = rows[:, None] if rows.ndim == 1 else rows
        return np.asarray(self.intercept + rows @ self.coefficients)


def least_squares(x: ArrayLike, y: ArrayLike) -> LinearFit:
    """Fit a plane by ordinary least squares.

    Parameters
    ----------
    x : (n,) or (n, p) array_like
        Predictors; a constant is added.
    y : (n,) array_like
        Response.

    Returns
    -------
    fit : LinearFit
        With dependent predictors the coefficients of least norm.

    Examples
    --------
    >>> fit = least_squares([0, 1, 2], [1, 3, 5])
    >>> round(fit.intercept, 9), round(float(fit.coefficients[0]), 9)
    (1.0, 2.0)
    """
    rows = np.asarray(x, dtype=np.float64)
    rows = rows[:, None] if rows.ndim == 1 else rows
    response = np.asarray(y, dtype=np.float64)
    if rows.shape[0] != response.size or response.size == 0:
        raise ValueError(f"found {rows.shape[0]} rows and {response.size} values, wanted as many")
    # centring keeps the normal matrix well conditioned for spectra far from zero
    x_mean, y_mean = rows.mean(axis=0), float(response.mean())
    slope, *_ = np.linalg.lstsq(rows - x_mean, response - y_mean, rcond=None)
    intercept = y_mean - float(x_mean @ slope)
    residual = response - intercept - rows @ slope
    freedom = response.size - rows.shape[1] - 1
    see = math.sqrt(float(residual @ residual) / freedom) if freedom > 0 else math.nan
    return LinearFit(intercept=intercept, coefficients=slope, see=see, n=response.size)


@dataclass(frozen=True, eq=False, kw_only=True)
class ComponentFit:
    """A regression on the first principal components of the predictors.

    `components` is (k, p), orthonormal rows, each with its largest element
    positive so that the fit is the same on every processor.
    """

    mean: Array
    components: Array
    coefficients: Array
    intercept: float

    @property
    def weights(self) -> Array:
        """The slope of the response along each predictor, (p,)."""
        return np.asarray(self.coefficients @ self.components)

    def predict(self, x: ArrayLike) -> Array:
        """Predict at rows of `x`, (n, p)."""
        return np.asarray(self.intercept + (np.asarray(x) - self.mean) @ self.weights)


def component_regression(x: ArrayLike, y: ArrayLike, n_components: int) -> ComponentFit:
    """Regress on the principal components of centred, unscaled predictors.

    Parameters
    ----------
    x : (n, p) array_like
        Predictors in one unit (they are not standardised).
    y : (n,) array_like
        Response.
    n_components : int
        At least 1; at most the rank that n and p allow.

    Returns
    -------
    fit : ComponentFit
        With all p components and n > p, ordinary least squares.
    """
    rows, response = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    most = min(rows.shape[0] - 1, rows.shape[1])
    if not 1 <= n_components <= most:
        raise ValueError(f"found {n_components} components, wanted 1 to {most}")
    mean = rows.mean(axis=0)
    _, _, basis = np.linalg.svd(rows - mean, full_matrices=False)
    basis = basis[:n_components]
    largest = np.take_along_axis(basis, np.abs(basis).argmax(axis=1)[:, None], axis=1)
    basis = basis * np.where(largest < 0, -1.0, 1.0)
    fit = least_squares((rows - mean) @ basis.T, response)
    return ComponentFit(
        mean=mean, components=basis, coefficients=fit.coefficients, intercept=fit.intercept
    )


def ridge(x: ArrayLike, y: ArrayLike, penalty_1: float) -> LinearFit:
    """Fit a plane with small coefficients, on predictors brought to unit variance.

    Parameters
    ----------
    x : (n, p) array_like
    y : (n,) array_like
    penalty_1 : float
        Weight of the sum of squared coefficients, times n; 0 gives least squares.

    Returns
    -------
    fit : LinearFit
        In the unit of the predictors, its intercept at their zero; `see` as if
        all coefficients were free.

    References
    ----------
    Hoerl AE, Kennard RW. Ridge regression: biased estimation for nonorthogonal
    problems. Technometrics 1970;12:55-67.
    """
    rows, response = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    n, p = rows.shape
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    unit = (rows - mean) / spread
    normal = unit.T @ unit + penalty_1 * n * np.eye(p)
    slope = np.linalg.solve(normal, unit.T @ (response - response.mean())) / spread
    intercept = float(response.mean() - mean @ slope)
    residual = response - intercept - rows @ slope
    freedom = n - p - 1
    see = math.sqrt(float(residual @ residual) / freedom) if freedom > 0 else math.nan
    return LinearFit(intercept=intercept, coefficients=slope, see=see, n=n)
