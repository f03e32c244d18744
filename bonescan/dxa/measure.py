"""From a densitometry file to measurements: printed numbers, checked, never improved."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from bonescan.errors import UnusableScan, code_info
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Picture, Problem, StageResult
from bonescan.model.scan import DxaScan
from bonescan.model.sites import side_of, vertebrae_of
from bonescan.model.vocabulary import Origin, OutcomeKind, Severity, Technique

from .arithmetic import check_density, check_sums, spine_total
from .carrier import find_numbers
from .compare import CARRIERS_DISAGREE
from .discordance import discordant_pairs, proposal_words, proposals, remaining_density
from .no_numbers import explain, not_proven_reason, open_code
from .picture import dxa_picture
from .picture_privacy import TEXT_BLANKED, shown_part
from .printed import PRINTED_TWICE, Found, PrintedRegion, once_each
from .raw_data import raw_data_details
from .spine_picture import SPINE_PICTURES, find_spine, spine_words

REMS_MAKER = "echolight"
SCALES = frozenset({"hologic", "ge"})  # makers whose references are known
ASK_PREGNANCY = frozenset({2, 3})  # possibly, definitely; 1, 4 and empty say nothing
# numbers that contradict themselves stand in the tables and decide nothing
UNDECIDED = frozenset({"arithmetic_mismatch", PRINTED_TWICE, "numbers_of_another_day"})
VERTEBRAE = frozenset({"L1", "L2", "L3", "L4"})
SIDE_CONTRADICTS = "side_contradicts"
LATERALITY = (0x0020, 0x0060)
PREGNANCY_STATUS = (0x0010, 0x21C0)
PHOTOMETRIC = (0x0028, 0x0004)
_SHOWN = 8


@dataclass(slots=True)
class _Remarks:
    """What a person should know, gathered on the way."""

    problems: list[Problem] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)

    def warn(self, scan: DxaScan, code: str, reason: str, severity: Severity) -> None:
        """Add a problem with the registered hint of its code."""
        self.problems.append(
            Problem(
                code=code,
                severity=severity,
                file=scan.source.path.name,
                reason=reason,
                hint=code_info(code).hint,
            )
        )


def measure_dxa(scan: DxaScan) -> StageResult:
    """Take the numbers that a densitometry file holds.

    Returns
    -------
    result : StageResult
        "reported" with one measurement a region; "needs-review" when the
        printed numbers contradict each other or were not understood;
        "no-numbers" when the file holds none, which is a normal outcome.
    """
    remarks = _Remarks()
    _ask_about_pregnancy(scan, remarks)
    pictures = _pictures(scan, remarks)
    _describe(scan, remarks)
    found = find_numbers(scan)
    if found is None or not any(r.has_numbers for r in found.regions):
        verdict = explain(scan, found)
        return StageResult(
            kind=verdict.kind,
            carrier=verdict.carrier,
            code=verdict.code,
            reason=verdict.reason,
            hint=verdict.hint,
            problems=tuple(remarks.problems),
            pictures=pictures,
            details=tuple(remarks.details),
            readings=tuple(found.readings) if found else (),
        )
    return _reported(scan, found, remarks, pictures)


def _reported(
    scan: DxaScan, found: Found, remarks: _Remarks, pictures: tuple[Picture, ...]
) -> StageResult:
    regions = once_each([r for r in found.regions if r.has_numbers])
    faults = [*found.contradictions, *_check_arithmetic(scan, regions, remarks)]
    # a vertebra whose own numbers are in doubt makes no total
    sound = not any(UNDECIDED & set(r.flags) for r in regions if r.site in VERTEBRAE)
    total = spine_total(regions) if sound else None
    if total is not None:
        regions.append(total)
        remarks.warn(scan, "BS-W218", f"{total.site} is Σ BMC/Σ area.", Severity.NOTE)
    _check_sides(scan, regions, remarks)
    for text in found.contradictions:
        remarks.warn(scan, "BS-W219", f"{text}.", Severity.WARNING)
    remarks.details += found.details
    _check_neighbours(scan, regions, remarks)
    _say_what_was_not_understood(scan, found, remarks)
    twice = [f"{r.text} is printed twice, with other numbers" for r in regions if _is_twice(r)]
    code = "BS-W211" if faults else "BS-W217" if twice else ""
    code = "BS-W219" if found.contradictions else code
    first = next(iter(faults + twice), "")
    reason = f"The printed numbers contradict each other: {first}." if code else ""
    if found.needs_person and not code:
        code, reason = open_code(found), not_proven_reason(found)
    return StageResult(
        kind=OutcomeKind.NEEDS_REVIEW if code else OutcomeKind.REPORTED,
        carrier=found.carrier,
        code=code,
        reason=reason,
        hint=code_info(code).hint if code else "",
        measurements=tuple(_measurement(scan, found, r) for r in regions),
        problems=tuple(remarks.problems),
        pictures=pictures,
        details=tuple(remarks.details),
        readings=tuple(found.readings),
    )


def _is_twice(region: PrintedRegion) -> bool:
    return PRINTED_TWICE in region.flags


def _measurement(scan: DxaScan, found: Found, region: PrintedRegion) -> Measurement:
    is_rems = scan.device.maker == REMS_MAKER
    doubt = [CARRIERS_DISAGREE] if found.contradictions else []
    flags = [*scan.flags, *region.flags, *doubt]
    if not is_rems and scan.header.get(PREGNANCY_STATUS) in ASK_PREGNANCY:
        flags.append("confirm_pregnancy")
    return Measurement(
        technique=Technique.REMS if is_rems else Technique.DXA,
        origin=Origin.REPORTED,
        site=region.site,
        bmd_g_cm2=region.bmd_g_cm2,
        vertebrae_used=vertebrae_of(region.site),
        bmc_g=region.bmc_g,
        area_cm2=region.area_cm2,
        reported_t_score=region.t_score,
        reported_z_score=region.z_score,
        reported_reference=_reference(found, region),
        scale=scan.device.maker if scan.device.maker in SCALES and not is_rems else None,
        fragility_score=region.fragility_score,
        scores_allowed=not found.contradictions and not UNDECIDED & set(region.flags),
        flags=tuple(dict.fromkeys(flags)),
    )


def _reference(found: Found, region: PrintedRegion) -> str | None:
    """Name the reference as printed: that of T where a T is printed, else that of Z."""
    if region.t_score is not None:
        return region.t_reference or found.t_reference
    printed = region.z_reference or found.z_reference
    return printed if region.z_score is not None else None


def _check_arithmetic(
    scan: DxaScan, regions: Sequence[PrintedRegion], remarks: _Remarks
) -> list[str]:
    by_site = {r.site: r for r in regions}
    faults = [m for m in map(check_density, regions) if m is not None]
    for code, found in (("BS-W211", faults), ("BS-W212", check_sums(regions))):
        for mismatch in found:
            remarks.warn(scan, code, f"{mismatch.text}.", Severity.WARNING)
            for site in mismatch.sites:
                if site in by_site and "arithmetic_mismatch" not in by_site[site].flags:
                    by_site[site].flags.append("arithmetic_mismatch")
        if found is not faults:
            faults = [*faults, *found]
    return [m.text for m in faults]


def _check_sides(scan: DxaScan, regions: Sequence[PrintedRegion], remarks: _Remarks) -> None:
    """Hold the side of every region against the header's; nothing is corrected."""
    stated = {"L": "left", "R": "right"}.get((scan.header.text(LATERALITY) or "").strip().upper())
    named = side_of(scan.site) if scan.site else ""
    if stated and named in {"left", "right"} and named != stated:
        text = f"(0020,0060) Laterality says {stated}, the protocol {named}."
        remarks.warn(scan, "BS-W226", text, Severity.WARNING)
        for region in regions:
            if side_of(region.site):
                region.flags.append(SIDE_CONTRADICTS)
        return
    expected = named if named in {"left", "right"} else stated
    for region in regions:
        own = side_of(region.site)
        if expected and own in {"left", "right"} and own != expected:
            text = f"{region.text} is {own}, the scan {expected}."
            remarks.warn(scan, "BS-W226", text, Severity.WARNING)
            region.flags.append(SIDE_CONTRADICTS)


