"""Flags of numbers read from pictures and of what people decided, in plain words."""

FLAGS: dict[str, str] = {
    "read_from_picture": "The numbers were read from the pixels of a report page; arithmetic on "
    "the page proves them, or a person confirmed them.",
    "confirmed_by_person": "A person looked at the number and confirmed or corrected it.",
    "vertebra_excluded_by_person": "A person left a vertebra out; the total is the sum of BMC over "
    "the sum of areas of the others.",
}
