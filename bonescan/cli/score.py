"""The verb `score`: one BMD from options, or a table."""

from __future__ import annotations

import math
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
known sex, age_years, menopausal_status, fracture, manufacturer, technique,
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
    bmc: tuple[float, ...]
    area: tuple[float, ...]
    site: str | None
    sex: str | None
    age: str | None
    manufacturer: str | None
    technique: str
    menopause: str | None
    fracture: str | None
    printed_t: float | None
    printed_z: float | None
    printed_reference: str | None
    reference: str | None
    z_reference: str | None
    label_policy: str
    label_from: str
    reference_policy: str
    sbmd: bool
    convert_to: str | None
    norms: Path | None


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("score", help=_EXPLANATION, epilog=_EPILOG)
    def score(
        table: Path | None = typer.Argument(None, metavar="[IN.csv]", help="A table to score."),
        out: Path | None = typer.Option(None, "--out", "-o", help="Where the table goes."),
        bmd: float | None = typer.Option(None, "--bmd", help="BMD in g/cm2."),
        bmd_u: float | None = typer.Option(None, "--bmd-u", help="Its standard uncertainty."),
        bmc: list[float] | None = typer.Option(
            None, "--bmc", help="BMC in g of each part; with --area in place of --bmd."
        ),
        area: list[float] | None = typer.Option(
            None, "--area", help="Area in cm2 of each part: BMD is sum of BMC / sum of area."
        ),
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
        fracture: str | None = typer.Option(
            None, "--fracture", help="Gravest fragility fracture: none, other, hip-or-vertebral."
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
        reference_policy: str = typer.Option(
            "iscd",
            "--reference-policy",
            help="iscd; japan: YAM and the criteria of 2012; local-z: Z from a table with the role "
            "local only.",
        ),
        sbmd: bool = typer.Option(
            False, "--sbmd", help="Tables only: standardised BMD, for pooled cohorts."
        ),
        convert_to: str | None = typer.Option(
            None, "--convert-to", help="Tables only: BMD on this maker's scale, for pooled cohorts."
        ),
        norms: Path | None = typer.Option(None, "--norms", help="Folder with reference tables."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback
        asked = _Asked(
            table=table, out=out, bmd=bmd, bmd_u=bmd_u, bmc=tuple(bmc or ()),
            area=tuple(area or ()), site=site, sex=sex, age=age,
            manufacturer=manufacturer, technique=technique, menopause=menopause,
            fracture=fracture, printed_t=printed_t, printed_z=printed_z,
            printed_reference=printed_reference,
            reference=reference, z_reference=z_reference, label_policy=label_policy,
            label_from=label_from, reference_policy=reference_policy, sbmd=sbmd,
            convert_to=convert_to, norms=norms,
        )  # fmt: skip
        finish("score", as_json, lambda: _one(asked) if table is None else _table(asked))


def _one(asked: _Asked) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.score_bmd import score_bmd
    from bonescan.workflows.score_cells import parse_age

    if asked.sbmd or asked.convert_to is not None:
        raise UsageError(
            "BS-E346",
            "found --sbmd or --convert-to with one number, wanted a table: the equations are for "
            "pooled cohorts and miss one person's BMD by 4 to 7 %.",
        )
    bmd = _bmd(asked)
    if asked.site is None or (bmd, asked.printed_t, asked.printed_z) == (None, None, None):
        raise UsageError("BS-E346", "found no --bmd with a --site, wanted both or a table.")
    age, exact = (None, True) if asked.age is None else parse_age(asked.age)
    scored = score_bmd(
        bmd,
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
        reference_policy=asked.reference_policy,
        fracture=asked.fracture,
        norms=asked.norms,
    )
    return VerbResult(data=scored.to_dict(), text=_words(scored))


def _bmd(asked: _Asked) -> float | None:
    """Take the BMD as given, or make it of the sums of its parts."""
    from bonescan.errors import UsageError
    from bonescan.norms.density import combined_bmd

    if not asked.bmc and not asked.area:
        return asked.bmd
    bmd = combined_bmd(asked.bmc, asked.area)
    if asked.bmd is not None or math.isnan(bmd):
        raise UsageError(
            "BS-E346",
            f"found {len(asked.bmc)} --bmc and {len(asked.area)} --area, wanted as many of one as "
            "of the other, all above 0, and no --bmd.",
        )
    return bmd


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
    if data["young_adult_percent"] is not None and scored.verdict.shows_t:
        lines.append(f"  {data['young_adult_percent']:.1f} % of the young adult mean")
    if data["age_matched_percent"] is not None:
        lines.append(f"  {data['age_matched_percent']:.1f} % of the middle of the same age")
    if data["t_u"] is not None and scored.verdict.shows_t:
        lines.append(f"  standard uncertainty of T from BMD: {data['t_u']:.2f}")
    used = f" by {data['score_used']}" if data["score_used"] else ""
    rule = f", rule {data['category_rule']}" if data["category_rule"] else ""
    severe = f", {data['severity']}" if data["severity"] else ""
    lines.append(f"  class: {data['category'] or 'this site gives none'}{severe}{used}{rule}")
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
    from bonescan.workflows.score_bmd import known_maker
    from bonescan.workflows.score_cells import TableDefaults
    from bonescan.workflows.score_columns import PooledOptions
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
            fracture=asked.fracture,
            manufacturer=asked.manufacturer,
            technique=asked.technique,
            reference_id=asked.reference,
            z_reference_id=asked.z_reference,
        ),
        norms_dir=asked.norms,
        label_policy=asked.label_policy,
        label_from=asked.label_from,
        reference_policy=asked.reference_policy,
        pooled=PooledOptions(
            standardised=asked.sbmd,
            convert_to=None if asked.convert_to is None else known_maker(asked.convert_to),
        ),
    )
    classes = ", ".join(f"{n} {word}" for word, n in done.categories.items()) or "none"
    lines = [f"{done.n_rows} rows, {done.n_scored} scored -> {done.out}", f"  classes: {classes}"]
    lines += [f"  {p.code} {p.reason}" for p in done.problems]
    lines.append("Research software, not a medical device.")
    return VerbResult(data=done.to_dict(), text="\n".join(lines), problems=list(done.problems))