def _check_neighbours(scan: DxaScan, regions: Sequence[PrintedRegion], remarks: _Remarks) -> None:
    pairs = discordant_pairs(regions)
    if not pairs:
        return
    steps = ", ".join(f"{upper} and {lower} by {step:.1f}" for upper, lower, step in pairs)
    remarks.warn(scan, "BS-W213", f"T-scores of neighbours differ: {steps}.", Severity.WARNING)
    proposed = proposals(regions)
    names = " or ".join(e.vertebra for e in proposed)
    remarks.details.append(("exclusion proposed, not done", names))
    for exclusion in proposed:
        density = remaining_density(regions, exclusion.vertebra)
        words = proposal_words(exclusion, density)
        remarks.details.append((f"if {exclusion.vertebra} is left out", words))
    named = {name for upper, lower, _ in pairs for name in (upper, lower)}
    for region in regions:
        if named & set(vertebrae_of(region.site)):
            region.flags.append("vertebra_discordant")


def _say_what_was_not_understood(scan: DxaScan, found: Found, remarks: _Remarks) -> None:
    if found.not_understood:
        shown = "; ".join(dict.fromkeys(found.not_understood[:_SHOWN]))
        remarks.warn(scan, "BS-W215", f"Not understood: {shown[:400]}.", Severity.WARNING)
    for region in found.regions:
        if {"value_implausible", "unit_unknown", PRINTED_TWICE} & set(region.flags):
            reason = f"A number of {region.text} was left out."
            remarks.warn(scan, "BS-W217", reason, Severity.WARNING)


