"""Logistic regression by maximum likelihood, with what a small cohort must be told of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bonescan.model.estimate import Estimate

from .quantiles import normal_p, normal_quantile
from .record import Record
from .roc import midranks

Array = NDArray[np.float64]

EVENTS_PER_PARAMETER = 10  # Peduzzi 1996
ROUNDS, TOLERANCE = 50, 1e-10
LARGEST_LOGIT = 30.0  # of a fitted value: beyond it the groups are told apart completely
RESAMPLES = 200
LEAST_RESAMPLES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticModel(Record):
    """A fitted risk.

    `auc` is that of the people it was fitted on; `auc_corrected` takes away the mean
    optimism of `n_resamples` bootstrap fits (Harrell). `calibration_slope_corrected` is 1
    where predictions are as spread as they should be, below 1 where they are too extreme.
    """

    names: tuple[str, ...]
    intercept: float  # log odds at the means of the covariates
    terms: dict[str, Estimate]  # log odds for one SD of the covariate, Wald
    mean: dict[str, float]  # of each covariate
    sd: dict[str, float]
    n: int
    n_events: int
    events_per_parameter: float
    auc: float
    auc_corrected: float | None
    calibration_slope_corrected: float | None
    n_resamples: int
    log_likelihood: float

    def predict(self, x: ArrayLike) -> Array:
        """Give the risk of people, (n,), by covariates (n, k) in the order of `names`."""
        values = np.atleast_2d(np.asarray(x, dtype=np.float64))
        slopes = np.array([(self.terms[n].est or 0.0) / self.sd[n] for n in self.names])
        means = np.array([self.mean[n] for n in self.names])
        return np.asarray(special.expit(self.intercept + (values - means) @ slopes))


def fit_logistic(
    x: ArrayLike, event: ArrayLike, names: Sequence[str], *, seed: int = 0
) -> LogisticModel:
    """Fit the risk of an event by covariates.

    Parameters
    ----------
    x : (n, k) array_like
        Covariates, without a column for the intercept.
    event : (n,) array_like
        1 or 0.
    names : sequence of str, (k,)
    seed : int
        Of the bootstrap.

    Raises
    ------
    ValueError
        Fewer than 10 events or 10 others a covariate (the message has the number needed), a
        covariate that does not vary, or groups that the covariates tell apart completely.

    References
    ----------
    Peduzzi P et al. A simulation study of the number of events per variable in logistic
    regression analysis. J Clin Epidemiol 1996;49:1373-1379. Harrell FE, Lee KL, Mark DB.
    Multivariable prognostic models. Stat Med 1996;15:361-387 (optimism).
    """
    values = np.atleast_2d(np.asarray(x, dtype=np.float64))
    y = np.ravel(np.asarray(event, dtype=np.float64))
    n, k = values.shape
    if y.size != n or len(names) != k or not np.isfinite(values).all():
        raise ValueError("found covariates, events and names that do not match")
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("found events other than 0 and 1")
    n_events = int(y.sum())
    fewest, needed = min(n_events, n - n_events), EVENTS_PER_PARAMETER * k
    if fewest < needed:
        raise ValueError(
            f"found {n_events} events among {n} for {k} covariates, wanted {needed} with and "
            f"{needed} without"
        )
    sd = values.std(axis=0, ddof=1)
    if not (sd > 0.0).all():
        raise ValueError(f"found a covariate that does not vary: {names[int(np.argmin(sd))]}")
    design = np.column_stack([np.ones(n), (values - values.mean(axis=0)) / sd])
    beta, covariance, likelihood = _newton(design, y)
    se = np.sqrt(np.diag(covariance))
    z = normal_quantile(0.975)
    terms = {
        name: Estimate(
            est=float(b), lo=float(b - z * s), hi=float(b + z * s), p=normal_p(b / s), method="wald"
        )
        for name, b, s in zip(names, beta[1:], se[1:], strict=True)
    }
    apparent = _auc(design @ beta, y)
    optimism, slopes = _optimism(design, y, seed)
    enough = len(optimism) >= LEAST_RESAMPLES
    return LogisticModel(
        names=tuple(names),
        intercept=float(beta[0]),
        terms=terms,
        mean={name: float(m) for name, m in zip(names, values.mean(axis=0), strict=True)},
        sd={name: float(s) for name, s in zip(names, sd, strict=True)},
        n=n,
        n_events=n_events,
        events_per_parameter=fewest / k,
        auc=apparent,
        auc_corrected=apparent - float(np.mean(optimism)) if enough else None,
        calibration_slope_corrected=float(np.mean(slopes)) if enough else None,
        n_resamples=len(optimism),
        log_likelihood=likelihood,
    )


def _newton(design: Array, y: Array) -> tuple[Array, Array, float]:
    beta = np.zeros(design.shape[1])
    mean = float(y.mean())
    beta[0] = math.log(mean / (1.0 - mean))
    for _ in range(ROUNDS):
        fitted = special.expit(design @ beta)
        weight = fitted * (1.0 - fitted)
        information = (design * weight[:, None]).T @ design
        try:
            step = np.linalg.solve(information, design.T @ (y - fitted))
        except np.linalg.LinAlgError as error:
            raise ValueError("found covariates that are sums of others") from error
        beta = beta + step
        if np.abs(design @ beta).max() > LARGEST_LOGIT:
            raise ValueError("found groups that the covariates tell apart completely")
        if np.abs(step).max() < TOLERANCE:
            break
    logits = design @ beta
    likelihood = float((y * logits - np.logaddexp(0.0, logits)).sum())
    return beta, np.asarray(np.linalg.inv(information)), likelihood


def _optimism(design: Array, y: Array, seed: int) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(seed)
    gaps, slopes = [], []
    for _ in range(RESAMPLES):
        rows = rng.integers(0, y.size, y.size)
        if not 0.0 < y[rows].mean() < 1.0:
            continue
        try:
            beta, _, _ = _newton(design[rows], y[rows])
            slope, _, _ = _newton(np.column_stack([np.ones(y.size), design @ beta]), y)
        except ValueError:
            continue
        gaps.append(_auc(design[rows] @ beta, y[rows]) - _auc(design @ beta, y))
        slopes.append(float(slope[1]))
    return gaps, slopes


def _auc(score: Array, y: Array) -> float:
    ranks = midranks(score)
    n_events = float(y.sum())
    others = y.size - n_events
    return float((ranks[y == 1.0].sum() - n_events * (n_events + 1.0) / 2.0) / (n_events * others))
