"""Which remarks send a person to somebody's desk."""

# Each asks for something that only a person can settle: whose exam it is, which fact holds, which
# number is right. What the rules settle by themselves (a male curve, a rounding, an early
# menopause) is flagged and not put on the list, so that the list stays short enough to be read.
# Numbers of which nobody knows whether they are true. They label nothing and are never silent:
# their person gets a row, a note and a place on the list.
DOUBTFUL_NUMBERS = frozenset(
    {
        "arithmetic_mismatch",
        "region_printed_twice",
        "numbers_of_another_day",
        "carriers_disagree",
        "value_implausible",
        "entries_differ",
        "code_contradicts_region",
        "side_contradicts",
    }
)
REVIEW_FLAGS = DOUBTFUL_NUMBERS | frozenset(
    {
        "identity_conflict",
        "facts_disagree",
        "status_implausible",
        "menopause_unknown",
        "sex_or_age_unknown",
        "class_mismatch",
        "unknown_printed_reference",
        "vertebra_discordant",
        "bmd_out_of_range",
        "confirm_pregnancy",
        "osteoporosis_by_fracture",
        "same_day_numbers_differ",
        "file_needs_review",
    }
)
