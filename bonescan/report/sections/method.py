"""Which references, model and settings the numbers rest on."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.vocabulary import Technique
from bonescan.report.context import PersonContext, Section
from bonescan.report.references import References
from bonescan.report.visits import shows_t


def build(context: PersonContext) -> Section:
    """Build the list of references and the model; always there."""
    rows = [row.labelled for visit in context.visits for row in visit.rows]
    t_ids = {r.scores.reference_id for r in rows if shows_t(r)}
    z_ids = {r.scores.z_reference_id for r in rows}
    refs = context.references
    models = {r.measurement.model_id for r in rows}
    uses_style = any(r.measurement.technique == Technique.REMS_STYLE for r in rows)
    data = {
        "t_references": [_entry(refs, i) for i in sorted(filter(None, t_ids))],
        "z_references": [_entry(refs, i) for i in sorted(filter(None, z_ids))],
        "models": sorted(filter(None, models)),
        "model_text": context.study.model_text if uses_style else "",
        "settings": context.study.settings_text,
    }
    return Section(key="method", title=_("References, model and settings"), data=data)


def _entry(references: References, reference_id: str) -> tuple[str, str, str]:
    return (
        reference_id,
        references.population(reference_id),
        references.citation(reference_id),
    )
