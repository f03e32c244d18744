"""Pages in a real browser: nothing on the console, script runs, colours are where they belong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import Browser

pytestmark = [pytest.mark.peer, pytest.mark.figure]

WHO_FILLS = {
    "normal": (0xDC, 0xEF, 0xE2),
    "osteopenia": (0xFC, 0xED, 0xCB),
    "osteoporosis": (0xF7, 0xDC, 0xD9),
}
Z_FILL = (0xDB, 0xE3, 0xEB)


@pytest.mark.parametrize("name", ["P-osteoporo3", "P-popwoman4"])
def test_the_console_is_silent(browse: Browser, pages: Path, name: str) -> None:
    assert browse(pages / "patients" / f"{name}.html").console == []


def test_the_script_of_the_index_runs_under_the_policy(browse: Browser, pages: Path) -> None:
    seen = browse(pages / "index.html")
    assert seen.console == []
    assert re.search(r'<html[^>]*class="js ready"', seen.html)
    assert '<button type="button">Person</button>' in seen.html
    assert re.search(r'<div class="tools" id="tools-people">', seen.html)  # no longer hidden


def test_hostile_names_run_nothing(browse: Browser, pages: Path) -> None:
    page = next((pages / "patients").glob("person-*.html"))
    seen = browse(page)
    assert seen.console == []
    assert "&lt;script&gt;alert" in seen.html


def test_a_script_that_is_not_ours_is_refused_and_seen(
    browse: Browser, pages: Path, tmp_path: Path
) -> None:
    html = (pages / "index.html").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(
        html.replace("</body>", "<script>document.title='run'</script></body>"), encoding="utf-8"
    )
    seen = browse(broken)
    assert any("Content Security Policy" in line for line in seen.console)
    assert "<title>run</title>" not in seen.html


def acted(browse: Browser, pages: Path, tmp_path: Path, script: str) -> str:
    """Let a script act as a user on a copy without the policy; return what it put in the title."""
    html = (pages / "index.html").read_text(encoding="utf-8")
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    page = tmp_path / "acted.html"
    page.write_text(html.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    seen = browse(page)
    assert seen.console == []
    title = re.search(r"<title>(.*?)</title>", seen.html)
    assert title
    return title[1]


HELPERS = """
var table = document.querySelector("table.list");
function head(n) { return table.tHead.rows[0].cells[n]; }
function seen(n) {
  return Array.from(table.tBodies[0].rows).filter(function (r) { return !r.hidden; })
    .map(function (r) { return r.cells[n].textContent.trim(); });
}
function set(selector, value) {
  var e = document.querySelector("#tools-people " + selector);
  if (e.type === "checkbox") { e.checked = value; } else { e.value = value; }
  e.dispatchEvent(new Event("input", { bubbles: true }));
}
"""


def test_a_click_sorts_numbers_as_numbers_with_gaps_last(
    browse: Browser, pages: Path, tmp_path: Path
) -> None:
    script = (
        HELPERS
        + """
    head(7).querySelector("button").click(); var up = seen(7).join("|");
    head(7).querySelector("button").click(); var down = seen(7).join("|");
    document.title = up + " // " + down + " // " + head(7).getAttribute("aria-sort");
    """
    )
    up, down, state = (
        part.split("|") for part in acted(browse, pages, tmp_path, script).split(" // ")
    )
    scores = [float(s.split()[-1].replace("−", "-")) for s in up if s != "–"]
    assert scores == sorted(scores)
    assert scores[0] == -3.1
    assert set(up[len(scores) :]) == {"–"}
    assert down[: len(scores)] != up[: len(scores)]
    assert [float(s.split()[-1].replace("−", "-")) for s in down[: len(scores)]] == scores[::-1]
    assert state == ["descending"]


def test_filters_and_search_narrow_the_table(browse: Browser, pages: Path, tmp_path: Path) -> None:
    script = (
        HELPERS
        + """
    set("[data-column='8']", "osteoporosis"); var a = seen(0).join(",");
    set("[data-column='8']", ""); set("[type=checkbox]", true); var b = seen(0).join(",");
    set("[type=checkbox]", false); set("[data-search]", "popwoman 2024-09");
    var c = seen(0).join(","), shown = document.querySelector("#tools-people [data-shown]").value;
    document.title = [a, b, c, shown].join(" // ");
    """
    )
    a, b, c, shown = acted(browse, pages, tmp_path, script).split(" // ")
    assert a == "P-manyflag11,P-osteoporo3"
    assert b == "P-earlymeno6,P-manyflag11,P-osteoporo3,P-unknown7"
    assert c == "P-popwoman4"
    assert shown == "1 / 15"


def pixels_of(picture: Path, colour: tuple[int, int, int]) -> int:
    with Image.open(picture) as opened:
        rgb = np.asarray(opened.convert("RGB"), dtype=int)
    return int((np.abs(rgb - np.array(colour)).max(axis=2) <= 2).sum())


def test_who_colours_are_seen_on_a_who_page_and_never_under_the_z_rule(
    browse: Browser, pages: Path, tmp_path: Path
) -> None:
    who, z = tmp_path / "who.png", tmp_path / "z.png"
    browse(pages / "patients" / "P-osteopeni2.html", who)
    browse(pages / "patients" / "P-youngman5.html", z)
    assert all(pixels_of(who, colour) > 3000 for colour in WHO_FILLS.values())
    assert [pixels_of(z, colour) for colour in WHO_FILLS.values()] == [0, 0, 0]
    assert pixels_of(z, Z_FILL) > 3000


def test_the_watermark_is_seen(browse: Browser, pages: Path, tmp_path: Path) -> None:
    picture = tmp_path / "mark.png"
    browse(pages / "patients" / "P-watermark9.html", picture)
    faint = (238, 227, 229)  # #7a1f2b at 0.13 over white, by hand: 255 - 0.13*(255 - c)
    assert pixels_of(picture, faint) > 10_000
