"""Whether a sample holds people whom the model was trained on."""

from __future__ import annotations

from collections.abc import Iterable

from bonescan.errors import NothingUsable
from bonescan.files.model_file import person_hash
from bonescan.model.rems_model import RemsModel


def refuse_training_people(model: RemsModel, people: Iterable[tuple[str, str | None]]) -> int:
    """Refuse a sample that a model knows: agreement with its own training says nothing.

    Parameters
    ----------
    model : RemsModel
    people : iterable of (patient_id, issuer)
        As the study's files write them. They are looked for with and without
        the issuer, which a training cohort may not have named.

    Returns
    -------
    n_checked : int
        People looked for.

    Raises
    ------
    NothingUsable
        BS-E375 when anybody was in the training.
    """
    known = set(model.person_hashes)
    everyone = set(people)
    inside = sum(
        any(person_hash(model.person_salt, patient_id, whose) in known for whose in {issuer, None})
        for patient_id, issuer in everyone
    )
    if inside:
        raise NothingUsable(
            "BS-E375",
            f"training_overlap: found {inside} of {len(everyone)} people in the training of model "
            f"{model.model_id}, wanted none.",
        )
    return len(everyone)
