"""Whether decisions about numbers can be taken in: all of a table, or none of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bonescan.dxa.arithmetic import check_density
from bonescan.dxa.burned_in.proof import PageAbout, possible_scores
from bonescan.dxa.carriers.burned_in import age_range
from bonescan.dxa.measure import SCALES
from bonescan.dxa.printed import PrintedRegion
from bonescan.errors import UsageError
from bonescan.model.confirmation import EXCLUDE_VERTEBRA, Confirmation, Decision
from bonescan.model.exam import Exam, Subject
from bonescan.model.outcome import Outcome
from bonescan.norms.load import Norms
from bonescan.store.results import StoredContent

from .confirmed import apply

# one in the last printed digit: makers round their means too
SLACK_SCORE = 0.1
_DUST = 1e-9
Line = tuple[str, Confirmation, str]  # "line 2", what was decided, the value typed again


def check_decisions(
    lines: Sequence[Line],
    contents: Iterable[StoredContent],
    earlier: Iterable[Confirmation],
    norms: Norms,
) -> None:
    """Refuse decisions that would change nothing, or that contradict the BMD beside them.

    Parameters
    ----------
    lines : sequence of (str, Confirmation, str)
        Where a decision stands, the decision, and the column ``again`` as text.
    contents : iterable of StoredContent
        Everything in the folder.
    earlier : iterable of Confirmation
        Decisions that were taken in before, oldest first.
    norms : Norms
        The references that T and Z are held against.

    Raises
    ------
    UsageError
        BS-E453: a decision can't be applied. BS-E454: a T, Z or BMD contradicts
        the numbers beside it by more than rounding, and was not typed again.
    """
    before = list(earlier)
    for content in contents:
        own = [entry for entry in lines if entry[1].sha256 == content.sha256]
        if not own:
            continue
        old = [c for c in before if c.sha256 == content.sha256]
        outcome = apply(content.outcome, [*old, *(c for _line, c, _again in own)])
        _check_applied(content.outcome, old, own)
        for line, decision, again in own:
            said = _contradiction(outcome, decision, norms)
            if said and not _typed_again(decision, again):
                raise UsageError(
                    "BS-E454",
                    f"{line}: {decision.site} {decision.quantity} {decision.value:g} {said}.",
                )


def _check_applied(outcome: Outcome, old: list[Confirmation], own: Sequence[Line]) -> None:
    numbers = [entry for entry in own if entry[1].quantity != EXCLUDE_VERTEBRA]
    known = {p.reason for p in apply(outcome, old).problems}
    for line, decision, _again in numbers:
        _refuse_new(apply(outcome, [*old, decision]), known, line)
    left_out = [entry for entry in own if entry[1].quantity == EXCLUDE_VERTEBRA]
    if left_out:
        _refuse_new(apply(outcome, [*old, *(c for _l, c, _a in own)]), known, left_out[0][0])


def _refuse_new(outcome: Outcome, known: set[str], line: str) -> None:
    new = [p for p in outcome.problems if p.code == "BS-W451" and p.reason not in known]
    if new:
        raise UsageError("BS-E453", f"{line}: {new[0].reason}")


def _typed_again(decision: Confirmation, again: str) -> bool:
    from bonescan.dxa.printed import plain_number

    value = plain_number(again) if again else None
    return value is not None and value == decision.value


def _contradiction(outcome: Outcome, decision: Confirmation, norms: Norms) -> str:
    """Say what a number contradicts; "" where nothing known speaks against it."""
    if decision.decision is Decision.REJECT or decision.value is None:
        return ""
    bmd = _number(outcome, decision.site, "bmd")
    if bmd is None:
        return ""
    if decision.quantity == "bmd":
        region = PrintedRegion(
            site=decision.site, text=decision.site, bmd_g_cm2=bmd,
            bmc_g=_number(outcome, decision.site, "bmc"),
            area_cm2=_number(outcome, decision.site, "area"),
        )  # fmt: skip
        mismatch = check_density(region)
        return f"contradicts the BMC and area beside it ({mismatch.text})" if mismatch else ""
    if decision.quantity not in {"t", "z"}:
        return ""
    maker = outcome.device.maker if outcome.device else None
    subject = outcome.subject or Subject()
    about = PageAbout(
        scale=maker if maker in SCALES else None,
        sex=subject.sex,
        age_years=age_range(subject, outcome.exam or Exam()),
    )
    possible = possible_scores(decision.quantity, decision.site, f"{bmd:.3f}", about, norms)
    if not possible or min(abs(decision.value - p) for p in possible) <= SLACK_SCORE + _DUST:
        return ""
    expected = " or ".join(f"{p:.1f}" for p in possible)
    name = decision.quantity.upper()
    return (
        f"contradicts the BMD {bmd:.3f} beside it, for which the reference gives {name} {expected}"
    )


def _number(outcome: Outcome, site: str, quantity: str) -> float | None:
    """Take a number of a site: as measured, else as read, where there is one reading of it."""
    fields = {"bmd": "bmd_g_cm2", "bmc": "bmc_g", "area": "area_cm2"}
    for m in outcome.measurements:
        if m.site == site and (value := getattr(m, fields[quantity])) is not None:
            return float(value)
    read = {
        r.value
        for r in outcome.readings
        if (r.site, r.quantity) == (site, quantity) and r.value is not None
    }
    return read.pop() if len(read) == 1 else None
