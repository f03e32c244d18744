"""BMD of one site to T and Z, each with the reference it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from bonescan.errors import UsageError
from bonescan.model.measurement import Measurement, Scores
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import ReferencePolicy, Technique
from bonescan.norms.density import can_be_bone
from bonescan.norms.load import Norms
from bonescan.norms.reference import YoungReference, lms_z, young_percent, young_t
from bonescan.norms.rounding import fixed, tenths
from bonescan.norms.site import site_of
from bonescan.settings import LabelSettings

from .age_choice import AgeChoice, age_choice
from .alternatives import alternatives
from .young_choice import YoungChoice, young_choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one measurement will be scored against."""

    bmd_g_cm2: float
    young: YoungChoice
    age: AgeChoice


def score(
    measurement: Measurement,
    person: PersonAtExam,
    norms: Norms,
    settings: LabelSettings,
    *,
    reference_id: str | None = None,
    z_reference_id: str | None = None,
) -> Scores:
    """Score one measurement against the references of the policy, or those asked for.

    Parameters
    ----------
    measurement : Measurement
        `scale` says on whose scale the BMD is; None (a REMS device) has no
        reference, and only its printed scores stand.
    person : PersonAtExam
        Under 20 years there is no T. Z needs sex and age, within the ages of
        the curves; nothing is extrapolated.
    norms : Norms
    settings : LabelSettings
        `label_from` decides which alternatives would change the label,
        `reference` whose young adults and curves are taken.
    reference_id, z_reference_id : str, optional
        Use this reference in place of the policy's (flag `chosen_reference`).

    Returns
    -------
    scores : Scores
        T and Z fixed at 1e-9, their one-decimal label values, `t_u` =
        u(BMD)/SD. Empty where the measurement allows no scores (a simulated
        model on a real exam) or has no BMD, and with the flag
        `bmd_out_of_range` where its BMD can't be bone (0.1 to 3.0 g/cm2).

    Raises
    ------
    UsageError
        BS-E343 for an unknown id, BS-E344 for a reference of another site or
        scale, or for the number of a REMS device.
    """
    plan = plan_scores(measurement, person, norms, reference_id, z_reference_id, settings.reference)
    if plan is None:
        return unscored(measurement)
    reference, lms = plan.young.reference, plan.age.lms
    t = None if reference is None else young_t(plan.bmd_g_cm2, reference)
    z = None if lms is None else fixed(lms_z(plan.bmd_g_cm2, *lms))
    return assemble(plan, t, z, measurement, person, norms, settings)


def unscored(measurement: Measurement) -> Scores:
    """Give no scores, and why where the number itself is the reason."""
    bmd = measurement.bmd_g_cm2
    if measurement.scores_allowed and bmd is not None and not can_be_bone(bmd):
        return Scores(flags=("bmd_out_of_range",))
    return Scores()


def plan_scores(
    measurement: Measurement,
    person: PersonAtExam,
    norms: Norms,
    reference_id: str | None,
    z_reference_id: str | None,
    policy: ReferencePolicy = ReferencePolicy.ISCD,
) -> Plan | None:
    """Choose the references of one measurement; None when it can't be scored at all."""
    site, bmd = site_of(measurement), measurement.bmd_g_cm2
    if not measurement.scores_allowed or bmd is None or site is None or not can_be_bone(bmd):
        return None
    scale = measurement.scale
    if measurement.technique is Technique.REMS and (reference_id or z_reference_id):
        raise UsageError(
            "BS-E344",
            f"found {reference_id or z_reference_id} for the number of a REMS device, wanted none: "
            "only its printed scores stand.",
        )
    return Plan(
        bmd_g_cm2=bmd,
        young=young_choice(site, scale, person, norms, reference_id, policy),
        age=age_choice(site, scale, person, norms, z_reference_id, policy),
    )


def assemble(
    plan: Plan,
    t: Decimal | None,
    z: Decimal | None,
    measurement: Measurement,
    person: PersonAtExam,
    norms: Norms,
    settings: LabelSettings,
) -> Scores:
    """Put scores, references, uncertainty and remarks together."""
    u, reference, lms = measurement.bmd_u_g_cm2, plan.young.reference, plan.age.lms
    return Scores(
        t_score=None if t is None else float(t),
        t_label=None if t is None else float(tenths(t)),
        z_score=None if z is None else float(z),
        z_label=None if z is None else float(tenths(z)),
        reference_id=None if reference is None else reference.id,
        z_reference_id=plan.age.reference_id,
        t_u=None if u is None or reference is None else u / float(reference.sd_g_cm2),
        t_u_with_reference=_full_uncertainty(t, u, reference),
        young_adult_percent=None
        if reference is None
        else float(young_percent(plan.bmd_g_cm2, reference)),
        age_matched_percent=None if lms is None else 100.0 * plan.bmd_g_cm2 / lms[1],
        alternatives=alternatives(plan.bmd_g_cm2, t, reference, person, norms, settings),
        flags=tuple(dict.fromkeys(plan.young.flags + plan.age.flags)),
    )


def _full_uncertainty(
    t: Decimal | None, bmd_u_g_cm2: float | None, reference: YoungReference | None
) -> float | None:
    """Give u(T) from BMD, mean and SD of the reference, taken as independent.

    u(T)^2 = (u(BMD)^2 + u(mean)^2 + T^2 u(SD)^2) / SD^2, the first-order law of
    propagation (JCGM 100:2008, section 5.1).
    """
    if t is None or bmd_u_g_cm2 is None or reference is None:
        return None
    if reference.se_mean_g_cm2 is None or reference.se_sd_g_cm2 is None:
        return None
    parts = (bmd_u_g_cm2, float(reference.se_mean_g_cm2), float(t) * float(reference.se_sd_g_cm2))
    return math.hypot(*parts) / float(reference.sd_g_cm2)
