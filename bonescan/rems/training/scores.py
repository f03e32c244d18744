"""r, SEE and bias of predictions, and their intervals by resampling people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import CrossValidationRow

Array = NDArray[np.float64]

TAIL_PERCENT = 2.5


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction:
    """What rows were predicted to be in each repeat, and what DXA read: (repeat, row) both."""

    predicted: Array
    wanted: Array

    @property
    def error(self) -> Array:
        """Predicted minus read, (repeat, row)."""
        return np.asarray(self.predicted - self.wanted)


@dataclass(frozen=True, eq=False, kw_only=True)
class Resamples:
    """How often each row stands in each resample; one draw for all, so that pairs stay pairs.

    `weights` is (resample, row). People are drawn, and bring all their rows.
    """

    weights: Array

    @classmethod
    def of(cls, people: Sequence[str], n: int, rng: np.random.Generator) -> Resamples:
        """Draw people with replacement."""
        names, member = np.unique(np.asarray(people), return_inverse=True)
        drawn = rng.multinomial(names.size, np.full(names.size, 1.0 / names.size), size=n)
        return cls(weights=drawn[:, member].astype(np.float64))


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments:
    """Statistics of one prediction, each (resample,): the mean over the repeats."""

    pearson_1: Array
    see_g_cm2: Array
    bias_g_cm2: Array


def moments(prediction: Prediction, weights: Array) -> Moments:
    """Compute r, SEE (SD of predicted − read, divisor n − 1) and bias under row weights.

    Parameters
    ----------
    prediction : Prediction
    weights : (resample, row) ndarray
        Whole numbers; a row of ones gives the statistics of everybody.

    Returns
    -------
    moments : Moments
        r is NaN where predictions are constant.
    """
    n = weights.sum(axis=1)
    r, see, bias = [], [], []
    for x, y in zip(prediction.predicted, prediction.wanted, strict=True):
        mean_x, mean_y = weights @ x / n, weights @ y / n
        # about the middle of all, which keeps the digits
        dx, dy = x - x.mean(), y - y.mean()
        off_x, off_y = mean_x - x.mean(), mean_y - y.mean()
        var_x = weights @ dx**2 / n - off_x**2
        var_y = weights @ dy**2 / n - off_y**2
        both = weights @ (dx * dy) / n - off_x * off_y
        spread = np.sqrt(np.maximum(var_x, 0.0) * np.maximum(var_y, 0.0))
        tiny = 1e-12 * float(np.std(y)) * (abs(float(x.mean())) + float(np.std(y)))
        r.append(np.divide(both, spread, out=np.full_like(both, np.nan), where=spread > tiny))
        error_var = np.maximum(var_x + var_y - 2.0 * both, 0.0)
        see.append(np.sqrt(error_var * n / (n - 1.0)))
        bias.append(mean_x - mean_y)
    return Moments(
        pearson_1=np.mean(r, axis=0),
        see_g_cm2=np.mean(see, axis=0),
        bias_g_cm2=np.mean(bias, axis=0),
    )


def score_table(
    predictions: Mapping[str, Prediction], resamples: Resamples, n_people: int
) -> tuple[CrossValidationRow, ...]:
    """Sum up predictions: r, SEE, bias, and percentile intervals over people."""
    return tuple(_row(name, p, resamples, n_people) for name, p in predictions.items())


def _row(
    name: str, prediction: Prediction, resamples: Resamples, n_people: int
) -> CrossValidationRow:
    here = moments(prediction, np.ones((1, prediction.predicted.shape[1])))
    spread = moments(prediction, resamples.weights)
    r_lo, r_hi = _interval(spread.pearson_1)
    see_lo, see_hi = _interval(spread.see_g_cm2)
    return CrossValidationRow(
        estimator=name,
        n_people=n_people,
        pearson_1=_known(float(here.pearson_1[0])),
        pearson_lo_1=_known(r_lo),
        pearson_hi_1=_known(r_hi),
        see_g_cm2=float(here.see_g_cm2[0]),
        see_lo_g_cm2=see_lo,
        see_hi_g_cm2=see_hi,
        bias_g_cm2=float(here.bias_g_cm2[0]),
    )


def gain_interval_g_cm2(
    ours: Prediction, theirs: Prediction, resamples: Resamples
) -> tuple[float, float]:
    """Bracket by how much SEE of `ours` is smaller, on the same resampled people."""
    gain = moments(theirs, resamples.weights).see_g_cm2 - moments(ours, resamples.weights).see_g_cm2
    return _interval(gain)


def _interval(values: Array) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan"), float("nan")
    lo, hi = np.percentile(known, [TAIL_PERCENT, 100.0 - TAIL_PERCENT])
    return float(lo), float(hi)


def _known(r: float) -> float:
    """Count r as 0 where a prediction is constant: it follows nothing."""
    return r if np.isfinite(r) else 0.0
