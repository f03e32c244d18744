"""Codes of the store and of the limits of a worker; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E520",
        title="the store was made by a newer version",
        hint="Install the newest bonescan (pip install -U bonescan), or run into a new folder.",
    ),
    CodeInfo(
        code="BS-E521",
        title="a store that can't be named so",
        hint="Give --store the path of an SQLite file or a URL: sqlite:////data/study.db, "
        "postgresql+psycopg://user@host/database.",
    ),
    CodeInfo(
        code="BS-E522",
        title="the driver of the database is missing",
        hint="Install it: pip install 'bonescan[pg]'.",
    ),
)
