"""The handout for patients as one A4 page."""

from __future__ import annotations

from markupsafe import Markup

from bonescan import __version__
from bonescan.model.education import EducationSheet, Release

from .due_page import day_words
from .due_words import LANGUAGES
from .environment import asset, content_policy, environment


def education_page(sheet: EducationSheet, release: Release, lang: str) -> str:
    """Write the page; it names the clinician who released it.

    Parameters
    ----------
    sheet : EducationSheet
    release : Release
    lang : str
        "en" or "zh-TW".

    Returns
    -------
    html : str
    """
    i = LANGUAGES.index(lang)
    styles = [asset("education.css")]
    released, sources = (("Released by", "Sources"), ("發放醫師", "資料來源"))[i]
    return (
        environment()
        .get_template("education.html.j2")
        .render(
            lang="zh-Hant-TW" if lang == "zh-TW" else "en",
            title=sheet.title[i],
            lead=sheet.lead[i],
            note=sheet.note[i],
            lines=[(line.part[i], line.text[i], line.ids, line.stress) for line in sheet.lines],
            sources=[pair[i] for pair in sheet.sources],
            sources_word=sources,
            colon=(": ", "：")[i],
            comma=(", ", "，")[i],
            semicolon=("; ", "；")[i],
            stop=(".", "。")[i],
            released_word=released,
            release=release,
            released_on=day_words(release.on, lang),
            version=__version__,
            styles=[Markup(s) for s in styles],
            policy=content_policy(tuple(styles)),
        )
    )
