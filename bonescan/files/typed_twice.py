"""Numbers copied from a report by hand, each typed in twice: a CSV with columns of our own.

``patient_id exam_date technique site`` and, for each number, a column and its
second entry: ``bmd_g_cm2 bmd_g_cm2_again t_score t_score_again z_score
z_score_again fragility_score fragility_score_again``. Dates as YYYY-MM-DD,
decimal points. Further columns: ``issuer sex birth_date exam_time
manufacturer device_model device_serial software_version operator reference``.
"""

from __future__ import annotations

from collections.abc import Sequence

from bonescan.settings import ColumnMap

AGAIN = "_again"
REQUIRED = ("patient_id", "exam_date", "technique", "site")
NUMBERS = {
    "bmd": "bmd_g_cm2",
    "bmc": "bmc_g",
    "area": "area_cm2",
    "t": "t_score",
    "z": "z_score",
    "fragility": "fragility_score",
}
_OTHERS = {
    "issuer": "issuer",
    "sex": "sex",
    "birth_date": "birth_date",
    "exam_time": "exam_time",
    "manufacturer": "manufacturer",
    "model": "device_model",
    "serial": "device_serial",
    "software_version": "software_version",
    "operator": "operator",
    "reference": "reference",
}


def typed_twice_map(header: Sequence[str]) -> ColumnMap | None:
    """Give the map of such a table; None where the header is not one of ours."""
    names = set(header)
    twice = {q: c for q, c in NUMBERS.items() if c in names and c + AGAIN in names}
    if not twice or not set(REQUIRED) <= names:
        return None
    columns = {"patient_id": "patient_id", "exam_date": "exam_date", "site": "site", **twice}
    columns |= {word: column for word, column in _OTHERS.items() if column in names}
    return ColumnMap(
        technique="technique",  # a column says it
        columns=tuple(columns.items()),
        again=tuple((q, c + AGAIN) for q, c in twice.items()),
        sex_words=(("F", "F"), ("M", "M")),
    )
