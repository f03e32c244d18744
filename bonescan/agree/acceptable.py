"""A difference called acceptable beforehand, against the intervals of the limits."""

from __future__ import annotations

from bonescan.stats.agreement_study import AcceptableDifference, QuantityAgreement

LEAST_PAIRS = 3


def judge(found: QuantityAgreement, acceptable: float) -> AcceptableDifference:
    """Judge the limits of agreement.

    Parameters
    ----------
    found : QuantityAgreement
    acceptable : float
        Largest difference that does not matter, above 0, in the quantity's unit.

    Returns
    -------
    verdict : AcceptableDifference
        "acceptable" when the intervals of both limits lie wholly within
        ±acceptable, "not-acceptable" when the interval of a limit lies wholly
        beyond, "undecided" between, where the sample is too small to tell, and
        with fewer than three pairs or differences that are all equal.

    References
    ----------
    Lu MJ, Zhong WH, Liu YX, et al. Sample size for assessing agreement between
    two methods of measurement by Bland-Altman method. Int J Biostat 2016;12(2)
    (the criterion: intervals of the limits within the acceptable difference).
    """
    block = found.bland_altman
    lower = None if block is None else block.loa_lower
    upper = None if block is None else block.loa_upper
    unit = f" {found.unit}" if found.unit else ""
    asked = f"±{acceptable:g}{unit}, stated beforehand"
    ends = [e for limit in (lower, upper) if limit is not None for e in (limit.lo, limit.hi)]
    if found.n < LEAST_PAIRS or block is None or not block.sd_diff:
        verdict = "undecided"
        why = "too few pairs" if found.n < LEAST_PAIRS else "differences that are all equal"
        sentence = f"{found.n} pairs, {why}: no spread to hold against {asked}."
    elif len(ends) != 4 or any(e is None for e in ends):  # noqa: PLR2004 - two ends of two limits
        verdict, sentence = "undecided", f"The limits have no intervals to hold against {asked}."
    else:
        low, low_inner, high_inner, high = (float(e) for e in ends if e is not None)
        if -acceptable <= low and high <= acceptable:
            verdict = "acceptable"
            sentence = f"The intervals of both limits lie within {asked}."
        elif low_inner < -acceptable or high_inner > acceptable:
            verdict = "not-acceptable"
            sentence = f"The interval of a limit lies wholly beyond {asked}."
        else:
            verdict = "undecided"
            sentence = f"The interval of a limit crosses {asked}: the sample can't tell."
    return AcceptableDifference(
        quantity=found.quantity, acceptable=acceptable, verdict=verdict, sentence=sentence
    )
