"""Pictures are shrunk together until a page is small enough."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image

from bonescan.report.fit_pictures import BUDGET_BYTES, fit_pictures
from bonescan.report.pages import write_pages

from . import fixtures


def noise(seed: int, side: int = 300) -> bytes:
    rng = np.random.default_rng(seed)
    return fixtures.png(rng.integers(0, 256, (side, side), dtype=np.uint8))


def test_pictures_that_fit_are_not_touched() -> None:
    pngs = [noise(1), noise(2)]
    assert fit_pictures(pngs, [0] * len(pngs)) == pngs


def test_pictures_that_do_not_fit_are_shrunk_alike() -> None:
    pngs = [noise(i) for i in range(6)]
    small = fit_pictures(pngs, [0] * len(pngs))
    assert sum(map(len, small)) * 4 / 3 <= BUDGET_BYTES
    sizes = set()
    for png in small:
        with Image.open(io.BytesIO(png)) as picture:
            sizes.add(picture.size)
    assert len(sizes) == 1


def test_shrinking_keeps_the_grey() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    png = fixtures.png(ramp)
    small = fit_pictures([png, *(noise(i) for i in range(6))], [0] * 7)[0]
    with Image.open(io.BytesIO(small)) as picture:
        grey = np.asarray(picture.convert("L"), dtype=float)
    columns = np.linspace(0, 255, grey.shape[1])
    assert np.abs(grey.mean(axis=0) - columns).max() < 24  # 12 levels or more: half a step is 12


def test_what_can_not_fit_at_all_is_left_out_from_the_end() -> None:
    small = fit_pictures([noise(i) for i in range(20)], [500] * 20, budget_bytes=20_000)
    kept = [bool(png) for png in small]
    assert kept[0]
    assert not kept[-1]
    assert kept == sorted(kept, reverse=True)


def test_a_page_with_many_pictures_stays_small_and_says_what_it_left_out(tmp_path: Path) -> None:
    pictures = tuple(
        (f"scan-{i:02d}.h5", dataclasses.replace(fixtures.bmode(), png=noise(i))) for i in range(45)
    )
    person = dataclasses.replace(fixtures.osteopenia_woman(), pictures=pictures)
    write_pages(tmp_path, fixtures.study([person]))
    html = (tmp_path / "patients" / "P-osteopeni2.html").read_text(encoding="utf-8")
    assert len(html.encode()) <= 400_000
    assert "Left out to keep this page small" in html
    assert "scan-00.h5" in html  # the oldest goes first
    assert "scan-44.h5</figcaption>" in html


def test_bytes_that_are_no_picture_are_left_out() -> None:
    assert fit_pictures([b"not a png" * 9, noise(1)], [0, 0], budget_bytes=40_000)[0] == b""
