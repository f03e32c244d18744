"""Codes of measuring dual-energy images; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E410",
        title="a dual-energy image without the calibration it names",
        hint="Store the steps of the device's phantom under /calibrations and name them in "
        "calibration_id.",
    ),
    CodeInfo(
        code="BS-E411",
        title="a dual-energy calibration that can't be used",
        hint="Scan the step phantom again, and the block of the day; docs/dual-energy.md says "
        "what is needed.",
    ),
    CodeInfo(
        code="BS-E412",
        title="a dual-energy image with next to no soft tissue beside the bone",
        hint="Scan a wider field: the soft tissue beside the bone is the baseline of its density.",
    ),
    CodeInfo(
        code="BS-E413",
        title="regions that were not found in a dual-energy image",
        hint="Look at the picture: positioning, an implant, or another number of vertebrae. No "
        "region is guessed.",
    ),
    CodeInfo(
        code="BS-E414",
        title="too few photons behind the bone",
        hint="Scan with more dose or a slower mode; the body is thicker than this one reaches.",
    ),
    CodeInfo(
        code="BS-W410",
        title="one image of a dual-energy exam was not measured",
        hint="The other images of the exam were; look at this one's picture.",
    ),
    CodeInfo(
        code="BS-W411",
        title="a dual-energy calibration without a check of the day",
        hint="Scan the block with every day's first exam: a drift of the tube is seen by it alone.",
    ),
    CodeInfo(
        code="BS-W412",
        title="a body beyond the range of the calibration phantom",
        hint="Calibrate with steps as thick and as thin as the people who are scanned.",
    ),
)
