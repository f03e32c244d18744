"""The atlas of glyphs: its file, how it learns, and what it is made of."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.dxa.burned_in.learn import learn_atlas
from bonescan.dxa.burned_in.match import match_glyphs
from bonescan.errors import UsageError
from bonescan.files.glyph_atlas import N_FEATURES, read_atlas, write_atlas
from bonescan.simulate.report_fonts import PageFont, block_dots
from bonescan.simulate.report_pages import PageStyle
from bonescan.workflows.glyph_atlas import build_atlas, main


def flat(level):
    return np.full(N_FEATURES, level, np.uint8)


def test_an_atlas_comes_back_as_it_was_written(tmp_path):
    atlas = learn_atlas([("1", flat(0)), ("8", flat(255))])
    write_atlas(atlas, tmp_path / "a.npz")
    again = read_atlas(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.features, atlas.features)
    assert again.classes == ("1", "8")


def test_only_what_differs_is_kept_and_nothing_is_forgotten():
    one = learn_atlas([("1", flat(0)), ("1", flat(5)), ("1", flat(100))])
    assert len(one.labels) == 2  # 5 of 255 is the same glyph
    more = learn_atlas([("7", flat(200)), ("1", flat(99))], onto=one)
    assert sorted(more.labels.tolist()) == ["1", "1", "7"]


def test_the_distance_is_the_root_mean_square_difference():
    atlas = learn_atlas([("1", flat(0)), ("1", flat(51)), ("8", flat(255))])
    matches = match_glyphs([flat(102)], atlas)
    assert matches.ranked(0) == [
        ("1", pytest.approx(51 / 255, abs=1e-5)),
        ("8", pytest.approx(153 / 255, abs=1e-5)),
    ]
    assert [c for c, _ in matches.ranked(0, "8")] == ["8"]


def test_the_bundled_atlas_knows_every_digit_and_letter_of_a_table():
    assert set("0123456789LBMDCTZNeckTrochInteralWds") <= set(read_atlas().classes)


@pytest.mark.parametrize(
    "arrays",
    [
        {"features": np.zeros((2, 3), np.uint8), "labels": np.array(["1", "2"]), "version": 1},
        {"features": np.zeros((2, N_FEATURES), np.uint8), "labels": np.array(["1"]), "version": 1},
        {"features": flat(0)[None], "labels": np.array(["1"]), "version": 2},
        {"features": flat(0)[None], "labels": np.array(["12"]), "version": 1},
        {"features": flat(0)[None], "labels": np.array([1]), "version": 1},
        {"features": flat(0)[None], "version": 1},
    ],
)
def test_other_arrays_are_no_atlas(arrays, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UsageError, match="BS-E450"):
        read_atlas(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"hello"])
def test_other_files_are_no_atlas(content, tmp_path):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(UsageError, match="no atlas of glyphs"):
        read_atlas(tmp_path / "a.npz")


def test_an_atlas_is_built_from_fonts_and_written(tmp_path, monkeypatch):
    atlas = build_atlas(("aileron", "block"), (7.0, 14.0), "08L")
    assert atlas.classes == ("0", "8", "L")
    monkeypatch.setattr("bonescan.workflows.glyph_atlas.build_atlas", lambda: atlas)
    main([str(tmp_path / "a.npz")])
    assert read_atlas(tmp_path / "a.npz").classes == ("0", "8", "L")
    with pytest.raises(SystemExit, match="usage"):
        main([])


def test_fonts_and_styles_that_are_none_are_refused():
    with pytest.raises(UsageError, match="found the font 'comic'"):
        PageFont("comic", 8.0).draw("1")
    with pytest.raises(UsageError, match="found 'knee'"):
        PageStyle(site="knee")


def test_the_block_font_draws_its_dots():
    assert block_dots("1")[:, 2].tolist() == [1.0] * 7
    assert block_dots("\u00e9").sum() == 0.0  # a letter that it lacks is blank
