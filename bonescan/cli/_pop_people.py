"""`pop enrol`, `visit`, `status`, `due`: one woman of a study after the other."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from .due import day_of, language_of

if TYPE_CHECKING:
    from bonescan.model.change import Change
    from bonescan.workflows.pop_people import PopWoman

OUT = typer.Argument(..., metavar="OUT", help="Result folder; made if it is new.")
PATIENT = typer.Option(..., "--patient", help="Chart number, or pseudonym.")
ISSUER = typer.Option(None, "--issuer", help="Who gave out the chart number.")
ON = typer.Option(None, "--on", help="Day, as 2026-03-01; default: today.")
FACT = typer.Option([], "--fact", help="Anything else, as NAME=VALUE (`facts template`).")

_ENROL = """Enrol a woman: centre and consent, and what dates her pregnancy.

An embryo transfer goes before ultrasound, that before a due date as it was told,
and that before the last period. She may be enrolled before her first scan.
"""
_VISIT = """Record what was said at a visit: weight, birth, feeding, weaning, a loss, withdrawal.

Scans attach to visits by her chart number and their date; nothing is typed twice.
After a loss every reminder and every question about feeding stops at once.
"""
_STATUS = """Where each woman stands: her visits with their windows, what is missing, what changed.

A scan outside every window is shown with the nearest visit and does not count as
it. Changes are those from the first visit in its window; see `bonescan track --help`
for what they are judged by.
"""


def add(group: typer.Typer) -> None:
    """Put the commands on the group."""
    group.command(
        "enrol",
        help=_ENROL,
        epilog="Example: bonescan pop enrol results --patient 00123 --consent 2026-03-02 "
        "--centre Taipei --due-date 2026-09-30",
    )(enrol)
    group.command(
        "visit",
        help=_VISIT,
        epilog="Example: bonescan pop visit results --patient 00123 --delivery 2026-09-27 "
        "--feeding exclusive --weight-kg 61",
    )(visit)
    group.command(
        "status", help=_STATUS, epilog="Example: bonescan pop status results --on 2026-10-01"
    )(status)
    group.command(
        "due",
        help="Who of the study is due, overdue or missed a visit, as text, table and calendar.",
        epilog="Example: bonescan pop due results -o lists --lang zh-TW",
    )(due)


def enrol(
    out: Path = OUT,
    patient: str = PATIENT,
    issuer: str | None = ISSUER,
    on: str | None = ON,
    centre: str = typer.Option("", "--centre", help="Study centre."),
    consent: str | None = typer.Option(None, "--consent", help="Day of consent."),
    embryo_transfer: str | None = typer.Option(None, "--embryo-transfer", help="Day of transfer."),
    embryo_days: int = typer.Option(5, "--embryo-days", help="Age of the embryo then, days."),
    ultrasound: str | None = typer.Option(None, "--ultrasound", help="Day of dating ultrasound."),
    ultrasound_days: int | None = typer.Option(
        None, "--ultrasound-days", help="Gestation it showed, days (11+3 is 80)."
    ),
    due_date: str | None = typer.Option(None, "--due-date", help="Due date as told."),
    last_period: str | None = typer.Option(None, "--last-period", help="First day of it."),
    children: int | None = typer.Option(None, "--children", help="2 for twins."),
    high_risk: bool = typer.Option(False, "--high-risk", help="A visit each trimester."),
    early: bool = typer.Option(
        False, "--early", help="Planned caesarean or risk of preterm birth: third visit earlier."
    ),
    fact: list[str] = FACT,
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Enrol a woman."""
    del config

    def work() -> VerbResult:
        from bonescan.errors import UsageError

        day = day_of(on)
        if (ultrasound is None) is not (ultrasound_days is None):
            raise UsageError(
                "BS-E446", "found --ultrasound or --ultrasound-days alone, wanted both."
            )
        words: dict[str, Any] = {
            "pop_enrolled": day,
            "centre": centre,
            "consent": _day(consent, "--consent"),
            "due_date": _day(due_date, "--due-date"),
            "pregnancy_last_period": _day(last_period, "--last-period"),
            "multiplicity": children,
            "high_risk_pregnancy": high_risk,
            "preterm_risk_or_planned_caesarean": early,
        }
        if embryo_transfer is not None:
            words["embryo_transfer"] = (embryo_days, _day(embryo_transfer, "--embryo-transfer"))
        if ultrasound is not None:
            words["ultrasound_gestation_days"] = (ultrasound_days, _day(ultrasound, "--ultrasound"))
        return _recorded(out, patient, issuer, day, words, fact, "pop enrol")

    finish("pop enrol", as_json, work)


