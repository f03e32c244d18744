"""From a table of numbers that devices gave to exams: each person and day a part of its own.

Mostly the results of REMS devices, which leave as tables or are typed in from
a printed page; a table of DXA numbers comes the same way. A number with two
entries counts when both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bonescan.errors import code_info
from bonescan.model.exam import Subject
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome, Problem, StageResult
from bonescan.model.reading import Reading
from bonescan.model.scan import DeviceResults, ResultsRow
from bonescan.model.sites import side_of, vertebrae_of
from bonescan.model.vocabulary import Origin, OutcomeKind, Severity, Technique

from .arithmetic import check_density, check_sums, spine_total
from .printed import FIELDS, PRINTED_TWICE, TEXT_PROOF, PrintedRegion, once_each, set_number
from .table import lacks_point

ENTRIES_DIFFER = "entries_differ"
IDENTITY_CONFLICT = "identity_conflict"
VALUE_LEFT_OUT = "value_left_out"
TWICE_PROOF = "typed-twice"
SCALES = frozenset({"hologic", "ge"})
UNDECIDED = frozenset({"arithmetic_mismatch", PRINTED_TWICE, ENTRIES_DIFFER})
_LEFT_OUT = frozenset({"value_implausible", "unit_unknown"})


def measure_results(scan: DeviceResults) -> StageResult:
    """Take the numbers of a table.

    Returns
    -------
    result : StageResult
        Its `parts` are the exams. "reported"; "needs-review" when a number
        contradicts itself or its second entry. Rows that could not be used are
        problems with their line.
    """
    name = scan.source.path.name
    parts = tuple(_part(rows, scan) for rows in _exams(scan.rows))
    problems = tuple(
        _problem("BS-W224", name, f"Line {line}: {reason}.") for line, reason in scan.refused
    )
    review = next((p for p in parts if p.kind is OutcomeKind.NEEDS_REVIEW), None)
    kind, code, reason = OutcomeKind.REPORTED, "", ""
    if review is not None:
        kind, code, reason = review.kind, review.code, review.reason
    return StageResult(
        kind=kind,
        carrier=scan.carrier,
        code=code,
        reason=reason,
        hint=code_info(code).hint if code else "",
        problems=problems,
        parts=parts,
    )


def _exams(rows: Sequence[ResultsRow]) -> Iterable[list[ResultsRow]]:
    """Gather the rows of one person, day, technique and device, in the order of the table."""
    exams: dict[tuple[object, ...], list[ResultsRow]] = {}
    for row in rows:
        key = (row.subject.issuer, row.subject.patient_id, row.exam.exam_date)
        device = (row.technique, row.device.model, row.device.serial)
        exams.setdefault((*key, *device), []).append(row)
    return exams.values()


def _part(rows: Sequence[ResultsRow], scan: DeviceResults) -> Outcome:
    first = rows[0]
    subject, conflicts = _subject(rows)
    readings: list[Reading] = []
    faults: list[str] = []
    unread: list[str] = []
    regions: list[PrintedRegion] = []
    for row in rows:
        taken = _regions(row, readings, faults)
        for region in taken:
            left_out = _LEFT_OUT & set(region.flags)
            if left_out:
                faults.append(f"line {row.line}: a number of {region.text} can't be true")
        unread += _unread(row)
        regions += [r for r in taken if r.has_numbers or r.flags]
    regions = once_each(regions)
    faults += [f"{r.text} stands twice, with other numbers" for r in regions if _is_twice(r)]
    faults += _arithmetic(regions) + conflicts
    notes = _add_total(regions)
    flags = (IDENTITY_CONFLICT,) if conflicts else ()
    code = "BS-W225" if faults else ""
    name = scan.source.path.name
    return Outcome(
        kind=OutcomeKind.NEEDS_REVIEW if faults else OutcomeKind.REPORTED,
        format_name=scan.source.format_name,
        carrier=scan.carrier,
        site=";".join(dict.fromkeys(r.site for r in regions)),
        code=code,
        reason=f"Numbers contradict each other: {faults[0]}." if faults else "",
        hint=code_info(code).hint if code else "",
        subject=subject,
        device=first.device,
        exam=first.exam,
        measurements=tuple(
            _measurement(first, r, readings, flags) for r in regions if r.has_numbers
        ),
        problems=(
            *(replace(_problem("BS-W218", name, n), severity=Severity.NOTE) for n in notes),
            *(_problem(code, name, f"{text}.") for text in faults),
            *(_problem("BS-W224", name, f"{text}.") for text in unread),
        ),
        readings=tuple(readings),
    )


def _subject(rows: Sequence[ResultsRow]) -> tuple[Subject, list[str]]:
    """Give the person of an exam; of a sex or birth date that rows contradict, neither."""
    subject = rows[0].subject
    conflicts = []
    sexes = {r.subject.sex for r in rows if r.subject.sex}
    births = {r.subject.birth_date for r in rows if r.subject.birth_date}
    if len(sexes) > 1:
        subject = replace(subject, sex=None)
        conflicts.append(f"{subject.patient_id} has two sexes in one exam")
    elif sexes:
        subject = replace(subject, sex=next(iter(sexes)))
    if len(births) > 1:
        subject = replace(subject, birth_date=None)
        conflicts.append(f"{subject.patient_id} has two birth dates in one exam")
    elif births:
        subject = replace(subject, birth_date=next(iter(births)))
    return subject, conflicts


def _add_total(regions: list[PrintedRegion]) -> list[str]:
    """Add the total of single vertebrae that the table lacks, if none of them is in doubt."""
    doubtful = {"value_left_out", *UNDECIDED, *_LEFT_OUT}
    if any(doubtful & set(r.flags) for r in regions if r.site in {"L1", "L2", "L3", "L4"}):
        return []
    total = spine_total([r for r in regions if r.has_numbers])
    if total is None:
        return []
    regions.append(total)
    return [f"{total.site} is Σ BMC/Σ area."]


def _regions(row: ResultsRow, readings: list[Reading], faults: list[str]) -> list[PrintedRegion]:
    """Put the numbers of one row on its regions; entries that differ are put on none."""
    regions: dict[str, PrintedRegion] = {}
    for entries in row.numbers:
        one = entries[0]
        region = regions.setdefault(
            one.site, PrintedRegion(site=one.site, text=one.region_text or one.site)
        )
        region.is_average = side_of(region.site) == "mean"
        values = [e.value for e in entries]
        agree = all(v == one.value for v in values)
        proof = TEXT_PROOF if len(entries) == 1 else TWICE_PROOF
        proven = agree and one.value is not None
        readings += [replace(e, proof=proof if proven else "") for e in entries]
        if not agree:
            both = " and ".join(e.text or "nothing" for e in entries)
            faults.append(f"line {row.line}: {one.quantity} of {region.text} is {both}")
            region.flags.append(ENTRIES_DIFFER)
        elif one.value is None and one.text.strip() and one.quantity in FIELDS:
            region.flags.append(VALUE_LEFT_OUT)
        elif lacks_point(one.quantity, one.text):  # -11 may be -1.1
            text = f"line {row.line}: {one.quantity.upper()} of {region.text} is {one.text!r}"
            faults.append(f"{text}, without its decimal")
            region.flags.append(VALUE_LEFT_OUT)
        elif one.value is not None and one.quantity in FIELDS:
            set_number(region, one.quantity, one.value, one.unit)
    return list(regions.values())


def _unread(row: ResultsRow) -> list[str]:
    """Say which numbers of a row were left out because they are none as written."""
    return [
        f"{e.place}: {e.quantity} of {e.region_text or e.site} is {e.text!r} and was left out; "
        "the other numbers of the row still count"
        for entries in row.numbers
        for e in entries
        if e.value is None and e.text.strip() and e.quantity in FIELDS
    ]


def _is_twice(region: PrintedRegion) -> bool:
    return PRINTED_TWICE in region.flags


def _arithmetic(regions: Sequence[PrintedRegion]) -> list[str]:
    faults = [m for m in map(check_density, regions) if m is not None] + check_sums(regions)
    wrong = {site for m in faults for site in m.sites}
    for region in regions:
        if region.site in wrong:
            region.flags.append("arithmetic_mismatch")
    return [m.text for m in faults]


def _measurement(
    row: ResultsRow,
    region: PrintedRegion,
    readings: Sequence[Reading],
    flags: tuple[str, ...],
) -> Measurement:
    printed = (r.reference for r in readings if r.site == region.site and r.reference)
    is_rems = row.technique is Technique.REMS
    return Measurement(
        technique=row.technique,
        origin=Origin.REPORTED,
        site=region.site,
        bmd_g_cm2=region.bmd_g_cm2,
        vertebrae_used=vertebrae_of(region.site),
        bmc_g=region.bmc_g,
        area_cm2=region.area_cm2,
        reported_t_score=region.t_score,
        reported_z_score=region.z_score,
        reported_reference=next(printed, None),
        scale=row.device.maker if row.device.maker in SCALES and not is_rems else None,
        fragility_score=region.fragility_score,
        scores_allowed=not flags and not UNDECIDED & set(region.flags),
        flags=tuple(dict.fromkeys((*flags, *region.flags))),
    )


def _problem(code: str, file: str, reason: str) -> Problem:
    return Problem(
        code=code,
        severity=Severity.WARNING,
        file=file,
        reason=reason[:1].upper() + reason[1:],
        hint=code_info(code).hint,
    )
