"""From the store to rows: join people and facts, score, classify, and count."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bonescan.classify.person import decide_person
from bonescan.classify.person_at_exam import person_at_exam
from bonescan.classify.review import DOUBTFUL_NUMBERS
from bonescan.errors import code_info
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.measurement import LabelledRow
from bonescan.model.outcome import Outcome, Problem
from bonescan.model.page import FileRow, PageExam, PageReading, PageRow, PageVerdict, PersonPage
from bonescan.model.person import Fact, PersonAtExam, PersonVerdict
from bonescan.model.vocabulary import Category, IdentityMode, OutcomeKind, Severity, Technique
from bonescan.norms.load import Norms
from bonescan.pipeline import label
from bonescan.settings import Settings
from bonescan.store.store import Store, StoredContent

from .confirmed import with_decisions
from .identify import (
    ByChartNumber,
    ByPseudonym,
    Crosswalk,
    PersonKey,
    conflict_problem,
    facts_of,
    identity_conflicts,
)
from .pseudonyms import Pseudonyms
from .shared_exclusions import spread_exclusions

SCANS = (
    OutcomeKind.MEASURED,
    OutcomeKind.REPORTED,
    OutcomeKind.NO_NUMBERS,
    OutcomeKind.NEEDS_REVIEW,
)


NOBODY = PersonAtExam(sex=None, age_years=None, age_is_exact=False, menopausal_status=None)
LOST_ROW = "BS-W224"  # of a table of device results
CONFLICT_RULE = "none-identity-conflict"  # sex and age may be another person's


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything that a result folder shows, in its final order."""

    files: tuple[FileRow, ...]
    people: tuple[PersonPage, ...]
    problems: tuple[Problem, ...]
    identities: tuple[dict[str, str], ...]
    contents: dict[str, StoredContent] = field(default_factory=dict)
    facts: dict[str, tuple[Fact, ...]] = field(default_factory=dict)  # by pseudonym
    facts_without_scan: tuple[Fact, ...] = ()  # about people whom no scan names

    @property
    def outcome_counts(self) -> dict[str, int]:
        """Count files by outcome."""
        return dict(sorted(Counter(f.outcome for f in self.files).items()))

    @property
    def category_counts(self) -> dict[str, int]:
        """Count rows of patients.csv by category."""
        words = [v.verdict.category for p in self.people for v in p.verdicts]
        return dict(sorted(Counter(str(w) for w in words if w is not None).items()))


@dataclass(kw_only=True)
class _Exam:
    """One exam with its person: a content that is a scan, or a part of one."""

    content: StoredContent
    outcome: Outcome
    part: int  # number of the part in its content; 0 where it has none
    key: PersonKey
    person: PersonAtExam
    rows: list[LabelledRow] = field(default_factory=list)


def gather_study(store: Store, pseudonyms: Pseudonyms, norms: Norms, settings: Settings) -> Study:
    """Label everything in the store with what is known today; nothing is measured."""
    found = _with_conflicts(store.contents())
    contents = with_decisions(found, spread_exclusions(found, store.confirmations()))
    facts = store.facts()
    scans = [
        (c, number, exam)
        for c in contents
        if c.outcome.kind in SCANS
        for number, exam in enumerate(c.outcome.exams)
    ]
    own = {(c.sha256, n): _own_key(c, n, part) for c, n, part in scans}
    crosswalk = Crosswalk.of(facts, own.values())
    keys = {place: crosswalk.person(key) for place, key in own.items()}
    subjects: dict[PersonKey, list[Subject]] = {}
    for content, number, part in scans:
        subjects.setdefault(keys[content.sha256, number], []).append(part.subject or Subject())
    about = _facts_by_person(subjects, facts, crosswalk)
    by_chart = settings.identity is IdentityMode.CHART
    speech = ByChartNumber() if by_chart else ByPseudonym(pseudonyms)
    conflicts = identity_conflicts(subjects, about, crosswalk, speech)
    exams: dict[PersonKey, list[_Exam]] = {k: [] for k in subjects}
    for content, number, part in scans:
        key = keys[content.sha256, number]
        exam = _Exam(content=content, outcome=part, part=number, key=key, person=NOBODY)
        exams[key].append(_labelled(exam, about[key], key in conflicts, norms, settings))
    everyone = [e for members in exams.values() for e in members]
    names = {k: _shown_id(k, pseudonyms, settings.identity) for k in subjects}
    problems = _people_problems(everyone, conflicts, facts, about)
    people = [
        dataclasses.replace(
            _page(names[key], members, store),
            pseudonym=_shown_id(key, pseudonyms, IdentityMode.PSEUDONYM),
        )
        for key, members in exams.items()
    ]
    n_results = Counter({e.content.sha256: 0 for e in everyone})
    for exam in everyone:
        n_results[exam.content.sha256] += len(exam.rows)
    # a table of many people leads to nobody's page
    shown = {e.content.sha256: names[e.key] for e in everyone if len(e.content.outcome.parts) <= 1}
    files = [row for c in contents for row in _file_rows(c, n_results, shown)]
    for content in contents:
        problems += _file_problems(content)
    return Study(
        files=tuple(sorted(files, key=lambda f: (f.file, f.sha256))),
        people=tuple(sorted(people, key=lambda p: (p.patient_id, p.pseudonym))),
        problems=tuple(sorted(problems, key=lambda p: (p.code, p.file, p.reason))),
        identities=_identities(names),
        contents={c.sha256: c for c in contents},
        facts={_shown_id(k, pseudonyms, IdentityMode.PSEUDONYM): about[k] for k in subjects},
        facts_without_scan=_unused(facts, about),
    )


