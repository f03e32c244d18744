"""The page of one woman of a pregnancy study: self-contained, no scripts, A4 in print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from bonescan import __version__
from bonescan.model.change import Change, SeriesPoint
from bonescan.model.exam import Device
from bonescan.model.pop_page import PopFracture, PopPart, PopSeries, PopSheet, PopValue, PopVisit

from .due_page import GAP, day_words
from .environment import asset, content_policy, environment
from .figures.numbers import fixed
from .figures.pop_woman import pop_course, pop_timeline, weeks_axis
from .pop_words import (
    FLAGS,
    LANGUAGES,
    ORIGINS,
    STATES,
    TECHNIQUES_ZH,
    TRAUMA,
    VERDICTS,
    page_words,
    sentence,
    site_words,
)
from .print_style import print_style

AT_ZH = (
    (" after delivery", "（產後）"),
    (" before delivery", "（產前）"),
    (" after weaning", "（斷奶後）"),
    (" before weaning", "（斷奶前）"),
)
MISSING_STATES = frozenset({"missing", "due", "cannot-be-judged"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The language and its words."""

    lang: str
    i: int
    w: dict[str, str]

    def day(self, day: date | None) -> str:
        return GAP if day is None else day.isoformat()

    def number(self, value: float | None, decimals: int) -> str:
        return GAP if value is None else fixed(value, decimals)


def pop_page(sheet: PopSheet, lang: str) -> str:
    """Write the page.

    Parameters
    ----------
    sheet : PopSheet
    lang : {"en", "zh-TW"}

    Returns
    -------
    html : str
    """
    w = page_words(lang)
    p = _Page(lang=lang, i=LANGUAGES.index(lang), w=w)
    title = f"{w['title_loss' if sheet.after_loss else 'title']}{w['colon']}{sheet.patient_id}"
    styles = [asset("page.css"), asset("due.css"), asset("guidance.css"), asset("pop_woman.css"),
              print_style(__version__, sheet.patient_id, w["footer"])]  # fmt: skip
    counts = Counter(f["state"] for f in sheet.factors)
    return (
        environment()
        .get_template("pop_woman.html.j2")
        .render(
            w=w,
            text="zh" if p.i else "en",
            title=title,
            version=__version__,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=[("warn", w["simulated"], "")] if sheet.simulated else [],
            watermark="",
            sheet=sheet,
            on=day_words(sheet.on, lang),
            head=_head(sheet, p),
            parts=[_part(part, sheet, p, n) for n, part in enumerate(sheet.parts)],
            fractures=[_fracture(f, p) for f in sheet.fractures],
            factors=[_factor(f, p) for f in sheet.factors],
            counts=[(w[s], counts.get(s, 0)) for s in ("present", "absent", "unknown")],
            prompts=[_prompt(x, p) for x in sheet.prompts],
            safety=[_prompt(x, p) for x in sheet.safety],
            answers=_answers(sheet, p),
            missing=[pair[p.i] for pair in sheet.missing],
            visits_missing=_visits_missing(sheet, p),
            stray=", ".join(d.isoformat() for d in sheet.stray),
            remarks=[sentence(r, lang) for r in sheet.remarks],
        )
    )


def _head(sheet: PopSheet, p: _Page) -> list[tuple[str, str]]:
    w = p.w
    found = []
    if not sheet.after_loss:
        found.append((w["protocol"], sheet.protocol_title[p.i]))
    found += [
        (w["centre"], sheet.centre or GAP),
        (w["consent"], day_words(sheet.consent, p.lang)),
    ]
    if sheet.withdrawn is not None:
        found.append((w["withdrawn"], day_words(sheet.withdrawn, p.lang)))
    return found


