"""One page a person: sections in their order, each built from the same context."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.model.page import PersonPage, StudyPage

from .context import PersonContext, Section
from .environment import asset, content_policy, environment
from .print_style import print_style
from .references import References
from .sections import (
    composition,
    course,
    exams,
    hips,
    identity,
    measurements,
    method,
    notes,
    pictures,
    plots,
    problems,
    quality,
    reading,
    result,
    unproven,
    vertebrae,
)
from .visits import is_not_for_any_use, is_simulated

SECTIONS: tuple[Callable[[PersonContext], Section | None], ...] = (
    identity.build,
    result.build,
    plots.build,
    measurements.build,
    vertebrae.build,
    hips.build,
    course.build,
    unproven.build,
    notes.build,
    pictures.build,
    composition.build,
    quality.build,
    exams.build,
    problems.build,
    method.build,
    reading.build,
)


def person_page(person: PersonPage, study: StudyPage, references: References) -> str:
    """Write the page of one person.

    Parameters
    ----------
    person : PersonPage
        Any mix of exams, also none with numbers.
    study : StudyPage
        For the model, the settings and the words of the flags.
    references : References
        What the reference ids stand for.

    Returns
    -------
    html : str
        Self-contained; the style sheet holds WHO colours only where a WHO
        class stands on the page.
    """
    context = PersonContext.of(person, study, references)
    sections = [s for build in SECTIONS if (s := build(context)) is not None]
    styles = [asset("page.css"), print_style(study.version, person.patient_id)]
    if context.uses_who:
        styles.insert(1, asset("who.css"))
    return (
        environment()
        .get_template("person.html.j2")
        .render(
            person=person,
            study=study,
            sections=sections,
            version=study.version,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=warnings([person]),
            watermark=_("NOT FOR ANY USE") if is_not_for_any_use(person) else "",
        )
    )


def warnings(people: list[PersonPage]) -> list[tuple[str, str, str]]:
    """Say what must be seen before anything else: (style, bold words, words)."""
    found = []
    if any(map(is_not_for_any_use, people)):
        found.append(
            (
                "warn",
                _("Not for any use."),
                _(
                    "A model trained on simulated ultrasound was applied to a real exam. Its "
                    "number says nothing about a person."
                ),
            )
        )
    if any(map(is_simulated, people)):
        found.append(
            (
                "warn",
                _("Simulated data."),
                _(
                    "Exams or the ultrasound model behind these results were made by a simulator; "
                    "they show how the pipeline works and nothing else."
                ),
            )
        )
    return found
