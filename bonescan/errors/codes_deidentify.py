"""Codes of de-identification; the ranges stand in `bonescan.errors`.

Titles stand alone in the report table: the reason of a reader may quote what is
written in a file, and is not passed on.
"""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E460",
        title="folders or files of de-identification that lie in each other's way",
        hint="Give an output folder that is empty or not there yet, outside every input; the key "
        "and the list of names belong in neither.",
    ),
    CodeInfo(
        code="BS-W460",
        title="a file that can't be read as a scan: not copied",
        hint="`bonescan inspect FILE` says what it is.",
    ),
    CodeInfo(
        code="BS-W461",
        title="a kind of file that has no cleaned form: not copied",
        hint="Scans are written anew from what was read; documents, tables and archives are not.",
    ),
    CodeInfo(
        code="BS-W462",
        title="a picture that may carry text: left out",
        hint="Numbers that were read are kept as a structured report.",
    ),
    CodeInfo(
        code="BS-W463",
        title="a picture in a form that is not cleaned: left out",
        hint="One frame of unsigned grey values is cleaned, nothing else.",
    ),
    CodeInfo(
        code="BS-W464",
        title="numbers that could not be kept",
        hint="They contradict each other, are not proven, or don't read back as they were.",
    ),
    CodeInfo(
        code="BS-W465",
        title="samples in a form that is not written: not copied",
        hint="Samples are written as 16-bit integers.",
    ),
    CodeInfo(
        code="BS-W466",
        title="a file on which the program failed: not copied",
        hint="Set BONESCAN_DEBUG=1, run again and report what it says: the fault is ours.",
    ),
)
