"""The exact age on the day of an exam."""

from __future__ import annotations

from datetime import date

from .known_facts import years_later


def exact_age_years(birth: date, day: date) -> float | None:
    """Count years from birthday to birthday, with the part of the current year.

    Parameters
    ----------
    birth, day : date
        Dates of birth and exam.

    Returns
    -------
    age : float or None
        None when the day lies before the birth. On a birthday it is a whole
        number, so that rules "from 50 years" begin on that day.

    Examples
    --------
    >>> exact_age_years(date(1970, 5, 1), date(2020, 5, 1))
    50.0
    >>> round(exact_age_years(date(1970, 5, 1), date(2020, 4, 30)), 4)
    49.9973
    """
    if day < birth:
        return None
    whole = day.year - birth.year
    if years_later(birth, whole) > day:
        whole -= 1
    last, following = years_later(birth, whole), years_later(birth, whole + 1)
    return whole + (day - last).days / (following - last).days