def _unused(facts: Sequence[Fact], about: dict[PersonKey, tuple[Fact, ...]]) -> tuple[Fact, ...]:
    used = {f for found in about.values() for f in found}
    return tuple(f for f in facts if f not in used)


def _facts_by_person(
    subjects: dict[PersonKey, list[Subject]], facts: Sequence[Fact], crosswalk: Crosswalk
) -> dict[PersonKey, tuple[Fact, ...]]:
    by_id: dict[str, list[Fact]] = {}
    for fact in facts:
        by_id.setdefault(fact.patient_id, []).append(fact)
    return {
        key: tuple(
            fact
            for name in crosswalk.names(key)
            for fact in facts_of(name, by_id.get(name.patient_id, ()))
        )
        for key in subjects
    }


def _with_conflicts(contents: Sequence[StoredContent]) -> list[StoredContent]:
    """Set aside what carries a SOP Instance UID that other bytes had first."""
    owner: dict[str, StoredContent] = {}
    replaced: dict[str, StoredContent] = {}
    for content in sorted(contents, key=lambda c: (c.first_run_id, c.files, c.sha256)):
        uid = content.outcome.exam.sop_instance_uid if content.outcome.exam else None
        if not uid or content.outcome.kind not in SCANS:
            continue
        first = owner.setdefault(uid, content)
        if first is not content:
            verdict = Outcome(
                kind=OutcomeKind.CONFLICT,
                format_name=content.outcome.format_name,
                carrier=content.outcome.carrier,
                site=content.outcome.site,
                code="BS-E190",
                reason=f"It has the SOP Instance UID of {first.files[0]} but other bytes.",
                hint=code_info("BS-E190").hint,
            )
            replaced[content.sha256] = dataclasses.replace(content, outcome=verdict)
    return [replaced.get(c.sha256, c) for c in contents]


def _own_key(content: StoredContent, number: int, exam: Outcome) -> PersonKey:
    """Name the person of an exam; two parts of one file that name nobody are two people."""
    name = f"{content.sha256}#{number}" if content.outcome.parts else content.sha256
    return PersonKey.of(exam.subject, name)


def _labelled(
    found: _Exam, facts: Sequence[Fact], in_conflict: bool, norms: Norms, settings: Settings
) -> _Exam:
    outcome = found.outcome
    subject, exam = outcome.subject or Subject(), outcome.exam or Exam()
    person = person_at_exam(subject, exam, facts)
    extra = _exam_flags(found.key, exam, in_conflict)
    if extra:
        person = dataclasses.replace(person, flags=_join(person.flags, extra))
    if in_conflict:
        person = _contested(person)
    found.person = person
    for measurement in outcome.measurements:
        flagged = dataclasses.replace(measurement, flags=_join(measurement.flags, extra))
        row = label(flagged, person, norms, settings.label)
        if in_conflict:
            row = _without_class(row)
        found.rows.append(row)
    return found


def _exam_flags(key: PersonKey, exam: Exam, in_conflict: bool) -> tuple[str, ...]:
    flags = []
    if in_conflict:
        flags.append("identity_conflict")
    if not key.patient_id:
        flags.append("no_patient_id")
    if exam.simulated:
        flags.append("simulated_exam")
    return tuple(flags)


def _contested(person: PersonAtExam) -> PersonAtExam:
    """Leave open what may be another person's, so that no score or page rests on it."""
    return dataclasses.replace(
        person, sex=None, age_years=None, birth_date=None, menopausal_status=None
    )


