"""The verb `inspect`: what a file is, and why it would be refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
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

if TYPE_CHECKING:
    from bonescan.workflows.inspect_files import Inspected

HELP = "what a file is, its header and quality, and why it would be refused"
EXIT_NOTHING = 4

_EPILOG = "Example: bonescan inspect capture.mha --sampling-rate 30MHz"
_LONG_HELP = (
    "Look at each FILE without writing anything: format, carrier of numbers, device, image or "
    "samples, spectral peak and band, bone surface, and what `run` would make of it. Names and "
    "numbers of patients are not shown. Exit code 0: at least one file could be read; 4: none."
)


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""
    app.command("inspect", help=_LONG_HELP, epilog=_EPILOG)(inspect)


def inspect(
    files: list[Path] = typer.Argument(..., metavar="FILE...", help="Files of any kind."),
    sampling_rate: float | None = SamplingRate,
    centre_frequency: float | None = CentreFrequency,
    sound_speed: float | None = SoundSpeed,
    time_zero: float | None = TimeZero,
    site: str | None = Site,
    key_map: Path | None = KeyMapFile,
    column_map: Path | None = ColumnMapFile,
    charset: str | None = Charset,
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Look at files."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.settings import Settings
        from bonescan.workflows.inspect_files import folders_among, inspect_files

        read = read_settings(
            sampling_rate,
            centre_frequency,
            sound_speed,
            time_zero,
            key_map,
            column_map,
            charset,
            site,
        )
        found = inspect_files(files, Settings(read=read))
        for folder in folders_among(files):
            sys.stderr.write(printable(f"warning: passed over the folder {folder}") + "\n")
        return VerbResult(
            data={"files": [f.data for f in found]},
            text=printable("\n".join(_text(found))),
            problems=[p for f in found for p in f.problems],
            exit_code=0 if any(f.readable for f in found) else EXIT_NOTHING,
        )

    finish("inspect", as_json, work)


def _text(found: list[Inspected]) -> Iterator[str]:
    for number, one in enumerate(found):
        if number:
            yield ""
        yield from _one(one)


def _one(one: Inspected) -> Iterator[str]:
    data = one.data
    yield str(data["file"])
    for label, text in _lines(data):
        if text:
            yield f"  {label:<11} {text}"
    for site, values in data.get("sites", {}).items():
        yield from _site(site, values)
    for problem in one.problems:
        if problem.code != data["code"]:
            yield f"  {problem.severity:<11} {problem.code} {problem.reason}"


def _lines(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "is", _joined(data, " · ", "format", "carrier", "site")
    yield "outcome", _joined(data, "  ", "outcome", "code")
    yield "why", data["reason"] or ""
    yield "what to do", data["hint"] or ""
    yield "device", _joined(data, ", ", "manufacturer", "device_model", "software_version")
    yield "exam", data.get("exam_date") or ""
    if data.get("pixel_pitch_mm"):
        yield (
            "image",
            f"{data['columns']} × {data['rows']} pixels of {data['pixel_pitch_mm']:.3f} mm "
            f"({data['pixel_pitch_source']})",
        )
    yield "flags", ", ".join(data.get("flags", ()))


def _joined(data: dict[str, Any], between: str, *keys: str) -> str:
    return between.join(str(data[k]) for k in keys if data.get(k))


def _site(site: str, v: dict[str, Any]) -> Iterator[str]:
    if not v["samples"]:
        yield f"  {site:<11} {v['spectra']} spectra, sampled at {v['fs_hz'] / 1e6:g} MHz"
        return
    yield (
        f"  {site:<11} {v['frames']} frames × {v['lines']} lines × {v['samples']} samples "
        f"at {v['fs_hz'] / 1e6:g} MHz"
    )
    if v["peak_mhz"] is not None:
        low, high = v["band_mhz"]
        yield f"  spectrum    peak {v['peak_mhz']:.2f} MHz, −6 dB from {low:.2f} to {high:.2f} MHz"
    for finding in v["findings"]:
        yield f"  {finding['flag']:<11} {finding['text']}"
    if v["frames_rejected"] is not None:
        depth = v["surface_depth_mm"]
        where = "unknown" if depth is None else f"{depth:.1f} mm"
        yield f"  bone        surface at {where}; clipped samples {v['saturated_percent']:.3f} %"
        if v["frames_rejected"]:
            reasons = ", ".join(f"{n} {reason}" for reason, n in v["frames_rejected"].items())
            yield f"  rejected    {reasons}"
