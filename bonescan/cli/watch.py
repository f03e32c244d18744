"""The verb `watch`: measure what arrives in a folder."""

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
)
from ._progress import EventLog, RunProgress
from ._quantity import seconds
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
from ._store_options import StoreOption

if TYPE_CHECKING:
    from bonescan.workflows.watch import WatchSettings

HELP = "measure each study that arrives in a folder, once it is complete"

_LONG_HELP = (
    "Watch FOLDER and run on each study once nothing in it has changed for the quiet time. A study "
    "is a folder directly below FOLDER, or files of one stem in it. Everything done is kept in "
    "OUT: start it again and it goes on. Ctrl-C or SIGTERM ends it (exit code 130) after the scan "
    "in hand. Events are printed as JSON lines without names or numbers."
)
_EPILOG = "Example: bonescan watch /data/incoming -o results --quiet 30s --poll 10s"


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""
    app.command("watch", help=_LONG_HELP, epilog=_EPILOG)(watch)


def watch(
    folder: Path = typer.Argument(..., metavar="FOLDER", help="Where scans arrive."),
    out: Path = typer.Option(..., "--out", "-o", help="Result folder; cumulative."),
    quiet: float = typer.Option(
        "30s",
        "--quiet",
        parser=seconds,
        metavar="TIME",
        help="A study is complete when nothing in it has changed for so long (30s, 2min).",
    ),
    poll: float | None = typer.Option(
        None,
        "--poll",
        parser=seconds,
        metavar="TIME",
        help="Look again so often instead of waiting for events; for network shares.",
    ),
    subjects: Path | None = typer.Option(
        None, "--subjects", help="Facts about people (CSV); default: subjects.csv in FOLDER."
    ),
    workers: int = typer.Option(
        1, "--workers", min=1, max=256, help="Processes for each batch of studies."
    ),
    model: Path | None = typer.Option(
        None, "--model", help="REMS-style model of your site; default: the bundled simulated one."
    ),
    norms: Path | None = typer.Option(None, "--norms", help="Folder with reference tables."),
    store: str | None = StoreOption,
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
    ignore: list[str] | None = IgnoreOption,
    log: Path | None = LogOption,
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Watch a folder."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.settings import RemsSettings, Settings
        from bonescan.workflows.collect_inputs import InputRules
        from bonescan.workflows.watch import DEFAULT_POLL_S, WatchSettings

        run = Settings(
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
            rems=RemsSettings(model_file=model),
            label=label_settings(label_policy, label_from, reference_policy),
            norms_dir=norms,
            identity=identity_mode(identity),
            n_workers=workers,
            store=store,
        )
        how = WatchSettings(
            run=run,
            quiet_s=quiet,
            poll_s=DEFAULT_POLL_S if poll is None else poll,
            subjects=subjects,
            rules=InputRules(ignore=tuple(ignore or ())),
        )
        # JSON lines go to the log, else to standard output, unless a document is wanted there
        stream = None if as_json or log is not None else sys.stdout
        events = EventLog(log, stream)
        try:
            return _watch(folder, out, how, events, by_events=poll is None)
        finally:
            events.close()

    finish("watch", as_json, work)


def _watch(
    folder: Path,
    out: Path,
    how: WatchSettings,
    events: EventLog,
    *,
    by_events: bool,
) -> VerbResult:
    from bonescan.batch import stop_on_signal
    from bonescan.workflows.wait_for_changes import choose_wait
    from bonescan.workflows.watch import watch_folder

    progress = RunProgress(events)
    with stop_on_signal() as stop, progress as tell:
        name, wait = choose_wait(folder, None if by_events else how.poll_s, stop)
        sys.stderr.write(
            printable(f"watching {folder} by {name}; research software, not a medical device\n")
        )
        done = watch_folder(
            folder,
            out,
            how,
            stop=stop,
            wait=wait,
            events=events.write,
            told=(tell, progress.noted),
        )
    return VerbResult(
        data=done.to_dict(),
        exit_code=done.exit_code,
    )