def _part(part: PopPart, sheet: PopSheet, p: _Page, number: int) -> dict[str, Any]:
    w = p.w
    axis = weeks_axis(part, sheet.on)
    n = len(sheet.parts) - number
    dates = [(w["start"], day_words(part.start, p.lang) if part.start else w["undated"])]
    dates += [
        (w[name], day_words(day, p.lang))
        for name, day in (
            ("delivery", part.delivery),
            ("loss", part.loss),
            ("weaning", part.weaning),
        )
        if day is not None
    ]
    if part.today:
        dates.append((w["week_today"], part.today))
    figures = []
    for series in part.series:
        name = _series_name(series, p)
        figures.append(
            {
                "name": name,
                "svg": None if axis is None else pop_course(series, part, axis, sheet.on, w, name),
                "notes": _series_notes(series, p),
                "rows": [_value(v, p) for v in series.values],
                "style_rows": [_beside(v.point, p) for v in series.values]
                if series.technique == "REMS-style"
                else [],
            }
        )
    return {
        "number": n,
        "heading": f"{w['pregnancy']} {n}" if len(sheet.parts) > 1 else w["pregnancy"],
        "dates": dates,
        "timeline": None
        if axis is None or not part.visits
        else pop_timeline(part, axis, sheet.on, w),
        "visits": [_visit(v, p) for v in part.visits],
        "figures": figures,
        "shows_changes": bool(part.changes) or (part.loss is None and not sheet.after_loss),
        "changes": [_change(v, c, p) for v, c in part.changes],
        "base_note": w["base_note_loss" if sheet.after_loss or part.loss else "base_note"],
    }


def _visit(visit: PopVisit, p: _Page) -> dict[str, Any]:
    to = p.w["to"]
    ideal = allowed = GAP
    if visit.ideal is not None:
        first, last = visit.ideal
        ideal = p.day(first) if first == last else f"{p.day(first)}{to}{p.day(last)}"
    if visit.allowed is not None:
        begin, end = visit.allowed
        allowed = f"{p.day(begin)}{to}{p.w['until_birth'] if end is None else p.day(end)}"
    why = [sentence(visit.reason, p.lang)] if visit.reason else []
    if visit.outside:
        days = ", ".join(d.isoformat() for d in visit.outside)
        why.append(f"{STATES['out-of-protocol'][p.i]}{p.w['colon']}{days}")
    at = visit.at
    if p.i:
        for english, chinese in AT_ZH:
            at = at.replace(english, chinese)
    return {
        "name": visit.name,
        "title": visit.title[p.i],
        "state": STATES.get(visit.state, (visit.state, visit.state))[p.i],
        "style": visit.state,
        "ideal": ideal,
        "allowed": allowed,
        "seen": ", ".join(d.isoformat() for d in visit.scans) or GAP,
        "at": at or GAP,
        "why": p.w["semicolon"].join(why),
    }


def _visits_missing(sheet: PopSheet, p: _Page) -> list[str]:
    """Name the visits of every pregnancy that are due, were missed or can't be judged."""
    if sheet.after_loss or sheet.withdrawn is not None:
        return []
    found = []
    for part in sheet.parts:
        for visit in part.visits:
            if visit.state in MISSING_STATES:
                shown = _visit(visit, p)
                why = f"{p.w['semicolon']}{shown['why']}" if shown["why"] else ""
                name = f"{visit.name} ({shown['title']})"
                found.append(f"{name}{p.w['colon']}{shown['state']}{why}")
    return found


def _series_name(series: PopSeries, p: _Page) -> str:
    technique = series.technique
    if p.i:
        technique = TECHNIQUES_ZH.get(technique, technique)
    origin = ORIGINS.get(series.origin, (series.origin, series.origin))[p.i]
    return f"{site_words(series.site, p.lang)} · {technique} · {origin}"


def _series_notes(series: PopSeries, p: _Page) -> list[str]:
    w, notes = p.w, []
    if series.lsc_g_cm2 is None and all(v.half_g_cm2 is None for v in series.values):
        notes.append(w["no_precision"])
    else:
        kind = w["own" if series.basis_is_own else "published"]
        lsc = "" if series.lsc_g_cm2 is None else f"LSC {fixed(series.lsc_g_cm2, 4)} g/cm²"
        told = series.basis.removesuffix("; not measured at this site")
        source = f"{told} ({kind})" if told != kind else kind
        notes.append(f"{w['basis']}{w['colon']}{source}{w['semicolon'] if lsc else ''}{lsc}")
        notes.append(w["bars"])
    if series.expected is not None:
        e = series.expected
        notes.append(
            f"{w['expected']}{w['colon']}{fixed(e.mean_percent, 1)} ± {fixed(e.sd_percent, 1)} %, "
            f"{e.source}{w['semicolon']}{w['expected_note']}"
        )
    return notes


