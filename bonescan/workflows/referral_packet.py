"""The packet of a referral to a Fracture Liaison Service: what is known, on one page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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
from bonescan.model.page import PageRow, PersonPage
from bonescan.model.referral import PacketFact, PacketStep, ReferralPacket

from .due_people import due_people_with_pages
from .packet_visits import packet_visits

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
        visits=packet_visits(rows),
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
