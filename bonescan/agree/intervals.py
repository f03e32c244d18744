"""Intervals that hold: by person where pairs are not independent, and none of no width."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bonescan.model.estimate import Estimate

NO_CLUSTER_INTERVAL = "several pairs of one person, and no interval by person for this one"
NO_WIDTH = "nothing varies: an interval of no width would say too much"
# what rests on independent pairs besides intervals: p values, standard errors, their parts
_NAIVE = frozenset({"p", "z", "covariance"})
_NAIVE_BEGINNINGS, _NAIVE_ENDS = ("p_", "se_"), ("_p",)


def swap_interval(old: Estimate, new: Estimate | None) -> Estimate:
    """Give an estimate the interval by person, or none with the reason."""
    if old.est is None:
        return old
    if new is None or new.lo is None:
        reason = new.reason if new is not None else ""
        return Estimate(est=old.est, reason=reason or NO_CLUSTER_INTERVAL)
    return Estimate(est=old.est, lo=new.lo, hi=new.hi, method=new.method)


def without_intervals(value: Any) -> Any:
    """Take every interval, p value and standard error out of a result, at any depth.

    Parameters
    ----------
    value : any
        An estimate, a dataclass or a mapping of them; anything else stays.

    Returns
    -------
    value : any
        The same with its estimates bare, each with the reason.
    """
    if isinstance(value, Estimate):
        return swap_interval(value, None)
    if isinstance(value, Mapping):
        return {k: _part(str(k), v) for k, v in value.items()}
    if isinstance(value, tuple) and not all(isinstance(v, int | float) for v in value):
        return tuple(without_intervals(v) for v in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    parts = {f.name: _part(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(parts.get("ci_method"), str):
        parts["ci_method"] = "none"
    if parts.get("reason") == "" and _is_naive(value):
        parts["reason"] = NO_CLUSTER_INTERVAL
    return dataclasses.replace(value, **parts)


def _part(name: str, value: Any) -> Any:
    naive = name in _NAIVE or name.startswith(_NAIVE_BEGINNINGS) or name.endswith(_NAIVE_ENDS)
    if naive and isinstance(value, int | float):
        return None
    return without_intervals(value)


def _is_naive(value: Any) -> bool:
    return getattr(value, "p", None) is not None


def with_width(estimate: Estimate) -> Estimate:
    """Give an estimate without an interval whose ends are one number."""
    if estimate.lo is None or estimate.lo != estimate.hi:
        return estimate
    return dataclasses.replace(estimate, lo=None, hi=None, reason=estimate.reason or NO_WIDTH)
