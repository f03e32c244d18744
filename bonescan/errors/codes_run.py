"""Codes of settings, runs, identity and environment; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E190",
        title="the same SOP Instance UID with other bytes",
        hint="Find out which copy is the true one; both are kept and neither replaces the other.",
    ),
    CodeInfo(
        code="BS-E301",
        title="settings that can't be used",
        hint="Correct the settings file; `bonescan VERB --help` lists the names.",
    ),
    CodeInfo(
        code="BS-E302",
        title="input that is not there",
        hint="Check the path; quote it when it holds blanks.",
    ),
    CodeInfo(
        code="BS-E303",
        title="a folder without files",
        hint="Name the folder that holds the exported scans.",
    ),
    CodeInfo(
        code="BS-E304",
        title="a word or number that an option does not take",
        hint="`bonescan VERB --help` lists what the option takes.",
    ),
    CodeInfo(
        code="BS-E305",
        title="a result folder that is not one of ours",
        hint="Name a new folder after -o, or the result folder of an earlier run.",
    ),
    CodeInfo(
        code="BS-E501",
        title="the result folder can't be written",
        hint="Choose another folder after -o, or ask for permission to write there; what was "
        "measured into it stays.",
    ),
    CodeInfo(
        code="BS-E502",
        title="the store is damaged or was made by another version",
        hint="Keep the folder as it is and put back the last copy made by `bonescan backup`, or "
        "run into a new folder.",
    ),
    CodeInfo(
        code="BS-E503",
        title="a worker process died",
        hint="Run the file alone; if it dies again, send us the file's format and size.",
    ),
    CodeInfo(
        code="BS-E504",
        title="another run is using this result folder",
        hint="Wait for it to end, or run into another folder.",
    ),
    CodeInfo(
        code="BS-E505",
        title="an optional library is missing",
        hint="Install it: pip install 'bonescan[pdf]'; on Debian also apt-get install "
        "libpango-1.0-0 libpangoft2-1.0-0.",
    ),
    CodeInfo(
        code="BS-W284",
        title="the same bytes under two names",
        hint="Nothing to do: the exam counts once, under its first name.",
    ),
    CodeInfo(
        code="BS-W285",
        title="facts about somebody without a scan",
        hint="Check the spelling of the chart number (leading zeros count) and the issuer; the "
        "facts are kept.",
    ),
    CodeInfo(
        code="BS-W282",
        title="one chart number, two people, or one person under two numbers",
        hint="Correct the record at its source; until then no class is given and nothing is "
        "joined.",
    ),
    CodeInfo(
        code="BS-W283",
        title="a scan that names no patient",
        hint="Switch patient identification on in the export; the exam stands alone.",
    ),
    CodeInfo(
        code="BS-E598",
        title="the program failed on one file",
        hint="The other files are not touched by it. Run this file alone with BONESCAN_DEBUG=1 "
        "and send us what it prints.",
    ),
    CodeInfo(
        code="BS-E599",
        title="a fault of the program",
        hint="Run again with BONESCAN_DEBUG=1 and send us what it prints.",
    ),
)
