"""Decimal rounding as printed reports do it: half away from zero, never on binary floats.

Scores sit exactly on the cut-offs more often than chance suggests, because BMD
is published to 0.001 g/cm2: 0.637 against 0.942/0.122 is T = -2.5 in decimal
arithmetic and -2.4999999999999996 in double precision.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

NANO = Decimal("1e-9")  # what binary arithmetic leaves over is far below, a real step far above
TENTH = Decimal("0.1")
_WIDE = Context(prec=40)


def fixed(value: float | Decimal) -> Decimal:
    """Round a score at 1e-9, half away from zero, so that binary residue can't move a label.

    >>> fixed(-2.4999999999999996)
    Decimal('-2.500000000')
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return exact.quantize(NANO, rounding=ROUND_HALF_UP, context=_WIDE)


def tenths(value: float | Decimal) -> Decimal:
    """Round a score to one decimal, half away from zero, after `fixed`.

    >>> [str(tenths(t)) for t in (-2.45, -2.449, -1.05, -0.04)]
    ['-2.5', '-2.4', '-1.1', '0.0']
    """
    rounded = fixed(value).quantize(TENTH, rounding=ROUND_HALF_UP, context=_WIDE)
    return rounded if rounded else Decimal("0.0")  # no minus before a zero


def standard_score(value: float | Decimal, mean: Decimal, sd: Decimal) -> Decimal:
    """Compute (value - mean)/sd in decimal arithmetic, rounded at 1e-9.

    >>> standard_score(0.637, Decimal("0.942"), Decimal("0.122"))
    Decimal('-2.500000000')
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return fixed(_WIDE.divide(exact - mean, sd))
