"""The packet of a referral to a Fracture Liaison Service: what is known, on one page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.fact_names import FACT_NAMES
from bonescan.files.tables import write_atomically
from bonescan.guidance.due import due_of
from bonescan.guidance.due_referral import WORDS, open_referral, referral_steps
from bonescan.guidance.due_rules import rule_notes
from bonescan.guidance.evaluate import evaluate
from bonescan.guidance.load import RuleBook, load_rules
from bonescan.model.due import DuePerson, Pair, RuleNote
from bonescan.model.exam import Device
from bonescan.model.page import PageRow, PersonPage
from bonescan.model.referral import PacketFact, PacketStep, PacketVisit, ReferralPacket
from bonescan.model.vocabulary import Technique

from .due_people import due_people_with_pages

TOPICS = ("fls", "plo", "plo-risk", "follow-up")
FRACTURES = ("fragility_fracture", "other_fracture")
FEEDING = ("pregnancy", "pregnancy_last_period", "due_date", "delivery", "pregnancy_loss",
           "multiplicity", "parity", "feeding", "weaning", "periods_returned",
           "prepregnancy_weight_kg")  # fmt: skip
DRUGS = ("drug_start", "drug_dose", "drug_stop")
PAIN = ("back_pain", "bone_pain")
IMAGING = ("spine_imaging",)
FACTORS = ("menopause", "menopause_age_years", "parent_hip_fracture", "family_osteoporosis",
           "smoking", "alcohol_units_week", "calcium_intake_mg_day", "vitamin_d_ng_ml", "cancer",
           "disease", "high_risk_pregnancy", "falls_12_months", "fall_with_injury")  # fmt: skip

# Least significant change in percent where the site has no precision study of its own: 2.77 times
# the largest precision error ISCD accepts (spine 1.9, total hip 1.8, neck 2.5 %; ISCD official
# positions 2019), and for REMS 2.77 times 1.93 % (Amorim 2021, neck, between operators).
DXA_LSC_PERCENT = {"L": 5.3, "total-hip": 5.0, "femoral-neck": 6.9}
REMS_LSC_PERCENT = 5.35
FALLBACK: Pair = ("fallback, not measured at this site", "通用值，非本院測得")
NO_STUDY: Pair = ("no precision study", "無精密度研究")
REACHED: Pair = ("reaches the LSC", "已達最小顯著變化")
NOT_REACHED: Pair = ("not shown to have changed", "未達最小顯著變化")
UNJUDGED: Pair = ("not judged: no LSC", "無法判斷：無最小顯著變化值")
NO_SERIAL: Pair = ("not comparable: no serial number of the device", "無法比較：缺儀器序號")


def referral_packet(out: Path, patient_id: str, on: date) -> ReferralPacket:
    """Gather the packet of one person.

    Parameters
    ----------
    out : Path
        Result folder of `bonescan run`.
    patient_id : str
        Pseudonym as in patients.csv.
    on : date
        Facts and exams after it say nothing.

    Raises
    ------
    UsageError
        BS-E305; BS-E402: nobody of that name is there; BS-E405: her identity is
        in doubt, or she withdrew or died.
    """
    people = due_people_with_pages(out, on)
    found = next((p for p in people if p[0].patient_id == patient_id), None)
    if found is None:
        raise UsageError("BS-E402", f"found no {patient_id} among {len(people)} people.", file=out)
    person, page = found
    book = load_rules()
    due = due_of(person, book)
    if person.identity_in_doubt or due is None:
        what = "an identity in doubt" if due is not None else "a withdrawal or a death"
        raise UsageError("BS-E405", f"found {what} recorded for {patient_id}, wanted neither.")
    steps = referral_steps(person)
    prompts, safety, ask = _guidance(person, book)
    values = person.sheet.values
    age = values.get("age_years")
    rows = [r for r in _rows(page) if r.exam.exam_date is None or r.exam.exam_date <= on]
    return ReferralPacket(
        patient_id=patient_id,
        on=on,
        sex=_text(values.get("sex")),
        age_years=float(age) if isinstance(age, int | float) else None,
        menopausal_status=_text(values.get("menopausal_status")),
        steps=tuple(
            PacketStep(day=s.day, state=s.state.removeprefix("fls_"), label=WORDS[s.state],
                       who=s.who)
            for s in steps
        ),
        is_open=bool(open_referral(steps)),
        visits=_visits(rows),
        fractures=_facts(person, FRACTURES),
        factors=_facts(person, FACTORS),
        feeding=_facts(person, FEEDING),
        drugs=_facts(person, DRUGS),
        pain=_facts(person, PAIN),
        imaging=_facts(person, IMAGING),
        followed=due.followed,
        prompts=prompts,
        safety=safety,
        ask=ask,
        simulated=any(r.exam.simulated for r in rows),
    )  # fmt: skip


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _rows(page: PersonPage | None) -> Sequence[PageRow]:
    return () if page is None else page.rows


_Notes = tuple[RuleNote, ...]


def _guidance(
    person: DuePerson, book: RuleBook
) -> tuple[_Notes, _Notes, tuple[tuple[str, Pair], ...]]:
    found = evaluate(person.sheet, book, topics=TOPICS)
    prompts = rule_notes((p.rule_id for p in found.prompts), book)
    safety = rule_notes((p.rule_id for p in found.safety), book)
    names = dict.fromkeys(n for p in found.unknown for n in p.missing)
    ask = tuple((n, (book.facts[n].ask_en, book.facts[n].ask_zh)) for n in names)
    return tuple(prompts.values()), tuple(safety.values()), ask


def _facts(person: DuePerson, names: Iterable[str]) -> tuple[PacketFact, ...]:
    """List what is recorded of these facts, by day; a due date may lie ahead."""
    wanted = tuple(names)
    found = [
        PacketFact(
            name=f.fact,
            label=(f.fact.replace("_", " "), FACT_NAMES[f.fact].name_zh or f.fact),
            day=f.date,
            value=f.value,
            source=f.source,
        )
        for f in person.facts
        if f.fact in wanted and (f.date is None or f.date <= person.on or f.fact == "due_date")
    ]
    return tuple(sorted(found, key=lambda f: (f.day or date.min, wanted.index(f.name), f.value)))


# ------------------------------------------------------------------ visits


def _visits(rows: Sequence[PageRow]) -> tuple[PacketVisit, ...]:
    """List visits, oldest first, each held against the one before on the same device and site."""
    before: dict[tuple[object, ...], PacketVisit] = {}
    shown = []
    for row in sorted(rows, key=_row_order):
        visit = _visit(row)
        key = _series(row)
        if key is not None and key in before:
            visit = _with_change(visit, before[key])
        elif key is None:
            visit = replace(visit, change_note=NO_SERIAL)
        if key is not None and visit.bmd_g_cm2 is not None and visit.exam_date is not None:
            before[key] = visit
        shown.append(visit)
    return tuple(shown)


def _row_order(row: PageRow) -> tuple[date, str, str]:
    m = row.labelled.measurement
    return (row.exam.exam_date or date.min, m.site, str(m.technique))


def _visit(row: PageRow) -> PacketVisit:
    m, s = row.labelled.measurement, row.labelled.scores
    lsc, note = _lsc(m.technique, m.site)
    shows_t = row.labelled.verdict.shows_t and m.scores_allowed
    z = s.z_label if s.z_label is not None else m.reported_z_score
    t = s.t_label if s.t_label is not None else m.reported_t_score
    return PacketVisit(
        exam_date=row.exam.exam_date,
        technique=str(m.technique),
        origin=str(m.origin),
        device=_device(row.device),
        site=m.site,
        bmd_g_cm2=m.bmd_g_cm2,
        z_score=z if m.scores_allowed else None,
        z_reference=s.z_reference_id if s.z_label is not None else _printed(m.reported_z_score),
        t_score=t if shows_t else None,
        t_reference=(s.reference_id if s.t_label is not None else m.reported_reference)
        if shows_t
        else None,
        lsc_percent=lsc,
        lsc_note=note,
        flags=tuple(dict.fromkeys((*m.flags, *s.flags))),
    )


def _printed(score: float | None) -> str | None:
    return None if score is None else "as printed by the device"


def _device(device: Device) -> str:
    parts = (device.manufacturer, device.model, device.serial)
    return " ".join(p for p in parts if p)


def _lsc(technique: Technique, site: str) -> tuple[float | None, Pair]:
    if technique is Technique.REMS:
        return REMS_LSC_PERCENT, FALLBACK
    if technique is Technique.REMS_STYLE:
        return None, NO_STUDY
    found = next((v for start, v in DXA_LSC_PERCENT.items() if site.startswith(start)), None)
    return found, NO_STUDY if found is None else FALLBACK


def _series(row: PageRow) -> tuple[object, ...] | None:
    """Name what has to be the same for a change to mean anything; None: nobody can tell."""
    m, d = row.labelled.measurement, row.device
    if not d.serial:
        return None
    return (m.technique, m.origin, m.site, m.vertebrae_used, m.model_id, d.manufacturer, d.model,
            d.serial)  # fmt: skip


def _with_change(visit: PacketVisit, before: PacketVisit) -> PacketVisit:
    if visit.bmd_g_cm2 is None or before.bmd_g_cm2 is None or visit.exam_date == before.exam_date:
        return visit
    change = visit.bmd_g_cm2 - before.bmd_g_cm2
    percent = 100.0 * change / before.bmd_g_cm2
    note = UNJUDGED
    if visit.lsc_percent is not None:
        note = REACHED if abs(percent) >= visit.lsc_percent else NOT_REACHED
    return replace(visit, change_g_cm2=change, change_percent=percent,
                   change_since=before.exam_date, change_note=note)  # fmt: skip


# ------------------------------------------------------------------ out


def packet_text(packet: ReferralPacket, lang: str) -> str:
    """Say in a few lines what the packet holds."""
    from bonescan.report.due_words import LANGUAGES, PACKET_WORDS, words

    w, i = words(PACKET_WORDS, lang), LANGUAGES.index(lang)
    lines = [f"{w['title']}  {packet.patient_id}  {packet.on.isoformat()}", w["consider"], ""]
    steps = [f"{s.day.isoformat()} {s.label[i]} ({s.who})" for s in packet.steps]
    lines += [f"{w['state_of']}: {'; '.join(steps) or w['none_raised']}"]
    for name in ("visits", "fractures", "factors", "feeding", "drugs", "pain", "imaging"):
        lines.append(f"{w[name]}: {len(getattr(packet, name))}")
    lines += [f"{n.rule_id}  {n.text[i]}" for n in packet.prompts]
    return "\n".join(lines)


def write_packet(packet: ReferralPacket, path: Path, lang: str) -> tuple[Path, ...]:
    """Write the page, and its numbers as JSON beside it.

    Raises
    ------
    EnvironmentFault
        BS-E501 when it can't be written.
    """
    from bonescan.report.packet_page import packet_page

    beside = path.with_suffix(".json")
    document = json.dumps(packet.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, packet_page(packet, lang).encode("utf-8", "backslashreplace"))
        write_atomically(beside, document.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the packet can't be written: {error.strerror}.", file=path
        ) from error
    return path, beside
