"""Agreement of two techniques in a result folder: pairs by person, site and time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bonescan.agree.doubts import warning
from bonescan.agree.pairing import nearest_pairs
from bonescan.agree.scoring import (
    ONE_REFERENCE,
    RE_SCORED,
    SCORING,
    TWO_REFERENCES,
    TWO_SCALES,
)
from bonescan.agree.study import compare_study
from bonescan.errors import NothingUsable, UsageError
from bonescan.files.model_file import load_model
from bonescan.model.outcome import Problem
from bonescan.model.pairs import SitePairs
from bonescan.model.rems_model import RemsModel
from bonescan.model.vocabulary import Technique
from bonescan.norms.load import Norms, load_norms
from bonescan.norms.reference import young_t
from bonescan.stats.agreement_study import AgreementSettings, AgreementStudy

from .agree_overlap import refuse_training_people
from .agree_scans import ScanRow, StudyScans, count_files, read_scans

Array = NDArray[np.float64]
Pair = tuple[ScanRow, ScanRow]


def agree_folder(
    out: Path,
    settings: AgreementSettings,
    *,
    reference: str | None = None,
    test: str | None = None,
    pool_makers: bool = False,
    model_file: Path | None = None,
    norms_dir: Path | None = None,
) -> AgreementStudy:
    """Compare two techniques of a result folder.

    Parameters
    ----------
    out : Path
        Result folder of a run.
    settings : AgreementSettings
        `max_gap_days` between the two scans of a pair.
    reference, test : str, optional
        Techniques; DXA, and the only other one there is.
    pool_makers : bool
        Analyse DXA makers together.
    model_file : Path, optional
        The model of the REMS-style numbers, where it is not the bundled one.
    norms_dir : Path, optional
        Reference tables for re-scoring.

    Returns
    -------
    study : AgreementStudy

    Raises
    ------
    UsageError
        BS-E305 no result folder, BS-E376 techniques that are not there.
    NothingUsable
        BS-E374 no pair, BS-E375 training people in the sample.
    """
    scans = read_scans(out)
    first, second = _techniques(scans, reference, test)
    paired = _pairs(scans, first, second, settings.max_gap_days)
    if not any(not t.rejected for pairs in paired.values() for _, t in pairs):
        raise NothingUsable(
            "BS-E374", _why_none(scans, first, second, settings.max_gap_days), file=out
        )
    problems = _check_training(scans, paired, model_file)
    if scans.n_in_doubt:
        problems.append(
            warning("BS-W375", f"{scans.n_in_doubt} exams of people in doubt were left out.")
        )
    norms = load_norms(norms_dir)
    sites = [
        _site_pairs(site, (first, second), pairs, scans, norms)
        for site, pairs in sorted(paired.items())
    ]
    return compare_study(
        sites,
        settings,
        several_pairs=True,
        pool_makers=pool_makers,
        source=str(out),
        started=_started(scans, second),
        whole=count_files(scans, second),
        notes=(
            f"Pairs: same person and site (left and right hips apart), at most "
            f"{settings.max_gap_days} days between {first} and {second}, nearest first, no scan "
            "twice; single vertebrae are not compared.",
        ),
        problems=tuple(problems),
        simulated=any(t.simulated or r.simulated for pairs in paired.values() for r, t in pairs),
    )


def _techniques(scans: StudyScans, reference: str | None, test: str | None) -> tuple[str, str]:
    there = sorted({row.technique for row in scans.rows})
    first = reference or str(Technique.DXA)
    others = [t for t in there if t != first]
    second = test or (others[0] if len(others) == 1 else None)
    for name in (reference, test):
        if name is not None and name not in there:
            raise UsageError(
                "BS-E376", f"found no technique {name!r}, wanted one of {', '.join(there)}."
            )
    if first not in there or not others:
        raise NothingUsable(
            "BS-E374", f"found {' and '.join(there) or 'no technique'}, wanted {first} and another."
        )
    if second is None or second == first:
        raise UsageError(
            "BS-E376", f"found the techniques {', '.join(there)}, wanted one named with --test."
        )
    return first, second


def _pairs(scans: StudyScans, first: str, second: str, max_gap_days: int) -> dict[str, list[Pair]]:
    """Pair scans by person and site; rejected ones take what references are left."""
    rows: dict[tuple[str, str], dict[str, list[ScanRow]]] = {}
    for row in scans.rows:
        rows.setdefault((row.site, row.person), {}).setdefault(row.technique, []).append(row)
    lost: dict[tuple[str, str], list[ScanRow]] = {}
    if second == Technique.REMS_STYLE:
        for row in scans.rejected:
            lost.setdefault((row.site, row.person), []).append(row)
    found: dict[str, list[Pair]] = {}
    for key in sorted(rows):
        references = sorted(rows[key].get(first, []), key=_order)
        tests = sorted(rows[key].get(second, []), key=_order)
        good = _nearest(references, tests, max_gap_days)
        used = {r.sha256 for r, _ in good}
        rest = [r for r in references if r.sha256 not in used]
        bad = _nearest(rest, sorted(lost.get(key, []), key=_order), max_gap_days)
        if good or bad:
            found.setdefault(key[0], []).extend([*good, *bad])
    return found


def _order(row: ScanRow) -> tuple[object, ...]:
    return (row.day, row.sha256)


def _nearest(
    references: Sequence[ScanRow], tests: Sequence[ScanRow], max_gap_days: int
) -> list[Pair]:
    places = nearest_pairs([r.day for r in references], [t.day for t in tests], max_gap_days)
    return [(references[i], tests[j]) for i, j in places]


def _why_none(scans: StudyScans, first: str, second: str, max_gap_days: int) -> str:
    people = [
        {row.person for row in scans.rows if row.technique == technique}
        for technique in (first, second)
    ]
    return (
        f"found {len(people[0])} people with {first}, {len(people[1])} with {second} and "
        f"{len(people[0] & people[1])} with both, but no pair of one site at most {max_gap_days} "
        "days apart."
    )


def _check_training(
    scans: StudyScans, paired: Mapping[str, Sequence[Pair]], model_file: Path | None
) -> list[Problem]:
    """Refuse people of the model's own training; say so where that can't be looked up."""
    tests = [t for pairs in paired.values() for _, t in pairs]
    used = {t.model_id for t in tests if t.model_id}
    if not used and model_file is None:
        return []
    people = [scans.identities[t.person] for t in tests if t.person in scans.identities]
    model: RemsModel = load_model(model_file)
    if model_file is not None or model.model_id in used:
        refuse_training_people(model, people)
    unknown = sorted(used - {model.model_id})
    if not unknown:
        return []
    said = (
        f"the training people of {', '.join(unknown)} are not known here: training overlap could "
        "not be looked for; give the model's file with --model."
    )
    return [warning("BS-W371", said)]


def _started(scans: StudyScans, second: str) -> dict[str, tuple[int, int, int]]:
    """Count scans of the test method by site: found, readable, and with numbers."""
    lost = scans.rejected if second == Technique.REMS_STYLE else ()
    passed = Counter(r.site for r in scans.rows if r.technique == second)
    read = passed + Counter(r.site for r in lost)
    return {site: (n, n, passed[site]) for site, n in read.items()}


def _site_pairs(
    site: str,
    methods: tuple[str, str],
    pairs: Sequence[Pair],
    scans: StudyScans,
    norms: Norms,
) -> SitePairs:
    given = [_t_as_given(r, t) for r, t in pairs]
    scored = _scored(pairs, norms)
    values = {
        "bmd": _columns((r.bmd_g_cm2, t.bmd_g_cm2) for r, t in pairs),
        "t": _columns(s.t for s in scored),
        "z": _columns(_z(r, t) for r, t in pairs),
    }
    numbers = {
        "age_years": _column(_first(t.age_years, r.age_years) for r, t in pairs),
        "bmi_kg_m2": _column(_first(t.bmi_kg_m2, r.bmi_kg_m2) for r, t in pairs),
        "depth_mm": _column(t.depth_mm for _, t in pairs),
        "gap_days": _column(float((t.day - r.day).days) for r, t in pairs),
        "day": _column(float(t.day.toordinal()) for _, t in pairs),
        "fracture": _column(_fracture(scans, r.person) for r, _ in pairs),
    }
    return SitePairs(
        site=site,
        reference_name=methods[0],
        test_name=methods[1],
        labels=_labels(pairs),
        subjects=tuple(r.person for r, _ in pairs),
        values=values,
        numbers={name: column for name, column in numbers.items() if np.isfinite(column).any()},
        words={
            "sex": tuple(r.sex or t.sex for r, t in pairs),
            "device": tuple(t.device for _, t in pairs),
            "maker": tuple(r.maker for r, _ in pairs),
            "reference_id": tuple(r.reference_id or r.printed_reference for r, _ in pairs),
            "test_reference_id": tuple(s.reference_id for s in scored),
            SCORING: tuple(s.how for s in scored),
        },
        rejected=np.array([t.rejected for _, t in pairs], dtype=bool),
        t_as_given=_columns(given),
    )


def _first(*values: float | None) -> float | None:
    return next((v for v in values if v is not None), None)


def _fracture(scans: StudyScans, person: str) -> float | None:
    known = scans.fractures.get(person)
    return None if known is None else float(known)


def _labels(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Name a pair by person and day of the test; a second one of that day is numbered."""
    seen: dict[str, int] = {}
    labels = []
    for reference, test in pairs:
        name = f"{reference.person} {test.day.isoformat()}"
        seen[name] = seen.get(name, 0) + 1
        labels.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(labels)


