"""The scores a row may be labelled by, and which of them the label policy takes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bonescan.model.measurement import Measurement, Scores
from bonescan.model.vocabulary import LabelPolicy, ScoreUsed
from bonescan.norms.rounding import fixed

from .printed_reference import PrintedReference, recognise

UNKNOWN_REFERENCE = "unknown_printed_reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The number that labels, the printed one beside it, and why."""

    used: ScoreUsed | None
    own: Decimal | None
    reported: Decimal | None
    flags: tuple[str, ...] = ()

    @property
    def score(self) -> Decimal | None:
        """The number that labels, fixed at 1e-9; None when there is none."""
        printed = self.used in {ScoreUsed.REPORTED_T, ScoreUsed.REPORTED_Z}
        return None if self.used is None else self.reported if printed else self.own


def choose_t(
    measurement: Measurement, scores: Scores, sex: str | None, policy: LabelPolicy
) -> Choice:
    """Choose the T that labels; the size of a difference never decides.

    With the policy "device" the printed T labels when its printed reference is
    the policy's or none is printed; a male, local or unknown curve leaves the
    label to ours. With "iscd" ours labels, and where there is none, nothing.
    """
    own, reported = _decimal(scores.t_score), _decimal(measurement.reported_t_score)
    flags: tuple[str, ...] = ()
    printed_may_label = False
    if reported is not None:
        among_several = UNKNOWN_REFERENCE in measurement.flags
        known = recognise(measurement.reported_reference, sex)
        match PrintedReference.UNKNOWN if among_several else known:
            case PrintedReference.MALE | PrintedReference.LOCAL:
                flags = ("not_policy_reference",)
            case PrintedReference.UNKNOWN:
                flags = (UNKNOWN_REFERENCE,)
            case _:
                printed_may_label = policy is LabelPolicy.DEVICE
    used = (
        ScoreUsed.REPORTED_T if printed_may_label else ScoreUsed.OWN_T if own is not None else None
    )
    return Choice(used=used, own=own, reported=reported, flags=flags)


def choose_z(measurement: Measurement, scores: Scores, policy: LabelPolicy) -> Choice:
    """Choose the Z that labels: the printed one with "device", ours with "iscd".

    A printed Z rests on the maker's curve for age and sex, which the ISCD
    leaves to local data: no string of it is against the policy.
    """
    own, reported = _decimal(scores.z_score), _decimal(measurement.reported_z_score)
    if reported is not None and policy is LabelPolicy.DEVICE:
        return Choice(used=ScoreUsed.REPORTED_Z, own=own, reported=reported)
    used = ScoreUsed.OWN_Z if own is not None else None
    return Choice(used=used, own=own, reported=reported)


def _decimal(score: float | None) -> Decimal | None:
    return None if score is None else fixed(score)
