"""Standardised BMD and conversion between makers: for pooled cohorts, never for one person.

The equations are regressions from pencil-beam devices of the early nineties.
What they leave over is 4 to 7 % of BMD in a person, more than any change that
is followed, so no score, class or comparison of visits is made of them. They
are not inverses of one another: none is turned round, and no two are chained.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

EQUATIONS = Path(__file__).parent / "sbmd" / "equations.csv"
STANDARDISED = "standardised"
# of the spine Hui's equations, of the hip those of the committee: both were read in a source
DEFAULT_SYSTEMS = ("icsbm-hip", "hui-1997")
MG_IN_G = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """One line: ``slope * (bmd - pivot) + intercept``, in g/cm2.

    Examples
    --------
    >>> hui = equation("hui-1997", "ge", STANDARDISED, "L2-L4")
    >>> round(hui.apply(0.829), 4)
    0.7812
    """

    system: str
    from_scale: str
    to_scale: str
    site: str
    slope: float
    intercept_g_cm2: float
    pivot_g_cm2: float
    evidence: str  # S read in a source, M from memory
    citation: str

    def apply(self, bmd_g_cm2: float) -> float:
        """Carry one BMD over [g/cm2]."""
        return self.slope * (bmd_g_cm2 - self.pivot_g_cm2) + self.intercept_g_cm2


@cache
def equations() -> dict[tuple[str, str, str, str], Equation]:
    """Load the table, by (system, from scale, to scale, site)."""
    found: dict[tuple[str, str, str, str], Equation] = {}
    with EQUATIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            one = Equation(
                system=row["system"],
                from_scale=row["from_scale"],
                to_scale=row["to_scale"],
                site=row["site"],
                slope=float(row["slope"]),
                intercept_g_cm2=float(row["intercept_g_cm2"]),
                pivot_g_cm2=float(row["pivot_g_cm2"]),
                evidence=row["evidence"],
                citation=row["citation"],
            )
            key = (one.system, one.from_scale, one.to_scale, one.site)
            if key in found or row["unit"] != "g/cm2":
                raise RuntimeError(f"{EQUATIONS.name}: {key} stands twice or not in g/cm2")
            found[key] = one
    return found


def equation(system: str, from_scale: str | None, to_scale: str, site: str) -> Equation | None:
    """Find one equation; None where nobody published it."""
    return equations().get((system, from_scale or "", to_scale, site))


def standardised_bmd(
    bmd_g_cm2: float, *, scale: str | None, site: str, system: str | None = None
) -> tuple[float, str] | None:
    """Give the standardised BMD of a number in a pooled cohort.

    Parameters
    ----------
    bmd_g_cm2 : float
        [g/cm2], on the scale of its maker.
    scale : str or None
        "hologic", "ge" or "norland".
    site : str
        In the site grammar, without side: "femoral-neck", "trochanter",
        "total-hip" or "L2-L4". The equations of L2-L4 are not used for L1-L4.
    system : {"icsbm-hip", "hui-1997", "genant-1994"}, optional
        By default the hip by the committee's and the spine by Hui's.

    Returns
    -------
    sbmd_mg_cm2, system : float and str, or None
        None where no equation is of this scale and site.

    Examples
    --------
    >>> round(standardised_bmd(0.757, scale="hologic", site="L2-L4")[0], 1)
    816.8

    References
    ----------
    Hui SL, Gao S, Zhou XH, et al. J Bone Miner Res 1997;12:1463-1470.
    Lu Y, Fuerst T, Hui S, Genant HK. Osteoporos Int 2001;12:438-444.
    """
    for name in (system,) if system else DEFAULT_SYSTEMS:
        found = equation(name, scale, STANDARDISED, site)
        if found is not None:
            return MG_IN_G * found.apply(bmd_g_cm2), name
    return None


def converted_bmd(
    bmd_g_cm2: float, *, from_scale: str | None, to_scale: str, site: str
) -> float | None:
    """Carry a BMD of a pooled cohort over to another maker's scale.

    Parameters
    ----------
    bmd_g_cm2 : float
        [g/cm2].
    from_scale, to_scale : str
        Makers. The same twice gives the number back.
    site : str
        "L2-L4", or "femoral-neck" from GE to Hologic.

    Returns
    -------
    bmd_g_cm2 : float or None
        None where no direct equation was published; none is inverted and none
        goes by way of standardised BMD.

    Examples
    --------
    >>> round(converted_bmd(1.0, from_scale="ge", to_scale="hologic", site="L2-L4"), 3)
    0.881
    >>> converted_bmd(0.8, from_scale="hologic", to_scale="ge", site="femoral-neck") is None
    True

    References
    ----------
    Genant HK, Grampp S, Gluer CC, et al. J Bone Miner Res 1994;9:1503-1514, as
    in Bonnick SL, Bone Densitometry in Clinical Practice, Table 5-2.
    """
    if from_scale == to_scale:
        return bmd_g_cm2
    found = equation("direct", from_scale, to_scale, site)
    return None if found is None else found.apply(bmd_g_cm2)
