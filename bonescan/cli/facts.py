"""The verb `facts`: a template, import with a check, and a look at what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, problem_dict

if TYPE_CHECKING:
    from bonescan.workflows.facts_store import ImportedFacts

HELP = "facts about people: template, import, show"


def add(app: typer.Typer) -> None:
    """Put the group on `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name="facts", help="Dated facts about people, outside any measurement.")

    @group.command(
        "template",
        help="Write a CSV to start from; rows whose id begins with EXAMPLE are never imported.",
        epilog="Example: bonescan facts template --out subjects.csv",
    )
    def template(
        out: Path | None = typer.Option(None, "--out", "-o", help="Where; default: printed."),
        form: str = typer.Option("long", "--form", help="long (a fact a row) or wide."),
        list_: bool = typer.Option(False, "--list", help="List every fact and what it takes."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish("facts template", as_json, lambda: _catalogue() if list_ else _template(out, form))

    @group.command(
        "import",
        help="Read a facts CSV into the store of a result folder. What can't be read is named by "
        "line and column, the rest is kept. Exit 4 when nothing could be read.",
        epilog="Example: bonescan facts import subjects.csv -o results",
    )
    def import_(
        file: Path = typer.Argument(..., metavar="FILE", help="The facts CSV."),
        out: Path | None = typer.Option(None, "--out", "-o", help="The result folder."),
        check_only: bool = typer.Option(False, "--check-only", help="Read, keep nothing."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish("facts import", as_json, lambda: _import(file, out, check_only))

    @group.command(
        "show",
        help="Show the facts in force in a result folder. They name chart numbers.",
        epilog="Example: bonescan facts show results --patient 0012",
    )
    def show(
        out: Path = typer.Argument(..., metavar="OUT", help="The result folder."),
        patient: str | None = typer.Option(None, "--patient", help="Only this chart number."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish("facts show", as_json, lambda: _show(out, patient))


def _catalogue() -> VerbResult:
    from bonescan.workflows.facts_store import catalogue

    rows = catalogue()
    lines = [f"{r['fact']:<24} {r['meaning']}\n{'':<24}   takes {r['takes']}" for r in rows]
    return VerbResult(data={"facts": rows}, text="\n".join(lines))


def _template(out: Path | None, form: str) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.facts_store import template_text, write_template

    if form not in {"long", "wide"}:
        raise UsageError("BS-E304", f"found --form {form}, wanted long or wide.")
    text = template_text(form)
    if out is None:
        return VerbResult(data={"form": form, "text": text}, text=text)
    write_template(out, form)
    return VerbResult(data={"form": form, "out": str(out)}, text=f"template -> {out}")


def _import(file: Path, out: Path | None, check_only: bool) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.facts_store import check_facts, import_facts

    if check_only:
        return _imported(check_facts(file), "would be kept")
    if out is None:
        raise UsageError("BS-E304", "found no -o, wanted the result folder, or --check-only.")
    done = import_facts(file, out)
    return _imported(done, f"kept, {done.n_added} of them new -> {out}")


def _imported(done: ImportedFacts, what: str) -> VerbResult:
    from bonescan.workflows.facts_store import EXIT_NOTHING

    lines = [f"{len(done.facts)} facts about {done.n_people} people {what}"]
    lines += [f"  {p.code} {p.reason} {p.hint}" for p in done.problems]
    if done.n_added:
        lines.append("Run `bonescan run` on the folder again: classes follow the new facts.")
    data = {
        "facts": len(done.facts),
        "people": done.n_people,
        "added": done.n_added,
        "refused": sum(problem_dict(p)["severity"] == "error" for p in done.problems),
    }
    return VerbResult(
        data=data,
        text="\n".join(lines),
        problems=list(done.problems),
        exit_code=0 if done.facts else EXIT_NOTHING,
    )


def _show(out: Path, patient: str | None) -> VerbResult:
    from bonescan.workflows.facts_store import fact_row, stored_facts

    rows = [fact_row(f) for f in stored_facts(out, patient)]
    lines = [
        f"{r['patient_id']:<14} {r['date'] or '':<10}  {r['fact']:<22} {r['value']}"
        f"{'  (' + r['source'] + ')' if r['source'] else ''}"
        for r in rows
    ]
    nobody = "no facts are stored" + (f" about {patient!r}" if patient else "")
    return VerbResult(data={"facts": rows}, text="\n".join(lines) or nobody)
