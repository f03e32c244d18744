"""What stands on the pages, and what must never stand there."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bonescan.model.exam import Device, Exam
from bonescan.model.measurement import LabelledRow, Scores, Verdict
from bonescan.model.outcome import Problem
from bonescan.model.page import PageVerdict, PersonPage, StudyPage
from bonescan.model.vocabulary import Category, ScoreUsed, Severity, Technique
from bonescan.report.index_page import index_page
from bonescan.report.pages import write_pages

from . import fixtures
from .fixtures import study

VOID = {"meta", "img", "input", "br", "link", "hr"}
PEOPLE = [
    "P-normal0001", "P-osteopeni2", "P-osteoporo3", "P-popwoman4", "P-youngman5", "P-earlymeno6",
    "P-unknown7", "P-imageonly8", "P-watermark9", "P-remsman10", "P-manyflag11",
]  # fmt: skip
UNDER_THE_Z_RULE = ["P-popwoman4", "P-youngman5"]
LARGEST_PAGE_BYTES = 400_000
WHO_COLOURS = ("#2f8f57", "#dc9a1c", "#bb3030", "#dcefe2", "#fcedcb", "#f7dcd9")


INSIDE = re.compile(r"#|data:image/png;base64,|\.\./index\.html$|patients/[\w-]+\.html$|\w+\.\w+$")


class Reader(HTMLParser):
    """Checks that tags nest, and collects what they hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.styles: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name == "id":
                self.ids.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        kept = {"style": self.styles, "script": self.scripts}.get(inside, self.words)
        kept.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def page_of(pages: Path, name: str) -> Reader:
    return read((pages / "patients" / f"{name}.html").read_text(encoding="utf-8"))


def every_page(pages: Path) -> list[Path]:
    found = sorted(pages.rglob("*.html"))
    assert len(found) == 1 + len(fixtures.MAKERS)
    return found


def test_pages_are_well_formed_html_with_unique_ids(pages: Path) -> None:
    for path in every_page(pages):
        reader = read(path.read_text(encoding="utf-8"))
        assert reader.wrong == [], path.name
        assert reader.open == [], path.name
        assert len(set(reader.ids)) == len(reader.ids), path.name


def test_pages_ask_nothing_of_the_outside(pages: Path) -> None:
    for path in every_page(pages):
        reader = read(path.read_text(encoding="utf-8"))
        for tag, name, value in reader.attributes:
            if name in {"href", "src", "xlink:href", "action", "srcset", "poster"}:
                assert INSIDE.match(value), (path.name, tag, value)
            assert name != "style", f"{path.name}: the policy forbids style attributes"
            assert not name.startswith("on"), f"{path.name}: {name}"
        assert "url(" not in "".join(reader.styles)
        assert "@import" not in "".join(reader.styles)


def test_pages_are_small(pages: Path) -> None:
    for path in every_page(pages):
        assert path.stat().st_size <= LARGEST_PAGE_BYTES, path.name


def test_the_content_policy_lets_through_just_the_inline_blocks_of_the_page(pages: Path) -> None:
    for path in every_page(pages):
        reader = read(path.read_text(encoding="utf-8"))
        policy = next(v for tag, n, v in reader.attributes if n == "content" and "default-src" in v)
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["img-src"] == "data:"
        wanted = {"style-src": reader.styles, "script-src": reader.scripts}
        for rule, blocks in wanted.items():
            hashes = {
                "'sha256-" + base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() + "'"
                for b in blocks
            }
            assert set(rules.get(rule, "").split()) == hashes, (path.name, rule)
        assert "unsafe" not in policy


def test_every_page_says_that_it_is_for_research_only(pages: Path) -> None:
    for path in every_page(pages):
        reader = read(path.read_text(encoding="utf-8"))
        assert "Research use only. Not a medical device." in reader.text, path.name
        assert "research use only, not a medical device" in print_foot(reader), path.name


def print_foot(reader: Reader) -> str:
    """The foot line of printed sheets, its CSS escapes undone."""
    sheet = next(style for style in reader.styles if "@page" in style)
    return re.sub(r"\\([0-9a-f]+) ", lambda m: chr(int(m[1], 16)), sheet)


def test_hostile_names_stay_text(pages: Path) -> None:
    hostile = [p for p in every_page(pages) if p.name.startswith("person-")]
    assert len(hostile) == 1
    assert re.fullmatch(r"person-[0-9a-f]{20}\.html", hostile[0].name)
    for path in (*hostile, pages / "index.html"):
        reader = read(path.read_text(encoding="utf-8"))
        assert '<script>alert("1")</script>' in reader.text
        assert not any("alert" in script for script in reader.scripts)
        assert not any("alert(" in style or "<" in style for style in reader.styles)
        assert {tag for tag, *_rest in reader.attributes} & {"img", "b"} == set()


