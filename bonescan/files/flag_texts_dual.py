"""Flags that measuring dual-energy images sets, in plain words."""

FLAGS: dict[str, str] = {
    "no_scale_reference": "Measured on the scale of its own calibration phantom. No young adults "
    "and no people of the same age were measured on that scale, so there is no T and no Z.",
    "calibration_not_checked": "The calibration was not checked on the day of the exam.",
    "outside_calibration": "The body attenuates more or less than the calibration phantom did.",
    "levels_by_one_landmark": "The vertebrae were named by the ribs alone or by the iliac crests "
    "alone.",
    "phantom_scan": "A phantom, not a person.",
}
