"""The page of phantom control charts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bonescan import __version__
from bonescan.files.tables import write_atomically
from bonescan.i18n import _
from bonescan.model.qc_study import QcStretch, QcStudy

from .environment import asset, content_policy, environment
from .figures.control_chart import control_chart, cusum_chart, same_days
from .print_style import print_style

MOST_ROWS = 60  # of broken rules; the table of scans has all
NOTHING = "–"


def write_qc_page(path: Path, study: QcStudy) -> None:
    """Write the page; it appears whole or not at all."""
    write_atomically(path, qc_page(study).encode("utf-8", "backslashreplace"))


def qc_page(study: QcStudy) -> str:
    """Write the page: self-contained, readable without JavaScript; same study, same text."""
    title = _("Phantom control charts: %s") % study.source
    styles = [asset("page.css"), asset("qc.css"), print_style(__version__, title)]
    parts = groupby(study.stretches, key=lambda s: (s.device, s.phantom))
    return (
        environment()
        .get_template("qc.html.j2")
        .render(
            title=title,
            version=__version__,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=[],
            watermark="",
            devices=[_device(key, list(own), study.unit) for key, own in parts],
        )
    )


def _device(key: tuple[str, str], stretches: Sequence[QcStretch], unit: str) -> dict[str, Any]:
    latest = stretches[-1]
    name = ", ".join(part for part in key if part) or _("All scans")
    broken = [v for s in stretches for v in s.violations]
    return {
        "name": name,
        "state": latest.state,
        "state_words": _states()[latest.state],
        "since": _since(latest),
        "notes": [_("From %(day)s: %(reason)s.") % {"day": s.first, "reason": s.reason}
                  for s in stretches if s.reason],
        "chart": control_chart(
            stretches, title=_("Phantom scans of %s") % name,
            description=_("Value of each scan by day, with baseline, limits and services."),
        ),
        "cusum": cusum_chart(
            stretches, title=_("Cumulative sums of %s") % name,
            description=_("Upper and lower cumulative sum by day, limits at 5 SD."),
        ),
        "changes": [
            (c.signalled.isoformat(), f"{c.after} – {c.first_changed}", _value(c.new_mean, unit),
             f"{c.percent:+.2f} %")
            for s in stretches for c in s.changes
        ],
        "violations": [
            (same_days(v.first, v.last), v.rule, v.meaning, v.side, _value(v.value, unit))
            for v in broken[:MOST_ROWS]
        ],
        "n_more": max(len(broken) - MOST_ROWS, 0),
        "baselines": [_baseline(s, unit) for s in stretches],
    }  # fmt: skip


def _states() -> dict[str, str]:
    return {
        "in-control": _("In control"),
        "warning": _("In control, with a warning"),
        "out-of-control": _("Out of control"),
        "baseline-only": _("Baseline complete, no scan after it"),
        "no-baseline": _("Not judged: no baseline"),
    }


def _since(stretch: QcStretch) -> str:
    grave = [v for v in stretch.violations if v.rule != "4-same-side"]
    if not grave:
        return ""
    now = _("still so at the last scan") if stretch.is_out_now else _("not so at the last scan")
    return _("first on %(day)s by %(rule)s, %(now)s") % {
        "day": grave[0].first, "rule": grave[0].rule, "now": now,
    }  # fmt: skip


def _baseline(stretch: QcStretch, unit: str) -> tuple[str, ...]:
    days = same_days(stretch.first, stretch.last)
    base = stretch.baseline
    words = f"{days} ({stretch.service})" if stretch.service else days
    if base is None:
        return (words, stretch.reason, *(NOTHING,) * 7)
    return (
        words,
        f"{base.kind}, {same_days(base.first, base.last)}, n = {base.n}",
        _value(base.mean, unit),
        f"{base.sd:.4f}",
        f"{base.cv_percent:.2f} %",
        f"{base.lower:.4g} – {base.upper:.4g}",
        *(_verdict(word) for word in (stretch.exam_rule, stretch.westgard, stretch.cusum)),
    )


def _verdict(word: str) -> str:
    return {"in": _("in"), "out": _("out")}.get(word, NOTHING)


def _value(value: float, unit: str) -> str:
    return f"{value:.4f} {unit}".strip()
