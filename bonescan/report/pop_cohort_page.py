"""The page of a pregnancy cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from bonescan import __version__
from bonescan.i18n import _

from .environment import asset, content_policy, environment
from .figures.pop_cohort import attendance, courses, waterfall
from .pop_tripod import tripod
from .print_style import print_style

Z_95 = 1.959963984540054
NOTHING = "–"
MOST_LISTED = 200  # rows of a list on the page; the tables beside it have all
SAME_WOMEN = "calibration_in_the_same_women"


def pop_cohort_page(data: Mapping[str, Any], source: str) -> str:
    """Write the page: self-contained, readable without JavaScript.

    Parameters
    ----------
    data : mapping
        The document of ``pop cohort --json``.
    source : str
        Name of the table.
    """
    title = _("Pregnancy cohort: %s") % source
    styles = [asset("page.css"), asset("pop_cohort.css"), print_style(__version__, title)]
    visits = list(data["visit_counts"])
    base = data["mixed_model"]["terms"]["(Intercept)"]["est"]
    model = [_in_percent(c, c["percent_of_first_mean"] / c["est"] if c["est"] else 100.0 / base)
             for c in data["contrasts_vs_T1"]]  # fmt: skip
    return (
        environment()
        .get_template("pop_cohort.html.j2")
        .render(
            title=title,
            version=__version__,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=[],
            watermark="",
            data=data,
            visits=visits,
            flow=_flow(data, visits),
            contrasts=[
                _contrast(c, m) for c, m in zip(data["contrasts_vs_T1"], model, strict=True)
            ],
            without=[_contrast(c, None) for c in data["without_device"]["contrasts_vs_T1"]],
            devices=[
                (name.removeprefix("device_"), _number(t["est"]), _span(t), _p(t["p"]))
                for name, t in data["mixed_model"]["terms"].items()
                if name.startswith("device_")
            ],
            courses=courses(data["individual"], visits, model),
            waterfalls=[
                (v, waterfall(found, v)) for v in visits[1:] if (found := _changes(data, v))
            ],
            attendance=attendance(data["individual"], visits),
            paired=[_paired(p) for p in data["paired_change_vs_T1"].values()],
            verdicts=[_verdicts(data, v) for v in data["verdicts"]],
            sensitivity=_sensitivity(data),
            aside=[
                (str(s["line"]), s["woman_id"], s["visit"], s["reason"])
                for s in data["set_aside"][:MOST_LISTED]
            ],
            outside=[
                (str(s["line"]), s["woman_id"], s["visit"], s["found"])
                for s in data["out_of_window_kept"][:MOST_LISTED]
            ],
            tripods=[
                (r["visit"], tripod(data, r, source)) for r in data["loss_risk"] if r["model"]
            ],
            calibrations=[
                (r["visit"], [_calibration(n, g) for n, g in enumerate(r[SAME_WOMEN], 1)])
                for r in data["loss_risk"]
                if r["model"]
            ],
            patterns=list(data["missing_patterns"].items()),
            risks=data["loss_risk"],
            error=None if data["precision"]["error_g_cm2"] is None
            else f"{data['precision']['error_g_cm2']:.4f} g/cm²",
        )
    )  # fmt: skip


def _in_percent(contrast: Mapping[str, Any], scale: float) -> dict[str, Any]:
    return {"visit": contrast["visit"]} | {k: contrast[k] * scale for k in ("est", "lo", "hi")}


def _flow(data: Mapping[str, Any], visits: Sequence[str]) -> list[tuple[str, str]]:
    counts = ", ".join(f"{v} {data['visit_counts'][v]}" for v in visits)
    return [
        (_("women analysed"), str(data["n_women"])),
        (_("women by visit"), counts),
        (_("women at every visit"), str(data["completers"]["n_women"])),
        (_("visits in the model"), str(data["mixed_model"]["n_obs"])),
        (_("rows without a value"), str(data["n_rows_without_value"])),
        (_("rows set aside"), str(len(data["set_aside"]))),
        (_("rows outside the window of the visit, kept"), str(len(data["out_of_window_kept"]))),
        (_("rows of other techniques, left out"), str(data["n_rows_of_other_techniques"])),
    ]


def _contrast(contrast: Mapping[str, Any], percent: Mapping[str, Any] | None) -> tuple[str, ...]:
    shown = NOTHING
    if percent is not None:
        shown = f"{percent['est']:+.2f} ({percent['lo']:+.2f} to {percent['hi']:+.2f}) %"
    return (
        contrast["contrast"],
        _number(contrast["est"]),
        _span(contrast),
        shown,
        f"{contrast['df']:.1f}",
        _p(contrast["p_holm"]),
    )


def _paired(pair: Mapping[str, Any]) -> tuple[str, ...]:
    spread = NOTHING if pair["sd_percent"] is None else f"{pair['sd_percent']:.2f}"
    return (
        pair["visit"],
        str(pair["n"]),
        f"{pair['mean_percent']:+.2f}",
        spread,
        f"{pair['median_percent']:+.2f}",
        f"{pair['iqr_percent'][0]:+.2f} to {pair['iqr_percent'][1]:+.2f}",
    )


def _verdicts(data: Mapping[str, Any], visit: str) -> tuple[str, ...]:
    """Count women, compared on one device; then every verdict there is."""
    counts = data["reaching_lsc_same_device"].get(visit)
    cells = (
        [NOTHING] * 3
        if counts is None
        else [str(counts[k]) for k in ("n_compared", "n_loss", "n_gain")]
    )
    words = ", ".join(f"{n} {w}" for w, n in data["verdicts"][visit].items())
    return (visit, *cells, words)


def _sensitivity(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """List the contrasts of the models beside the main one, or why there are none."""
    found: list[tuple[str, ...]] = []
    for name, part in (
        (_("women at every visit"), data["completers"]),
        (_("with covariates"), data["with_covariates"]),
    ):
        if part is None:
            continue
        left = part["n_women_left_out"]
        note = part["reason"]
        if left:
            by = ", ".join(f"{c}: {n}" for c, n in part["women_unknown"].items() if n)
            unknown = _("%(n)d women left out, unknown: %(by)s") % {"n": left, "by": by}
            note = f"{note}; {unknown}" if note else unknown
        model = part["mixed_model"]
        if model is None:
            found.append((name, NOTHING, NOTHING, NOTHING, NOTHING, note))
            continue
        found += [
            (name, c["contrast"], _number(c["est"]), _span(c), str(model["n_women"]), note)
            for c in part["contrasts_vs_T1"]
        ]
    return found


def _calibration(number: int, group: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(number),
        str(group["n"]),
        f"{100.0 * group['predicted']:.0f} %",
        f"{100.0 * group['observed']:.0f} %",
        str(group["n_events"]),
    )


def _changes(data: Mapping[str, Any], visit: str) -> list[dict[str, Any]]:
    found = []
    for woman in data["individual"]:
        for change in woman["changes"]:
            if change["visit"] != visit or change["percent"] is None:
                continue
            base = 100.0 * change["change"] / change["percent"] if change["percent"] else None
            se = abs(change["change"] / change["z"]) if change["z"] else None
            found.append(
                {
                    "woman_id": woman["woman_id"],
                    "percent": change["percent"],
                    "verdict": change["verdict"],
                    "lsc_percent": None
                    if change["lsc"] is None or base is None
                    else 100.0 * change["lsc"] / base,
                    "half": None if se is None or base is None else 100.0 * Z_95 * se / base,
                }
            )
    return found


def _number(value: float) -> str:
    return f"{value:+.4f}"


def _span(term: Mapping[str, Any]) -> str:
    return f"{term['lo']:+.4f} to {term['hi']:+.4f}"


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004 - as journals print it
