"""The command line: one verb a file, found by name.

A verb is a module ``cli/<verb>.py`` with ``HELP`` (one line) and
``add(app)``, which puts its command or its group on `app`. Only the verb asked
for is imported: ``--help`` loads none of the heavy libraries.
"""

from __future__ import annotations

import ast
import pkgutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def verbs() -> dict[str, str]:
    """Find every verb and its one line of help, without importing it."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        source = (Path(__file__).parent / f"{module.name}.py").read_text(encoding="utf-8")
        found[module.name.replace("_", "-")] = _help_line(source)
    return found


def _help_line(source: str) -> str:
    for node in ast.parse(source).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "HELP"
        ):
            return str(ast.literal_eval(node.value))
    return ""


def _overview() -> str:
    lines = [
        "Usage: bonescan VERB [OPTIONS]",
        "",
        "Bone density from DXA exports and REMS-style ultrasound, and follow-up over time.",
        "Research software, not a medical device.",
        "",
        "Verbs:",
    ]
    lines += [f"  {name:<12} {text}" for name, text in verbs().items()]
    lines += [
        "",
        "Options:",
        "  --version    the version and nothing else",
        "  --help       this text; `bonescan VERB --help` explains a verb with an example",
        "",
        "Example: bonescan run sample_scans -o results",
    ]
    return "\n".join(lines)


def build(verb: str) -> typer.Typer:
    """Make the application that holds the one verb asked for."""
    import typer

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"auto_envvar_prefix": "BONESCAN", "help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _root() -> None:
        """Bone densitometry research. Not a medical device."""

    import_module(f"{__name__}.{verb.replace('-', '_')}").add(app)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the way out is an exit code, never a traceback."""
    words = sys.argv[1:] if arguments is None else arguments
    with _interrupted_by_sigterm():
        _main(words)


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a verb as Ctrl-C does (exit 130), also while it still loads its libraries."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _main(words: list[str]) -> None:
    if not words or words[0] in {"-h", "--help", "help"}:
        sys.stdout.write(_overview() + "\n")
        sys.exit(0 if words else 2)
    if words[0] == "--version":
        from bonescan import __version__

        sys.stdout.write(__version__ + "\n")
        sys.exit(0)
    if words[0] not in verbs():
        known = ", ".join(verbs())
        sys.stderr.write(f"bonescan: there is no verb {words[0]!r}. Verbs: {known}.\n")
        sys.exit(2)
    from ._frame import guarded

    def call() -> None:
        # the parser hands its refusals on, so that they have a code, and a document with --json
        sys.exit(build(words[0])(args=words, prog_name="bonescan", standalone_mode=False) or 0)

    guarded(words[0], call, as_json="--json" in words)
