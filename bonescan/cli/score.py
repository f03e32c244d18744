"""The verb `score`: one BMD from options, or a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

if TYPE_CHECKING:
    from bonescan.workflows.score_bmd import ScoredBmd

HELP = "T, Z and class of one BMD, or of a table"

_EXPLANATION = """T, Z and class of one BMD from options, or of every row of a table.

The table has the column names of results.csv: site and bmd_g_cm2, and where
known sex, age_years, menopausal_status, manufacturer, technique,
reported_t_score, reported_reference, reference_id. Options hold where a cell
is empty; a reference named as an option always wins. Every row keeps its other
columns. An age of 47 means whole years, 47.0 is exact.
"""
_EPILOG = (
    "Examples: bonescan score --bmd 0.637 --site total-hip --sex F --age 70.2 "
    "--menopause postmenopausal --manufacturer hologic; "
    "bonescan score bmd.csv -o scored.csv --manufacturer hologic"
)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The options as typed."""

    table: Path | None
    out: Path | None
    bmd: float | None
    bmd_u: float | None
    site: str | None
    sex: str | None
    age: str | None
    manufacturer: str | None
    technique: str
    menopause: str | None
    printed_t: float | None
    printed_z: float | None
    printed_reference: str | None
    reference: str | None
    z_reference: str | None
    label_policy: str
    label_from: str
    norms: Path | None


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("score", help=_EXPLANATION, epilog=_EPILOG)
    def score(
        table: Path | None = typer.Argument(None, metavar="[IN.csv]", help="A table to score."),
        out: Path | None = typer.Option(None, "--out", "-o", help="Where the table goes."),
        bmd: float | None = typer.Option(None, "--bmd", help="BMD in g/cm2."),
        bmd_u: float | None = typer.Option(None, "--bmd-u", help="Its standard uncertainty."),
        site: str | None = typer.Option(None, "--site", help="L1-L4, femoral-neck, total-hip ..."),
        sex: str | None = typer.Option(None, "--sex", help="F or M."),
        age: str | None = typer.Option(None, "--age", help="Years: 47.3, or 47 for whole years."),
        manufacturer: str | None = typer.Option(
            None, "--manufacturer", help="Whose scale the BMD is on: hologic, ge ..."
        ),
        technique: str = typer.Option("DXA", "--technique", help="DXA, REMS or REMS-style."),
        menopause: str | None = typer.Option(
            None, "--menopause", help="Menopausal status, e.g. premenopausal, postmenopausal."
        ),
        printed_t: float | None = typer.Option(None, "--printed-t", help="T the device printed."),
        printed_z: float | None = typer.Option(None, "--printed-z", help="Z the device printed."),
        printed_reference: str | None = typer.Option(
            None, "--printed-reference", help="Reference the device printed."
        ),
        reference: str | None = typer.Option(
            None, "--reference", help="Young-adult reference by id, in place of the policy's."
        ),
        z_reference: str | None = typer.Option(
            None, "--z-reference", help="Age reference by id, in place of the policy's."
        ),
        label_policy: str = typer.Option("device", "--label-policy", help="device or iscd."),
        label_from: str = typer.Option("rounded", "--label-from", help="rounded or raw."),
        norms: Path | None = typer.Option(None, "--norms", help="Folder with reference tables."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback
        asked = _Asked(
            table=table, out=out, bmd=bmd, bmd_u=bmd_u, site=site, sex=sex, age=age,
            manufacturer=manufacturer, technique=technique, menopause=menopause,
            printed_t=printed_t, printed_z=printed_z, printed_reference=printed_reference,
            reference=reference, z_reference=z_reference, label_policy=label_policy,
            label_from=label_from, norms=norms,
        )  # fmt: skip
        finish("score", as_json, lambda: _one(asked) if table is None else _table(asked))


def _one(asked: _Asked) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.score_bmd import score_bmd
    from bonescan.workflows.score_cells import parse_age

    if asked.site is None or (asked.bmd, asked.printed_t, asked.printed_z) == (None, None, None):
        raise UsageError("BS-E346", "found no --bmd with a --site, wanted both or a table.")
    age, exact = (None, True) if asked.age is None else parse_age(asked.age)
    scored = score_bmd(
        asked.bmd,
        site=asked.site,
        sex=asked.sex,
        age_years=age,
        age_is_exact=exact,
        menopausal_status=asked.menopause,
        manufacturer=asked.manufacturer,
        technique=asked.technique,
        bmd_u_g_cm2=asked.bmd_u,
        reported_t_score=asked.printed_t,
        reported_z_score=asked.printed_z,
        reported_reference=asked.printed_reference,
        reference_id=asked.reference,
        z_reference_id=asked.z_reference,
        label_policy=asked.label_policy,
        label_from=asked.label_from,
        norms=asked.norms,
    )
    return VerbResult(data=scored.to_dict(), text=_words(scored))


def _words(scored: ScoredBmd) -> str:
    from bonescan.files.flag_texts import all_flags

    data, texts = scored.to_dict(), all_flags()
    bmd = "" if data["bmd_g_cm2"] is None else f"  BMD {data['bmd_g_cm2']:.3f} g/cm²"
    lines = [f"{data['site']}{bmd}"]
    if data["t_score"] is not None and scored.verdict.shows_t:
        lines.append(
            f"  T {data['t_label']:+.1f}  ({data['t_score']:+.2f}, {data['reference_id']})"
        )
    if data["z_score"] is not None:
        z_id = data["z_reference_id"]
        lines.append(f"  Z {data['z_label']:+.1f}  ({data['z_score']:+.2f}, {z_id})")
    used = f" by {data['score_used']}" if data["score_used"] else ""
    rule = f", rule {data['category_rule']}" if data["category_rule"] else ""
    lines.append(f"  class: {data['category'] or 'this site gives none'}{used}{rule}")
    if data["p_normal"] is not None:
        lines.append(
            f"  probability: normal {data['p_normal']:.3f}, osteopenia "
            f"{data['p_osteopenia']:.3f}, osteoporosis {data['p_osteoporosis']:.3f}"
        )
    lines += [f"  {sentence}" for sentence in data["alternatives"]]
    lines += [f"  {flag}: {texts.get(flag, '')}" for flag in data["flags"]]
    lines.append("Research software, not a medical device.")
    return "\n".join(lines)


def _table(asked: _Asked) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.score_cells import TableDefaults
    from bonescan.workflows.score_table import score_csv

    if asked.table is None or asked.out is None:
        raise UsageError("BS-E346", "found a table and no -o, wanted -o OUT.csv.")
    done = score_csv(
        asked.table,
        asked.out,
        TableDefaults(
            sex=asked.sex,
            age=asked.age,
            menopausal_status=asked.menopause,
            manufacturer=asked.manufacturer,
            technique=asked.technique,
            reference_id=asked.reference,
            z_reference_id=asked.z_reference,
        ),
        norms_dir=asked.norms,
        label_policy=asked.label_policy,
        label_from=asked.label_from,
    )
    classes = ", ".join(f"{n} {word}" for word, n in done.categories.items()) or "none"
    lines = [f"{done.n_rows} rows, {done.n_scored} scored -> {done.out}", f"  classes: {classes}"]
    lines += [f"  {p.code} {p.reason}" for p in done.problems]
    lines.append("Research software, not a medical device.")
    return VerbResult(data=done.to_dict(), text="\n".join(lines), problems=list(done.problems))
