"""Dual-energy frames, through a file, against the truth of what was scanned."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest

from bonescan.dxa.calibrate import fit_calibration
from bonescan.dxa.decompose import decompose
from bonescan.dxa.hip_regions import place_hip
from bonescan.dxa.measure_dual import measure_regions, place
from bonescan.dxa.regions import RegionsNotFound
from bonescan.dxa.segment import half_maximum
from bonescan.dxa.spine_regions import _check_upright, place_spine
from bonescan.model.vocabulary import Origin, OutcomeKind, Technique
from bonescan.pipeline import measure
from bonescan.settings import Settings
from bonescan.simulate.dxa_frames import count_photons, expected_counts, scan_phantom
from bonescan.simulate.dxa_spine import spine_object

from .dual_files import SPINE_POSE, content, frames, made, outcome, truth


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    """Spine and both hips of one person."""
    path = tmp_path_factory.mktemp("dual") / "exam.h5"
    found = outcome(path, frames("spine"), frames("left"), frames("right"))
    return path, found, truth("spine") | truth("left") | truth("right")


@pytest.fixture(scope="module")
def calibration():
    return fit_calibration(scan_phantom())


def density_of(what, calibration, seed=1):
    one = frames(what, seed)
    return decompose((one.low, one.high, one.air_low, one.air_high), made(what)[0].pixel_mm,
                     calibration)  # fmt: skip


def test_each_vertebra_of_the_phantom_is_right_to_one_percent(tmp_path):
    found = outcome(tmp_path / "phantom.h5", frames("phantom"))
    assert found.kind is OutcomeKind.MEASURED
    values = {m.site: m for m in found.measurements}
    for site, bmd in (("L1", 0.5), ("L2", 1.0), ("L3", 1.5)):
        assert values[site].bmd_g_cm2 == pytest.approx(bmd, rel=0.01)
        assert abs(values[site].bmd_g_cm2 - bmd) < 1.96 * values[site].bmd_u_g_cm2
        area = truth("phantom")[f"{site}_area_cm2"]
        assert values[site].area_cm2 == pytest.approx(area, rel=0.01)
        assert not values[site].scores_allowed
        assert "phantom_scan" in values[site].flags


def test_every_region_is_near_its_truth(exam):
    _, found, true = exam
    assert found.kind is OutcomeKind.MEASURED
    assert found.carrier == "dual-energy"
    sites = {m.site for m in found.measurements}
    assert sites == {name.removesuffix("_bmd_g_cm2") for name in true if name.endswith("_g_cm2")}
    for one in found.measurements:
        assert one.bmd_g_cm2 == pytest.approx(true[f"{one.site}_bmd_g_cm2"], rel=0.02), one.site
        assert one.area_cm2 == pytest.approx(true[f"{one.site}_area_cm2"], rel=0.06), one.site
        assert one.bmd_g_cm2 == pytest.approx(one.bmc_g / one.area_cm2)


def test_whose_numbers_they_are(exam):
    for one in exam[1].measurements:
        assert (one.technique, one.origin) == (Technique.DXA, Origin.MEASURED)
        assert one.scale is None
        assert "no_scale_reference" in one.flags
        assert one.scores_allowed


def test_totals_are_sums_of_their_parts(exam):
    by_site = {m.site: m for m in exam[1].measurements}
    for total, parts in (
        ("L1-L4", ("L1", "L2", "L3", "L4")),
        ("total-hip-left", ("femoral-neck-left", "trochanter-left", "intertrochanter-left")),
    ):
        for quantity in ("bmc_g", "area_cm2"):
            whole = sum(getattr(by_site[p], quantity) for p in parts)
            # each part reaches a pixel beyond its own bone where it meets nothing
            assert getattr(by_site[total], quantity) == pytest.approx(whole, rel=2e-3)


def test_what_was_done_stands_in_the_details_and_in_the_picture(exam):
    details = dict(exam[1].details)
    assert details["lumbar-spine: edge rule"].startswith("half-maximum, level 0.5")
    assert "check of the day 0.9" in details["lumbar-spine: calibration"]
    assert "T12" in details["lumbar-spine: levels named by"]
    assert "counting" in details["L1-L4 uncertainty".join(["lumbar-spine: ", ""])]
    assert "variogram" in " ".join(details)
    assert details["femur-left: neck-shaft angle"] in {"127°", "128°", "129°"}
    assert "CSMI" in details["femur-right: structure, neck"]
    labels = {o.label for p in exam[1].pictures for o in p.overlays}
    assert {"L1", "L4", "femoral-neck-left", "trochanter-right"} <= labels
    for picture in exam[1].pictures:
        for overlay in picture.overlays:
            x, y = np.array(overlay.points).T
            assert x.min() >= 0
            assert y.min() >= 0
            assert x.max() <= picture.width_px
            assert y.max() <= picture.height_px


def test_the_truth_is_not_read(exam, tmp_path):
    path, found, _ = exam
    other = tmp_path / "exam.h5"
    other.write_bytes(path.read_bytes())
    with h5py.File(other, "a") as file:
        file.require_group("truth").attrs["L1_bmd_g_cm2"] = 9.0
    again = measure(other, Settings())
    assert again.measurements == found.measurements


def test_a_maker_whose_references_fit_is_taken_from_the_calibration(tmp_path):
    phantom = replace(scan_phantom(), scale="hologic")
    found = outcome(tmp_path / "exam.h5", frames("left"), calibrations=(phantom,))
    assert {m.scale for m in found.measurements} == {"hologic"}
    assert "no_scale_reference" not in found.measurements[0].flags


def test_without_a_check_of_the_day_the_numbers_say_so(tmp_path):
    phantom = scan_phantom(check_source=None)
    found = outcome(tmp_path / "exam.h5", frames("left"), calibrations=(phantom,))
    assert "calibration_not_checked" in found.measurements[0].flags
    assert [p.code for p in found.problems] == ["BS-W411"]


def test_a_body_beyond_the_phantom_is_flagged(tmp_path):
    keep = scan_phantom().soft_g_cm2 <= 14.5
    one = scan_phantom()
    names = ("mineral_g_cm2", "soft_g_cm2", "log_low", "log_high")
    thin = replace(one, **{name: getattr(one, name)[keep] for name in names})
    found = outcome(tmp_path / "exam.h5", frames("left"), calibrations=(thin,))
    assert "outside_calibration" in found.measurements[0].flags
    assert "BS-W412" in [p.code for p in found.problems]


# ------------------------------------------------------------- nothing is guessed


def test_an_image_without_its_calibration_is_unusable(tmp_path):
    found = outcome(tmp_path / "exam.h5", frames("left"), calibrations=())
    assert (found.kind, found.code) == (OutcomeKind.UNUSABLE, "BS-E410")
    assert not found.measurements


def test_one_image_that_shows_no_hip_leaves_the_others(tmp_path):
    wrong = replace(frames("spine"), image=replace(frames("spine").image, site="femur-left"))
    found = outcome(tmp_path / "exam.h5", frames("spine"), wrong)
    assert found.kind is OutcomeKind.MEASURED
    assert {m.site for m in found.measurements} == {"L1", "L2", "L3", "L4", "L1-L4"}
    assert [p.code for p in found.problems] == ["BS-W410"]
    alone = outcome(tmp_path / "alone.h5", wrong)
    assert (alone.kind, alone.code) == (OutcomeKind.NEEDS_REVIEW, "BS-E413")
    assert not alone.measurements
    assert alone.pictures


def test_a_hip_is_no_spine_and_no_phantom(calibration):
    image = density_of("left", calibration)
    for site in ("lumbar-spine", "spine-phantom"):
        with pytest.raises(RegionsNotFound, match=r"lumbar spine was found|vertebrae of a phantom"):
            place(image, site)


def test_the_side_is_not_guessed(calibration):
    with pytest.raises(RegionsNotFound, match="femur"):
        place_hip(density_of("right", calibration), "femur-left")


def spine_with(pose, rows=slice(None)):
    scan = spine_object(0.95, pose)
    one = count_photons(scan, expected_counts(scan), np.random.default_rng(1))
    counts = (one.low[rows], one.high[rows], one.air_low, one.air_high)
    return decompose(counts, scan.pixel_mm, fit_calibration(scan_phantom()))


def test_another_number_of_vertebrae_between_ribs_and_pelvis_names_none():
    with pytest.raises(RegionsNotFound, match="3 of them between the lowest ribs and the iliac"):
        place_spine(spine_with(replace(SPINE_POSE, crest_mm=36.0)))


def test_one_landmark_is_enough_and_flagged():
    # the crests are 25 mm below L4/L5, where no crest can say which disc is which
    placed = place_spine(spine_with(replace(SPINE_POSE, crest_mm=-25.0)))
    assert placed.flags == ("levels_by_one_landmark",)
    assert [r.site for r in placed.regions] == ["L1", "L2", "L3", "L4", "L1-L4"]


def test_a_spine_cut_off_below_l3_is_not_named():
    with pytest.raises(RegionsNotFound, match="not all in the image"):
        place_spine(spine_with(SPINE_POSE, slice(0, 145)))


def test_a_frame_of_bone_alone_has_no_baseline(tmp_path):
    one = frames("spine")
    narrow = replace(
        one,
        image=replace(one.image, n_columns=40),
        low=one.low[:, 110:150],
        high=one.high[:, 110:150],
        air_low=one.air_low[110:150],
        air_high=one.air_high[110:150],
    )
    found = outcome(tmp_path / "exam.h5", narrow)
    assert found.code in {"BS-E412", "BS-E413"}
    assert not found.measurements


def test_too_few_photons_behind_bone_are_no_result(tmp_path):
    one = frames("phantom")
    low = one.low.copy()
    low[60:80, 90:110] = 3
    found = outcome(tmp_path / "exam.h5", replace(one, low=low))
    assert (found.kind, found.code) == (OutcomeKind.UNUSABLE, "BS-E414")
    assert not found.measurements


# ------------------------------------------------------------- uncertainty


@pytest.mark.parametrize("what", ["spine", "left"])
def test_the_counting_term_is_the_spread_of_repeated_noise(what, calibration):
    first = density_of(what, calibration)
    site = made(what)[0].site
    placed = place(first, site)
    bone = placed.bone_at(0.5)
    scan, mean = made(what)
    scores = []
    rng = np.random.default_rng(5)
    exact = decompose(mean, scan.pixel_mm, calibration)
    for _ in range(24):
        one = count_photons(scan, mean, rng)
        image = decompose((one.low, one.high, one.air_low, one.air_high), scan.pixel_mm,
                          calibration)  # fmt: skip
        row = []
        for region in placed.regions:
            weights = region.mass_weights(bone)
            spread = (weights * (image.density_g_cm2 - exact.density_g_cm2)).sum()
            row.append(spread / np.sqrt(image.variance_of_sum(weights)))
        scores.append(row)
    spread = np.sqrt(np.mean(np.square(scores), axis=0))
    # chi-squared of 24: 0.61 to 1.42 holds 99.9 %
    assert (spread > 0.61).all()
    assert (spread < 1.42).all()


def test_a_right_hip_is_the_mirror_image_of_a_left_one(calibration):
    image = density_of("left", calibration)
    left = place_hip(image, "femur-left")
    mirrored = replace(
        image,
        density_g_cm2=image.density_g_cm2[:, ::-1],
        variance_g2_cm4=image.variance_g2_cm4[:, ::-1],
        soft_g_cm2=image.soft_g_cm2[:, ::-1],
        soft_mask=image.soft_mask[:, ::-1],
    )
    right = place_hip(mirrored, "femur-right")
    for one, other in zip(left.regions, right.regions, strict=True):
        assert one.site.removesuffix("-left") == other.site.removesuffix("-right")
        np.testing.assert_array_equal(one.zone, other.zone[:, ::-1])


def test_a_lower_level_of_the_edge_rule_takes_in_more(calibration):
    image = density_of("phantom", calibration)
    areas = [half_maximum(image, level).inside.sum() for level in (0.3, 0.5, 0.7)]
    assert areas[0] > areas[1] > areas[2]


def test_results_name_the_terms_of_their_uncertainty(calibration):
    image = density_of("phantom", calibration)
    scan = frames("phantom").image
    found = measure_regions(scan, calibration, image, place(image, "spine-phantom"))
    for one in found.results:
        squares = one.counting_u_g_cm2**2 + one.calibration_u_g_cm2**2 + one.edge_u_g_cm2**2
        assert one.u_g_cm2 == pytest.approx(np.sqrt(squares))
        assert min(one.counting_u_g_cm2, one.calibration_u_g_cm2, one.edge_u_g_cm2) > 0


def test_a_content_without_scans_is_not_written(tmp_path):
    from bonescan.files.dual_energy import write_dual_energy

    with pytest.raises(ValueError, match="at least one scan"):
        write_dual_energy(tmp_path / "none.h5", content())


def test_the_baseline_enters_the_variance_as_it_enters_the_sum(calibration):
    from bonescan.dxa.decompose import _fit_lines, _row_weights

    rng = np.random.default_rng(2)
    shape = (6, 9)
    maps = np.zeros((7, *shape))
    maps[2], maps[3] = rng.normal(0, 0.1, shape), rng.uniform(14, 18, shape)
    maps[4], maps[6] = rng.uniform(1e-4, 3e-4, shape), 0.0
    soft = rng.random(shape) < 0.6
    x_mm = np.arange(9) - 4.0
    weights = np.where(soft, 0.0, 1.0)
    rows = _row_weights(6, 3.0)

    def total(mineral):
        changed = maps.copy()
        changed[2] = mineral
        _, line = _fit_lines(changed, soft, x_mm, rows)
        ratio = line[:, :1] + line[:, 1:] * x_mm
        return -(weights * ratio * maps[3]).sum()

    # brute force: each soft pixel moved by itself
    wanted = 0.0
    for row, column in np.argwhere(soft):
        moved = maps[2].copy()
        moved[row, column] += 1.0
        wanted += (total(moved) - total(maps[2])) ** 2 * maps[4, row, column]
    sums, _ = _fit_lines(maps, soft, x_mm, rows)
    image = replace(
        density_of("left", calibration),
        density_g_cm2=maps[2],
        variance_g2_cm4=np.zeros(shape),
        soft_g_cm2=maps[3],
        factor_1=1.0,
        x_mm=x_mm,
        row_weights=rows,
        normal=rows @ sums[:, :3],
        spread=sums[:, 5:],
    )
    assert image.variance_of_sum(weights) == pytest.approx(wanted, rel=1e-9)
    assert wanted > 0


def test_an_image_upside_down_names_no_vertebra(calibration):
    density = density_of("spine", calibration)
    assert place_spine(density).regions[0].site == "L1"
    turned = replace(density, density_g_cm2=density.density_g_cm2[::-1].copy())
    with pytest.raises(RegionsNotFound, match=r"upside down|can't be named|not all in the image"):
        place_spine(turned)


def test_vertebrae_that_shrink_downward_are_refused(calibration):
    density = density_of("spine", calibration)
    column = 0.5 * density.density_g_cm2.shape[1]
    with pytest.raises(RegionsNotFound, match="upside down"):
        _check_upright(density, column, [0.0, 40.0, 80.0, 100.0, 120.0])
    _check_upright(density, column, [20.0, 40.0, 60.0, 100.0, 140.0])
