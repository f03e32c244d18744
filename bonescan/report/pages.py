"""Write the pages of a result folder: index.html and one page a person."""

from __future__ import annotations

from pathlib import Path

from bonescan.files.tables import write_atomically
from bonescan.model.page import StudyPage
from bonescan.norms.load import load_norms

from .index_page import index_page
from .page_file import page_file
from .person_page import person_page
from .references import References

INDEX, PEOPLE = "index.html", "patients"
OUR_MARK = b'<meta name="generator" content="bonescan '
HEAD_BYTES = 4096


def write_pages(out: Path, study: StudyPage) -> None:
    """Write OUT/index.html and OUT/patients/<name>.html.

    Parameters
    ----------
    out : Path
        The result folder; it exists.
    study : StudyPage
        Everything that the folder shows. The same study gives the same
        bytes, and a page that did not change is not written again. A page of
        ours about a person who is no longer in the study is removed, so that
        no page outlives a change of identity or pseudonym.
    """
    folder = out / PEOPLE
    folder.mkdir(exist_ok=True)
    references = References(norms=load_norms(study.norms_dir))
    names = set()
    for person in study.people:
        name = page_file(person)
        names.add(name)
        html = _bytes(person_page(person, study, references))
        write_atomically(folder / name, html, is_derived=True)
    write_atomically(out / INDEX, _bytes(index_page(study)))
    for page in sorted(folder.glob("*.html")):
        if page.name not in names and _is_ours(page):
            page.unlink()


def _bytes(html: str) -> bytes:
    return html.encode("utf-8", "backslashreplace")


def _is_ours(page: Path) -> bool:
    with page.open("rb") as file:
        return OUR_MARK in file.read(HEAD_BYTES)
