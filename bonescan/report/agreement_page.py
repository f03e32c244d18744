"""The page of a method comparison, and its figures as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from bonescan import __version__
from bonescan.errors import EnvironmentFault
from bonescan.files.tables import write_atomically
from bonescan.i18n import _
from bonescan.stats.agreement_study import AgreementStudy, SiteAgreement

from .agreement.checklists import checklists
from .agreement.methods import REFERENCES_NOTE, methods_paragraphs, references
from .agreement.more_tables import across_tables, more_tables
from .agreement.number_tables import NumberTable, key_rows, site_tables
from .agreement.pictures import Drawing, flow_drawings, study_drawings
from .agreement.wording import estimate_words, method_words, place_words
from .environment import asset, content_policy, environment
from .figures.numbers import fixed
from .figures.standalone import standalone
from .print_style import print_style

PAGE, FIGURES = "agreement.html", "figures"
TABLES = ("agreement.json", "pairs.csv", "continuous.csv", "classes.csv", "strata.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One site on the page."""

    name: str
    drawings: Sequence[Drawing]
    tables: Sequence[NumberTable]
    more: Sequence[NumberTable]
    notes: Sequence[str]
    coloured: bool


def write_agreement_report(
    study: AgreementStudy, out: Path, *, pdf: bool = False, simulated: bool = False
) -> tuple[Path, ...]:
    """Write agreement.html and figures/*.svg into a folder.

    Parameters
    ----------
    study : AgreementStudy
    out : Path
        It exists; the tables that lie there already are linked.
    pdf : bool
        Write each figure as PDF too; needs the extra ``pdf``.
    simulated : bool
        Some of the data are made up: the page says so.

    Returns
    -------
    files : tuple of Path
        Everything written, the page first.

    Raises
    ------
    EnvironmentFault
        BS-E505 when PDF was asked for and its library is missing.
    """
    flows, drawings = flow_drawings(study), study_drawings(study)
    folder = out / FIGURES
    folder.mkdir(exist_ok=True)
    page = out / PAGE
    html = agreement_page(study, flows, drawings, _tables_in(out), simulated=simulated)
    write_atomically(page, html.encode("utf-8", "backslashreplace"))
    written = [page]
    for drawing in (*flows, *(d for of_site in drawings.values() for d in of_site)):
        text = standalone(drawing.svg)
        path = folder / f"{drawing.name}.svg"
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
        written.append(path)
        if pdf:
            path = folder / f"{drawing.name}.pdf"
            write_atomically(path, figure_pdf(text))
            written.append(path)
    return tuple(written)


def figure_pdf(svg_text: str) -> bytes:
    """Turn one standalone figure into a PDF page of its size, fonts embedded.

    Raises
    ------
    EnvironmentFault
        BS-E505 without weasyprint.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as fault:
        raise EnvironmentFault(
            "BS-E505",
            "figures as PDF need the library weasyprint and Pango "
            f"({type(fault).__name__}: {fault}).",
        ) from fault
    drawn = svg_text.split("\n", 1)[1]
    width, height = (
        drawn.split(f'{name}="', 1)[1].split('"', 1)[0] for name in ("width", "height")
    )
    style = f"<style>@page{{size:{width}px {height}px;margin:0}}body{{margin:0}}</style>"
    made: bytes = weasyprint.HTML(string=style + drawn).write_pdf()
    return made


def _tables_in(out: Path) -> list[str]:
    return [name for name in TABLES if (out / name).is_file()]


def agreement_page(
    study: AgreementStudy,
    flows: Sequence[Drawing],
    drawings: Mapping[str, Sequence[Drawing]],
    tables: Sequence[str] = (),
    *,
    simulated: bool = False,
) -> str:
    """Write the page: self-contained, readable without JavaScript, A4 in print.

    Parameters
    ----------
    study : AgreementStudy
    flows : sequence of Drawing
    drawings : mapping of str to sequence of Drawing
        By site.
    tables : sequence of str
        Files beside the page that are linked.
    simulated : bool
    """
    title = _title(study)
    styles = [asset("page.css"), asset("who.css"), asset("agreement.css"),
              print_style(__version__, title)]  # fmt: skip
    before = study.before_exclusions or {}
    return (
        environment()
        .get_template("agreement.html.j2")
        .render(
            study=study,
            title=title,
            version=__version__,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=_warnings(simulated=simulated),
            watermark=_("SIMULATED DATA") if simulated else "",
            tables=tables,
            key_rows=key_rows(study),
            class_rows=_class_rows(study),
            verdicts=[a.sentence for s in study.sites.values() for a in s.acceptable],
            flows=flows,
            source=Path(study.source).name,
            parts=[_part(s, drawings.get(name, ())) for name, s in study.sites.items()],
            before=[_part(site, ()) for site in before.values() if site.pairs.has_exclusions],
            methods=methods_paragraphs(study),
            references=references(study.settings),
            across=across_tables(study),
            references_note=REFERENCES_NOTE,
            checklists=checklists(study),
        )
    )


def _title(study: AgreementStudy) -> str:
    names = {(s.test_name, s.reference_name) for s in study.sites.values()}
    if len(names) != 1:
        return _("Agreement of two methods")
    test, reference = next(iter(names))
    return _("Agreement of %(test)s with %(reference)s") % {
        "test": method_words(test), "reference": method_words(reference),
    }  # fmt: skip


def _warnings(*, simulated: bool) -> list[tuple[str, str, str]]:
    if not simulated:
        return []
    words = _("Numbers from simulated exams test the software; they say nothing about the "
              "accuracy of any device or method in people.")  # fmt: skip
    return [("warn", _("Simulated data."), words)]


def _part(site: SiteAgreement, drawings: Sequence[Drawing]) -> _Part:
    notes = [str(words) for words in site.more.get("notes", ())]
    t_pairs = site.pairs.values.get("t")
    return _Part(
        name=place_words(site),
        drawings=drawings,
        tables=site_tables(site),
        more=more_tables(site),
        notes=[*site.pairs.notes, *(n for n in notes if n not in site.pairs.notes)],
        coloured=t_pairs is not None and not bool(np.isnan(t_pairs[0]).all()),
    )


def _class_rows(study: AgreementStudy) -> list[tuple[str, ...]]:
    rows = []
    for name, site in study.sites.items():
        before = (study.before_exclusions or {}).get(name)
        for words, found in ((_("after exclusions"), site), (_("all, before exclusions"), before)):
            if found is None or found.classes is None:
                continue
            c = found.classes
            shares = [("–" if v is None else fixed(v, 1)) for v in (c.a_percent, c.b_percent)]
            strict = estimate_words(c.agreement, 1, percent=True)
            rows.append((place_words(site), words, strict, *shares, estimate_words(c.kappa, 3)))
    return rows
