"""Flags of scores and classes, in words for a technician."""

CELL_NOT_READ = "cell_not_read"

FLAGS = {
    CELL_NOT_READ: (
        "A cell of this row could not be read and was left out. The list of problems names it."
    ),
    "under_20": (
        "Under 20 years there is no T-score. The Z-score counts, and ultrasound gives no class."
    ),
    "no_t_reference": (
        "No young-adult reference fits this maker and site, so bonescan gives no T-score of its "
        "own. A printed T-score stands as printed."
    ),
    "no_age_reference": (
        "No reference over age fits this maker, site, sex and age, so bonescan gives no Z-score "
        "of its own. Another table is never put in its place."
    ),
    "reference_from_memory": (
        "The reference behind this T-score rests in part on memory and not on a table that was "
        "read. See it under `bonescan norms show`."
    ),
    "chosen_reference": (
        "The reference was chosen by name and is not the one the policy prescribes."
    ),
    "age_outside_table": (
        "The age lies outside the reference over age, which is never extrapolated."
    ),
    "age_interpolated": (
        "The reference gives mean and SD by groups of age. Between the middles of two groups they "
        "were interpolated."
    ),
    "bmd_out_of_range": (
        "The density is not between 0.1 and 3.0 g/cm2, so it can't be bone in that unit. "
        "No T-score or Z-score of bonescan's own was made of it."
    ),
    "japan_criteria": (
        "The class comes from the Japanese criteria of 2012 and not from those of the WHO. A "
        "printed T-score gives none."
    ),
    "age_in_whole_years": (
        "Only the age in whole years is known. Half a year was added, which is right on average."
    ),
    "not_policy_reference": (
        "The printed T-score rests on a male or local reference. The policy asks for the White "
        "female one, so bonescan's own T-score gives the class."
    ),
    "unknown_printed_reference": (
        "The name of the printed reference is not known to bonescan, so the printed T-score gives "
        "no class. Compare it with the reference of the report."
    ),
    "class_mismatch": (
        "The printed score and bonescan's own give different classes. Both stand in the row; a "
        "person should look."
    ),
    "rounding_decides": (
        "The score rounded to one decimal and the unrounded one give neighbouring classes. The "
        "rounded one, as printed, labels unless the raw one was asked for."
    ),
    "no_score_may_label": (
        "There is no score that may give a class: none printed by the policy's reference, and "
        "none of bonescan's own."
    ),
    "early_menopause": (
        "Menopause was surgical, induced or premature and the woman is under 50. T and Z are both "
        "shown and no class is given."
    ),
    "menopausal_transition": (
        "The woman is in the menopausal transition. WHO classes may be used, with care."
    ),
    "menopause_unknown": (
        "Nobody recorded the menopausal status. Please ask and add it to the facts."
    ),
    "sex_or_age_unknown": (
        "Sex or age is unknown, so no class is given. Add sex and date of birth to the facts."
    ),
    "radius_only_without_spine_and_hip": (
        "The one-third radius gives the person's class only when neither spine nor hip can be "
        "measured."
    ),
    "radius_allowed": (
        "A recorded fact lets the one-third radius give the person's class: spine or hip can't be "
        "evaluated, hyperparathyroidism, or a weight above the table's limit."
    ),
    "site_not_evaluable": (
        "A person judged the spine or the hips not evaluable; they do not decide the class."
    ),
    "radius_decides": ("Neither spine nor hip has a class, so the one-third radius gives it."),
    "vertebra_discordant": (
        "Two neighbouring vertebrae differ by more than 1.0 in T. Look at the image and decide "
        "whether one should be left out. Nothing was left out."
    ),
    "osteoporosis_by_fracture": (
        "A hip or vertebral fragility fracture is recorded. Clinically that is osteoporosis, "
        "whatever the T-score."
    ),
}
