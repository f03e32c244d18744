"""`bonescan run`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from ._input_options import IgnoreOption, LogOption
from ._label_options import (
    IdentityOption,
    LabelFromOption,
    LabelPolicyOption,
    ReferencePolicyOption,
    identity_mode,
    label_settings,
    one_of,
)
from ._progress import EventLog, PhaseProgress, RunProgress
from ._read_options import (
    CentreFrequency,
    Charset,
    ColumnMapFile,
    KeyMapFile,
    SamplingRate,
    Site,
    SoundSpeed,
    TimeZero,
    read_settings,
)
from ._store_options import MemoryLimit, StoreOption, TimeLimit, read_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bonescan.model.outcome import Problem
    from bonescan.model.page import PageVerdict, PersonPage
    from bonescan.settings import Settings
    from bonescan.workflows.collect_inputs import InputRules
    from bonescan.workflows.run_folder import RunSummary

HELP = "measure scans: folders in, tables and pages out"
MAX_PEOPLE_LINES = 12
MAX_PROBLEM_LINES = 8

_EPILOG = "Example: bonescan run sample_scans -o results --workers 2 --subjects subjects.csv"


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""
    app.command("run", help=_LONG_HELP, epilog=_EPILOG)(run)


_LONG_HELP = (
    "Read every file of INPUT, measure or collect bone density, score and classify it, and write "
    "tables and pages to OUT. Running it again skips what is done. Research software, not a "
    "medical device."
)


def run(
    inputs: list[Path] = typer.Argument(
        ...,
        metavar="INPUT...",
        help="Folders, files, zip and tar archives, @LIST of files, or - for a list on standard "
        "input.",
    ),
    out: Path = typer.Option(..., "--out", "-o", help="Result folder; cumulative."),
    ignore: list[str] | None = IgnoreOption,
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Print what would become of each file and why; write nothing."
    ),
    log: Path | None = LogOption,
    subjects: Path | None = typer.Option(
        None, "--subjects", help="Facts about people (CSV); default: subjects.csv in INPUT."
    ),
    workers: int = typer.Option(
        0, "--workers", min=0, max=256, help="Processes; 0 = as many as pay off."
    ),
    model: Path | None = typer.Option(
        None, "--model", help="REMS-style model of your site; default: the bundled simulated one."
    ),
    allow_simulated_model: bool = typer.Option(
        False,
        "--allow-simulated-model",
        help="BMD of real exams by a model trained on simulated RF; no score, watermarked.",
    ),
    store: str | None = StoreOption,
    time_limit: float | None = TimeLimit,
    memory_limit: str | None = MemoryLimit,
    norms: Path | None = typer.Option(None, "--norms", help="Folder with reference tables."),
    label_policy: str = LabelPolicyOption,
    label_from: str = LabelFromOption,
    reference_policy: str = ReferencePolicyOption,
    identity: str = IdentityOption,
    sampling_rate: float | None = SamplingRate,
    centre_frequency: float | None = CentreFrequency,
    sound_speed: float | None = SoundSpeed,
    time_zero: float | None = TimeZero,
    site: str | None = Site,
    key_map: Path | None = KeyMapFile,
    column_map: Path | None = ColumnMapFile,
    charset: str | None = Charset,
    calibration: list[Path] | None = typer.Option(
        None,
        "--calibration",
        help="Calibration of a device, found by the calibration_id of an exam; may be repeated.",
    ),
    covariates: str = typer.Option(
        "none",
        "--covariates",
        help="none, or offset: let age, BMI and sex move the estimate of BMD from ultrasound; it "
        "is flagged.",
    ),
    strict: bool = typer.Option(False, "--strict", help="Exit 3 when a file was unusable."),
    report: str = typer.Option("html", "--report", help="none or html."),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Run the main job."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.model.vocabulary import CovariateUse
        from bonescan.settings import RemsSettings, Settings
        from bonescan.workflows.collect_inputs import InputRules
        from bonescan.workflows.input_lists import split_inputs

        settings = Settings(
            read=read_settings(
                sampling_rate,
                centre_frequency,
                sound_speed,
                time_zero,
                key_map,
                column_map,
                charset,
                site,
            ),
            rems=RemsSettings(
                model_file=model,
                allow_simulated_model=allow_simulated_model,
                calibration_files=tuple(calibration or ()),
                covariates=CovariateUse(one_of("--covariates", covariates, CovariateUse)),
            ),
            label=label_settings(label_policy, label_from, reference_policy),
            norms_dir=norms,
            identity=identity_mode(identity),
            n_workers=workers,
            report=one_of("--report", report, ("none", "html")),
            strict=strict,
            store=store,
            time_limit_s=time_limit,
            memory_limit_bytes=read_size(memory_limit),
        )
        paths, listed = split_inputs(inputs, sys.stdin.buffer)
        rules = InputRules(ignore=tuple(ignore or ()), listed=listed)
        if dry_run:
            return _planned(paths, out, settings, rules)
        summary = _logged_run(paths, out, settings, subjects, rules, log)
        return VerbResult(
            data=summary.to_dict(),
            text="\n".join([*_watermark_line(allow_simulated_model), *_text(summary, inputs)]),
            problems=list(summary.problems),
            exit_code=summary.exit_code,
        )

    finish("run", as_json, work)


def _logged_run(
    inputs: list[Path],
    out: Path,
    settings: Settings,
    subjects: Path | None,
    rules: InputRules,
    log: Path | None,
) -> RunSummary:
    from bonescan.workflows.run_folder import run_folder

    events = EventLog(log)
    try:
        progress = RunProgress(events)
        with progress as tell:
            summary = run_folder(
                inputs, out, settings, subjects, tell, noted=progress.noted, rules=rules
            )
        progress.ended(summary.exit_code, summary.input_outcomes, summary.seconds)
    finally:
        events.close()
    return summary


def _planned(inputs: list[Path], out: Path, settings: Settings, rules: InputRules) -> VerbResult:
    """Show the plan instead of carrying it out."""
    from bonescan.workflows.plan_run import plan_run

    with PhaseProgress() as tell:
        plan = plan_run(inputs, out, settings, rules, tell)
    lines = [f"{r.action:<13} {r.code:<8} {r.file}: {r.reason}".rstrip(": ") for r in plan.rows]
    total = f"{len(plan.rows)} files: {_counts(plan.counts)}   nothing was written"
    return VerbResult(data=plan.to_dict(), text=printable("\n".join([*lines, "", total])))


def _watermark_line(allow_simulated_model: bool) -> list[str]:
    if not allow_simulated_model:
        return []
    return [
        "WARNING: --allow-simulated-model: numbers of real exams from a simulated model are "
        "watermarked and mean nothing in people."
    ]


def _text(summary: RunSummary, inputs: list[Path]) -> Iterator[str]:
    from bonescan import __version__

    names = ", ".join(str(i) for i in inputs)
    yield printable(
        f"bonescan {__version__}   {summary.n_inputs} files in {names} -> {summary.out}/"
    )
    yield "Research software, not a medical device."
    if summary.n_facts:
        yield f"facts: {summary.n_facts} from {', '.join(summary.facts_files)}"
    if summary.facts_unread:
        more = f" and {len(summary.facts_unread) - 1} more" if len(summary.facts_unread) > 1 else ""
        yield printable(
            f"facts not read: {summary.facts_unread[0]}{more}; give it with --subjects PATH"
        )
    yield (
        f"measured now: {summary.n_measured}   already done: {summary.n_already_done}   "
        f"{sum(summary.seconds.values()):.1f} s"
    )
    yield ""
    yield from _people(summary)
    yield ""
    yield "files:      " + _counts(summary.input_outcomes)
    yield "categories: " + (_counts(summary.study.category_counts) or "none given")
    yield from _problems(summary)
    if summary.exit_code == 4:  # noqa: PLR2004 - the contract of the command line
        yield "No result: " + _why_nothing(summary)
    if summary.exit_code == 130:  # noqa: PLR2004
        yield "Interrupted. What was measured is kept; run the same line again to go on."
    pages = f"open {summary.out}/index.html   " if (summary.out / "index.html").exists() else ""
    yield printable(f"{pages}table: {summary.out}/results.csv")


def _counts(counts: dict[str, int]) -> str:
    return " · ".join(f"{n} {word}" for word, n in counts.items())


def _people(summary: RunSummary) -> Iterator[str]:
    lines = [
        _person_line(page, verdict) for page in summary.study.people for verdict in page.verdicts
    ]
    if lines:
        yield (
            f"{'person':<13}{'date':<12}{'technique':<11}{'deciding site':<22}{'score':>6}"
            "  category"
        )
    yield from lines[:MAX_PEOPLE_LINES]
    if len(lines) > MAX_PEOPLE_LINES:
        yield f"... and {len(lines) - MAX_PEOPLE_LINES} more in patients.csv"


def _person_line(page: PersonPage, entry: PageVerdict) -> str:
    v = entry.verdict
    score = "" if v.deciding_score is None else f"{v.deciding_score:+.1f}"
    review = "  (needs review)" if v.needs_review else ""
    return printable(
        f"{page.patient_id:<13}{entry.exam_date or ''!s:<12}{v.technique:<11}"
        f"{v.deciding_site or '':<22}{score:>6}  {v.category or ''}{review}"
    )


# numbers, rows, facts or identity of people are missing or in doubt: these come first
_ABOUT_PEOPLE = ("BS-E16", "BS-E18", "BS-E19", "BS-E32", "BS-W20", "BS-W224", "BS-W282", "BS-W301")
_SEVERITIES = ("error", "warning", "note")


def _problems(summary: RunSummary) -> Iterator[str]:
    """One line a code, with its count and its first file."""
    if not summary.problems:
        return
    where = "on index.html" if (summary.out / "index.html").exists() else "with --json"
    yield f"problems:   {len(summary.problems)} (all {where})"
    groups = _by_code(summary.problems)
    for code, members in groups[:MAX_PROBLEM_LINES]:
        first, count = members[0], f" ({len(members)} times)" if len(members) > 1 else ""
        place = f" {first.file}" if first.file else ""
        yield printable(f"  {code}{count}{place}: {first.reason}")
    if len(groups) > MAX_PROBLEM_LINES:
        rest = groups[MAX_PROBLEM_LINES:]
        yield f"  ... and {sum(len(m) for _, m in rest)} of {len(rest)} more kinds"


def _by_code(problems: Iterable[Problem]) -> list[tuple[str, list[Problem]]]:
    """Group problems: what touches the data of people first, then by severity and code."""
    groups: dict[str, list[Problem]] = {}
    for problem in sorted(problems, key=lambda p: (_SEVERITIES.index(p.severity), p.file)):
        groups.setdefault(problem.code, []).append(problem)

    def rank(group: tuple[str, list[Problem]]) -> tuple[bool, int, str]:
        code, members = group
        severity = _SEVERITIES.index(members[0].severity)
        return not code.startswith(_ABOUT_PEOPLE), severity, code

    return sorted(groups.items(), key=rank)


def _why_nothing(summary: RunSummary) -> str:
    rows = [f for f in summary.study.files if f.n_results == 0 and f.reason]
    if not rows:
        return "no file holds a bone density."
    reasons: dict[tuple[str, str], int] = {}
    for row in rows:
        reasons[(row.reason, row.hint)] = reasons.get((row.reason, row.hint), 0) + 1
    (reason, hint), count = max(reasons.items(), key=lambda item: item[1])
    return printable(f"{reason} ({count} of {len(rows)} files) {hint}")
