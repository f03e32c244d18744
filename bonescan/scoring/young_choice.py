"""T: which young adults a BMD is held against."""

from __future__ import annotations

from dataclasses import dataclass

from bonescan.errors import UsageError
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import ReferencePolicy
from bonescan.norms.load import Norms
from bonescan.norms.reference import YoungReference
from bonescan.norms.site import Site
from bonescan.norms.who_words import ADULT_YEARS


@dataclass(frozen=True, slots=True, kw_only=True)
class YoungChoice:
    """The reference that gives T, or none and why."""

    reference: YoungReference | None = None
    flags: tuple[str, ...] = ()


def young_choice(
    site: Site,
    scale: str | None,
    person: PersonAtExam,
    norms: Norms,
    reference_id: str | None,
    policy: ReferencePolicy = ReferencePolicy.ISCD,
) -> YoungChoice:
    """Choose the policy's reference of this scale and site, or the one named.

    One set serves women and men: the uniform White female reference. A set of
    vertebrae without a reference of its own has no T. An unknown age does not
    withhold T (the reference is the same for every adult), but no class comes
    of it. The Japanese criteria take the young adults of the person's own sex.

    References
    ----------
    ISCD Adult Official Positions 2019 and 2023 (iscd.org): uniform female
    reference for women and men; NHANES III at the hip, the maker's own at the
    spine.
    """
    if person.age_years is not None and person.age_years < ADULT_YEARS:
        return YoungChoice(flags=("under_20",))
    prescribed = norms.policy_young(scale, site.without_side, policy, person.sex)
    reference = (
        chosen_young(reference_id, site, scale, norms, person.sex) if reference_id else prescribed
    )
    if reference is None:
        return YoungChoice(flags=("no_t_reference",))
    if policy is ReferencePolicy.JAPAN and reference.criteria != policy:
        raise UsageError(
            "BS-E344",
            f"found {reference.id} with the Japanese criteria, wanted young adults of Japan or "
            "another reference policy.",
        )
    flags: tuple[str, ...] = () if reference is prescribed else ("chosen_reference",)
    if reference.evidence == "M":
        flags += ("reference_from_memory",)
    return YoungChoice(reference=reference, flags=flags)


def chosen_young(
    reference_id: str, site: Site, scale: str | None, norms: Norms, sex: str | None = None
) -> YoungReference:
    """Look a reference up by id and make sure that it may score this site on this scale."""
    reference = norms.young.get(reference_id)
    if reference is None:
        raise UsageError("BS-E343", f"found the reference {reference_id!r}, wanted a known id.")
    if reference.role == "recognition":
        raise UsageError(
            "BS-E344",
            f"found {reference_id}, a male curve that only explains printed T-scores, wanted a "
            "reference that scores.",
        )
    if reference.sex == "M" and sex == "F":  # a female set serves both, a male one only men
        raise UsageError(
            "BS-E344", f"found {reference_id}, which is of men, wanted one of women for a woman."
        )
    if reference.site != site.without_side:
        raise UsageError(
            "BS-E344",
            f"found {reference_id}, which is of {reference.site}, wanted one of "
            f"{site.without_side}.",
        )
    if scale is not None and reference.scale != scale:
        raise UsageError(
            "BS-E344",
            f"found {reference_id}, which is on the scale of {reference.scale}, wanted one on that "
            f"of {scale}.",
        )
    return reference
