"""The verb `norms`: the reference tables, listed, shown and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

HELP = "reference tables: list, show one, check a folder"
EXIT_REJECTED = 4

_NORMS = typer.Option(None, "--norms", help="Folder with a site's own tables, beside ours.")


def add(app: typer.Typer) -> None:
    """Put the group on `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name="norms", help="The reference tables behind T and Z.")

    @group.command(
        "list", help="List every reference.", epilog="Example: bonescan norms list --site total-hip"
    )
    def list_(
        site: str | None = typer.Option(None, "--site", help="Only this site."),
        norms: Path | None = _NORMS,
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish("norms list", as_json, lambda: _list(site, norms))

    @group.command(
        "show",
        help="Show one reference: numbers, citation, evidence, printed examples.",
        epilog="Example: bonescan norms show hologic_fn_f",
    )
    def show(
        ref_id: str = typer.Argument(..., metavar="ID", help="As `norms list` shows it."),
        norms: Path | None = _NORMS,
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish("norms show", as_json, lambda: _show(ref_id, norms))

    @group.command(
        "check",
        help="Check the schema of the tables and reproduce every printed T-score. Exit 4 when "
        "one is not reproduced, 2 when a table breaks the schema.",
        epilog="Example: bonescan norms check my_tables",
    )
    def check(
        folder: Path | None = typer.Argument(None, metavar="[DIR]", help="A site's own tables."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish("norms check", as_json, lambda: _check(folder))


def _list(site: str | None, norms: Path | None) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.norms.site import parse_site
    from bonescan.workflows.norms_tables import list_norms

    rows = list_norms(norms)
    if site is not None:
        known = parse_site(site)
        if known is None:
            raise UsageError("BS-E346", f"found the site {site!r}, wanted one as L1-L4.")
        rows = [r for r in rows if known.without_side in r["sites"]]
    wide = max((len(r["id"]) for r in rows), default=2)
    lines = [
        f"{'id':<{wide}} {'role':<12} {'scale':<8} {'site':<16} mean/SD g/cm2  mark  population"
    ]
    for r in rows:
        pair = "" if r["mean_g_cm2"] is None else f"{r['mean_g_cm2']:.3f}/{r['sd_g_cm2']:.3f}"
        lines.append(
            f"{r['id']:<{wide}} {r['role']:<12} {r['scale']:<8} {r['site']:<16} {pair:<13}  "
            f"{r['evidence']:<4}  {r['population']}"
        )
    lines += [
        "",
        "role: policy gives our T or Z; alternative is named where its label differs; option and",
        "local only by id, or with `score --reference-policy` japan (T) or local-z (Z);",
        "recognition explains printed male T-scores. mark: S read in a source, M from memory,",
        "D derived.",
    ]
    return VerbResult(data={"references": rows}, text="\n".join(lines))


def _show(ref_id: str, norms: Path | None) -> VerbResult:
    from bonescan.workflows.norms_tables import show_norm

    details = show_norm(ref_id, norms)
    return VerbResult(data=details, text="\n".join(_details(details)))


def _details(details: dict[str, Any]) -> list[str]:
    lines = []
    for key, value in details.items():
        if key == "worked_examples":
            lines += [
                f"  printed example: {e['bmd_g_cm2']:.3f} g/cm2, T {e['printed_t']} printed, "
                f"{e['computed_t']:.3f} computed ({e['person']}; {e['source']}; "
                f"{e['independence']})"
                for e in value
            ]
        elif key == "curves":
            for curve in value:
                low, high = curve["ages_years"]
                lines.append(f"  {curve['site']} {curve['sex']}, {low:g} to {high:g} years: "
                             "age L M S (BMD at Z -2)")  # fmt: skip
                lines += [
                    f"    {p['age_years']:>3} {p['l']:7.3f} {p['m_g_cm2']:.3f} {p['s']:.3f} "
                    f"({p['z_minus_2_at_g_cm2']:.3f})"
                    for p in curve["points"]
                ]
        elif value not in (None, ""):
            lines.append(f"  {key}: {value}")
    return lines


def _check(folder: Path | None) -> VerbResult:
    from bonescan.workflows.norms_tables import check_norms

    found = check_norms(folder)
    agreeing = sum(e.agrees for e in found.examples)
    lines = [
        f"{found.n_young} young-adult references, {found.n_age} references over age: schema sound",
        f"{agreeing} of {len(found.examples)} printed T-scores reproduced",
        *(f"  {p.code} {p.reason}" for p in found.problems),
    ]
    data = {
        "young": found.n_young,
        "age": found.n_age,
        "printed_examples": len(found.examples),
        "reproduced": agreeing,
        "content_sha256": found.content_sha256,
    }
    return VerbResult(
        data=data,
        text="\n".join(lines),
        problems=list(found.problems),
        exit_code=0 if found.is_sound else EXIT_REJECTED,
    )
