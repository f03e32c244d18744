"""Who was examined: the strip of facts at the head of the page."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.person import PersonAtExam
from bonescan.report.context import PersonContext, Section
from bonescan.report.figures.numbers import fixed
from bonescan.report.people_words import age_words, fracture_words, phase_words
from bonescan.report.words import NOTHING, sex_words, status_words


def build(context: PersonContext) -> Section:
    """Build the identity block; never a name or a birth date, which pages don't carry."""
    return Section(key="identity", title=_("Person"), data={"fields": _fields(context)})


def _fields(context: PersonContext) -> list[tuple[str, str]]:
    sexes = sorted({e.person.sex for e in context.exams if e.person.sex})
    fields = [(_("Sex"), ", ".join(map(sex_words, sexes)) or sex_words(None))]
    if not context.exams:
        return fields
    latest = context.exams[0]
    day = latest.exam.exam_date
    fields += [
        (_("Latest exam"), day.isoformat() if day else _("no date")),
        (_("Age at that exam"), age_words(latest.person)),
        *_menopause(latest.person),
        *_pregnancy(latest.person),
        *_size(latest.person),
        (_("Fragility fracture"), fracture_words(latest.person)),
    ]
    return fields


def _menopause(person: PersonAtExam) -> list[tuple[str, str]]:
    if person.sex == "M":
        return []
    return [(_("Menopausal status then"), status_words(person.menopausal_status))]


def _pregnancy(person: PersonAtExam) -> list[tuple[str, str]]:
    phase = phase_words(person)
    return [] if phase == NOTHING else [(_("Pregnancy"), phase)]


def _size(person: PersonAtExam) -> list[tuple[str, str]]:
    parts = []
    if person.height_cm is not None:
        parts.append(_("%s cm") % fixed(person.height_cm, 1))
    if person.weight_kg is not None:
        parts.append(_("%s kg") % fixed(person.weight_kg, 1))
    if person.bmi_kg_m2 is not None:
        parts.append(_("BMI %s") % fixed(person.bmi_kg_m2, 1))
    return [(_("Height, weight, BMI"), ", ".join(parts))] if parts else []
