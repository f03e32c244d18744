"""The one template environment: autoescape on, no undefined names, texts cleaned."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bonescan.i18n import _

from . import words
from .printable import printable

CODE = re.compile(r"`([^`\n]+)`")
TEMPLATES = Path(__file__).parent / "templates"


def _clean(value: Any) -> Any:
    """Prepare a value for output; markup made by us passes untouched."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def prose(text: str) -> Markup:
    """Escape a text and set what stands between back quotes as code.

    >>> str(prose("see `bonescan norms <show>`"))
    'see <code>bonescan norms &lt;show&gt;</code>'
    """
    escaped = str(escape(printable(text)))
    return Markup(CODE.sub(r"<code>\1</code>", escaped))


@cache
def environment() -> Environment:
    """Make the environment once a process; templates stay compiled in it."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals["_"] = _
    made.filters["prose"] = prose
    for name in dir(words):
        if name.endswith(("_words", "_short", "_style", "sentence")):
            made.filters[name] = getattr(words, name)
    return made


@cache
def asset(name: str) -> str:
    """Read a style sheet or script that goes inside the page."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def inline_hash(content: str) -> str:
    """Name an inline block so that the page's content policy lets just this one through.

    References
    ----------
    W3C Content Security Policy Level 3, section 2.3.1, hash-source.
    """
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return "'sha256-" + b64encode(digest).decode("ascii") + "'"


def content_policy(styles: tuple[str, ...], scripts: tuple[str, ...] = ()) -> str:
    """Write the content policy of a page: nothing from outside, only these inline blocks."""
    rules = [
        "default-src 'none'",
        "img-src data:",
        "style-src " + " ".join(map(inline_hash, styles)),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if scripts:
        rules.insert(3, "script-src " + " ".join(map(inline_hash, scripts)))
    return "; ".join(rules)