def _without_class(row: LabelledRow) -> LabelledRow:
    """Take the class off a row whose age or sex may be another person's."""
    if row.verdict.category is None:
        return row
    verdict = dataclasses.replace(
        row.verdict,
        category=Category.NONE,
        reported_category=None,
        category_rule=CONFLICT_RULE,
        score_used=None,
        rounding_decides=None,
        p_normal=None,
        p_osteopenia=None,
        p_osteoporosis=None,
    )
    return dataclasses.replace(row, verdict=verdict)


def _page(patient_id: str, exams: list[_Exam], store: Store) -> PersonPage:
    rows = [
        PageRow(
            file=e.content.files[0],
            sha256=e.content.sha256,
            part=e.part,
            labelled=row,
            exam=e.outcome.exam or Exam(),
            device=e.outcome.device or Device(),
            person=e.person,
        )
        for e in exams
        for row in e.rows
    ]
    exams = sorted(exams, key=lambda e: (_day(e.outcome.exam), e.content.files[0]))
    return PersonPage(
        patient_id=patient_id,
        rows=tuple(sorted(rows, key=_row_order)),
        verdicts=tuple(_verdicts(exams)),
        exams=tuple(
            PageExam(
                file=e.content.files[0],
                sha256=e.content.sha256,
                part=e.part,
                outcome=str(e.outcome.kind),
                reason=e.outcome.reason,
                hint=e.outcome.hint,
                exam=e.outcome.exam or Exam(),
                device=e.outcome.device or Device(),
                person=e.person,
            )
            for e in exams
        ),
        pictures=tuple(
            (e.content.files[0], p)
            for e in exams
            if not e.content.outcome.parts
            for p in store.pictures(e.content.work_key)
        ),
        readings=tuple(
            PageReading(
                file=e.content.files[0],
                sha256=e.content.sha256,
                part=e.part,
                exam_date=e.outcome.exam.exam_date if e.outcome.exam else None,
                reading=reading,
            )
            for e in exams
            for reading in e.outcome.readings
        ),
        details=tuple((e.content.files[0], k, v) for e in exams for k, v in e.outcome.details),
        problems=tuple(
            dataclasses.replace(p, file=e.content.files[0])
            for e in exams
            for p in e.outcome.problems
        ),
    )


def _row_order(row: PageRow) -> tuple[str, ...]:
    m = row.labelled.measurement
    return (_day(row.exam), m.technique, m.site, m.origin, row.sha256)


def _day(exam: Exam | None) -> str:
    return exam.exam_date.isoformat() if exam and exam.exam_date else ""


def _verdicts(exams: Sequence[_Exam]) -> list[PageVerdict]:
    """Decide the one class a person has, per date and technique.

    Exams without a date may be years apart: each stands alone.
    """
    groups: dict[tuple[str, Technique, str], list[_Exam]] = {}
    for exam in exams:
        day = _day(exam.outcome.exam)
        alone = "" if day else exam.content.sha256
        for technique in sorted({r.measurement.technique for r in exam.rows}):
            groups.setdefault((day, technique, alone), []).append(exam)
    found = []
    for (day, technique, alone), members in sorted(groups.items()):
        rows = [
            r
            for e in members
            for r in e.rows
            if r.measurement.technique == technique and _counts(r)
        ]
        if not rows:
            continue
        person = _fullest([e.person for e in members])
        verdict = decide_person(rows, person, technique)
        if any(_unread(e, day) for e in exams if day or e in members):
            verdict = dataclasses.replace(
                verdict, needs_review=True, flags=_join(verdict.flags, ("file_needs_review",))
            )
        if "identity_conflict" in person.flags:
            verdict = _in_doubt(verdict)
        found.append(
            PageVerdict(
                exam_date=date.fromisoformat(day) if day else None, verdict=verdict, content=alone
            )
        )
    return found


def _counts(row: LabelledRow) -> bool:
    """Whether a row gives its person a verdict: it may be scored, or its numbers are in doubt."""
    m = row.measurement
    return m.scores_allowed or bool(DOUBTFUL_NUMBERS & set(m.flags))


def _unread(exam: _Exam, day: str) -> bool:
    """Whether a file of that day waits for a person: what it holds is not in the verdict."""
    return exam.outcome.kind is OutcomeKind.NEEDS_REVIEW and _day(exam.outcome.exam) == day


def _in_doubt(verdict: PersonVerdict) -> PersonVerdict:
    return dataclasses.replace(
        verdict,
        category=Category.NONE,
        severity=None,
        deciding_site=None,
        deciding_score=None,
        category_rule=CONFLICT_RULE,
        needs_review=True,
        flags=_join(verdict.flags, ("identity_conflict",)),
    )


