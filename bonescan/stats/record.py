"""What every result of a comparison can do: give itself as plain values."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from bonescan.model.estimate import Estimate


def plain_value(value: Any) -> Any:
    """Turn a result or a part of one into numbers, text, lists and dicts; NaN and infinity None."""
    if isinstance(value, Estimate | Record):
        return value.to_dict()
    if isinstance(value, dict):
        return {str(name): plain_value(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain_value(part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain_value(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Record:
    """Base of the frozen dataclasses of `stats`."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Give every field by its name, as plain values."""
        return {
            part.name: plain_value(getattr(self, part.name))
            for part in dataclasses.fields(self)  # type: ignore[arg-type]
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Significance(Record):
    """A test: its statistic, its two-sided p (one-sided for χ² and for W), and which it is."""

    statistic: float | None
    p: float | None
    method: str
    df: float | None = None
    reason: str = ""  # why there is no statistic or no p
