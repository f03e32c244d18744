"""Flags of what is drawn over a picture, in plain words."""

FLAGS: dict[str, str] = {
    "no_bmd_scale": "The picture has grey values and no BMD scale; lines and regions are marked in "
    "it and nothing is measured.",
    "texture_needs_density": "A texture index needs a map of bone density; grey values of a "
    "windowed picture are refused.",
    "texture_not_defined": "No texture index: too few or too coarse pixels, or no variation above "
    "the noise.",
    "spine_not_found": "The disc spaces of the spine could not be told apart with certainty; "
    "nothing is marked.",
    "report_text_blanked": "Of this report page only the table that was recognised is shown; the "
    "rest is blanked, because it may show a name.",
}
