"""What all verbs share: one JSON document, exit codes, no traceback at a user."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bonescan import __version__
from bonescan.errors import BonescanError

if TYPE_CHECKING:
    from bonescan.model.outcome import Problem

SCHEMA = 1
EXIT_INTERRUPTED = 130
EXIT_ENVIRONMENT = 5


@dataclass(kw_only=True)
class VerbResult:
    """What a verb has to say: data for machines, text for people, problems for both."""

    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    problems: list[Problem] = field(default_factory=list)
    exit_code: int = 0


def finish(verb: str, as_json: bool, work: Callable[[], VerbResult]) -> None:
    """Do the work of a verb and leave with its exit code.

    Parameters
    ----------
    verb : str
        The word the user typed, two for a group ("facts show").
    as_json : bool
        One document on standard output instead of text.
    work : callable
        Returns the result or raises `BonescanError`.
    """
    try:
        result = work()
    except BonescanError as error:
        result = VerbResult(exit_code=error.exit_code)
        report = {
            "code": error.code,
            "severity": "error",
            "file": error.file,
            "reason": error.reason,
            "hint": error.hint,
        }
        _emit(verb, as_json, result, [report], error)
    else:
        _emit(verb, as_json, result, [problem_dict(p) for p in result.problems], None)
    raise typer.Exit(result.exit_code)


def problem_dict(problem: Problem) -> dict[str, str]:
    """Turn a problem into the five keys of the JSON contract."""
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "file": problem.file,
        "reason": problem.reason,
        "hint": problem.hint,
    }


def _emit(
    verb: str,
    as_json: bool,
    result: VerbResult,
    problems: list[dict[str, str]],
    error: BonescanError | None,
) -> None:
    if as_json:
        document = {
            "schema": SCHEMA,
            "verb": verb,
            "version": __version__,
            "data": result.data,
            "problems": problems,
        }
        sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    elif result.text:
        sys.stdout.write(result.text.rstrip("\n") + "\n")
    if error is not None:
        sys.stderr.write(printable(f"bonescan {verb}: {error}") + "\n")


def printable(text: str) -> str:
    """Drop control and direction characters that a hostile file could send to a terminal."""
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() and c not in _BIDI))


_BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _refuse_words(verb: str, as_json: bool, message: str) -> None:
    """Say what is wrong with the words of a command, in the form asked for, and leave."""
    from bonescan.errors import UsageError

    reason = " ".join(printable(message).split())
    hint = f"`bonescan {verb} --help` explains the verb with an example."
    error = UsageError("BS-E304", reason if reason.endswith(".") else f"{reason}.", hint)
    report = {"code": error.code, "severity": "error", "file": "", "reason": error.reason}
    _emit(verb, as_json, VerbResult(), [report | {"hint": error.hint}], error)
    sys.exit(error.exit_code)


def guarded(verb: str, call: Callable[[], Any], *, as_json: bool = False) -> None:
    """Call, and turn what nobody foresaw into one sentence and an exit code."""
    try:
        call()
    except KeyboardInterrupt:
        sys.stderr.write(f"bonescan {verb}: interrupted.\n")
        sys.exit(EXIT_INTERRUPTED)
    except BonescanError as error:
        sys.stderr.write(printable(f"bonescan {verb}: {error}") + "\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if hasattr(error, "format_message"):  # what the parser of the command line refuses
            _refuse_words(verb, as_json, error.format_message())
        if os.environ.get("BONESCAN_DEBUG"):
            raise
        sys.stderr.write(
            f"bonescan {verb}: BS-E599 a fault of the program: {type(error).__name__}: "
            f"{printable(str(error))}. Nothing was changed in your input. Run again with "
            "BONESCAN_DEBUG=1 and send us what it prints.\n"
        )
        sys.exit(EXIT_ENVIRONMENT)


def read_config(context: typer.Context, value: Path | None) -> Path | None:
    """Take defaults of this verb from a TOML file: option > BONESCAN_* > file > default."""
    if value is None:
        return None
    from bonescan.errors import UsageError

    if value.exists() and not value.is_file():
        raise UsageError("BS-E301", "found no regular file, wanted a TOML file.", file=value)
    try:
        table = tomllib.loads(value.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("BS-E301", f"the settings can't be read: {error}", file=value) from error
    names = {_setting_name(p): str(p.name) for p in context.command.params}
    given = table.get(context.info_name or "", table)
    flat = {names[k]: v for k, v in given.items() if k in names}
    strangers = sorted(set(given) - set(names))
    if strangers:
        raise UsageError(
            "BS-E301",
            f"found the unknown setting {strangers[0]!r}, wanted one of "
            f"{', '.join(sorted(n for n in names if n not in {'config', 'help'}))}.",
            file=value,
        )
    context.default_map = {**(context.default_map or {}), **flat}
    return value


def _setting_name(parameter: Any) -> str:
    """Name a setting as its option is written, without the dashes."""
    longest = max(parameter.opts, key=len)
    return str(longest).lstrip("-")


ConfigOption = typer.Option(
    None, "--config", help="TOML file with defaults for this verb.", is_eager=True,
    callback=read_config, dir_okay=False,
)  # fmt: skip
JsonOption = typer.Option(False, "--json", help="One JSON document on standard output.")