def _value(value: PopValue, p: _Page) -> dict[str, str]:
    point, half = value.point, value.half_g_cm2
    interval = GAP
    if half is not None:
        interval = (
            f"{fixed(point.bmd_g_cm2 - half, 3)}{p.w['to']}{fixed(point.bmd_g_cm2 + half, 3)}"
        )
    averaged = f"{point.n_scans} {p.w['scans']}" if point.n_scans > 1 else ""
    return {
        "visit": value.visit,
        "day": p.day(point.day),
        "at": value.at,
        "bmd": fixed(point.bmd_g_cm2, 3),
        "averaged": averaged,
        "interval": interval,
        "device": _device(point.device),
        "weight": p.number(point.weight_kg, 1),
        "flags": _flags(point.flags, p),
    }


def _beside(point: SeriesPoint, p: _Page) -> dict[str, str]:
    return {
        "depth": p.number(point.depth_mm, 1),
        "attenuation": p.number(point.attenuation_db_cm_mhz, 2),
        "uncorrected": p.number(point.bmd_uncorrected_g_cm2, 3),
    }


def _device(device: Device) -> str:
    name = " ".join(x for x in (device.manufacturer, device.model) if x) or GAP
    return f"{name} {device.serial}" if device.serial else name


def _flags(flags: Sequence[str], p: _Page) -> str:
    said = (FLAGS.get(f, (f, f))[p.i] for f in flags)
    return p.w["semicolon"].join(s for s in said if s)


def _change(visit: str, change: Change, p: _Page) -> dict[str, str]:
    w = p.w
    why = [sentence(r, p.lang) for r in change.reasons]
    if change.percent_uncorrected is not None:
        why.append(f"{w['without_correction']} {fixed(change.percent_uncorrected, 1)} %")
    if change.cross_calibration:
        why.append(change.cross_calibration)
    flags = _flags(change.flags, p)
    if flags:
        why.append(flags)
    basis = GAP
    if change.basis is not None:
        basis = w["own" if change.basis.is_own else "published"]
        if change.basis.error_g_cm2 is None:
            basis = GAP
    percent = p.number(change.percent, 1)
    low = high = None
    if change.percent_interval is not None:
        low, high = change.percent_interval.lo, change.percent_interval.hi
    interval = "" if low is None or high is None else f"{fixed(low, 1)}{w['to']}{fixed(high, 1)} %"
    return {
        "visit": visit,
        "site": site_words(change.follow_up.site, p.lang),
        "technique": str(change.follow_up.technique),
        "day": p.day(change.follow_up.day),
        "change": p.number(change.difference_g_cm2, 4),
        "percent": percent if percent == GAP else f"{percent} %",
        "interval": interval,
        "lsc": p.number(change.lsc_g_cm2, 4),
        "verdict": VERDICTS[str(change.verdict)][p.i],
        "style": str(change.verdict),
        "basis": basis,
        "why": w["semicolon"].join(why),
    }


def _fracture(fracture: PopFracture, p: _Page) -> dict[str, str]:
    return {
        "day": p.day(fracture.day),
        "site": site_words(fracture.site, p.lang),
        "trauma": TRAUMA.get(fracture.trauma, (fracture.trauma, fracture.trauma))[p.i],
        "imaging": fracture.imaging or GAP,
        "adjudicated": fracture.adjudicated or GAP,
        "near": fracture.near or GAP,
    }


def _factor(factor: Mapping[str, Any], p: _Page) -> dict[str, str]:
    text = "zh" if p.i else "en"
    return {
        "id": factor["id"],
        "text": factor[text],
        "note": factor["note_" + text],
        "state": p.w[factor["state"]],
        "style": factor["state"],
    }


def _prompt(prompt: Mapping[str, Any], p: _Page) -> dict[str, Any]:
    text, end = ("zh", "_zh") if p.i else ("en", "")
    return {
        "id": prompt["rule_id"],
        "text": prompt[text],
        "conflicts": prompt["conflicts_" + text],
        "evidence": prompt["evidence"],
        "source": prompt["source" + end],
        "why": p.w["semicolon"].join(prompt["reasons" + end]),
        "safety": ", ".join(prompt["safety_ids"]),
    }


def _answers(sheet: PopSheet, p: _Page) -> list[tuple[str, list[tuple[str, str, str]]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for answer in sheet.answers:
        row = (answer.text[p.i], answer.value[p.i], p.day(answer.day))
        found.setdefault(sheet.sections[answer.section][p.i], []).append(row)
    return list(found.items())
