"""One file from bytes to outcome, and one number from BMD to class: the whole way on one screen."""

from __future__ import annotations

import os
from pathlib import Path

from bonescan.classify.row import classify_row
from bonescan.dxa.measure import measure_dxa
from bonescan.dxa.rems_device import measure_results
from bonescan.errors import BonescanError, SetAside, code_info
from bonescan.files.model_file import load_model
from bonescan.model.dual_energy import DualEnergyScan
from bonescan.model.measurement import LabelledRow, Measurement
from bonescan.model.outcome import Outcome, StageResult
from bonescan.model.person import PersonAtExam
from bonescan.model.plain import find_unstorable, shown_path
from bonescan.model.scan import DeviceResults, DxaScan, RfScan, Scan
from bonescan.model.vocabulary import OutcomeKind
from bonescan.norms.load import Norms
from bonescan.read.registry import read_scan
from bonescan.rems.estimate import estimate_scan
from bonescan.scoring.score import score
from bonescan.settings import LabelSettings, Settings


def measure(path: Path, settings: Settings, siblings: frozenset[str] | None = None) -> Outcome:
    """Take one file from bytes to its outcome; facts about the person play no part.

    Parameters
    ----------
    path : Path
        The file; it is opened for reading only.
    settings : Settings
        Those of the run; only `read` and `rems` touch the result.
    siblings : frozenset of str, optional
        Names beside the file, when the caller has listed the folder already.

    Returns
    -------
    outcome : Outcome
        Always one, whatever the bytes are.
    """
    try:
        scan = read_scan(path, settings.read, siblings)
        match scan:
            case RfScan():
                model = load_model(settings.rems.model_file)
                found = estimate_scan(scan, model, settings.rems)
            case DxaScan():
                found = measure_dxa(scan)
            case DualEnergyScan():
                from bonescan.dxa.measure_dual import measure_dual  # scipy.ndimage, for few files

                found = measure_dual(scan)
            case DeviceResults():
                found = measure_results(scan)
    except SetAside as verdict:
        return _without_result(OutcomeKind(verdict.outcome), verdict)
    except BonescanError as verdict:
        return _without_result(OutcomeKind.UNUSABLE, verdict)
    except Exception as fault:
        if os.environ.get("BONESCAN_DEBUG"):
            raise
        return _fault(fault)
    outcome = _outcome(scan, found)
    odd = find_unstorable(outcome)
    return _fault(ValueError(f"a result holds {odd}")) if odd else outcome


def label(
    measurement: Measurement, person: PersonAtExam, norms: Norms, settings: LabelSettings
) -> LabelledRow:
    """Score and classify one measurement with what is known of the person."""
    scores = score(measurement, person, norms, settings)
    verdict = classify_row(measurement, scores, person, settings)
    return LabelledRow(measurement=measurement, scores=scores, verdict=verdict)


def _outcome(scan: Scan, found: StageResult) -> Outcome:
    parts = [m.site for part in found.parts for m in part.measurements]
    measured = [m.site for m in found.measurements] + parts
    sites = measured or _sites(scan)
    return Outcome(
        kind=found.kind,
        format_name=scan.source.format_name,
        carrier=found.carrier,
        site=";".join(dict.fromkeys(sites)),
        code=found.code,
        reason=found.reason,
        hint=found.hint,
        subject=scan.subject,
        device=scan.device,
        exam=scan.exam,
        measurements=found.measurements,
        problems=found.problems,
        pictures=found.pictures,
        details=found.details,
        readings=found.readings,
        parts=found.parts,
    )


def _sites(scan: Scan) -> list[str]:
    match scan:
        case RfScan():
            return [s.site for s in scan.sites]
        case DxaScan():
            return [scan.site] if scan.site else []
        case DualEnergyScan():
            return [image.site for image in scan.images]
        case _:
            return []


def _without_result(kind: OutcomeKind, verdict: BonescanError) -> Outcome:
    return Outcome(
        kind=kind,
        format_name=verdict.format_name,
        code=verdict.code,
        reason=shown_path(verdict.reason),
        hint=verdict.hint,
    )


def _fault(fault: Exception) -> Outcome:
    """Turn what nobody foresaw in one file into an outcome of its own, never a silent gap."""
    return Outcome(
        kind=OutcomeKind.UNUSABLE,
        code="BS-E598",
        reason=shown_path(f"The program failed on this file ({type(fault).__name__}: {fault})."),
        hint=code_info("BS-E598").hint,
    )
