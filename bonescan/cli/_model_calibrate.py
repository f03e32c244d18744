"""`bonescan model calibrate`: the spectrum of a device from a phantom or plate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from ._read_options import KeyMapFile, SamplingRate, SoundSpeed, TimeZero, read_settings

_HELP = (
    "Take the power spectrum of a device (pulse, probe and receiver together) from a scan of a "
    "phantom or plate of known properties, and write it as a calibration file. Exams name it by "
    "their calibration_id. Nothing about the target is assumed: its properties are yours to give."
)
_EPILOG = (
    "Example: bonescan model calibrate phantom.h5 -o CAL.h5 --kind phantom --attenuation 0.5 "
    "--attenuation-exponent 1 --backscatter-exponent 3.4 --depth-from 30 --depth-to 60"
)


def add_calibrate(group: typer.Typer) -> None:
    """Put `calibrate` on the group `model`."""
    group.command("calibrate", help=_HELP, epilog=_EPILOG)(calibrate)


def calibrate(
    scan: Path = typer.Argument(..., metavar="SCAN", help="RF scan of the phantom or plate."),
    out: Path = typer.Option(..., "--out", "-o", help="Calibration file to write (*.h5)."),
    kind: str = typer.Option("phantom", "--kind", help="phantom or plate."),
    attenuation: float | None = typer.Option(
        None,
        "--attenuation",
        min=0.0,
        max=20.0,
        help="dB/cm at 1 MHz, one way: of the phantom, or of the way to the plate (water 0.0022).",
    ),
    attenuation_exponent: float | None = typer.Option(
        None,
        "--attenuation-exponent",
        min=0.0,
        max=3.0,
        help="Attenuation rises as frequency to this: 1 in phantoms, 2 in water.",
    ),
    backscatter_exponent: float | None = typer.Option(
        None,
        "--backscatter-exponent",
        min=0.0,
        max=6.0,
        help="Phantom: backscattered power rises as frequency to this; 4 for small scatterers.",
    ),
    reflection: float | None = typer.Option(
        None, "--reflection", min=0.001, max=1.0, help="Plate: amplitude reflected, 0 to 1."
    ),
    depth_from: float | None = typer.Option(
        None, "--depth-from", min=0.0, max=300.0, help="Phantom: first depth to analyse, mm."
    ),
    depth_to: float | None = typer.Option(
        None, "--depth-to", min=0.0, max=300.0, help="Phantom: last depth to analyse, mm."
    ),
    calibration_id: str | None = typer.Option(
        None, "--id", help="Name of the calibration; default: the calibration_id of the scan."
    ),
    site: str | None = typer.Option(None, "--site", help="Where the scan holds several."),
    sampling_rate: float | None = SamplingRate,
    sound_speed: float | None = SoundSpeed,
    time_zero: float | None = TimeZero,
    key_map: Path | None = KeyMapFile,
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Make a calibration file."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.workflows.calibrate import CalibrationRequest, make_calibration, summary

        request = CalibrationRequest(
            kind=kind,
            attenuation_db_cm_mhz=attenuation,
            attenuation_exponent=attenuation_exponent,
            backscatter_exponent=backscatter_exponent,
            reflection_1=reflection,
            depth_first_m=None if depth_from is None else depth_from / 1000.0,
            depth_last_m=None if depth_to is None else depth_to / 1000.0,
            calibration_id=calibration_id,
            site=site,
        )
        read = read_settings(sampling_rate, None, sound_speed, time_zero, key_map)
        data = summary(make_calibration(scan, out, request, read)) | {"file": out.as_posix()}
        return VerbResult(data=data, text=_text(data))

    finish("model calibrate", as_json, work)


def _text(data: dict[str, Any]) -> str:
    low, high = data["band_mhz"]
    first, last = data["depth_mm"]
    spread = data["depth_spread_db"]
    lines = [
        f"calibration {data['calibration_id']} ({data['kind']}) -> {data['file']}",
        f"  peak {data['peak_mhz']:.2f} MHz, usable from {low:.2f} to {high:.2f} MHz",
        f"  {data['n_lines']} lines, {first:.1f} to {last:.1f} mm deep",
    ]
    if spread is not None:
        lines.append(f"  spread between depths {spread:.2f} dB")
    return printable("\n".join(lines))
