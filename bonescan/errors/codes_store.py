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
        code="BS-E526",
        title="damage in a store",
        hint="Put back the last copy made by `bonescan backup`, or run the scans into a new "
        "folder; keep the damaged one as it is.",
    ),
    CodeInfo(
        code="BS-E527",
        title="a table that is not as the last run wrote it",
        hint="Somebody edited it, or it was damaged: run again, which writes it anew from the "
        "store; keep your own changes in another file.",
    ),
    CodeInfo(
        code="BS-E528",
        title="a copy that would overwrite a file",
        hint="Name a file that does not exist yet.",
    ),
    CodeInfo(
        code="BS-E529",
        title="a PostgreSQL store that can't be copied from here",
        hint="Install pg_dump of the server's version (Debian: postgresql-client), or let the "
        "database's own backup do it.",
    ),
    CodeInfo(
        code="BS-W300",
        title="a store on a network folder",
        hint="Run into a folder of this machine and copy the results, or use PostgreSQL "
        "(--store postgresql+psycopg://...): locks of network folders can't be relied on.",
    ),
    CodeInfo(
        code="BS-W301",
        title="results of earlier runs that this run could not read again",
        hint="Give the options of that run again (--column-map, --key-map, --sampling-rate), so "
        "that later versions can read the file too; the earlier numbers stand meanwhile.",
    ),
)
