"""Codes of inputs, archives, watching and export; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E430",
        title="a broken archive",
        hint="Copy or export the archive again; what could be read of it was read.",
    ),
    CodeInfo(
        code="BS-E431",
        title="an encrypted member of an archive",
        hint="Unpack the archive with its password yourself and run on the folder.",
    ),
    CodeInfo(
        code="BS-E432",
        title="a link or device in an archive",
        hint="Nothing to do if its target is in the archive too; links are never followed there.",
    ),
    CodeInfo(
        code="BS-E433",
        title="an archive that grows beyond the caps",
        hint="If you trust the archive, unpack it yourself and run on the folder.",
    ),
    CodeInfo(
        code="BS-E434",
        title="a list of files that can't be used",
        hint="Write one path a line (UTF-8), or separate paths by NUL as `find -print0` does.",
    ),
    CodeInfo(
        code="BS-E435",
        title="a link that leads out of the input",
        hint="Name the target of the link as an input of its own if its scans are wanted.",
    ),
    CodeInfo(
        code="BS-E436",
        title="a table too large for a spreadsheet",
        hint="Export to parquet or csv, which have no such limit.",
    ),
    CodeInfo(
        code="BS-W430",
        title="an archive whose members were read",
        hint="Nothing to do: each member has a row of its own.",
    ),
    CodeInfo(
        code="BS-W431",
        title="a media directory that names files which are not there",
        hint="Copy the whole medium again; the exams of the missing files are not in the results.",
    ),
)
