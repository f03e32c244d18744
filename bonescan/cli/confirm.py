"""The verb `confirm`: what needs a person, and what the person decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable

if TYPE_CHECKING:
    from bonescan.workflows.confirm import Review

HELP = "numbers that need a person: list them, take decisions in"
MAX_LINES = 12

_EXPLANATION = """Numbers that were read from a picture and that nothing proves decide nothing
until a person has looked at them.

Without --from: writes OUT/review.csv, one line a number, and its picture below
OUT/review/, and both side by side in OUT/review/review.html, sites that decide
first. Fill in the columns decision (confirm, correct or reject), who and
reason; put the right number into value to correct. Proposed exclusions of a
vertebra stand there too (quantity exclude-vertebra).

With --from: takes the decisions in and writes tables and pages anew. Later
decisions supersede earlier ones; all of them are kept. A table with a number
that can't be true (T and Z: -10 to 10) is refused whole; so is one with a T, Z
or BMD that contradicts the numbers beside it, unless the column again holds the
same value.
"""
_EPILOG = "Examples: bonescan confirm results; bonescan confirm results --from results/review.csv"


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("confirm", help=_EXPLANATION, epilog=_EPILOG)
    def confirm(
        out: Path = typer.Argument(..., metavar="OUT", help="Result folder of a run."),
        table: Path | None = typer.Option(
            None, "--from", help="review.csv with decisions filled in."
        ),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback

        def work() -> VerbResult:
            from bonescan.workflows.confirm import list_open, take_in

            review = list_open(out) if table is None else take_in(out, table)
            return VerbResult(
                data=review.to_dict(),
                text="\n".join(_lines(review, table)),
                problems=list(review.problems),
            )

        finish("confirm", as_json, work)


def _lines(review: Review, table: Path | None) -> list[str]:
    lines = []
    if table is not None:
        lines.append(
            f"decisions taken in: {review.n_decided}, about {review.n_files} file(s); "
            "tables and pages written anew"
        )
    lines.append(f"left to a person: {len(review.rows)}")
    for row in review.rows[:MAX_LINES]:
        site, read = row["site"] or row["region_text"] or "?", row["read"] or "-"
        lines.append(printable(f"  {row['file']}  {site} {row['quantity']}: {read}"))
    if len(review.rows) > MAX_LINES:
        lines.append(f"  ... and {len(review.rows) - MAX_LINES} more")
    if table is None and review.rows:
        lines.append(printable(f"pictures beside them: {review.out / 'review' / 'review.html'}"))
        lines.append(printable(f"fill in decision and who: {review.table}"))
        lines.append(printable(f"then: bonescan confirm {review.out} --from {review.table}"))
    lines += [printable(f"{p.code} {p.file}: {p.reason}") for p in review.problems]
    return lines
