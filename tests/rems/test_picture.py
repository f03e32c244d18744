"""The B-mode picture: to scale, small, overlays where the truth is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bonescan.rems.measure_site import look_at_site
from bonescan.rems.picture import bmode_picture, drawing_of

from .phantoms import FORM, InMemory, bone_frames, no_bone_frames, rf_site


def picture(samples, form=FORM, **site):
    looked = look_at_site(InMemory({"femoral-neck-left": samples}), rf_site(samples, **site))
    return bmode_picture(drawing_of(looked, form))


@pytest.fixture(scope="module")
def arc():
    surface = 7.0 + 2.0 * np.linspace(-1.0, 1.0, 64) ** 2
    return surface, bone_frames(np.tile(surface, (2, 1)), np.random.default_rng(1))


def test_the_picture_is_a_small_png(arc) -> None:
    found = picture(arc[1])
    image = Image.open(io.BytesIO(found.png))
    assert (image.format, image.mode) == ("PNG", "L")
    assert image.size == (found.width_px, found.height_px)
    assert len(found.png) <= 60_000


def test_the_picture_is_to_scale(arc) -> None:
    found = picture(arc[1])
    assert found.width_mm == pytest.approx(64 * 0.5)
    assert found.height_mm == pytest.approx(1040 / 40e6 * 1540 / 2 * 1000)
    assert found.top_mm == pytest.approx(40.0)
    across, down = found.width_px / found.width_mm, found.height_px / found.height_mm
    assert across == pytest.approx(down, rel=0.01)


def test_overlays_lie_where_surface_and_gates_are(arc) -> None:
    surface, samples = arc
    found = picture(samples)
    per_mm = found.height_px / found.height_mm
    lines = {o.name: np.array(o.points) for o in found.overlays}
    assert set(lines) == {"surface", "gate-a", "gate-b"}
    np.testing.assert_allclose(lines["surface"][3:-3, 1] / per_mm, surface[3:-3], atol=0.3)
    # a gate's outline goes there along its top and back along its bottom
    for name, top_mm in (("gate-a", 1.5), ("gate-b", 4.0)):
        outline = lines[name]
        assert len(outline) == 2 * 64 + 1
        np.testing.assert_allclose(outline[0], outline[-1])
        top, bottom = outline[:64, 1], outline[64:128, 1][::-1]
        np.testing.assert_allclose((top - lines["surface"][:, 1]) / per_mm, top_mm, atol=0.1)
        np.testing.assert_allclose((bottom - top) / per_mm, 2.464, atol=0.1)
    assert lines["surface"][:, 0].min() > 0
    assert lines["surface"][:, 0].max() < found.width_px


def test_the_brightest_row_is_the_surface(arc) -> None:
    found = picture(arc[1])
    pixels = np.asarray(Image.open(io.BytesIO(found.png)), dtype=float)
    column = pixels[:, found.width_px // 2]
    assert column.argmax() / found.height_px * found.height_mm == pytest.approx(7.0, abs=0.4)


def test_a_frame_without_surface_has_a_picture_and_no_overlays() -> None:
    found = picture(no_bone_frames(np.random.default_rng(1)))
    assert found.overlays == ()
    assert len(found.png) <= 60_000


def test_unknown_geometry_gives_a_picture_without_a_width() -> None:
    samples = bone_frames(np.full((1, 64), 7.0), np.random.default_rng(2))
    found = picture(samples, line_pitch_m=None, t0_s=None)
    assert found.width_mm is None
    assert found.top_mm is None
    assert found.width_px == 3 * 64


def test_no_form_draws_no_gates(arc) -> None:
    assert [o.name for o in picture(arc[1], form=None).overlays] == ["surface"]


def test_a_noisy_wide_frame_still_fits() -> None:
    noise = np.random.default_rng(3).normal(0, 8000, (1, 256, 4000)).astype(np.int16)
    assert len(picture(noise).png) <= 60_000