def visit(
    out: Path = OUT,
    patient: str = PATIENT,
    issuer: str | None = ISSUER,
    on: str | None = ON,
    weight_kg: float | None = typer.Option(None, "--weight-kg", help="Weight at the visit."),
    delivery: str | None = typer.Option(None, "--delivery", help="Day of birth of the child."),
    feeding: str = typer.Option("", "--feeding", help="exclusive, mixed or none, from the day on."),
    weaning: str | None = typer.Option(None, "--weaning", help="Day breastfeeding ended."),
    loss: str | None = typer.Option(None, "--loss", help="Day the pregnancy was lost."),
    withdrawn: str | None = typer.Option(None, "--withdrawn", help="Day she left the study."),
    back_pain: str = typer.Option("", "--back-pain", help="yes or no."),
    fact: list[str] = FACT,
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Record a visit."""
    del config

    def work() -> VerbResult:
        words: dict[str, Any] = {
            "weight_kg": weight_kg,
            "delivery": _day(delivery, "--delivery"),
            "feeding": feeding,
            "weaning": _day(weaning, "--weaning"),
            "pregnancy_loss": _day(loss, "--loss"),
            "withdrawn": _day(withdrawn, "--withdrawn"),
            "back_pain": back_pain,
        }
        return _recorded(out, patient, issuer, day_of(on), words, fact, "pop visit")

    finish("pop visit", as_json, work)


def status(
    out: Path = typer.Argument(..., metavar="OUT", help="Result folder of a run."),
    patient: str = typer.Option("", "--patient", help="One woman, by pseudonym."),
    on: str | None = ON,
    protocol: Path | None = typer.Option(None, "--protocol", help="Your own protocol (TOML)."),
    precision: Path | None = typer.Option(None, "--precision", help="Your precision studies."),
    cross_calibration: Path | None = typer.Option(
        None, "--cross-calibration", help="CSV of values from two devices."
    ),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Say where each woman stands."""
    del config

    def work() -> VerbResult:
        from bonescan.workflows.pop_fracture import fracture_summary
        from bonescan.workflows.pop_people import pop_people
        from bonescan.workflows.track_folder import track_settings

        settings = track_settings(precision, cross_calibration)
        women = pop_people(out, day_of(on), settings, patient=patient, protocol=protocol)
        fractures = fracture_summary(out, (w.patient_id for w in women), day_of(on))
        data = {
            "on": day_of(on).isoformat(),
            "women": [w.to_dict() for w in women],
            "fractures": fractures,
        }
        lines = [line for woman in women for line in _shown(woman)]
        if fractures["n_events"]:
            lines.append(fractures["note"])
        count = "1 woman takes" if len(women) == 1 else f"{len(women)} women take"
        lines.append(f"{count} part. Research software, not a medical device.")
        return VerbResult(data=data, text=printable("\n".join(lines)))

    finish("pop status", as_json, work)


def due(
    out: Path = typer.Argument(..., metavar="OUT", help="Result folder of a run."),
    on: str | None = ON,
    lang: str = typer.Option("en", "--lang", help="en or zh-TW."),
    output: Path | None = typer.Option(
        None, "-o", "--output", help="Folder for due.csv, due.html and due.ics."
    ),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """List who is due."""
    del config

    def work() -> VerbResult:
        from .due import lists_of

        return lists_of(out, day_of(on), ["pop"], language_of(lang), output, None, False)

    finish("pop due", as_json, work)


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else day_of(text, option)


def _recorded(
    out: Path,
    patient: str,
    issuer: str | None,
    on: date,
    words: dict[str, Any],
    facts: list[str],
    source: str,
) -> VerbResult:
    from bonescan.workflows.pop_record import entries_of, record_facts

    entries = entries_of(on, words, facts)
    kept = record_facts(
        out, patient, entries, issuer=issuer, source=source, on=max(on, date.today())
    )
    lines = [f"{kept.patient_id}: {kept.n_added} new"]
    lines += [f"  {f.date or ''} {f.fact} {f.value}".rstrip() for f in kept.facts]
    lines.append("Classes follow at the next `bonescan run`.")
    return VerbResult(data=kept.to_dict(), text=printable("\n".join(lines)))


def _shown(woman: PopWoman) -> list[str]:
    head = f"{woman.patient_id} ({woman.protocol})"
    lines = [head + (f", withdrawn {woman.withdrawn}" if woman.withdrawn else "")]
    for pregnancy in woman.pregnancies:
        for v in pregnancy.visits:
            days = "" if v.ideal is None else f"  {v.ideal[0]} to {v.ideal[1]}"
            scans = [f"{d} out of protocol" if d in v.out_of_protocol else str(d) for d in v.scans]
            seen = f"  seen {', '.join(scans)} ({v.at})" if scans else ""
            why = f"  {v.reason}" if v.reason else ""
            lines.append(f"  {v.name:3} {v.state:16}{days}{seen}{why}")
        for name, change in pregnancy.changes:
            if change.percent is None or change.difference_g_cm2 is None:
                lines.append(
                    f"      {name} {change.follow_up.site}: {change.verdict}: "
                    f"{'; '.join(change.reasons)}"
                )
                continue
            lines.append(
                f"      {name} {change.follow_up.site}: {change.difference_g_cm2:+.3f} g/cm², "
                f"{change.percent:+.1f} % of T1, {change.verdict}"
            )
            lines += _judged_by(change)
    if woman.scans_without_visit:
        days = ", ".join(str(d) for d in woman.scans_without_visit)
        lines.append(f"  scans without a visit: {days}")
    lines += [f"  {remark}" for remark in woman.remarks]
    return lines


def _judged_by(change: Change) -> list[str]:
    """Say what a verdict stands on: the precision and where it is from, reasons, and flags."""
    lines = []
    if change.basis is not None:
        lsc = "" if change.lsc_g_cm2 is None else f"LSC {change.lsc_g_cm2:.4f} g/cm², "
        whose = "own precision" if change.basis.is_own else "not your own precision"
        lines.append(f"          {lsc}{whose}: {change.basis.source}")
    lines += [f"          {reason}" for reason in change.reasons]
    if change.flags:
        lines.append(f"          flags: {', '.join(change.flags)}")
    return lines
