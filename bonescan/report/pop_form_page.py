"""The blank questionnaire of a pregnancy study, to print and fill in by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from bonescan import __version__
from bonescan.model.due import Pair

from .environment import asset, content_policy, environment
from .pop_words import LANGUAGES
from .print_style import print_style

TITLE: Pair = ("Questionnaire: pregnancy and bone", "問卷：懷孕與骨骼")
LEAD: Pair = (
    "Leave out what you do not know. An empty answer counts as unknown, not as no.",
    "不知道的題目可以空白；空白視為不明，不視為「否」。",
)
HEAD: tuple[Pair, ...] = (("Study number", "研究編號"), ("Date", "日期"))
YES_NO: tuple[Pair, ...] = (("yes", "是"), ("no", "否"))
NOTE: Pair = ("Research use only, not a medical device.", "僅供研究，非醫療器材。")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One question; without `choices` there is a line to write on."""

    section: Pair
    text: Pair
    kind: str
    choices: tuple[Pair, ...] = ()


def pop_form_page(fields: Sequence[FormField], lang: str) -> str:
    """Write the form.

    Parameters
    ----------
    fields : sequence of FormField
        Fields of one section stand together.
    lang : {"en", "zh-TW"}
    """
    i = LANGUAGES.index(lang)
    styles = [asset("page.css"), asset("pop_form.css"), print_style(__version__, "", NOTE[i])]
    sections = [
        (name[i], [(f.text[i], [c[i] for c in _choices(f)], f.kind) for f in group])
        for name, group in groupby(fields, key=lambda f: f.section)
    ]
    return (
        environment()
        .get_template("pop_form.html.j2")
        .render(
            lang="zh-Hant-TW" if i else "en",
            title=TITLE[i],
            lead=LEAD[i],
            note=NOTE[i],
            head=[pair[i] for pair in HEAD],
            sections=sections,
            version=__version__,
            styles=[Markup(s) for s in styles],
            policy=content_policy(tuple(styles)),
        )
    )


def _choices(field: FormField) -> tuple[Pair, ...]:
    return YES_NO if field.kind == "yesno" else field.choices
