"""What can go wrong, in one family, each with a stable code.

A message says what was found, what was wanted and what to do. Codes are never
reused. They are registered in the files ``codes_<room>.py`` beside this one:

=============  ==================================================
BS-E101-E139   reading a file: container, DICOM (`codes_read`)
BS-E140-E159   reading HDF5, CSV and MetaImage RF (`codes_read`)
BS-E160-E179   REMS-style estimation gave no number (`codes_rems`)
BS-E180-E189   DXA gave no number (`codes_dxa`)
BS-E190-E199   identity and conflicts (`codes_run`)
BS-E301-E309   settings, command line (`codes_run`)
BS-E310-E319   models (`codes_rems`)
BS-E320-E339   facts and tables about people (`codes_facts`)
BS-E340-E349   norms (`codes_norms`)
BS-E350-E359   simulation (`codes_simulate`)
BS-E360-E369   calibration of a device (`codes_calibration`)
BS-E370-E379   method comparison (`codes_agree`)
BS-E380-E389   cohorts and building models (`codes_model`)
BS-E390-E394   precision studies (`codes_precision`)
BS-E400-E409   guidance and lists of who is due (`codes_guidance`)
BS-E410-E419   dual-energy images gave no number (`codes_dual`)
BS-E430-E439   inputs, archives, watching, export (`codes_batch`)
BS-E440-E449   serial measurements, pregnancy (`codes_pop`)
BS-E450-E459   numbers in pictures, decisions of people (`codes_burned_in`)
BS-E460-E469   de-identification (`codes_deidentify`)
BS-E470-E479   people of a pregnancy study (`codes_pop`)
BS-E420-E429   phantom control charts (`codes_qc`)
BS-E501-E509   environment: disk, store, permission (`codes_run`)
BS-E510-E519   the machine (`codes_doctor`)
BS-E520-E529   the store, limits of a worker (`codes_store`)
BS-E598-E599   faults of the program (`codes_run`)
BS-W201-W209   identity and facts, warnings (`codes_facts`)
BS-W210-W229   DXA, warnings (`codes_dxa`)
BS-W230-W259   REMS-style, warnings (`codes_rems`)
BS-W260-W279   scores and classes, warnings (`codes_norms`)
BS-W280-W281   reading, warnings (`codes_read`)
BS-W282-W289   running, warnings (`codes_run`)
BS-W290-W294   reading, warnings (`codes_read`)
BS-W295-W299   the machine, warnings (`codes_doctor`)
BS-W300-W309   the store, warnings (`codes_store`)
BS-W370-W379   method comparison, warnings (`codes_agree`)
BS-W380-W389   cohorts and building models, warnings (`codes_model`)
BS-W390-W394   precision studies, warnings (`codes_precision`)
BS-W400-W409   guidance, warnings (`codes_guidance`)
BS-W410-W419   dual-energy images, warnings (`codes_dual`)
BS-W440-W449   serial measurements, warnings (`codes_pop`)
BS-W450-W459   numbers in pictures, warnings (`codes_burned_in`)
BS-W460-W469   de-identification (`codes_deidentify`)
BS-W430-W439   inputs and archives, warnings (`codes_batch`)
BS-W420-W429   phantom control charts (`codes_qc`)
=============  ==================================================
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeInfo:
    """A stable code: what it means and what the user can do."""

    code: str
    title: str
    hint: str


class BonescanError(Exception):
    """Anything that bonescan refuses, with a stable code.

    Parameters
    ----------
    code : str
        ``BS-Exxx``, registered in ``errors/codes_*.py``.
    reason : str
        One sentence: what was found and what was wanted.
    hint : str, optional
        What to do; the registered hint of the code when empty.
    file : Path or str, optional
        The file it is about.
    """

    exit_code = 4
    format_name = ""  # of the file, where reading had come that far

    def __init__(self, code: str, reason: str, hint: str = "", file: Path | str = "") -> None:
        self.code, self.reason, self.file = code, reason, str(file)
        self.hint = hint or code_info(code).hint
        name = f"{Path(self.file).name}: " if self.file else ""
        super().__init__(f"{code} {name}{reason} {self.hint}".rstrip())

    def __reduce__(self) -> tuple[type[BonescanError], tuple[str, ...]]:
        return type(self), (self.code, self.reason, self.hint, self.file)


class UnusableScan(BonescanError):  # noqa: N818 - a verdict on a scan, not a fault of the program
    """One file gives no result; the run goes on."""


class SetAside(BonescanError):  # noqa: N818 - a verdict on a file, not a fault of the program
    """A sound file that is no scan of ours: a companion, or another kind of image.

    Parameters
    ----------
    outcome : str
        A word of `OutcomeKind`: "companion", "not-densitometry", "no-numbers", "needs-review".
    """

    def __init__(
        self, outcome: str, code: str, reason: str, hint: str = "", file: Path | str = ""
    ) -> None:
        super().__init__(code, reason, hint, file)
        self.outcome = outcome

    def __reduce__(self) -> tuple[type[BonescanError], tuple[str, ...]]:
        return type(self), (self.outcome, self.code, self.reason, self.hint, self.file)


class NothingUsable(BonescanError):  # noqa: N818 - a verdict on the input
    """The whole input gives no result (exit code 4)."""


class UsageError(BonescanError):
    """The command was given something it can't take (exit code 2)."""

    exit_code = 2


class EnvironmentFault(BonescanError):  # noqa: N818 - a state of the machine
    """Disk, database or permission stands in the way (exit code 5)."""

    exit_code = 5


@cache
def all_codes() -> dict[str, CodeInfo]:
    """Collect every registered code, sorted; two entries under one code are refused."""
    found: dict[str, CodeInfo] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("codes_"):
            continue
        for info in importlib.import_module(f"{__name__}.{module.name}").CODES:
            if info.code in found:
                raise RuntimeError(f"{info.code} is registered twice (second in {module.name})")
            found[info.code] = info
    return dict(sorted(found.items()))


def code_info(code: str) -> CodeInfo:
    """Look a code up; an unregistered one is a fault of the program."""
    try:
        return all_codes()[code]
    except KeyError:
        raise RuntimeError(f"{code} is not registered in bonescan/errors/codes_*.py") from None
