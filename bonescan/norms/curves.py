"""What a reference plot draws: the young adults behind T, the curve over age behind Z."""

from __future__ import annotations

from dataclasses import dataclass

from .load import Norms
from .reference import AgeReference, YoungReference, lms_value
from .site import parse_site

PLOT_FROM_YEARS, PLOT_TO_YEARS = 20, 84  # adults, as far as the curves go


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """BMD over age: the median and the values at Z = -2, -1, +1, +2; all of one length."""

    reference_id: str
    population: str
    ages_years: tuple[float, ...]
    median_g_cm2: tuple[float, ...]
    minus_2_g_cm2: tuple[float, ...]
    minus_1_g_cm2: tuple[float, ...]
    plus_1_g_cm2: tuple[float, ...]
    plus_2_g_cm2: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePlot:
    """The references of one site; either may be missing, never both."""

    site: str
    young_id: str | None = None
    young_mean_g_cm2: float | None = None
    young_sd_g_cm2: float | None = None
    young_population: str | None = None
    age: AgeBand | None = None


def reference_plot(
    site: str, sex: str | None, scale: str | None, norms: Norms
) -> ReferencePlot | None:
    """Gather what a plot of this site needs.

    Parameters
    ----------
    site : str
        In the site grammar, with or without side.
    sex : str or None
        "F" or "M"; unknown gives no curve over age.
    scale : str or None
        Maker on whose scale the BMD is; None (a REMS device) gives None.
    norms : Norms

    Returns
    -------
    plot : ReferencePlot or None
        None when no reference matches scale and site: then nothing is drawn,
        and never a neighbour's table.
    """
    known = parse_site(site)
    if known is None or scale is None:
        return None
    young = norms.policy_young(scale, known.without_side)
    curves = norms.policy_age(scale, known.without_side, sex)
    if young is None and curves is None:
        return None
    return _plot(known.id, known.without_side, sex, young, curves)


def _plot(
    site: str,
    key: str,
    sex: str | None,
    young: YoungReference | None,
    curves: AgeReference | None,
) -> ReferencePlot:
    band = None if curves is None or sex is None else _band(curves, key, sex)
    if young is None:
        return ReferencePlot(site=site, age=band)
    return ReferencePlot(
        site=site,
        young_id=young.id,
        young_mean_g_cm2=float(young.mean_g_cm2),
        young_sd_g_cm2=float(young.sd_g_cm2),
        young_population=young.population,
        age=band,
    )


def age_band(reference: AgeReference, site: str, sex: str | None) -> AgeBand | None:
    """Give the curve over age of one reference, by whatever policy it was chosen.

    Parameters
    ----------
    reference : AgeReference
    site : str
        In the site grammar, with or without side.
    sex : str or None

    Returns
    -------
    band : AgeBand or None
        None where the reference has no curve of this site and sex, or fewer
        than two adult ages.
    """
    known = parse_site(site)
    if known is None or sex is None or (known.without_side, sex) not in reference.curves:
        return None
    band = _band(reference, known.without_side, sex)
    return band if len(band.ages_years) > 1 else None


def _band(curves: AgeReference, site: str, sex: str) -> AgeBand:
    curve = curves.curves[site, sex]
    points = [
        (float(age), lms)
        for age in range(PLOT_FROM_YEARS, PLOT_TO_YEARS + 1)
        if (lms := curve.at(float(age))) is not None
    ]

    def at(z: float) -> tuple[float, ...]:
        return tuple(lms_value(z, *lms) for _, lms in points)

    return AgeBand(
        reference_id=curves.id,
        population=curves.population,
        ages_years=tuple(age for age, _ in points),
        median_g_cm2=at(0.0),
        minus_2_g_cm2=at(-2.0),
        minus_1_g_cm2=at(-1.0),
        plus_1_g_cm2=at(1.0),
        plus_2_g_cm2=at(2.0),
    )
