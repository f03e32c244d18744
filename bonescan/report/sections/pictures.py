"""The scans themselves, with what was found in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from bonescan.i18n import _
from bonescan.model.outcome import Picture
from bonescan.report.context import PersonContext, Section
from bonescan.report.figures.numbers import fixed
from bonescan.report.figures.scan_picture import scan_picture
from bonescan.report.fit_pictures import fit_pictures
from bonescan.report.words import site_words


def build(context: PersonContext) -> Section | None:
    """Build one figure a picture, newest exam first; None without any.

    Pictures are made small enough together for one page; the oldest are left
    out, by name, where that is not enough.
    """
    pictures = _newest_first(context.person.pictures)
    if not pictures:
        return None
    pngs = fit_pictures(
        [picture.png for _file, picture in pictures],
        [_drawn_bytes(picture) for _file, picture in pictures],
    )
    figures = [
        _figure(file, dataclasses.replace(picture, png=png))
        for (file, picture), png in zip(pictures, pngs, strict=True)
        if png
    ]
    left_out = [file for (file, _p), png in zip(pictures, pngs, strict=True) if not png]
    return Section(
        key="pictures", title=_("Pictures"), data={"figures": figures, "left_out": left_out}
    )


def _newest_first(pictures: Sequence[tuple[str, Picture]]) -> list[tuple[str, Picture]]:
    """Turn the files round, which come oldest first; pictures of one file keep their order."""
    files = [list(of_file) for _file, of_file in groupby(pictures, key=lambda entry: entry[0])]
    return [entry for of_file in reversed(files) for entry in of_file]


def _drawn_bytes(picture: Picture) -> int:
    """Bound what a figure takes besides its pixels: a point drawn twice, axis and words."""
    return 2500 + 32 * sum(len(overlay.points) for overlay in picture.overlays)


def _figure(file: str, picture: Picture) -> dict[str, Any]:
    site, names = site_words(picture.site), {o.name for o in picture.overlays}
    kinds = {"bmode": _("ultrasound picture"), "dxa": _("DXA image")}
    if "report_text_blanked" in picture.flags:
        kinds["dxa"] = _("table of a report page")
    title = f"{site}: {kinds.get(picture.kind, picture.kind)}"
    legend = [
        (style, words)
        for name, style, words in (
            ("surface", "surface", _("bone surface")),
            ("gate-a", "gate-a", _("gate A")),
            ("gate-b", "gate-b", _("gate B")),
            ("region", "region", _("region")),
            ("disc", "disc", _("disc line")),
        )
        if name in names
    ]
    drawn = ", ".join(words for _style, words in legend)
    description = _("Drawn over it: %s") % drawn if drawn else _("Nothing is drawn over it")
    return {
        "svg": scan_picture(picture, title=title, description=description),
        "title": title,
        "file": file,
        "size": _size(picture),
        "legend": legend,
        "remarks": [words for flag, words in _remarks().items() if flag in picture.flags],
        "is_ultrasound": picture.kind == "bmode",
    }


def _remarks() -> dict[str, str]:
    return {
        "no_bmd_scale": _(
            "No BMD scale: grey values, from which no density is measured. Regions "
            "are numbered from above; a person has to name them."
        ),
        "report_text_blanked": _(
            "Only the table that was recognised is shown; the rest of the report page is "
            "blanked, because it may show a name."
        ),
        "spine_not_found": _("The disc spaces could not be told apart with certainty."),
    }


def _size(picture: Picture) -> str:
    if picture.width_mm is None or picture.height_mm is None:
        return _("size in mm not known")
    return _("%(width)s × %(height)s mm") % {
        "width": fixed(picture.width_mm, 0),
        "height": fixed(picture.height_mm, 0),
    }
