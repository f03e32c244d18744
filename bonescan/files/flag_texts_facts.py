"""Flags of facts about a person, in words for a technician."""

FLAGS = {
    "facts_disagree": (
        "Recorded facts contradict each other, or what the scan file says. The facts were "
        "followed where they agree among themselves. Please check them."
    ),
    "status_implausible": (
        "Premenopausal, pregnant or breastfeeding at 60 or over, or called postmenopausal before "
        "40 (taken for premature ovarian insufficiency): please check age and facts."
    ),
    "fact_undated": (
        "The menopausal status was recorded without a date and was taken to hold at this exam."
    ),
    "menopause_inferred": (
        "The menopausal status was concluded from other facts (a birth, an age at menopause, a "
        "last period), not stated."
    ),
    "pregnancy_inferred": (
        "A birth in the months after the exam shows that the woman was pregnant at the exam."
    ),
    "feeding_unknown": (
        "It is not recorded whether and how long the child was breastfed. Until 12 months after "
        "delivery she is taken as breastfeeding."
    ),
    "exam_date_unknown": (
        "The date of the exam is unknown, so dated facts about the person say nothing about it."
    ),
}
