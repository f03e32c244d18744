"""Which remarks send a person to somebody's desk."""

# Each asks for something that only a person can settle: whose exam it is, which fact holds, which
# number is right. What the rules settle by themselves (a male curve, a rounding, an early
# menopause) is flagged and not put on the list, so that the list stays short enough to be read.
REVIEW_FLAGS = frozenset(
    {
        "identity_conflict",
        "facts_disagree",
        "status_implausible",
        "menopause_unknown",
        "sex_or_age_unknown",
        "class_mismatch",
        "unknown_printed_reference",
        "vertebra_discordant",
        "arithmetic_mismatch",
        "bmd_out_of_range",
        "region_printed_twice",
        "numbers_of_another_day",
        "confirm_pregnancy",
        "osteoporosis_by_fracture",
    }
)
