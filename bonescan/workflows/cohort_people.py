"""Who is in a cohort: rows against what their exam files say, and one person under two ids."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bonescan.errors import NothingUsable, SetAside, UnusableScan
from bonescan.files.cohort_cells import SPINE
from bonescan.files.cohort_csv import CohortRefused, CohortRow, RowFault, read_cohort_table
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.rems_model import FEMORAL_NECK, LUMBAR_SPINE
from bonescan.model.scan import RfScan
from bonescan.norms.makers import canonical_maker
from bonescan.provenance import sha256_of_file
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .cohort_scan import is_of, row_against_scan, scan_of_row

MAX_GAP_DAYS = 90  # between DXA and ultrasound: bone changes by about 1 % in that time
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A row of the cohort with what its exam file says; `refused` where it can't be read."""

    row: CohortRow
    maker: str
    subject: Subject
    exam: Exam
    device: Device
    fs_hz: float | None = None  # of the site's samples
    refused: tuple[str, str] | None = None  # code and reason

    @property
    def model_site(self) -> str:
        """Name of the site's model."""
        return LUMBAR_SPINE if self.row.site == SPINE else FEMORAL_NECK

    @property
    def issuer(self) -> str | None:
        """Who gave the patient number: the table leads, then the file."""
        return self.row.issuer or self.subject.issuer


def read_pairs(table: Path, settings: ReadSettings, today: date, tell: Tell) -> tuple[Pair, ...]:
    """Read the table and the head of every exam, and hold them against each other.

    Parameters
    ----------
    table : Path
        See `bonescan.files.cohort_csv`.
    settings : ReadSettings
    today : date
    tell : callable

    Returns
    -------
    pairs : tuple of Pair
        In the order of the table; an exam that can't be read is a scan without
        a number, not a fault of the table.

    Raises
    ------
    UsageError
        The file is no table of pairs.
    CohortRefused
        BS-E381 with every row that has faulty cells, contradicts its exam, has a
        DXA more than 90 days away, an unknown maker, or holds a pair again, all
        in one go; then BS-E382 with one person under two ids.
    """
    cohort = read_cohort_table(table, today)
    faults = list(cohort.faults)
    faults += [
        RowFault(line=line, reason=f"dxa_device {device!r} of no known maker")
        for line, device in cohort.devices
        if device and canonical_maker(device) is None
    ]
    pairs = []
    for done, row in enumerate(cohort.rows, start=1):
        pair, wrong = _pair(row, settings, today)
        faults += [RowFault(line=row.line, reason=w) for w in wrong]
        pairs.append(pair)
        tell("reading heads", done, len(cohort.rows))
    told = {fault.line for fault in faults}
    faults += [copy for copy in _copies(pairs) if copy.line not in told]
    if faults:
        raise CohortRefused("BS-E381", faults, table)
    doubled = list(_one_person_twice(pairs))
    if doubled:
        raise CohortRefused("BS-E382", doubled, table)
    _one_origin(pairs, table)
    return tuple(pairs)


def _pair(row: CohortRow, settings: ReadSettings, today: date) -> tuple[Pair, list[str]]:
    wrong: list[str] = []
    refused, fs_hz = None, None
    subject, exam, device = Subject(), Exam(), Device()
    try:
        scan = read_scan(row.path, settings)
    except (UnusableScan, SetAside) as verdict:
        refused = (verdict.code, verdict.reason)
    else:
        if isinstance(scan, RfScan):
            wrong += row_against_scan(row, scan)
            scan = scan_of_row(scan, row)
            subject, exam, device = scan.subject, scan.exam, scan.device
            fs_hz = next((s.fs_hz for s in scan.sites if is_of(row.site, s.site)), None)
            wrong += _contradictions(row, scan, today)
        else:
            wrong.append(f"{row.exam} is no ultrasound")
    pair = Pair(
        row=row,
        maker=canonical_maker(row.dxa_device) or "",
        subject=subject,
        exam=exam,
        device=device,
        fs_hz=fs_hz,
        refused=refused,
    )
    return pair, wrong


def _contradictions(row: CohortRow, scan: RfScan, today: date) -> Iterator[str]:
    subject, seen = scan.subject, scan.exam.exam_date
    if row.patient_id and subject.patient_id not in (None, row.patient_id):
        yield f"patient_id {row.patient_id!r}, and the exam is of {subject.patient_id!r}"
    if row.issuer and subject.issuer and subject.issuer != row.issuer:
        yield f"issuer {row.issuer!r}, and the exam says {subject.issuer!r}"
    if not any(is_of(row.site, s.site) for s in scan.sites):
        known = ", ".join(s.site for s in scan.sites)
        yield f"site {row.site}, and the exam holds {known or 'none'}"
    if seen is None:
        yield "an exam without a date: its distance from the DXA is not known"
    elif seen > today:
        yield f"an exam of {seen}, in the future"
    elif row.dxa_date and abs((row.dxa_date - seen).days) > MAX_GAP_DAYS:
        gap = abs((row.dxa_date - seen).days)
        yield f"{gap} days between DXA and exam, wanted at most {MAX_GAP_DAYS}"
    if subject.birth_date and row.dxa_date and row.dxa_date < subject.birth_date:
        yield f"dxa_date {row.dxa_date} before the birth date {subject.birth_date}"


# ------------------------------------------------------------------ one exam twice


