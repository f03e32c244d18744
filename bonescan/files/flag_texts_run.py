"""Flags that are set when the exams of a person are brought together."""

FLAGS = {
    "identity_conflict": (
        "The same chart number stands with different birth dates or sexes, or one person seems to "
        "have two chart numbers. The exams are not joined; correct the record first."
    ),
    "no_patient_id": (
        "The file names no patient. Its exam stands alone and is joined with nothing."
    ),
    "simulated_exam": "The exam was made by a simulator. No person was examined.",
}
