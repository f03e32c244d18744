"""How to read this: short definitions of what stands on the page, and of nothing else."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.vocabulary import Origin, Technique
from bonescan.report.context import PersonContext, Section
from bonescan.report.references import evidence_words

Entry = tuple[str, str, str]  # term, meaning, source


def build(context: PersonContext) -> Section | None:
    """Build the definitions of what stands on the page; None when nothing does."""
    entries = _density(context) + _scores(context) + _classes(context) + _techniques(context)
    if not entries:
        return None
    return Section(key="reading", title=_("How to read this"), data={"entries": entries})


def _density(context: PersonContext) -> list[Entry]:
    if not context.person.rows:
        return []
    return [
        (
            _("BMD ± u"),
            _(
                "Areal bone mineral density in g/cm². u is its standard uncertainty where known: "
                "about two thirds of repeats would fall within ± u."
            ),
            _("JCGM 100:2008"),
        )
    ]


def _scores(context: PersonContext) -> list[Entry]:
    if not context.person.rows:
        return []
    entries: list[Entry] = []
    rows = context.person.rows
    if any(visit.shows_t for visit in context.visits):
        entries.append(
            (
                _("T-score"),
                _(
                    "How many standard deviations the BMD lies above (+) or below (−) the mean of "
                    "young adults of the reference named beside it."
                ),
                _("ISCD Adult Official Positions 2023"),
            )
        )
    entries.append(
        (
            _("Z-score"),
            _(
                "The same against people of the same age and sex. A Z-score is computed only where "
                "a reference fits device, site and sex."
            ),
            _("ISCD Adult Official Positions 2023"),
        )
    )
    if any(r.labelled.scores.reference_id or r.labelled.scores.z_reference_id for r in rows):
        marks = "; ".join(evidence_words(mark) for mark in ("S", "M", "D"))
        entries.append((_("Marks beside a reference"), f"{marks}.", ""))
    if any(row.labelled.verdict.score_used for row in context.person.rows):
        entries.append(
            (
                _("The number in bold"),
                _("gave the class, rounded to one decimal before it was compared."),
                "",
            )
        )
    return entries


def _classes(context: PersonContext) -> list[Entry]:
    entries: list[Entry] = []
    if context.uses_who:
        entries.append(
            (
                _("WHO classes"),
                _(
                    "Normal: T −1.0 or higher. Osteopenia: below −1.0 and above −2.5. "
                    "Osteoporosis: −2.5 or lower. For women after menopause and men from 50; one "
                    "class a person and technique, from the lowest site that may label."
                ),
                _("WHO Technical Report 843, 1994; ISCD Adult Official Positions 2023"),
            )
        )
    if context.uses_z:
        entries.append(
            (
                _("Expected range for age"),
                _(
                    "Before menopause, in pregnancy and lactation, and in men under 50 the Z-score "
                    "is judged: −2.0 or lower is below the expected range, above is within it. "
                    "Within does not mean that bone is strong: it does not exclude fragility."
                ),
                _("ISCD Adult Official Positions 2023"),
            )
        )
    return entries


def _techniques(context: PersonContext) -> list[Entry]:
    entries: list[Entry] = []
    measured = [row.labelled.measurement for row in context.person.rows]
    if any(m.technique == Technique.REMS_STYLE for m in measured):
        entries.append(
            (
                _("REMS-style"),
                _(
                    "An open estimate of BMD from ultrasound, made by rems-style-open/1. It is not "
                    "the REMS of any maker, and is never compared with one as if it were."
                ),
                "",
            )
        )
    if any(m.origin == Origin.REPORTED for m in measured):
        entries.append(
            (
                _("Printed by the device"),
                _("The densitometer's own number, as it stands in the file."),
                "",
            )
        )
    return entries
