"""The handout: released by a clinician, on one page, and without drugs, scores or values."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from bonescan.errors import UsageError
from bonescan.guidance.education import education_sheet
from bonescan.guidance.load import load_rules
from bonescan.guidance.recorded_words import recorded_words
from bonescan.model.education import Release
from bonescan.report.education_page import education_page
from bonescan.workflows.handout import released

Verb = Callable[..., tuple[int, str, str]]
SHEET = education_sheet()
LANGUAGES = ("en", "zh-TW")
RELEASE = Release(by="Dr Lin", on=date(2026, 3, 1))
# Drug classes and names, scores, classes and values that a patient's page must not hold.
NEVER = re.compile(
    r"denosumab|bisphosphonate|dronate|dronic|raloxifene|teriparatide|romosozumab|zoledron"
    r"|oestrogen|estrogen|estradiol|hormone|雙磷酸|雌激素|荷爾蒙|類固醇"
    r"|[TZ][- ]score|[TZ] 值|g/cm|BMD|FRAX|osteopeni|骨質缺乏|骨密度|%|1RM"
    r"|eligible|\bsafe\b|no contraindication|技術員|技師|臨界|髌|骨質不足",
    re.IGNORECASE,
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_drug_no_score_no_class_no_value(lang: str) -> None:
    i = LANGUAGES.index(lang)
    text = " ".join([SHEET.title[i], SHEET.lead[i], *(x.part[i] + x.text[i] for x in SHEET.lines)])
    assert not NEVER.search(text)
    class_asked_about = {"抗凝血"}  # "ask first if you take ..." names a class, no drug
    drugs = {w for words in recorded_words()["drug"].values() for w in words} - class_asked_about
    assert not [w for w in drugs if w in text.casefold()]


@pytest.mark.parametrize("line", SHEET.lines, ids=lambda x: x.line_id)
def test_each_line_keeps_the_rules_it_comes_from(line) -> None:
    rules = load_rules().rules
    assert all(rule in rules for rule in line.rules)
    assert re.search(r"[\u4e00-\u9fff]", line.text[1])
    for lang in LANGUAGES:
        assert line.ids in education_page(SHEET, RELEASE, lang)


def test_the_parts_and_their_warnings_are_all_there() -> None:
    assert len(SHEET.lines) == len({x.line_id for x in SHEET.lines}) == 11
    rules = {r for x in SHEET.lines for r in x.rules}
    wanted = (
        "NUT-01 NUT-03 NUT-04 NUT-06 NUT-07 NUT-08 NUT-09 EX-01 EX-03 EX-05 EX-07 PLO-P3 PLO-P6 "
        "SAF-12 SAF-13 SAF-15"
    )
    assert set(wanted.split()) <= rules
    exercise = next(x for x in SHEET.lines if "EX-01" in x.rules)
    assert "not in pregnancy" in exercise.part[0]
    assert "懷孕" in exercise.part[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_prints_on_one_page(lang: str) -> None:
    weasyprint = pytest.importorskip("weasyprint")
    html = education_page(SHEET, Release(by="Dr " + "A" * 60, on=date(2026, 3, 1)), lang)
    document = weasyprint.HTML(string=html).render()
    assert len(document.pages) == 1
    page = document.pages[0]
    assert (page.width, page.height) == pytest.approx((793.7, 1122.5), abs=0.5)  # A4 at 96 dpi


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_names_the_release_the_sources_and_what_it_is(lang: str) -> None:
    page = education_page(SHEET, RELEASE, lang)
    assert "Dr Lin" in page
    assert "2026-03-01" in page
    for pair in SHEET.sources:
        assert pair[LANGUAGES.index(lang)] in unescape(page)
    assert ("僅供研究，非醫療器材" if lang == "zh-TW" else "not a medical device") in page
    assert not re.search(r"src=|href=|url\(|<script", page)


@pytest.mark.parametrize(
    ("by", "on", "words"),
    [
        (None, "2026-03-01", "no name"), ("  ", "2026-03-01", "no name"),
        ("Dr\x07", "2026-03-01", "no name"), ("A" * 121, "2026-03-01", "no name"),
        ("Dr Lin", None, "found None"), ("Dr Lin", "2026-02-30", "2026-02-30"),
        ("Dr Lin", "2026-03-02", "lies ahead"),
    ],
)  # fmt: skip
def test_without_a_release_there_is_no_sheet(by: str | None, on: str | None, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        released(by, on, date(2026, 3, 1))
    assert refused.value.code == "BS-E404"


def test_a_release_of_today_counts() -> None:
    assert released(" Dr  Lin ", "2026-03-01", date(2026, 3, 1)) == RELEASE


def test_the_verb(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "new" / "sheet.html"
    code, _out, err = verb("handout", "-o", path)
    assert (code, "BS-E404" in err, path.exists()) == (2, True, False)
    code, _out, err = verb("handout", "-o", path, "--released-by", "Dr Lin")
    assert (code, "BS-E404" in err, path.exists()) == (2, True, False)
    given = ("--released-by", "<i>Dr Lin</i>", "--released-on", "2026-03-01")
    code, out, _err = verb("handout", "-o", path, *given, "--lang", "zh-TW", "--json")
    assert code == 0
    assert json.loads(out)["data"]["released_on"] == "2026-03-01"
    page = path.read_text(encoding="utf-8")
    assert "&lt;i&gt;Dr Lin&lt;/i&gt;" in page
    assert "斷奶" in page
    (tmp_path / "file").write_text("x", encoding="utf-8")
    code, _out, err = verb("handout", "-o", tmp_path / "file" / "sheet.html", *given)
    assert (code, "BS-E501" in err) == (5, True)


def test_a_clinician_reads_the_lines_before_the_release(verb: Verb) -> None:
    code, out, _err = verb("handout")
    assert code == 0
    assert "not a sheet for patients yet" in out
    assert "EDU-05, EX-01" in out
    code, out, _err = verb("handout", "--lang", "zh-TW", "--json")
    assert json.loads(out)["data"]["released_by"] is None


@pytest.mark.shared
def test_terms_are_those_of_the_glossary(shared_dir: Path) -> None:
    text = (shared_dir / "glossary.csv").read_text(encoding="utf-8")
    glossary = {r["english"]: r["zh_TW"] for r in csv.DictReader(io.StringIO(text))}
    page = education_page(SHEET, RELEASE, "zh-TW")
    for english in ("osteoporosis", "lactation", "weaning", "research use; not a medical device"):
        assert glossary[english] in page