def _ask_about_pregnancy(scan: DxaScan, remarks: _Remarks) -> None:
    status = scan.subject.pregnancy_status_code
    if status in ASK_PREGNANCY and scan.device.maker != REMS_MAKER:
        word = "definitely" if status == max(ASK_PREGNANCY) else "possibly"
        remarks.warn(
            scan,
            "BS-W214",
            f"(0010,21C0) Pregnancy Status says {word} pregnant: DXA is not routine in "
            "pregnancy; confirm status. The numbers are kept.",
            Severity.NOTE,
        )


def _pictures(scan: DxaScan, remarks: _Remarks) -> tuple[Picture, ...]:
    if scan.image is None or scan.pixels is None:
        return ()
    try:
        pixels = scan.pixels.pixels()
    except UnusableScan as error:
        remarks.warn(scan, "BS-W210", f"No picture: {error.reason}", Severity.WARNING)
        return ()
    inverted = scan.header.text(PHOTOMETRIC) == "MONOCHROME1"
    shown = shown_part(pixels, scan.sop_class_uid, scan.header)
    if shown.words:
        remarks.details.append(("picture", shown.words))
    if shown.pixels is None:
        return ()
    if shown.words:
        page = dxa_picture(shown.pixels, scan.site or "", scan.image, inverted)
        return (dataclasses.replace(page, flags=(*page.flags, TEXT_BLANKED)),)
    marks = None
    if scan.site in SPINE_PICTURES:
        marks = find_spine(pixels, scan.image.pixel_pitch_mm, inverted=inverted)
        remarks.details.append(spine_words(marks))
    return (dxa_picture(pixels, scan.site or "", scan.image, inverted, marks),)


def _describe(scan: DxaScan, remarks: _Remarks) -> None:
    if scan.protocol:
        remarks.details.append(("protocol", scan.protocol))
    if scan.image is not None:
        remarks.details.append(("image", f"{scan.image.n_columns} × {scan.image.n_rows} pixels"))
        if scan.image.pixel_pitch_mm is not None:
            column, row = scan.image.pixel_pitch_mm
            text = f"{column:.3f} × {row:.3f} mm, from {scan.image.pitch_source}"
            remarks.details.append(("pixel size", text))
    remarks.details += raw_data_details(scan.header)
    remarks.details += [("noticed", text) for text in scan.findings[:_SHOWN]]
