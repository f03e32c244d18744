"""T: how far a BMD lies from the young adults of one reference."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bonescan.errors import UsageError
from bonescan.model.person import PersonAtExam
from bonescan.norms.load import Norms
from bonescan.norms.reference import YoungReference, young_t
from bonescan.norms.site import Site
from bonescan.norms.who_words import ADULT_YEARS


@dataclass(frozen=True, slots=True, kw_only=True)
class YoungScore:
    """T with its reference; both or none."""

    t: Decimal | None = None
    reference: YoungReference | None = None
    flags: tuple[str, ...] = ()


def young_score(
    bmd_g_cm2: float,
    site: Site,
    scale: str | None,
    person: PersonAtExam,
    norms: Norms,
    reference_id: str | None,
) -> YoungScore:
    """Score against the policy's reference of this scale and site, or the one named.

    One set serves women and men: the uniform White female reference. A set of
    vertebrae without a reference of its own has no T. An unknown age does not
    withhold T (the reference is the same for every adult), but no class comes
    of it.

    References
    ----------
    ISCD Adult Official Positions 2019 and 2023 (iscd.org): uniform female
    reference for women and men; NHANES III at the hip, the maker's own at the
    spine.
    """
    if person.age_years is not None and person.age_years < ADULT_YEARS:
        return YoungScore(flags=("under_20",))
    flags: tuple[str, ...] = ()
    if reference_id:
        reference: YoungReference | None = chosen_young(reference_id, site, norms)
        flags = ("chosen_reference",)
    else:
        reference = norms.policy_young(scale, site.without_side)
    if reference is None:
        return YoungScore(flags=("no_t_reference",))
    if reference.evidence == "M":
        flags += ("reference_from_memory",)
    return YoungScore(t=young_t(bmd_g_cm2, reference), reference=reference, flags=flags)


def chosen_young(reference_id: str, site: Site, norms: Norms) -> YoungReference:
    """Look a reference up by id and make sure that it may score this site."""
    reference = norms.young.get(reference_id)
    if reference is None:
        raise UsageError("BS-E343", f"found the reference {reference_id!r}, wanted a known id.")
    if reference.role == "recognition":
        raise UsageError(
            "BS-E344",
            f"found {reference_id}, a male curve that only explains printed T-scores, wanted a "
            "reference that scores.",
        )
    if reference.site != site.without_side:
        raise UsageError(
            "BS-E344",
            f"found {reference_id}, which is of {reference.site}, wanted one of "
            f"{site.without_side}.",
        )
    return reference
