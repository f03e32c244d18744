"""Net reclassification: whether a new method moves people the right way."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from bonescan.model.estimate import Estimate, undefined

from .classes import MISSING

CAVEAT = (
    "The net reclassification index adds two halves of different meaning, is inflated by "
    "miscalibrated or useless markers and has unreliable intervals (Pepe et al., Stat Biosci "
    "2015;7:282-295; Hilden and Gerds, Stat Med 2014;33:3405-3414): read both halves, never the "
    "sum alone."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclassification:
    """Net reclassification from an old to a new class, for an outcome.

    `nri_event` is (up − down)/events, `nri_nonevent` (down − up)/non-events, `nri`
    their sum with the multinomial interval; both published standard errors of the
    sum stand beside it, and `caveat` belongs wherever the numbers are shown.
    """

    event_up: int
    event_down: int
    n_event: int
    nonevent_up: int
    nonevent_down: int
    n_nonevent: int
    n_excluded: int
    nri_event: Estimate
    nri_nonevent: Estimate
    nri: Estimate
    se_pencina2008: float | None
    se_multinomial: float | None
    caveat: str = CAVEAT

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        found = asdict(self)
        for name in ("nri_event", "nri_nonevent", "nri"):
            found[name] = getattr(self, name).to_dict()
        return found


def net_reclassification(
    old_class: ArrayLike, new_class: ArrayLike, event: ArrayLike
) -> Reclassification:
    """Compute the categorical net reclassification index with both halves.

    Parameters
    ----------
    old_class, new_class : (n,) array_like of int
        Ordered classes, higher = more disease; people with −1 are left out.
    event : (n,) array_like of bool
        Who had the outcome.

    Returns
    -------
    found : Reclassification
        Halves are undefined where nobody, or everybody, had the outcome.

    References
    ----------
    Pencina MJ, D'Agostino RB Sr, D'Agostino RB Jr, Vasan RS. Evaluating the added
    predictive ability of a new marker. Stat Med 2008;27:157-172 (its SE omits the
    square of the net move; the multinomial one keeps it).
    """
    old, new = np.ravel(np.asarray(old_class)), np.ravel(np.asarray(new_class))
    happened = np.ravel(np.asarray(event))
    if not old.shape == new.shape == happened.shape:
        raise ValueError(f"found {old.size}, {new.size} and {happened.size} rows, wanted as many")
    if happened.dtype != bool and happened.size and not np.isin(happened, (0, 1)).all():
        raise ValueError("found outcomes other than 0 and 1, wanted yes or no")
    known = (old != MISSING) & (new != MISSING)
    yes = happened[known].astype(bool)
    moved = np.sign(new[known].astype(np.int64) - old[known].astype(np.int64))
    events, others = _Half.of(moved[yes]), _Half.of(-moved[~yes])
    pencina = multinomial = None
    total = undefined(events.reason or others.reason)
    if events.n and others.n:
        pencina = math.sqrt(events.variance_pencina + others.variance_pencina)
        multinomial = math.sqrt(events.variance + others.variance)
        total = _estimate(events.net + others.net, multinomial)
    return Reclassification(
        event_up=events.good,
        event_down=events.bad,
        n_event=events.n,
        nonevent_up=others.bad,
        nonevent_down=others.good,
        n_nonevent=others.n,
        n_excluded=int((~known).sum()),
        nri_event=events.estimate(),
        nri_nonevent=others.estimate(),
        nri=total,
        se_pencina2008=pencina,
        se_multinomial=multinomial,
    )


@dataclass(frozen=True, kw_only=True)
class _Half:
    """Moves in the right and the wrong direction of n people."""

    good: int
    bad: int
    n: int

    @classmethod
    def of(cls, moved: NDArray[np.int64]) -> _Half:
        return cls(good=int((moved > 0).sum()), bad=int((moved < 0).sum()), n=int(moved.size))

    @property
    def reason(self) -> str:
        return "" if self.n else "one of the two outcomes has nobody"

    @property
    def net(self) -> float:
        return (self.good - self.bad) / self.n

    @property
    def variance_pencina(self) -> float:
        return (self.good + self.bad) / self.n**2

    @property
    def variance(self) -> float:
        return max((self.good + self.bad) / self.n - self.net**2, 0.0) / self.n

    def estimate(self) -> Estimate:
        if self.n == 0:
            return undefined(self.reason)
        return _estimate(self.net, math.sqrt(self.variance))


def _estimate(net: float, se: float) -> Estimate:
    if se == 0.0:
        return Estimate(est=net, reason="nobody moved, or all moved alike: no interval")
    half = float(ndtri(0.975)) * se
    p = float(2.0 * ndtr(-abs(net) / se))
    return Estimate(est=net, lo=net - half, hi=net + half, p=p, method="multinomial")
