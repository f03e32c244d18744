"""The page of a referral packet."""

from __future__ import annotations

from markupsafe import Markup

from bonescan import __version__
from bonescan.files.fact_names import FACT_NAMES, FactKind
from bonescan.model.referral import PacketFact, PacketVisit, ReferralPacket

from .due_page import course_words, day_words
from .due_words import LANGUAGES, PACKET_WORDS, PAGE_WORDS, site_shown, value_shown, words
from .environment import asset, content_policy, environment
from .print_style import print_style

GAP = "–"


def packet_page(packet: ReferralPacket, lang: str) -> str:
    """Write the page.

    Parameters
    ----------
    packet : ReferralPacket
    lang : str
        "en" or "zh-TW".

    Returns
    -------
    html : str
    """
    i = LANGUAGES.index(lang)
    w = words(PAGE_WORDS, lang) | words(PACKET_WORDS, lang)
    title = f"{w['title']} {packet.patient_id}"
    styles = [asset("page.css"), asset("due.css"), print_style(__version__, title)]
    parts = [
        (w[name], [_fact(f, i, lang) for f in getattr(packet, name)])
        for name in ("fractures", "factors", "feeding", "drugs", "pain", "imaging")
    ]
    return (
        environment()
        .get_template("packet.html.j2")
        .render(
            w=w,
            lang="zh-Hant-TW" if lang == "zh-TW" else "en",
            title=title,
            version=__version__,
            styles=[Markup(s) for s in styles],
            policy=content_policy(tuple(styles)),
            packet=packet,
            on=day_words(packet.on, lang),
            age=GAP if packet.age_years is None else str(int(packet.age_years)),
            steps=[(s.day.isoformat(), s.label[i], s.who) for s in packet.steps],
            sex=GAP if packet.sex is None else value_shown(packet.sex, lang),
            status=GAP
            if packet.menopausal_status is None
            else value_shown(packet.menopausal_status, lang),
            visits=[_visit(v, lang) for v in packet.visits],
            parts=parts,
            followed=course_words(packet.followed),
            prompts=[(n.rule_id, n.text[i], n.source, n.evidence) for n in packet.prompts],
            safety=[(n.rule_id, n.text[i], n.source, n.evidence) for n in packet.safety],
            ask=[pair[i] for _name, pair in packet.ask],
        )
    )


def _fact(fact: PacketFact, i: int, lang: str) -> tuple[str, str, str, str]:
    day = GAP if fact.day is None else day_words(fact.day, lang)
    event = fact.value == "yes" and FACT_NAMES[fact.name].kind is FactKind.EVENT
    value = "" if event else value_shown(fact.value, lang)
    return day, fact.label[i], value, fact.source or ""


def _visit(visit: PacketVisit, lang: str) -> dict[str, str]:
    i = LANGUAGES.index(lang)
    change = ""
    if visit.change_percent is not None and visit.change_g_cm2 is not None:
        since = visit.change_since.isoformat() if visit.change_since else GAP
        change = f"{visit.change_g_cm2:+.3f} g/cm² ({visit.change_percent:+.1f} % / {since})"
        change = change.replace(" (-", " (−").replace("-0.", "−0.", 1)
    lsc = GAP if visit.lsc_percent is None else f"{visit.lsc_percent:g} %"
    return {
        "date": visit.exam_date.isoformat() if visit.exam_date else GAP,
        "technique": _technique(visit, lang),
        "device": visit.device or GAP,
        "site": site_shown(visit.site, lang),
        "bmd": GAP if visit.bmd_g_cm2 is None else f"{visit.bmd_g_cm2:.3f}",
        "z": _score(visit.z_score),
        "z_reference": value_shown(visit.z_reference or "", lang),
        "t": _score(visit.t_score),
        "t_reference": visit.t_reference or "",
        "lsc": f"{lsc} ({visit.lsc_note[i]})",
        "change": change,
        "note": visit.change_note[i],
    }


def _technique(visit: PacketVisit, lang: str) -> str:
    origin = value_shown(visit.origin, lang)
    return value_shown(visit.technique, lang) + (
        f"，{origin}" if lang == "zh-TW" else f" ({origin})"
    )


def _score(score: float | None) -> str:
    return GAP if score is None else f"{score:+.1f}".replace("-", "−")
