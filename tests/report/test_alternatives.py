"""A real number whose word hangs on the reference: its page says so."""

from __future__ import annotations

import dataclasses
import html
import re
from datetime import date
from pathlib import Path

import pytest

from bonescan.classify.person import decide_person
from bonescan.model.vocabulary import MenopausalStatus, Technique
from bonescan.norms.load import load_norms
from bonescan.pipeline import label
from bonescan.report.pages import write_pages
from bonescan.settings import LabelSettings

from . import fixtures

# 0.565: -2.56 by 0.849/0.111, which Hologic prints, and -2.44 by 0.858/0.120 of Looker 1998
SENTENCE = (
    "0.565 g/cm² is osteoporosis by hologic_fn_f (0.849/0.111), osteopenia by nhanes3_fn_f "
    "(0.858/0.120)."
)


def page_text(tmp_path: Path, status: str, bmd: float) -> str:
    whole = fixtures.study()
    page = next(p for p in whole.people if p.page_name == "P-osteoporo3.html")
    who = dataclasses.replace(
        page.rows[0].person, age_years=60.0, menopausal_status=MenopausalStatus(status)
    )
    labelled = label(
        fixtures.reported("femoral-neck-left", bmd), who, load_norms(), LabelSettings()
    )
    verdict = decide_person([labelled], who, Technique.DXA)
    row = dataclasses.replace(
        fixtures.row(who, date(2025, 3, 3), fixtures.HOLOGIC, labelled.measurement),
        labelled=labelled,
    )
    one = dataclasses.replace(
        page, rows=(row,), verdicts=tuple(dataclasses.replace(v, verdict=verdict)
                                          for v in page.verdicts[:1])
    )  # fmt: skip
    write_pages(tmp_path, dataclasses.replace(whole, people=(one,)))
    text = (tmp_path / "patients" / "P-osteoporo3.html").read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_page_names_the_reference_that_would_change_the_class(tmp_path):
    text = page_text(tmp_path, "postmenopausal", 0.565)
    assert f"Another reference would change the class: {SENTENCE}" in text


@pytest.mark.parametrize(("status", "bmd"), [("postmenopausal", 0.500), ("premenopausal", 0.565)])
def test_it_names_none_where_all_agree_or_no_who_word_may_stand(tmp_path, status, bmd):
    text = page_text(tmp_path, status, bmd)
    assert "Another reference would change the class" not in text
    assert "nhanes3_fn_f" not in text