def test_control_and_direction_characters_are_replaced(pages: Path) -> None:
    for path in every_page(pages):
        html = path.read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]", html), (
            path.name
        )


def test_bytes_that_are_no_text_do_not_stop_a_page(tmp_path: Path) -> None:
    person = dataclasses.replace(fixtures.image_only(), details=(("a\udcff.dcm", "key", "\ud800"),))
    write_pages(tmp_path, study([person]))
    assert "a\N{REPLACEMENT CHARACTER}.dcm" in page_of(tmp_path, "P-imageonly8").text


def test_a_title_can_not_leave_the_style_block(tmp_path: Path) -> None:
    evil = '"}</style><script>alert(9)</script>\\'
    write_pages(tmp_path, dataclasses.replace(study([]), title=evil))
    reader = read((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert reader.wrong == []
    assert not any("alert(9)" in script for script in reader.scripts)
    assert evil in print_foot(reader)


def test_the_same_study_gives_the_same_bytes_and_nothing_is_written_again(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for out in (first, second):
        out.mkdir()
        write_pages(out, study())
    for path in every_page(first):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()
    before = {p: p.stat().st_mtime_ns for p in every_page(first)}
    write_pages(first, study())
    assert {p: p.stat().st_mtime_ns for p in every_page(first)} == before
    assert [p.name for p in first.rglob("*") if p.is_file() and p.suffix != ".html"] == []


def test_a_page_of_nobody_is_removed_and_a_strangers_file_is_kept(tmp_path: Path) -> None:
    write_pages(tmp_path, study([fixtures.image_only(), fixtures.rems_device()]))
    notes = tmp_path / "patients" / "my-notes.html"
    notes.write_text("<p>mine</p>", encoding="utf-8")
    write_pages(tmp_path, study([fixtures.rems_device()]))
    left = sorted(p.name for p in (tmp_path / "patients").iterdir())
    assert left == ["P-remsman10.html", "my-notes.html"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("P-normal0001", "Normal bone density"),
        ("P-osteopeni2", "Osteopenia (low bone mass)"),
        ("P-osteoporo3", "Severe osteoporosis"),
        ("P-popwoman4", "Within the expected range for age"),
        ("P-youngman5", "Below the expected range for age"),
        ("P-earlymeno6", "No class given"),
        ("P-unknown7", "No class given"),
        ("P-watermark9", "Bone density without a class"),
        ("P-imageonly8", "No bone density was found in this person's files"),
    ],
)
def test_the_verdict_stands_in_words(pages: Path, name: str, words: str) -> None:
    assert words in page_of(pages, name).text


@pytest.mark.parametrize("name", ["P-normal0001", "P-osteopeni2", "P-osteoporo3", "P-remsman10"])
def test_beside_a_who_word_stands_what_a_fracture_means(pages: Path, name: str) -> None:
    wanted = (
        "A hip or vertebral fragility fracture is osteoporosis clinically, whatever the T-score."
    )
    assert wanted in page_of(pages, name).text


def test_the_score_that_decides_is_named_with_site_and_source(pages: Path) -> None:
    assert (
        "T-score −2.6 at the femoral neck, right decides (the T-score computed by bonescan)."
        in page_of(pages, "P-osteoporo3").text
    )


@pytest.mark.parametrize("name", UNDER_THE_Z_RULE)
def test_under_the_z_rule_there_is_no_t_no_who_word_and_no_who_colour(
    pages: Path, name: str
) -> None:
    html = (pages / "patients" / f"{name}.html").read_text(encoding="utf-8")
    reader = read(html)
    for word in ("T-score", "T −", "osteopenia", "Osteopenia", "osteoporosis", "Osteoporosis"):
        assert word not in reader.text, word
    for colour in WHO_COLOURS:
        assert colour not in html.lower()
    classes = {c for _tag, n, v in reader.attributes if n == "class" for c in v.split()}
    assert not {c for c in classes if c.startswith(("who-", "band-", "share", "chance"))}
    assert not classes & {"t-label", "t-plot", "t-scale"}
    assert "z-plot" in classes
    assert "probability" not in reader.text.lower()


def test_the_who_page_has_what_the_z_page_must_not_have(pages: Path) -> None:
    html = (pages / "patients" / "P-osteopeni2.html").read_text(encoding="utf-8")
    assert all(colour in html for colour in WHO_COLOURS)
    reader = read(html)
    classes = {c for _tag, n, v in reader.attributes if n == "class" for c in v.split()}
    assert classes >= {"who-osteopenia", "band-osteopenia", "t-label", "t-plot", "share-normal"}
    assert "normal 5 %, osteopenia 92 %, osteoporosis 3 %" in reader.text


def test_within_the_expected_range_does_not_exclude_fragility(pages: Path) -> None:
    text = page_of(pages, "P-popwoman4").text
    assert "Within the expected range does not exclude fragility." in text
    assert "Back pain in pregnancy or lactation needs assessment" in text


@pytest.mark.parametrize("name", ["P-earlymeno6", "P-unknown7"])
def test_without_a_class_t_is_shown_and_nothing_is_coloured(pages: Path, name: str) -> None:
    html = (pages / "patients" / f"{name}.html").read_text(encoding="utf-8")
    assert "T-score" in read(html).text
    assert 't-plot"' in html
    assert not any(colour in html for colour in WHO_COLOURS)


def test_three_visits_are_a_course_and_change_is_not_judged(pages: Path) -> None:
    reader = page_of(pages, "P-popwoman4")
    assert "Change is not judged: no precision study." in reader.text
    assert (
        "2024-02-06: 0.812 g/cm²; 2024-09-10: 0.789 g/cm²; 2025-06-17: 0.801 g/cm²" in reader.text
    )
    assert "gestation 12 w 3 d" in reader.text
    assert not re.search(r"[−+]\d[\d.]* ?%", reader.text)
    assert "Change is not judged" not in page_of(pages, "P-osteopeni2").text


def test_a_rems_style_number_is_never_called_rems(pages: Path) -> None:
    text = page_of(pages, "P-osteopeni2").text
    assert "REMS-style estimate by rems-style-open/1, not a REMS result" in text
    assert "REMS (the device's own numbers)" not in text
    assert "REMS (the device's own numbers)" in page_of(pages, "P-remsman10").text


def test_a_number_not_for_any_use_is_watermarked_and_not_scored(pages: Path) -> None:
    reader = page_of(pages, "P-watermark9")
    assert ("div", "class", "watermark") in reader.attributes
    assert "NOT FOR ANY USE" in reader.text
    assert "Not for any use." in read((pages / "index.html").read_text(encoding="utf-8")).text
    assert "T-score" not in reader.text
    assert "0.701 ± 0.046" in reader.text
    others = [n for n in PEOPLE if n != "P-watermark9"]
    assert not any("NOT FOR ANY USE" in page_of(pages, n).text for n in others)


@pytest.mark.parametrize("name", ["P-osteopeni2", "P-popwoman4", "P-manyflag11", "P-watermark9"])
def test_simulated_data_is_said_at_the_top(pages: Path, name: str) -> None:
    assert "Simulated data." in page_of(pages, name).text
    assert "Simulated data." not in page_of(pages, "P-normal0001").text


def test_every_flag_is_explained_in_plain_words(pages: Path) -> None:
    text = page_of(pages, "P-manyflag11").text
    for flag in ("low_signal", "gain_unknown", "outside_training_range", "identity_conflict"):
        assert fixtures.FLAG_TEXTS[flag] in text
        assert flag in text


def test_note_links_lead_to_notes(pages: Path) -> None:
    for path in every_page(pages):
        reader = read(path.read_text(encoding="utf-8"))
        targets = {v[1:] for _tag, n, v in reader.attributes if n == "href" and v.startswith("#")}
        assert targets <= set(reader.ids), path.name


def test_rounding_mismatch_and_another_reference_are_explained(pages: Path) -> None:
    text = page_of(pages, "P-osteoporo3").text
    assert "Rounding decides" in text
    assert "Unrounded (−2.475) it would give another class." in text
    assert "By the device's printed score the class is osteopenia, here it is osteoporosis." in text
    assert fixtures.ANOTHER_REFERENCE in text


def test_printed_scores_stand_beside_ours_with_both_references(pages: Path) -> None:
    text = page_of(pages, "P-normal0001").text
    assert "2012 BMDCS/NHANES White Female" in text
    assert "hologic_fn_f [S]" in text
    assert "nhanes_2005_2010_all [D]" in text
    assert "Hologic built-in, white women" in text


def test_a_number_from_memory_carries_its_mark(pages: Path) -> None:
    assert "ge_l1l4_f [M]" in page_of(pages, "P-earlymeno6").text


def test_no_numbers_says_why_and_what_to_do(pages: Path) -> None:
    text = page_of(pages, "P-imageonly8").text
    assert "Switch on the export of structured reports at the console" in text


def test_a_page_never_shows_a_birth_date(tmp_path: Path) -> None:
    person = fixtures.osteopenia_woman()
    born = date(1961, 9, 23)
    rows = tuple(
        dataclasses.replace(r, person=dataclasses.replace(r.person, birth_date=born))
        for r in person.rows
    )
    exams = tuple(dataclasses.replace(e, person=rows[0].person) for e in person.exams)
    write_pages(tmp_path, study([dataclasses.replace(person, rows=rows, exams=exams)]))
    for path in tmp_path.rglob("*.html"):
        assert "1961" not in path.read_text(encoding="utf-8")


def test_the_index_is_complete_without_javascript(pages: Path) -> None:
    reader = read((pages / "index.html").read_text(encoding="utf-8"))
    for file in study().files:
        assert file.file in reader.text
    for name in PEOPLE:
        assert ("a", "href", f"patients/{name}.html") in reader.attributes
        assert name in reader.text
    for word in ("results.csv", "files.csv", "patients.csv", "data_dictionary.csv", "run.json"):
        assert ("a", "href", word) in reader.attributes
    assert "Found no site with samples, wanted one. Check the recording." in reader.text
    assert "trained on simulated exams" in reader.text
    assert "Label policy" in reader.text


def test_tables_have_header_cells_with_a_scope(pages: Path) -> None:
    for path in every_page(pages):
        html = path.read_text(encoding="utf-8")
        heads = re.findall(r"<th\b[^>]*>", html)
        assert all("scope=" in head for head in heads), path.name
        for table in re.findall(r"<table.*?</table>", html, flags=re.DOTALL):
            assert "<thead" in table, path.name
        assert html.count("<svg ") == html.count("<title>") - 1, (
            f"{path.name}: a figure has no name"
        )
        assert html.count("<svg ") == html.count("<desc>"), path.name


def with_many_sets() -> PersonPage:
    """A device that lists every combination of vertebrae, as GE's do."""
    who = fixtures.osteopenia_woman()
    row = who.rows[0]
    sets = ("L1-L2", "L1-L3", "L1-L4", "L2-L4", "L1+L3", "L3", "L2", "trochanter-left")
    rows = []
    for site in sets:
        measurement = fixtures.reported(site, 0.8, reported_t_score=-2.2)
        category = Category.OSTEOPENIA if len(site) == 5 else None
        verdict = dataclasses.replace(row.labelled.verdict, category=category)
        labelled = LabelledRow(measurement=measurement, scores=Scores(), verdict=verdict)
        rows.append(dataclasses.replace(row, labelled=labelled, device=fixtures.GE))
    day = row.exam.exam_date
    decided = fixtures.verdict(Technique.DXA, Category.OSTEOPENIA, "L2-L4", -2.2, "who")
    verdicts = (PageVerdict(exam_date=day, verdict=decided),)
    return dataclasses.replace(who, rows=tuple(rows), verdicts=verdicts)


def test_one_set_of_vertebrae_stands_for_the_spine_and_the_others_are_folded(
    tmp_path: Path,
) -> None:
    write_pages(tmp_path, study([with_many_sets()]))
    html = (tmp_path / "patients" / "P-osteopeni2.html").read_text(encoding="utf-8")
    figures = re.findall(r'<figcaption class="name">(.*?) <span', html)
    assert figures == ["Lumbar spine L2–L4"]  # the one that decided, not the largest
    table, folded = html.split('<details class="further">', 1)
    sites = re.findall(r'<th scope="row">([^<]*)', table.rsplit("<table", 1)[1])
    assert sites == ["Lumbar spine L2–L4", "Lumbar spine L2", "Lumbar spine L3", "Trochanter, left"]
    assert "4 further sets of vertebrae" in folded
    assert "Lumbar spine L1–L4" in folded


def test_the_rule_says_to_whom_it_applies(pages: Path) -> None:
    assert "after menopause, or a man of 50 or over" in page_of(pages, "P-osteopeni2").text
    assert "Judged against the same age" in page_of(pages, "P-popwoman4").text


def test_the_sites_own_reference_is_drawn_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "norms" / "populations"
    folder.mkdir(parents=True)
    (folder / "our_fn_f.toml").write_text(
        'id = "our_fn_f"\nrole = "policy"\nreplaces = "hologic_fn_f"\nscale = "hologic"\n'
        'device = "ours"\npopulation = "Women of our town"\nsex = "F"\nage_range = "20-29"\n'
        'site = "femoral-neck"\nunit = "g/cm2"\nmean = 0.800\nsd = 0.100\nevidence = "S"\n'
        'confidence = "high"\ncitation = "our own"\nchecked_by = "us"\n',
        encoding="utf-8",
    )
    person = fixtures.osteopenia_woman()
    row = person.rows[0]
    ours = dataclasses.replace(
        row,
        labelled=dataclasses.replace(row.labelled, scores=fixtures.scores(-1.38, None, "our_fn_f")),
    )
    one = study([dataclasses.replace(person, rows=(ours,))])
    write_pages(tmp_path, dataclasses.replace(one, norms_dir=tmp_path / "norms"))
    assert "T counts from: Women of our town." in page_of(tmp_path, "P-osteopeni2").text


def test_a_reference_nobody_knows_is_not_replaced_by_another(tmp_path: Path) -> None:
    person = fixtures.osteopenia_woman()
    row = person.rows[0]
    strange = dataclasses.replace(
        row,
        labelled=dataclasses.replace(row.labelled, scores=fixtures.scores(-1.7, None, "gone_f")),
    )
    write_pages(tmp_path, study([dataclasses.replace(person, rows=(strange,))]))
    html = (tmp_path / "patients" / "P-osteopeni2.html").read_text(encoding="utf-8")
    assert "t-plot" not in html
    assert "gone_f" in html


def test_a_printed_z_alone_is_drawn_on_a_neutral_scale(tmp_path: Path) -> None:
    person = fixtures.rems_device()
    row = person.rows[0]
    verdict = dataclasses.replace(
        row.labelled.verdict,
        category=Category.WITHIN_EXPECTED_RANGE,
        score_used=ScoreUsed.REPORTED_Z,
        shows_t=False,
    )
    young = dataclasses.replace(row.person, age_years=31.0)
    labelled = dataclasses.replace(row.labelled, verdict=verdict)
    decided = fixtures.verdict(Technique.REMS, Category.WITHIN_EXPECTED_RANGE, "L1-L4", -1.1, "z")
    changed = dataclasses.replace(
        person,
        rows=(dataclasses.replace(row, labelled=labelled, person=young),),
        verdicts=(PageVerdict(exam_date=row.exam.exam_date, verdict=decided),),
    )
    write_pages(tmp_path, study([changed]))
    html = (tmp_path / "patients" / "P-remsman10.html").read_text(encoding="utf-8")
    assert "z-scale" in html
    assert "−1.9" not in read(html).text  # the printed T
    assert not any(colour in html for colour in WHO_COLOURS)


def test_what_nobody_recorded_is_said_and_not_guessed(tmp_path: Path) -> None:
    person = fixtures.osteopenia_woman()
    row = person.rows[0]
    bare = dataclasses.replace(
        row,
        exam=Exam(),
        device=Device(),
        person=fixtures.person(None, None),
        labelled=dataclasses.replace(row.labelled, verdict=Verdict(category=Category.NONE)),
    )
    write_pages(tmp_path, study([dataclasses.replace(person, rows=(bare,), verdicts=(), exams=())]))
    text = page_of(tmp_path, "P-osteopeni2").text
    assert "no date" in text
    assert "device not recorded" in text
    assert "Sex not recorded" in text
    assert "None" not in text.replace("None.", "")


def test_problems_of_one_code_stand_together_errors_first() -> None:
    problems = [
        Problem(code="BS-W281", severity=Severity.WARNING, file="w", reason="found w", hint="look"),
        *(
            Problem(
                code="BS-E111",
                severity=Severity.ERROR,
                file=f"f{i}",
                reason=f"found {i}",
                hint="`x`",
            )
            for i in range(9)
        ),
    ]
    html = index_page(dataclasses.replace(study([]), problems=tuple(problems)))
    text = read(html).text
    assert text.count("BS-E111") == 1
    assert text.index("BS-E111") < text.index("BS-W281")
    assert "9 files" in text
    assert all(f"Found {i}. f{i}" in text for i in range(9))
    assert "<code>x</code>" in html


def big_study(n_people: int) -> StudyPage:
    makers = [m for m in fixtures.MAKERS if m is not fixtures.hostile]
    people = [make() for make in makers]
    return study(
        [
            dataclasses.replace(people[i % len(people)], patient_id=f"P-{i:010d}")
            for i in range(n_people)
        ]
    )


def test_an_index_of_ten_thousand_rows_holds_every_row_in_light_markup() -> None:
    html = index_page(big_study(8000))  # 8,000 people with 10,180 visits
    assert html.count('<tr><th scope="row" class="day"><a href="patients/') > 10_000
    assert len(html) < 1000 * 10_000, "bytes a row"
