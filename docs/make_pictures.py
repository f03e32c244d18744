"""Draw pictures of the pages of a result folder, for the README and for a look at them.

    python docs/make_pictures.py results -o docs/img [--person P-xxxxxxxxxx] [--height 1600] [--a4]

Needs a Chromium (or Chrome) on the path. Make pictures for this project of
simulated exams only: a picture of real people's results has no place in it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip
TALLEST = 9000  # pixels; what lies below the page is cut off again
MARGIN = 24
WIDTHS = {"index": 1400, "person": 1200}
SECONDS = 120


def main() -> int:
    """Draw index.html and one person's page to PNG, and to A4 PDF if asked for."""
    options = _options()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"No browser found; looked for {', '.join(BROWSERS)}.", file=sys.stderr)
        return 5
    pages = {"index": options.results / "index.html", "person": _person(options)}
    options.out.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        target = options.out / f"{name}-page.png"
        _draw(browser, page, f"--screenshot={target}", f"--window-size={WIDTHS[name]},{TALLEST}")
        _cut(target, options.height)
        print(target)
        if options.a4:
            sheet = options.out / f"{name}-page.pdf"
            _draw(browser, page, f"--print-to-pdf={sheet}", "--no-pdf-header-footer")
            print(sheet)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="folder that `bonescan run -o` filled")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/img"))
    parser.add_argument("--person", help="name of the page, without .html")
    parser.add_argument("--height", type=int, help="keep so many pixels from the top")
    parser.add_argument("--a4", action="store_true", help="A4 PDF too")
    return parser.parse_args()


def _person(options: argparse.Namespace) -> Path:
    """Take the page asked for, else the one that shows most: ultrasound, DXA and a plot."""
    folder = options.results / "patients"
    if options.person:
        return folder / f"{options.person}.html"
    marks = (b"scan-bmode", b"scan-dxa", b"t-plot")

    def shows(page: Path) -> int:
        content = page.read_bytes()
        return sum(mark in content for mark in marks)

    return max(sorted(folder.glob("*.html")), key=shows)


def _draw(browser: str, page: Path, *what: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [browser, *QUIET, f"--user-data-dir={profile}", *what, page.resolve().as_uri()],
            check=True, capture_output=True, timeout=SECONDS,
        )  # fmt: skip


def _cut(picture: Path, height: int | None) -> None:
    """Cut off the empty ground below the page, and what is over `height`."""
    with Image.open(picture) as opened:
        drawn = opened.convert("RGB")
    ground = Image.new("RGB", drawn.size, drawn.getpixel((0, drawn.height - 1)))
    box = ImageChops.difference(drawn, ground).getbbox()
    end = (box[3] if box else drawn.height) + MARGIN
    bottom = min(drawn.height, end, height or end)
    drawn.crop((0, 0, drawn.width, bottom)).save(picture, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
