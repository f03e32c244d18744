"""Every site of a comparison, makers apart, before and after exclusions."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import NothingUsable
from bonescan.model.outcome import Problem
from bonescan.model.pairs import SitePairs
from bonescan.stats.agreement_study import (
    AgreementSettings,
    AgreementStudy,
    Flow,
    SiteAgreement,
)

from .across_sites import compare_across_sites
from .doubts import refuse_impossible, say_doubts, warning
from .quantity import LEAST_PAIRS
from .scoring import say_scoring
from .site import Started, compare_site, main_quantity

LIBRARIES = ("bonescan", "numpy", "scipy")
UNKNOWN_MAKER = "unknown-maker"
ANY_SITE = "any site"  # a scan counts as far as it came at the site where it came furthest


def compare_study(  # noqa: PLR0913 - what was measured, and four ways to look at it
    sites: Sequence[SitePairs],
    settings: AgreementSettings,
    *,
    several_pairs: bool = False,
    pool_makers: bool = False,
    source: str = "",
    started: Mapping[str, tuple[int, int, int]] | None = None,
    whole: tuple[int, int, int] | None = None,
    notes: tuple[str, ...] = (),
    problems: tuple[Problem, ...] = (),
    simulated: bool = False,
) -> AgreementStudy:
    """Compare two methods at every site.

    Parameters
    ----------
    sites : sequence of SitePairs
    settings : AgreementSettings
    several_pairs : bool
        Several rows a person are visits: intervals come from drawing people.
    pool_makers : bool
        Analyse DXA makers together; without it each has a site of its own,
        named ``<site>@<maker>``.
    source : str
        File or folder the data came from.
    started : mapping, optional
        Site to (found, readable, quality passed) scans of the test method.
    whole : (found, readable, quality passed), optional
        Files of the test method; rows are counted when left out.
    notes, problems : tuple, optional
        What is known before any statistic.
    simulated : bool
        Some of the scans were made by a simulator.

    Returns
    -------
    study : AgreementStudy

    Raises
    ------
    NothingUsable
        BS-E374 when no site has a pair.
    UsageError
        BS-E373 for people with several rows that nothing explains.
    """
    found: list[Problem] = list(problems)
    apart: list[SitePairs] = []
    begun: dict[str, Started] = {}
    refuse_impossible(sites, source)
    found += say_doubts(sites, settings)
    for site in sites:
        for part in _by_maker(site, pool=pool_makers, problems=found):
            ready, said = say_scoring(part)
            found += [warning("BS-W372", sentence) for sentence in said]
            apart.append(ready)
            if started is not None and site.site in started:
                begun[part.site] = Started.of(started[site.site], site)
    if not any(_has_pair(site) for site in apart):
        raise NothingUsable("BS-E374", _why_no_pair(apart), file=source)

    def every(*, before: bool) -> dict[str, SiteAgreement]:
        return {
            site.site: compare_site(
                site,
                settings,
                before_exclusions=before,
                several_pairs=several_pairs,
                started=begun.get(site.site),
            )
            for site in apart
        }

    after = every(before=False)
    rejected = any(site.has_exclusions for site in apart)
    found += _small(after) + _clusters(after)
    return AgreementStudy(
        sites=after,
        flow=_flow(after, apart, whole),
        before_exclusions=every(before=True) if rejected else None,
        settings=settings,
        source=source,
        across_sites=compare_across_sites(after, settings),
        notes=notes,
        versions={"python": platform.python_version()} | {n: version(n) for n in LIBRARIES},
        problems=tuple(found),
        simulated=simulated,
    )


def _complete(site: SitePairs) -> NDArray[np.bool_]:
    """Find rows with both values of any quantity, rejected scans left out."""
    has = np.zeros(site.n_rows, dtype=bool)
    for x, y in site.values.values():
        has |= np.isfinite(x) & np.isfinite(y)
    return has & ~site.rejected


def _has_pair(site: SitePairs) -> bool:
    return bool(_complete(site).any()) or (
        site.has_exclusions and any(np.isfinite(x).any() for x, _ in site.values.values())
    )


def _why_no_pair(sites: Sequence[SitePairs]) -> str:
    told = "; ".join(
        f"{s.site}: {s.n_rows} rows, none with both {s.reference_name} and {s.test_name}"
        for s in sites
    )
    return f"found no pair ({told or 'no site'}), wanted rows with both values."


def _by_maker(site: SitePairs, *, pool: bool, problems: list[Problem]) -> list[SitePairs]:
    """Part the rows of a site by the maker of the reference device."""
    words = site.words.get("maker")
    if words is None:
        return [site]
    some = _complete(site) | site.rejected  # a rejected scan stays with its own maker
    makers = sorted({w or UNKNOWN_MAKER for w, has in zip(words, some, strict=True) if has})
    if len(makers) <= 1:
        return [site]
    told = ", ".join(makers)
    if pool:
        problems.append(
            warning("BS-W370", f"{site.site}: the makers {told} were pooled, as asked.")
        )
        return [site]
    problems.append(warning("BS-W370", f"{site.site}: the makers {told} are analysed apart."))
    named = np.array([w or UNKNOWN_MAKER for w in words])
    return [
        dataclasses.replace(site.take(named == maker), site=f"{site.site}@{maker}")
        for maker in makers
    ]


def _small(sites: Mapping[str, SiteAgreement]) -> list[Problem]:
    found = []
    for name, site in sites.items():
        for quantity, result in site.quantities.items():
            if result.n < LEAST_PAIRS:
                found.append(
                    warning(
                        "BS-W373",
                        f"{name}, {quantity}: found {result.n} pairs, wanted at least 3.",
                    )
                )
            else:
                found += _constant(name, quantity, result.reference, result.test)
    return found


def _constant(name: str, quantity: str, *columns: NDArray[np.float64]) -> list[Problem]:
    return [
        warning(
            "BS-W373",
            f"{name}, {quantity}: every value of the {which} is {column[0]:g}; lines and "
            "correlations are undefined.",
        )
        for which, column in zip(("reference", "test"), columns, strict=True)
        if np.ptp(column) == 0.0
    ]


def _clusters(sites: Mapping[str, SiteAgreement]) -> list[Problem]:
    return [
        warning(
            "BS-W374",
            f"{name}: {site.more['cluster']['n_rows']} rows of {site.more['cluster']['n_people']} "
            "people.",
        )
        for name, site in sites.items()
        if "cluster" in site.more
    ]


def _flow(
    after: Mapping[str, SiteAgreement],
    sites: Sequence[SitePairs],
    whole: tuple[int, int, int] | None,
) -> Flow:
    """Count rows: a row counts at a step when any of its sites came so far."""
    if len(after) == 1 and whole is None:
        return next(iter(after.values())).flow
    rows: dict[str, dict[str, bool]] = {}
    for site in sites:
        complete = _complete(site)
        analysed = _analysed_labels(after[site.site])
        for label, refused, pair in zip(site.labels, site.rejected, complete, strict=True):
            entry = rows.setdefault(label, {"passed": False, "paired": False, "analysed": False})
            entry["passed"] |= not refused
            entry["paired"] |= bool(pair)
            entry["analysed"] |= label in analysed
    passed = sum(r["passed"] for r in rows.values())
    found, readable, passed = whole if whole is not None else (len(rows), len(rows), passed)
    return Flow(
        found=found,
        readable=readable,
        quality_passed=passed,
        paired=sum(r["paired"] for r in rows.values()),
        analysed=sum(r["analysed"] for r in rows.values()),
        label=ANY_SITE,
    )


def _analysed_labels(site: SiteAgreement) -> set[str]:
    main = main_quantity(site.quantities)
    return {site.pairs.labels[i] for i in main.rows}
