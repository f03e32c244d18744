"""Whose reference T came from, and whether the densities are on one scale, in words of a pair."""

from __future__ import annotations

import dataclasses

import numpy as np

from bonescan.model.pairs import SitePairs

SCORING = "scoring"  # key of `SitePairs.words`
ONE_REFERENCE = "one-reference"
RE_SCORED = "re-scored"
TWO_REFERENCES = "two-references"  # no common one could be used; T is left out
TWO_SCALES = "two-scales"  # nor are the densities of one scale; T is left out


def say_scoring(site: SitePairs) -> tuple[SitePairs, tuple[str, ...]]:
    """Say how the T of these rows came about, and leave out what no row has.

    Parameters
    ----------
    site : SitePairs
        Of one maker, or of makers that were pooled.

    Returns
    -------
    site : SitePairs
        With the sentences among its notes; without T as given where nothing
        was done to T, and without T and Z where no row has a pair.
    said : tuple of str
        The sentences.
    """
    words = site.words.get(SCORING)
    if words is None:
        return site, ()
    n = site.n_rows
    counted = {word: words.count(word) for word in (RE_SCORED, TWO_REFERENCES, TWO_SCALES)}
    said = []
    if counted[RE_SCORED]:
        said.append(f"{site.site}: {counted[RE_SCORED]} of {n} pairs were re-scored.")
    if counted[TWO_REFERENCES]:
        said.append(
            f"{site.site}: {counted[TWO_REFERENCES]} of {n} pairs have T-scores of two references "
            "that can't be brought to one: they are left out of T and classes, and shown as given."
        )
    if counted[TWO_SCALES]:
        said.append(
            f"{site.site}: {counted[TWO_SCALES]} of {n} pairs have densities on the scales of two "
            "makers: the bias and limits of BMD hold the difference of the scales, and the pairs "
            "are left out of T and classes, which are shown as given."
        )
    return dataclasses.replace(
        site,
        values={q: pair for q, pair in site.values.items() if q == "bmd" or _any(site, q)},
        t_as_given=site.t_as_given if said else None,
        notes=(*site.notes, *said),
    ), tuple(said)


def _any(site: SitePairs, quantity: str) -> bool:
    """Tell whether a row has the quantity; a rejected scan disagrees with a class of T."""
    x, y = site.values[quantity]
    if quantity == "t":
        y = np.where(site.rejected, 0.0, y)
    return bool((np.isfinite(x) & np.isfinite(y)).any())
