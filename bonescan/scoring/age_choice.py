"""Z: which people of the same age and sex a BMD is held against."""

from __future__ import annotations

from dataclasses import dataclass

from bonescan.errors import UsageError
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import ReferencePolicy
from bonescan.norms.load import Norms
from bonescan.norms.reference import AgeReference
from bonescan.norms.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeChoice:
    """L, M and S at the person's age and the reference they are of, or none and why."""

    lms: tuple[float, float, float] | None = None
    reference_id: str | None = None
    flags: tuple[str, ...] = ()


def age_choice(
    site: Site,
    scale: str | None,
    person: PersonAtExam,
    norms: Norms,
    z_reference_id: str | None,
    policy: ReferencePolicy = ReferencePolicy.ISCD,
) -> AgeChoice:
    """Choose the curve of this scale, site and sex at the person's exact age.

    Without a matching curve, outside its ages, or with sex or age unknown
    there is no Z (flag `no_age_reference`, with `age_outside_table` where only
    the age is the reason): never a neighbour's table, never an extrapolation.
    """
    prescribed = norms.policy_age(scale, site.without_side, person.sex, policy)
    reference = _chosen_age(z_reference_id, scale, norms) if z_reference_id else prescribed
    key = (site.without_side, person.sex or "")
    curve = None if reference is None else reference.curves.get(key)
    lms = curve.at(person.age_years) if curve and person.age_years is not None else None
    if reference is None or curve is None or lms is None:
        outside = curve is not None and person.age_years is not None
        return AgeChoice(flags=("no_age_reference",) + ("age_outside_table",) * outside)
    flags: tuple[str, ...] = () if reference is prescribed else ("chosen_reference",)
    if person.age_years is not None and curve.is_between_bins(person.age_years):
        flags += ("age_interpolated",)
    if not person.age_is_exact:
        flags += ("age_in_whole_years",)
    return AgeChoice(lms=lms, reference_id=reference.id, flags=flags)


def _chosen_age(z_reference_id: str, scale: str | None, norms: Norms) -> AgeReference:
    reference = norms.age.get(z_reference_id)
    if reference is None:
        raise UsageError("BS-E343", f"found the reference {z_reference_id!r}, wanted a known id.")
    if scale is not None and reference.scale != scale:
        raise UsageError(
            "BS-E344",
            f"found {z_reference_id}, which is on the scale of {reference.scale}, wanted one on "
            f"that of {scale}.",
        )
    return reference
