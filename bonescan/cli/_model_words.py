"""What `model build` and `model validate` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._frame import VerbResult

if TYPE_CHECKING:
    from bonescan.errors import BonescanError
    from bonescan.files.cohort_csv import CohortRefused
    from bonescan.model.estimate import Estimate
    from bonescan.model.model_study import ModelStudy
    from bonescan.model.rems_model import CrossValidationRow

EXIT_REFUSED = 4
LISTED = 30  # rows on a terminal; --json has all


def known_sites(sites: list[str]) -> tuple[str, ...]:
    """Refuse a site that no model can be of."""
    from bonescan.errors import UsageError
    from bonescan.model.rems_model import FEMORAL_NECK, LUMBAR_SPINE

    for name in sites:
        if name not in (FEMORAL_NECK, LUMBAR_SPINE):
            raise UsageError(
                "BS-E304", f"found --site {name}, wanted {LUMBAR_SPINE} or {FEMORAL_NECK}."
            )
    return tuple(sites)


def faults_result(refused: CohortRefused) -> VerbResult:
    """List every faulty row of a cohort."""
    from bonescan.model.outcome import Problem
    from bonescan.model.vocabulary import Severity

    problems = [
        Problem(
            code=refused.code,
            severity=Severity.ERROR,
            file=refused.file,
            reason=f"row {fault.line}: {fault.reason}",
            hint=refused.hint,
        )
        for fault in refused.faults
    ]
    lines = [f"{refused.code} {len(problems)} faults in {refused.file}; nothing is written:"]
    lines += [f"  {p.reason}" for p in problems[:LISTED]]
    if len(problems) > LISTED:
        lines.append(f"  and {len(problems) - LISTED} more (all with --json)")
    return VerbResult(
        text="\n".join([*lines, refused.hint]), problems=problems, exit_code=EXIT_REFUSED
    )


def cohort_result(
    data: dict[str, Any], studies: Sequence[ModelStudy], failed: Sequence[BonescanError]
) -> VerbResult:
    """Give the data, and as problems the scans without a number and sites without a model."""
    from bonescan.errors import code_info
    from bonescan.model.outcome import Problem
    from bonescan.model.vocabulary import Severity

    problems = [
        Problem(
            code=e.code, severity=Severity.ERROR, file=str(e.file), reason=e.reason, hint=e.hint
        )
        for e in failed
    ]
    for study in studies:
        problems += [
            Problem(
                code=r.code,
                severity=Severity.WARNING,
                file=r.exam,
                reason=f"row {r.line}: {r.reason}",
                hint=code_info(r.code).hint,
            )
            for r in study.rejected
        ]
    return VerbResult(data=data, problems=problems)


def site_lines(study: ModelStudy) -> list[str]:
    """Write one site for a terminal."""
    lines = [
        "",
        f"{study.site}: {study.n_people} people, {study.n_osteoporotic} with T <= -2.5, "
        f"{study.n_normal} with T >= -1.0; {study.n_accepted} scans with a number, "
        f"{len(study.rejected)} without",
        f"  {'':44} r (95 %)            SEE g/cm2 (95 %)      bias",
    ]
    covariates = () if study.covariates_only is None else (study.covariates_only,)
    rows = (*study.estimators, *covariates, *study.controls.values())
    for row in rows:
        lead = "* " if row.estimator == study.primary else "  "
        lines.append(f"  {lead}{row.estimator:42} {_numbers(row)}")
    after, before = study.classes, study.before_exclusions
    lines += [
        f"  WHO classes: agreement {_share(after.agreement)}, kappa {_share(after.kappa)}; "
        f"within 0.3 T of the cut-off (A) {_percent(after.tolerant_a_percent)}, "
        f"same class or T within 0.3 (B) {_percent(after.tolerant_b_percent)}",
        f"  scans without a number counted as wrong: agreement {_share(before.agreement)}, "
        f"kappa {_share(before.kappa)}",
        f"  osteoporosis: sensitivity {_share(after.sensitivity)}, specificity "
        f"{_share(after.specificity)}, AUC {_share(after.auc)}",
    ]
    if study.interval is not None:
        lines.append(f"  95 % intervals held {_share(study.interval.covered)}")
    reasons = Counter(r.code for r in study.rejected)
    lines += [f"  {n} without a number: {code}" for code, n in sorted(reasons.items())]
    lines += [f"  {note}" for note in study.notes]
    return lines


def _numbers(row: CrossValidationRow) -> str:
    r = f"{row.pearson_1:.2f} ({row.pearson_lo_1:.2f} to {row.pearson_hi_1:.2f})"
    see = f"{row.see_g_cm2:.3f} ({row.see_lo_g_cm2:.3f} to {row.see_hi_g_cm2:.3f})"
    return f"{r:<20} {see:<24} {round(row.bias_g_cm2, 3) + 0.0:+.3f}"


def _share(value: Estimate) -> str:
    if value.est is None:
        return f"not defined ({value.reason})"
    if value.lo is None or value.hi is None:
        return f"{value.est:.2f}"
    return f"{value.est:.2f} ({value.lo:.2f} to {value.hi:.2f})"


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} %"
