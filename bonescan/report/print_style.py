"""The line at the foot of each printed sheet."""

from __future__ import annotations

from bonescan.i18n import _

from .printable import printable

SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-")


def print_style(version: str, whose: str, research: str = "") -> str:
    """Write the page rule: A4, and who and what on every sheet.

    Parameters
    ----------
    version : str
        Version of bonescan.
    whose : str
        Person or study; any text, it can't leave its string.
    research : str
        "Research use only, not a medical device" in the page's own language;
        English when empty.
    """
    left = (
        f"{whose} · bonescan {version} · {research}"
        if research
        else _("%(whose)s · bonescan %(version)s · research use only, not a medical device")
        % {"whose": whose, "version": version}
    )
    look = "font:8pt system-ui,sans-serif;color:#586674"
    return (
        "@page{size:A4;margin:14mm 14mm 17mm;"
        f"@bottom-left{{content:{css_string(left)};{look}}}"
        f'@bottom-right{{content:counter(page) " / " counter(pages);{look}}}}}'
    )


def css_string(text: str) -> str:
    r"""Write a CSS string; whatever is not plain is escaped by its number.

    >>> css_string('a"<')
    '"a\\22 \\3c "'

    References
    ----------
    W3C CSS Syntax Module Level 3, section 4.3.7, consume an escaped code point.
    """
    return '"' + "".join(c if c in SAFE else f"\\{ord(c):x} " for c in printable(text)) + '"'