def _fullest(people: Sequence[PersonAtExam]) -> PersonAtExam:
    """Take the description with the fewest gaps; the first one of equals."""

    def gaps(person: PersonAtExam) -> int:
        return sum(getattr(person, f.name) is None for f in dataclasses.fields(person))

    best = min(people, key=gaps)
    return dataclasses.replace(best, flags=_join((), *(p.flags for p in people)))


def _join(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flag for group in groups for flag in group))


def _shown_id(key: PersonKey, pseudonyms: Pseudonyms, mode: IdentityMode) -> str:
    if not key.patient_id:
        return pseudonyms.of("", f"content:{key.content}")
    if mode is IdentityMode.CHART:
        return key.patient_id
    return pseudonyms.of(key.issuer, key.patient_id)


def _identities(names: dict[PersonKey, str]) -> tuple[dict[str, str], ...]:
    rows = [
        {"patient_id": name, "issuer": key.issuer, "chart_number": key.patient_id}
        for key, name in names.items()
    ]
    return tuple(sorted(rows, key=lambda r: (r["patient_id"], r["issuer"], r["chart_number"])))


def _file_rows(
    content: StoredContent, n_results: dict[str, int], shown: dict[str, str]
) -> list[FileRow]:
    outcome = _with_lost_rows(content.outcome)
    rows = []
    for number, file in enumerate(content.files):
        again = number > 0 and outcome.kind in SCANS
        rows.append(
            FileRow(
                file=file,
                sha256=content.sha256,
                bytes=content.size_bytes,
                format=outcome.format_name,
                carrier=outcome.carrier,
                site=outcome.site,
                outcome=str(OutcomeKind.DUPLICATE if again else outcome.kind),
                code="BS-W284" if again else outcome.code,
                reason=f"The same bytes as {content.files[0]}." if again else outcome.reason,
                hint=code_info("BS-W284").hint if again else outcome.hint,
                n_results=0 if again else n_results.get(content.sha256, 0),
                patient_id=shown.get(content.sha256, ""),
            )
        )
    return rows


def _with_lost_rows(outcome: Outcome) -> Outcome:
    """Say of a table that was read which of its rows were not."""
    lost = [p for o in (outcome, *outcome.parts) for p in o.problems if p.code == LOST_ROW]
    if outcome.code or not lost:
        return outcome
    many = (
        f"{len(lost)} rows or numbers of the table were"
        if len(lost) > 1
        else "One row or number of the table was"
    )
    return dataclasses.replace(
        outcome,
        code=LOST_ROW,
        reason=f"{many} not used. {lost[0].reason}",
        hint=lost[0].hint,
    )


def _file_problems(content: StoredContent) -> list[Problem]:
    outcome, file = content.outcome, content.files[0]
    found = [
        dataclasses.replace(p, file=file) for o in (outcome, *outcome.parts) for p in o.problems
    ]
    quiet = {
        OutcomeKind.MEASURED,
        OutcomeKind.REPORTED,
        OutcomeKind.COMPANION,
        OutcomeKind.NOT_DENSITOMETRY,
    }
    if outcome.code and outcome.kind not in quiet:
        severe = outcome.kind in {OutcomeKind.UNUSABLE, OutcomeKind.CONFLICT}
        found.append(
            Problem(
                code=outcome.code,
                severity=Severity.ERROR if severe else Severity.WARNING,
                file=file,
                reason=outcome.reason,
                hint=outcome.hint,
            )
        )
    return found


def _people_problems(
    exams: Sequence[_Exam],
    conflicts: dict[PersonKey, str],
    facts: Sequence[Fact],
    about: dict[PersonKey, tuple[Fact, ...]],
) -> list[Problem]:
    found = []
    for reason in dict.fromkeys(conflicts.values()):
        keys = {k for k, v in conflicts.items() if v == reason}
        files = sorted(e.content.files[0] for e in exams if e.key in keys)
        found.append(conflict_problem(files, reason))
    unknown: dict[tuple[str, str], set[int]] = {}
    for fact in _unused(facts, about):
        unknown.setdefault((fact.file, fact.patient_id), set()).add(fact.line)
    for (file, _), lines in sorted(unknown.items()):
        where = f"line{'s' * (len(lines) > 1)} {', '.join(map(str, sorted(lines)))}"
        found.append(
            Problem(
                code="BS-W285",
                severity=Severity.WARNING,
                file=file,
                reason=f"The facts in {where} are about a chart number that no scan here carries.",
                hint=code_info("BS-W285").hint,
            )
        )
    found += [
        Problem(
            code="BS-W283",
            severity=Severity.WARNING,
            file=e.content.files[0],
            reason="The file names no patient.",
            hint=code_info("BS-W283").hint,
        )
        for e in exams
        if not e.key.patient_id
    ]
    return found
