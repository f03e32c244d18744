"""From low and high frames to BMC, area and BMD of regions: our own DXA measurement."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from bonescan.errors import BonescanError, UnusableScan, code_info
from bonescan.files.dual_energy import PHANTOM, SPINE
from bonescan.model.arrays import Array
from bonescan.model.dual_energy import DualEnergyImage, DualEnergyScan
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Picture, Problem, StageResult
from bonescan.model.sites import vertebrae_of
from bonescan.model.vocabulary import Origin, OutcomeKind, Severity, Technique

from .calibrate import Decomposition, fit_calibration
from .decompose import DensityMap, decompose
from .density_picture import density_picture
from .hip_regions import place_hip
from .phantom import place_phantom
from .regions import Placed, Region, RegionsNotFound
from .segment import EDGE_LEVEL_1, EDGE_LEVELS_1, EDGE_RULE, Bone, in_pixels
from .spine_regions import place_spine
from .structure_details import structure_details

CARRIER = "dual-energy"
SCALES = frozenset({"hologic", "ge"})  # makers whose references are known
LARGEST_OUTSIDE_1 = 0.02  # of the body, beyond the phantom's attenuations
LARGEST_STARVED_1 = 0.01  # of a region's pixels
LEAST_AREA_CM2 = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionResult:
    """One region: what was measured, and the terms of its uncertainty."""

    site: str
    bmc_g: float
    area_cm2: float
    bmd_g_cm2: float
    counting_u_g_cm2: float
    calibration_u_g_cm2: float
    edge_u_g_cm2: float

    @property
    def u_g_cm2(self) -> float:
        """Standard uncertainty of the BMD."""
        return float(
            np.sqrt(self.counting_u_g_cm2**2 + self.calibration_u_g_cm2**2 + self.edge_u_g_cm2**2)
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredImage:
    """One image, its regions and their results."""

    image: DualEnergyImage
    calibration: Decomposition
    density: DensityMap
    placed: Placed
    results: tuple[RegionResult, ...]
    bone: Bone


@dataclass(slots=True)
class _Found:
    measurements: list[Measurement] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    failures: list[BonescanError] = field(default_factory=list)


def measure_dual(scan: DualEnergyScan) -> StageResult:
    """Measure every image of a dual-energy exam.

    Returns
    -------
    result : StageResult
        "measured" with one measurement a region; an image whose regions were
        not found is then a problem of its own. "needs-review" when no image
        gave regions but one gave a map of density; "unusable" when none gave
        that.
    """
    found = _Found()
    for image in scan.images:
        try:
            _measure_one(scan, image, found)
        except UnusableScan as verdict:
            found.failures.append(verdict)
            found.details.append((f"{image.site}: not measured", verdict.reason))
    if found.measurements:
        found.problems += [
            _problem(scan, "BS-W410", failure.reason, Severity.WARNING)
            for failure in found.failures
        ]
        return StageResult(
            kind=OutcomeKind.MEASURED,
            carrier=CARRIER,
            measurements=tuple(found.measurements),
            problems=tuple(found.problems),
            pictures=tuple(found.pictures),
            details=tuple(found.details),
        )
    first = next((f for f in found.failures if f.code == "BS-E413"), found.failures[0])
    return StageResult(
        kind=OutcomeKind.NEEDS_REVIEW if first.code == "BS-E413" else OutcomeKind.UNUSABLE,
        carrier=CARRIER,
        code=first.code,
        reason=first.reason,
        hint=first.hint,
        problems=tuple(found.problems),
        pictures=tuple(found.pictures),
        details=tuple(found.details),
    )


def _measure_one(scan: DualEnergyScan, image: DualEnergyImage, found: _Found) -> None:
    known = {c.calibration_id: c for c in scan.calibrations}
    phantom = known.get(image.calibration_id or "")
    if phantom is None:
        name = image.calibration_id or "no calibration"
        raise UnusableScan(
            "BS-E410", f"found {name!r} for {image.site}, wanted one of: {sorted(known) or 'none'}."
        )
    calibration = fit_calibration(phantom)
    pixel_mm = (image.pixel_width_mm, image.pixel_height_mm)
    density = decompose(scan.counts.counts(image.site), pixel_mm, calibration)
    try:
        placed = place(density, image.site)
    except RegionsNotFound as verdict:
        found.pictures.append(density_picture(density, image.site))
        raise UnusableScan("BS-E413", f"{image.site}: {verdict.reason}.") from verdict
    measured = measure_regions(image, calibration, density, placed)
    flags = _flags(scan, measured, phantom.scale)
    scale = phantom.scale if phantom.scale in SCALES else None
    found.measurements += [_measurement(r, flags, scale, image.site) for r in measured.results]
    found.pictures.append(density_picture(density, image.site, placed, measured.bone))
    found.details += _details(measured, phantom.phantom)
    if image.site != PHANTOM:
        found.details += structure_details(image.site, density, placed, measured.bone)
    if not calibration.checked:
        reason = f"{image.site}: the calibration {image.calibration_id} has no check of the day."
        found.problems.append(_problem(scan, "BS-W411", reason, Severity.NOTE))
    if density.outside_1 > LARGEST_OUTSIDE_1:
        reason = (
            f"{image.site}: {100.0 * density.outside_1:.0f} % of the body attenuates more or less "
            "than any step of the phantom."
        )
        found.problems.append(_problem(scan, "BS-W412", reason, Severity.WARNING))


def place(density: DensityMap, site: str) -> Placed:
    """Place the regions of a site on its map."""
    if site == SPINE:
        return place_spine(density)
    return place_phantom(density) if site == PHANTOM else place_hip(density, site)


def measure_regions(
    image: DualEnergyImage, calibration: Decomposition, density: DensityMap, placed: Placed
) -> MeasuredImage:
    """Add up mineral and area of each region, at the level of the edge rule and around it."""
    bones = [placed.bone_at(level) for level in (EDGE_LEVEL_1, *EDGE_LEVELS_1)]
    maps = [_with_hidden(density, bone) for bone in bones]
    results = []
    for region in placed.regions:
        (bmc, area), *others = (
            _sums(density, values, region, bone) for values, bone in zip(maps, bones, strict=True)
        )
        if not all(a >= LEAST_AREA_CM2 for _, a in ((bmc, area), *others)):
            raise UnusableScan(
                "BS-E413", f"{region.site}: found {area:.1f} cm2 of bone, wanted {LEAST_AREA_CM2}."
            )
        _check_photons(density, region, bones[0])
        bmd = bmc / area
        edge = abs(others[0][0] / others[0][1] - others[1][0] / others[1][1]) / 2.0
        weights = region.mass_weights(bones[0])
        counting = np.sqrt(density.variance_of_sum(weights)) * density.cell_cm2 / area
        results.append(
            RegionResult(
                site=region.site,
                bmc_g=bmc,
                area_cm2=area,
                bmd_g_cm2=bmd,
                counting_u_g_cm2=float(counting),
                calibration_u_g_cm2=calibration.u_relative_1 * abs(bmd),
                edge_u_g_cm2=float(edge / np.sqrt(3.0)),  # anywhere between, evenly
            )
        )
    return MeasuredImage(
        image=image,
        calibration=calibration,
        density=density,
        placed=placed,
        results=tuple(results),
        bone=bones[0],
    )


def _with_hidden(density: DensityMap, bone: Bone) -> Array:
    values = density.density_g_cm2
    hidden = density.response.hidden(values, in_pixels(bone.inside), density.pixel_mm)
    return np.asarray(np.nan_to_num(values) + hidden)


def _sums(density: DensityMap, values: Array, region: Region, bone: Bone) -> tuple[float, float]:
    """Give BMC [g] and area [cm2]."""
    bmc = float((region.mass_weights(bone) * values).sum()) * density.cell_cm2
    return bmc, float(region.area_weights(bone).sum()) * density.cell_cm2


def _check_photons(density: DensityMap, region: Region, bone: Bone) -> None:
    # what was not measured is no bone either: holes count
    inside = in_pixels(ndimage.binary_fill_holes(region.zone & bone.inside)) > 0.0
    starved = float(np.isnan(density.density_g_cm2[inside]).mean())
    if starved > LARGEST_STARVED_1:
        raise UnusableScan(
            "BS-E414",
            f"{region.site}: {100.0 * starved:.0f} % of its pixels have too few photons, wanted "
            f"at most {100.0 * LARGEST_STARVED_1:.0f} %.",
        )


def _flags(scan: DualEnergyScan, measured: MeasuredImage, scale: str | None) -> tuple[str, ...]:
    flags = [*scan.flags, *measured.placed.flags]
    if scale not in SCALES:
        flags.append("no_scale_reference")
    if not measured.calibration.checked:
        flags.append("calibration_not_checked")
    if measured.density.outside_1 > LARGEST_OUTSIDE_1:
        flags.append("outside_calibration")
    if measured.image.site == PHANTOM:
        flags.append("phantom_scan")
    return tuple(dict.fromkeys(flags))


def _measurement(
    result: RegionResult, flags: tuple[str, ...], scale: str | None, site: str
) -> Measurement:
    return Measurement(
        technique=Technique.DXA,
        origin=Origin.MEASURED,
        site=result.site,
        bmd_g_cm2=result.bmd_g_cm2,
        bmd_u_g_cm2=result.u_g_cm2,
        vertebrae_used=vertebrae_of(result.site),
        bmc_g=result.bmc_g,
        area_cm2=result.area_cm2,
        scale=scale,
        scores_allowed=site != PHANTOM,
        flags=flags,
    )


def _details(measured: MeasuredImage, phantom: str | None) -> list[tuple[str, str]]:
    image, fit, density = measured.image, measured.calibration, measured.density
    check = f"check of the day {fit.factor_1:.4f}" if fit.checked else "no check of the day"
    lines = [
        (
            "image",
            f"{image.n_columns} × {image.n_rows} pixels of {image.pixel_width_mm:.2f} × "
            f"{image.pixel_height_mm:.2f} mm",
        ),
        (
            "calibration",
            f"{image.calibration_id}: cubic polynomial on {fit.n_steps} steps of "
            f"{phantom or 'a phantom'}, largest misfit {fit.misfit_g_cm2:.4f} g/cm2; {check}",
        ),
        (
            "edge rule",
            f"{EDGE_RULE}, level {EDGE_LEVEL_1:g}; uncertainty from levels "
            f"{EDGE_LEVELS_1[0]:g} and {EDGE_LEVELS_1[1]:g}",
        ),
        ("soft tissue beside bone", f"{100.0 * density.soft_mask.mean():.0f} % of the image"),
        *measured.placed.details,
    ]
    lines += [
        (
            f"{r.site} uncertainty",
            f"{r.u_g_cm2:.4f} g/cm2 = counting {r.counting_u_g_cm2:.4f}, calibration "
            f"{r.calibration_u_g_cm2:.4f}, edge {r.edge_u_g_cm2:.4f}",
        )
        for r in measured.results
    ]
    return [(f"{image.site}: {key}", text) for key, text in lines]


def _problem(scan: DualEnergyScan, code: str, reason: str, severity: Severity) -> Problem:
    return Problem(
        code=code,
        severity=severity,
        file=scan.source.path.name,
        reason=reason,
        hint=code_info(code).hint,
    )