def _column(values: Iterable[float | None]) -> Array:
    return np.array([math.nan if v is None else v for v in values], dtype=np.float64)


def _columns(values: Iterable[tuple[float | None, float | None]]) -> tuple[Array, Array]:
    rows = list(values)
    return _column(x for x, _ in rows), _column(y for _, y in rows)


def _z(reference: ScanRow, test: ScanRow) -> tuple[float | None, float | None]:
    """Take our Z of both, or the printed ones of both; never one of each."""
    if reference.z_score is not None and test.z_score is not None:
        return reference.z_score, test.z_score
    return reference.printed_z, test.printed_z


def _t_as_given(reference: ScanRow, test: ScanRow) -> tuple[float | None, float | None]:
    return _first(reference.t_score, reference.printed_t), _first(test.t_score, test.printed_t)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """T of both scans of a pair, and how they came to one reference."""

    t: tuple[float | None, float | None]
    reference_id: str | None
    how: str = ONE_REFERENCE


def _scored(pairs: Sequence[Pair], norms: Norms) -> list[_Scored]:
    """Score every pair; a rejected scan fares as the others against its reference do."""
    found = [_t_of_one_reference(r, t, norms) for r, t in pairs]
    apart = {r.reference_id for (r, _), s in zip(pairs, found, strict=True) if s.how == TWO_SCALES}
    return [
        _Scored(t=(None, None), reference_id=s.reference_id, how=TWO_SCALES)
        if t.rejected and r.reference_id in apart
        else s
        for (r, t), s in zip(pairs, found, strict=True)
    ]


def _t_of_one_reference(reference: ScanRow, test: ScanRow, norms: Norms) -> _Scored:
    """Score both scans against the reference of the first, where that may be done.

    A density is scored only against references of its own scale; that of a REMS
    device has no scale of its own, so that both ways are always shown. T-scores
    that can't be brought to one reference are no pair: their difference would
    hold that of the references, and of the scales.
    """
    x, y = _t_as_given(reference, test)
    own = test.reference_id or test.printed_reference
    if test.rejected or reference.reference_id == test.reference_id is not None:
        return _Scored(t=(x, y), reference_id=own)
    young = norms.young.get(reference.reference_id or "")
    tested = norms.young.get(test.reference_id or "")
    if young is not None and tested is not None and tested.scale != young.scale:
        return _Scored(t=(None, None), reference_id=own, how=TWO_SCALES)
    if x is None or y is None:
        return _Scored(t=(x, y), reference_id=own)
    if young is None or test.bmd_g_cm2 is None:
        return _Scored(t=(None, None), reference_id=own, how=TWO_REFERENCES)
    scored = float(young_t(test.bmd_g_cm2, young))
    return _Scored(t=(x, scored), reference_id=young.id, how=RE_SCORED)
