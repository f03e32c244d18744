"""Fill the tables of the documentation from the program, so that the two can't differ.

A page holds a line such as ``<!-- table: codes -->``; it is replaced when the
documentation is built. An unknown name stops the build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

MARKER = re.compile(r"^<!-- table: ([\w.-]+) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace every marker of a page (called by mkdocs)."""
    return MARKER.sub(lambda found: TABLES[found.group(1)](), markdown)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def codes() -> str:
    """List every code with its meaning and what to do."""
    from bonescan.errors import all_codes

    parts = []
    for letter, title in (("E", "Errors"), ("W", "Warnings")):
        rows = [
            (f'<span id="{i.code.lower()}"></span>`{i.code}`', i.title, i.hint)
            for i in all_codes().values()
            if i.code[3] == letter
        ]
        parts.append(f"## {title}\n\n" + _table(("code", "meaning", "what to do"), rows))
    return "\n\n".join(parts)


def flags() -> str:
    """List every flag in plain words."""
    from bonescan.files.flag_texts import all_flags

    return _table(("flag", "in plain words"), [(f"`{k}`", v) for k, v in all_flags().items()])


def _columns(name: str) -> Callable[[], str]:
    def table() -> str:
        from bonescan.files import tables

        rows = [
            (f"`{c.name}`", c.unit, "" if c.decimals is None else str(c.decimals), c.meaning)
            for c in getattr(tables, name)
        ]
        return _table(("column", "unit", "decimals", "meaning"), rows)

    return table


def verbs() -> str:
    """List the verbs with their one line of help."""
    from bonescan.cli import verbs as all_verbs

    return _table(("verb", "does"), [(f"`{k}`", v) for k, v in all_verbs().items()])


def commands() -> str:
    """Describe every command: its help, its arguments and its options."""
    return "\n\n".join(_command(words, command) for words, command in _commands())


def _commands() -> Iterator[tuple[str, Any]]:
    import typer.main

    from bonescan.cli import build
    from bonescan.cli import verbs as all_verbs

    for verb in all_verbs():
        group: Any = typer.main.get_command(build(verb))
        yield from _leaves(verb, group.commands[verb])


def _leaves(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    if not children:
        yield words, command
    for name, child in children.items():
        yield from _leaves(f"{words} {name}", child)


def _command(words: str, command: Any) -> str:
    rows = []
    for p in command.params:
        is_option = p.param_type_name == "option"
        name = ", ".join(f"`{o}`" for o in p.opts) if is_option else f"`{p.name.upper()}`"
        variable = f"`BONESCAN_{words.upper().replace(' ', '_')}_{p.name.upper()}`"
        rows.append((name, p.help or "", variable if is_option else ""))
    whole = f"{command.help or ''}\n\n{command.epilog or ''}"
    text, *examples = re.split(r"Examples?:", whole, maxsplit=1)
    example = "".join(examples).strip().replace("; bonescan", "\nbonescan")
    shown = f"```bash\n{example}\n```\n\n" if example else ""
    return f"## bonescan {words}\n\n{text.strip()}\n\n{shown}" + _table(
        ("option", "meaning", "environment"), rows
    )


def demo_model() -> str:
    """List what the bundled REMS-style model reached in cross-validation, site by site."""
    from bonescan.files.model_file import load_model

    model = load_model(None)
    parts = [f"Bundled model: `{model.model_id}`."]
    for site in model.sites:
        rows = [
            (
                f"`{r.estimator}`",
                f"{r.pearson_1:.2f} ({r.pearson_lo_1:.2f} to {r.pearson_hi_1:.2f})",
                f"{r.see_g_cm2:.3f} ({r.see_lo_g_cm2:.3f} to {r.see_hi_g_cm2:.3f})",
            )
            for r in site.cross_validation
        ]
        parts.append(
            f"**{site.site}**: {site.n_people} simulated people, {site.n_osteoporotic} with "
            f"T ≤ −2.5 and {site.n_normal} with T ≥ −1.0; the number comes from "
            f"`{site.primary}`; better than age, BMI and sex by the paired 95 % interval: "
            f"{', '.join(f'`{name}`' for name in site.informative) or 'none'}."
        )
        parts.append(_table(("estimator", "r (95 %)", "SEE, g/cm² (95 %)"), rows))
    return "\n\n".join(parts)


def stresses() -> str:
    """List the worlds that a cohort can be simulated in."""
    from bonescan.simulate.stress import STRESSES

    return _table(
        ("`--stress`", "what differs"), [(f"`{s.name}`", s.text) for s in STRESSES.values()]
    )


def artefacts() -> str:
    """List the faults that an exam can be simulated with."""
    from bonescan.simulate.artefact import ARTEFACTS

    rows = [(f"`{a.name}`", a.text) for a in ARTEFACTS.values()]
    return _table(("`--artefact`", "what the samples show"), rows)


def published() -> str:
    """Hold printed class agreement against what the printed error allows."""
    from bonescan.stats.published_check import published_table

    rows = [
        (
            c.study,
            c.site,
            str(c.n),
            f"{c.error_sd_t_score:.2f}",
            c.statistic,
            f"{c.published:.3f}",
            f"{c.lowest:.3f} to {c.highest:.3f}",
            c.verdict,
            c.source,
        )
        for c in published_table()
    ]
    return _table(
        ("study", "site", "n", "error, T", "statistic", "printed", "allowed", "verdict", "source"),
        rows,
    )


TABLES: dict[str, Callable[[], str]] = {
    "demo-model": demo_model,
    "codes": codes,
    "stresses": stresses,
    "artefacts": artefacts,
    "flags": flags,
    "verbs": verbs,
    "commands": commands,
    "published": published,
    "files.csv": _columns("FILES_COLUMNS"),
    "results.csv": _columns("RESULTS_COLUMNS"),
    "patients.csv": _columns("PATIENTS_COLUMNS"),
    "identities.csv": _columns("IDENTITY_COLUMNS"),
    "readings.csv": _columns("READINGS_COLUMNS"),
}
