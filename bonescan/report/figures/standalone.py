"""A figure of a page as a file of its own, for a manuscript."""

from __future__ import annotations

import re

from markupsafe import Markup

from bonescan.report.environment import asset

NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
FONT = 'svg{font-family:"Noto Sans",Helvetica,Arial,sans-serif;background:#fff}'
ANY_RULE = re.compile(r"([^{}]+)\{([^}]*)\}")


def standalone(svg: Markup, style_sheet: str = "agreement.css") -> str:
    """Give one `svg` element the name space and the styles it has on the page.

    Parameters
    ----------
    svg : Markup
        As the figure functions return it.
    style_sheet : str
        Name of the sheet beside `page.css` that the figure is drawn with.

    Returns
    -------
    text : str
        A complete SVG file, UTF-8.
    """
    rules = [FONT, *_svg_rules(asset("page.css")), *_svg_rules(asset(style_sheet))]
    style = "<style>" + "".join(rules).replace("<", "") + "</style>"
    opened, rest = str(svg).split(">", 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{opened} {NAMESPACE}>{style}{rest}\n'


def _svg_rules(sheet: str) -> list[str]:
    """Keep the rules about drawings; media rules and those of the page stay out."""
    plain = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^}]*\})*\}", "", sheet)
    return [
        f"{selector.strip()}{{{body}}}"
        for selector, body in ANY_RULE.findall(plain)
        if selector.strip().startswith("svg")
    ]
