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
    CodeInfo(
        code="BS-E523",
        title="a scan that takes more memory than a worker may hold",
        hint="Run again with a larger --memory-limit, and fewer --workers if the machine is small; "
        "only such scans are tried again.",
    ),
    CodeInfo(
        code="BS-E524",
        title="a scan that takes longer than allowed",
        hint="Run again with a larger --time-limit; only such scans are tried again.",
    ),
    CodeInfo(
        code="BS-E525",
        title="worker processes can't be started",
        hint="Run with --workers 1; `bonescan doctor` looks for what is missing.",
    ),
    CodeInfo(
        code="BS-W300",
        title="a store on a network folder",
        hint="Run into a folder of this machine and copy the results, or use PostgreSQL "
        "(--store postgresql+psycopg://...): locks of network folders can't be relied on.",
    ),
)
