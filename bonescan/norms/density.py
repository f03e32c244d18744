"""Which densities can be bone, and the density of a region made of parts."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Adults lie between about 0.3 and 2.0 g/cm2 at every site in use, small children down to 0.2.
# Outside stands another unit (mg/cm2), another quantity (BMC, a T-score) or a slip of the pen.
LOWEST_BMD_G_CM2 = 0.1
HIGHEST_BMD_G_CM2 = 3.0


def can_be_bone(bmd_g_cm2: float) -> bool:
    """Tell whether a number can be a BMD in g/cm2; both limits can.

    >>> can_be_bone(0.1), can_be_bone(0.0999), can_be_bone(3.0), can_be_bone(3.091)
    (True, False, True, False)
    """
    return LOWEST_BMD_G_CM2 <= bmd_g_cm2 <= HIGHEST_BMD_G_CM2


def combined_bmd(bmc_g: Sequence[float], area_cm2: Sequence[float]) -> float:
    """Give the BMD of a region from its parts: sum of BMC over sum of area.

    The mean of the parts' densities is another number (four vertebrae of
    0.782, 1.083, 1.179 and 1.218 have the mean 1.0655 where 1.070 was printed),
    so densities alone are not enough.

    Parameters
    ----------
    bmc_g, area_cm2 : (n,) sequences of float
        [g] and [cm2], part by part, n >= 1.

    Returns
    -------
    bmd_g_cm2 : float
        NaN where the lengths differ, nothing is given, or a number is not
        finite and above 0.

    Examples
    --------
    >>> combined_bmd([10.0, 12.0], [12.5, 12.5])
    0.88
    """
    parts = [*bmc_g, *area_cm2]
    if len(bmc_g) != len(area_cm2) or not parts:
        return math.nan
    if any(not (math.isfinite(v) and v > 0.0) for v in parts):
        return math.nan
    return math.fsum(bmc_g) / math.fsum(area_cm2)
