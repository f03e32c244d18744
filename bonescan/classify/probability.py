"""How probable each WHO word is, given the uncertainty of T."""

from __future__ import annotations

import math

from bonescan.model.vocabulary import LabelFrom

# Borders on the scale of the unrounded T. From the rounded label: osteoporosis from -2.45 down
# (it rounds away from zero, to -2.5), normal above -1.05. They are those of
# `norms.who_words`, half a tenth outwards or inwards.
ROUNDED_BORDERS = (-2.45, -1.05)
RAW_BORDERS = (-2.5, -1.0)


def class_probabilities(t: float, u: float, label_from: LabelFrom) -> tuple[float, float, float]:
    """Give the probabilities of normal, osteopenia and osteoporosis; they sum to 1.

    Parameters
    ----------
    t : float
        Own T-score.
    u : float
        Its standard uncertainty, above 0: that of BMD over the SD of the
        reference. The reference's own uncertainty is not in it.
    label_from : LabelFrom
        Takes the borders that the label itself takes.

    Notes
    -----
    Normal approximation: the true T is taken as normal about `t` with standard
    deviation `u`.
    """
    low, high = RAW_BORDERS if label_from is LabelFrom.RAW else ROUNDED_BORDERS
    osteoporosis = _below(low, t, u)
    normal = 1.0 - _below(high, t, u)
    return normal, max(0.0, 1.0 - normal - osteoporosis), osteoporosis


def _below(border: float, mean: float, sd: float) -> float:
    return 0.5 * math.erfc((mean - border) / (sd * math.sqrt(2.0)))
