"""Flags of what is drawn over a picture, in plain words."""

FLAGS: dict[str, str] = {
    "no_bmd_scale": "The picture has grey values and no BMD scale; lines and regions are marked in "
    "it and nothing is measured.",
    "spine_not_found": "The disc spaces of the spine could not be told apart with certainty; "
    "nothing is marked.",
}
