"""Whether published class agreement fits the published error: simulated cohorts.

A study that prints an error (the standard error of estimate, or the SD of differences) and
an agreement of classes says the same thing twice. With normal T-scores and an error that is
normal and independent of them, the first fixes the second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .record import Record

Array = NDArray[np.float64]

# WHO Study Group, Technical Report Series 843 (1994): normal from −1.0 up, osteoporosis to −2.5.
CUTS_T = (math.inf, -1.0, -2.5, -math.inf)
N_NODES, FARTHEST_SD = 200, 9.0
LEVEL_1 = 0.95
STATISTICS = ("agreement", "kappa", "sensitivity", "specificity")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedClasses(Record):
    """What an error makes of three classes; osteoporosis against the rest for two of them."""

    shares: tuple[tuple[float, ...], ...]  # rows test, columns reference: normal … osteoporosis
    agreement: float
    kappa: float
    sensitivity: float
    specificity: float
    r: float


def expected_classes(
    mean_t_score: float, sd_t_score: float, error_sd_t_score: float, bias_t_score: float = 0.0
) -> ExpectedClasses:
    """Work out class agreement under a normal error, by integration.

    Parameters
    ----------
    mean_t_score, sd_t_score : float
        Of the reference in the cohort.
    error_sd_t_score : float
        SD of test − reference.
    bias_t_score : float, default 0
        Mean of test − reference.

    Returns
    -------
    expected : ExpectedClasses
        Of unrounded scores.

    Examples
    --------
    >>> round(expected_classes(-1.4, 1.1, 0.4).agreement, 2)
    0.83
    """
    if not (sd_t_score > 0.0 and error_sd_t_score > 0.0):
        raise ValueError(f"found SDs of {sd_t_score} and {error_sd_t_score}, wanted positive ones")
    from scipy import special

    nodes, weights = _gauss_legendre()
    shares = np.zeros((3, 3))
    for column in range(3):
        high = min(CUTS_T[column], mean_t_score + FARTHEST_SD * sd_t_score)
        low = max(CUTS_T[column + 1], mean_t_score - FARTHEST_SD * sd_t_score)
        if high <= low:
            continue
        t = (high + low) / 2.0 + (high - low) / 2.0 * nodes
        z = (t - mean_t_score) / sd_t_score
        density = np.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) / sd_t_score
        mass = weights * (high - low) / 2.0 * density
        for row in range(3):
            above, below = (
                special.ndtr((cut - t - bias_t_score) / error_sd_t_score)
                for cut in (CUTS_T[row], CUTS_T[row + 1])
            )
            shares[row, column] = float(mass @ (above - below))
    agreement, kappa, sensitivity, specificity = (float(v[0]) for v in _judged(shares[None]))
    return ExpectedClasses(
        shares=tuple(tuple(float(v) for v in row) for row in shares),
        agreement=agreement,
        kappa=kappa,
        sensitivity=sensitivity,
        specificity=specificity,
        r=sd_t_score / math.hypot(sd_t_score, error_sd_t_score),
    )


@cache
def _gauss_legendre() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    return nodes, weights


def _judged(tables: Array) -> tuple[Array, Array, Array, Array]:
    """Give agreement, kappa, sensitivity and specificity of tables, (k, 3, 3); NaN for 0/0."""
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    agreement = np.trace(shares, axis1=1, axis2=2)
    of_test, of_reference = shares.sum(axis=2), shares.sum(axis=1)
    chance = np.einsum("ki,ki->k", of_test, of_reference)
    ill = of_reference[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa = (agreement - chance) / (1.0 - chance)
        sensitivity = shares[:, 2, 2] / ill
        specificity = shares[:, :2, :2].sum(axis=(1, 2)) / (1.0 - ill)
    return agreement, kappa, sensitivity, specificity


def simulated_range(
    expected: ExpectedClasses, n: int, rng: np.random.Generator, n_cohorts: int = 2000
) -> dict[str, tuple[float, float]]:
    """Draw cohorts of n people and give the middle 95 % of each statistic.

    Parameters
    ----------
    expected : ExpectedClasses
        Shares to draw from.
    n : int
        People in the study.
    rng : numpy.random.Generator
        Source of the draws.
    n_cohorts : int, default 2000

    Returns
    -------
    ranges : dict of str to (float, float)
        For agreement, kappa, sensitivity and specificity; cohorts in which one is 0/0
        are left out for it.
    """
    probability = np.array(expected.shares).ravel()
    tables = rng.multinomial(n, probability / probability.sum(), n_cohorts)
    judged = _judged(tables.reshape(-1, 3, 3).astype(np.float64))
    tail = 50.0 * (1.0 - LEVEL_1)
    ranges = {}
    for name, values in zip(STATISTICS, judged, strict=True):
        low, high = np.nanpercentile(values, [tail, 100.0 - tail])
        ranges[name] = (float(low), float(high))
    return ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStudy:
    """What a study prints, in T-scores and shares; None where it doesn't.

    The mean and the SD of the cohort's T are given as ranges, for they are often not
    printed; `source` says what was read and what is from memory.
    """

    study: str
    site: str
    n: int
    error_sd_t_score: float
    bias_t_score: float
    mean_t_score: tuple[float, float]
    sd_t_score: tuple[float, float]
    source: str
    agreement: float | None = None
    kappa: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None


# 0.044 and 0.038 g/cm2 are the standard errors of estimate that the maker gave the FDA (K180516,
# 2018); over the SD of young women 0.110 (spine) and 0.120 g/cm2 (neck, Hologic NHANES III) they
# are 0.40 and 0.32 T. The error of Di Paola 2019 was about the same 5 %.
PUBLISHED = (
    PublishedStudy(
        study="Di Paola 2019",
        site="L1-L4",
        n=1914,
        error_sd_t_score=0.044 / 0.110,
        bias_t_score=0.0,
        mean_t_score=(-1.8, -1.4),
        sd_t_score=(1.1, 1.3),
        agreement=0.888,
        kappa=0.824,
        sensitivity=0.917,
        specificity=0.920,
        source="Osteoporos Int 2019;30:391-402, from memory; error: FDA K180516, read",
    ),
    PublishedStudy(
        study="Di Paola 2019",
        site="femoral-neck",
        n=1914,
        error_sd_t_score=0.038 / 0.120,
        bias_t_score=0.0,
        mean_t_score=(-1.8, -1.4),
        sd_t_score=(0.8, 1.1),
        agreement=0.882,
        kappa=0.794,
        sensitivity=0.915,
        specificity=0.918,
        source="Osteoporos Int 2019;30:391-402, from memory; error: FDA K180516, read",
    ),
    PublishedStudy(
        study="Adami 2024",
        site="L1-L4",
        n=603,
        error_sd_t_score=0.60,
        bias_t_score=-0.06,
        mean_t_score=(-1.5, -0.5),
        sd_t_score=(1.1, 1.5),
        sensitivity=0.901,
        specificity=0.936,
        source="Aging Clin Exp Res 2024, doi 10.1007/s40520-024-02728-4, abstract read",
    ),
    PublishedStudy(
        study="Adami 2024",
        site="femoral-neck",
        n=603,
        error_sd_t_score=0.44,
        bias_t_score=-0.07,
        mean_t_score=(-1.5, -0.5),
        sd_t_score=(0.8, 1.1),
        sensitivity=0.909,
        specificity=0.946,
        source="Aging Clin Exp Res 2024, doi 10.1007/s40520-024-02728-4, abstract read",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCheck(Record):
    """A printed statistic beside what the printed error allows in cohorts of that size."""

    study: str
    site: str
    n: int
    error_sd_t_score: float
    statistic: str
    published: float
    lowest: float
    highest: float
    verdict: str  # "fits", "better than the error allows", "worse than the error explains"
    source: str


def check_published(
    study: PublishedStudy, rng: np.random.Generator, n_cohorts: int = 2000
) -> tuple[PublishedCheck, ...]:
    """Compare what a study prints with simulated cohorts of its error.

    Parameters
    ----------
    study : PublishedStudy
        Error, size, and printed statistics.
    rng : numpy.random.Generator
        Source of the cohorts.
    n_cohorts : int, default 2000
        For each corner of the ranges of mean and SD, and their middle.

    Returns
    -------
    checks : tuple of PublishedCheck
        One for each statistic printed. `lowest` and `highest` are the ends of the 95 %
        ranges over all these populations, so that "fits" is the generous verdict.
    """
    means, sds = (
        (low, (low + high) / 2.0, high) for low, high in (study.mean_t_score, study.sd_t_score)
    )
    ranges = [
        simulated_range(
            expected_classes(mean, sd, study.error_sd_t_score, study.bias_t_score),
            study.n,
            rng,
            n_cohorts,
        )
        for mean in means
        for sd in sds
    ]
    found = []
    for name in STATISTICS:
        published = getattr(study, name)
        if published is None:
            continue
        lowest = min(one[name][0] for one in ranges)
        highest = max(one[name][1] for one in ranges)
        found.append(
            PublishedCheck(
                study=study.study,
                site=study.site,
                n=study.n,
                error_sd_t_score=study.error_sd_t_score,
                statistic=name,
                published=published,
                lowest=lowest,
                highest=highest,
                verdict=_verdict(published, lowest, highest),
                source=study.source,
            )
        )
    return tuple(found)


def _verdict(published: float, lowest: float, highest: float) -> str:
    if published > highest:
        return "better than the error allows"
    return "worse than the error explains" if published < lowest else "fits"


def published_table(seed: int = 1) -> tuple[PublishedCheck, ...]:
    """Check every study of `PUBLISHED`.

    Parameters
    ----------
    seed : int, default 1
        Of the simulated cohorts.

    Returns
    -------
    checks : tuple of PublishedCheck
        A row for each study, site and printed statistic.
    """
    rng = np.random.default_rng(seed)
    return tuple(check for study in PUBLISHED for check in check_published(study, rng))
