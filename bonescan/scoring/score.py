"""BMD of one site to T and Z, each with the reference it rests on."""

from __future__ import annotations

from bonescan.model.measurement import Measurement, Scores
from bonescan.model.person import PersonAtExam
from bonescan.norms.load import Norms
from bonescan.norms.rounding import tenths
from bonescan.settings import LabelSettings

from .age_score import age_score
from .alternatives import alternatives
from .site_of import site_of
from .young_score import young_score


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
        `label_from` decides which alternatives would change the label.
    reference_id, z_reference_id : str, optional
        Use this reference in place of the policy's (flag `chosen_reference`).

    Returns
    -------
    scores : Scores
        T and Z fixed at 1e-9, their one-decimal label values, `t_u` =
        u(BMD)/SD. Empty where the measurement allows no scores (a simulated
        model on a real exam) or has no BMD.

    Raises
    ------
    UsageError
        BS-E343 for an unknown id, BS-E344 for a reference of another site.
    """
    site = site_of(measurement)
    if not measurement.scores_allowed or measurement.bmd_g_cm2 is None or site is None:
        return Scores()
    bmd = measurement.bmd_g_cm2
    young = young_score(bmd, site, measurement.scale, person, norms, reference_id)
    age = age_score(bmd, site, measurement.scale, person, norms, z_reference_id)
    u = measurement.bmd_u_g_cm2
    reference = young.reference
    return Scores(
        t_score=None if young.t is None else float(young.t),
        t_label=None if young.t is None else float(tenths(young.t)),
        z_score=None if age.z is None else float(age.z),
        z_label=None if age.z is None else float(tenths(age.z)),
        reference_id=None if reference is None else reference.id,
        z_reference_id=age.reference_id,
        t_u=None if u is None or reference is None else u / float(reference.sd_g_cm2),
        alternatives=alternatives(bmd, young.t, reference, person, norms, settings.label_from),
        flags=tuple(dict.fromkeys(young.flags + age.flags)),
    )
