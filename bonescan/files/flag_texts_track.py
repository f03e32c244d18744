"""Flags of changes in one person over time, in plain words."""

FLAGS: dict[str, str] = {
    "change_by_correction_only": "The change comes from the correction for soft tissue alone; "
    "without it there is none.",
    "correction_not_checked": "Whether the change stands without the correction for soft tissue "
    "is not known.",
    "cross_calibrated": "Two devices, joined by a cross-calibration of theirs.",
    "no_precision_study": "The site has no precision study for it: the change is shown, and "
    "nothing is said about it.",
    "not_comparable": "Two values that do not belong to one series: no change is given.",
    "precision_not_own": "Judged by a published precision, not measured at this site.",
    "precision_study_small": "The site's precision study has fewer than 30 degrees of freedom.",
    "repeat_unclear": "Several values of one day that may be of one acquisition: averaged, and "
    "counted as one scan.",
    "repeat_scan": "Scans of one day lie further apart than the least significant change: scan "
    "again.",
}
