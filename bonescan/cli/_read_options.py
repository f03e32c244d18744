"""What a user may say about files that don't say it themselves: the same words on every verb."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._quantity import frequency_hz

if TYPE_CHECKING:
    from bonescan.settings import ReadSettings

SamplingRate = typer.Option(
    None,
    "--sampling-rate",
    parser=frequency_hz,
    metavar="HZ",
    help="For RF files that do not state it, as 40e6 or 40MHz; never guessed.",
)
CentreFrequency = typer.Option(
    None,
    "--centre-frequency",
    parser=frequency_hz,
    metavar="HZ",
    help="Of the probe, for RF files that do not state it.",
)
SoundSpeed = typer.Option(None, "--sound-speed", min=1000.0, max=2500.0, help="In m/s, likewise.")
TimeZero = typer.Option(
    None, "--time-zero", min=0.0, max=1.0, help="Time of the first stored sample in s, likewise."
)
Site = typer.Option(
    None,
    "--site",
    metavar="SITE",
    help="Where RF files were taken that don't say it: L1 to L4, L1-L4, femoral-neck-left ...",
)
KeyMapFile = typer.Option(
    None, "--key-map", metavar="FILE", help="TOML file that says what a .mat file holds."
)
ColumnMapFile = typer.Option(
    None,
    "--column-map",
    metavar="FILE",
    help="TOML file that says what the columns of a table of device results (CSV) mean.",
)

Charset = typer.Option(
    None,
    "--charset",
    help="What names in DICOM files are written in where the files don't say it, or say it "
    "wrongly: big5, gb18030, utf-8 ...",
)


def read_settings(
    sampling_rate: float | None,
    centre_frequency: float | None = None,
    sound_speed: float | None = None,
    time_zero: float | None = None,
    key_map: Path | None = None,
    column_map: Path | None = None,
    charset: str | None = None,
    site: str | None = None,
) -> ReadSettings:
    """Gather the words into settings."""
    from bonescan.settings import ReadSettings

    keys = None
    if key_map is not None:
        from bonescan.files.key_map import read_key_map

        keys = read_key_map(key_map)
    columns = None
    if column_map is not None:
        from bonescan.files.column_map import read_column_map

        columns = read_column_map(column_map)
    return ReadSettings(
        sampling_rate_hz=sampling_rate,
        centre_frequency_hz=centre_frequency,
        sound_speed_m_s=sound_speed,
        time_zero_s=time_zero,
        key_map=keys,
        column_map=columns,
        charset=_charset(charset),
        site=_site(site),
    )


def _site(word: str | None) -> str | None:
    """Take a site by its canonical word."""
    if word is None:
        return None
    from bonescan.model.sites import is_site

    if not is_site(word):
        from bonescan.errors import UsageError

        raise UsageError(
            "BS-E304",
            f"found --site {word[:40]}, wanted L1 to L4, L1-L4 or femoral-neck-left or -right.",
        )
    return word


def _charset(word: str | None) -> str | None:
    """Take one of the character sets that can be named, however it is spelt."""
    if word is None:
        return None
    from bonescan.read.dicom.charsets import NAMED

    name = word.lower().replace("_", "-")
    if name not in NAMED:
        from bonescan.errors import UsageError

        wanted = ", ".join(NAMED)
        raise UsageError("BS-E304", f"found --charset {word[:40]}, wanted one of {wanted}.")
    return name
