"""Z: how far a BMD lies from people of the same age and sex."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bonescan.errors import UsageError
from bonescan.model.person import PersonAtExam
from bonescan.norms.load import Norms
from bonescan.norms.reference import AgeReference, lms_z
from bonescan.norms.rounding import fixed
from bonescan.norms.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeScore:
    """Z with its reference; both or none."""

    z: Decimal | None = None
    reference_id: str | None = None
    flags: tuple[str, ...] = ()


def age_score(
    bmd_g_cm2: float,
    site: Site,
    scale: str | None,
    person: PersonAtExam,
    norms: Norms,
    z_reference_id: str | None,
) -> AgeScore:
    """Score against the curve of this scale, site and sex at the person's exact age.

    Without a matching curve, outside its ages, or with sex or age unknown
    there is no Z (flag `no_age_reference`): never a neighbour's table, never
    an extrapolation.
    """
    if bmd_g_cm2 <= 0.0:
        return AgeScore(flags=("no_age_reference",))
    flags: tuple[str, ...] = ()
    if z_reference_id:
        reference: AgeReference | None = _chosen_age(z_reference_id, norms)
        flags = ("chosen_reference",)
    else:
        reference = norms.policy_age(scale, site.without_side, person.sex)
    curve = reference and reference.curves.get((site.without_side, person.sex or ""))
    lms = curve and person.age_years is not None and curve.at(person.age_years)
    if not reference or not lms:
        return AgeScore(flags=("no_age_reference",))
    if not person.age_is_exact:
        flags += ("age_in_whole_years",)
    return AgeScore(z=fixed(lms_z(bmd_g_cm2, *lms)), reference_id=reference.id, flags=flags)


def _chosen_age(z_reference_id: str, norms: Norms) -> AgeReference:
    reference = norms.age.get(z_reference_id)
    if reference is None:
        raise UsageError("BS-E343", f"found the reference {z_reference_id!r}, wanted a known id.")
    return reference