def _copies(pairs: Sequence[Pair]) -> Iterator[RowFault]:
    """Find an exam that stands twice for one person and site, as a copy or saved again.

    Its reading would count twice, and narrow every interval. Under two numbers it is one person
    twice; the very same path is found without opening it.
    """
    told: set[int] = set()
    content = _content_key(pairs)
    for what, key_of in (("file", content), ("exam id, time and device", _exam_key)):
        first: dict[Hashable, Pair] = {}
        for pair in pairs:
            key = key_of(pair)
            if key is None:
                continue
            earlier = first.setdefault((key, person_of(pair), pair.row.site), pair)
            is_same_path = earlier.row.path.resolve() == pair.row.path.resolve()
            if earlier is not pair and not is_same_path and pair.row.line not in told:
                told.add(pair.row.line)
                yield RowFault(
                    line=pair.row.line,
                    reason=f"{pair.row.exam} {pair.row.site} again: the same {what} as in row "
                    f"{earlier.row.line}",
                )


# ------------------------------------------------------------------ one person, two ids


def _one_person_twice(pairs: Sequence[Pair]) -> Iterator[RowFault]:
    """Find people who stand under two ids: folds would put them on both sides.

    Told by the same bytes of the exam, the same exam of one device, the same name and birth
    date, or one DXA reading of the same day, birth date, sex and height.
    """
    seen: set[tuple[int, int]] = set()
    for what, key_of in (
        ("the same file", _content_key(pairs)),
        ("the same exam id, time and device", _exam_key),
        ("the same name, birth date and sex", _name_key),
        ("the same DXA reading, birth date, sex and height", _reading_key),
    ):
        groups: dict[Hashable, list[Pair]] = defaultdict(list)
        for pair in pairs:
            key = key_of(pair)
            if key is not None:
                groups[key].append(pair)
        for group in groups.values():
            first = group[0]
            for other in group[1:]:
                lines = (first.row.line, other.row.line)
                if person_of(other) != person_of(first) and lines not in seen:
                    seen.add(lines)
                    yield RowFault(
                        line=other.row.line,
                        reason=f"patient {other.row.patient_id!r} is {first.row.patient_id!r} of "
                        f"row {first.row.line} by {what}",
                    )


def person_of(pair: Pair) -> tuple[str, str]:
    """Name the person of a pair: issuer and number."""
    return (pair.issuer or "", pair.row.patient_id)


def _content_key(pairs: Sequence[Pair]) -> Callable[[Pair], Hashable | None]:
    """Hash only files that have the size of another one."""
    paths = {pair.row.path.resolve() for pair in pairs}
    sizes = Counter(path.stat().st_size for path in paths)
    hash_of = cache(sha256_of_file)

    def key(pair: Pair) -> Hashable | None:
        path = pair.row.path.resolve()
        # one path in two rows of two people is one file too
        return hash_of(path) if sizes[path.stat().st_size] > 1 else str(path)

    return key


def _exam_key(pair: Pair) -> Hashable | None:
    if pair.exam.exam_id is None:
        return None
    return (pair.exam.exam_id, pair.exam.exam_date, pair.exam.exam_time, pair.device.serial)


def _name_key(pair: Pair) -> Hashable | None:
    s = pair.subject
    if not s.name or s.birth_date is None:
        return None
    return (" ".join(s.name.casefold().split()), s.birth_date, s.sex, pair.issuer)


def _reading_key(pair: Pair) -> Hashable | None:
    s, row = pair.subject, pair.row
    if s.birth_date is None or s.height_cm is None:
        return None
    reading = (row.site, row.dxa_date, row.dxa_bmd_g_cm2)
    return (*reading, s.birth_date, s.sex, s.height_cm, pair.issuer)


def _one_origin(pairs: Sequence[Pair], table: Path) -> None:
    made_up = [p.row.line for p in pairs if p.exam.simulated is True]
    real = [p.row.line for p in pairs if p.exam.simulated is not True and p.refused is None]
    if made_up and real:
        raise NothingUsable(
            "BS-E383",
            f"found {len(made_up)} simulated and {len(real)} other exams (as rows {made_up[0]} and "
            f"{real[0]}), wanted one kind.",
            file=table,
        )


def one_maker(
    pairs: Sequence[Pair], table: Path, chosen: str | None
) -> tuple[str, tuple[Pair, ...]]:
    """Keep the pairs of one DXA maker.

    Parameters
    ----------
    pairs : sequence of Pair
    table : Path
    chosen : str or None
        A maker by name; None = there is only one.

    Raises
    ------
    CohortRefused
        BS-E384 where there are several and none is chosen; rows listed.
    NothingUsable
        BS-E384 where the chosen one has no row.
    """
    counts = {m: sum(p.maker == m for p in pairs) for m in sorted({p.maker for p in pairs})}
    if chosen is None and len(counts) > 1:
        most = max(counts, key=counts.__getitem__)
        raise CohortRefused(
            "BS-E384",
            [
                RowFault(line=p.row.line, reason=f"DXA of {p.maker} among {counts[most]} of {most}")
                for p in pairs
                if p.maker != most
            ],
            table,
        )
    maker = next(iter(counts)) if chosen is None else (canonical_maker(chosen) or chosen)
    kept = tuple(p for p in pairs if p.maker == maker)
    if not kept:
        raise NothingUsable(
            "BS-E384", f"found DXA of {', '.join(counts)}, wanted {maker}.", file=table
        )
    return maker, kept
