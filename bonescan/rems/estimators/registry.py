"""All estimators that are linear in what an exam shows, and which of them may lead."""

from __future__ import annotations

from collections.abc import Mapping

from bonescan.model.rems_model import FADE, OS, PCR, TWO_GATE

from .components import Components
from .difference import Difference
from .fade import Attenuation
from .protocol import Estimator

LINEAR: dict[str, Estimator] = {
    e.name: e for e in (Attenuation(), Difference(), Components())
}  # the osteoporosis score is beside them: its votes are not linear
# From the least to the most disturbed by changed worlds (benchmarks/ESTIMATORS.md): of estimators
# that a cohort can hardly tell apart, the first of these leads.
STEADIEST_FIRST = (FADE, TWO_GATE, PCR, OS)
ALIKE_1 = 0.05  # of the smallest SEE


def choose_primary(see_g_cm2: Mapping[str, float]) -> str:
    """Choose the estimator that leads, from cross-validated SEE.

    Parameters
    ----------
    see_g_cm2 : mapping of str to float
        By estimator.

    Returns
    -------
    name : str
        Of those within 5 % of the smallest SEE, the one least disturbed by
        changed worlds: clutter that training never met, above all.

    >>> choose_primary({"os": 0.09, "d-pcr4": 0.060, "attenuation": 0.062})
    'attenuation'
    >>> choose_primary({"os": 0.09, "d-pcr4": 0.060, "attenuation": 0.070})
    'd-pcr4'
    """
    most = (1.0 + ALIKE_1) * min(see_g_cm2.values())
    alike = [name for name, see in see_g_cm2.items() if see <= most]
    return min(alike, key=_place)


def _place(name: str) -> int:
    return STEADIEST_FIRST.index(name) if name in STEADIEST_FIRST else len(STEADIEST_FIRST)
