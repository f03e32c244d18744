"""The page beside review.csv: each number that needs a person, next to its picture."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .environment import asset, content_policy, environment
from .print_style import print_style

MAX_ROWS = 400  # on the page; review.csv has all of them
MAX_PAGES = 60
FIRST_LINE = 2  # of a table below its heading


def review_page(
    rows: Sequence[Mapping[str, Any]],
    crops: Sequence[bytes],
    pages: Mapping[str, bytes],
    version: str,
) -> str:
    """Write the page.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of review.csv in their order.
    crops : sequence of bytes
        The picture of each row, PNG; empty where it has none.
    pages : mapping of str to bytes
        The picture of a file's table by its SHA-256.
    version : str
        Of the package.

    Returns
    -------
    html : str
        Self-contained; at most `MAX_ROWS` rows and `MAX_PAGES` tables.
    """
    styles = [asset("page.css"), asset("review.css"), print_style(version, "review")]
    shown = list(zip(rows, crops, strict=True))[:MAX_ROWS]
    files = {str(r["sha256"]): str(r["file"]) for r, _crop in shown if r["sha256"] in pages}
    numbers = {sha: n for n, sha in enumerate(list(files)[:MAX_PAGES], 1)}
    entries = [
        {**row, "line": line, "image": data_uri(crop), "page": numbers.get(str(row["sha256"]))}
        for line, (row, crop) in enumerate(shown, FIRST_LINE)
    ]
    return (
        environment()
        .get_template("review.html.j2")
        .render(
            rows=entries,
            pages=[
                {"number": n, "file": files[sha], "image": data_uri(pages[sha])}
                for sha, n in numbers.items()
            ],
            n_open=len(rows),
            n_more=len(rows) - len(shown),
            version=version,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=[],
            watermark="",
        )
    )


def data_uri(png: bytes) -> str:
    """Write a PNG into the page itself; "" for none."""
    return "data:image/png;base64," + b64encode(png).decode("ascii") if png else ""
