"""The reference tables for people: list them, show one, check them by printed reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError, code_info
from bonescan.model.outcome import Problem
from bonescan.model.vocabulary import Severity
from bonescan.norms.load import Norms, load_norms
from bonescan.norms.reference import (
    AgeBins,
    AgeCurve,
    AgeReference,
    WorkedExample,
    YoungReference,
    lms_value,
    young_t,
)
from bonescan.norms.site import parse_site

EVIDENCE = {
    "S": "read in a source",
    "M": "from memory, not read in a source",
    "D": "derived by arithmetic or computed from public data",
}
SHOWN_AGES = (10, 20, 30, 40, 50, 60, 70, 80, 84)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleCheck:
    """One printed T against what a reference gives."""

    reference_id: str
    bmd_g_cm2: float
    printed_t: str
    computed_t: float
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NormsCheck:
    """What a check of reference tables found."""

    n_young: int
    n_age: int
    examples: tuple[ExampleCheck, ...]
    problems: tuple[Problem, ...]
    content_sha256: str

    @property
    def is_sound(self) -> bool:
        """Whether every printed T is reproduced."""
        return all(e.agrees for e in self.examples)


def list_norms(user_dir: Path | None = None) -> list[dict[str, Any]]:
    """List every reference in one row, in the order of scale, site, role and id."""
    norms = load_norms(user_dir)
    rows = [_young_row(r) for r in norms.young.values()]
    rows += [_age_row(r) for r in norms.age.values()]
    return sorted(rows, key=lambda r: (r["kind"], r["scale"], r["site"], r["role"], r["id"]))


def show_norm(ref_id: str, user_dir: Path | None = None) -> dict[str, Any]:
    """Give everything about one reference, its citation in full.

    Raises
    ------
    UsageError
        BS-E343: the id is not known; the nearest ids are named.
    """
    norms = load_norms(user_dir)
    if ref_id in norms.young:
        return _young_details(norms.young[ref_id])
    if ref_id in norms.age:
        return _age_details(norms.age[ref_id])
    raise UsageError(
        "BS-E343", f"found the reference {ref_id!r}, wanted a known id{_nearest(ref_id, norms)}."
    )


def check_norms(user_dir: Path | None = None) -> NormsCheck:
    """Load the tables, which checks the schema, and reproduce every printed T.

    Raises
    ------
    UsageError
        BS-E340 to BS-E342 for tables that can't be loaded.
    """
    norms = load_norms(user_dir)
    checks = [
        _check(reference, example)
        for reference in norms.young.values()
        for example in reference.examples
    ]
    return NormsCheck(
        n_young=len(norms.young),
        n_age=len(norms.age),
        examples=tuple(checks),
        problems=tuple(_problems(norms, checks)),
        content_sha256=norms.content_sha256,
    )


def _check(reference: YoungReference, example: WorkedExample) -> ExampleCheck:
    t = young_t(example.bmd_g_cm2, reference)
    step = Decimal(1).scaleb(int(example.printed_t.as_tuple().exponent))  # the printed decimals
    return ExampleCheck(
        reference_id=reference.id,
        bmd_g_cm2=float(example.bmd_g_cm2),
        printed_t=str(example.printed_t),
        computed_t=float(t),
        agrees=t.quantize(step, rounding=ROUND_HALF_UP) == example.printed_t,
    )


def _problems(norms: Norms, checks: list[ExampleCheck]) -> Iterator[Problem]:
    for check in checks:
        if not check.agrees:
            reason = (
                f"{check.reference_id} gives T {check.computed_t:.3f} for "
                f"{check.bmd_g_cm2:.3f} g/cm2, where {check.printed_t} was printed."
            )
            yield _problem("BS-E345", Severity.ERROR, check.reference_id, reason)
    for reference in norms.young.values():
        if reference.role == "policy" and not reference.examples:
            reason = f"{reference.id} has no printed T-score to be checked by."
            yield _problem("BS-W261", Severity.NOTE, reference.id, reason)


def _problem(code: str, severity: Severity, ref_id: str, reason: str) -> Problem:
    return Problem(
        code=code,
        severity=severity,
        file=f"populations/{ref_id}.toml",
        reason=reason,
        hint=code_info(code).hint,
    )


def _young_row(r: YoungReference) -> dict[str, Any]:
    return {
        "id": r.id,
        "kind": "young",
        "role": r.role,
        "scale": r.scale,
        "site": r.site,
        "sites": [r.site],
        "sex": r.sex,
        "mean_g_cm2": float(r.mean_g_cm2),
        "sd_g_cm2": float(r.sd_g_cm2),
        "evidence": r.evidence,
        "population": r.population,
    }


def _age_row(r: AgeReference) -> dict[str, Any]:
    return {
        "id": r.id,
        "kind": "age",
        "role": r.role,
        "scale": r.scale,
        "site": f"{len({site for site, _ in r.curves})} sites",
        "sites": sorted({site for site, _ in r.curves}),
        "sex": "F, M",
        "mean_g_cm2": None,
        "sd_g_cm2": None,
        "evidence": r.evidence,
        "population": r.population,
    }


def _young_details(r: YoungReference) -> dict[str, Any]:
    site = parse_site(r.site)
    return _young_row(r) | {
        "site_name": site.name() if site else r.site,
        "site_name_zh_tw": site.name("zh-TW") if site else r.site,
        "device": r.device,
        "age_range": r.age_range,
        "unit": "g/cm2",
        "evidence_means": EVIDENCE[r.evidence],
        "confidence": r.confidence,
        "t_minus_1_at_g_cm2": float(r.mean_g_cm2 - r.sd_g_cm2),
        "t_minus_2_5_at_g_cm2": float(r.mean_g_cm2 - Decimal("2.5") * r.sd_g_cm2),
        "citation": r.citation,
        "checked_by": r.checked_by,
        "criteria": r.criteria or None,
        "n_people": r.n_people,
        "se_mean_g_cm2": None if r.se_mean_g_cm2 is None else float(r.se_mean_g_cm2),
        "se_sd_g_cm2": None if r.se_sd_g_cm2 is None else float(r.se_sd_g_cm2),
        "note": r.note,
        "worked_examples": [
            {
                "bmd_g_cm2": float(e.bmd_g_cm2),
                "printed_t": str(e.printed_t),
                "computed_t": float(young_t(e.bmd_g_cm2, r)),
                "person": e.person,
                "source": e.source,
                "independence": e.independence,
            }
            for e in r.examples
        ],
    }


def _age_details(r: AgeReference) -> dict[str, Any]:
    return _age_row(r) | {
        "device": r.device,
        "ancestry": r.ancestry,
        "unit": "g/cm2",
        "evidence_means": EVIDENCE[r.evidence],
        "confidence": r.confidence,
        "citation": r.citation,
        "checked_by": r.checked_by,
        "note": r.note,
        "curves": [
            {
                "site": site,
                "sex": sex,
                "ages_years": list(curve.span_years),
                "points": [
                    {
                        "age_years": age,
                        "l": lms[0],
                        "m_g_cm2": lms[1],
                        "s": lms[2],
                        "se_m_g_cm2": _error_of_median(curve, float(age)),
                        "z_minus_2_at_g_cm2": round(lms_value(-2.0, *lms), 4),
                    }
                    for age in SHOWN_AGES
                    if (lms := curve.at(float(age))) is not None
                ],
            }
            for (site, sex), curve in r.curves.items()
        ],
    }


def _error_of_median(curve: AgeCurve | AgeBins, age_years: float) -> float | None:
    """Give the standard error of the median at an age of the table; None between ages."""
    if not isinstance(curve, AgeCurve) or not curve.se_m_g_cm2:
        return None
    return dict(zip(curve.ages_years, curve.se_m_g_cm2, strict=True)).get(age_years)


def _nearest(ref_id: str, norms: Norms) -> str:
    from difflib import get_close_matches

    near = get_close_matches(ref_id, [*norms.young, *norms.age], n=3)
    return f", such as {' or '.join(near)}" if near else ""
